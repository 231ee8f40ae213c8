"""The index as a run keeps it, and single files as they are staged."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.git import Repository, state
from omnibase.inputs.shadow import check_out, is_same, snapshot
from omnibase.model.errors import ExecutionError
from tests.inputs.conftest import Repo


@pytest.fixture
def folder(tmp_path: Path) -> str:
    made = tmp_path / "scratch"
    made.mkdir()
    return str(made)


@pytest.fixture
def shadow(tmp_path: Path) -> Path:
    made = tmp_path / "shadow"
    made.mkdir()
    return made


def _no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, target: str) -> None:
        os.stat(source)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", fail)


@pytest.fixture(params=["by a link", "by a copy"])
def keep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, folder: str) -> Callable[[Repo], Repository]:
    """Keeps the index of a repository, on the same disk or from another one."""
    if request.param == "by a copy":
        _no_links(monkeypatch)
    return lambda repo: snapshot(repo.found(), folder)


# The index


def test_a_kept_index_stays_as_it_was(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    repo.add("a", "staged\n")
    kept = keep(repo)
    repo.add("a", "later\n")
    repo.add("b")
    repo.git("commit", "-qm", "both")
    assert repo.git("show", ":a", env={"GIT_INDEX_FILE": kept.index_file}) == "staged"
    assert state(kept).staged == ("a",)


def test_an_index_is_the_same_until_git_writes_it(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    repo.add("a")
    kept = keep(repo)
    assert is_same(repo.found(), kept)
    repo.add("b")
    assert not is_same(repo.found(), kept)


def test_an_index_of_the_same_time_and_size_is_told_apart(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    repo.add("a", "1\n")
    kept = keep(repo)
    before = os.stat(kept.index_file)
    repo.add("a", "2\n")
    index = repo.found().index_file
    os.utime(index, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(index).st_size == before.st_size
    assert not is_same(repo.found(), kept)


def test_before_anything_was_staged_there_is_no_index_to_keep(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    kept = keep(repo)
    assert is_same(repo.found(), kept)
    assert state(kept).staged == ()
    repo.add("a")
    assert not is_same(repo.found(), kept)
    assert state(kept).staged == ()


def test_an_index_that_has_gone_is_not_the_same(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    repo.add("a")
    kept = keep(repo)
    os.unlink(repo.found().index_file)
    assert not is_same(repo.found(), kept)


def test_what_was_staged_in_the_moment_of_a_change_is_looked_at_again(
    repo: Repo, keep: Callable[[Repo], Repository]
) -> None:
    """git takes an entry as old as its index for one that may have changed since: the kept one has the same age."""
    repo.add("a", "1\n")
    repo.write("a", "2\n")  # of the same size
    index = repo.found().index_file
    time = os.stat(os.path.join(repo.root, "a")).st_mtime_ns
    repo.git("update-index", "--refresh", ok=False)
    os.utime(index, ns=(time, time))
    kept = keep(repo)
    assert os.stat(kept.index_file).st_mtime_ns == time
    assert state(kept).unstaged == {"a"}


def test_an_index_behind_a_link_is_kept(repo: Repo, keep: Callable[[Repo], Repository]) -> None:
    repo.add("a")
    index = repo.found().index_file
    os.rename(index, f"{index}.real")
    os.symlink("index.real", index)
    kept = keep(repo)
    assert state(kept).staged == ("a",)
    assert is_same(repo.found(), kept)


def test_an_index_that_cannot_be_read_is_an_error(repo: Repo, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_links(monkeypatch)
    os.mkdir(repo.found().index_file)
    with pytest.raises(ExecutionError, match=r"the index .*index cannot be copied to .*index: Is a directory"):
        snapshot(repo.found(), folder)


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_a_split_index_is_kept(make_repo: Callable[..., Repo], folder: str, shadow: Path, options: tuple[str]) -> None:
    repo = make_repo("split", *options)
    repo.add("a", "staged\n")
    repo.git("update-index", "--split-index")
    repo.add("b", "other\n")
    kept = snapshot(repo.found(), folder)
    check_out(kept, str(shadow), ["a", "b"])
    assert [(shadow / name).read_text() for name in "ab"] == ["staged\n", "other\n"]


# Contents


def test_contents_are_those_that_are_staged(repo: Repo, keep: Callable[[Repo], Repository], shadow: Path) -> None:
    repo.add("sub/a", "staged\n")
    repo.write("sub/a", "later\n")
    check_out(keep(repo), str(shadow), ["sub/a"])
    assert (shadow / "sub/a").read_text() == "staged\n"
    assert Path(repo.root, "sub/a").read_text() == "later\n"


def test_what_is_there_already_stays(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("a", "staged\n")
    (shadow / "a").write_text("fixed\n")
    check_out(snapshot(repo.found(), folder), str(shadow), ["a"])
    assert (shadow / "a").read_text() == "fixed\n"


def test_modes_and_links_are_those_of_a_checkout(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("plain")
    repo.add("script")
    repo.git("update-index", "--chmod=+x", "script")
    os.symlink("/nowhere/at all", os.path.join(repo.root, "link"))
    repo.git("add", "link")
    check_out(snapshot(repo.found(), folder), str(shadow), ["plain", "script", "link"])
    assert not os.access(shadow / "plain", os.X_OK)
    assert os.stat(shadow / "script").st_mode & 0o111 == 0o111
    assert os.readlink(shadow / "link") == "/nowhere/at all"


def test_filters_and_line_ends_are_those_of_a_checkout_by_the_staged_attributes(
    repo: Repo, folder: str, shadow: Path
) -> None:
    repo.add(".gitattributes", "*.txt eol=crlf\n*.up filter=upper\n")
    repo.git("config", "filter.upper.smudge", "tr a-z A-Z")
    repo.add("a.txt", "one\n")
    repo.add("b.up", "two\n")
    os.unlink(os.path.join(repo.root, ".gitattributes"))
    check_out(snapshot(repo.found(), folder), str(shadow), ["a.txt", "b.up"])
    assert (shadow / "a.txt").read_bytes() == b"one\r\n"
    assert (shadow / "b.up").read_bytes() == b"TWO\n"


def test_a_filter_that_fails_is_an_error(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add(".gitattributes", "*.txt filter=broken\n")
    repo.git("config", "filter.broken.smudge", "false")
    repo.git("config", "filter.broken.required", "true")
    repo.git("config", "filter.broken.clean", "cat")
    repo.add("a.txt")
    with pytest.raises(ExecutionError, match=r"git checkout-index failed: .*filter broken failed") as caught:
        check_out(snapshot(repo.found(), folder), str(shadow), ["a.txt"])
    assert caught.value.remedy == "see that the disk has room and the filters of git work"


def test_a_path_that_is_not_staged_is_an_error(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("a")
    with pytest.raises(ExecutionError, match="git checkout-index failed"):
        check_out(snapshot(repo.found(), folder), str(shadow), ["a", "b"])


def test_nothing_is_asked_of_git_for_no_paths(repo: Repo, monkeypatch: pytest.MonkeyPatch, shadow: Path) -> None:
    kept = repo.found()
    monkeypatch.setenv("PATH", "")
    check_out(kept, str(shadow), [])


NAMES = [
    "two words",
    "two\nlines",
    "-dash",
    "--",
    "caf\udce9",
    "漢字",
    ".hidden",
    "[a]*?",
    ":(top)x",
    '"quote"',
    "x" * 255,
]


def test_any_name_can_be_checked_out(repo: Repo, folder: str, shadow: Path) -> None:
    for name in NAMES:
        repo.add(f"sub/{name}", os.fsencode(name))
    check_out(snapshot(repo.found(), folder), str(shadow), [f"sub/{name}" for name in NAMES])
    for name in NAMES:
        with open(os.path.join(shadow, "sub", name), "rb") as file:
            assert file.read() == os.fsencode(name)


def test_what_a_sparse_checkout_leaves_out_is_checked_out_all_the_same(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("in/a", "in\n")
    repo.add("out/b", "out\n")
    repo.commit()
    repo.git("sparse-checkout", "set", "in")
    assert not os.path.exists(os.path.join(repo.root, "out/b"))
    check_out(snapshot(repo.found(), folder), str(shadow), ["in/a", "out/b"])
    assert [(shadow / name).read_text() for name in ("in/a", "out/b")] == ["in\n", "out\n"]


def test_a_path_that_git_is_told_to_skip_is_checked_out_as_it_is_staged(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("a", "staged\n")
    repo.git("update-index", "--skip-worktree", "a")
    repo.write("a", "mine\n")
    check_out(snapshot(repo.found(), folder), str(shadow), ["a"])
    assert (shadow / "a").read_text() == "staged\n"


def test_what_is_only_meant_to_be_added_is_empty(repo: Repo, folder: str, shadow: Path) -> None:
    repo.write("a", "content\n")
    repo.git("add", "-N", "a")
    check_out(snapshot(repo.found(), folder), str(shadow), ["a"])
    assert (shadow / "a").read_bytes() == b""


def test_neither_index_nor_work_tree_is_touched(repo: Repo, folder: str, shadow: Path) -> None:
    repo.add("a", "staged\n")
    repo.write("a", "later\n")
    index = repo.found().index_file
    shutil.copy2(index, f"{folder}/before")
    before = os.stat(index)
    check_out(snapshot(repo.found(), folder), str(shadow), ["a"])
    assert Path(index).read_bytes() == Path(folder, "before").read_bytes()
    assert os.stat(index).st_mtime_ns == before.st_mtime_ns
    assert os.listdir(shadow) == ["a"]
