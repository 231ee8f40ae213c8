"""What starts when, what a failure and a skip mean for the rest, and who is to blame for a dead worker."""

from typing import Any

import pytest

from omnibase.model.component import Lifecycle
from omnibase.model.events import (
    Outcome,
    RunEnded,
)
from omnibase.model.plan import Batch, Edge, EdgeKind, KeepGoing, LeftOut, Plan, Span
from omnibase.model.result import Cause, Status
from tests.core.stepping import Scheduler, component, passes, tasks, with_task

METRICS = {
    "attempts": 0,
    "batches": 0,
    "breaker_changes": 0,
    "bytes": 0,
    "retries": 0,
    "slots": 1,
    "timeouts": 0,
    "waited_s": 0.0,
}
NEEDS, AFTER = EdgeKind.NEEDS, EdgeKind.AFTER


# What starts, and when


def test_a_run_without_tasks_ends_as_it_starts() -> None:
    run = Scheduler(Plan(()))
    assert run.told(RunEnded) == [RunEnded(0.0, None, METRICS)]


def test_the_lowest_rank_starts_first_and_only_as_many_as_there_are_slots() -> None:
    plan = tasks(4, slots=2)
    for number, rank in enumerate((3, 0, 2, 1)):
        plan = with_task(plan, number, rank=rank)
    run = Scheduler(plan)
    assert run.started == [(1, (1,)), (3, (3,))]
    run.end(3)
    assert run.started == [(2, (2,))]
    run.end(1)
    assert run.started == [(0, (0,))]


def test_a_pass_has_the_rank_of_the_first_of_its_tasks() -> None:
    plan = passes((0, 1), (2,), (3,), slots=1)
    for number, rank in enumerate((5, 1, 2, 0)):
        plan = with_task(plan, number, rank=rank)
    run = Scheduler(plan)
    assert run.started == [(2, (3,))]
    run.end(2)
    assert run.started == [(0, (0, 1))]


def test_a_task_starts_when_the_last_of_its_predecessors_has_ended() -> None:
    run = Scheduler(tasks(3, edges=(Edge(0, 2), Edge(1, 2, AFTER))))
    run.end(0)
    assert run.started == []
    run.end(1)
    assert run.started == [(2, (2,))]


def test_a_task_of_several_batches_ends_with_the_last_of_them() -> None:
    plan = with_task(tasks(1), 0, batches=(0, 1))._replace(batches=(Batch((Span(0, 0, 2),), "command"),) * 2, slots=2)
    run = Scheduler(plan)
    run.end(1, exit_code=1)
    assert run.results == {}
    run.end(0)
    assert run.verdict(0) == (Status.FAIL, None, "exit code 1")
    assert len(run.told(RunEnded)) == 1


def test_a_pass_waits_for_all_its_tasks_and_starts_without_those_that_do_not_run() -> None:
    run = Scheduler(passes((0,), (1,), (2, 3, 4), edges=(Edge(0, 2), Edge(1, 3))))
    run.end(0, exit_code=1)
    assert run.started == []
    run.end(1)
    assert run.started == [(2, (3, 4))]


# What a failure and a skip mean for what comes after


@pytest.mark.parametrize(
    ("keep_going", "kind", "runs"),
    [
        (KeepGoing.INDEPENDENT, NEEDS, False),
        (KeepGoing.INDEPENDENT, AFTER, True),
        (KeepGoing.ALWAYS, NEEDS, True),
        (KeepGoing.ALWAYS, AFTER, True),
        (KeepGoing.NEVER, NEEDS, False),
        (KeepGoing.NEVER, AFTER, False),
    ],
)
def test_what_comes_after_a_failure(keep_going: KeepGoing, kind: EdgeKind, runs: bool) -> None:
    run = Scheduler(tasks(2, edges=(Edge(0, 1, kind),), keep_going=keep_going))
    run.end(0, exit_code=1)
    assert run.started == ([(1, (1,))] if runs else [])
    if keep_going is KeepGoing.NEVER:
        assert run.verdict(1) == (Status.SKIP, Cause.FAIL_FAST, "not started: another component failed")
    elif not runs:
        assert run.verdict(1) == (Status.SKIP, Cause.DEPENDENCY, "c0 failed")


