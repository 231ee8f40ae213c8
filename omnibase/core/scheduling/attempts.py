"""Attempts: what follows when one has ended, and what the circuit breakers say to that."""

from collections.abc import Iterable, Mapping

from omnibase.core.outcome import Tries, attempt_of
from omnibase.core.retrying import again
from omnibase.core.scheduling.batches import queue, serve_again, serving
from omnibase.core.scheduling.ending import end_by_outcomes, finish
from omnibase.core.scheduling.state import COUNTING, QUEUED, RESTING, UNDER_WAY, State, ask
from omnibase.core.transience import counts, transience
from omnibase.model.commands import Ask, CancelBatch, SchedulerCommand, Tell, WaitUntil
from omnibase.model.events import Answered, AttemptFailed, Outcome
from omnibase.model.ports import Lease
from omnibase.model.result import Cause, Result, Status

# What is asked of a task's breaker: leave for an attempt, and to take note of how one ended.
LEASE = "lease"
FAILED = "failed"
SUCCEEDED = "succeeded"
CLOSED = "CLOSED"

# A breaker learns nothing from an attempt that never came to what it guards.
UNTRIED = frozenset({Cause.NOT_INSTALLED, Cause.NOT_EXECUTABLE, Cause.INTERRUPTED, Cause.RUN_TIMEOUT, Cause.DRY_RUN})


def admit(state: State, index: int, commands: list[SchedulerCommand]) -> None:
    """The task may be tried for the first time, if its breaker lets it."""
    task = state.plan.tasks[index]
    if state.plan.guarded and task.component.breaker is not None and not task.fix:
        ask(state, Ask(LEASE, index), commands)
    else:
        queue(state, index)


