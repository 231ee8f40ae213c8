"""Commands that failed in passing: what their error output says, and what the system refused for now."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors import processes
from omnibase.executors.capture import Capture
from omnibase.executors.command import CommandExecutor
from omnibase.executors.failing import BUSY, in_passing
from omnibase.model.component import Retry
from omnibase.model.events import Outcome
from omnibase.model.result import Cause
from tests.executors import batches
from tests.executors.batches import command

Run = Callable[[str, str], Outcome]


@pytest.fixture
def run(commands: CommandExecutor, root: Path) -> Run:
    """Runs a shell text whose component declares the pattern."""

    def with_pattern(text: str, pattern: str) -> Outcome:
        component = command(text, shell=True, retry=Retry(stderr=pattern))
        return batches.run_one(commands, batches.assignment(batches.place(root), component))

    return with_pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("echo the server is busy >&2; exit 1", "is busy$"),
        ("echo first >&2; echo 429 Too Many Requests >&2; exit 3", r"^\d+ Too Many"),
        ("echo lost connection >&2; kill -9 $$", "lost"),
        ("printf 'caf\\303\\251' >&2; exit 1", "café"),
        ("printf '\\377 lost' >&2; exit 1", "lost"),
    ],
)
def test_a_pattern_in_the_error_output_of_what_failed_is_in_passing(run: Run, text: str, pattern: str) -> None:
    assert run(text, pattern).transient == f"its error output has {pattern!r}"


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("echo the server is busy >&2", "is busy"),  # and yet it succeeded
        ("echo the server is busy; exit 1", "is busy"),  # on standard output
        ("echo all is wrong >&2; exit 1", "is busy"),
        ("exit 1", "is busy"),
        ("printf 'server\\nbusy' >&2; exit 1", "server.busy"),  # not across lines
    ],
)
def test_nothing_else_is(run: Run, text: str, pattern: str) -> None:
    assert run(text, pattern).transient is None


def test_one_that_was_cancelled_did_not_fail_by_itself(commands: CommandExecutor, root: Path) -> None:
    component = command("echo busy >&2; echo x; exec sleep 1000", shell=True, retry=Retry(stderr="busy"))
    running = commands.start(batches.assignment(batches.place(root), component))
    batches.step(running, batches.SECONDS)
    running.cancel(Cause.TIMEOUT, force=True)
    assert batches.finish(running)[0].transient is None


def test_a_pattern_that_takes_too_long_is_given_up() -> None:
    capture = Capture(None)
    capture.stderr.feed(b"a" * 2000 + b"!")
    assert in_passing("(a+)+$", capture.stderr) is None


def test_a_long_line_is_looked_at_from_its_begin_and_a_long_output_from_both_ends() -> None:
    capture = Capture(None)
    capture.stderr.feed(b"begin " + b"x" * 100_000 + b" end\n")
    capture.stderr.feed(b"line\n" * 2_000_000)
    capture.stderr.feed(b"at last\n")
    assert in_passing("begin", capture.stderr)
    assert in_passing("at last", capture.stderr)
    assert in_passing(" end", capture.stderr) is None


@pytest.mark.parametrize("number", BUSY)
def test_what_the_system_cannot_start_for_now_failed_in_passing(
    commands: CommandExecutor, root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(processes, "Popen", refused)
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), command("true")))
    assert (outcome.cause, outcome.transient) == (Cause.NOT_STARTED, os.strerror(number))


def test_a_program_that_is_being_written_failed_in_passing(
    commands: CommandExecutor, root: Path, script: Callable[..., str]
) -> None:
    program = script("")
    Path(program).write_bytes(Path("/bin/true").read_bytes())
    with open(program, "r+b"):
        outcome = batches.run_one(commands, batches.assignment(batches.place(root), command(program)))
    assert outcome.transient == os.strerror(errno.ETXTBSY)


def test_more_arguments_than_the_system_takes_will_be_too_many_again(commands: CommandExecutor, root: Path) -> None:
    outcome = batches.run_one(
        commands, batches.assignment(batches.place(root), command("true", "x" * (4 * 1024 * 1024)))
    )
    assert (outcome.cause, outcome.transient) == (Cause.NOT_STARTED, None)
