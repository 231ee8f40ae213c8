"""The one door by which files change: what it keeps, what it leaves alone, and that no edit is lost at it."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.inputs.writing.door import Written, write
from omnibase.inputs.writing.names import PREFIX

SEEN = b"seen \n"
NEW = b"new\n"
EDIT = b"an edit of the user's\n"
MEANWHILE = "it changed meanwhile"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(SEEN)
    file.chmod(0o644)
    return file


def _write(file: Path, seen: bytes = SEEN, new: bytes = NEW) -> Written:
    return write(str(file.parent), file.name, seen, new)


def _beside(file: Path) -> list[str]:
    return sorted(set(os.listdir(file.parent)) - {file.name})


def _left_alone(file: Path, problem: str, content: bytes = SEEN) -> None:
    """Nothing has happened, and why is said."""
    before = os.lstat(file)
    assert _write(file) == Written(False, problem)
    assert file.read_bytes() == content
    assert os.lstat(file) == before or (os.lstat(file).st_ino, os.lstat(file).st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )


def test_a_file_that_holds_what_was_seen_gets_the_new_content(file: Path) -> None:
    os.utime(file, (1, 1))
    assert _write(file) == Written(True)
    assert file.read_bytes() == NEW
    assert file.stat().st_mtime > 1
    assert _beside(file) == []


@settings(deadline=None)  # the disk's time is not ours
@given(st.binary(), st.binary())
def test_any_content_can_be_replaced_by_any_other(seen: bytes, new: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        file = Path(root) / "file"
        file.write_bytes(seen)
        assert _write(file, seen, new) == Written(seen != new)
        assert file.read_bytes() == new
        assert _beside(file) == []


def test_a_large_file_is_written_whole(file: Path) -> None:
    new = os.urandom(3_000_000)
    assert _write(file, new=new) == Written(True)
    assert file.read_bytes() == new


@pytest.mark.parametrize(
    "name", ["two words", "two\nlines", "-dash", "caf\udce9", "漢字", "a/b/c", ".hidden", "x" * 255]
)
def test_any_name_can_be_written(tmp_path: Path, name: str) -> None:
    whole = os.path.join(tmp_path, name)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    Path(whole).write_bytes(SEEN)
    assert write(str(tmp_path), name, SEEN, NEW) == Written(True)
    assert Path(whole).read_bytes() == NEW


def test_the_same_content_touches_nothing(tmp_path: Path) -> None:
    assert write(str(tmp_path / "nowhere"), "nothing", SEEN, SEEN) == Written(False)


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o666, 0o4755, 0o200])
def test_the_mode_stays(file: Path, mode: int) -> None:
    file.chmod(mode)
    if not os.access(file, os.R_OK):
        pytest.skip("a file that cannot be read has nothing to be fixed")
    assert _write(file) == Written(True)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_the_mode_does_not_depend_on_the_umask(file: Path) -> None:
    file.chmod(0o666)
    before = os.umask(0o077)
    try:
        assert _write(file) == Written(True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666


@pytest.mark.skipif(sys.platform != "linux", reason="Python has extended attributes on Linux only")
def test_extended_attributes_stay(file: Path) -> None:
    try:
        os.setxattr(file, "user.origin", b"https://example.org")
    except OSError:
        pytest.skip("this disk has no extended attributes")
    assert _write(file) == Written(True)
    assert os.getxattr(file, "user.origin") == b"https://example.org"


@pytest.mark.skipif(sys.platform != "linux", reason="Python has extended attributes on Linux only")
def test_a_file_does_not_get_the_rights_that_its_folder_gives_new_files(file: Path) -> None:
    somebody = [(0x01, 6, -1), (0x02, 7, 4242), (0x04, 4, -1), (0x10, 7, -1), (0x20, 4, -1)]
    # acl(5), in the kernel's form
    rights = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in somebody)
    try:
        os.setxattr(file.parent, "system.posix_acl_default", rights)
    except OSError:
        pytest.skip("this disk has no access control lists")
    assert _write(file) == Written(True)
    assert os.listxattr(file) == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform != "linux", reason="Python has extended attributes on Linux only")
def test_an_attribute_that_cannot_be_kept_is_a_problem(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listxattr", lambda file: ["security.strange"])
    monkeypatch.setattr(os, "getxattr", lambda file, name: os.urandom(4))
    monkeypatch.setattr(os, "setxattr", _fail(errno.EPERM))
    _left_alone(file, "its extended attributes could not be kept: Operation not permitted")
    assert _beside(file) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 1234, 4321)
    file.chmod(0o6755)
    assert _write(file) == Written(True)
    assert (file.stat().st_uid, file.stat().st_gid, stat.S_IMODE(file.stat().st_mode)) == (1234, 4321, 0o6755)


def test_an_owner_that_cannot_be_kept_is_a_problem(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fstat = os.fstat

    def ours_is_somebody_else_s(fd: int) -> os.stat_result:
        status = fstat(fd)
        name = os.readlink(f"/proc/self/fd/{fd}")
        return os.stat_result([*status[:4], 4242, *status[5:]], {}) if PREFIX in name else status

    monkeypatch.setattr(os, "fstat", ours_is_somebody_else_s)
    monkeypatch.setattr(os, "fchown", _fail(errno.EPERM))
    assert _write(file) == Written(False, "its owner and group could not be kept")
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


def _fail(code: int) -> Callable[..., NoReturn]:
    def fail(*arguments: object, **named: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_file_that_holds_something_else_is_left_alone(file: Path) -> None:
    file.write_bytes(EDIT)
    _left_alone(file, MEANWHILE, EDIT)
    assert _beside(file) == []


def test_a_file_of_the_same_length_is_compared_byte_by_byte(file: Path) -> None:
    file.write_bytes(b"Seen \n")
    _left_alone(file, MEANWHILE, b"Seen \n")


def test_a_symbolic_link_is_neither_followed_nor_replaced(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to("file")
    _left_alone(link, "it is a symbolic link")
    assert os.readlink(link) == "file"
    assert _beside(file) == ["link"]


@pytest.mark.parametrize("leads", ["inside", ".."])
def test_a_file_behind_a_linked_folder_is_left_alone(tmp_path: Path, leads: str) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (root / "inside" / "file").write_bytes(SEEN)
    (tmp_path / "file").write_bytes(SEEN)
    (root / "link").symlink_to(leads)
    assert write(str(root), "link/file", SEEN, NEW) == Written(False, "it lies behind a symbolic link")
    assert (tmp_path / "file").read_bytes() == (root / "inside" / "file").read_bytes() == SEEN


@pytest.mark.parametrize(
    "path",
    ["../file", "sub/../../file", "{root}/file", "", ".", "..", "sub//file", "sub/", "./file", ".git/config", "a\0b"],
)
def test_what_is_no_path_of_a_file_in_the_repository_is_refused(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    for folder in (tmp_path, root / "sub", root / ".git"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("file", "config"):
            (folder / name).write_bytes(SEEN)
    result = write(str(root), path.format(root=root), SEEN, NEW)
    assert result == Written(False, "it is not a path of a file in the repository")
    assert {file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == {SEEN}


def test_a_file_with_two_names_is_left_alone(file: Path) -> None:
    os.link(file, file.with_name("other"))
    _left_alone(file, "it has several names (hard links), and only this one would get the new content")


def test_a_write_protected_file_is_left_alone(file: Path) -> None:
    file.chmod(0o444)
    _left_alone(file, "it is write-protected")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_regular_file_is_left_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "thing")
    assert _write(tmp_path / "thing") == Written(False, "it is not a regular file")
    assert os.listdir(tmp_path) == ["thing"]


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    assert _write(tmp_path / "gone") == Written(False, "it cannot be written: No such file or directory")
    assert _write(tmp_path / "no" / "folder") == Written(False, "it cannot be written: No such file or directory")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of somebody who is not root, and the test being that somebody."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.setegid(65534)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
                os.setegid(0)
            os.chmod(folder, 0o700)


def test_a_file_in_a_read_only_folder_is_a_problem(unprivileged: Path) -> None:
    file = unprivileged / "file"
    file.write_bytes(SEEN)
    unprivileged.chmod(0o500)
    _left_alone(file, "it cannot be written: Permission denied")
    assert _beside(file) == []


def test_a_file_that_only_others_may_write_is_a_problem(unprivileged: Path) -> None:
    file = unprivileged / "file"
    file.write_bytes(SEEN)
    file.chmod(0o466)
    _left_alone(file, "it is write-protected")


def test_somebody_who_is_not_root_writes_like_root(unprivileged: Path) -> None:
    file = unprivileged / "file"
    file.write_bytes(SEEN)
    assert _write(file) == Written(True)
    assert (file.read_bytes(), _beside(file)) == (NEW, [])


def test_a_full_disk_is_a_problem_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SEEN)
    script = (
        "import resource, sys\n"
        "from omnibase.inputs.writing.door import write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        f"print(write({str(tmp_path)!r}, 'file', {SEEN!r}, b'x' * 10000).problem)\n"
    )
    assert _python(script) == "it cannot be written: File too large\n"
    assert (os.listdir(tmp_path), (tmp_path / "file").read_bytes()) == (["file"], SEEN)


def _python(script: str, ok: bool = True) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not ok, done.stderr
    return done.stdout


STEPS = ("write", "fchmod", "fsync", "unlink")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EPERM])
def test_whatever_step_fails_the_file_is_as_before_and_nothing_is_left(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    _once(monkeypatch, step, _fail(code))
    assert _write(file) == Written(False, f"it cannot be written: {os.strerror(code)}")
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


@pytest.mark.parametrize("step", STEPS)
def test_whatever_step_is_interrupted_the_file_is_as_before_and_nothing_is_left(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupt(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    _once(monkeypatch, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        _write(file)
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


def _once(monkeypatch: pytest.MonkeyPatch, step: str, instead: Callable[..., object]) -> None:
    """Let a function of `os` do something else the first time."""
    real = getattr(os, step)

    def first(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(os, step, real)
        return instead(*arguments, **named)

    monkeypatch.setattr(os, step, first)


@pytest.mark.parametrize("step", [*STEPS, "renameat2"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_the_file_is_whole_and_what_is_left_can_be_recognised(
    file: Path, step: str, after: bool
) -> None:
    script = (
        "import ctypes, os, signal\n"
        "from omnibase.inputs.writing.door import write\n"
        "def deadly(real):\n"
        "    def call(*arguments, **named):\n"
        f"        {after} and real(*arguments, **named)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return call\n"
        f"if {step!r} == 'renameat2':\n"
        "    library = ctypes.CDLL(None, use_errno=True)\n"
        "    library.renameat2 = deadly(library.renameat2)\n"
        "    ctypes.CDLL = lambda *arguments, **named: library\n"
        "else:\n"
        f"    os.{step} = deadly(os.{step})\n"
        f"write({str(file.parent)!r}, 'file', {SEEN!r}, {NEW!r})\n"
        "print('survived')\n"
    )
    assert _python(script, ok=False) == ""
    left = _beside(file)
    assert all(name.startswith(PREFIX) for name in left)
    exchanged = step == "unlink" or (step, after) == ("renameat2", True)
    assert file.read_bytes() == (NEW if exchanged else SEEN)
    if exchanged and (step, after) != ("unlink", True):
        assert [file.with_name(name).read_bytes() for name in left] == [SEEN]


class _Library:
    """What ctypes loads, with `renameat2` doing something before or instead."""

    def __init__(self, renameat2: Callable[..., int]) -> None:
        self.renameat2 = renameat2


def _with_renameat2(monkeypatch: pytest.MonkeyPatch, renameat2: Callable[..., int] | None) -> None:
    library: object = _Library(renameat2) if renameat2 else object()
    monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **named: library)


def _exchange_failing_with(code: int) -> Callable[..., int]:
    def fail(*arguments: object) -> int:
        ctypes.set_errno(code)
        return -1

    return fail


def _exchange_with(*actions: Callable[[], object]) -> Callable[..., int]:
    """The system's exchange, with something happening right before the first, the second, ... of them."""
    real = ctypes.CDLL(None, use_errno=True).renameat2
    waiting = iter(actions)

    def exchange(*arguments: object) -> int:
        next(waiting, lambda: None)()
        result: int = real(*arguments)
        return result

    return exchange


