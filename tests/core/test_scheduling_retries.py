"""Attempts after the first: when they come, what they are made of, and what keeps them from coming."""

from typing import Any

import pytest

from omnibase.core.retrying import delay
from omnibase.model.commands import CancelBatch, WaitUntil
from omnibase.model.component import Retry
from omnibase.model.events import AttemptFailed, AttemptStarted, Interrupted, Outcome, RunEnded, TimerFired
from omnibase.model.plan import KeepGoing, Plan
from omnibase.model.result import Attempt, Cause, Finding, Status
from tests.core.stepping import Scheduler, component, passes, tasks, with_task

RULE = Retry(jitter=0.0, exit_codes=(75,))
WHY = "exit code 75 is declared as transient"


def retried(plan: Plan, *numbers: int, rule: Retry = RULE, **fields: Any) -> Plan:
    """The plan with these tasks idempotent and tried again."""
    for number in numbers or range(len(plan.tasks)):
        made = component(number, idempotent=True, retry=rule, **fields)
        plan = with_task(plan, number, component=made, deadline=fields.get("deadline"))
    return plan


def passing(task: int = 0) -> Outcome:
    return Outcome(task, exit_code=75)


def test_what_failed_in_passing_is_tried_again_after_its_wait() -> None:
    run = Scheduler(retried(tasks(1)))
    run.end(0, passing(), at=1.0)
    assert run.waits == [WaitUntil(1.1, "retry", 0)]
    assert run.started == []
    run.feed(TimerFired(1.1, "retry", 0))
    assert run.started == [(0, (0,))]
    run.end(0, at=2.0)
    result = run.results[0]
    assert (result.status, result.marked) == (Status.PASS, ("retried",))
    first = Attempt(1, 0.0, 1.0, exit_code=75, error=WHY)
    assert result.attempts == (first, Attempt(2, 1.1, 2.0 - 1.1, exit_code=0, why=WHY))
    assert run.told(AttemptFailed) == [AttemptFailed(1.0, 0, first, 1.1)]
    assert run.told(AttemptStarted) == [AttemptStarted(0.0, 0, 1), AttemptStarted(1.1, 0, 2, WHY)]


def test_the_last_attempt_decides_and_all_are_in_the_result() -> None:
    run = Scheduler(retried(tasks(1)))
    for number in range(3):
        run.end(0, passing(), at=10.0 * number + 1)
        run.feed(TimerFired(10.0 * number + 9, "retry", 0))
    assert run.verdict(0) == (Status.FAIL, Cause.TRANSIENT, "exit code 75")
    assert [attempt.number for attempt in run.results[0].attempts] == [1, 2, 3]
    assert [attempt.why for attempt in run.results[0].attempts] == [None, WHY, WHY]
    assert run.told(RunEnded)[0].metrics["retries"] == 2


def test_waiting_holds_no_slot() -> None:
    run = Scheduler(retried(tasks(2, slots=1)))
    run.end(0, passing())
    assert run.started == [(1, (1,))]
    run.feed(TimerFired(1.1, "retry", 0))
    assert run.started == []
    run.end(1, at=1.5)
    assert run.started == [(0, (0,))]


def test_the_wait_is_that_of_the_run_s_seed() -> None:
    rule = RULE._replace(jitter=0.5)
    run = Scheduler(retried(tasks(1, seed=11), rule=rule))
    run.end(0, passing(), at=1.0)
    assert run.waits == [WaitUntil(1.0 + delay(rule, 1, 11, "c0"), "retry", 0)]


def test_only_the_batches_that_failed_are_run_again() -> None:
    run = Scheduler(retried(passes((0,), (0,), (0,))))
    run.end(0)
    run.end(1, passing())
    run.end(2)
    run.feed(TimerFired(2.0, "retry", 0))
    assert run.started == [(1, (0,))]
    run.end(1, at=3.0)
    assert run.verdict(0) == (Status.PASS, None, None)


def test_in_a_pass_only_who_failed_is_served_again() -> None:
    run = Scheduler(retried(passes((0, 1, 2))))
    run.end(0, Outcome(0), passing(1), Outcome(2))
    assert set(run.results) == {0, 2}
    run.feed(TimerFired(2.0, "retry", 1))
    assert run.started == [(0, (1,))]
    run.end(0, at=3.0)
    assert run.verdict(1) == (Status.PASS, None, None)


def test_a_batch_that_is_under_way_for_others_is_not_started_twice() -> None:
    run = Scheduler(retried(passes((0, 1))))
    run.end(0, passing(0), Outcome(1, served=False, cause=Cause.CRASHED))
    assert run.started == [(0, (1,))]
    run.feed(TimerFired(2.0, "retry", 0))
    assert run.started == []
    run.end(0, at=3.0)
    assert run.started == [(0, (0,))]
    run.end(0, at=4.0)
    assert {task: result.status for task, result in run.results.items()} == {0: Status.PASS, 1: Status.PASS}


