"""The reducer: the only code that decides what runs next.

`step` is given what happened and returns what is to be done. It is deterministic and does no I/O; it owns its state
and changes it in place, so that an event costs time in proportion to the task's own edges.
"""

from collections.abc import Callable
from heapq import heappop
from typing import Any

from omnibase.core.scheduling import attempts
from omnibase.core.scheduling.attempts import FAILED, LEASE, SUCCEEDED
from omnibase.core.scheduling.batches import push, start
from omnibase.core.scheduling.ending import end, end_by_outcomes, end_run, stop
from omnibase.core.scheduling.state import LOAD_IDLE, LOAD_INTERVAL, LOAD_LONGEST, SLOTS_FACTOR, State, ask
from omnibase.model.commands import Ask, CancelBatch, SchedulerCommand, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    BatchEnded,
    Interrupted,
    Noticed,
    Outcome,
    RunStarted,
    Stimulus,
    TimerFired,
)
from omnibase.model.result import Cause, Result, Status

__all__ = [
    "FAILED",
    "LEASE",
    "LOAD_IDLE",
    "LOAD_INTERVAL",
    "LOAD_LONGEST",
    "SLOTS_FACTOR",
    "SUCCEEDED",
    "State",
    "step",
]


def step(state: State, event: Stimulus) -> list[SchedulerCommand]:
    """What is to be done now that `event` has happened. Commands are to be carried out in their order."""
    commands: list[SchedulerCommand] = []
    if not state.finished:
        HANDLERS[type(event)](state, event, commands)
        _advance(state, event.at, commands)
    return commands


# What each event means


def _run_started(state: State, _event: RunStarted, commands: list[SchedulerCommand]) -> None:
    if state.plan.timeout is not None:
        commands.append(WaitUntil(state.plan.timeout, "run"))
    if "before_run" in state.plan.hooks:
        ask(state, Ask("before_run"), commands)
    else:
        _release_first(state)


def _batch_ended(state: State, event: BatchEnded, commands: list[SchedulerCommand]) -> None:
    tasks, _ = state.running.pop(event.batch)
    given = {outcome.task: outcome for outcome in event.outcomes}
    unserved = []
    for task in tasks:
        outcome = given.get(task)
        if outcome is None:
            outcome = Outcome(task, cause=Cause.PROTOCOL, reason="its executor gave no outcome for it")
        if not outcome.served and state.stopping is None and task not in state.timed_out:
            unserved.append(task)
            continue
        state.open_batches[task] -= 1
        if outcome.served:  # else it is given up before it was reached, and what ended the batch says nothing of it
            state.outcomes[task][event.batch] = outcome
            state.metrics["bytes"] += outcome.output.size if outcome.output is not None else 0
    if unserved and len(unserved) == len(tasks):
        # Nobody is to blame and nobody was served: to start the same batch again would never end.
        for task in unserved:
            reason = "its worker ended before it was reached"
            state.outcomes[task][event.batch] = Outcome(task, cause=Cause.CRASHED, reason=reason)
            state.open_batches[task] -= 1
        unserved = []
    late = state.unserved.get(event.batch, ())  # those whose next attempt wants it, and came while it was under way
    if (unserved or late) and state.stopping is None:
        state.unserved[event.batch] = (*unserved, *late)
        push(state, event.batch)
    for task in tasks:
        if not state.open_batches[task]:
            attempts.attempt_ended(state, task, event.at, commands)


def _timer_fired(state: State, event: TimerFired, commands: list[SchedulerCommand]) -> None:
    key = event.key
    if event.timer == "run":
        stop(state, Cause.RUN_TIMEOUT, commands)
    elif event.timer == "batch":
        entry = state.running.get(key)
        timeout = state.plan.batches[key].timeout
        if entry is not None and timeout is not None and event.at >= entry[1] + timeout:
            state.metrics["timeouts"] += 1
            commands.append(CancelBatch(key, Cause.TIMEOUT))
    elif event.timer == "load":
        if state.ready:
            commands.append(Ask("load"))
        else:
            state.load_watched = False
    elif state.ended[key]:
        return
    elif event.timer == "attempt":
        attempts.attempt_timer(state, key, event.at, commands)
    elif event.timer == "deadline":
        attempts.deadline_timer(state, key, event.at, commands)
    elif event.timer == "retry":
        attempts.retry_timer(state, key, commands)


def _answered(state: State, event: Answered, commands: list[SchedulerCommand]) -> None:
    if event.question == "load":
        state.load_watched = False
        if isinstance(event.answer, float) and event.answer > LOAD_IDLE:
            state.slots = min(state.slots * 2, state.plan.slots * SLOTS_FACTOR)
            state.metrics["slots"] = max(state.metrics["slots"], state.slots)
            state.load_interval = LOAD_INTERVAL
        else:
            state.load_interval = min(state.load_interval * 2, LOAD_LONGEST)
        return
    state.held -= 1
    if event.problem is not None:
        commands.append(Tell(Noticed(event.at, event.problem)))
    if event.question == "before_run":
        _release_first(state)
    elif event.question == "after_run":
        end_run(state, event.at, commands)
    elif event.task is not None and not state.ended[event.task] and state.stopping is None:
        if event.question == "before_task":
            attempts.admit(state, event.task, commands)
        elif event.question == LEASE:
            attempts.leased(state, event.task, event, commands)
        elif event.question == FAILED:
            attempts.failure_counted(state, event.task, event, commands)


def _interrupted(state: State, event: Interrupted, commands: list[SchedulerCommand]) -> None:
    if state.signal is None:
        state.signal = event.signal
        stop(state, Cause.INTERRUPTED, commands)
    else:
        commands += [CancelBatch(batch, Cause.INTERRUPTED, force=True) for batch in state.running]


HANDLERS: dict[type, Callable[[State, Any, list[SchedulerCommand]], None]] = {
    RunStarted: _run_started,
    BatchEnded: _batch_ended,
    TimerFired: _timer_fired,
    Answered: _answered,
    Interrupted: _interrupted,
}


# What follows from it


def _advance(state: State, at: float, commands: list[SchedulerCommand]) -> None:
    while state.release:
        _begin(state, state.release.popleft(), at, commands)
    while state.ready and len(state.running) < state.slots:
        start(state, heappop(state.ready)[1], at, commands)
    if state.ready and state.plan.adaptive and not state.load_watched and state.stopping is None:
        state.load_watched = True
        commands.append(WaitUntil(at + state.load_interval, "load"))
    if not state.left and not state.running and not state.held and not state.finished:
        if "after_run" in state.plan.hooks and not state.asked_after:
            state.asked_after = True
            ask(state, Ask("after_run"), commands)
        else:
            end_run(state, at, commands)


def _release_first(state: State) -> None:
    state.release.extend(index for index, count in enumerate(state.waiting) if not count)


def _begin(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """All predecessors have ended: the task ends without running, is asked about, or is queued."""
    if state.ended[index]:
        return
    task = state.plan.tasks[index]
    if task.left_out is not None:
        end(state, index, Result(Status.SKIP, cause=task.left_out.cause, reason=task.left_out.reason), at, commands)
    elif state.stopping is not None:
        end_by_outcomes(state, index, at, commands)
    elif index in state.blocked:
        result = Result(Status.SKIP, cause=Cause.DEPENDENCY, reason=state.blocked[index])
        end(state, index, result, at, commands)
    elif task.standby and index not in state.summoned:
        return  # it begins when it is called upon, and ends when nobody is left who could
    elif "before_task" in state.plan.hooks:
        ask(state, Ask("before_task", index), commands)
    else:
        attempts.admit(state, index, commands)
