"""Fixers: what they mend, what is said of it, and what they leave alone."""

import os
import stat

import pytest

from tests.e2e.driving import Repo

REGISTRY = """\
    plugins: [omnibase_files]
    stages: {pre-commit: {select: "tag=pre-commit,lifecycle=*"}}
    """


@pytest.fixture
def checked(repo: Repo) -> Repo:
    """A repository with the shipped checks, and a commit."""
    repo.registry(REGISTRY)
    repo.write("old.txt", "fine\n")
    repo.commit()
    return repo


def test_without_being_asked_nothing_is_changed(checked: Repo) -> None:
    checked.write("a.txt", "one  \ntwo")
    checked.stage()
    before = checked.snapshot()
    run = checked.run("orch", "--stage", "pre-commit", "--format", "json", env={"OMNIBASE_FIX": "no"})
    assert run.code == 1
    after = checked.snapshot()
    assert {path for path in after if after[path] != before.get(path)} <= {
        path for path in after if "/.git/omnibase" in path or path.endswith("/.git")
    }


def test_in_ci_what_is_mended_is_reported_and_is_no_failure(checked: Repo) -> None:
    file = checked.write("a.txt", "one  \r\ntwo\t\n\n\n", mode=0o755)
    checked.write("b.txt", "no end")
    checked.stage()
    run = checked.run("orch", "--stage", "ci", "--fix", "--format", "json")
    assert (run.code, run.json["status"]) == (0, "PASS")
    assert file.read_bytes() == b"one\r\ntwo\r\n" or file.read_bytes() == b"one\ntwo\n"
    assert (checked.root / "b.txt").read_bytes() == b"no end\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert run.results["trailing-whitespace"]["changed_files"] == ["a.txt"]
    assert run.results["trailing-whitespace"]["marked"] == ["fixed"]
    assert run.results["end-of-file"]["changed_files"] == ["a.txt", "b.txt"]
    assert not [name for name in os.listdir(checked.root) if name.startswith(".omnibase")]

    again = checked.run("orch", "--stage", "ci", "--fix", "--format", "json")
    assert (again.code, [result["changed_files"] for result in again.json["results"] if result["changed_files"]]) == (
        0,
        [],
    )


def test_at_a_commit_a_run_that_changed_files_fails_and_says_which(checked: Repo) -> None:
    file = checked.write("a b.txt", "one  \n")
    checked.stage()
    run = checked.run("orch", "--stage", "pre-commit", "--fix", "--format", "human")
    assert run.code == 1
    assert "trailing-whitespace: changed 1 file" in run.text
    assert "  changed:\n    a b.txt\n" in run.text
    assert file.read_bytes() == b"one\n"
    assert checked.git("show", ":a b.txt") == "one  \n"

    checked.stage()
    assert checked.run("orch", "--stage", "pre-commit", "--fix", "--format", "json").code == 0


def test_a_stage_that_fixes_needs_no_option(checked: Repo) -> None:
    checked.registry(REGISTRY.replace('lifecycle=*"', 'lifecycle=*", fix: true'))
    file = checked.write("a.txt", "one  \n")
    checked.git("add", "a.txt")
    assert checked.run("orch", "--stage", "pre-commit").code == 1
    assert file.read_bytes() == b"one\n"
    file.write_bytes(b"two  \n")
    checked.git("add", "a.txt")
    assert checked.run("orch", "--stage", "pre-commit", "--no-fix").code == 1
    assert file.read_bytes() == b"two  \n"


def test_at_a_commit_a_fix_is_merged_into_a_file_with_unstaged_changes(checked: Repo) -> None:
    partly = checked.write("partly.txt", "staged  \n1\n2\n3\n")
    wholly = checked.write("wholly.txt", "staged  \n")
    checked.stage()
    partly.write_bytes(b"staged  \n1\n2\n3\nand being worked on  \n")
    run = checked.run("orch", "--stage", "pre-commit", "--fix", "--format", "json")
    assert run.code == 1
    assert partly.read_bytes() == b"staged\n1\n2\n3\nand being worked on  \n"
    assert wholly.read_bytes() == b"staged\n"
    result = run.results["trailing-whitespace"]
    assert (result["changed_files"], result["findings"]) == (["partly.txt", "wholly.txt"], [])
    assert [patch["applied"] for patch in result["patches"]] == [True, True]
    assert checked.git("show", ":partly.txt") == "staged  \n1\n2\n3\n"


