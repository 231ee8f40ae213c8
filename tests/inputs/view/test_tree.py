"""Who has which view, and how one that was left half made becomes whole again."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.scratch import remove
from omnibase.inputs.view import tree
from omnibase.inputs.view.tree import sweep, take
from omnibase.model.errors import ExecutionError
from tests.inputs.conftest import Repo
from tests.inputs.view.cases import Case, contents

# Killed runs, and what they leave


def test_a_killed_update_is_made_good(case: Case, tmp_path: Path) -> None:
    case.repo.add(".gitattributes", "*.slow filter=slow\n")
    case.repo.add("a", "a\n")
    case.repo.add("b.slow", "slow\n")
    reached = tmp_path / "reached"
    case.repo.git(
        "config", "filter.slow.smudge", f"sh -c 'echo $PPID > {reached}; test -e {tmp_path}/go || sleep 60; cat'"
    )
    found = case.repo.found()
    script = (
        "from omnibase.inputs.git import Repository\n"
        "from omnibase.inputs.view.tree import take\n"
        f"found = Repository{tuple(found)!r}\n"
        f"take({case.state!r}, found).update(found, found, None)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script], env=env, start_new_session=True)
    try:
        while not reached.exists():
            assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (tmp_path / "go").touch()
    assert case.seen() == case.staged()


@pytest.mark.parametrize("name", ["index", "git/index", "git/HEAD", "git/packed-refs"])
def test_locks_of_a_killed_git_are_no_obstacle(case: Case, name: str) -> None:
    case.repo.add("a")
    case.seen()
    (case.root.parent / f"{name}.lock").touch()
    case.repo.add("b")
    assert case.seen() == case.staged()
    Repo(case.root).add("c")  # nor are they to tools


@pytest.mark.parametrize("data", [b"", b"DIRC", b"x" * 1000])
def test_a_damaged_index_is_made_anew(case: Case, data: bytes) -> None:
    case.repo.add("a")
    case.repo.add("sub/b")
    case.seen()
    (case.root.parent / "index").write_bytes(data)
    (case.root / "a").write_text("half written")
    assert case.seen() == case.staged()


def test_a_view_that_has_lost_all_but_its_tree_is_made_anew(case: Case) -> None:
    case.repo.add("a")
    case.seen()
    for entry in case.root.parent.iterdir():
        if entry.name not in ("tree", "lock"):
            remove(str(entry))
    (case.root / "a").write_text("what a tool left\n")
    (case.root / "b").write_text("what a tool left\n")
    assert case.seen() == case.staged()


def test_a_full_disk_is_an_error(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/x")
    view = case.take()
    monkeypatch.setattr(os, "symlink", fail)
    with pytest.raises(ExecutionError, match=r"the view .*main-0 cannot be made: No space left on device") as caught:
        case.update(view)
    assert caught.value.remedy == tree.NO_ROOM
    view.close()


# Who has which


def test_a_view_is_held_by_one_run_and_the_next_gets_a_further_one(case: Case) -> None:
    case.repo.add("a")
    first = case.update(case.take())
    second = case.update(case.take())
    assert [os.path.basename(view.folder) for view in (first, second)] == ["main-0", "main-1"]
    assert contents(first.root) == contents(second.root)
    second.close()
    first.close()
    assert os.listdir(os.path.join(case.state, "views")) == ["main-0"]
    third = case.take()
    assert not third.is_new
    third.close()


def test_a_new_view_is_new_until_it_was_filled(case: Case) -> None:
    case.repo.add("a")
    view = case.take()
    assert view.is_new
    assert not case.update(view).is_new
    view.close()


def test_a_worktree_has_a_view_of_its_own(case: Case, tmp_path: Path) -> None:
    case.repo.add("a")
    case.repo.commit()
    case.repo.git("worktree", "add", "-q", str(tmp_path / "with-dash"))
    other = Case(Repo(tmp_path / "with-dash"), Path(case.state), tmp_path / "other scratch")
    other.repo.add("b")
    assert sorted(other.seen()) == ["a", "b"]
    assert list(case.seen()) == ["a"]
    assert sorted(os.listdir(os.path.join(case.state, "views"))) == ["main-0", "worktree-with-dash-0"]


def test_views_of_worktrees_that_are_gone_are_swept_and_held_ones_stay(case: Case, tmp_path: Path) -> None:
    case.repo.commit()
    taken = []
    for name in ("gone", "held", "there"):
        case.repo.git("worktree", "add", "-q", str(tmp_path / name))
        taken.append(take(case.state, Repo(tmp_path / name).found()))
    gone, held, there = taken
    gone.close()
    there.close()
    for name in ("gone", "held"):
        case.repo.git("worktree", "remove", str(tmp_path / name))
    main = case.take()
    further = case.take()
    os.close(further._lock)  # as by a kill
    views = os.path.join(case.state, "views")
    Path(views, "a file").touch()
    os.mkdir(os.path.join(views, "of nobody-7"))
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(views)) == ["a file", "main-0", "of nobody-7", "worktree-held-0", "worktree-there-0"]
    held.close()
    main.close()
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(views)) == ["a file", "main-0", "of nobody-7", "worktree-there-0"]


def test_where_there_are_no_views_there_is_nothing_to_sweep(case: Case) -> None:
    sweep(case.state, case.repo.found())
    assert not os.path.exists(case.state)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _a_file(state: Path) -> None:
    state.write_text("in the way")


def _a_dangling_link(state: Path) -> None:
    state.mkdir()
    (state / "views").symlink_to("nowhere")


def _a_lock_that_is_a_link(state: Path) -> None:
    (state / "views" / "main-0").mkdir(parents=True)
    (state / "views" / "main-0" / "lock").symlink_to("nowhere")


@pytest.mark.parametrize("obstacle", [_a_file, _a_dangling_link, _a_lock_that_is_a_link])
def test_where_no_view_can_be_kept_a_temporary_one_serves(
    case: Case, temporary: Path, obstacle: Callable[[Path], None]
) -> None:
    case.repo.add("a")
    obstacle(Path(case.state))
    view = case.update(case.take())
    assert os.path.dirname(view.folder) == str(temporary)
    assert contents(view.root) == case.staged()
    view.close()
    assert list(temporary.iterdir()) == []


def test_a_disk_without_locks_gets_temporary_views(
    case: Case, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    case.repo.add("a")
    case.seen()
    os.makedirs(os.path.join(case.state, "views", "main-1"))
    Path(case.state, "views", "main-1", "lock").touch()
    monkeypatch.setattr(fcntl, "flock", fail)
    view = case.take()
    assert os.path.dirname(view.folder) == str(temporary)
    view.close()
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(os.path.join(case.state, "views"))) == ["main-0", "main-1"]


def test_where_a_view_can_be_nowhere_it_says_so(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path(case.state).write_text("in the way")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ExecutionError, match=r"the view .*main-0 cannot be made: Not a directory") as caught:
        case.take()
    assert caught.value.remedy == tree.NO_ROOM


def test_no_file_stays_open(case: Case, temporary: Path) -> None:
    case.repo.add("a")
    before = os.listdir("/proc/self/fd")
    for _ in range(2):
        case.seen()
        sweep(case.state, case.repo.found())
    first, second = case.take(), case.take()
    second.close()
    first.close()
    shutil.rmtree(case.state)
    Path(case.state).write_text("in the way")
    case.seen()
    assert len(os.listdir("/proc/self/fd")) == len(before)
