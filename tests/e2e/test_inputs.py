"""The files of a run: staged, all, named, listed, or changed since; with names of every kind, in every state of git."""

import os
from ast import literal_eval

import pytest

from tests.e2e.driving import COMMAND, Repo, Run, report

# Lists its arguments, one a line, as Python would write them.
LIST = "import os, sys\nfor path in sys.argv[1:]: print(ascii(os.fsencode(path)))\n"
ODD = (
    "two words",
    "two\nlines",
    "-rf",
    "--",
    "'single'",
    '"double"',
    "$HOME",
    "`id`",
    "star*",
    "[b]",
    "back\\slash",
    "漢字",
    "caf\udce9",
    "tab\there",
    "dir name/-x",
    "\x1b[31mred",
)


@pytest.fixture
def listing(repo: Repo) -> Repo:
    """A repository whose one component lists the files that it is given; the commit `start` has `old.txt`."""
    repo.script(".git/list", LIST)
    repo.registry("""\
        components: [{name: it, lifecycle: canary, tags: [pre-commit], command: [.git/list, "{files}"]}]
        exclude: [registry.yaml]
        """)
    repo.write("old.txt", "old\n")
    repo.commit("start")
    repo.git("tag", "start")
    return repo


def listed(run: Run) -> list[str]:
    """The paths that the component was given."""
    assert run.code == 0, run.err
    output = run.results["it"]["output"]
    found = [] if output is None else [os.fsdecode(literal_eval(line)) for line in output["text"].splitlines()]
    assert run.results["it"]["files"] == len(found)
    return found


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


def test_what_has_unstaged_changes_besides_is_told(listing: Repo) -> None:
    listing.write("a b.txt", "1\n")
    listing.stage()
    listing.write("a b.txt", "2\n")
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json")
    assert listed(run) == ["a b.txt"]
    assert len(run.json["notices"]) == 1
    assert run.json["notices"][0].startswith("a b.txt has changes that are not staged")


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


# Names


def test_names_of_every_kind_reach_a_command_as_they_are(listing: Repo) -> None:
    for name in ODD:
        listing.write(name, "x\n")
    listing.stage()
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json")
    assert sorted(name.removeprefix("./") for name in listed(run)) == sorted(ODD)
    assert "./-rf" in listed(run)


def test_names_of_every_kind_reach_python_checks_and_the_report(repo: Repo) -> None:
    repo.registry("plugins: [omnibase_files]")
    for name in ODD:
        repo.write(name, "x  \n")
    repo.stage()
    run = repo.run("orch", "--stage", "ci", "--name", "trailing-whitespace", "--format", "json")
    paths = {finding["path"] for finding in run.results["trailing-whitespace"]["findings"]}
    assert {"two words", r"two\nlines", "-rf", "漢字", r"caf\xe9", r"tab\there", r"\x1b[31mred"} <= paths
    assert len(paths) == len(ODD)
    assert r"caf\xe9:1:2: trailing-whitespace" in run.err
    assert "\x1b" not in run.err

    fixed = repo.run("orch", "--stage", "ci", "--name", "trailing-whitespace", "--fix", "--format", "json")
    assert (fixed.code, set(fixed.results["trailing-whitespace"]["changed_files"])) == (0, paths)
    assert {(repo.root / name).read_bytes() for name in ODD} == {b"x\n"}


def test_a_repository_whose_own_name_is_odd_works(folder: Repo) -> None:
    root = folder.root / "two\nlines caf\udce9"
    root.mkdir()
    folder.git("init", "--quiet", cwd=root)
    inside = Repo(root, folder.environment)
    inside.only("command: [pwd]")
    run = inside.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert run.json["repository"]["root"].endswith(r"two\nlines caf\xe9")


# States of git


def test_outside_git_ci_works_over_all_files(folder: Repo) -> None:
    folder.only("command: [echo, '{files}']")
    folder.write("a.txt", "a\n")
    folder.write(".gitignore", "*.log\n")
    folder.write("b.log", "b\n")
    run = folder.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.results["it"]["output"]["text"]) == (0, ".gitignore a.txt registry.yaml")
    assert run.json["repository"] == {"root": str(folder.root), "head": None, "branch": None, "dirty": None}
    assert (folder.root / ".omnibase" / "runs").is_dir()