def _without_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "fcntl", _fail(errno.EINVAL))


def _save_beside_and_rename(file: Path, content: bytes = EDIT) -> None:
    beside = file.with_name("editor's copy")
    beside.write_bytes(content)
    beside.replace(file)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL, None])
def test_where_there_is_no_exchange_the_file_is_compared_once_more_and_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    _with_renameat2(monkeypatch, _exchange_failing_with(code) if code else None)
    file.chmod(0o750)
    assert _write(file) == Written(True)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode), _beside(file)) == (NEW, 0o750, [])
    _once(monkeypatch, "fsync", lambda *_: file.write_bytes(EDIT))
    assert _write(file, NEW, SEEN) == Written(False, MEANWHILE)
    assert (file.read_bytes(), _beside(file)) == (EDIT, [])


def test_a_replacement_that_fails_leaves_nothing_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_renameat2(monkeypatch, None)
    monkeypatch.setattr(os, "replace", _fail(errno.EACCES))
    assert _write(file) == Written(False, "it cannot be written: Permission denied")
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


@pytest.mark.parametrize("code", [errno.EPERM, errno.EROFS, errno.ENOENT])
def test_an_exchange_that_fails_leaves_nothing_behind(file: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    _with_renameat2(monkeypatch, _exchange_failing_with(code))
    assert _write(file) == Written(False, f"it cannot be written: {os.strerror(code)}")
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


@pytest.mark.parametrize("save", [Path.write_bytes, _save_beside_and_rename])
def test_an_edit_while_the_new_content_is_written_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], object]
) -> None:
    _once(monkeypatch, "fsync", lambda *_: save(file, EDIT))
    assert _write(file) == Written(False, MEANWHILE)
    assert (file.read_bytes(), _beside(file)) == (EDIT, [])


