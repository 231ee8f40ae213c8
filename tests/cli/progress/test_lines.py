"""Progress as lines, for logs: how it looks, and that it is never silent for long."""

import io
import re

import pytest
from syrupy.assertion import SnapshotAssertion

from omnibase.cli.progress import Progress
from omnibase.cli.progress.lines import SILENT_MOST
from omnibase.model.events import BatchStarted, Interrupted, Noticed
from omnibase.model.plan import Plan
from omnibase.model.ports import Style
from omnibase.model.result import Cause, Finding, Status
from tests.cli.progress.runs import Run, last_line, plan

ESCAPE = re.compile("\x1b\\[([0-9;?]*)([A-Za-z])")


def watched(made: Plan, *, color: bool = False) -> tuple[Run, Progress, io.StringIO]:
    stream = io.StringIO()
    progress = Progress(stream, "lines", Style(color=color))
    return Run(made, progress.observe), progress, stream


def a_run(run: Run, progress: Progress) -> None:
    """A run with all that there is to tell."""
    run.begin(0.25)
    run.start(0.25, 0)
    run.start(0.3, 1, 2, 3, 4, batch=1)
    run.end(1.9, 0, seconds=1.65)
    run.tell(Noticed(2.0, "the disk is nearly full"))
    run.end(2.5, 1, Status.WARN, findings=(Finding("odd", "a.py", 3),))
    run.fail(2.6, 2)
    run.end(2.7, 3, Status.SKIP, cause=Cause.NOT_INSTALLED, reason="mypy is not installed")
    run.end(2.8, 4, Status.TIME, cause=Cause.TIMEOUT, reason="no verdict after 2 s")
    run.start(3.0, 5)
    run.rest(4.0, 5, 4.8)
    run.start(4.8, 5, number=2)
    progress.look(4.9, last_line)
    run.tell(Interrupted(5.0, 15))
    run.over(5.5)


NAMES = ["ruff", "end-of-file", "mixed-line-ending", "mypy", "slow", "upload"]


def test_it_looks_like_this(snapshot: SnapshotAssertion) -> None:
    run, progress, stream = watched(plan(NAMES))
    a_run(run, progress)
    assert stream.getvalue().isascii()
    assert stream.getvalue() == snapshot


def test_forced_colours_are_nothing_but_colours() -> None:
    run, progress, stream = watched(plan(NAMES), color=True)
    a_run(run, progress)
    sequences = ESCAPE.findall(stream.getvalue())
    assert sequences
    assert {kind for _, kind in sequences} == {"m"}
    assert "\r" not in stream.getvalue()
    run, progress, plain = watched(plan(NAMES))
    a_run(run, progress)
    assert ESCAPE.sub("", stream.getvalue()) == plain.getvalue()


def test_a_short_run_says_nothing() -> None:
    run, progress, stream = watched(plan(["a", "b"]))
    run.begin()
    run.start(0.0, 0)
    run.end(1.0, 0)
    run.start(1.0, 1)
    progress.look(1.5, last_line)
    run.fail(1.9, 1)
    run.over(1.9)
    progress.close()
    assert stream.getvalue() == ""


def test_once_a_run_takes_two_seconds_all_that_has_happened_is_told_in_its_order() -> None:
    run, progress, stream = watched(plan(["a", "b"]))
    run.begin()
    assert progress.pulse == 2.0
    run.start(0.1, 0)
    run.end(0.5, 0, seconds=0.4)
    run.start(0.5, 1)
    assert stream.getvalue() == ""
    progress.look(2.0, last_line)
    assert stream.getvalue().splitlines() == [
        "[  0.1 s] start a (12 files)",
        "[  0.5 s] PASS a 0.4 s: 12 files",
        "[  0.5 s] start b (12 files)",
    ]


def test_what_takes_long_before_the_run_is_told_at_once() -> None:
    run, progress, stream = watched(plan(["a"]))
    progress.observe(Noticed(0.5, "making a view"))
    run.begin(8.0)
    run.start(8.0, 0)
    assert [line[:16] for line in stream.getvalue().splitlines()] == ["making a view ..", "[  8.0 s] start "]


def test_what_happens_after_two_seconds_needs_nobody_to_look() -> None:
    run, _, stream = watched(plan(["a"]))
    run.begin()
    run.start(0.0, 0)
    run.end(2.5, 0)
    assert len(stream.getvalue().splitlines()) == 2


def test_nothing_is_silent_for_more_than_thirty_seconds() -> None:
    """The driver looks when it is told to, and a little later."""
    run, progress, stream = watched(plan(["pytest", "b"], weights=[100.0, 1.0]))
    run.begin()
    run.start(0.0, 0)
    written, at, quiet, length = [], 0.0, 0.0, 0
    while at < 200:
        assert progress.pulse is not None
        at += max(progress.pulse, 0.01) + 0.005
        progress.look(at, last_line)
        if 70 < at < 75:
            run.start(at, 1)
        if len(stream.getvalue()) > length:
            length = len(stream.getvalue())
            assert at - quiet <= 30.0
            quiet = at
            written.append(at)
    assert at - quiet <= 30.0
    assert len(written) < 12
    said = stream.getvalue().splitlines()[1]
    assert said.startswith(
        "[ 31.0 s] still running: pytest 31s (tests/test_0.py::test_that_all_of_it_is_as_it_should_be"
    )
    assert said.endswith("; 0/2 done, 00:31, about 1:10 left")


def test_a_run_in_which_something_happens_is_not_said_to_go_on() -> None:
    run, progress, stream = watched(plan([f"check-{number}" for number in range(40)]))
    run.begin()
    for number in range(40):
        run.start(5.0 * number, number)
        progress.look(5.0 * number + 1, last_line)
        run.end(5.0 * number + 4, number)
    assert "still running" not in stream.getvalue()


def test_of_many_that_run_some_are_named() -> None:
    run, progress, stream = watched(plan([f"check-{number}" for number in range(9)]))
    run.begin()
    for number in range(8):
        run.start(0.0, number)
    run.start(0.0, 8)
    run.rest(1.0, 8, 500.0)
    progress.look(2.0, last_line)
    progress.look(2.0 + SILENT_MOST, lambda _: None)
    last = stream.getvalue().splitlines()[-1]
    assert last == (
        "[ 31.0 s] still running: check-0 31s, check-1 31s, check-2 31s, check-3 31s, and 5 more; 0/9 done, 00:31"
    )


def test_where_nothing_runs_it_says_so() -> None:
    run, progress, stream = watched(plan(["a"]))
    run.begin()
    progress.look(2.0, last_line)
    progress.look(31.0, last_line)
    assert "something is waited for" in stream.getvalue()


def test_a_task_of_several_batches_starts_once() -> None:
    run, _, stream = watched(plan(["a", "b"]))
    run.begin()
    run.start(2.0, 0)
    run.start(2.5, 1)
    run.tell(BatchStarted(3.0, 7, (0,)))
    assert stream.getvalue().count("start a") == 1


@pytest.mark.parametrize("hostile", ["a\nb", "\x1b[2J\x1b]0;x\x07boo", "::error::x", "\u202egnp"])
def test_what_others_say_is_in_one_line_and_acts_on_nothing(hostile: str) -> None:
    run, progress, stream = watched(plan(["a"]))
    run.begin()
    run.start(0.0, 0)
    run.tell(Noticed(2.0, hostile))
    progress.look(40.0, lambda _: hostile)
    run.fail(41.0, 0, reason=hostile)
    run.over(42.0)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert all(line.startswith("[") for line in lines)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", stream.getvalue())