def attempt_ended(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """All batches of an attempt have ended: another one follows, or the task has come to its result."""
    task = state.plan.tasks[index]
    component = task.component
    outcomes = state.outcomes_of(index)
    trying = state.tries(index)
    if task.fix or state.stopping is not None or not outcomes:
        end_by_outcomes(state, index, at, commands)
    elif component.breaker is not None and any(counts(component, outcome) for outcome in outcomes):
        trying.suspect = True
        trying.phase = COUNTING
        trying.over = at
        ask(state, Ask(FAILED, index), commands)
    else:
        # One whose time ended while a batch waited for a slot shows neither a failure nor a success.
        if trying.suspect and index not in state.timed_out and _was_tried(outcomes):
            state.metrics["breaker_changes"] += 1
            ask(state, Ask(SUCCEEDED, index), commands)
        _rest_or_end(state, index, at, commands)


def time_out(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """An attempt is out of time: its batches under way are cancelled, the rest never start."""
    state.metrics["timeouts"] += 1
    state.timed_out.add(index)
    running = serving(state, index)
    commands += [CancelBatch(batch, Cause.TIMEOUT) for batch in running]
    state.open_batches[index] = len(running)
    if not running:
        attempt_ended(state, index, at, commands)


def attempt_timer(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """The time for an attempt is over, if it is still the one that the timer was set for."""
    timeout, trying = state.plan.tasks[index].timeout, state.tries(index)
    if _is_under_way(state, index) and timeout is not None and at >= trying.at + timeout:
        time_out(state, index, at, commands)


def deadline_timer(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """The time for all attempts is over."""
    trying = state.tries(index)
    if trying.by_hand:
        return
    trying.expired = True
    if _is_under_way(state, index):
        time_out(state, index, at, commands)
    elif trying.phase in (RESTING, QUEUED) and index not in state.withheld:
        end_by_outcomes(state, index, at, commands)


def retry_timer(state: State, index: int, commands: list[SchedulerCommand]) -> None:
    """The wait before the next attempt is over."""
    if state.tries(index).phase != RESTING or state.stopping is not None:
        return
    if state.plan.tasks[index].component.breaker is not None:
        ask(state, Ask(LEASE, index), commands)
    else:
        _try_again(state, index)


def leased(state: State, index: int, event: Answered, commands: list[SchedulerCommand]) -> None:
    """The breaker has answered whether the task may be tried; one that could not be asked stands in nobody's way."""
    lease, trying = _lease(event), state.tries(index)
    trying.suspect |= bool(lease.failures) or lease.state != CLOSED
    if lease.granted:
        if trying.phase == RESTING:
            _try_again(state, index)
        else:
            queue(state, index)
    elif trying.began is not None:
        end_by_outcomes(state, index, event.at, commands)
    else:
        name = state.plan.tasks[index].component.name
        remedy = f"see to what it depends on; `omnibase breaker close {name}` has it tried at once"
        result = Result(Status.SKIP, cause=Cause.BREAKER_OPEN, reason=_why_open(lease), remedy=remedy)
        finish(state, index, result, event.at, commands)


def failure_counted(state: State, index: int, event: Answered, commands: list[SchedulerCommand]) -> None:
    """The breaker knows of the failure. It may be open now, and then there is no next attempt."""
    lease = _lease(event)
    if lease.state != CLOSED:
        state.metrics["breaker_changes"] += 1
    if lease.granted:
        _rest_or_end(state, index, event.at, commands)
    else:
        end_by_outcomes(state, index, event.at, commands)


def try_anew(state: State, index: int, result: Result) -> None:
    """The person who saw how it ended wants another attempt, with all of its batches."""
    task, trying = state.plan.tasks[index], state.tries(index)
    trying.earlier = result.attempts
    trying.why = "asked for at a breakpoint"
    trying.by_hand, trying.expired = True, False
    _queue_attempt(state, index, list(task.batches))


def _is_under_way(state: State, index: int) -> bool:
    trying = state.trying[index]
    idle = index in state.withheld or index in state.failed
    return trying is not None and trying.phase == UNDER_WAY and not idle


def _was_tried(outcomes: Iterable[Outcome]) -> bool:
    return all(outcome.cause not in UNTRIED for outcome in outcomes)


def _rest_or_end(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """Wait, without a slot, for the next attempt; or there is none, and the task ends."""
    task, trying = state.plan.tasks[index], state.tries(index)
    outcomes = state.outcomes_of(index)
    further = None
    if not trying.expired and state.plan.retry:
        further = again(
            task.component,
            outcomes,
            number=len(trying.earlier) + 1,
            elapsed=at - (trying.began or 0.0),
            seed=state.plan.seed,
        )
    if further is None:
        end_by_outcomes(state, index, at, commands)
        return
    ended = trying.over if trying.phase == COUNTING else at
    attempt = attempt_of(task, outcomes, Tries(trying.at, trying.why, trying.earlier), ended, error=further.why)
    trying.earlier = (*trying.earlier, attempt)
    trying.phase = RESTING
    trying.why = further.why
    state.metrics["waited_s"] = round(state.metrics["waited_s"] + further.delay, 6)
    commands.append(Tell(AttemptFailed(at, index, attempt, at + further.delay)))
    commands.append(WaitUntil(at + further.delay, "retry", index))


def _try_again(state: State, index: int) -> None:
    """Queue the next attempt: the batches that failed in passing, or that the last one did not come to."""
    task, outcomes = state.plan.tasks[index], state.outcomes[index]
    wanted = [one for one in task.batches if one not in outcomes or transience(task.component, outcomes[one])]
    _queue_attempt(state, index, wanted)


def _queue_attempt(state: State, index: int, batches: list[int]) -> None:
    state.tries(index).phase = QUEUED
    state.timed_out.discard(index)
    state.open_batches[index] = len(batches)
    for batch in batches:
        serve_again(state, batch, index)


def _lease(event: Answered) -> Lease:
    if isinstance(event.answer, Mapping):
        given = event.answer
        return Lease(bool(given["granted"]), str(given["state"]), int(given["failures"]), given["again"])
    return Lease(granted=True, state=CLOSED)


def _why_open(lease: Lease) -> str:
    if lease.again is None:
        return "its circuit breaker was opened by hand"
    noun = "failure" if lease.failures == 1 else "failures"
    after = f" after {lease.failures} {noun} in passing" if lease.failures else ""
    return f"its circuit breaker is open{after}; it is tried again in {max(lease.again, 0.0):.0f} s"