@pytest.mark.parametrize("leases", [True, False])
def test_a_file_saved_by_renaming_right_before_the_exchange_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, leases: bool
) -> None:
    if not leases:
        _without_leases(monkeypatch)
    _with_renameat2(monkeypatch, _exchange_with(lambda: _save_beside_and_rename(file)))
    assert _write(file) == Written(False, MEANWHILE)
    assert (file.read_bytes(), _beside(file)) == (EDIT, [])


def test_without_leases_a_file_written_right_before_the_exchange_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_leases(monkeypatch)
    _with_renameat2(monkeypatch, _exchange_with(lambda: file.write_bytes(EDIT)))
    assert _write(file) == Written(False, MEANWHILE)
    assert (file.read_bytes(), _beside(file)) == (EDIT, [])


def test_a_mode_changed_right_before_the_exchange_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_renameat2(monkeypatch, _exchange_with(lambda: file.chmod(0o711)))
    assert _write(file) == Written(False, MEANWHILE)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode), _beside(file)) == (SEEN, 0o711, [])


def test_a_file_with_the_same_content_in_its_place_is_another_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_renameat2(monkeypatch, _exchange_with(lambda: _save_beside_and_rename(file, SEEN)))
    assert _write(file) == Written(False, MEANWHILE)
    assert (file.read_bytes(), _beside(file)) == (SEEN, [])


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_took_the_file_s_place_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    def take_its_place() -> None:
        file.unlink()
        make(file)

    _once(monkeypatch, "fsync", lambda *_: take_its_place())
    assert _write(file) == Written(False, MEANWHILE)
    file.unlink() if not file.is_dir() else file.rmdir()
    file.write_bytes(SEEN)
    _with_renameat2(monkeypatch, _exchange_with(take_its_place))
    assert _write(file) == Written(False, MEANWHILE)
    assert not file.is_file()
    assert _beside(file) == []


