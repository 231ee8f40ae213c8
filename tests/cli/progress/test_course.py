"""What progress knows of a run: counts, what is under way and what waits, and how long it may take."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.cli.formatters.failures import fails
from omnibase.cli.progress.course import Course, Work
from omnibase.core.reporting import report
from omnibase.model.component import Command, Component
from omnibase.model.events import BatchEnded, BatchStarted, Interrupted, TaskEnded
from omnibase.model.plan import LeftOut
from omnibase.model.result import Cause, Result, Status
from tests.cli.progress.runs import Run, plan
from tests.core.plans import random_plan
from tests.core.simulator import Habits, play


def started(names: list[str], **fields: Any) -> tuple[Run, Course]:
    made = plan(names, **fields)
    course = Course(made)
    return Run(made, course.take), course


def test_what_runs_is_there_until_it_ends() -> None:
    run, course = started(["a", "b"])
    run.start(0.5, 0)
    run.start(2.0, 1)
    assert course.work() == [Work(("a",), 0.5, batch=0), Work(("b",), 2.0, batch=1)]
    assert (course.running, course.done, course.failed, course.total) == (2, 0, 0, 2)
    run.end(3.0, 0)
    run.fail(4.0, 1)
    assert course.work() == []
    assert (course.running, course.done, course.failed, course.total) == (0, 2, 1, 2)
    assert [(ended.name, ended.failed) for ended in course.ended] == [("a", False), ("b", True)]


def test_tasks_of_one_worker_are_one_row() -> None:
    run, course = started(["a", "b", "c"])
    run.start(0.0, 0, 2, batch=0)
    assert course.work() == [Work(("a", "c"), 0.0, batch=0)]
    assert course.running == 2


def test_batches_of_one_task_are_one_row_since_its_start_with_the_latest_to_look_at() -> None:
    run, course = started(["a", "b"])
    run.start(1.0, 0, batch=0)
    run.tell(BatchStarted(2.0, 5, (0,)))
    run.tell(BatchStarted(3.0, 7, (0,)))
    assert course.work() == [Work(("a",), 1.0, batch=7)]
    for batch in (0, 5):
        run.tell(BatchEnded(4.0, batch, ()))
    assert course.work() == [Work(("a",), 1.0, batch=7)]


def test_stretches_of_a_pass_that_run_beside_each_other_are_one_row_since_the_first() -> None:
    run, course = started(["a", "b"])
    run.tell(BatchStarted(1.0, 0, (0, 1)))
    run.tell(BatchStarted(2.0, 1, (0, 1)))
    assert course.work() == [Work(("a", "b"), 1.0, batch=1)]


def test_an_attempt_that_failed_in_passing_waits_with_the_reason_and_is_counted_when_it_runs_again() -> None:
    run, course = started(["a"])
    run.start(0.0, 0)
    run.rest(1.0, 0, 4.0, "exit code 75")
    assert course.work() == [Work(("a",), 1.0, 2, until=4.0, why="exit code 75")]
    assert course.running == 0
    run.start(4.0, 0, number=2)
    assert course.work() == [Work(("a",), 4.0, 2, batch=0)]
    run.end(5.0, 0)
    assert course.work() == []


def test_a_wait_that_is_given_up_is_gone() -> None:
    run, course = started(["a"])
    run.start(0.0, 0)
    run.rest(1.0, 0, 4.0)
    run.tell(Interrupted(2.0, 2))
    run.tell(TaskEnded(2.0, 0, Result(Status.SKIP, cause=Cause.INTERRUPTED)))
    assert course.work() == []
    assert course.interrupted


def test_what_has_nothing_to_do_counts_for_nothing() -> None:
    made = plan(["a", "b"])
    left_out = made.tasks[1]._replace(left_out=LeftOut(Cause.NO_FILES, "no files to check"))
    fixer, standby = made.tasks[0]._replace(fix=True), made.tasks[0]._replace(standby=True)
    made = made._replace(tasks=(made.tasks[0], left_out, fixer, standby))
    course = Course(made)
    run = Run(made, course.take)
    assert course.total == 1
    run.tell(TaskEnded(0.0, 1, Result(Status.SKIP, cause=Cause.NO_FILES)))
    assert (course.done, course.ended) == (0, [])
    run.end(1.0, 2)
    assert course.done == 0
    assert [ended.name for ended in course.ended] == ["a (fix)"]
    run.end(1.0, 0)
    assert course.done == 1


def test_a_skip_is_worth_a_line_only_where_it_fails_the_run() -> None:
    _, course = started(["a", "b"])
    course.take(TaskEnded(1.0, 0, Result(Status.SKIP, cause=Cause.DEPENDENCY)))
    course.take(TaskEnded(1.0, 1, Result(Status.SKIP, cause=Cause.BREAKER_OPEN)))
    assert [(ended.name, ended.failed) for ended in course.ended] == [("b", True)]
    assert (course.done, course.failed) == (2, 1)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 12), interrupts=st.integers(0, 1))
def test_at_the_end_of_any_run_all_is_done_and_as_many_failed_as_the_report_says(
    seed: int, count: int, interrupts: int
) -> None:
    random = Random(seed)
    run = play(random_plan(random, count), random, Habits(interrupts=interrupts))
    course = Course(run.plan)
    for event in run.events:
        course.take(event)
        assert course.done <= course.total
        assert course.failed <= course.done
        left = course.left(event.at)
        assert left is None or left > 0
    assert course.done == course.total
    assert course.work() == []
    assert course.failed == sum(fails(entry) for entry in report(run.events).results)


# The estimate


def test_nothing_is_estimated_where_nothing_is_known() -> None:
    run, course = started(["a", "b"])
    run.start(0.0, 0)
    assert not course.is_known
    assert course.left(1.0) is None


@pytest.mark.parametrize(
    ("weights", "edges", "slots", "expected"),
    [
        ([4.0, 4.0, 4.0, 4.0], [], 4, 4.0),
        ([4.0, 4.0, 4.0, 4.0], [], 2, 8.0),
        ([4.0, 4.0, 4.0, 4.0], [], 1, 16.0),
        ([4.0, 4.0, 4.0, 4.0], [(0, 1), (1, 2), (2, 3)], 4, 16.0),
        ([9.0, 1.0, 1.0, 1.0], [(0, 3)], 4, 10.0),
    ],
)
def test_the_estimate_is_the_longest_chain_or_the_work_shared_out(
    weights: list[float], edges: list[tuple[int, int]], slots: int, expected: float
) -> None:
    _, course = started(["a", "b", "c", "d"], weights=weights, edges=edges, slots=slots)
    assert course.left(0.0) == expected


def test_the_estimate_shrinks_as_time_goes_by_and_as_tasks_end_early() -> None:
    run, course = started(["a", "b"], weights=[10.0, 10.0], slots=1)
    run.start(0.0, 0)
    assert course.left(0.0) == 20.0
    assert course.left(0.5) == 19.5  # between two estimates it goes down like a clock
    assert course.left(4.0) == 16.0
    run.end(5.0, 0)
    run.start(5.0, 1)
    assert course.left(5.0) == 10.0


def test_there_is_no_estimate_once_more_was_used_up_than_was_expected() -> None:
    run, course = started(["a"], weights=[2.0])
    run.start(0.0, 0)
    assert course.left(1.0) == 1.0
    assert course.left(2.0) is None
    assert course.left(60.0) is None


def test_what_earlier_runs_say_can_be_learnt_later_and_the_rest_takes_the_usual() -> None:
    _, course = started(["a", "b", "c"], slots=1)
    course.learn({"a": 2.0, "b": 6.0})
    assert course.is_known
    assert course.left(0.0) == 14.0


def test_a_history_of_absurd_durations_teaches_nothing() -> None:
    _, course = started(["a"])
    course.learn({"a": float("inf")})
    course.learn({"a": -5.0})
    course.learn({})
    assert course.left(0.0) is None


def test_the_name_of_a_component_is_made_safe() -> None:
    made = plan(["a"])
    made = made._replace(tasks=(made.tasks[0]._replace(component=Component("a\x1b[31m", Command(("true",)))),))
    assert "\x1b" not in Course(made).names[0]
