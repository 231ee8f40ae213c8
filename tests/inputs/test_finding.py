"""The shortcut to a repository gives what git would say, or leaves it to git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.finding import plain
from omnibase.inputs.git import Repository, discover
from omnibase.model.errors import OmnibaseError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo


@pytest.fixture(autouse=True)
def nothing_moves_git(plain_git: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_CEILING_DIRECTORIES")


def _answer(start: Path) -> Repository | str | None:
    try:
        return discover(str(start))
    except OmnibaseError as error:
        return error.message


def _as_git_says(start: Path, monkeypatch: pytest.MonkeyPatch) -> Repository | str | None:
    """The answer, which has to be the same where the shortcut is closed."""
    answer = _answer(start)
    with monkeypatch.context() as asked:
        asked.setenv("GIT_CEILING_DIRECTORIES", "/nonexistent")
        assert plain(str(start)) is None
        assert _answer(start) == answer
    return answer


def test_a_plain_repository_is_found_without_git(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    repo.write("a/b/file")
    (tmp_path / "link").symlink_to(repo.root / "a")
    for start in (repo.root, repo.root / "a" / "b", tmp_path / "link"):
        assert isinstance(_as_git_says(start, monkeypatch), Repository)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    for start in (repo.root, repo.root / "a" / "b", tmp_path / "link"):
        assert isinstance(discover(str(start)), Repository)


@pytest.mark.parametrize("index", [".git/other", "/nonexistent/index", "../outside"])
def test_the_index_that_a_hook_names_is_found_without_git(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    repo.write("a/file")
    monkeypatch.setenv("GIT_INDEX_FILE", index)
    for start in (repo.root, repo.root / "a"):
        assert isinstance(_as_git_says(start, monkeypatch), Repository)


def test_a_repository_of_somebody_else_is_left_to_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else may write its configuration can have git run programs."""
    root = os.path.realpath(repo.root)
    assert plain(root) is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert plain(root) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders away")
@pytest.mark.parametrize("whose", [".", ".git"])
def test_git_refuses_a_repository_that_is_somebody_else_s(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    os.chown(repo.root / whose, 4242, 4242)
    answer = _as_git_says(repo.root, monkeypatch)
    assert isinstance(answer, str)
    assert "dubious ownership" in answer


def test_a_worktree_and_a_submodule_are_left_to_git(
    make_repo: Callable[..., Repo], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inner = make_repo("inner")
    inner.commit()
    repo = make_repo("repo")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"))
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "sub")
    for start in (tmp_path / "tree", repo.root / "sub"):
        assert isinstance(_as_git_says(start, monkeypatch), Repository)
        assert plain(os.path.realpath(start)) is None


@pytest.mark.parametrize(
    "settings",
    [
        "[core]\n\tbare = yes\n",
        "[core]\n\tbare\n",
        "[Core]\n\tBare = TRUE\n",
        "[core]\n\tworktree = ../elsewhere\n",
        "[include]\n\tpath = more\n",
    ],
)
def test_a_configuration_that_moves_the_work_tree_is_left_to_git(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repo.root / ".git" / "more").write_text("[core]\n\tbare = true\n")
    with (repo.root / ".git" / "config").open("a") as file:
        file.write(settings)
    repo.write("a/file")
    for start in (repo.root, repo.root / "a"):
        _as_git_says(start, monkeypatch)
        assert plain(os.path.realpath(start)) is None


def test_a_configuration_of_its_own_for_each_worktree_is_left_to_git(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "core.bare", "true")
    assert isinstance(_as_git_says(repo.root, monkeypatch), str)


def test_the_inside_of_a_git_folder_is_left_to_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in (".git", ".git/refs"):
        assert isinstance(_as_git_says(repo.root / start, monkeypatch), str)


def test_a_bare_repository_inside_a_work_tree_is_where_git_stops(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "fixture.git"], cwd=repo.root, check=True)
    for start in ("fixture.git", "fixture.git/refs"):
        answer = _as_git_says(repo.root / start, monkeypatch)
        assert isinstance(answer, str)
        assert "bare" in answer


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("../.git")])
def test_a_dot_git_that_is_no_plain_folder_is_left_to_git(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    (repo.root / "a").mkdir()
    make(repo.root / "a" / ".git")
    _as_git_says(repo.root / "a", monkeypatch)
    assert plain(os.path.realpath(repo.root / "a")) is None


def test_a_dot_git_that_git_would_pass_over_is_left_to_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a/.git/config")
    answer = _as_git_says(repo.root / "a", monkeypatch)
    assert isinstance(answer, Repository)
    assert answer.root == os.path.realpath(repo.root)
    assert plain(os.path.realpath(repo.root / "a")) is None


def test_a_git_folder_that_shares_another_one_s_is_left_to_git(
    make_repo: Callable[..., Repo], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, other = make_repo("repo"), make_repo("other")
    (repo.root / ".git" / "commondir").write_text(f"{other.root}/.git\n")
    answer = _as_git_says(repo.root, monkeypatch)
    assert isinstance(answer, Repository)
    assert answer.common_dir == os.path.realpath(other.root / ".git")


def test_another_disk_is_where_git_stops(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("mounted/file")
    start = os.path.realpath(repo.root / "mounted")
    assert plain(start) is not None
    real = os.stat

    def other_disk(path: str | int, **named: object) -> os.stat_result:
        status = real(path)
        return status if path != start else os.stat_result([*status[:2], status.st_dev + 1, *status[3:]], {})

    monkeypatch.setattr(os, "stat", other_disk)
    assert plain(start) is None


def test_a_folder_that_does_not_exist_is_left_to_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _as_git_says(repo.root / "nowhere", monkeypatch)
    assert isinstance(answer, str)
    assert "No such file or directory" in answer


def test_outside_git_there_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain(str(tmp_path)) is None
    assert _as_git_says(tmp_path, monkeypatch) is None