def test_at_a_commit_a_fix_that_conflicts_with_unstaged_changes_is_shown_and_not_written(checked: Repo) -> None:
    partly = checked.write("partly.txt", "staged  \n")
    checked.stage()
    partly.write_bytes(b"being worked on\n")
    run = checked.run("orch", "--stage", "pre-commit", "--fix", "--format", "json")
    assert run.code == 1
    assert partly.read_bytes() == b"being worked on\n"
    result = run.results["trailing-whitespace"]
    assert result["changed_files"] == []
    assert {finding["code"] for finding in result["findings"]} == {"not-fixed", "trailing-whitespace"}
    (patch,) = result["patches"]
    assert patch == {
        "path": "partly.txt",
        "applied": False,
        "diff": "--- a/partly.txt\n+++ b/partly.txt\n@@ -1 +1 @@\n-staged  \n+staged\n",
    }


def test_what_is_no_text_and_what_is_a_link_is_left_alone(checked: Repo) -> None:
    checked.write("outside", "x  \n").rename(checked.root.parent / "outside")
    (checked.root / "link.txt").symlink_to("../outside")
    checked.write("data.bin", b"\x00 \n\xff  \n")
    checked.write("text.txt", "x  \n")
    checked.stage()
    run = checked.run("orch", "--stage", "ci", "--fix", "--format", "json")
    assert run.results["trailing-whitespace"]["changed_files"] == ["text.txt"]
    assert (checked.root.parent / "outside").read_bytes() == b"x  \n"
    assert (checked.root / "link.txt").is_symlink()
    assert (checked.root / "data.bin").read_bytes() == b"\x00 \n\xff  \n"


def test_a_file_that_cannot_be_mended_is_told(checked: Repo) -> None:
    file = checked.write("a.txt", "one  \n")
    os.link(file, checked.root / "b.txt")
    checked.git("add", "a.txt")
    run = checked.run("orch", "--stage", "ci", "--fix", "--format", "json")
    assert run.code == 1
    messages = [finding["message"] for finding in run.results["trailing-whitespace"]["findings"]]
    assert any(message.startswith("it has several names") for message in messages)
    assert file.read_bytes() == b"one  \n"


def test_a_command_that_changes_files_itself_fails_at_a_commit_and_is_reported(repo: Repo) -> None:
    repo.script(
        ".git/upper",
        """\
        import pathlib, sys

        for path in map(pathlib.Path, sys.argv[1:]):
            path.write_text(path.read_text().upper())
        """,
    )
    repo.registry("""\
        components:
          - {name: it, lifecycle: canary, tags: [pre-commit], fixes: true, command: [.git/upper, "{files}"]}
        exclude: [registry.yaml]
        """)
    repo.write("a.txt", "low\n")
    repo.write("b.txt", "HIGH\n")
    repo.stage()
    run = repo.run("orch", "--stage", "pre-commit", "--format", "json")
    assert (run.code, run.results["it"]["cause"]) == (1, "changed-files")
    assert run.results["it"]["changed_files"] == ["a.txt"]
    again = repo.run("orch", "--stage", "pre-commit", "--format", "json")
    assert (again.code, again.results["it"]["changed_files"]) == (1, [])
    assert "`git add` the file" in again.results["it"]["findings"][0]["message"]
    repo.stage()
    last = repo.run("orch", "--stage", "pre-commit", "--format", "json")
    assert (last.code, last.results["it"]["changed_files"]) == (0, [])


def test_a_fixing_command_mends_the_working_tree_where_nothing_has_to_be_staged(repo: Repo) -> None:
    repo.script("mend", "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text('mended')")
    repo.registry("""\
        components:
          - name: it
            files: {include: ["*.txt"]}
            lifecycle: stable
            command: [grep, -q, mended, "{files}"]
            fix: [./mend, "{files}"]
        """)
    file = repo.write("a.txt", "broken")
    repo.commit()
    file.write_text("broken, and not staged")
    assert repo.run("orch", "--stage", "ci", "--format", "json").code == 1
    run = repo.run("orch", "--stage", "ci", "--fix", "--format", "json")
    assert (run.code, run.results["it"]["changed_files"]) == (0, ["a.txt"])
    assert (file.read_text(), repo.git("show", ":a.txt")) == ("mended", "broken")
    assert run.results["it"]["patches"][0]["diff"].splitlines()[3] == "-broken, and not staged"
