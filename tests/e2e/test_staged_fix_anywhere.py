"""Commands that fix and are not given their files, at a commit: they may change any, and make new ones."""

import pytest

from tests.e2e.driving import Repo
from tests.e2e.staged import check
from tests.e2e.staged_fixes import LOW, declare, partly, result, text, with_a_fixing_command


@pytest.fixture
def fixing(repo: Repo) -> Repo:
    return with_a_fixing_command(repo)


def test_files_that_a_fix_makes_come_to_the_work_tree_and_are_not_staged(fixing: Repo) -> None:
    fixing.script(
        ".git/makes", "import os; os.makedirs('new/er', exist_ok=True); open('new/er/made.txt', 'w').write('made')"
    )
    declare(fixing, "fixes: true, always_run: true, command: [.git/makes]")
    fixing.write("a.txt", "x\n")
    fixing.git("add", "a.txt")
    run = check(fixing, "--restage")
    assert (run.code, result(run)["changed_files"]) == (1, ["new/er/made.txt"])
    assert text(fixing, "new/er/made.txt") == "made"
    assert fixing.git("ls-files", "new") == ""


def test_a_fix_that_is_given_no_files_may_change_any_that_is_tracked(fixing: Repo) -> None:
    program = str(fixing.root / ".git/upper")
    script = f"import glob, subprocess\nsubprocess.run(['{program}', *glob.glob('*.txt')])"
    fixing.script(".git/everywhere", script)
    for name in ("committed", "partly", "unstaged"):
        fixing.write(f"{name}.txt", LOW)
    declare(fixing, "fixes: true, command: [.git/everywhere]")
    fixing.commit()
    partly(fixing, "partly.txt", LOW + "6\n", LOW + "6\nseven, low\n")
    fixing.write("unstaged.txt", LOW + "being worked on, low\n")
    fixing.write("untracked.txt", LOW)
    run = check(fixing)
    assert (run.code, result(run)["changed_files"]) == (1, ["committed.txt", "partly.txt", "unstaged.txt"])
    fixed = LOW.replace("low", "LOW")
    assert text(fixing, "committed.txt") == fixed
    assert text(fixing, "partly.txt") == fixed + "6\nseven, low\n"
    assert text(fixing, "unstaged.txt") == fixed + "being worked on, low\n"
    assert text(fixing, "untracked.txt") == LOW


def test_what_an_earlier_component_has_left_in_the_view_is_not_taken_for_a_fix(fixing: Repo) -> None:
    fixing.script(".git/leaves", "open('left.log', 'w').write('left')")
    fixing.script(".git/makes", "open('made.txt', 'w').write('made')")
    declare(
        fixing,
        "fixes: true, after: [leaves], command: [.git/makes]",
        "{name: leaves, lifecycle: stable, command: [.git/leaves]}",
    )
    fixing.write("a.txt", "x\n")
    fixing.git("add", "a.txt")
    fixing.write("untracked.txt", "x")
    run = check(fixing)
    assert result(run)["changed_files"] == ["made.txt"]
    assert not (fixing.root / "left.log").exists()
