"""The reducer: the only code that decides what runs next.

`step` is given what happened and returns what is to be done. It is deterministic and does no I/O; it owns its state
and changes it in place, so that an event costs time in proportion to the task's own edges.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from omnibase.core.outcome import BY_CAUSE, is_failure, result_of
from omnibase.model.commands import Ask, CancelBatch, SchedulerCommand, StartBatch, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Interrupted,
    Noticed,
    Outcome,
    RunEnded,
    RunStarted,
    Stimulus,
    TaskEnded,
    TimerFired,
)
from omnibase.model.plan import EdgeKind, KeepGoing, Plan
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

# While more is ready than slots are open, the machine's load is looked at this often (seconds; half as often after
# each time that it was busy, down to the second one), and slots are added while more than this share of the processors'
# time is idle, up to so many for each that the run began with.
LOAD_INTERVAL = 0.02
LOAD_LONGEST = 1.0
LOAD_IDLE = 0.5
SLOTS_FACTOR = 16


class State:
    """Where a run stands. Made with its plan; only `step` changes it."""

    __slots__ = (
        "asked_after",
        "blocked",
        "ended",
        "finished",
        "held",
        "left",
        "load_interval",
        "load_watched",
        "metrics",
        "open_batches",
        "outcomes",
        "plan",
        "queued",
        "ready",
        "release",
        "results",
        "running",
        "signal",
        "slots",
        "started",
        "stopping",
        "successors",
        "timed_out",
        "unserved",
        "waiting",
        "waiting_batch",
    )

    def __init__(self, plan: Plan) -> None:
        count = len(plan.tasks)
        self.plan = plan
        self.slots = plan.slots
        self.successors: list[list[tuple[int, EdgeKind]]] = [[] for _ in range(count)]
        self.waiting = [0] * count  # predecessors that have not ended
        for edge in plan.edges:
            self.successors[edge.before].append((edge.after, edge.kind))
            self.waiting[edge.after] += 1
        self.left = count
        self.ended = [False] * count
        self.results: list[Result | None] = [None] * count
        self.blocked: dict[int, str] = {}  # tasks that cannot run, and why
        self.started: list[float | None] = [None] * count
        self.outcomes: list[list[Outcome]] = [[] for _ in range(count)]
        self.open_batches = [len(task.batches) for task in plan.tasks]
        self.waiting_batch = [len(batch.spans) for batch in plan.batches]  # tasks that are not settled
        self.unserved: dict[int, tuple[int, ...]] = {}  # what is left of a batch that has to be started again
        self.ready: list[tuple[int, int]] = []  # (rank, batch)
        self.running: dict[int, tuple[tuple[int, ...], float]] = {}  # batch -> (tasks, started)
        self.queued = [False] * count  # tasks that may run
        self.release: deque[int] = deque()  # tasks whose predecessors have ended
        self.held = 0  # questions without an answer that the run's end waits for
        self.timed_out: set[int] = set()
        self.load_watched = False
        self.load_interval = LOAD_INTERVAL
        self.asked_after = False
        self.stopping: Cause | None = None
        self.signal: int | None = None
        self.finished = False
        self.metrics = {"attempts": 0, "batches": 0, "timeouts": 0, "slots": plan.slots}


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
        _ask(state, Ask("before_run"), commands)
    else:
        _release_first(state)


def _batch_ended(state: State, event: BatchEnded, commands: list[SchedulerCommand]) -> None:
    tasks, _ = state.running.pop(event.batch)
    given = {outcome.task: outcome for outcome in event.outcomes}
    again = []
    for task in tasks:
        outcome = given.get(task)
        if outcome is None:
            outcome = Outcome(task, cause=Cause.PROTOCOL, reason="its executor gave no outcome for it")
        if not outcome.served and state.stopping is None and task not in state.timed_out:
            again.append(task)
            continue
        state.open_batches[task] -= 1
        if outcome.served:  # else it is given up before it was reached, and what ended the batch says nothing of it
            state.outcomes[task].append(outcome)
    if again and len(again) == len(tasks):
        # Nobody is to blame and nobody was served: to start the same batch again would never end.
        for task in again:
            reason = "its worker ended before it was reached"
            state.outcomes[task].append(Outcome(task, cause=Cause.CRASHED, reason=reason))
            state.open_batches[task] -= 1
    elif again:
        state.unserved[event.batch] = tuple(again)
        _push(state, event.batch)
    for task in tasks:
        if not state.open_batches[task]:
            _end_by_outcomes(state, task, event.at, commands)


def _timer_fired(state: State, event: TimerFired, commands: list[SchedulerCommand]) -> None:
    if event.timer == "run":
        _stop(state, Cause.RUN_TIMEOUT, commands)
    elif event.timer == "batch":
        entry = state.running.get(event.key)
        timeout = state.plan.batches[event.key].timeout
        if entry is not None and timeout is not None and event.at >= entry[1] + timeout:
            state.metrics["timeouts"] += 1
            commands.append(CancelBatch(event.key, Cause.TIMEOUT))
    elif event.timer == "attempt" and not state.ended[event.key]:
        _time_out(state, event.key, event.at, commands)
    elif event.timer == "load":
        if state.ready:
            commands.append(Ask("load"))
        else:
            state.load_watched = False


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
    elif event.question == "before_task" and event.task is not None and not state.ended[event.task]:
        _queue(state, event.task)
    elif event.question == "after_run":
        _end_run(state, event.at, commands)


def _interrupted(state: State, event: Interrupted, commands: list[SchedulerCommand]) -> None:
    if state.signal is None:
        state.signal = event.signal
        _stop(state, Cause.INTERRUPTED, commands)
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
        _start(state, heappop(state.ready)[1], at, commands)
    if state.ready and state.plan.adaptive and not state.load_watched and state.stopping is None:
        state.load_watched = True
        commands.append(WaitUntil(at + state.load_interval, "load"))
    if not state.left and not state.running and not state.held and not state.finished:
        if "after_run" in state.plan.hooks and not state.asked_after:
            state.asked_after = True
            _ask(state, Ask("after_run"), commands)
        else:
            _end_run(state, at, commands)


def _release_first(state: State) -> None:
    state.release.extend(index for index, count in enumerate(state.waiting) if not count)


def _begin(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """All predecessors have ended: the task ends without running, is asked about, or is queued."""
    if state.ended[index]:
        return
    task = state.plan.tasks[index]
    if task.left_out is not None:
        _end(state, index, Result(Status.SKIP, cause=task.left_out.cause, reason=task.left_out.reason), at, commands)
    elif state.stopping is not None:
        _end_by_outcomes(state, index, at, commands)
    elif index in state.blocked:
        result = Result(Status.SKIP, cause=Cause.DEPENDENCY, reason=state.blocked[index])
        _end(state, index, result, at, commands)
    elif "before_task" in state.plan.hooks:
        _ask(state, Ask("before_task", index), commands)
    else:
        _queue(state, index)


def _queue(state: State, index: int) -> None:
    state.queued[index] = True
    _settle_batches(state, index)


def _settle_batches(state: State, index: int) -> None:
    """A batch is ready once each of its tasks is settled: it may run, or it has ended without running."""
    for batch in state.plan.tasks[index].batches:
        state.waiting_batch[batch] -= 1
        if not state.waiting_batch[batch] and state.stopping is None:
            _push(state, batch)


def _push(state: State, batch: int) -> None:
    rank = min(state.plan.tasks[span.task].rank for span in state.plan.batches[batch].spans)
    heappush(state.ready, (rank, batch))


def _start(state: State, number: int, at: float, commands: list[SchedulerCommand]) -> None:
    batch = state.plan.batches[number]
    wanted = state.unserved.pop(number, None) or tuple(span.task for span in batch.spans)
    tasks = tuple(task for task in wanted if not state.ended[task] and task not in state.timed_out)
    if not tasks:
        return
    state.running[number] = (tasks, at)
    state.metrics["batches"] += 1
    for task in tasks:
        if state.started[task] is None:
            state.started[task] = at
            state.metrics["attempts"] += 1
            commands.append(Tell(AttemptStarted(at, task, 1)))
            timeout = state.plan.tasks[task].timeout
            if timeout is not None:
                commands.append(WaitUntil(at + timeout, "attempt", task))
    commands.append(Tell(BatchStarted(at, number, tasks)))
    commands.append(StartBatch(number, tasks))
    if batch.timeout is not None:
        commands.append(WaitUntil(at + batch.timeout, "batch", number))


def _time_out(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """An attempt of several batches is out of time: those under way are cancelled, the rest never start."""
    state.metrics["timeouts"] += 1
    state.timed_out.add(index)
    running = _serving(state, index)
    commands += [CancelBatch(batch, Cause.TIMEOUT) for batch in running]
    state.open_batches[index] = len(running)
    if not running:
        _end_by_outcomes(state, index, at, commands)


def _stop(state: State, cause: Cause, commands: list[SchedulerCommand]) -> None:
    """Nothing new starts. Unless it is only for a failure, what runs is cancelled."""
    if state.stopping in (Cause.INTERRUPTED, cause):
        return
    state.stopping = cause
    state.ready.clear()
    if cause is not Cause.FAIL_FAST:
        commands += [CancelBatch(batch, cause) for batch in state.running]
    active = {task for tasks, _ in state.running.values() for task in tasks}
    for index, ended in enumerate(state.ended):
        if index in active:
            state.open_batches[index] = len(_serving(state, index))
        elif not ended and not state.waiting[index]:
            state.release.append(index)


def _serving(state: State, index: int) -> list[int]:
    """The batches under way that serve the task; one that runs again for others is none of them."""
    running = state.running
    return [batch for batch in state.plan.tasks[index].batches if batch in running and index in running[batch][0]]


def _end_by_outcomes(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    """Nothing more will be known of the task: it ends by what its batches came to, or because it is given up."""
    task = state.plan.tasks[index]
    outcomes = state.outcomes[index]
    cause = Cause.TIMEOUT if index in state.timed_out else state.stopping
    if not outcomes and cause is not None:
        _end(state, index, Result(BY_CAUSE[cause], cause=cause, reason=NOT_STARTED[cause]), at, commands)
        return
    result = result_of(
        task,
        outcomes,
        files=len(state.plan.inputs[task.files]) if task.files is not None else 0,
        started=state.started[index] or 0.0,
        ended=at,
        unfinished=cause if len(outcomes) < len(task.batches) else None,
        change_fails=state.plan.change_fails,
    )
    state.outcomes[index] = []
    _end(state, index, result, at, commands)


def _end(state: State, index: int, result: Result, at: float, commands: list[SchedulerCommand]) -> None:
    state.ended[index] = True
    state.results[index] = result
    state.left -= 1
    if not state.queued[index]:
        _settle_batches(state, index)
    commands.append(Tell(TaskEnded(at, index, result)))
    if "after_task" in state.plan.hooks and result.attempts:
        _ask(state, Ask("after_task", index), commands)
    failed = is_failure(result, required=state.plan.tasks[index].component.required)
    if failed and state.plan.keep_going is KeepGoing.NEVER and state.stopping is None:
        _stop(state, Cause.FAIL_FAST, commands)
    blocks = state.plan.keep_going is not KeepGoing.ALWAYS and (
        failed or (result.status is Status.SKIP and result.cause not in HARMLESS_SKIPS)
    )
    # What is left out passes on what would have blocked it.
    why = _why_blocked(state, index, result) if blocks else state.blocked.get(index)
    for successor, kind in state.successors[index]:
        if why is not None and kind is EdgeKind.NEEDS and not state.ended[successor] and state.stopping is None:
            state.blocked.setdefault(successor, why)
        state.waiting[successor] -= 1
        if not state.waiting[successor]:
            state.release.append(successor)


def _why_blocked(state: State, by: int, result: Result) -> str:
    words = {Status.FAIL: "failed", Status.TIME: "had no verdict in time", Status.SKIP: "was skipped"}
    return f"{state.plan.tasks[by].component.name} {words[result.status]}"


def _ask(state: State, question: Ask, commands: list[SchedulerCommand]) -> None:
    state.held += 1
    commands.append(question)


def _end_run(state: State, at: float, commands: list[SchedulerCommand]) -> None:
    state.finished = True
    commands.append(Tell(RunEnded(at, state.signal, dict(state.metrics))))
