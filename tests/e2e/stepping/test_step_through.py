"""`--step`: a run that stops before each task and asks, at a terminal that a test types into."""

import json
import os
from collections.abc import Callable

import pytest

from tests.e2e.driving import Repo
from tests.e2e.stepping.steps import FAILED, SHELL, STEP, Json, Start, statuses, three

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")


# Three tasks and three hundred, on terminals narrow and wide


@pytest.mark.parametrize("columns", [40, 100, 200])
@pytest.mark.parametrize("count", [3, 300])
def test_a_run_is_stepped_through_and_then_goes_on(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]], columns: int, count: int
) -> None:
    names = [f"task-{number}" for number in range(count)]
    repo.registry(
        "components:\n" + "".join(f"  - {{name: {name}, lifecycle: stable, command: ['true']}}\n" for name in names)
    )
    terminal = start("orch", "--stage", "ci", "--step", columns=columns)
    assert f"[1 of {count}] task-0" in terminal.wait_for(STEP)
    assert f"[2 of {count}] task-1" in terminal.say("run")
    assert "task-1 skipped at a breakpoint\n" in terminal.say("skip")
    terminal.type("continue\r")
    assert terminal.end() == 0
    assert statuses(results()) == {name: "SKIP" if name == "task-1" else "PASS" for name in names}
    assert results()["task-1"]["cause"] == "user-skip"
    assert all(len(line) <= columns for line in terminal.shown.splitlines() if "/" not in line)  # paths are not cut
    assert sum("task-" in line for line in terminal.shown.splitlines()) >= count
    assert terminal.shown.count("(step) ") == 3


# What is shown


def test_before_a_task_all_is_shown_that_makes_it_run_as_it_does(repo: Repo, start: Start) -> None:
    repo.registry("""\
        components:
          - {name: generate, lifecycle: stable, command: ["true"]}
          - name: lint
            version: 1.2.3
            lifecycle: stable
            description: Looks at Python
            needs: [generate]
            files: {include: ["*.py"]}
            command: [echo, two words, "{files}"]
            env: {LINT_LEVEL: high, LINT_TOKEN: abcdefghijkl}
        """)
    for number in range(12):
        repo.write(f"m{number:02}.py", "x = 1\n")
    repo.stage()
    terminal = start("orch", "--stage", "ci", "--step")
    first = terminal.wait_for(STEP)
    assert "stepping through 2 tasks, one at a time" in first
    assert "Enter runs it, ? shows what else can be said" in first
    shown = terminal.say()
    assert "[2 of 2] lint 1.2.3, validator, stable\n  Looks at Python\n" in shown
    assert "  after    generate PASS\n" in shown
    assert "  inputs   12 files: m00.py, m01.py, m02.py, ...\n" in shown
    assert "  command  $ echo 'two words' m00.py m01.py" in shown
    assert f"  where    in place, {repo.root}\n" in shown
    assert "  env      LINT_LEVEL=high, LINT_TOKEN=***\n" in shown
    assert "Enter runs it" not in shown  # it was said once

    inputs = terminal.say("inputs")
    assert [*inputs.splitlines()[1:-1]] == [f"m{number:02}.py" for number in range(10)] + [
        "... and 2 more; `inputs all` shows them"
    ]
    assert terminal.say("i all").splitlines()[1:-1] == [f"m{number:02}.py" for number in range(12)]
    env = terminal.say("env").splitlines()[1:-1]
    assert {"LINT_LEVEL=high", "LINT_TOKEN=***", f"PWD={repo.root}"} <= set(env)
    assert not any(line.startswith(("HOME=", "LANG=")) for line in env)  # those are as they were
    assert "abcdefghijkl" not in terminal.shown
    terminal.type("\r")
    assert terminal.end() == 0


def test_a_function_is_shown_as_one(repo: Repo, start: Start, results: Callable[[], dict[str, Json]]) -> None:
    repo.registry("plugins: [omnibase_files]\n")
    repo.write("a.txt", "x  \n")
    repo.stage()
    terminal = start("run", "trailing-whitespace", "--fix", "--step")
    assert "[1 of 2] trailing-whitespace (fix) " in terminal.wait_for(STEP)
    shown = terminal.say()
    assert "[2 of 2] trailing-whitespace " in shown
    assert "trailing_whitespace, in a worker\n" in shown
    terminal.type("\r")
    terminal.end()
    assert (repo.root / "a.txt").read_text() == "x\n"
    assert results()["trailing-whitespace"]["status"] == "PASS"


