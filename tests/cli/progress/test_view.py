"""The live view as text: how it looks at several widths, and that it never has more rows or columns than there are."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from omnibase.cli.formatters.layout import RED, columns
from omnibase.cli.progress import words
from omnibase.cli.progress.course import Course
from omnibase.cli.progress.view import MOST_ROWS, Screen, cut, finished, plain, view
from omnibase.model.component import Command, Component
from omnibase.model.events import Interrupted, TaskEnded
from omnibase.model.plan import HookCall, Moment
from omnibase.model.ports import Style
from omnibase.model.result import Attempt, Cause, Finding, Output, Result, Severity, Status
from tests.cli.progress.runs import Run, last_line, plan, three, three_hundred

EMOJI = Style(emoji=True)
SIZES = [(20, 12), (40, 16), (100, 24), (200, 50)]
Made = tuple[Run, Course]


def shown(course: Course, at: float, screen: Screen, style: Style = EMOJI) -> str:
    return "\n".join(plain(row) for row in view(course, at, last_line, screen, style))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]} columns")
@pytest.mark.parametrize("made", [three, three_hundred], ids=["3 tasks", "300 tasks"])
def test_it_looks_like_this(made: Callable[[], Made], size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    _, course = made()
    assert shown(course, 40.0, Screen(*size)) == snapshot


def test_it_looks_like_this_in_plain_words(snapshot: SnapshotAssertion) -> None:
    _, course = three_hundred()
    assert shown(course, 40.0, Screen(80, 16), Style()) == snapshot


def test_it_looks_like_this_where_what_ended_stands_above_it(snapshot: SnapshotAssertion) -> None:
    _, course = three()
    assert shown(course, 40.0, Screen(80, 16, finished=False)) == snapshot


def test_it_looks_like_this_after_an_interrupt(snapshot: SnapshotAssertion) -> None:
    run, course = three()
    run.tell(Interrupted(39.0, 2))
    assert shown(course, 40.0, Screen(80, 16)) == snapshot


CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(
    size=st.tuples(st.integers(0, 250), st.integers(0, 60)),
    names=st.lists(NAME, min_size=1, max_size=30),
    ended=st.integers(0, 30),
    line=st.one_of(st.none(), st.text(max_size=300)),
    emoji=st.booleans(),
    stays=st.booleans(),
)
def test_there_is_always_room_for_it(
    size: tuple[int, int], names: list[str], ended: int, line: str | None, emoji: bool, stays: bool
) -> None:
    """Names and output can be anything."""
    made = plan(names, weights=[3.0] * len(names))
    components = [Component(name, Command(())) for name in names]
    tasks = [task._replace(component=one) for task, one in zip(made.tasks, components, strict=True)]
    made = made._replace(tasks=tuple(tasks))
    course = Course(made)
    run = Run(made, course.take)
    for number in range(len(names)):
        run.start(1.0, number)
        if number < ended:
            run.end(2.0, number, Status.FAIL if number % 3 == 0 else Status.PASS, reason=line)
        elif number % 5 == 0:
            run.rest(2.0, number, 9.0, line or "")
    rows = view(course, 5.0, lambda _: line, Screen(*size, finished=stays), Style(emoji=emoji))
    assert 1 <= len(rows) <= max(min(size[1] - 1, MOST_ROWS), 1)
    for row in rows:
        assert columns(plain(row)) <= max(size[0] - 1, 1)
        assert not CONTROL.search(plain(row))


def test_on_a_screen_of_one_line_there_are_the_counts() -> None:
    _, course = three()
    assert shown(course, 40.0, Screen(80, 1)) == "2/3 done, 1 failed, 1 running, 00:40, about 1:00 left"


@pytest.mark.parametrize(
    ("width", "counts"),
    [
        (60, "2/3 done, 1 failed, 1 running, 00:40, about 1:00 left"),
        (50, "2/3 done, 1 failed, 1 running, 00:40"),
        (36, "2/3 done, 1 failed, 00:40"),
        (20, "2/3, 1 failed, 00:40"[:19].removesuffix(", 00:4")),
        (8, "2/3"),
        (3, ""),
    ],
)
def test_where_there_is_no_room_for_all_counts_the_most_telling_ones_stay(width: int, counts: str) -> None:
    _, course = three()
    assert shown(course, 40.0, Screen(width, 1)) == counts


def test_a_failure_is_seen_however_many_tasks_have_passed_since() -> None:
    _, course = three_hundred()
    rows = shown(course, 40.0, Screen(100, 24)).split("\n")
    assert [row for row in rows if "exit code 1: 2 failed, 3 passed" in row]
    assert any("check-007" in row for row in rows)


def test_of_many_failures_the_last_are_shown_and_what_runs_keeps_its_place() -> None:
    made = plan([f"check-{number:02}" for number in range(60)])
    course = Course(made)
    run = Run(made, course.take)
    for number in range(50):
        run.start(0.0, number)
        run.fail(1.0, number)
    run.start(1.0, 50)
    rows = shown(course, 2.0, Screen(100, 12)).split("\n")
    assert len(rows) == 11
    assert "check-49" in rows[8]
    assert "check-50" in rows[9]
    assert rows[10].startswith("50/60 done, 50 failed, 1 running")


def test_what_there_is_no_room_for_is_counted() -> None:
    _, course = three_hundred()
    assert "and 10 more" in shown(course, 40.0, Screen(100, 10, finished=False))


def test_output_is_shown_once_a_task_has_run_for_a_second() -> None:
    course = Course(plan(["a"]))
    run = Run(course.plan, course.take)
    run.start(0.0, 0)
    assert "PASSED" not in shown(course, 0.9, Screen())
    assert "PASSED" in shown(course, 1.0, Screen())


def test_before_the_first_task_hooks_may_be_waited_for() -> None:
    made = plan(["a"], hooks=(HookCall(Moment.BEFORE_RUN, "prepare"),))
    course = Course(made)
    assert "waiting for hooks" in shown(course, 2.0, Screen())
    run = Run(made, course.take)
    run.start(2.0, 0)
    assert "waiting for hooks" not in shown(course, 3.0, Screen())


def test_a_row_is_cut_at_the_width_and_a_column_that_says_nothing_any_more_is_left_out() -> None:
    row = [("sign ", ""), ("name", RED), ("  1s", ""), ("  a line of output", "")]
    assert plain(cut(row, 40)) == "sign name  1s  a line of output"
    assert plain(cut(row, 28)) == "sign name  1s  a line of ..."
    assert plain(cut(row, 20)) == "sign name  1s"
    assert plain(cut(row, 12)) == "sign name"
    assert plain(cut([("好" * 5, "")], 8)) == "好好..."


# What a line says of what has ended


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result(Status.PASS, files=3), "3 files"),
        (Result(Status.PASS), ""),
        (Result(Status.PASS, files=1, attempts=(Attempt(1, 0, 1), Attempt(2, 3, 1))), "2 attempts, 1 file"),
        (Result(Status.FAIL, reason="exit code 2", output=Output("a\n\nb \n\n", 7)), "exit code 2: b"),
        (Result(Status.FAIL, reason="exit code 2"), "exit code 2"),
        (Result(Status.TIME, cause=Cause.TIMEOUT, reason="no verdict after 5 s"), "no verdict after 5 s"),
        (
            Result(
                Status.FAIL,
                reason="exit code 1",
                findings=(Finding("bad\nin detail", "b.py", 3, code="E1"), Finding("mild", severity=Severity.NOTE)),
            ),
            "2 findings: b.py:3 E1 bad",
        ),
        (Result(Status.FAIL, findings=(Finding("\x1b[31mred\x07\tone"),)), "1 finding: red\\x07 one"),
        (Result(Status.SKIP, reason="ruff is not installed", files=2), "ruff is not installed"),
    ],
)
def test_what_a_task_came_to_is_said_in_one_line(result: Result, said: str) -> None:
    made = plan(["a"])
    course = Course(made)
    result = result if result.attempts else result._replace(attempts=(Attempt(1, 0.0, 1.0),))
    course.take(TaskEnded(1.0, 0, result))
    assert words.outcome(course.ended[0]) == said
    assert plain(finished(course.ended[0], Style())).startswith(f"{result.status.value} a  ")


@pytest.mark.parametrize(
    ("seconds", "said", "clock"),
    [(0.0, "0s", "00:00"), (59.9, "59s", "00:59"), (65, "1m 05s", "01:05"), (3723, "1h 02m 03s", "1:02:03")],
)
def test_times_are_in_whole_seconds(seconds: float, said: str, clock: str) -> None:
    assert (words.elapsed(seconds), words.clock(seconds)) == (said, clock)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], "a"),
        (["a", "b", "c", "d"], "a, b, c, d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_tasks_of_one_worker_are_named_together(names: list[str], said: str) -> None:
    assert words.together(names) == said


def test_an_estimate_is_no_more_exact_than_it_can_be() -> None:
    def left(seconds: float) -> Any:
        course = Course(plan(["a"], weights=[seconds]))
        return next(text for text, _ in words.counts(course, 0.0) if "left" in text)

    assert [left(seconds) for seconds in (0.3, 7.4, 33.3, 71, 1234, 9999)] == [
        "about 0:01 left",
        "about 0:07 left",
        "about 0:35 left",
        "about 1:10 left",
        "about 21:00 left",
        "about 2:47:00 left",
    ]
