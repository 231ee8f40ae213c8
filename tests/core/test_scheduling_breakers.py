"""What the scheduler asks of circuit breakers, and what their answers mean."""

from typing import Any

from omnibase.model.commands import Ask, WaitUntil
from omnibase.model.component import BreakerRule, Retry
from omnibase.model.events import Answered, Interrupted, Noticed, Outcome, RunEnded, TimerFired
from omnibase.model.plan import Edge, Plan
from omnibase.model.result import Cause, Status
from tests.core.stepping import Scheduler, component, passes, tasks, with_task

CLOSED = {"granted": True, "state": "CLOSED", "failures": 0, "again": None}
SHAKEN = {"granted": True, "state": "CLOSED", "failures": 2, "again": None}
OPEN = {"granted": False, "state": "OPEN", "failures": 5, "again": 42.4}
HELD = {"granted": False, "state": "OPEN", "failures": 0, "again": None}
PROBE = {"granted": True, "state": "HALF_OPEN", "failures": 5, "again": None}


def guarded(plan: Plan, **fields: Any) -> Plan:
    """The plan with a breaker for each of its tasks, and attempts that are made again."""
    for number in range(len(plan.tasks)):
        rule = Retry(jitter=0.0, exit_codes=(75,))
        made = component(number, breaker=BreakerRule(), idempotent=True, retry=rule, **fields)
        plan = with_task(plan, number, component=made)
    return plan


def passing() -> Outcome:
    return Outcome(0, exit_code=75)


def test_nobody_is_asked_before_the_first_attempt_where_all_breakers_are_closed() -> None:
    run = Scheduler(guarded(tasks(1)))
    assert run.started == [(0, (0,))]
    run.end(0)
    assert run.asked == []
    assert len(run.told(RunEnded)) == 1


def test_leave_is_asked_where_some_breaker_is_not_closed() -> None:
    run = Scheduler(guarded(tasks(2, guarded=True)))
    assert run.asked == [Ask("lease", 0), Ask("lease", 1)]
    run.feed(Answered(0.1, "lease", 1, CLOSED))
    assert run.started == [(1, (1,))]


def test_an_open_breaker_skips_the_task_and_says_when_it_is_tried_again() -> None:
    run = Scheduler(guarded(tasks(2, guarded=True, edges=(Edge(0, 1),))))
    run.feed(Answered(0.1, "lease", 0, OPEN))
    reason = "its circuit breaker is open after 5 failures in passing; it is tried again in 42 s"
    assert run.verdict(0) == (Status.SKIP, Cause.BREAKER_OPEN, reason)
    assert run.results[0].attempts == ()
    assert "omnibase breaker close c0" in (run.results[0].remedy or "")
    assert run.verdict(1) == (Status.SKIP, Cause.DEPENDENCY, "c0 was skipped")


def test_one_failure_is_told_as_one() -> None:
    run = Scheduler(guarded(tasks(1, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, {**OPEN, "failures": 1}))
    reason = "its circuit breaker is open after 1 failure in passing; it is tried again in 42 s"
    assert run.verdict(0) == (Status.SKIP, Cause.BREAKER_OPEN, reason)


def test_a_breaker_that_was_opened_by_hand_says_so() -> None:
    run = Scheduler(guarded(tasks(1, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, HELD))
    assert run.verdict(0) == (Status.SKIP, Cause.BREAKER_OPEN, "its circuit breaker was opened by hand")


def test_every_failure_in_passing_is_counted_and_leave_is_asked_for_the_next_attempt() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, passing())
    assert run.last == [Ask("failed", 0)]
    run.feed(Answered(1.5, "failed", 0, SHAKEN))
    assert run.waits == [WaitUntil(1.6, "retry", 0)]
    run.feed(TimerFired(1.6, "retry", 0))
    assert run.last == [Ask("lease", 0)]
    run.feed(Answered(1.7, "lease", 0, SHAKEN))
    assert run.started == [(0, (0,))]


def test_an_attempt_that_does_not_fail_is_told_to_a_breaker_that_has_counted_something() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, passing())
    run.feed(Answered(1.5, "failed", 0, SHAKEN))
    run.feed(TimerFired(1.6, "retry", 0))
    run.feed(Answered(1.7, "lease", 0, SHAKEN))
    run.end(0, at=2.0)
    assert run.asked == [Ask("succeeded", 0)]
    assert run.results[0].status is Status.PASS
    assert run.told(RunEnded) == []
    run.feed(Answered(2.1, "succeeded", 0))
    assert run.told(RunEnded)[0].metrics["breaker_changes"] == 1


