"""What a command has changed: by what is there, however it was written."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from omnibase.inputs.view.comparing import Change, changes, read
from omnibase.inputs.view.signing import signatures


class Tree:
    """A folder that commands work in, and another one with what was in it before."""

    def __init__(self, root: Path, origin: Path) -> None:
        self.root = root
        self.origin = origin

    def has(self, path: str, content: str = "content\n", mode: int = 0o644) -> Path:
        for base in (self.root, self.origin):
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            (base / path).write_text(content)
            (base / path).chmod(mode)
        return self.root / path

    def has_link(self, path: str, target: str) -> Path:
        for base in (self.root, self.origin):
            (base / path).symlink_to(target)
        return self.root / path

    def after(self, do: Callable[[], object], paths: Sequence[str] = ("a",)) -> tuple[Change, ...]:
        before = signatures(str(self.root), paths)
        do()
        return changes(str(self.root), before, str(self.origin))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name in ("root", "origin"):
        (tmp_path / name).mkdir()
    return Tree(tmp_path / "root", tmp_path / "origin")


def test_a_file_that_nobody_touched_is_no_change(tree: Tree) -> None:
    tree.has("a")
    assert tree.after(lambda: None) == ()


def test_another_content_is_a_change(tree: Tree) -> None:
    file = tree.has("a")
    assert tree.after(lambda: file.write_text("other\n")) == (Change("a", b"content\n", b"other\n"),)


@pytest.mark.parametrize("old", ["", "x", "x" * 3_000_000])
def test_the_same_bytes_written_again_are_no_change(tree: Tree, old: str) -> None:
    file = tree.has("a", old)

    def again() -> None:
        file.unlink()
        file.write_text(old)

    assert tree.after(again) == ()


def test_one_byte_in_a_big_file_is_a_change(tree: Tree) -> None:
    file = tree.has("a", "x" * 3_000_000)
    (change,) = tree.after(lambda: file.write_text("x" * 2_999_999 + "y"))
    assert change.after is not None
    assert change.after.endswith(b"xy")


@pytest.mark.parametrize(("before", "after", "executable"), [(0o644, 0o755, True), (0o755, 0o644, False)])
def test_a_mode_alone_is_a_change(tree: Tree, before: int, after: int, executable: bool) -> None:
    file = tree.has("a", mode=before)
    assert tree.after(lambda: file.chmod(after)) == (Change("a", b"content\n", b"content\n", executable),)


def test_a_mode_that_git_does_not_know_is_no_change(tree: Tree) -> None:
    file = tree.has("a")
    assert tree.after(lambda: file.chmod(0o600)) == ()


def test_mode_and_content_are_one_change(tree: Tree) -> None:
    file = tree.has("a")

    def both() -> None:
        file.write_text("other\n")
        file.chmod(0o755)

    assert tree.after(both) == (Change("a", b"content\n", b"other\n", True),)


def test_a_file_that_is_gone_is_a_change(tree: Tree) -> None:
    file = tree.has("a")
    assert tree.after(file.unlink) == (Change("a", b"content\n", None),)


def test_a_file_that_came_is_a_change(tree: Tree) -> None:
    assert tree.after(lambda: (tree.root / "a").write_text("new\n")) == (Change("a", None, b"new\n"),)


def test_what_never_was_there_is_none(tree: Tree) -> None:
    assert tree.after(lambda: None) == ()


def test_a_file_that_became_a_link_is_a_change_and_the_link_is_not_followed(tree: Tree) -> None:
    file = tree.has("a")
    tree.has("b", "another\n")

    def link() -> None:
        file.unlink()
        file.symlink_to("b")

    assert tree.after(link) == (Change("a", b"content\n", None),)


def test_a_link_that_became_a_file_is_a_change(tree: Tree) -> None:
    link = tree.has_link("a", "b")

    def replace() -> None:
        link.unlink()
        link.write_text("a file\n")

    assert tree.after(replace) == (Change("a", None, b"a file\n"),)


def test_a_link_that_leads_elsewhere_is_a_change(tree: Tree) -> None:
    link = tree.has_link("a", "b")

    def lead_elsewhere() -> None:
        link.unlink()
        link.symlink_to("/etc/passwd")

    assert tree.after(lead_elsewhere) == (Change("a", None, None),)


def test_a_link_that_is_gone_is_a_change(tree: Tree) -> None:
    assert tree.after(tree.has_link("a", "b").unlink) == (Change("a", None, None),)


def test_the_same_link_made_again_is_no_change(tree: Tree) -> None:
    link = tree.has_link("a", "b")

    def again() -> None:
        link.unlink()
        link.symlink_to("b")

    assert tree.after(again) == ()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_file_that_became_something_else_is_a_change(tree: Tree, make: Callable[[Path], None]) -> None:
    file = tree.has("a")

    def replace() -> None:
        file.unlink()
        make(file)

    assert tree.after(replace) == (Change("a", b"content\n", None),)


def test_what_lies_behind_a_linked_folder_is_not_taken_for_the_file(tree: Tree, tmp_path: Path) -> None:
    tree.has("sub/deep/a")
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep" / "a").write_text("secret\n")

    def link() -> None:
        (tree.root / "sub").rename(tree.root / "moved")
        (tree.root / "sub").symlink_to(tmp_path / "elsewhere")

    assert tree.after(link, ["sub/deep/a"]) == (Change("sub/deep/a", b"content\n", None),)


NAMES = ["two words", "two\nlines", "-dash", "caf\udce9", "漢字", "x" * 255]


def test_any_name_can_be_compared(tree: Tree) -> None:
    for name in NAMES:
        tree.has(name)

    def change() -> None:
        for name in NAMES:
            (tree.root / name).write_text("other\n")

    assert [change.path for change in tree.after(change, NAMES)] == NAMES


def test_a_change_between_two_looks_is_seen_whatever_the_time_says(tree: Tree) -> None:
    file = tree.has("a")
    status = file.stat()

    def change() -> None:
        file.write_text("CONTENT\n")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert len(tree.after(change)) == 1


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\xff")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    found = {name: read(str(tmp_path / name)) for name in ("file", "link", "fifo", "folder", "gone")}
    assert found == {"file": b"\0\xff", "link": None, "fifo": None, "folder": None, "gone": None}


def test_no_file_stays_open(tree: Tree) -> None:
    os.mkfifo(tree.root / "fifo")
    file = tree.has("a")
    before = os.listdir("/proc/self/fd")
    tree.after(lambda: file.write_text("CONTENT\n"))
    (tree.root / "folder").mkdir()
    for name in ("a", "fifo", "folder", "gone"):
        read(str(tree.root / name))
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_signature_tells_files_from_what_is_none(tree: Tree) -> None:
    tree.has("a")
    found = signatures(str(tree.root), ["a", "b", "a/b"])
    assert found["a"] is not None
    assert stat.S_ISREG(found["a"][1])
    assert (found["b"], found["a/b"]) == (None, None)
