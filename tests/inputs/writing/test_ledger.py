"""What a ledger of writes is good for: nothing of a killed run stays beside the files, and no edit goes with it."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.inputs.writing.door import Written, create, write
from omnibase.inputs.writing.ledger import look_again, settle, unsettled
from omnibase.inputs.writing.names import PREFIX
from omnibase.inputs.writing.noting import KEPT, WRITES, Entry, Notes, digest, read

SEEN = b"seen \n"
NEW = b"new\n"
EDIT = b"an edit of the user's\n"
NAME = PREFIX + "0123456789abcdef"


class Place:
    """A root with a file in it, and the folders of a run and of what was rescued, on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.ledger = str(folder / "git" / "runs" / "1")
        self.rescued = folder / "git" / "rescued"
        self.root.mkdir()
        self.file = self.root / "file"
        self.file.write_bytes(SEEN)

    def write(self, seen: bytes = SEEN, new: bytes = NEW, name: str = "file") -> Written:
        return write(str(self.root), name, seen, new, self.ledger)

    def begin(
        self, path: str = "file", seen: bytes | None = SEEN, content: bytes | None = NEW, folders: int = 0
    ) -> Path:
        """What a write has noted, and made with that content, when it is killed before the exchange."""
        notes = Notes(self.ledger, NAME)
        notes.planned(str(self.root), path, seen, NEW, folders)
        temporary = (self.root / path).with_name(NAME)
        if content is not None:
            temporary.write_bytes(content)
            notes.made(temporary.stat())
        return temporary

    def exchanged(self, path: str = "file", seen: bytes = SEEN) -> Path:
        """The same, killed right after it."""
        temporary = self.begin(path, seen)
        Notes(self.ledger, NAME).ready()
        file = temporary.with_name(os.path.basename(path))
        beside = file.with_name("moment")
        file.rename(beside)
        temporary.rename(file)
        beside.rename(temporary)
        return temporary

    def settle(self) -> str:
        return "\n".join(settle(self.ledger, str(self.rescued)))

    def look_again(self) -> str:
        return "\n".join(look_again(self.ledger, str(self.rescued)))

    def was_rescued(self, notices: str) -> list[bytes]:
        """The contents of what was rescued, each named by a notice of one line."""
        files = sorted(self.rescued.iterdir()) if self.rescued.exists() else []
        assert [sum(line.count(str(file)) for line in notices.splitlines()) for file in files] == [1] * len(files)
        return [file.read_bytes() for file in files]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_a_file_held_is_kept_until_the_run_ends(place: Place) -> None:
    inode = place.file.stat().st_ino
    assert place.write() == Written(True)
    assert os.listdir(place.root) == ["file"]
    (kept,) = (Path(place.ledger) / KEPT).iterdir()
    assert (kept.stat().st_ino, kept.read_bytes()) == (inode, SEEN)
    assert unsettled(place.ledger)
    assert place.look_again() == ""
    assert not unsettled(place.ledger)
    assert not os.path.exists(place.ledger)
    assert not place.rescued.exists()
    assert place.file.read_bytes() == NEW


def test_a_ledger_says_what_was_done_before_it_is_done(place: Place) -> None:
    place.write()
    (entry,) = read(place.ledger)
    assert entry == Entry(
        root=str(place.root),
        path="file",
        temporary=entry.temporary,
        seen=digest(SEEN),
        new=digest(NEW),
        made=(place.file.stat().st_dev, place.file.stat().st_ino),
        ready=True,
        ended=True,
    )
    assert entry.temporary.startswith(PREFIX)


def test_without_a_ledger_nothing_is_kept(place: Place) -> None:
    assert write(str(place.root), "file", SEEN, NEW) == Written(True)
    assert os.listdir(place.root) == ["file"]
    assert place.settle() == place.look_again() == ""


def test_a_write_that_does_nothing_notes_nothing(place: Place) -> None:
    assert place.write(NEW, NEW) == Written(False)
    assert place.write(NEW, EDIT, "gone").problem is not None
    assert not os.path.exists(place.ledger)


def _without_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(fcntl, "fcntl", fail)


