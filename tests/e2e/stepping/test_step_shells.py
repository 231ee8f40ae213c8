"""The shell of a step-through: where it is opened, what it is, and what becomes of what was changed there."""

import os
from collections.abc import Callable

import pytest

from tests.dialogue import END, INTERRUPT
from tests.e2e.driving import Repo
from tests.e2e.stepping.steps import FAILED, SHELL, STEP, Json, Start, three

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")


def test_a_shell_is_opened_where_the_task_runs_and_with_its_environment(repo: Repo, start: Start) -> None:
    repo.write("sub/a.txt", "a\n")
    repo.only("command: ['true'], cwd: sub, env: {LINT_TOKEN: abcdefghijkl}")
    repo.stage()
    terminal = start("orch", "--stage", "ci", "--step", GIT_PAGER="less")
    terminal.wait_for(STEP)
    terminal.say("env ADDED=by hand")
    assert "abcdefghijkl" not in terminal.say("!", then=SHELL)
    shown = terminal.say("pwd; echo $LINT_TOKEN $ADDED [$GIT_PAGER]", then=SHELL)
    assert f"{repo.root}/sub\nabcdefghijkl by hand []\n" in shown
    terminal.say("exit 7")
    terminal.type("\r")
    assert terminal.end() == 0


def test_a_shell_is_a_job_of_the_terminal(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say("shell", then=SHELL)
    terminal.say(
        "sh -c 'echo it runs; exec sleep 100'", then=r"^it runs$"
    )  # else ^C may come before it has the terminal
    terminal.type(INTERRUPT)  # for the shell and what it runs, and not for the run
    terminal.wait_for(SHELL)
    terminal.say("stty -echo", then=SHELL)
    terminal.say("kill -STOP $$; echo it goes on", then=r"it goes on$")
    terminal.wait_for(SHELL)
    terminal.say("exit", then=r"\(step\) ")
    assert "inputs" in terminal.say("inputs")  # what is typed is shown again
    terminal.say("shell", then=SHELL)
    terminal.type(END)
    terminal.wait_for(r"\(step\) ")
    terminal.type(INTERRUPT)
    assert terminal.end() == 130


def test_a_shell_that_cannot_be_started_is_replaced(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step", SHELL="/no/such/shell")
    terminal.wait_for(STEP)
    assert "/no/such/shell cannot be started: No such file or directory" in terminal.say("!", then=SHELL)
    terminal.say("exit")


def test_what_is_changed_in_a_view_is_undone_and_told(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.only("tags: [pre-commit], files: {include: ['*.txt']}, command: [grep, -q, good, '{files}']")
    repo.write("a.txt", "bad\n")
    repo.stage()
    repo.write("a.txt", "good\n")  # and not staged
    terminal = start("orch", "--stage", "pre-commit", "--lifecycle", "stable", "--step")
    assert "in a view of what is staged: a.txt has changes that are not staged" in terminal.wait_for(STEP)
    assert "what you change in it is undone" in terminal.say("shell", then=SHELL).replace("\n  ", " ")
    assert "\nbad\n" in terminal.say("cat a.txt", then=SHELL)
    terminal.say("echo good > a.txt; echo new > b.txt", then=SHELL)
    shown = terminal.say("exit").replace("\n  ", " ")
    assert "undone in the view: a.txt, b.txt; change your own files" in shown
    terminal.say(then=FAILED)
    assert "undone" not in terminal.say("!", then=SHELL).replace("is undone", "")
    terminal.say("exit", then=FAILED)
    terminal.type("\r")
    assert terminal.end() == 1
    assert results()["it"]["status"] == "FAIL"
    assert results()["it"]["cause"] is None
    assert (repo.root / "a.txt").read_text() == "good\n"
    assert not (repo.root / "b.txt").exists()


def test_who_changed_a_file_in_place_is_next_in_the_view_of_what_is_staged(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.only("tags: [pre-commit], files: {include: ['*.txt']}, command: [grep, -q, good, '{files}']")
    repo.write("a.txt", "bad\n")
    repo.stage()
    terminal = start("orch", "--stage", "pre-commit", "--lifecycle", "stable", "--step")
    terminal.wait_for(STEP)
    assert "the work tree itself" in terminal.say("shell", then=SHELL)
    terminal.say("echo good > a.txt", then=SHELL)
    terminal.say("exit")
    assert "this is the view" in terminal.say("shell", then=SHELL).replace("\n  ", " ")
    assert "\nbad\n" in terminal.say("cat a.txt", then=SHELL)
    terminal.say("exit")
    terminal.say(then=FAILED)
    terminal.type("accept\r")
    assert terminal.end() == 1
    assert results()["it"]["seen"] == {"where": "view", "why": "a.txt changed a moment ago"}


def test_a_check_of_single_files_is_looked_into_over_copies_of_what_is_staged(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.registry("plugins: [omnibase_files]\n")
    repo.write("a.txt", "staged  \n")
    repo.write("deep/b.txt", "b\n")
    repo.stage()
    repo.write("a.txt", "mended\n")
    terminal = start("orch", "--stage", "pre-commit", "--name", "trailing-whitespace", "--step")
    assert "over staged contents: a.txt has changes that are not staged" in terminal.wait_for(STEP)
    assert "copies of what is checked" in terminal.say("shell", then=SHELL).replace("\n  ", " ")
    assert "staged  \nb\n" in terminal.say("cat a.txt deep/b.txt", then=SHELL)
    terminal.say("echo mended > a.txt", then=SHELL)
    terminal.say("exit")
    terminal.say(then=FAILED)
    terminal.type("a\r")
    assert terminal.end() == 1
    assert results()["trailing-whitespace"]["status"] == "FAIL"
