"""Names of every kind, and repositories in every state: a run works in them, or says why not and what to do."""

from ast import literal_eval

import pytest

from tests.e2e.conftest import LIST
from tests.e2e.driving import COMMAND, Repo, listed, report

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
