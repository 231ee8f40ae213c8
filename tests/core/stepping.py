"""A scheduler that is fed by hand, and the smallest plans for it."""

from collections.abc import Sequence
from typing import Any, TypeVar

from omnibase.core.scheduling import State, step
from omnibase.model.commands import Ask, CancelBatch, SchedulerCommand, StartBatch, Tell, WaitUntil
from omnibase.model.component import Command, Component, Lifecycle
from omnibase.model.events import (
    BatchEnded,
    Outcome,
    RunStarted,
    Stimulus,
    TaskEnded,
)
from omnibase.model.plan import Batch, HookCall, Moment, Plan, Span, Task
from omnibase.model.result import Cause, Result, Status
from tests.core.simulator import HEADER

E = TypeVar("E")


class Scheduler:
    """A scheduler in the middle of a run; each call is one event."""

    def __init__(self, plan: Plan) -> None:
        self.state = State(plan)
        self.commands: list[SchedulerCommand] = []
        self.last: list[SchedulerCommand] = []
        self.feed(RunStarted(0.0, HEADER, plan))

    def feed(self, stimulus: Stimulus) -> None:
        self.last = step(self.state, stimulus)
        self.commands += self.last

    def end(self, batch: int, *outcomes: Outcome, at: float = 1.0, exit_code: int = 0) -> None:
        """The batch ends, with these outcomes or else with this exit code."""
        tasks = self.state.running[batch][0]
        self.feed(BatchEnded(at, batch, outcomes or tuple(Outcome(task, exit_code=exit_code) for task in tasks)))

    @property
    def started(self) -> list[tuple[int, tuple[int, ...]]]:
        """What the last event started: batches with their tasks."""
        return [(one.batch, one.tasks) for one in self.last if isinstance(one, StartBatch)]

    @property
    def cancelled(self) -> list[CancelBatch]:
        return [one for one in self.last if isinstance(one, CancelBatch)]

    @property
    def asked(self) -> list[Ask]:
        return [one for one in self.last if isinstance(one, Ask)]

    @property
    def waits(self) -> list[WaitUntil]:
        return [one for one in self.last if isinstance(one, WaitUntil)]

    def told(self, kind: type[E]) -> list[E]:
        """All decisions of a kind, so far."""
        return [one.event for one in self.commands if isinstance(one, Tell) and isinstance(one.event, kind)]

    @property
    def results(self) -> dict[int, Result]:
        return {event.task: event.result for event in self.told(TaskEnded)}

    def verdict(self, task: int) -> tuple[Status, Cause | None, str | None]:
        result = self.results[task]
        return result.status, result.cause, result.reason


def component(number: int, **fields: Any) -> Component:
    """Without a breaker, so that nobody asks for one, unless said otherwise."""
    return Component(f"c{number}", Command(("true",)), **{"lifecycle": Lifecycle.STABLE, "breaker": None, **fields})


def tasks(count: int, **fields: Any) -> Plan:
    """Tasks with a batch each, one slot for each unless said otherwise."""
    made = tuple(Task(component(number), rank=number, batches=(number,)) for number in range(count))
    batches = tuple(Batch((Span(number),), "command") for number in range(count))
    return Plan(made, batches=batches, **{"slots": count, **fields})


def called(*moments: str, **fields: Any) -> tuple[HookCall, ...]:
    """One hook for each of the moments."""
    return tuple(HookCall(Moment(moment), f"hook {number}", **fields) for number, moment in enumerate(moments))


def with_task(plan: Plan, number: int, **fields: Any) -> Plan:
    changed = plan.tasks[number]._replace(**fields)
    return plan._replace(tasks=(*plan.tasks[:number], changed, *plan.tasks[number + 1 :]))


def passes(*members: Sequence[int], **fields: Any) -> Plan:
    """One batch for each of `members`, which are the tasks that it serves."""
    count = max(task for served in members for task in served) + 1
    made = tuple(
        Task(component(task), rank=task, batches=tuple(n for n, served in enumerate(members) if task in served))
        for task in range(count)
    )
    batches = tuple(Batch(tuple(Span(task) for task in served), "python") for served in members)
    return Plan(made, batches=batches, **{"slots": len(members), **fields})
