"""The reducer: the only code that decides what runs next.

`step` is given what happened and returns what is to be done. It is deterministic and does no I/O; it owns its state
and changes it in place, so that an event costs time in proportion to the task's own edges.
"""

from collections.abc import Callable, Mapping
from typing import Any

from omnibase.core.scheduling import attempts, room
from omnibase.core.scheduling.asking import STEP, STEP_FAILED, ask_next, call_hooks, said, veto_of
from omnibase.core.scheduling.attempts import FAILED, LEASE, SUCCEEDED
from omnibase.core.scheduling.batches import push, start_ready
from omnibase.core.scheduling.ending import end, end_by_outcomes, end_run, finish, stop
from omnibase.core.scheduling.state import LOAD_IDLE, LOAD_INTERVAL, LOAD_LONGEST, MEMORY_SHORT, SLOTS_FACTOR, State
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
from omnibase.model.plan import Moment
from omnibase.model.result import Cause, Result, Status

__all__ = [
    "FAILED",
    "LEASE",
    "LOAD_IDLE",
    "LOAD_INTERVAL",
    "LOAD_LONGEST",
    "MEMORY_SHORT",
    "SLOTS_FACTOR",
    "STEP",
    "STEP_FAILED",
    "SUCCEEDED",
    "State",
    "step",
]

# The moments before the first task and after the last one, in their order.
BEFORE = (Moment.BEFORE_RUN, Moment.BEFORE_STAGE)
AFTER = (Moment.AFTER_STAGE, Moment.AFTER_RUN)
INTERRUPT = 2  # who quits at a breakpoint ends the run as SIGINT does
SKIPPED = "skipped at a breakpoint"


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
    _begin_run(state, 0, commands)


def _batch_ended(state: State, event: BatchEnded, commands: list[SchedulerCommand]) -> None:
    tasks, _ = state.running.pop(event.batch)
    room.give_back(state, event.batch)
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
        load = event.answer if isinstance(event.answer, Mapping) else {}
        room.adapt(state, load.get("idle"), load.get("memory"))
        return
    state.held -= 1
    if event.problem is not None:
        commands.append(Tell(Noticed(event.at, event.problem)))
    if event.hook is not None:
        _hook_called(state, event, event.hook, commands)
    elif event.question in (STEP, STEP_FAILED):
        if event.task is not None and state.stopping is None:
            _person_answered(state, event, event.task, commands)
        if state.stopping is None:
            ask_next(state, commands)
    elif event.task is not None and not state.ended[event.task] and state.stopping is None:
        if event.question == LEASE:
            attempts.leased(state, event.task, event, commands)
        elif event.question == FAILED:
            attempts.failure_counted(state, event.task, event, commands)


def _hook_called(state: State, event: Answered, hook: int, commands: list[SchedulerCommand]) -> None:
    moment, task = Moment(event.question), event.task
    veto = veto_of(event)
    goes_on = state.stopping is None or moment in (*AFTER, Moment.AFTER_TASK)
    if veto is None and goes_on and call_hooks(state, moment, task, commands, after=hook):
        return
    if moment in BEFORE:
        state.vetoed = veto
        _begin_run(state, BEFORE.index(moment) + 1, commands)
    elif moment is Moment.BEFORE_TASK and task is not None and not state.ended[task] and state.stopping is None:
        if state.plan.tasks[task].fix:
            state.fixers[state.plan.tasks[task].component.name] = veto
        _admit(state, task, veto, event.at, commands)


def _person_answered(state: State, event: Answered, task: int, commands: list[SchedulerCommand]) -> None:
    done = said(event)
    if done == "continue":
        state.stepping = False
    elif done == "quit":
        state.signal = INTERRUPT
    result = state.failed.pop(task, None)
    if result is not None and done == "retry":
        attempts.try_anew(state, task, result)
    elif result is not None:
        finish(state, task, result, event.at, commands)
    elif done == "skip":
        end(state, task, Result(Status.SKIP, cause=Cause.USER_SKIP, reason=SKIPPED), event.at, commands)
    if done == "quit":
        stop(state, Cause.INTERRUPTED, commands)


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
    start_ready(state, at, commands)
    if state.ready and state.plan.adaptive and not state.load_watched and state.stopping is None:
        state.load_watched = True
        commands.append(WaitUntil(at + state.load_interval, "load"))
    if not state.left and not state.running and not state.held and not state.finished:
        while state.asked_after < len(AFTER):
            state.asked_after += 1
            if call_hooks(state, AFTER[state.asked_after - 1], None, commands):
                return
        end_run(state, at, commands)


def _begin_run(state: State, position: int, commands: list[SchedulerCommand]) -> None:
    """Call the hooks of the moments from a position on; when all are through, or one has vetoed, tasks begin."""
    for moment in BEFORE[position:] if state.vetoed is None and state.stopping is None else ():
        if call_hooks(state, moment, None, commands):
            return
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
        result = Result(Status.SKIP, cause=Cause.DEPENDENCY, reason=state.blocked[index][1])
        end(state, index, result, at, commands)
    elif task.standby and index not in state.summoned:
        if not state.callers[index]:  # nobody who falls back on it has anything to look at
            unneeded = Result(Status.SKIP, cause=Cause.NOT_NEEDED, reason="it was not called upon")
            end(state, index, unneeded, at, commands)
        # else it begins when it is called upon, and ends when nobody is left who could
    elif state.vetoed is not None:
        _admit(state, index, state.vetoed, at, commands)
    elif not task.fix and task.component.name in state.fixers:  # its hooks were called before its fixer began
        _admit(state, index, state.fixers[task.component.name], at, commands)
    elif not call_hooks(state, Moment.BEFORE_TASK, index, commands):
        attempts.admit(state, index, commands)


def _admit(state: State, index: int, veto: str | None, at: float, commands: list[SchedulerCommand]) -> None:
    """The task may be tried, unless a hook has something against it."""
    if veto is None:
        attempts.admit(state, index, commands)
        return
    reason = f"vetoed by {veto}"
    remedy = "see to what the hook complains of, or leave the hook out in the registry"
    end(state, index, Result(Status.SKIP, cause=Cause.VETOED, reason=reason, remedy=remedy), at, commands)