def test_who_is_not_served_and_who_is_tried_again_share_the_next_start() -> None:
    run = Scheduler(retried(passes((0, 1, 2))))
    run.end(0, passing(0), Outcome(1, served=False, cause=Cause.CRASHED), Outcome(2))
    run.feed(TimerFired(2.0, "retry", 0))
    run.end(0, Outcome(1, served=False, cause=Cause.CRASHED), at=3.0)
    assert run.started == [(0, (0,))]
    run.end(0, at=4.0)
    assert run.verdict(0) == (Status.PASS, None, None)
    assert run.verdict(1) == (Status.FAIL, Cause.CRASHED, "its worker ended before it was reached")


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(0, exit_code=1),
        Outcome(0, exit_code=75, findings=(Finding("an error"),)),
        Outcome(0, exit_code=75, changed_files=("a.py",)),
        Outcome(0, cause=Cause.PROTOCOL),
        Outcome(0, cause=Cause.TIMEOUT),
    ],
)
def test_no_other_failure_is_tried_again(outcome: Outcome) -> None:
    run = Scheduler(retried(tasks(1)))
    run.end(0, outcome)
    assert run.waits == []
    assert run.results[0].status in (Status.FAIL, Status.TIME)


# Time


def test_each_attempt_has_the_whole_time_that_an_attempt_is_given() -> None:
    plan = retried(passes((0,), (0,)))
    run = Scheduler(with_task(plan, 0, timeout=5.0))
    assert WaitUntil(5.0, "attempt", 0) in run.waits
    run.end(0)
    run.end(1, passing(), at=4.0)
    run.feed(TimerFired(4.5, "retry", 0))
    assert run.waits == [WaitUntil(9.5, "attempt", 0)]
    run.feed(TimerFired(5.0, "attempt", 0))  # of the first attempt
    assert run.cancelled == []
    run.feed(TimerFired(9.5, "attempt", 0))
    assert run.cancelled == [CancelBatch(1, Cause.TIMEOUT)]


def test_a_timeout_is_tried_again_where_that_is_declared_also_for_what_was_not_reached() -> None:
    plan = retried(passes((0,), (0,), slots=1), rule=RULE._replace(on_timeout=True))
    run = Scheduler(with_task(plan, 0, timeout=5.0))
    run.feed(TimerFired(5.0, "attempt", 0))
    run.end(0, Outcome(0, cause=Cause.TIMEOUT), at=6.0)
    assert run.waits == [WaitUntil(6.1, "retry", 0)]
    run.feed(TimerFired(6.1, "retry", 0))
    assert run.started == [(0, (0,))]
    run.end(0, at=7.0)
    assert run.started == [(1, (0,))]
    run.end(1, at=8.0)
    assert run.verdict(0) == (Status.PASS, None, None)


def test_the_deadline_ends_an_attempt_and_allows_no_other() -> None:
    run = Scheduler(retried(tasks(1), rule=RULE._replace(on_timeout=True), deadline=5.0))
    assert WaitUntil(5.0, "deadline", 0) in run.waits
    run.end(0, passing(), at=1.0)
    run.feed(TimerFired(1.1, "retry", 0))
    assert run.waits == []
    run.feed(TimerFired(5.0, "deadline", 0))
    assert run.cancelled == [CancelBatch(0, Cause.TIMEOUT)]
    run.end(0, Outcome(0, cause=Cause.TIMEOUT, reason="no verdict"), at=5.5)
    assert run.verdict(0) == (Status.TIME, Cause.TIMEOUT, "no verdict")
    assert [attempt.number for attempt in run.results[0].attempts] == [1, 2]


def test_the_deadline_does_not_wait_for_a_slot() -> None:
    run = Scheduler(retried(tasks(2, slots=1), 0, deadline=5.0))
    run.end(0, passing())
    run.feed(TimerFired(1.1, "retry", 0))
    run.feed(TimerFired(5.0, "deadline", 0))
    assert run.verdict(0) == (Status.FAIL, Cause.TRANSIENT, "exit code 75")
    assert run.results[0].attempts == (Attempt(1, 0.0, 1.0, exit_code=75, error="exit code 75"),)
    run.end(1, at=6.0)
    assert run.started == []
    assert len(run.told(RunEnded)) == 1


def test_what_waits_for_its_next_attempt_ends_with_the_last_one_when_the_run_is_interrupted() -> None:
    run = Scheduler(retried(tasks(1)))
    run.end(0, passing())
    run.feed(Interrupted(1.05, 2))
    assert run.verdict(0) == (Status.FAIL, Cause.TRANSIENT, "exit code 75")
    assert len(run.results[0].attempts) == 1
    run.feed(TimerFired(1.1, "retry", 0))
    assert run.started == []


def test_an_attempt_that_is_interrupted_has_no_verdict_whatever_the_one_before_came_to() -> None:
    run = Scheduler(retried(tasks(1)))
    run.end(0, passing())
    run.feed(TimerFired(1.1, "retry", 0))
    run.feed(Interrupted(1.2, 2))
    run.end(0, Outcome(0, cause=Cause.INTERRUPTED, reason="interrupted"), at=1.3)
    assert run.verdict(0) == (Status.SKIP, Cause.INTERRUPTED, "interrupted")
    assert [attempt.error for attempt in run.results[0].attempts] == [WHY, "interrupted"]


def test_with_fail_fast_a_failure_counts_only_when_there_is_no_further_attempt() -> None:
    run = Scheduler(retried(tasks(3, slots=2, keep_going=KeepGoing.NEVER), 0))
    run.end(0, passing())
    assert run.started == [(2, (2,))]
    run.feed(TimerFired(1.1, "retry", 0))
    run.end(1, at=2.0)
    assert run.started == [(0, (0,))]


def test_what_needs_the_task_waits_for_its_last_attempt() -> None:
    from omnibase.model.plan import Edge

    run = Scheduler(retried(tasks(2, edges=(Edge(0, 1),)), 0))
    run.end(0, passing())
    assert run.started == []
    run.feed(TimerFired(1.1, "retry", 0))
    run.end(0, at=2.0)
    assert run.started == [(1, (1,))]
