"""How a step-through ends: by whom, with which exit code, and with nothing left."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialogue import END, INTERRUPT, Dialogue
from tests.e2e.driving import COMMAND, Repo, report
from tests.e2e.stepping.steps import FAILED, SHELL, STEP, Json, Start, statuses, three

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")


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
