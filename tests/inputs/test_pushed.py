"""Which files a push changes in the remote, from what git tells its hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.pushed import AS_NEW, Pushed, changed_by_push, read_pushed
from omnibase.model.context import PushedRef
from omnibase.model.errors import ConfigurationError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo

NONE = "0" * 40
UNKNOWN = "1" * 40


@pytest.fixture
def pushed(make_repo: Callable[..., Repo]) -> Repo:
    """A repository whose branch `main` has `kept`, `changed`, `deleted`, and was pushed to `origin`."""
    repo = make_repo("repo")
    return _with_origin(repo, make_repo("origin", "--bare"))


def _with_origin(repo: Repo, origin: Repo) -> Repo:
    for name in ("kept", "changed", "deleted"):
        repo.add(name, "1\n")
    repo.commit()
    repo.git("remote", "add", "origin", str(origin.root))
    repo.git("push", "-q", "origin", "main")
    return repo


def _work(repo: Repo) -> str:
    """A commit that changes, adds and deletes a file."""
    repo.add("changed", "2\n")
    repo.add("new", "2\n")
    repo.git("rm", "-q", "deleted")
    return repo.commit()


def _look(repo: Repo, *refs: tuple[str, str], remote: str | None = "origin") -> Pushed:
    """What a push is about, by the commits here and there."""
    pushed = [PushedRef("refs/heads/x", here, "refs/heads/x", there) for here, there in refs]
    return changed_by_push(repo.found(), pushed, remote, repo.git("rev-parse", "HEAD"))


def _paths(repo: Repo, *refs: tuple[str, str], remote: str | None = "origin") -> tuple[str, ...]:
    return _look(repo, *refs, remote=remote).paths


def test_an_update_is_what_changed_since_the_remote_s_commit(pushed: Repo) -> None:
    old = pushed.git("rev-parse", "HEAD")
    assert _paths(pushed, (_work(pushed), old)) == ("changed", "new")


def test_a_new_branch_is_what_the_remote_has_in_no_branch(pushed: Repo) -> None:
    assert _paths(pushed, (_work(pushed), NONE)) == ("changed", "new")


def test_a_new_branch_of_known_commits_brings_nothing(pushed: Repo) -> None:
    assert _paths(pushed, (pushed.git("rev-parse", "HEAD"), NONE)) == ()


def test_what_was_merged_from_the_remote_is_not_new_in_a_branch(pushed: Repo) -> None:
    pushed.git("checkout", "-q", "-b", "topic")
    _work(pushed)
    pushed.git("checkout", "-q", "main")
    pushed.add("on-main")
    pushed.commit()
    pushed.git("push", "-q", "origin", "main")
    pushed.git("checkout", "-q", "topic")
    pushed.git("merge", "-q", "-m", "merge", "main")
    assert _paths(pushed, (pushed.git("rev-parse", "HEAD"), NONE)) == ("changed", "new")


def test_a_branch_that_joins_two_of_the_remote_s_is_what_neither_has(pushed: Repo) -> None:
    for name in ("one", "two"):
        pushed.git("checkout", "-q", "-b", name, "main")
        pushed.add(name)
        pushed.commit()
        pushed.git("push", "-q", "origin", name)
    pushed.git("merge", "-q", "-m", "merge", "one")
    assert _paths(pushed, (pushed.git("rev-parse", "HEAD"), NONE)) == ()
    pushed.add("new")
    assert _paths(pushed, (pushed.commit(), NONE)) == ("new",)


def test_a_change_of_the_remote_that_a_merge_undid_is_new(pushed: Repo) -> None:
    pushed.git("checkout", "-q", "-b", "topic")
    pushed.add("topic")
    pushed.commit()
    pushed.git("checkout", "-q", "main")
    pushed.add("kept", "2\n")
    pushed.commit()
    pushed.git("push", "-q", "origin", "main")
    pushed.git("checkout", "-q", "topic")
    pushed.git("merge", "-q", "--no-commit", "main")
    pushed.add("kept", "1\n")
    assert _paths(pushed, (pushed.commit(), NONE)) == ("kept", "topic")


def test_a_deletion_brings_nothing(pushed: Repo) -> None:
    assert _look(pushed, (NONE, pushed.git("rev-parse", "HEAD"))) == Pushed((), ())


def test_a_forced_push_is_what_changed_since_the_two_parted(pushed: Repo) -> None:
    base = pushed.git("rev-parse", "HEAD")
    pushed.add("kept", "theirs\n")
    theirs = pushed.commit()
    pushed.git("reset", "-q", "--hard", base)
    assert _paths(pushed, (_work(pushed), theirs)) == ("changed", "new")


def test_a_forced_push_over_an_unknown_commit_is_like_a_new_branch(pushed: Repo) -> None:
    assert _paths(pushed, (_work(pushed), UNKNOWN)) == ("changed", "new")


def test_a_branch_without_a_common_past_is_all_of_its_files(pushed: Repo) -> None:
    pushed.git("checkout", "-q", "--orphan", "fresh")
    pushed.git("rm", "-q", "--cached", "kept")
    pushed.add("new")
    assert _paths(pushed, (pushed.commit(), NONE)) == ("changed", "deleted", "new")


def test_over_an_unrelated_commit_it_is_what_differs(pushed: Repo) -> None:
    old = pushed.git("rev-parse", "HEAD")
    pushed.git("checkout", "-q", "--orphan", "fresh")
    pushed.add("changed", "2\n")
    pushed.add("new")
    assert _paths(pushed, (pushed.commit(), old)) == ("changed", "new")


def test_the_first_push_to_a_remote_is_everything(pushed: Repo) -> None:
    pushed.git("remote", "add", "backup", "elsewhere")
    head = pushed.git("rev-parse", "HEAD")
    assert _paths(pushed, (head, NONE), remote="backup") == ("changed", "deleted", "kept")


def test_a_push_to_an_address_is_compared_with_what_any_remote_has(pushed: Repo) -> None:
    assert _paths(pushed, (_work(pushed), NONE), remote="https://example.org/x?[a]") == ("changed", "new")
    assert _paths(pushed, (pushed.git("rev-parse", "HEAD"), NONE), remote=None) == ("changed", "new")


def test_several_refs_are_taken_together(pushed: Repo) -> None:
    old = pushed.git("rev-parse", "HEAD")
    pushed.git("checkout", "-q", "-b", "other")
    pushed.add("other")
    other = pushed.commit()
    pushed.git("checkout", "-q", "main")
    head = _work(pushed)
    pushed.git("merge", "-q", "-m", "merge", "other")
    merged = pushed.git("rev-parse", "HEAD")
    assert _paths(pushed, (head, old), (other, NONE), (NONE, old)) == ("changed", "new", "other")
    assert _look(pushed, (head, old), (merged, NONE)).elsewhere == ("refs/heads/x",)


def test_only_files_of_the_work_tree_are_looked_at(pushed: Repo) -> None:
    old = pushed.git("rev-parse", "HEAD")
    head = _work(pushed)
    (pushed.root / "new").unlink()
    assert _paths(pushed, (head, old)) == ("changed",)


def test_a_tag_is_what_its_commit_brings(pushed: Repo) -> None:
    _work(pushed)
    pushed.git("tag", "-a", "-m", "annotated", "v1")
    assert _paths(pushed, (pushed.git("rev-parse", "v1"), NONE)) == ("changed", "new")


def test_a_tag_of_what_is_no_commit_brings_nothing(pushed: Repo) -> None:
    pushed.git("tag", "blob", "HEAD:kept")
    assert _look(pushed, (pushed.git("rev-parse", "blob"), NONE)) == Pushed((), ())


def test_by_hand_it_is_what_is_checked_out_as_if_it_were_new(pushed: Repo) -> None:
    head = _work(pushed)
    assert changed_by_push(pushed.found(), [AS_NEW], None, head) == Pushed(("changed", "new"), ())


def test_by_hand_before_the_first_commit_it_is_nothing(repo: Repo) -> None:
    assert changed_by_push(repo.found(), [AS_NEW], None, None) == Pushed((), ())


def test_zeros_of_sha_256_are_known(make_repo: Callable[..., Repo]) -> None:
    sha = "--object-format=sha256"
    repo = _with_origin(make_repo("repo", sha), make_repo("origin", "--bare", sha))
    old = repo.git("rev-parse", "HEAD")
    head = _work(repo)
    assert _paths(repo, (head, "0" * 64)) == ("changed", "new")
    assert _paths(repo, (head, old), ("0" * 64, old)) == ("changed", "new")


def test_names_with_odd_characters_are_given_as_they_are(pushed: Repo) -> None:
    odd = ["a b", "n\nl", "\udcff", '"q"', "日本"]
    old = pushed.git("rev-parse", "HEAD")
    for name in odd:
        pushed.add(name)
    pushed.commit()
    head = pushed.git("rev-parse", "HEAD")
    assert sorted(_paths(pushed, (head, old))) == sorted(odd)
    assert sorted(_paths(pushed, (head, NONE))) == sorted(odd)


def test_the_lines_of_a_push_are_read() -> None:
    one = PushedRef("refs/heads/main", UNKNOWN, "refs/heads/main", NONE)
    gone = PushedRef("(delete)", "0" * 64, "refs/heads/old", "2" * 64)
    odd = PushedRef("HEAD^{/two words}", UNKNOWN, "refs/heads/\udcff\u2028", NONE)
    data = b"\n".join(" ".join(ref).encode("utf-8", "surrogateescape") for ref in (one, gone, odd)) + b"\n"
    assert read_pushed(data) == (one, gone, odd)
    assert read_pushed(b"") == ()


@pytest.mark.parametrize("line", ["hello", "a b c d", f"main {UNKNOWN} main", f"main {UNKNOWN[1:]} main {NONE}", ""])
def test_what_git_would_not_say_is_an_error(line: str) -> None:
    with pytest.raises(ConfigurationError, match="is not what git gives a pre-push hook"):
        read_pushed(line.encode() + b"\n")