@pytest.mark.parametrize(
    ("cause", "runs"),
    [(Cause.NO_FILES, True), (Cause.USER_SKIP, True), (Cause.GATED, False)],
)
def test_what_needs_something_that_is_left_out(cause: Cause, runs: bool) -> None:
    plan = with_task(tasks(2, edges=(Edge(0, 1),)), 0, left_out=LeftOut(cause, "the reason"), batches=())
    run = Scheduler(plan)
    assert run.verdict(0) == (Status.SKIP, cause, "the reason")
    assert run.started == ([(1, (1,))] if runs else [])
    if not runs:
        assert run.verdict(1) == (Status.SKIP, Cause.DEPENDENCY, "c0 was skipped")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(0, cause=Cause.TIMEOUT), "c0 had no verdict in time"),
        (Outcome(0, cause=Cause.NOT_INSTALLED), "c0 was skipped"),
        (Outcome(0, status=Status.SKIP), "c0 was skipped"),
        (Outcome(0, cause=Cause.DRY_RUN), None),
        (Outcome(0, status=Status.WARN), None),
        (Outcome(0, status=Status.PASS), None),
    ],
)
def test_what_needs_a_task_that_ends_so(outcome: Outcome, reason: str | None) -> None:
    run = Scheduler(with_task(tasks(2, edges=(Edge(0, 1),)), 0, component=component(0, required=False)))
    run.end(0, outcome)
    assert run.started == ([(1, (1,))] if reason is None else [])
    assert reason is None or run.verdict(1) == (Status.SKIP, Cause.DEPENDENCY, reason)


def test_a_failure_reaches_dependants_through_what_is_left_out() -> None:
    plan = tasks(4, edges=(Edge(0, 1), Edge(1, 2), Edge(1, 3, AFTER)))
    plan = with_task(plan, 1, left_out=LeftOut(Cause.NO_FILES, "no files to check"), batches=())
    run = Scheduler(plan)
    run.end(0, exit_code=1)
    assert run.results[1].cause is Cause.NO_FILES
    assert run.verdict(2) == (Status.SKIP, Cause.DEPENDENCY, "c0 failed")
    assert run.started == [(3, (3,))]


def test_with_never_what_runs_may_end_and_nothing_else_starts() -> None:
    run = Scheduler(tasks(3, slots=2, keep_going=KeepGoing.NEVER))
    run.end(0, exit_code=1)
    assert (run.started, run.cancelled) == ([], [])
    assert run.results[2].cause is Cause.FAIL_FAST
    run.end(1)
    assert run.results[1].status is Status.PASS
    assert len(run.told(RunEnded)) == 1


def test_with_never_a_task_that_is_half_done_is_not_finished() -> None:
    plan = passes((0,), (1,), (1,), slots=2, keep_going=KeepGoing.NEVER)
    run = Scheduler(plan)
    run.end(0, exit_code=1)
    run.end(1)
    assert run.verdict(1) == (Status.SKIP, Cause.FAIL_FAST, "not finished: another component failed")
    assert len(run.results[1].attempts) == 1


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"lifecycle": Lifecycle.EXPERIMENTAL}, Outcome(0, exit_code=1)),
        ({"required": False}, Outcome(0, cause=Cause.NOT_INSTALLED)),
    ],
)
def test_with_never_what_does_not_fail_the_run_stops_nothing(fields: dict[str, Any], outcome: Outcome) -> None:
    plan = with_task(tasks(2, slots=1, keep_going=KeepGoing.NEVER), 0, component=component(0, **fields))
    run = Scheduler(plan)
    run.end(0, outcome)
    assert run.started == [(1, (1,))]


# Workers that die


def test_only_who_was_at_work_is_to_blame_for_a_dead_worker() -> None:
    run = Scheduler(passes((0, 1, 2)))
    run.end(0, Outcome(0, served=False), Outcome(1, cause=Cause.CRASHED, reason="crashed"), Outcome(2, served=False))
    assert run.results.keys() == {1}
    assert run.started == [(0, (0, 2))]
    run.end(0)
    assert [run.results[task].status for task in (0, 1, 2)] == [Status.PASS, Status.FAIL, Status.PASS]


def test_a_worker_that_dies_before_it_began_is_not_tried_for_ever() -> None:
    run = Scheduler(passes((0, 1)))
    run.end(0, Outcome(0, served=False), Outcome(1, served=False))
    assert run.started == []
    for task in (0, 1):
        assert run.verdict(task) == (Status.FAIL, Cause.CRASHED, "its worker ended before it was reached")


def test_who_was_not_reached_has_not_failed_when_the_run_stops() -> None:
    run = Scheduler(passes((0,), (1, 2), keep_going=KeepGoing.NEVER))
    run.end(0, exit_code=1)
    run.end(1, Outcome(1, cause=Cause.CRASHED), Outcome(2, served=False, cause=Cause.CRASHED))
    assert run.results[1].status is Status.FAIL
    assert run.verdict(2) == (Status.SKIP, Cause.FAIL_FAST, "not started: another component failed")


def test_a_task_that_the_executor_has_no_outcome_for_breaks_the_protocol() -> None:
    run = Scheduler(passes((0, 1)))
    run.end(0, Outcome(1, exit_code=0))
    assert run.verdict(0) == (Status.FAIL, Cause.PROTOCOL, "its executor gave no outcome for it")
    assert run.results[1].status is Status.PASS
