"""What is staged, changed, deleted, unmerged and tracked, in every shape that git knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.git import Entry, tracked
from omnibase.inputs.git import State as GitState
from omnibase.inputs.git import state as git_state

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo

ODD_NAMES = (
    "two words", "two\nlines", "-dash", "--", "'single'", '"double"', "back\\slash", "[brackets]", "$dollar", "star*",
    "tab\there", "漢字", "caf\udce9", ":(top)x", "!bang", "#hash", " lead", "trail ", "dir name/-x", "a\x7fb",
    "e\u0301", "\x01", "new\r",
)  # fmt: skip


def _changes(state: GitState) -> dict[str, list[str]]:
    """What the state holds beside HEAD, without what is empty."""
    kinds = ("staged", "added", "unstaged", "deleted", "unmerged")
    return {kind: sorted(getattr(state, kind)) for kind in kinds if getattr(state, kind)}


def _paths(repo: Repo) -> list[str]:
    return [entry.path for entry in tracked(repo.found(), repo.state())]


def test_a_repository_without_a_commit_has_no_head_and_no_branch(repo: Repo) -> None:
    assert repo.state() == GitState(None, None, False, (), frozenset(), frozenset(), frozenset(), (), {})


def test_before_the_first_commit_everything_staged_is_added(repo: Repo) -> None:
    repo.add("b")
    repo.add("a")
    state = repo.state()
    assert _changes(state) == {"staged": ["a", "b"], "added": ["a", "b"]}
    assert state.head is None
    assert state.dirty
    assert _paths(repo) == ["a", "b"]


def test_a_clean_tree_is_not_dirty_and_names_its_head_and_branch(repo: Repo) -> None:
    repo.add("file")
    head = repo.commit()
    repo.write("untracked")
    assert repo.state() == GitState(head, "main", False, (), frozenset(), frozenset(), frozenset(), (), {})


def test_a_detached_head_has_no_branch(repo: Repo) -> None:
    head = repo.commit()
    repo.git("checkout", "-q", "--detach")
    assert (repo.state().head, repo.state().branch) == (head, None)


def test_a_branch_with_slashes_and_bytes_that_are_no_text_keeps_its_name(repo: Repo) -> None:
    repo.commit()
    repo.git("checkout", "-q", "-b", "feature/caf\udce9")
    assert repo.state().branch == "feature/caf\udce9"


def test_a_repository_of_sha_256_is_read_alike(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("sha256", "--object-format=sha256")
    repo.add("kept")
    repo.add("changed")
    head = repo.commit()
    repo.add("changed", "else\n")
    repo.add("new")
    state = repo.state()
    assert len(head) == 64
    assert state.head == head
    assert _changes(state) == {"staged": ["changed", "new"], "added": ["new"]}
    assert [len(entry.oid or "") for entry in tracked(repo.found(), state)] == [64, 64, 64]


def test_changes_are_told_apart_by_where_they_are(repo: Repo) -> None:
    for name in ("staged", "unstaged", "both", "deleted", "removed", "kept"):
        repo.add(name, "1\n")
    repo.commit()
    repo.add("staged", "2\n")
    repo.write("unstaged", "2\n")
    repo.add("both", "2\n")
    repo.write("both", "3\n")
    (repo.root / "deleted").unlink()
    repo.git("rm", "-q", "removed")
    repo.add("new")
    assert _changes(repo.state()) == {
        "staged": ["both", "new", "staged"],
        "added": ["new"],
        "unstaged": ["both", "unstaged"],
        "deleted": ["deleted"],
    }
    assert _paths(repo) == ["both", "kept", "new", "staged", "unstaged"]


def test_a_rename_is_a_new_path(repo: Repo) -> None:
    repo.add("old", "a\n" * 50)
    repo.commit()
    repo.git("mv", "old", "new")
    assert _changes(repo.state()) == {"staged": ["new"], "added": ["new"]}


def test_a_file_staged_and_then_deleted_is_still_staged(repo: Repo) -> None:
    repo.add("file")
    (repo.root / "file").unlink()
    assert _changes(repo.state()) == {"staged": ["file"], "added": ["file"], "deleted": ["file"]}
    assert _paths(repo) == []


def test_a_file_removed_from_the_index_alone_is_no_longer_tracked(repo: Repo) -> None:
    repo.add("file")
    repo.commit()
    repo.git("rm", "-q", "--cached", "file")
    assert repo.state().dirty
    assert _changes(repo.state()) == {}
    assert _paths(repo) == []


def test_an_entry_that_only_intends_to_add_is_not_staged(repo: Repo) -> None:
    repo.commit()
    repo.write("file", "content\n")
    repo.git("add", "--intent-to-add", "file")
    state = repo.state()
    assert _changes(state) == {"unstaged": ["file"]}
    assert tracked(repo.found(), state) == (Entry("file", 0o100644, None),)
    (repo.root / "file").unlink()
    assert _changes(repo.state()) == {"deleted": ["file"]}


def test_a_mode_counts_as_content(repo: Repo) -> None:
    repo.add("staged")
    repo.add("unstaged")
    repo.commit()
    (repo.root / "staged").chmod(0o755)
    repo.git("add", "staged")
    (repo.root / "unstaged").chmod(0o755)
    state = repo.state()
    assert _changes(state) == {"staged": ["staged"], "unstaged": ["unstaged"]}
    entries = tracked(repo.found(), state)
    assert [(entry.path, entry.mode, entry.oid is None) for entry in entries] == [
        ("staged", 0o100755, False),
        ("unstaged", 0o100755, True),
    ]


def test_a_new_mtime_alone_is_no_change(repo: Repo) -> None:
    repo.add("file")
    repo.commit()
    os.utime(repo.root / "file", (1, 1))
    assert not repo.state().dirty


def test_symbolic_links_are_tracked_as_what_they_are(repo: Repo) -> None:
    repo.add("file")
    (repo.root / "link").symlink_to("file")
    (repo.root / "broken").symlink_to("nowhere")
    repo.git("add", "link", "broken")
    state = repo.state()
    assert _changes(state) == {"staged": ["broken", "file", "link"], "added": ["broken", "file", "link"]}
    assert [entry.mode for entry in tracked(repo.found(), state)] == [0o120000, 0o100644, 0o120000]


def test_a_file_that_became_a_link_is_staged_and_a_link_that_became_a_file_is_unstaged(repo: Repo) -> None:
    repo.add("was-file")
    (repo.root / "was-link").symlink_to("nowhere")
    repo.git("add", "was-link")
    repo.commit()
    (repo.root / "was-file").unlink()
    (repo.root / "was-file").symlink_to("nowhere")
    repo.git("add", "was-file")
    (repo.root / "was-link").unlink()
    repo.write("was-link")
    state = repo.state()
    assert _changes(state) == {"staged": ["was-file"], "unstaged": ["was-link"]}
    assert state.modes == {"was-link": 0o100644}
    assert [entry.mode for entry in tracked(repo.found(), state)] == [0o120000, 0o100644]


def test_a_file_that_became_a_folder_is_deleted(repo: Repo) -> None:
    repo.add("path")
    repo.commit()
    (repo.root / "path").unlink()
    repo.write("path/below")
    assert _changes(repo.state()) == {"deleted": ["path"]}
    assert _paths(repo) == []


def test_a_folder_that_became_a_link_takes_its_files_with_it(repo: Repo) -> None:
    repo.add("folder/file")
    repo.commit()
    (repo.root / "folder").rename(repo.root / "elsewhere")
    (repo.root / "folder").symlink_to("elsewhere")
    assert _changes(repo.state()) == {"deleted": ["folder/file"]}
    assert _paths(repo) == []


def test_submodules_are_no_inputs_and_still_make_the_tree_dirty(make_repo: Callable[..., Repo]) -> None:
    inner = make_repo("inner")
    inner.add("inside")
    inner.commit()
    repo = make_repo("outer")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "sub")
    assert repo.state().staged == (".gitmodules",)
    assert _paths(repo) == [".gitmodules"]
    repo.commit()
    assert not repo.state().dirty
    repo.write("sub/inside", "dirt inside a submodule is its own\n")
    assert not repo.state().dirty
    repo.git("commit", "-qam", "ahead", at="sub")
    assert repo.state().dirty
    assert _changes(repo.state()) == {}
    repo.git("add", "sub")
    assert repo.state().dirty
    assert _changes(repo.state()) == {}


def test_a_submodule_that_became_a_file_is_one(make_repo: Callable[..., Repo]) -> None:
    inner = make_repo("inner")
    head = inner.commit()
    repo = make_repo("outer")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    repo.commit()
    repo.git("rm", "-q", "--cached", "sub")
    repo.add("sub")
    assert repo.state().staged == ("sub",)
    assert _paths(repo) == ["sub"]


def test_a_submodule_is_a_repository_of_its_own(make_repo: Callable[..., Repo]) -> None:
    inner = make_repo("inner")
    inner.add("inside")
    inner.commit()
    repo = make_repo("outer")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "sub")
    found = repo.found("sub")
    assert found.root == os.path.realpath(repo.root / "sub")
    assert found.git_dir == os.path.realpath(repo.root / ".git" / "modules" / "sub")
    assert [entry.path for entry in tracked(found, git_state(found))] == ["inside"]


def _conflict(repo: Repo) -> None:
    for name in ("both", "theirs-deleted", "ours-deleted", "fine"):
        repo.add(name, "1\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "other")
    repo.add("both", "other\n")
    repo.add("ours-deleted", "other\n")
    repo.add("both-added", "other\n")
    repo.git("rm", "-q", "theirs-deleted")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.add("both", "main\n")
    repo.add("theirs-deleted", "main\n")
    repo.add("both-added", "main\n")
    repo.git("rm", "-q", "ours-deleted")
    repo.commit()
    repo.git("merge", "-q", "other", ok=False)


def test_unmerged_paths_are_named_once_and_are_not_staged(repo: Repo) -> None:
    _conflict(repo)
    state = repo.state()
    unmerged = ["both", "both-added", "ours-deleted", "theirs-deleted"]
    assert _changes(state) == {"unmerged": unmerged, "unstaged": unmerged}
    assert state.dirty
    assert [(entry.path, entry.mode, entry.oid is None) for entry in tracked(repo.found(), state)] == [
        ("both", 0o100644, True),
        ("both-added", 0o100644, True),
        ("fine", 0o100644, False),
        ("ours-deleted", 0o100644, True),
        ("theirs-deleted", 0o100644, True),
    ]


def test_an_unmerged_path_without_a_file_is_deleted(repo: Repo) -> None:
    _conflict(repo)
    (repo.root / "both").unlink()
    state = repo.state()
    assert state.deleted == {"both"}
    assert "both" in state.unmerged
    assert "both" not in state.unstaged
    assert "both" not in _paths(repo)


def test_a_resolved_merge_is_staged(repo: Repo) -> None:
    _conflict(repo)
    for name in ("both", "both-added", "ours-deleted", "theirs-deleted"):
        repo.add(name, "resolved\n")
    resolved = ["both", "both-added", "ours-deleted", "theirs-deleted"]
    assert _changes(repo.state()) == {"staged": resolved, "added": ["ours-deleted"]}


def test_what_a_sparse_checkout_leaves_out_is_not_in_the_tree(repo: Repo) -> None:
    repo.add("in/file")
    repo.add("out/file")
    repo.commit()
    repo.git("sparse-checkout", "set", "in")
    assert not (repo.root / "out").exists()
    assert not repo.state().dirty
    assert _paths(repo) == ["in/file"]


def test_a_sparse_index_is_read_in_full(repo: Repo) -> None:
    repo.add("in/file")
    repo.add("out/deep/file")
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert _paths(repo) == ["in/file"]


def test_a_missing_file_that_git_is_to_assume_unchanged_is_not_tracked(repo: Repo) -> None:
    repo.add("gone")
    repo.add("there")
    repo.commit()
    repo.git("update-index", "--assume-unchanged", "gone", "there")
    (repo.root / "gone").unlink()
    assert repo.state().deleted == frozenset()
    assert _paths(repo) == ["there"]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_an_odd_name_stays_what_it_is(repo: Repo, name: str) -> None:
    repo.add(name, "1\n")
    assert repo.state().staged == (name,)
    repo.commit()
    repo.write(name, "2\n")
    assert repo.state().unstaged == {name}
    assert _paths(repo) == [name]
    os.unlink(os.path.join(repo.root, name))
    assert repo.state().deleted == {name}
    assert _paths(repo) == []


def test_paths_come_in_the_order_of_their_bytes(repo: Repo) -> None:
    names = ["a-b", "\udcff", "\udc80", "é", "a/b", "a0", "Z", "\uffff", "\U0001f600", "caf\udce9", "b"]
    for name in names:
        repo.add(name)
    in_order = sorted(names, key=os.fsencode)
    assert list(repo.state().staged) == in_order
    assert _paths(repo) == in_order