@pytest.mark.parametrize("look", [Place.look_again, Place.settle])
def test_what_a_program_writes_into_the_old_file_later_is_rescued(
    place: Place, monkeypatch: pytest.MonkeyPatch, look: Callable[[Place], str]
) -> None:
    with open(place.file, "ab", buffering=0) as program:
        with monkeypatch.context() as without:
            _without_leases(without)
            assert place.write() == Written(True)
        program.write(EDIT)
    notices = look(place)
    assert place.was_rescued(notices) == [SEEN + EDIT]
    assert "file" in notices
    assert place.file.read_bytes() == NEW
    assert not unsettled(place.ledger)


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_what_a_program_may_still_write_into_is_rescued_before_it_does(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(place.file, "ab", buffering=0) as program:
        with monkeypatch.context() as without:
            _without_leases(without)
            assert place.write() == Written(True)
        notices = place.look_again()
        program.write(EDIT)
    assert place.was_rescued(notices) == [SEEN + EDIT]


def _before_each_exchange(monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], object]) -> None:
    real = ctypes.CDLL(None, use_errno=True).renameat2
    waiting = iter(actions)

    class Library:
        @staticmethod
        def renameat2(*arguments: object) -> int:
            next(waiting, lambda: None)()
            result: int = real(*arguments)
            return result

    monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **named: Library)


def _save(file: Path, content: bytes) -> None:
    beside = file.with_name("editor's copy")
    beside.write_bytes(content)
    beside.replace(file)


