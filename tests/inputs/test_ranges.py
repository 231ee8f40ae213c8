"""Which files a range of commits changed, and what is said where there is no such range."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.git import Repository, discover, state
from omnibase.inputs.ranges import changed_between, changed_since
from omnibase.model.errors import ConfigurationError, ExecutionError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo


def _since(repo: Repo, ref: str) -> tuple[str, ...]:
    return changed_since(repo.found(), ref, repo.state())


def _fork(repo: Repo) -> None:
    """A branch `topic` and a `main` that went on after it left."""
    for name in ("kept", "changed", "deleted", "on-main"):
        repo.add(name, "1\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "topic")
    repo.add("changed", "2\n")
    repo.add("new", "2\n")
    repo.git("rm", "-q", "deleted")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.add("on-main", "2\n")
    repo.commit()
    repo.git("checkout", "-q", "topic")


def test_a_range_has_what_its_end_changed_since_it_left_its_start(repo: Repo) -> None:
    _fork(repo)
    assert changed_between(repo.found(), "main", "topic") == ("changed", "new")
    assert changed_between(repo.found(), "topic", "main") == ("on-main",)
    assert changed_between(repo.found(), "topic", "topic") == ()


def test_only_files_of_the_work_tree_are_in_a_range(repo: Repo) -> None:
    _fork(repo)
    (repo.root / "new").unlink()
    (repo.root / "changed").unlink()
    repo.write("changed/below")
    assert changed_between(repo.found(), "main", "topic") == ()


def test_what_lies_behind_a_linked_folder_is_not_in_a_range(repo: Repo) -> None:
    repo.commit()
    repo.add("folder/file", "1\n")
    repo.commit()
    (repo.root / "folder").rename(repo.root / "elsewhere")
    (repo.root / "folder").symlink_to("elsewhere")
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ()


def test_a_changed_link_is_in_a_range_even_if_it_leads_nowhere(repo: Repo) -> None:
    repo.commit()
    (repo.root / "link").symlink_to("nowhere")
    repo.git("add", "link")
    repo.commit()
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ("link",)


def test_a_changed_submodule_is_not_in_a_range(repo: Repo) -> None:
    head = repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    repo.add("file")
    repo.commit()
    (repo.root / "sub").mkdir()
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ("file",)
    assert _since(repo, "HEAD^") == ("file",)


def test_a_file_that_is_no_longer_tracked_is_not_in_a_range(repo: Repo) -> None:
    repo.add("file")
    repo.commit()
    repo.git("rm", "-q", "--cached", "file")
    repo.commit()
    assert (repo.root / "file").exists()
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ()
    assert _since(repo, "HEAD^") == ()


def test_a_renamed_file_is_in_a_range_by_its_new_name(repo: Repo) -> None:
    repo.add("old", "a\n" * 50)
    repo.commit()
    repo.git("mv", "old", "new")
    repo.git("config", "diff.renames", "copies")
    repo.commit()
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ("new",)


def test_a_mode_or_a_type_that_changed_is_in_a_range(repo: Repo) -> None:
    repo.add("mode")
    repo.add("type")
    repo.commit()
    (repo.root / "mode").chmod(0o755)
    (repo.root / "type").unlink()
    (repo.root / "type").symlink_to("mode")
    repo.git("commit", "-qam", "x")
    assert changed_between(repo.found(), "HEAD^", "HEAD") == ("mode", "type")


def test_without_a_common_ancestor_a_range_has_what_differs(repo: Repo) -> None:
    repo.add("same", "1\n")
    repo.add("other", "1\n")
    repo.commit()
    repo.git("checkout", "-q", "--orphan", "orphan")
    repo.add("other", "2\n")
    repo.add("new", "2\n")
    repo.commit()
    assert changed_between(repo.found(), "main", "orphan") == ("new", "other")
    assert _since(repo, "main") == ("new", "other")


def test_odd_names_come_out_of_a_range_whole_and_in_order(repo: Repo) -> None:
    repo.commit()
    names = ["-dash", "\U0001f600", "\udcff", "two\nlines", 'quo"te', "漢字", "caf\udce9", "two words", "tab\t"]
    for name in names:
        repo.add(name)
    repo.commit()
    assert changed_between(repo.found(), "HEAD^", "HEAD") == tuple(sorted(names, key=os.fsencode))
    assert _since(repo, "HEAD^") == tuple(sorted(names, key=os.fsencode))


def test_changes_since_a_ref_are_commits_the_index_and_the_work_tree(repo: Repo) -> None:
    _fork(repo)
    repo.add("staged")
    repo.write("kept", "unstaged\n")
    repo.write("untracked")
    repo.write("intended")
    repo.git("add", "-N", "intended")
    assert _since(repo, "main") == ("changed", "intended", "kept", "new", "staged")
    (repo.root / "new").unlink()
    assert "new" not in _since(repo, "main")


def test_a_touched_file_is_no_change_and_the_index_is_not_written(repo: Repo) -> None:
    _fork(repo)
    os.utime(repo.root / "kept", (1, 1))
    index = repo.root / ".git" / "index"
    before = index.read_bytes()
    assert _since(repo, "main") == ("changed", "new")
    assert changed_between(repo.found(), "main", "topic") == ("changed", "new")
    assert index.read_bytes() == before


def test_before_the_first_commit_of_a_branch_changes_are_counted_from_the_ref(repo: Repo) -> None:
    repo.add("same", "1\n")
    repo.commit()
    repo.git("checkout", "-q", "--orphan", "fresh")
    repo.add("new", "1\n")
    assert _since(repo, "main") == ("new",)


def test_merge_conflicts_are_changes(repo: Repo) -> None:
    _fork(repo)
    repo.add("on-main", "3\n")
    repo.commit()
    repo.git("merge", "-q", "main", ok=False)
    assert _since(repo, "HEAD") == ("on-main",)


@pytest.mark.parametrize(
    "ref", ["topik", "-topic", "--help", "", "main\nx", "main\0x", "main..topic", "^main", "HEAD:kept", "0" * 40]
)
def test_what_is_no_commit_is_an_error_that_names_the_option(repo: Repo, ref: str) -> None:
    _fork(repo)
    with pytest.raises(ConfigurationError, match="is no branch, tag or commit here") as caught:
        changed_between(repo.found(), ref, "main")
    assert str(caught.value.place) == "--from-ref"
    with pytest.raises(ConfigurationError) as caught:
        changed_between(repo.found(), "main", ref)
    assert str(caught.value.place) == "--to-ref"
    with pytest.raises(ConfigurationError) as caught:
        _since(repo, ref)
    assert str(caught.value.place) == "--changed-since"
    assert caught.value.remedy


@pytest.mark.parametrize(("ref", "near"), [("topik", "topic"), ("v1.0.1", "v1.0.0"), ("orign/main", "origin/main")])
def test_a_misspelt_ref_is_answered_with_the_nearest_branch_or_tag(repo: Repo, ref: str, near: str) -> None:
    _fork(repo)
    repo.git("tag", "v1.0.0")
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    with pytest.raises(ConfigurationError) as caught:
        _since(repo, ref)
    assert caught.value.remedy == f"did you mean {near!r}?"


def test_a_ref_that_begins_with_a_dash_is_no_option(repo: Repo) -> None:
    _fork(repo)
    repo.git("update-ref", "refs/tags/-v1", "main")
    assert changed_between(repo.found(), "-v1", "topic") == ("changed", "new")


def test_tags_and_abbreviated_commits_name_commits(repo: Repo) -> None:
    _fork(repo)
    repo.git("tag", "-a", "-m", "annotated", "v1", "main")
    short = repo.git("rev-parse", "--short", "topic")
    assert changed_between(repo.found(), "v1", short) == ("changed", "new")


def test_a_reflog_that_does_not_reach_so_far_is_answered_in_git_s_words(repo: Repo) -> None:
    repo.commit()
    with pytest.raises(ConfigurationError, match="only has 1 entries"):
        _since(repo, "HEAD@{99}")


def _shallow(repo: Repo, tmp_path: Path, *options: str) -> Repository:
    repo.git("clone", "-q", "--depth=1", *options, f"file://{repo.root}", str(tmp_path / "clone"))
    found = discover(str(tmp_path / "clone"))
    assert found is not None
    return found


def test_a_history_too_shallow_for_a_range_is_said_to_be_so(repo: Repo, tmp_path: Path) -> None:
    _fork(repo)
    clone = _shallow(repo, tmp_path, "--no-single-branch")
    for since in (False, True):
        with pytest.raises(ExecutionError, match=r"too shallow.*common ancestor of 'origin/main' and '?HEAD") as caught:
            if since:
                changed_since(clone, "origin/main", state(clone))
            else:
                changed_between(clone, "origin/main", "HEAD")
        assert caught.value.remedy is not None
        assert "git fetch --deepen" in caught.value.remedy
        assert "fetch-depth: 0" in caught.value.remedy
    repo.git("fetch", "-q", "--unshallow", at="../clone")
    assert changed_between(clone, "origin/main", "HEAD") == ("changed", "new")


def test_a_commit_beyond_a_shallow_history_is_said_to_be_perhaps_there(repo: Repo, tmp_path: Path) -> None:
    _fork(repo)
    clone = _shallow(repo, tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        changed_between(clone, "HEAD^", "HEAD")
    assert caught.value.remedy is not None
    assert "this clone is shallow" in caught.value.remedy


def test_a_worktree_of_a_shallow_clone_is_shallow_too(repo: Repo, tmp_path: Path) -> None:
    _fork(repo)
    _shallow(repo, tmp_path, "--no-single-branch")
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "more", at="../clone")
    tree = discover(str(tmp_path / "tree"))
    assert tree is not None
    with pytest.raises(ExecutionError, match="too shallow"):
        changed_between(tree, "origin/main", "more")


def test_a_range_in_a_repository_of_sha_256(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("sha256", "--object-format=sha256")
    _fork(repo)
    assert changed_between(repo.found(), "main", "topic") == ("changed", "new")