@pytest.mark.parametrize("arguments", [("pre-commit",), ("ci", "--changed-since", "HEAD")], ids=" ".join)
def test_outside_git_what_needs_it_says_what_to_do(folder: Repo, arguments: tuple[str, ...]) -> None:
    folder.only("command: ['true']")
    run = folder.run("orch", "--format", "json", "--stage", *arguments)
    assert run.code == 2
    assert f"{folder.root} is not in a git repository" in run.error["message"]
    assert "git init" in run.error["remedy"]


def test_a_repository_without_a_commit_works(repo: Repo) -> None:
    repo.registry("components: [{name: it, lifecycle: canary, tags: [pre-commit], command: [echo, '{files}']}]")
    for stage in ("pre-commit", "ci"):
        run = repo.run("orch", "--stage", stage, "--format", "json")
        assert (run.code, run.results["it"]["output"]["text"]) == (0, "registry.yaml")
        assert (run.json["repository"]["head"], run.json["repository"]["dirty"]) == (None, True)


def test_a_bare_repository_is_refused(folder: Repo) -> None:
    folder.git("init", "--quiet", "--bare")
    run = folder.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.error["message"]) == (2, "this is a bare repository: it has no files to look at")
    assert "worktree" in run.error["remedy"]


def test_a_worktree_has_files_of_its_own_and_shares_the_history(listing: Repo) -> None:
    other = listing.root.parent / "other"
    listing.git("worktree", "add", "--quiet", "-b", "topic", str(other))
    (other / "new.txt").write_text("new\n")
    listing.git("add", "new.txt", cwd=other)
    listing.script(".git/list", LIST)
    (other / "registry.yaml").write_text(
        (other / "registry.yaml").read_text().replace(".git/list", str(listing.root / ".git/list"))
    )
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json", cwd=other)
    assert listed(run) == ["new.txt"]
    assert (run.json["repository"]["root"], run.json["repository"]["branch"]) == (str(other), "topic")
    shown = listing.run("runs", "show", run.json["run_id"], "--format", "json")
    assert shown.json == run.json


def test_during_a_merge_what_is_unresolved_is_refused_and_what_is_resolved_works(listing: Repo) -> None:
    listing.git("checkout", "--quiet", "-b", "side")
    listing.write("old.txt", "theirs\n")
    listing.commit()
    listing.git("checkout", "--quiet", "main")
    listing.write("old.txt", "ours\n")
    listing.commit()
    listing.git("merge", "side", check=False)
    run = listing.run("orch", "--stage", "pre-commit", "--format", "json")
    assert run.code == 1
    assert "unresolved merge conflicts" in run.error["message"]
    assert "git add old.txt" in run.error["remedy"]

    listing.write("old.txt", "both\n")
    listing.git("add", "old.txt")
    assert listed(listing.run("orch", "--stage", "pre-commit", "--format", "json")) == ["old.txt"]


def test_a_detached_head_has_no_branch(listing: Repo) -> None:
    listing.git("checkout", "--quiet", "--detach")
    run = listing.run("orch", "--stage", "ci", "--format", "json")
    assert listed(run) == ["old.txt"]
    state = run.json["repository"]
    assert (state["branch"], state["dirty"]) == (None, False)
    assert state["head"] == listing.git("rev-parse", "HEAD").strip()


def test_as_a_hook_of_git_it_sees_the_index_that_git_uses(listing: Repo) -> None:
    """`git commit -a` and `git commit -- path` have an index of their own, which GIT_INDEX_FILE names."""
    listing.write(
        ".git/hooks/pre-commit",
        '#!/bin/sh\nexec "$COMMAND" orch --stage pre-commit --format json > "$PWD/.git/report"\n',
        mode=0o755,
    )
    listing.write("old.txt", "changed\n")
    listing.write("other.txt", "staged, and not of this commit\n")
    listing.git("add", "other.txt")
    listing.environment["COMMAND"] = str(COMMAND)
    listing.git("commit", "--quiet", "-m", "only one", "--", "old.txt")
    document = report((listing.root / ".git/report").read_bytes())
    assert [literal_eval(line) for line in document["results"][0]["output"]["text"].splitlines()] == [b"old.txt"]