def test_a_file_removed_right_before_the_exchange_stays_removed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_renameat2(monkeypatch, _exchange_with(file.unlink))
    assert _write(file).changed is False
    assert os.listdir(file.parent) == []


def test_of_two_edits_around_the_exchange_the_later_stays_and_the_earlier_is_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_leases(monkeypatch)
    later = b"the later edit\n"
    edits = (lambda: file.write_bytes(EDIT), lambda: file.write_bytes(later))
    _with_renameat2(monkeypatch, _exchange_with(*edits))
    result = _write(file)
    (kept,) = _beside(file)
    assert result == Written(
        False, f"it changed meanwhile, twice: what it held before the last change is kept beside it as {kept}"
    )
    assert kept.startswith(PREFIX)
    assert (file.read_bytes(), file.with_name(kept).read_bytes()) == (later, EDIT)


def test_a_file_that_cannot_be_put_back_is_kept_and_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edit_by_renaming() -> None:
        _save_beside_and_rename(file)

    _with_renameat2(monkeypatch, _exchange_with(edit_by_renaming, _fail(errno.EIO)))
    result = _write(file)
    (kept,) = _beside(file)
    assert result.problem == f"it changed meanwhile, and {kept} beside it was left behind: Input/output error"
    assert file.with_name(kept).read_bytes() == EDIT


def test_the_latest_of_many_saves_around_the_exchange_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the fourth may get the number of the first one's, which is gone by then."""

    def save(*contents: bytes) -> Callable[[], None]:
        def save_all() -> None:
            for content in contents:
                _save_beside_and_rename(file, content)

        return save_all

    _with_renameat2(monkeypatch, _exchange_with(save(b"1"), save(b"2"), save(b"3", b"4"), save(b"5")))
    result = _write(file)
    (kept,) = _beside(file)
    assert file.read_bytes() == b"5"
    assert kept in (result.problem or "")