def test_a_save_that_was_put_back_and_is_in_place_is_not_worth_a_word(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _before_each_exchange(monkeypatch, lambda: _save(place.file, EDIT))
    assert place.write() == Written(False, "it changed meanwhile")
    assert place.file.stat().st_nlink == 1
    assert place.look_again() == ""
    assert place.file.read_bytes() == EDIT
    assert not unsettled(place.ledger)


def test_a_save_that_was_put_back_and_is_saved_over_by_who_did_not_know_it_is_rescued(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He has read the file in the moment in which the fix was in the place of the save."""
    known: list[bytes] = []
    _before_each_exchange(monkeypatch, lambda: _save(place.file, EDIT), lambda: known.append(place.file.read_bytes()))
    assert place.write() == Written(False, "it changed meanwhile")
    _save(place.file, known[0] + b"more\n")
    assert place.was_rescued(place.look_again()) == [EDIT]
    assert place.file.read_bytes() == NEW + b"more\n"


def test_a_copy_that_was_not_finished_is_worth_nothing_beside_its_original(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _before_each_exchange(monkeypatch, lambda: _save(place.file, EDIT))
    place.write()
    (name,) = (name for name in os.listdir(os.path.join(place.ledger, KEPT)) if name.endswith(".0"))
    Path(place.ledger, KEPT, f"{name}~").write_bytes(EDIT[:3])
    _save(place.file, SEEN)
    assert place.was_rescued(place.settle()) == [EDIT]


def test_of_two_edits_around_the_exchange_the_earlier_is_named_when_the_run_ends(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_leases(monkeypatch)
    later = b"the later edit\n"
    _before_each_exchange(monkeypatch, lambda: place.file.write_bytes(EDIT), lambda: place.file.write_bytes(later))
    problem = "it changed meanwhile, twice: what it held before the last change is kept, and named when the run ends"
    assert place.write() == Written(False, problem)
    assert EDIT in place.was_rescued(place.look_again())
    assert (place.file.read_bytes(), os.listdir(place.root)) == (later, ["file"])


def test_what_cannot_be_put_back_is_named_when_the_run_ends(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    _before_each_exchange(monkeypatch, lambda: _save(place.file, EDIT), place.file.unlink)
    problem = "it changed meanwhile, and what is left beside it is named when the run ends: No such file or directory"
    assert place.write() == Written(False, problem)
    assert EDIT in place.was_rescued(place.look_again())
    assert os.listdir(place.root) == []


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("elsewhere")], ids=["folder", "link"])
def test_what_took_the_file_s_place_and_was_put_back_is_not_worth_a_word(
    place: Place, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    def take_its_place() -> None:
        place.file.unlink()
        make(place.file)

    (place.root / "elsewhere").write_bytes(EDIT)
    _before_each_exchange(monkeypatch, take_its_place)
    assert place.write() == Written(False, "it changed meanwhile")
    assert (place.root / "elsewhere").stat().st_nlink == 1
    assert place.look_again() == ""
    assert not unsettled(place.ledger)
    assert sorted(os.listdir(place.root)) == ["elsewhere", "file"]


def test_a_run_that_was_killed_before_the_exchange_leaves_the_file_as_it_was(place: Place) -> None:
    temporary = place.begin(content=NEW[:1])
    assert "an earlier run was killed while it wrote file" in place.settle()
    assert not temporary.exists()
    assert place.file.read_bytes() == SEEN
    assert not place.rescued.exists()
    assert not unsettled(place.ledger)
    assert place.settle() == ""


def test_a_run_that_was_killed_after_the_exchange_leaves_the_file_as_it_was_to_be(place: Place) -> None:
    temporary = place.exchanged()
    assert "an earlier run was killed while it wrote file" in place.settle()
    assert not temporary.exists()
    assert place.file.read_bytes() == NEW
    assert not place.rescued.exists()


def test_an_edit_that_came_out_of_the_exchange_is_rescued(place: Place) -> None:
    place.exchanged().write_bytes(EDIT)
    notices = place.settle()
    assert place.was_rescued(notices) == [EDIT]
    assert os.listdir(place.root) == ["file"]


def test_an_edit_of_what_was_in_place_for_a_moment_is_rescued(place: Place) -> None:
    """The new file was in place, someone wrote into it, and it was put back: its number is still that of our own."""
    temporary = place.begin()
    Notes(place.ledger, NAME).ready()
    temporary.write_bytes(EDIT)
    assert place.was_rescued(place.settle()) == [EDIT]


def test_new_content_that_was_put_back_untouched_is_removed(place: Place) -> None:
    temporary = place.begin()
    Notes(place.ledger, NAME).ready()
    place.settle()
    assert not temporary.exists()
    assert not place.rescued.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_the_old_file_that_a_program_has_open_is_rescued(place: Place) -> None:
    with open(place.exchanged(), "ab", buffering=0) as program:
        notices = place.settle()
        program.write(EDIT)
    assert place.was_rescued(notices) == [SEEN + EDIT]


@pytest.mark.parametrize(("content", "rescued"), [(b"", []), (b"x", [b"x"])])
def test_a_file_that_was_made_and_not_noted_is_removed_if_nothing_is_in_it(
    place: Place, content: bytes, rescued: list[bytes]
) -> None:
    temporary = place.begin(content=None)
    temporary.write_bytes(content)
    notices = place.settle()
    assert place.was_rescued(notices) == rescued
    assert not temporary.exists()


def test_a_write_that_was_only_planned_leaves_nothing(place: Place) -> None:
    place.begin(content=None)
    assert place.settle() == ""
    assert not unsettled(place.ledger)


def test_a_link_or_a_folder_that_came_out_of_the_exchange_is_rescued_as_it_is(place: Place, tmp_path: Path) -> None:
    temporary = place.exchanged()
    temporary.unlink()
    temporary.symlink_to(place.file)
    notices = place.settle()
    (link,) = place.rescued.iterdir()
    assert os.readlink(link) == str(place.file)
    assert str(link) in notices
    link.unlink()
    place.file.write_bytes(SEEN)
    temporary = place.exchanged()
    temporary.unlink()
    temporary.mkdir()
    (temporary / "inside").write_bytes(EDIT)
    notices = place.settle()
    (folder,) = place.rescued.iterdir()
    assert (folder / "inside").read_bytes() == EDIT
    assert str(folder) in notices


def test_a_file_behind_a_link_is_not_touched(place: Place, tmp_path: Path) -> None:
    (place.root / "sub").mkdir()
    (place.root / "sub" / "file").write_bytes(SEEN)
    temporary = place.begin("sub/file")
    (place.root / "sub").rename(tmp_path / "elsewhere")
    (place.root / "sub").symlink_to(tmp_path / "elsewhere")
    place.settle()
    assert (tmp_path / "elsewhere" / temporary.name).read_bytes() == NEW


@pytest.mark.parametrize("gone", ["sub", "."])
def test_folders_that_are_gone_are_no_problem(place: Place, gone: str) -> None:
    import shutil

    (place.root / "sub").mkdir()
    (place.root / "sub" / "file").write_bytes(SEEN)
    place.begin("sub/file")
    shutil.rmtree(place.root / gone)
    assert place.settle() == ""
    assert not unsettled(place.ledger)


@pytest.mark.parametrize("name", ["two words", "two\nlines", "caf\udce9", "漢字", "sub/x", "-dash", "x" * 255])
def test_any_name_can_be_settled(place: Place, name: str) -> None:
    os.makedirs(os.path.dirname(place.root / name), exist_ok=True)
    (place.root / name).write_bytes(SEEN)
    place.exchanged(name).write_bytes(EDIT)
    notices = place.settle()
    assert len(notices.splitlines()) == 1
    assert notices.encode()
    (rescued,) = place.rescued.iterdir()
    assert rescued.read_bytes() == EDIT
    assert rescued.name.startswith(os.path.basename(name)[:200])


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b'{"temporary": ',
        b"null",
        b"[1]",
        b"\xff",
        b'{"temporary": 1}',
        b'{"temporary": "%s", "made": [1]}' % NAME.encode(),
        b'{"temporary": "%s", "made": true}' % NAME.encode(),
        b'{"temporary": "%s", "root": "/", "path": 1, "seen": null, "new": "", "folders": 0}' % NAME.encode(),
        b'{"temporary": "%s", "root": "/"}' % NAME.encode(),
        b'{"temporary": "%s", "root": "/\\u0000", "path": "a", "seen": null, "new": "", "folders": 0}' % NAME.encode(),
        b'{"temporary": "%s", "root": "/", "path": "\\ud800", "seen": null, "new": "", "folders": 0}' % NAME.encode(),
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_torn_or_makes_no_sense_is_passed_over(place: Place, line: bytes) -> None:
    Path(place.ledger).mkdir(parents=True)
    writes = Path(place.ledger) / WRITES
    writes.write_bytes(line)
    temporary = place.begin()
    with open(writes, "ab") as stream:
        stream.write(b"\n" + line)
    assert len(read(place.ledger)) == 1
    assert place.settle()
    assert not temporary.exists()
    assert not unsettled(place.ledger)


@pytest.mark.parametrize(
    "change",
    [
        {"temporary": "precious"},
        {"temporary": PREFIX + "../precious"},
        {"path": "../precious"},
        {"path": "sub/../../precious"},
        {"root": "."},
    ],
)
def test_a_ledger_that_names_something_else_moves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    line = {"temporary": NAME, "root": str(place.root), "path": "file", "seen": None, "new": "", "folders": 0, **change}
    Path(place.ledger).mkdir(parents=True)
    (Path(place.ledger) / WRITES).write_text(f"{json.dumps(line)}\n")
    monkeypatch.chdir(place.root)
    for folder in (place.root, place.root.parent):
        for name in ("precious", NAME) if folder != place.root or change == {"root": "."} else ("precious",):
            (folder / name).write_bytes(EDIT)
    place.settle()
    assert not place.rescued.exists()


def test_lines_of_several_processes_stand_beside_one_another(place: Place) -> None:
    script = (
        "import sys\n"
        "from omnibase.inputs.writing.noting import Notes; from omnibase.inputs.writing.names import PREFIX\n"
        "for number in range(300):\n"
        "    notes = Notes(sys.argv[1], f'{PREFIX}{sys.argv[2]}x{number}')\n"
        "    notes.planned('/', 'file' * 20, b'', b'')\n"
        "    notes.ready()\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, place.ledger]
    processes = [subprocess.Popen([*command, str(number)], env=env) for number in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    entries = read(place.ledger)
    assert len(entries) == 1200
    assert all(entry.ready for entry in entries)


def _other_disk(tmp_path: Path) -> str:
    import tempfile

    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk here")
    return tempfile.mkdtemp(dir="/dev/shm")


def test_with_a_ledger_on_another_disk_the_old_file_is_removed_at_once(place: Place, tmp_path: Path) -> None:
    import shutil

    place.ledger = os.path.join(_other_disk(tmp_path), "run")
    try:
        assert place.write() == Written(True)
        assert os.listdir(place.root) == ["file"]
        assert os.listdir(os.path.join(place.ledger, KEPT)) == []
        assert place.look_again() == ""
        assert not unsettled(place.ledger)
    finally:
        shutil.rmtree(os.path.dirname(place.ledger))


def test_what_is_rescued_to_another_disk_is_copied_there(place: Place, tmp_path: Path) -> None:
    import shutil

    other = _other_disk(tmp_path)
    place.rescued = Path(other) / "rescued"
    try:
        temporary = place.exchanged()
        with open(temporary, "ab", buffering=0) as program:
            program.write(EDIT)
            assert "cannot be cleaned up: Device or resource busy" in place.settle()  # or it would go into the void
        assert temporary.exists()
        assert place.was_rescued(place.settle()) == [SEEN + EDIT]
        assert not temporary.exists()
        assert not unsettled(place.ledger)
    finally:
        shutil.rmtree(other)


def test_what_cannot_be_rescued_now_stays_and_is_rescued_later(place: Place) -> None:
    temporary = place.exchanged()
    temporary.write_bytes(EDIT)
    place.rescued.write_bytes(b"a file where the folder should be")
    assert "cannot be cleaned up: File exists" in place.settle()
    assert temporary.read_bytes() == EDIT
    assert unsettled(place.ledger)
    place.rescued.unlink()
    assert place.was_rescued(place.settle()) == [EDIT]
    assert not unsettled(place.ledger)


def test_what_one_rescued_that_was_killed_in_its_turn_is_named_by_the_next(place: Place) -> None:
    temporary = place.exchanged()
    temporary.write_bytes(EDIT)
    target = place.rescued / "file.by.the.other"
    Notes(place.ledger, NAME).rescued(str(target))
    place.rescued.mkdir()
    os.rename(temporary, target)
    assert place.was_rescued(place.settle()) == [EDIT]
    assert not unsettled(place.ledger)


def test_what_was_kept_and_is_not_known_is_rescued(place: Place) -> None:
    place.write()
    (Path(place.ledger) / WRITES).write_bytes(b"damaged")
    assert place.was_rescued(place.settle()) == [SEEN]
    assert not unsettled(place.ledger)


def test_what_was_rescued_before_is_not_overwritten(place: Place) -> None:
    for content in (EDIT, NEW + EDIT):
        place.file.write_bytes(SEEN)
        place.exchanged().write_bytes(content)
        place.settle()
    assert {file.read_bytes() for file in place.rescued.iterdir()} == {EDIT, NEW + EDIT}


def test_a_ledger_that_another_run_looks_at_is_left_to_it(place: Place) -> None:
    temporary = place.begin()
    folder = os.open(place.ledger, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    assert place.settle() == ""
    assert temporary.exists()
    os.close(folder)
    assert place.settle()
    assert not temporary.exists()


def test_other_things_in_the_run_s_folder_stay(place: Place) -> None:
    place.write()
    (Path(place.ledger) / "other").write_bytes(b"")
    assert place.look_again() == ""
    assert os.listdir(place.ledger) == ["other"]


def test_a_path_relative_to_where_the_run_was_can_be_settled_from_elsewhere(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(place.root)
    Notes(place.ledger, NAME).planned(".", "file", SEEN, NEW)
    (place.root / NAME).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    place.settle()
    assert os.listdir(place.root) == ["file"]


def test_folders_made_for_a_file_that_did_not_come_to_be_go_with_it(place: Place) -> None:
    for folder in ("a", "a/b", "a/b/c"):
        (place.root / folder).mkdir()
    place.begin("a/b/c/file", seen=None, folders=2)
    place.settle()
    assert os.listdir(place.root / "a") == []


def test_folders_that_are_in_use_meanwhile_stay(place: Place) -> None:
    for folder in ("a", "a/b"):
        (place.root / folder).mkdir()
    place.begin("a/b/file", seen=None, folders=2)
    (place.root / "a" / "other").write_bytes(EDIT)
    place.settle()
    assert os.listdir(place.root / "a") == ["other"]


def test_a_file_that_has_two_names_for_a_moment_keeps_its_own(place: Place) -> None:
    temporary = place.begin("made", seen=None)
    Notes(place.ledger, NAME).ready()
    os.link(temporary, place.root / "made")
    (place.root / "made").write_bytes(EDIT)
    place.settle()
    assert sorted(os.listdir(place.root)) == ["file", "made"]
    assert (place.root / "made").read_bytes() == EDIT
    assert not place.rescued.exists()


def test_of_a_file_that_was_made_nothing_is_left_to_be_settled(place: Place) -> None:
    assert create(str(place.root), "a/b", NEW, ledger=place.ledger) == Written(True)
    assert (place.root / "a" / "b").read_bytes() == NEW
    (place.root / "a" / "b").unlink()  # the folder is the user's now
    assert place.settle() == ""
    assert (place.root / "a").is_dir()
