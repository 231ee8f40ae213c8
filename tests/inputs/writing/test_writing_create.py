"""Files that are made by the one door, and modes that change at it."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnibase.inputs.writing.door import Written, create, write

CONTENT = b"content\n"
OTHER = b"another's\n"
THERE = Written(False, "something of that name is there already")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["file", "a/b/c/file", "two words", "caf\udce9/caf\udce9", "two\nlines", "x" * 255])
def test_a_file_is_made_with_the_folders_on_its_way(tmp_path: Path, name: str) -> None:
    assert create(str(tmp_path), name, CONTENT) == Written(True)
    path = Path(os.path.join(tmp_path, name))
    assert path.read_bytes() == CONTENT
    assert os.listdir(path.parent) == [path.name]


def test_an_empty_file_can_be_made(tmp_path: Path) -> None:
    assert create(str(tmp_path), "file", b"") == Written(True)
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize(
    ("umask", "executable", "mode"),
    [(0o022, False, 0o644), (0o022, True, 0o755), (0o077, True, 0o700), (0o002, False, 0o664), (0o002, True, 0o775)],
)
def test_a_file_gets_the_mode_that_git_would_give_it(tmp_path: Path, umask: int, executable: bool, mode: int) -> None:
    os.umask(umask)
    assert create(str(tmp_path), "file", CONTENT, executable) == Written(True)
    assert _mode(tmp_path / "file") == mode


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(OTHER),
        Path.mkdir,
        lambda path: path.symlink_to("nowhere"),
        os.mkfifo,
    ],
    ids=["file", "folder", "link", "FIFO"],
)
def test_what_has_the_name_already_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "name")
    before = (tmp_path / "name").lstat()
    assert create(str(tmp_path), "name", CONTENT) == THERE
    assert (tmp_path / "name").lstat() == before
    assert os.listdir(tmp_path) == ["name"]


@pytest.mark.parametrize("folder", ["", "new/"])
def test_what_gets_the_name_at_the_last_moment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: (tmp_path / f"{folder}name").write_bytes(OTHER))
    assert create(str(tmp_path), f"{folder}name", CONTENT) == THERE
    assert (tmp_path / f"{folder}name").read_bytes() == OTHER
    assert os.listdir(tmp_path / folder) == ["name"]


def _without_renameat2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *arguments, **named: object())


def test_where_a_name_cannot_be_given_in_one_step_a_second_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_renameat2(monkeypatch)
    assert create(str(tmp_path), "a/name", CONTENT) == Written(True)
    assert (tmp_path / "a" / "name").stat().st_nlink == 1
    assert os.listdir(tmp_path / "a") == ["name"]
    monkeypatch.setattr(os, "fsync", lambda file: (tmp_path / "late").write_bytes(OTHER))
    assert create(str(tmp_path), "late", CONTENT) == THERE
    assert (tmp_path / "late").read_bytes() == OTHER
    assert sorted(os.listdir(tmp_path)) == ["a", "late"]


def test_a_file_behind_a_link_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to("../elsewhere")
    refused = Written(False, "it lies behind a symbolic link")
    assert create(str(tmp_path / "root"), "link/file", CONTENT) == refused
    assert create(str(tmp_path / "root"), "link/new/file", CONTENT) == refused
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_file_below_a_file_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OTHER)
    assert create(str(tmp_path), "file/below", CONTENT) == Written(False, "it cannot be written: Not a directory")
    assert (tmp_path / "file").read_bytes() == OTHER


@pytest.mark.parametrize(
    "path", ["../file", "a/../../file", "/tmp/file", "", ".", "a//b", ".git/hooks/x", ".GIT/x", "a\0"]
)
def test_what_is_no_path_of_a_file_in_the_repository_is_not_made(tmp_path: Path, path: str) -> None:
    (tmp_path / "root").mkdir()
    problem = "it is not a path of a file in the repository"
    assert create(str(tmp_path / "root"), path, CONTENT) == Written(False, problem)
    assert [str(found) for found in tmp_path.rglob("*")] == [str(tmp_path / "root")]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["write", "fsync"])
def test_whatever_step_fails_neither_file_nor_folders_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    (tmp_path / "there").mkdir()
    monkeypatch.setattr(os, step, fail)
    if isinstance(error, OSError):
        problem = "it cannot be written: Input/output error"
        assert create(str(tmp_path), "there/a/b/file", CONTENT) == Written(False, problem)
    else:
        with pytest.raises(KeyboardInterrupt):
            create(str(tmp_path), "there/a/b/file", CONTENT)
    assert os.listdir(tmp_path / "there") == []


@pytest.mark.parametrize(
    ("before", "executable", "after"),
    [
        (0o644, True, 0o755),
        (0o640, True, 0o750),
        (0o600, True, 0o700),
        (0o755, False, 0o644),
        (0o711, False, 0o600),
        (0o744, True, 0o744),
        (0o654, False, 0o654),
        (0o4755, False, 0o4644),
        (0o755, None, 0o755),
    ],
)
@pytest.mark.parametrize("new", [CONTENT, OTHER])
def test_a_file_becomes_executable_or_ceases_to_be(
    tmp_path: Path, before: int, executable: bool | None, after: int, new: bytes
) -> None:
    """As git has it, the owner's bit says whether it is; for whom else follows from who may read."""
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    file.chmod(before)
    inode = file.stat().st_ino
    changed = new != CONTENT or before != after
    assert write(str(tmp_path), "file", CONTENT, new, executable=executable) == Written(changed)
    assert (file.read_bytes(), _mode(file)) == (new, after)
    assert (file.stat().st_ino != inode) == changed
    assert os.listdir(tmp_path) == ["file"]


def test_a_mode_is_changed_only_of_a_file_that_holds_what_was_seen(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(OTHER)
    file.chmod(0o644)
    assert write(str(tmp_path), "file", CONTENT, CONTENT, executable=True) == Written(False, "it changed meanwhile")
    assert (file.read_bytes(), _mode(file)) == (OTHER, 0o644)
