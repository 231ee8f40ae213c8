"""Limits of time and interrupts: what is cancelled, and what becomes of the rest."""

from omnibase.model.commands import CancelBatch, WaitUntil
from omnibase.model.events import (
    Interrupted,
    Outcome,
    RunEnded,
    TimerFired,
)
from omnibase.model.plan import Edge
from omnibase.model.result import Cause, Status
from tests.core.stepping import Scheduler, passes, tasks, with_task

NO_VERDICT = "no verdict in the time allowed"


def test_a_batch_out_of_time_is_cancelled_and_its_late_timer_means_nothing() -> None:
    plan = tasks(2)
    plan = plan._replace(batches=tuple(batch._replace(timeout=5.0) for batch in plan.batches))
    run = Scheduler(plan)
    assert run.waits == [WaitUntil(5.0, "batch", 0), WaitUntil(5.0, "batch", 1)]
    run.end(0)
    run.feed(TimerFired(5.0, "batch", 0))
    assert run.last == []
    run.feed(TimerFired(5.0, "batch", 1))
    assert run.cancelled == [CancelBatch(1, Cause.TIMEOUT)]
    run.end(1, Outcome(1, cause=Cause.TIMEOUT, reason="no verdict after 5 s"))
    assert run.verdict(1) == (Status.TIME, Cause.TIMEOUT, "no verdict after 5 s")
    assert run.told(RunEnded)[0].metrics["timeouts"] == 1


def test_the_timer_of_a_batch_says_nothing_of_the_same_batch_started_again() -> None:
    plan = passes((0, 1))
    run = Scheduler(plan._replace(batches=(plan.batches[0]._replace(timeout=5.0),)))
    run.end(0, Outcome(0, cause=Cause.CRASHED), Outcome(1, served=False), at=3.0)
    assert run.started == [(0, (1,))]
    run.feed(TimerFired(5.0, "batch", 0))
    assert run.cancelled == []
    run.feed(TimerFired(8.0, "batch", 0))
    assert run.cancelled == [CancelBatch(0, Cause.TIMEOUT)]


def test_an_attempt_out_of_time_starts_no_further_batch() -> None:
    plan = with_task(passes((0,), (0,), (0,), (1,), slots=2), 0, timeout=5.0)
    run = Scheduler(plan)
    assert run.waits == [WaitUntil(5.0, "attempt", 0)]
    run.feed(TimerFired(5.0, "attempt", 0))
    assert run.cancelled == [CancelBatch(0, Cause.TIMEOUT), CancelBatch(1, Cause.TIMEOUT)]
    run.end(1, Outcome(0, cause=Cause.TIMEOUT, reason="no verdict after 5 s"))
    assert run.started == [(3, (1,))]
    assert 0 not in run.results
    run.end(0, Outcome(0, cause=Cause.TIMEOUT, reason="no verdict after 5 s"))
    assert run.verdict(0) == (Status.TIME, Cause.TIMEOUT, "no verdict after 5 s; 0 of 3 batches had ended")
    run.end(3)
    assert run.told(RunEnded)[0].metrics["timeouts"] == 1


def test_an_attempt_out_of_time_has_no_verdict_although_the_run_is_interrupted_then() -> None:
    run = Scheduler(with_task(passes((0,), (0,), slots=1), 0, timeout=5.0))
    run.feed(TimerFired(5.0, "attempt", 0))
    run.feed(Interrupted(5.1, 2))
    run.end(0)
    assert run.verdict(0) == (Status.TIME, Cause.TIMEOUT, f"{NO_VERDICT}; 1 of 2 batches had ended")


def test_an_attempt_out_of_time_between_two_batches_ends_at_once() -> None:
    plan = with_task(passes((0,), (1,), (0,), slots=1), 0, timeout=5.0)
    run = Scheduler(with_task(plan, 1, rank=-1))
    run.end(1)
    run.end(0)
    run.feed(TimerFired(6.0, "attempt", 0))
    assert run.cancelled == [CancelBatch(2, Cause.TIMEOUT)]
    waiting = Scheduler(with_task(with_task(plan, 0, rank=0), 1, rank=0))  # of one rank the first batch goes first
    waiting.end(0)
    assert waiting.started == [(1, (1,))]
    waiting.feed(TimerFired(5.0, "attempt", 0))
    assert waiting.verdict(0) == (Status.TIME, Cause.TIMEOUT, f"{NO_VERDICT}; 1 of 2 batches had ended")
    waiting.end(1)
    assert waiting.started == []


def test_the_run_s_timeout_cancels_what_runs_and_starts_nothing() -> None:
    run = Scheduler(tasks(2, slots=1, timeout=9.0))
    assert run.waits == [WaitUntil(9.0, "run")]
    run.feed(TimerFired(9.0, "run"))
    assert run.cancelled == [CancelBatch(0, Cause.RUN_TIMEOUT)]
    assert run.verdict(1) == (Status.TIME, Cause.RUN_TIMEOUT, "not started in the time allowed for the run")
    run.end(0, Outcome(0, cause=Cause.RUN_TIMEOUT, reason="too late"))
    assert run.results[0].status is Status.TIME
    assert run.told(RunEnded)[0].signal is None


# Interrupts


def test_an_interrupt_asks_what_runs_to_end_and_the_next_one_makes_it() -> None:
    run = Scheduler(tasks(3, slots=2, edges=(Edge(0, 2),)))
    run.feed(Interrupted(1.0, 2))
    assert run.cancelled == [CancelBatch(0, Cause.INTERRUPTED), CancelBatch(1, Cause.INTERRUPTED)]
    run.end(0)
    assert run.results[0].status is Status.PASS
    assert run.verdict(2) == (Status.SKIP, Cause.INTERRUPTED, "not started: the run was interrupted")
    run.feed(Interrupted(2.0, 15))
    assert run.cancelled == [CancelBatch(1, Cause.INTERRUPTED, force=True)]
    run.end(1, Outcome(1, cause=Cause.INTERRUPTED, reason="interrupted"))
    assert run.told(RunEnded)[0].signal == 2


def test_an_interrupt_after_the_run_s_timeout_counts() -> None:
    run = Scheduler(tasks(1, timeout=9.0))
    run.feed(TimerFired(9.0, "run"))
    run.feed(Interrupted(9.5, 15))
    assert run.cancelled == [CancelBatch(0, Cause.INTERRUPTED)]
    run.feed(TimerFired(9.6, "run"))
    assert run.last == []
    run.end(0)
    assert run.told(RunEnded)[0].signal == 15


def test_an_interrupt_ends_a_task_in_whose_pass_others_are_served_again() -> None:
    run = Scheduler(passes((0, 1), (0,)))
    run.end(0, Outcome(0, cause=Cause.CRASHED, reason="it crashed"), Outcome(1, served=False))
    assert run.started == [(0, (1,))]
    run.feed(Interrupted(2.0, 2))
    run.end(1, Outcome(0, cause=Cause.INTERRUPTED))
    assert run.verdict(0) == (Status.FAIL, Cause.CRASHED, "it crashed")
    run.end(0, Outcome(1, cause=Cause.INTERRUPTED))
    assert len(run.told(RunEnded)) == 1
