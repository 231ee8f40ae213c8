"""The folder that a run makes for itself: held while it lives, and found by a later run if it was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.inputs.scratch import NAME, UNREADY, Scratch, abandoned, remove
from omnibase.model.errors import ExecutionError


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "state")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_nothing_is_made_before_it_is_asked_for(state: str) -> None:
    scratch = Scratch(state, "run")
    assert scratch.made is None
    scratch.close()
    assert not os.path.exists(state)


def test_the_folder_is_the_run_s_own_and_goes_with_it(state: str) -> None:
    scratch = Scratch(state, "run")
    folder = scratch.folder
    assert folder == scratch.folder == scratch.made == os.path.join(state, NAME, "run")
    assert os.stat(folder).st_mode & 0o077 == 0
    assert scratch.below("a", "b") == scratch.below("a", "b") == os.path.join(folder, "a", "b")
    scratch.close()
    assert os.listdir(os.path.join(state, NAME)) == []


def test_what_is_kept_is_left_to_a_later_run(state: str) -> None:
    scratch = Scratch(state, "run")
    folder = scratch.folder
    scratch.close(keep=True)
    assert list(abandoned(state)) == [folder]


def test_the_folder_of_a_run_that_lives_is_not_abandoned(state: str) -> None:
    scratch = Scratch(state, "run")
    assert scratch.folder
    assert list(abandoned(state)) == []
    scratch.close()


def test_the_folder_of_a_killed_run_is_found(state: str) -> None:
    script = (
        "import os, signal, sys\n"
        "from omnibase.inputs.scratch import Scratch\n"
        f"scratch = Scratch({state!r}, 'killed')\n"
        "scratch.below('staged')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", script], env=env, check=False).returncode == -signal.SIGKILL
    (folder,) = abandoned(state)
    assert os.path.basename(folder) == "killed"
    assert os.path.isdir(os.path.join(folder, "staged"))


def test_who_looks_at_an_abandoned_folder_holds_it(state: str) -> None:
    scratch = Scratch(state, "run")
    assert scratch.folder
    scratch.close(keep=True)
    looking: Iterator[str] = abandoned(state)
    assert next(looking)
    assert list(abandoned(state)) == []
    assert list(looking) == []
    assert len(list(abandoned(state))) == 1


def test_what_was_left_half_removed_is_found_again(state: str) -> None:
    folder = os.path.join(state, NAME, "half")
    os.makedirs(os.path.join(folder, "staged"))  # whoever removed it came as far as its lock
    assert list(abandoned(state)) == [folder]


def test_a_folder_that_is_just_being_made_is_nobody_else_s(state: str) -> None:
    os.makedirs(os.path.join(state, NAME, "run" + UNREADY))
    assert list(abandoned(state)) == []


def test_where_there_never_was_a_run_nothing_is_abandoned(state: str) -> None:
    assert list(abandoned(state)) == []


@pytest.mark.parametrize("make", ["a file", "a dangling link"])
def test_where_the_state_cannot_be_written_the_system_s_temporary_folder_serves(
    state: str, temporary: Path, make: str
) -> None:
    if make == "a file":
        Path(state).write_text("in the way")
    else:
        os.symlink("nowhere", state)
    scratch = Scratch(state, "run")
    assert os.path.dirname(scratch.folder) == str(temporary)
    scratch.close()
    assert list(temporary.iterdir()) == []
    assert os.path.lexists(state)


def test_without_a_state_folder_the_system_s_temporary_folder_serves(temporary: Path) -> None:
    scratch = Scratch(None, "run")
    assert os.path.dirname(scratch.below("staged")) == scratch.folder
    assert os.path.dirname(scratch.folder) == str(temporary)
    scratch.close()
    assert list(temporary.iterdir()) == []


def test_where_there_is_no_place_at_all_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ExecutionError, match="no place for temporary files: No such file or directory") as caught:
        _ = Scratch(None, "run").folder
    assert caught.value.remedy == "see that the disk has room"


def test_a_folder_below_that_cannot_be_made_says_so(state: str) -> None:
    scratch = Scratch(state, "run")
    Path(scratch.folder, "staged").write_text("in the way")
    with pytest.raises(ExecutionError, match="cannot be made: File exists"):
        scratch.below("staged")
    scratch.close()


def test_a_run_of_the_same_name_does_not_take_another_one_s_folder(state: str, temporary: Path) -> None:
    first, second = Scratch(state, "run"), Scratch(state, "run")
    Path(first.folder, "mine").write_text("mine")
    assert os.path.dirname(second.folder) == str(temporary)
    second.close()
    assert Path(first.folder, "mine").read_text() == "mine"
    first.close()


def test_no_file_stays_open(state: str) -> None:
    before = os.listdir("/proc/self/fd")
    for make in (state, None):
        scratch = Scratch(make, "run")
        assert scratch.folder
        scratch.close()
    Path(state, NAME, "run").write_text("in the way")
    scratch = Scratch(state, "run")
    assert scratch.folder
    scratch.close()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_folder_is_removed_whatever_modes_a_tool_has_left(tmp_path: Path) -> None:
    script = (
        "import os, shutil, sys\n"  # shutil before the rights to read it are given up
        "from omnibase.inputs.scratch import remove\n"
        "folder = sys.argv[1]\n"
        "if os.geteuid() == 0:\n"
        "    os.chown(folder, 65534, 65534); os.setegid(65534); os.seteuid(65534)\n"
        "for mode in (0o555, 0o000, 0o300):\n"
        "    below = os.path.join(folder, 'tree', str(mode), 'deep')\n"
        "    os.makedirs(below)\n"
        "    open(os.path.join(below, 'file'), 'w').close()\n"
        "    os.chmod(below, mode); os.chmod(os.path.dirname(below), mode)\n"
        "remove(os.path.join(folder, 'tree'))\n"
        "print(os.listdir(folder))\n"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", script, folder], env=env, capture_output=True, check=True)
        assert done.stdout == b"[]\n"


def test_removing_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to("../kept")
    (tmp_path / "link").symlink_to("kept")
    remove(str(tmp_path / "folder"))
    remove(str(tmp_path / "link"))
    assert (tmp_path / "kept" / "file").read_text() == "kept"
    assert not (tmp_path / "folder").exists()
    remove(str(tmp_path / "never there"))