def test_help_tells_all_that_can_be_said(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    words = ["run", "skip", "env", "shell", "inputs", "output", "continue", "quit", "help"]
    assert [line.split()[1] for line in terminal.say("?").splitlines()[1:-1]] == words
    terminal.say()
    terminal.say()
    words = ["retry", "accept", *words[2:]]
    assert [line.split()[1] for line in terminal.say("help").splitlines()[1:-1]] == words


def test_what_is_no_word_changes_nothing(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    for line in ("frobnicate", "\x1b[A", "x" * 3000, "env =", "env A", "s\N{SNOWMAN}", "..."):
        shown = terminal.say(line)
        assert "? shows what can be said" in shown or "env NAME=VALUE sets a variable" in shown
    assert "[2 of 3]" in terminal.say("ru")


def test_output_is_shown_of_what_has_run_and_is_made_safe(repo: Repo, start: Start) -> None:
    repo.registry("""\
        components:
          - {name: noisy, lifecycle: stable, shell: true, command: ['printf "a\\033]0;title\\007b\\n"']}
          - {name: silent, lifecycle: stable, command: ["true"]}
          - {name: last, lifecycle: stable, command: ["true"]}
        """)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    assert "nothing has run so far" in terminal.say("output")
    terminal.say()
    assert "output of noisy (13 bytes" in (shown := terminal.say("output"))
    assert "\nab\n" in shown
    terminal.say()
    assert "silent has printed nothing" in terminal.say("o")
    assert "\nab\n" in terminal.say("output noisy")
    assert "noisi has not run so far; did you mean noisy?" in terminal.say("output noisi")
    assert "last has not run so far" in terminal.say("output last")


# Changed for one task


def test_a_variable_that_is_set_wins_and_is_in_no_record(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.registry("""\
        components:
          - {name: it, lifecycle: stable, shell: true, command: ['test ${#A} = 13'], env: {A: declared}}
          - {name: other, lifecycle: stable, shell: true, command: ['test "$A" = declared'], env: {A: declared}}
          - {name: bare, lifecycle: stable, shell: true, command: ['test -z "$HOME$A"'], env: {A: declared}}
        """)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say("env A=typed by hand")
    assert "A='typed by hand'" in terminal.say("env")
    assert "A=declared" in terminal.say()
    terminal.say()
    terminal.say("env -A")
    terminal.say("e -HOME")
    assert {"-A", "-HOME"} <= set(terminal.say("env").splitlines())
    terminal.type("\r")
    assert terminal.end() == 0
    assert statuses(results()) == {"it": "PASS", "other": "PASS", "bare": "PASS"}
    kept = b"".join(path.read_bytes() for path in (repo.root / ".git" / "omnibase").rglob("*") if path.is_file())
    assert b"by hand" not in kept
    assert "by hand" not in json.dumps(results())


def test_a_variable_is_set_for_a_function_too(repo: Repo, start: Start, results: Callable[[], dict[str, Json]]) -> None:
    repo.registry("plugins: [./checks.py]")
    repo.write(
        "checks.py",
        """\
        import os
        from omnibase.api import Result, Status, tool, validator

        @tool(name="tells", version="1.0.0", lifecycle="stable")
        def tells(ctx):
            return Result(Status.PASS if ctx.env["A"] == "typed" else Status.FAIL)

        @validator(name="looks", version="1.0.0", lifecycle="stable")
        def looks(file):
            return [] if os.environ["A"] == "typed" else [1 / 0]
        """,
    )
    repo.stage()
    terminal = start("orch", "--stage", "ci", "--type", "*", "--step")
    terminal.wait_for(STEP)
    terminal.say("env A=typed")
    terminal.say()
    terminal.say("env A=typed")
    terminal.type("\r")
    assert terminal.end() == 0
    assert statuses(results()) == {"tells": "PASS", "looks": "PASS"}


# After a failure


def test_what_failed_is_tried_again_once_a_variable_mends_it(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say()
    shown = terminal.say()
    assert "second: exit code 1\n" in shown
    assert "Enter goes on with that, r tries it again" in shown
    assert shown.endswith("(failed) ")
    terminal.say("env MENDED=yes")
    assert "[3 of 3] third" in terminal.say("retry")
    terminal.type("\r")
    assert terminal.end() == 0
    second = results()["second"]
    assert (second["status"], second["marked"]) == ("PASS", ["retried"])
    assert [attempt["number"] for attempt in second["attempts"]] == [1, 2]


def test_what_failed_is_tried_again_once_the_shell_mends_it(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    terminal.wait_for(FAILED)
    terminal.say("r", then=FAILED)
    greeting = terminal.say("shell", then=SHELL)
    assert "work tree itself" in greeting
    terminal.say("touch mended", then=SHELL)
    terminal.say("exit", then=FAILED)
    terminal.type("r\r")
    assert terminal.end() == 0
    assert statuses(results()) == {"first": "PASS", "second": "PASS", "third": "PASS"}
    assert len(results()["second"]["attempts"]) == 3


def test_a_program_that_is_missing_can_be_installed_meanwhile(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.only("command: [./tool]")
    terminal = start("run", "it", "--break", "it")
    terminal.wait_for(STEP)
    assert "is not installed" in terminal.say(then=FAILED)
    terminal.say("!", then=SHELL)
    terminal.say("ln -s /bin/true tool", then=SHELL)
    terminal.say("exit", then=FAILED)
    terminal.type("retry\r")
    assert terminal.end() == 0
    assert results()["it"]["status"] == "PASS"


def test_a_failure_that_is_accepted_stays_one(repo: Repo, start: Start, results: Callable[[], dict[str, Json]]) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    terminal.wait_for(FAILED)
    terminal.type("\r")
    assert terminal.end() == 1
    assert statuses(results()) == {"first": "PASS", "second": "FAIL", "third": "PASS"}


def test_of_a_long_failure_the_beginning_is_shown(repo: Repo, start: Start) -> None:
    repo.only("shell: true, command: ['seq 1000; exit 1']")
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    shown = terminal.wait_for(FAILED)
    assert len(shown.splitlines()) < 40
    assert "more lines; `output` shows what it printed" in shown
    assert "\n1000\n" in terminal.say("output", then=FAILED)


def test_a_secret_that_is_typed_is_in_no_record(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    repo.only("shell: true, command: ['echo $API_TOKEN']")
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say("env API_TOKEN=typed-by-hand-1", then=STEP)
    terminal.type("\r")
    assert terminal.end() == 0
    kept = b"".join(path.read_bytes() for path in (repo.root / ".git" / "omnibase").rglob("*") if path.is_file())
    assert b"typed-by-hand-1" not in kept
    assert results()["it"]["output"]["text"].strip() == "***"
