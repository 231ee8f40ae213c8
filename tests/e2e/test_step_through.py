"""`--step` and `--break`: a run that stops and asks, at a terminal that a test types into."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.dialogue import END, INTERRUPT, Dialogue
from tests.e2e.driving import COMMAND, Repo, report

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")

Json = Any
Start = Callable[..., Dialogue]
STEP, FAILED, SHELL = r"^\(step\) ", r"^\(failed\) ", r"^shell> "


@pytest.fixture
def start(repo: Repo, tmp_path: Path) -> Iterator[Start]:
    """Starts omnibase at a terminal; its report, as JSON, goes to a file."""
    with ExitStack() as stack:

        def started(*arguments: str, columns: int = 100, **env: str) -> Dialogue:
            whole = {**repo.environment, "NO_COLOR": "1", "SHELL": "/bin/sh", "PS1": "shell> ", **env}
            command = [COMMAND, *arguments, "--format", "json"]
            out = tmp_path / "report.json"
            return stack.enter_context(Dialogue(command, repo.root, whole, columns=columns, out=out))

        yield started


@pytest.fixture
def results(tmp_path: Path) -> Callable[[], dict[str, Json]]:
    """The results that the report on standard output has, by the component's name."""

    def read() -> dict[str, Json]:
        document = report((tmp_path / "report.json").read_bytes())
        return {result["component"]["name"]: result for result in document["results"]}

    return read


def statuses(found: dict[str, Json]) -> dict[str, str]:
    return {name: result["status"] for name, result in found.items()}


