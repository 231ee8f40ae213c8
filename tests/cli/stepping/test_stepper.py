"""What the stepper tells between its questions."""

import os
from collections.abc import Iterator

import pytest

from omnibase.cli.stepping.terminal import Terminal
from omnibase.model.events import (
    AttemptFailed,
    BatchEnded,
    BatchStarted,
    Event,
    Noticed,
    Outcome,
    RunStarted,
    TaskEnded,
)
from omnibase.model.plan import Breakpoints
from omnibase.model.result import Attempt, Result, Status
from tests.cli.stepping.moments import component, failure, moment, stepper
from tests.core.simulator import HEADER


class Screen:
    """A terminal of which everything can be read that was written to it."""

    def __init__(self) -> None:
        self._fd, theirs = os.openpty()
        self.terminal = Terminal(os.ttyname(theirs), "utf-8")
        os.close(theirs)

    def read(self) -> str:
        """What was written since the last look: the marker behind it has come, too."""
        self.terminal.write("\0")
        data = b""
        while not data.endswith(b"\0"):
            data += os.read(self._fd, 65536)
        return data[:-1].decode().replace("\r\n", "\n")

    def close(self) -> None:
        self.terminal.close()
        os.close(self._fd)


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.close()


def started(breakpoints: Breakpoints | None = None) -> RunStarted:
    plan = moment(component("first"), component("second")).plan
    return RunStarted(0.0, HEADER, plan._replace(breakpoints=breakpoints) if breakpoints else plan)


def test_what_happens_between_questions_is_told(screen: Screen) -> None:
    told = stepper(screen.terminal)
    attempt = Attempt(1, 0.0, 1.0, 75, error="exit code 75")
    events: list[Event] = [
        Noticed(0.0, "checking out a view"),
        started(),
        AttemptFailed(1.0, 0, attempt, 1.25),
        Noticed(2.0, "what is in the report, too"),
        TaskEnded(3.0, 0, Result(Status.PASS, attempts=(attempt, attempt))),
        TaskEnded(3.0, 1, failure()),
    ]
    for event in events:
        told.observe(event)
    assert screen.read() == (
        "checking out a view ...\n"
        "stepping through 2 tasks, one at a time\n"
        "first: attempt 1: exit code 75; it is tried again in 0.2 s\n"
        "PASS first 2.00s\n"
        "FAIL second exit code 1\n"
    )


def test_quietly_only_failures_are_told(screen: Screen) -> None:
    told = stepper(screen.terminal, verbosity=-1)
    told.observe(started())
    screen.read()
    told.observe(TaskEnded(3.0, 0, Result(Status.PASS)))
    told.observe(TaskEnded(3.0, 1, failure()))
    assert screen.read() == "FAIL second exit code 1\n"


def test_names_that_stop_nothing_are_told(screen: Screen) -> None:
    told = stepper(screen.terminal, known=("first", "second", "third", "on-failure"))
    told.observe(started(Breakpoints(names=("second", "third"), on_failure=True)))
    text = screen.read()
    assert "--break third: it is not part of this run" in text
    assert "--break second" not in text
    assert "--break on-failure means failures, and not the component of that name" in text


def test_what_takes_long_is_told_while_it_runs(screen: Screen) -> None:
    told = stepper(screen.terminal)
    told.observe(started())
    assert told.pulse is None
    told.observe(BatchStarted(1.0, 0, (1,)))
    assert told.pulse is not None
    screen.read()
    told.look(5.0, lambda batch: "half way\x1b[2J")
    assert screen.read() == ""
    told.look(13.5, {0: "half way\x1b[2J"}.get)
    assert screen.read() == "second has been running for 12.50s: half way\n"
    told.look(23.5, lambda batch: None)
    assert screen.read() == "second has been running for 22.50s\n"
    told.observe(BatchEnded(24.0, 0, (Outcome(1),)))
    assert told.pulse is None


def test_text_is_as_wide_as_the_terminal_is_now(screen: Screen) -> None:
    import fcntl
    import struct
    import termios

    told = stepper(screen.terminal)
    for columns, lines in ((200, 1), (40, 2)):
        fcntl.ioctl(screen.terminal.out, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        told.observe(Noticed(0.0, "word " * 14))
        assert len(screen.read().splitlines()) == lines