def test_a_file_saved_anew_right_after_the_exchange_is_not_exchanged_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a moment may what is older be seen in its place."""
    real = ctypes.CDLL(None, use_errno=True).renameat2
    exchanges: list[int] = []

    def exchange(*arguments: object) -> int:
        _save_beside_and_rename(file, b"1")
        exchanges.append(real(*arguments))
        _save_beside_and_rename(file, b"2")
        return exchanges[-1]

    _with_renameat2(monkeypatch, exchange)
    result = _write(file)
    (kept,) = _beside(file)
    assert kept in (result.problem or "")
    assert (file.read_bytes(), file.with_name(kept).read_bytes(), exchanges) == (b"2", b"1", [0])


def test_a_file_removed_while_it_is_put_back_is_kept_and_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_renameat2(monkeypatch, _exchange_with(lambda: _save_beside_and_rename(file), file.unlink))
    result = _write(file)
    (kept,) = _beside(file)
    assert not file.exists()
    assert file.with_name(kept).read_bytes() == EDIT
    assert result == Written(
        False, f"it changed meanwhile, and {kept} beside it was left behind: No such file or directory"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_a_file_that_a_program_has_open_for_writing_is_left_alone(file: Path) -> None:
    with open(file, "ab"):
        _left_alone(file, "another program has it open for writing")
    assert _beside(file) == []
    with open(file, "rb"):
        assert _write(file) == Written(True)


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_a_program_that_opens_the_file_right_before_the_exchange_writes_into_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits at the lease, having found the old file already: what it writes must not go into a removed one."""
    script = f"import os; file = os.open({str(file)!r}, os.O_WRONLY); os.write(file, b'EDIT'); os.close(file)"
    programs: list[subprocess.Popen[bytes]] = []

    def start_and_let_it_wait() -> None:
        program = subprocess.Popen([sys.executable, "-c", script])
        programs.append(program)
        awaited = re.compile(rf"LEASE +BREAKING .*:{file.stat().st_ino} ")
        while not awaited.search(Path("/proc/locks").read_text()):
            assert program.poll() is None

    _with_renameat2(monkeypatch, _exchange_with(start_and_let_it_wait))
    assert _write(file) == Written(False, MEANWHILE)
    assert programs[0].wait() == 0
    assert (file.read_bytes(), _beside(file)) == (b"EDIT" + SEEN[4:], [])


EDITOR = """
import os, random, sys, time
path, style, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
for number in range(count):
    content = b"edit %d\\n" % number + b"x" * (number % 7)
    if style == "truncate":
        with open(path, "wb", buffering=0) as file:
            file.write(content)
    elif style == "overwrite":
        file = os.open(path, os.O_WRONLY)
        os.write(file, content)
        os.ftruncate(file, len(content))
        os.close(file)
    else:
        with open(path + "~", "wb") as file:
            file.write(content)
        os.replace(path + "~", path)
    lost_at = time.monotonic() + 10
    while True:
        with open(path, "rb") as file:
            found = file.read()
        if found in (content, content + b"fixed\\n"):
            break
        if time.monotonic() > lost_at:
            sys.exit(f"edit {number} is lost: {found!r}")
    think_until = time.perf_counter() + random.random() * 0.0006
    while time.perf_counter() < think_until:
        pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="where every promise holds")
@pytest.mark.parametrize(("style", "count"), [("truncate", 1000), ("overwrite", 1000), ("rename", 1000)])
def test_no_edit_of_a_program_that_edits_all_the_time_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style: str, count: int
) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: None)  # waiting for the disk would keep the two apart
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "file"
    file.write_bytes(b"")
    editor = subprocess.Popen(
        [sys.executable, "-c", EDITOR, str(file), style, str(count)], stderr=subprocess.PIPE, text=True
    )
    results: list[Written] = []
    while editor.poll() is None:
        seen = file.read_bytes()
        if not seen.endswith(b"fixed\n"):
            results.append(_write(file, seen, seen + b"fixed\n"))
    assert editor.stderr is not None
    with editor.stderr as stream:
        assert (editor.returncode, stream.read()) == (0, "")
    assert file.read_bytes().startswith(b"edit %d\n" % (count - 1))
    assert any(result.changed for result in results)
    assert all(any(name in (result.problem or "") for result in results) for name in _beside(file))
