"""The files of a run: staged, all, named, listed, or changed since."""

import pytest

from tests.e2e.driving import Repo, listed


def test_at_commit_the_staged_files_are_the_input(listing: Repo) -> None:
    listing.write("new.txt", "new\n")
    listing.write("sub/new.txt", "new\n")
    listing.stage()
    listing.write("untracked.txt", "\n")
    assert listed(listing.run("orch", "--stage", "pre-commit", "--format", "json")) == ["new.txt", "sub/new.txt"]


def test_a_commit_of_deletions_has_no_files_to_check(listing: Repo) -> None:
    listing.git("rm", "--quiet", "old.txt")
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json")
    assert (run.code, run.results["it"]["cause"]) == (0, "no-files")


def test_what_has_unstaged_changes_besides_is_seen_in_a_view(listing: Repo) -> None:
    listing.write("a b.txt", "1\n")
    listing.stage()
    listing.write("a b.txt", "2\n")
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json")
    assert listed(run) == ["a b.txt"]
    assert run.json["notices"] == []
    seen = run.json["results"][0]["seen"]
    assert seen == {"where": "view", "why": "a b.txt has changes that are not staged"}


def test_all_files_are_the_input_of_ci_and_of_the_option(listing: Repo) -> None:
    listing.write("untracked.txt", "\n")
    assert listed(listing.run("orch", "--stage", "ci", "--format", "json")) == ["old.txt"]
    assert listed(listing.run("orch", "--stage", "pre-commit", "--all-files", "--format", "json")) == ["old.txt"]


def test_named_files_and_folders_are_the_input_from_where_the_user_stands(listing: Repo) -> None:
    below = listing.write("sub/a.txt", "a\n").parent
    listing.write("sub/deep/b.txt", "b\n")
    listing.write("sub/deep/c.txt", "c\n")
    listing.stage()
    listing.write("sub/untracked.txt", "\n")
    run = listing.run("orch", "--stage", "ci", "--format", "json", "deep", "untracked.txt", "../old.txt", cwd=below)
    assert listed(run) == ["old.txt", "sub/deep/b.txt", "sub/deep/c.txt", "sub/untracked.txt"]


def test_a_named_file_that_does_not_exist_is_told_with_the_nearest_one(listing: Repo) -> None:
    run = listing.run("orch", "--stage", "ci", "--format", "json", "odl.txt")
    assert (run.code, run.error["place"], run.error["remedy"]) == (2, "odl.txt", "did you mean 'old.txt'?")


def test_after_two_dashes_a_name_that_looks_like_an_option_is_a_file(listing: Repo) -> None:
    listing.write("--fix", "x\n")
    assert listed(listing.run("orch", "--stage", "ci", "--format", "json", "--", "--fix")) == ["./--fix"]


def test_a_list_of_files_is_read_from_standard_input_or_a_file(listing: Repo) -> None:
    listing.write("a\nb", "x\n")
    names = b"a\nb\0old.txt\0"
    run = listing.run("orch", "--stage", "ci", "--files-from", "-", "--format", "json", stdin=names)
    assert listed(run) == ["a\nb", "old.txt"]
    listing.write(".git/list-of-files", names)
    run = listing.run("orch", "--stage", "ci", "--files-from", ".git/list-of-files", "--format", "json")
    assert listed(run) == ["a\nb", "old.txt"]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"a\nold.txt\n", "has a path on each line"), (b"old.txt\0none.txt\0", "'none.txt' does not exist")],
)
def test_a_list_of_files_that_is_wrong_is_told(listing: Repo, data: bytes, words: str) -> None:
    run = listing.run("orch", "--stage", "ci", "--files-from", "-", "--format", "json", stdin=data)
    assert run.code == 2
    assert words in run.error["message"]


def test_a_range_of_commits_gives_the_files_that_it_changed(listing: Repo) -> None:
    listing.write("second.txt", "2\n")
    listing.commit()
    listing.write("third.txt", "3\n")
    listing.git("rm", "--quiet", "old.txt")
    listing.commit()
    listing.write("later.txt", "4\n")
    listing.stage()
    run = listing.run("orch", "--stage", "ci", "--from-ref", "start", "--to-ref", "HEAD", "--format", "json")
    assert listed(run) == ["second.txt", "third.txt"]
    run = listing.run("orch", "--stage", "ci", "--from-ref", "start", "--to-ref", "HEAD~1", "--format", "json")
    assert listed(run) == ["second.txt"]


def test_changed_since_counts_what_is_not_committed_too(listing: Repo) -> None:
    listing.write("committed.txt", "1\n")
    listing.commit()
    listing.write("staged.txt", "2\n")
    listing.stage()
    listing.write("old.txt", "changed\n")
    listing.write("untracked.txt", "3\n")
    run = listing.run("orch", "--stage", "ci", "--changed-since", "start", "--format", "json")
    assert listed(run) == ["committed.txt", "old.txt", "staged.txt"]


@pytest.mark.parametrize("option", ["--from-ref", "--changed-since"])
def test_an_unknown_ref_is_told_with_the_nearest_one(listing: Repo, option: str) -> None:
    run = listing.run("orch", "--stage", "ci", "--format", "json", option, "strat")
    assert (run.code, run.error["place"], run.error["remedy"]) == (2, option, "did you mean 'start'?")


def test_a_clone_too_shallow_for_a_range_says_how_to_fetch_more(listing: Repo) -> None:
    listing.git("checkout", "--quiet", "-b", "side")
    listing.commit("on the side")
    listing.git("checkout", "--quiet", "main")
    listing.commit("on main")
    clone = listing.root.parent / "clone"
    listing.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{listing.root}", str(clone))
    run = listing.run("orch", "--stage", "ci", "--changed-since", "origin/side", "--format", "json", cwd=clone)
    assert run.code == 1
    assert "too shallow" in run.error["message"]
    assert "fetch-depth: 0" in run.error["remedy"]


@pytest.mark.parametrize(
    "arguments",
    [("--all-files", "a.txt"), ("--files-from", "-", "--all-files"), ("--changed-since", "x", "--from-ref", "y")],
    ids=" ".join,
)
def test_two_ways_of_naming_files_exclude_each_other(listing: Repo, arguments: tuple[str, ...]) -> None:
    run = listing.run("orch", "--stage", "ci", "--format", "json", *arguments)
    assert (run.code, run.error["remedy"]) == (2, "use one of them")