def test_an_attempt_whose_time_ended_while_a_batch_waited_is_told_to_no_breaker() -> None:
    plan = guarded(passes((0,), (1,), (0,), slots=1, guarded=True))
    run = Scheduler(with_task(plan, 0, rank=5, timeout=1.0))
    run.feed(Answered(0.0, "lease", 0, SHAKEN))
    run.feed(Answered(0.0, "lease", 1, CLOSED))
    run.end(0, at=0.5)
    assert list(run.state.running) == [1]
    run.feed(TimerFired(1.0, "attempt", 0))
    assert run.results[0].status is Status.TIME
    assert run.asked == []


def test_a_probe_that_does_not_fail_closes_the_breaker_although_it_has_findings() -> None:
    run = Scheduler(guarded(tasks(1, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, PROBE))
    run.end(0, exit_code=1)
    assert run.asked == [Ask("succeeded", 0)]
    assert run.results[0].status is Status.FAIL


def test_a_probe_that_could_not_be_tried_says_nothing_of_what_the_breaker_guards() -> None:
    run = Scheduler(guarded(tasks(1, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, PROBE))
    run.end(0, Outcome(0, cause=Cause.NOT_INSTALLED, reason="it is not installed"))
    assert run.asked == []


def test_a_failure_that_opens_the_breaker_is_the_last_attempt() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, passing())
    run.feed(Answered(1.5, "failed", 0, OPEN))
    assert run.waits == []
    assert run.verdict(0) == (Status.FAIL, Cause.TRANSIENT, "exit code 75")
    assert run.told(RunEnded)[0].metrics["breaker_changes"] == 1


def test_a_breaker_that_others_opened_meanwhile_ends_the_attempts() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, passing())
    run.feed(Answered(1.5, "failed", 0, SHAKEN))
    run.feed(TimerFired(1.6, "retry", 0))
    run.feed(Answered(1.7, "lease", 0, OPEN))
    assert run.started == []
    assert run.verdict(0) == (Status.FAIL, Cause.TRANSIENT, "exit code 75")
    assert len(run.results[0].attempts) == 1


def test_a_timeout_is_counted_although_it_is_not_tried_again() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, Outcome(0, cause=Cause.TIMEOUT, reason="no verdict"))
    assert run.last == [Ask("failed", 0)]
    run.feed(Answered(1.5, "failed", 0, SHAKEN))
    assert run.verdict(0) == (Status.TIME, Cause.TIMEOUT, "no verdict")


def test_a_finding_is_no_failure_to_a_breaker() -> None:
    run = Scheduler(guarded(tasks(1)))
    run.end(0, exit_code=1)
    assert run.asked == []


def test_a_breaker_that_cannot_be_asked_stands_in_nobody_s_way() -> None:
    run = Scheduler(guarded(tasks(1, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, problem="other runs hold their database"))
    assert run.started == [(0, (0,))]
    assert run.told(Noticed) == [Noticed(0.1, "other runs hold their database")]


def test_an_answer_after_an_interrupt_starts_nothing_and_the_run_ends_when_all_have_come() -> None:
    run = Scheduler(guarded(tasks(2, guarded=True)))
    run.feed(Answered(0.1, "lease", 0, CLOSED))
    run.feed(Interrupted(0.2, 2))
    run.end(0, Outcome(0, cause=Cause.INTERRUPTED, reason="interrupted"))
    assert run.told(RunEnded) == []
    run.feed(Answered(0.3, "lease", 1, CLOSED))
    assert run.started == []
    assert len(run.told(RunEnded)) == 1
