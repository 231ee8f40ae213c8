"""Batches: when one is ready, for whom it is started, and for whom again."""

from heapq import heappop, heappush

from omnibase.core.scheduling.asking import STEP, ask_person, stops_before
from omnibase.core.scheduling.room import has_slots, lacking, take
from omnibase.core.scheduling.state import QUEUED, UNDER_WAY, State
from omnibase.model.commands import SchedulerCommand, StartBatch, Tell, WaitUntil
from omnibase.model.events import AttemptStarted, BatchStarted


def queue(state: State, index: int) -> None:
    """The task may run from now on."""
    state.queued[index] = True
    settle(state, index)


def settle(state: State, index: int) -> None:
    """A batch is ready once each of its tasks is settled: it may run, or it has ended without running."""
    for batch in state.plan.tasks[index].batches:
        state.waiting_batch[batch] -= 1
        if not state.waiting_batch[batch] and state.stopping is None:
            push(state, batch)


def push(state: State, batch: int) -> None:
    """Have it wait for a slot."""
    rank = min(state.plan.tasks[span.task].rank for span in state.plan.batches[batch].spans)
    heappush(state.ready, (rank, batch))


def serve_again(state: State, batch: int, index: int) -> None:
    """Have the batch started once more for the task. While it is under way for others, it waits for its end."""
    if batch not in state.started:  # it was not reached so far: its first start serves the task with the others
        if not state.waiting_batch[batch]:
            push(state, batch)
        return
    waiting = state.unserved.get(batch)
    state.unserved[batch] = (*(waiting or ()), index)
    if waiting is None and batch not in state.running:
        push(state, batch)


def start_ready(state: State, at: float, commands: list[SchedulerCommand]) -> None:
    """Start what is ready, in the order of its rank, while there is room.

    What lacks a resource lets others pass. What lacks slots does not: a batch that takes many of them would wait until
    all that take few are through.
    """
    while state.ready and not state.asking:
        entry = state.ready[0]
        number = entry[1]
        name = lacking(state, number)
        if name is not None:
            state.parked.setdefault(name, []).append(heappop(state.ready))
        elif not has_slots(state, number):
            return
        elif (task := _stop(state, number)) is not None:
            state.stepped.add(task)
            ask_person(state, STEP, task, commands)
        else:
            heappop(state.ready)
            start(state, number, at, commands)


def start(state: State, number: int, at: float, commands: list[SchedulerCommand]) -> None:
    """Start a batch that is ready, for those of its tasks that still want it."""
    batch = state.plan.batches[number]
    tasks = _served(state, number)
    state.unserved.pop(number, None)
    if not tasks:
        return
    state.started.add(number)
    state.running[number] = (tasks, at)
    take(state, number)
    state.metrics["batches"] += 1
    for task in tasks:
        trying = state.trying[task]
        if trying is None or trying.began is None or trying.phase == QUEUED:
            _start_attempt(state, task, at, commands)
    commands.append(Tell(BatchStarted(at, number, tasks)))
    commands.append(StartBatch(number, tasks))
    if batch.timeout is not None:
        commands.append(WaitUntil(at + batch.timeout, "batch", number))


def serving(state: State, index: int) -> list[int]:
    """The batches under way that serve the task; one that runs again for others is none of them."""
    running = state.running
    return [batch for batch in state.plan.tasks[index].batches if batch in running and index in running[batch][0]]


def _served(state: State, number: int) -> tuple[int, ...]:
    """The tasks that a batch would be started for."""
    wanted = state.unserved.get(number)
    if wanted is None:
        if number in state.started:  # it was ready before all that it was wanted for had an end, and then again
            return ()
        wanted = tuple(span.task for span in state.plan.batches[number].spans)
    return tuple(task for task in wanted if _wants(state, task))


def _stop(state: State, number: int) -> int | None:
    """A task of the batch that a breakpoint is in front of."""
    if state.plan.breakpoints is None:
        return None
    return next((task for task in _served(state, number) if stops_before(state, task)), None)


def _wants(state: State, index: int) -> bool:
    """Whether a batch still has something to do for the task."""
    return not state.ended[index] and index not in state.timed_out and index not in state.withheld


def _start_attempt(state: State, index: int, at: float, commands: list[SchedulerCommand]) -> None:
    task = state.plan.tasks[index]
    trying = state.tries(index)
    first = trying.began is None
    if first:
        trying.began = at
    else:
        state.metrics["retries"] += 1
    trying.at = at
    trying.phase = UNDER_WAY
    state.metrics["attempts"] += 1
    commands.append(Tell(AttemptStarted(at, index, len(trying.earlier) + 1, trying.why)))
    if task.timeout is not None:
        commands.append(WaitUntil(at + task.timeout, "attempt", index))
    if first and task.deadline is not None:
        commands.append(WaitUntil(at + task.deadline, "deadline", index))