def three(repo: Repo) -> None:
    """One that passes, one that passes once there is a file or a variable for that, one that needs the first."""
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: [echo, hello, "{files}"]}
          - {name: second, lifecycle: stable, shell: true, command: ['test -e mended || test -n "$MENDED"']}
          - {name: third, lifecycle: stable, command: ["true"], needs: [first]}
        """)


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


# Breakpoints


def test_a_run_stops_before_what_is_named_and_nowhere_else(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--break", "third", "--break", "first")
    assert "first" in terminal.wait_for(STEP)
    assert "[3 of 3] third" in terminal.say("continue")  # a named one stays
    terminal.type("s\r")
    assert terminal.end() == 1
    assert statuses(results()) == {"first": "PASS", "second": "FAIL", "third": "SKIP"}


def test_a_name_that_is_not_part_of_the_run_is_told_of(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--name", "third", "--break", "second")
    assert terminal.end() == 0
    assert "--break second: it is not part of this run" in terminal.shown


def test_a_component_called_on_failure_is_not_what_the_option_means(repo: Repo, start: Start) -> None:
    repo.registry("components: [{name: on-failure, lifecycle: stable, command: ['true']}]")
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    assert terminal.end() == 0
    assert "means failures, and not the component of that name; --step stops before it" in terminal.shown


def test_an_unknown_name_is_refused_with_the_nearest_one(repo: Repo) -> None:
    three(repo)
    run = repo.run("orch", "--stage", "ci", "--break", "secnd", "--format", "json")
    assert (run.code, run.error["family"]) == (3, "registry")
    assert "no component is called 'secnd'" in run.err and "did you mean 'second'?" in run.err
    run = repo.run("orch", "--stage", "ci", "--break", "onfailure", "--format", "json")
    assert (run.code, "did you mean 'on-failure'?" in run.err) == (3, True)


def test_a_shell_completes_what_a_run_can_stop_at(repo: Repo) -> None:
    three(repo)

    def completed(word: str) -> list[str]:
        line = f"omnibase orch --break {word}"
        env = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "3"}
        return repo.run(env=env).text.split()

    assert completed("") == ["plain,first", "plain,second", "plain,third", "plain,on-failure"]
    assert completed("o") == ["plain,on-failure"]
    assert completed("se") == ["plain,second"]


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (["--step", "--jobs", "2"], {}, "--step and --jobs 2 exclude each other"),
        (["--step", "--jobs", "auto"], {}, "--step and --jobs auto exclude each other"),
        (["--break", "first", "--mode", "async"], {}, "--break and --mode async exclude each other"),
        (["--step", "--dry-run"], {}, "--step and --dry-run exclude each other"),
        (["--step"], {"OMNIBASE_MODE": "dry-run"}, "--step and mode = dry-run (environment) exclude each other"),
    ],
)
def test_what_a_run_that_stops_cannot_be_is_refused(
    repo: Repo, arguments: list[str], env: dict[str, str], words: str
) -> None:
    repo.only("command: [touch, ran]")
    run = repo.run("orch", "--stage", "ci", "--format", "json", *arguments, env=env)
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert words in run.err
    assert run.error["remedy"]
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize("arguments", [["--jobs", "1"], ["--mode", "sync"], ["--profile"]])
def test_a_run_that_stops_is_one_at_a_time_whatever_the_settings_say(
    repo: Repo, start: Start, tmp_path: Path, arguments: list[str]
) -> None:
    three(repo)
    options = ("--step", "--break", "on-failure", *arguments)
    terminal = start("orch", "--stage", "ci", *options, OMNIBASE_MODE="async", OMNIBASE_JOBS="4")
    terminal.wait_for(STEP)
    terminal.say("c", then=FAILED)
    terminal.type("env MENDED=1\rretry\r")
    assert terminal.end() == 0
    document = report((tmp_path / "report.json").read_bytes())
    assert document["mode"] == ("profile" if arguments == ["--profile"] else "sync")


def test_without_a_terminal_nothing_is_started(repo: Repo) -> None:
    repo.only("command: [touch, ran]")
    done = subprocess.run(
        [COMMAND, "orch", "--stage", "ci", "--step", "--format", "json"],
        cwd=repo.root,
        env=repo.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,  # it leads a session that has no terminal
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert report(done.stdout)["error"]["message"].startswith("there is no terminal to ask at")
    assert b"leave out --step and --break" in done.stderr
    assert not (repo.root / "ran").exists()


def test_in_a_hook_whose_input_is_no_terminal_the_person_is_asked_all_the_same(repo: Repo) -> None:
    repo.only("command: [touch, ran], tags: [pre-commit]")
    repo.script(".git/hooks/pre-commit", "")
    repo.write(
        ".git/hooks/pre-commit",
        f"#!/bin/sh\nexec {COMMAND} orch --hook pre-commit --lifecycle stable --step --format human </dev/null\n",
        mode=0o755,
    )
    environment = {**repo.environment, "NO_COLOR": "1"}
    with Dialogue(["git", "commit", "-m", "work"], repo.root, environment) as terminal:
        terminal.wait_for(STEP)
        terminal.type("quit\r")
        assert terminal.end() == 1
        assert "ended by SIGINT" in terminal.shown
    assert repo.git("log", check=False) == ""


# The shell


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


# The end


def test_who_quits_ends_the_run_as_an_interrupt_does(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say()
    terminal.type("quit\r")
    assert terminal.end() == 130
    assert statuses(results()) == {"first": "PASS", "second": "SKIP", "third": "SKIP"}
    assert results()["second"]["cause"] == "interrupted"
    assert terminal.session() == []
    assert not list((repo.root / ".git" / "omnibase").rglob("scratch/*"))


def test_who_quits_after_a_failure_has_it_in_the_report(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    terminal.wait_for(FAILED)
    terminal.type("q\r")
    assert terminal.end() == 130
    assert statuses(results()) == {"first": "PASS", "second": "FAIL", "third": "SKIP"}


@pytest.mark.parametrize("key", [INTERRUPT, END])
def test_keys_that_end_programs_end_the_run(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]], key: str
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.say()
    terminal.type(key)
    assert terminal.end() == 130
    assert statuses(results()) == {"first": "PASS", "second": "SKIP", "third": "SKIP"}
    assert terminal.session() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("inside", ["prompt", "shell"])
def test_a_signal_ends_the_question_and_a_shell_with_all_that_it_runs(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]], number: signal.Signals, inside: str
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    if inside == "shell":
        terminal.say("shell", then=SHELL)
        terminal.type("sh -c 'trap \"\" HUP; echo deaf; while sleep 0.01; do :; done'\r")
        terminal.wait_for(r"^deaf$")
    terminal.signal(number)
    assert terminal.end() == 128 + number
    assert statuses(results()) == {"first": "SKIP", "second": "SKIP", "third": "SKIP"}
    assert terminal.session() == []


@pytest.mark.parametrize("inside", ["prompt", "shell"])
def test_a_terminal_that_is_closed_ends_the_run(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]], inside: str
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    if inside == "shell":
        terminal.say("shell", then=SHELL)
    terminal.close()
    assert terminal.end() == 129
    assert statuses(results()) == {"first": "SKIP", "second": "SKIP", "third": "SKIP"}
    assert terminal.session() == []


@pytest.mark.parametrize(
    ("trap", "code"),
    [
        (":", 129),  # the system tells only the leader of the session
        ("''", 130),  # a hangup is ignored: nobody can be asked any more, and nobody is told
    ],
)
def test_a_terminal_that_is_closed_ends_a_run_that_was_not_told(
    repo: Repo, tmp_path: Path, trap: str, code: int
) -> None:
    three(repo)
    out = tmp_path / "code"
    leader = f"trap {trap} HUP; {COMMAND} orch --stage ci --step --format json > report; echo $? > {out}"
    with Dialogue(["/bin/sh", "-c", leader], repo.root, {**repo.environment, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for(STEP)
        terminal.close()
        terminal.end()
    assert out.read_text() == f"{code}\n"
    document = report((repo.root / "report").read_bytes())
    assert {result["status"] for result in document["results"]} == {"SKIP"}


def test_the_question_is_put_again_to_who_comes_back_to_a_stopped_run(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.wait_for(STEP)
    terminal.signal(signal.SIGSTOP)
    os.waitid(os.P_PID, terminal.pid, os.WSTOPPED | os.WNOWAIT)
    terminal.signal(signal.SIGCONT)
    terminal.wait_for(r"\(step\) ")
    assert "[2 of 3]" in terminal.say()


def test_lines_that_were_typed_ahead_are_taken_in_their_order(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--step")
    terminal.type("skip\rrun\r\rskip\r")
    assert terminal.end() == 1
    assert statuses(results()) == {"first": "SKIP", "second": "FAIL", "third": "SKIP"}


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
