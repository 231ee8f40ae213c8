"""How tasks end: by what they came to, by what stood in for them, or because the run stops; and how the run does."""

from omnibase.core.outcome import BY_CAUSE, Tries, is_failure, result_of
from omnibase.core.recovering import degraded, lacks_verdict, stood_in
from omnibase.core.scheduling.asking import STEP_FAILED, ask_person, call_hooks, stops_after
from omnibase.core.scheduling.batches import queue, serving, settle
from omnibase.core.scheduling.state import COUNTING, QUEUED, RESTING, State, Trying
from omnibase.model.commands import CancelBatch, SchedulerCommand, Tell
from omnibase.model.events import RunEnded, TaskEnded
from omnibase.model.plan import EdgeKind, KeepGoing, Moment
from omnibase.model.result import Cause, Result, Status

# A dependant runs although what it waits for was skipped, where the skip says nothing about it.
HARMLESS_SKIPS = frozenset({Cause.NO_FILES, Cause.USER_SKIP, Cause.DRY_RUN})

# Why a task has nothing to show when a run stops, or its time is up.
NOT_STARTED = {
    Cause.FAIL_FAST: "not started: another component failed",
    Cause.INTERRUPTED: "not started: the run was interrupted",
    Cause.RUN_TIMEOUT: "not started in the time allowed for the run",
    Cause.TIMEOUT: "not reached in the time allowed",
}


def stop(state: State, cause: Cause, commands: list[SchedulerCommand]) -> None:
    """Nothing new starts. Unless it is only for a failure, what runs is cancelled."""
    if state.stopping in (Cause.INTERRUPTED, cause):
        return
    state.stopping = cause
    state.ready.clear()
    state.parked.clear()
    if cause is not Cause.FAIL_FAST:
        commands += [CancelBatch(batch, cause) for batch in state.running]
    active = {task for tasks, _ in state.running.values() for task in tasks}
    for index, ended in enumerate(state.ended):
        if index in active:
            state.open_batches[index] = len(serving(state, index))
        elif not ended and not state.waiting[index]:
            state.release.append(index)


def end_by_outcomes(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """Nothing more will be known of the task: it ends by what its batches came to, or because it is given up."""
    if index in state.withheld:  # it waits for its fallback, in vain
        end(state, index, state.withheld.pop(index), at, commands)
        return
    if index in state.failed:  # the person who looks at it is waited for no more
        end(state, index, state.failed.pop(index), at, commands)
        return
    task = state.plan.tasks[index]
    outcomes = state.outcomes_of(index)
    state.outcomes[index] = {}
    trying = state.trying[index] or Trying()
    cause = Cause.TIMEOUT if index in state.timed_out else state.stopping
    if not outcomes and cause is not None:
        result = Result(BY_CAUSE[cause], cause=cause, reason=NOT_STARTED[cause], attempts=trying.earlier)
        finish(state, index, result, at, commands)
        return
    tries = Tries(trying.at, trying.why, trying.earlier)
    if trying.phase in (RESTING, QUEUED):  # the attempt that it ends by is over, and among the earlier ones
        *earlier, last = trying.earlier
        tries = Tries(last.started, last.why, tuple(earlier))
        at_last = last.started + last.duration
    else:
        at_last = trying.over if trying.phase == COUNTING else at
    result = result_of(
        task,
        outcomes,
        files=len(state.plan.inputs[task.files]) if task.files is not None else 0,
        tries=tries,
        ended=at_last,
        unfinished=cause if len(outcomes) < len(task.batches) else None,
        change_fails=state.plan.change_fails,
    )
    if stops_after(state, index, result):
        state.failed[index] = result
        ask_person(state, STEP_FAILED, index, commands)
    else:
        finish(state, index, result, at, commands)


def finish(state: State, index: int, result: Result, at: float, commands: list[SchedulerCommand]) -> None:
    """The task has come to a result: it ends with it, or its fallback is called upon."""
    other = state.plan.tasks[index].fallback
    if other is None or state.stopping is not None or not lacks_verdict(result):
        end(state, index, result, at, commands)
        return
    known = state.results[other]
    if known is not None:
        task, name = state.plan.tasks[index], state.plan.tasks[other].component.name
        end(state, index, stood_in(task.component, result, name, known), at, commands)
        return
    state.withheld[index] = result
    if not state.queued[index]:
        queue(state, index)  # nobody else is to wait for it in a batch that it will not be in
    if other not in state.summoned and state.plan.tasks[other].standby:
        state.release.append(other)
    state.summoned.setdefault(other, []).append(index)


def end(state: State, index: int, result: Result, at: float, commands: list[SchedulerCommand]) -> None:
    """The task ends. What waits for it is released, or blocked; who called upon it ends as well."""
    task = state.plan.tasks[index]
    if not task.fix:
        result = degraded(task.component, result)
    state.ended[index] = True
    state.results[index] = result
    state.left -= 1
    if not state.queued[index]:
        settle(state, index)
    commands.append(Tell(TaskEnded(at, index, result)))
    if result.attempts and not task.fix:
        call_hooks(state, Moment.AFTER_TASK, index, commands)
    _settle_fallbacks(state, index, result, at, commands)
    failed = is_failure(result, required=task.component.required) and not task.standby
    if failed and state.plan.keep_going is KeepGoing.NEVER and state.stopping is None:
        stop(state, Cause.FAIL_FAST, commands)
    blocks = state.plan.keep_going is not KeepGoing.ALWAYS and (
        failed or (result.status is Status.SKIP and result.cause not in HARMLESS_SKIPS)
    )
    # What is left out passes on what would have blocked it.
    why = _why_blocked(state, index, result) if blocks else state.blocked.get(index, (0, None))[1]
    for successor, kind in state.successors[index]:
        if why is not None and kind is EdgeKind.NEEDS and not state.ended[successor] and state.stopping is None:
            # Of several, the first in the plan is told of: which one ended first is the machine's.
            state.blocked[successor] = min(state.blocked.get(successor, (index, why)), (index, why))
        state.waiting[successor] -= 1
        if not state.waiting[successor]:
            state.release.append(successor)


def end_run(state: State, at: float, commands: list[SchedulerCommand]) -> None:
    """All promises are kept."""
    state.finished = True
    commands.append(Tell(RunEnded(at, state.signal, dict(state.metrics))))


def _settle_fallbacks(state: State, index: int, result: Result, at: float, commands: list[SchedulerCommand]) -> None:
    """End those that the task stood in for; and what stood by for the task, if nobody is left to call upon that."""
    for caller in state.summoned.get(index, ()):
        if caller in state.withheld:
            own = state.withheld.pop(caller)
            component, name = state.plan.tasks[caller].component, state.plan.tasks[index].component.name
            end(state, caller, stood_in(component, own, name, result), at, commands)
    other = state.plan.tasks[index].fallback
    if other is None:
        return
    state.callers[other] -= 1
    idle = state.plan.tasks[other].standby and other not in state.summoned and not state.ended[other]
    if idle and not state.callers[other]:
        end(state, other, Result(Status.SKIP, cause=Cause.NOT_NEEDED, reason="it was not called upon"), at, commands)


def _why_blocked(state: State, by: int, result: Result) -> str:
    words = {Status.FAIL: "failed", Status.TIME: "had no verdict in time", Status.SKIP: "was skipped"}
    return f"{state.plan.tasks[by].component.name} {words[result.status]}"
