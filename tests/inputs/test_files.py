"""Explicit paths, lists of paths, and all files where there is no git."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.files import Found, expand, read_list, walk
from omnibase.model.errors import ConfigurationError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo


def _make(root: Path, *paths: str) -> Path:
    for path in paths:
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write("content\n")
    return root


def _expand(root: Path, *paths: str, start: str = ".", tracked: tuple[str, ...] | None = ()) -> tuple[str, ...]:
    found = expand(paths, str(root / start), str(root), tracked)
    assert found.unreadable == ()
    return found.files


def test_a_path_is_taken_relative_to_where_the_user_stands(tmp_path: Path) -> None:
    _make(tmp_path, "a/b/file", "a/other", "top")
    paths = ("file", "../other", "../../top", f"{tmp_path}/a/b/file", "./file")
    assert _expand(tmp_path, *paths, start="a/b") == ("a/b/file", "a/other", "top")


def test_a_file_named_itself_need_not_be_tracked(tmp_path: Path) -> None:
    _make(tmp_path, "tracked", "untracked")
    assert _expand(tmp_path, "untracked", "tracked", tracked=("tracked",)) == ("tracked", "untracked")


def test_a_file_that_git_has_seen_is_not_looked_at_again(tmp_path: Path) -> None:
    assert _expand(tmp_path, "seen", tracked=("seen",)) == ("seen",)


def test_a_folder_stands_for_the_tracked_files_below_it(tmp_path: Path) -> None:
    tracked = ("a/b/one", "a/two", "ab/three", "four")
    _make(tmp_path, *tracked, "a/untracked")
    assert _expand(tmp_path, "a", tracked=tracked) == ("a/b/one", "a/two")
    assert _expand(tmp_path, "a/", "ab", tracked=tracked) == ("a/b/one", "a/two", "ab/three")
    assert _expand(tmp_path, ".", tracked=tracked) == tracked
    assert _expand(tmp_path, "..", start="a/b", tracked=tracked) == ("a/b/one", "a/two")
    assert _expand(tmp_path, str(tmp_path), start="a", tracked=tracked) == tracked


def test_a_folder_without_tracked_files_stands_for_nothing(tmp_path: Path) -> None:
    _make(tmp_path, "a/untracked")
    assert _expand(tmp_path, "a", tracked=("b",)) == ()


def test_outside_git_a_folder_stands_for_all_files_below_it(tmp_path: Path) -> None:
    _make(tmp_path, "a/b/one", "a/two", "three")
    assert _expand(tmp_path, "a", tracked=None) == ("a/b/one", "a/two")


def test_outside_git_a_folder_that_cannot_be_read_is_told_of(tmp_path: Path, unreadable: str) -> None:
    assert expand([unreadable], str(tmp_path), str(tmp_path), None) == Found((), (unreadable,))


def test_each_file_is_given_once_in_the_order_of_bytes(tmp_path: Path) -> None:
    names = ("b", "a", "caf\udce9", "\uffff", "c/x", "\U0001f600", "\udcff")
    _make(tmp_path, *names)
    assert _expand(tmp_path, *names, *names, ".", tracked=names) == tuple(sorted(names, key=os.fsencode))


def test_odd_names_are_files_like_any_other(tmp_path: Path) -> None:
    names = ("two words", "two\nlines", "-dash", "[b]", "$x", "漢字", "caf\udce9", "*", "~", '"q"', "b\\s")
    _make(tmp_path, *names)
    assert set(_expand(tmp_path, *names)) == set(names)


def test_a_link_is_a_file_of_its_own_and_a_path_through_one_is_where_it_leads(tmp_path: Path) -> None:
    _make(tmp_path, "real/file")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "link").symlink_to("real/file")
    (tmp_path / "broken").symlink_to("nowhere")
    assert _expand(tmp_path, "link", "broken", "folder") == ("broken", "folder", "link")
    assert _expand(tmp_path, "folder/file") == ("real/file",)
    assert _expand(tmp_path, "folder/", tracked=("real/file",)) == ("real/file",)


def test_a_root_reached_through_a_link_is_the_same_root(tmp_path: Path) -> None:
    _make(tmp_path / "real", "a/file")
    (tmp_path / "link").symlink_to("real")
    link = str(tmp_path / "link")
    assert expand(["file", f"{link}/a/file"], f"{link}/a", str(tmp_path / "real"), ()).files == ("a/file",)
    assert expand(["file"], str(tmp_path / "real" / "a"), link, ()).files == ("a/file",)


@pytest.mark.parametrize("path", ["..", "../outside", "/", "/etc/passwd", "a/../../outside", "way-out/outside"])
def test_a_path_outside_the_root_is_an_error(tmp_path: Path, path: str) -> None:
    _make(tmp_path, "outside", "root/a/file", "root-beside/file")
    (tmp_path / "root" / "way-out").symlink_to("..")
    with pytest.raises(ConfigurationError, match="lies outside") as caught:
        _expand(tmp_path / "root", path)
    assert str(caught.value.place) == path
    with pytest.raises(ConfigurationError, match="lies outside"):
        _expand(tmp_path / "root", "../root-beside/file")


@pytest.mark.parametrize("path", [".git", ".git/config", "sub/.git/config", "sub/../.git/hooks"])
def test_what_belongs_to_git_itself_is_an_error(tmp_path: Path, path: str) -> None:
    _make(tmp_path, ".git/config", ".git/hooks/x", "sub/.git/config")
    with pytest.raises(ConfigurationError, match="belongs to git itself"):
        _expand(tmp_path, path)


def test_a_path_that_does_not_exist_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    _make(tmp_path, "src/main.py", "src/other.py")
    with pytest.raises(ConfigurationError, match=r"'src/mian\.py' does not exist") as caught:
        _expand(tmp_path, "src/mian.py")
    assert (str(caught.value.place), caught.value.remedy) == ("src/mian.py", "did you mean 'src/main.py'?")
    with pytest.raises(ConfigurationError) as caught:
        _expand(tmp_path, "../src/mian.py", start="src")
    assert caught.value.remedy == "did you mean 'main.py'?"


def test_a_path_in_the_wrong_folder_is_answered_with_the_right_one(tmp_path: Path) -> None:
    _make(tmp_path, "source/main.py")
    with pytest.raises(ConfigurationError) as caught:
        _expand(tmp_path, "main.py", tracked=("source/main.py",))
    assert caught.value.remedy == "did you mean 'source/main.py'?"


def test_a_path_like_no_other_has_no_nearest(tmp_path: Path) -> None:
    _make(tmp_path, "file")
    for path in ("zzzzzzzz", "file/below", "a" * 300):
        with pytest.raises(ConfigurationError) as caught:
            _expand(tmp_path, path)
        assert caught.value.remedy is None


def test_an_empty_path_is_an_error_and_not_the_folder_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="one of the paths is empty"):
        _expand(tmp_path, "")


def test_what_is_neither_file_nor_folder_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="neither a file nor a folder"):
        _expand(tmp_path, "pipe")


def test_a_list_of_files_is_separated_by_nul() -> None:
    assert read_list(b"") == ()
    assert read_list(b"one") == ("one",)
    assert read_list(b"one\0two\nlines\0caf\xe9\0") == ("one", "two\nlines", "caf\udce9")


def test_a_list_of_lines_is_an_error_that_says_how_to_write_it() -> None:
    with pytest.raises(ConfigurationError, match="a path on each line") as caught:
        read_list(b"one\ntwo\n")
    assert str(caught.value.place) == "--files-from"
    assert caught.value.remedy is not None
    assert "-z" in caught.value.remedy


def test_a_walk_gives_regular_files_in_the_order_of_bytes(tmp_path: Path) -> None:
    names = ("b", "a/x", "a-b", "caf\udce9", "\udcff", "two\nlines", "\U0001f600", "\uffff", ".hidden/file")
    _make(tmp_path, *names)
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "folder-link").symlink_to("a")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tmp_path)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    assert walk(str(tmp_path)) == Found(tuple(sorted(names, key=os.fsencode)))


def test_a_walk_leaves_out_git_s_and_omnibase_s_own_folders_at_every_level(tmp_path: Path) -> None:
    _make(tmp_path, ".git/config", ".omnibase/runs", "sub/.git/config", "sub/file", "sub2/.git", ".omnibase-fix-0a1b")
    assert walk(str(tmp_path)).files == ("sub/file",)


@pytest.fixture
def unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder that may not be listed; for root, who may list all, the system says so instead."""
    _make(tmp_path, "closed/file")
    (tmp_path / "closed").chmod(0)
    if os.access(tmp_path / "closed", os.R_OK):
        scandir = os.scandir

        def refuse(path: str) -> Iterator[os.DirEntry[str]]:
            if os.path.basename(path) == "closed":
                raise PermissionError(13, "Permission denied", path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
    yield "closed"
    (tmp_path / "closed").chmod(0o755)


def test_a_folder_that_cannot_be_read_is_told_of_and_the_walk_goes_on(tmp_path: Path, unreadable: str) -> None:
    _make(tmp_path, "open/file")
    assert walk(str(tmp_path)) == Found(("open/file",), (unreadable,))


def test_a_root_that_does_not_exist_is_unreadable(tmp_path: Path) -> None:
    assert walk(str(tmp_path / "nowhere")) == Found((), (".",))


def test_a_very_deep_tree_is_walked(tmp_path: Path) -> None:
    folders = ["/".join(["d"] * depth) for depth in range(1, 1051)]
    for folder in folders:
        (tmp_path / folder).mkdir()
    try:
        _make(tmp_path, f"{folders[-1]}/file")
        assert walk(str(tmp_path)).files == (f"{folders[-1]}/file",)
    finally:  # deeper than what clears up behind the tests can go
        (tmp_path / folders[-1] / "file").unlink()
        for folder in reversed(folders):
            (tmp_path / folder).rmdir()


def _git_says(repo: Repo, below: str = "") -> tuple[str, ...]:
    arguments = ["git", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore", "--", below or "."]
    listed = subprocess.run(arguments, cwd=repo.root, check=True, capture_output=True).stdout
    return tuple(sorted(os.fsdecode(listed).split("\0")[:-1], key=os.fsencode))


RULES = {
    ".gitignore": "*.log\n!keep.log\n/build/\ndocs/**/draft\n# comment\n\\#odd\n*.tmp\r\n!\nend \\ \nout\n",
    "sub/.gitignore": "!special.log\n*.txt\n/top\n",
    "sub/deep/.gitignore": "!*.txt\n!top\n",
    "out/.gitignore": "!*\n",
}


def test_a_walk_leaves_out_what_git_would_ignore(repo: Repo) -> None:
    paths = (
        "a.log", "keep.log", "build/x", "sub/build/x", "docs/draft", "docs/a/draft", "docs/a/b/draft/file", "#odd",
        "sub/special.log", "sub/other.log", "sub/a.txt", "sub/top", "sub/deep/a.txt", "sub/deep/top", "a.txt", "top",
        "out/file", "sub/out/keep.log", "file", "caf\udce9.log", "caf\udce9", "x.tmp", "sub/deep/a.log",
        "sub/deep/keep.log",
    )  # fmt: skip
    for path in paths:
        repo.write(path)
    for path, rules in RULES.items():
        repo.write(path, rules)
    expected = _git_says(repo)
    assert "sub/special.log" in expected
    assert "sub/other.log" not in expected
    assert walk(str(repo.root)) == Found(expected)
    assert walk(str(repo.root), "sub/deep").files == _git_says(repo, "sub/deep")
    assert walk(str(repo.root), "docs").files == _git_says(repo, "docs")


def test_a_gitignore_that_is_a_link_or_a_folder_rules_nothing(repo: Repo) -> None:
    repo.write("rules", "file\n")
    repo.write("a/file")
    (repo.root / "a" / ".gitignore").symlink_to("../rules")
    repo.write("b/.gitignore/file")
    repo.write("b/file")
    assert walk(str(repo.root)).files == ("a/file", "b/.gitignore/file", "b/file", "rules")


def test_a_gitignore_that_is_a_pipe_is_not_waited_at(tmp_path: Path) -> None:
    _make(tmp_path, "file")
    os.mkfifo(tmp_path / ".gitignore")
    assert walk(str(tmp_path)).files == ("file",)
