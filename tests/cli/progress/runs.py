"""Runs for progress to show: a plan, and events told one after another."""

from collections.abc import Callable, Sequence
from typing import Any

from omnibase.cli.progress.course import Course
from omnibase.model.component import Command, Component
from omnibase.model.events import (
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    RunEnded,
    RunStarted,
    TaskEnded,
)
from omnibase.model.plan import Batch, Edge, Plan, Span, Task
from omnibase.model.report import RepositoryState, RunHeader
from omnibase.model.result import Attempt, Output, Result, Status

HEADER = RunHeader("run", "0" * 32, "ci", "async", 1_700_000_000.0, RepositoryState("/repository"))
FILES = tuple(f"{number}.py" for number in range(12))


def plan(
    names: Sequence[str],
    *,
    edges: Sequence[tuple[int, int]] = (),
    weights: Sequence[float] = (),
    slots: int = 4,
    **fields: Any,
) -> Plan:
    """A plan of tasks over twelve files, each with a batch of its own, which has the task's number."""
    tasks = tuple(
        Task(
            Component(name, Command(("true",))),
            files=0,
            weight=weights[number] if weights else 1.0,
            learnt=bool(weights),
            batches=(number,),
        )
        for number, name in enumerate(names)
    )
    batches = tuple(Batch((Span(number),), "command") for number in range(len(tasks)))
    return Plan(tasks, tuple(Edge(*edge) for edge in edges), batches, (FILES,), slots=slots, **fields)


class Run:
    """Makes the events of a run of the plan, and tells them to who listens."""

    def __init__(self, plan: Plan, *listeners: Callable[[Event], object]) -> None:
        self.plan = plan
        self._listeners = listeners

    def tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def begin(self, at: float = 0.0) -> None:
        self.tell(RunStarted(at, HEADER, self.plan))

    def start(self, at: float, *tasks: int, number: int = 1, batch: int | None = None) -> None:
        for task in tasks:
            self.tell(AttemptStarted(at, task, number))
        self.tell(BatchStarted(at, tasks[0] if batch is None else batch, tasks))

    def end(self, at: float, task: int, status: Status = Status.PASS, *, seconds: float = 1.0, **fields: Any) -> None:
        """The batch ends, and the task with it."""
        result = Result(status, files=12, attempts=(Attempt(1, at - seconds, seconds),))._replace(**fields)
        self.tell(BatchEnded(at, task, ()))
        self.tell(TaskEnded(at, task, result))

    def fail(self, at: float, task: int, **fields: Any) -> None:
        output = Output("collecting\n2 failed, 3 passed\n", 30)
        self.end(at, task, Status.FAIL, **{"reason": "exit code 1", "output": output, **fields})

    def rest(self, at: float, task: int, again: float, error: str = "exit code 75") -> None:
        """The attempt has failed in passing."""
        self.tell(BatchEnded(at, task, ()))
        self.tell(AttemptFailed(at, task, Attempt(1, at - 1.0, 1.0, error=error), again))

    def over(self, at: float) -> None:
        self.tell(RunEnded(at))


def three() -> tuple[Run, Course]:
    """Three tasks, forty seconds after the start: one has passed, one failed, one runs."""
    made = plan(["ruff", "mypy", "pytest"], weights=[2.0, 30.0, 100.0])
    course = Course(made)
    run = Run(made, course.take)
    run.start(0.0, 0, 1)
    run.start(0.0, 1)
    run.end(1.25, 0, seconds=1.25)
    run.start(1.25, 2)
    run.fail(32.5, 1, seconds=32.5)
    return run, course


def three_hundred() -> tuple[Run, Course]:
    """Three hundred tasks: half have ended, six of them failed, some are under way, one waits."""
    made = plan([f"check-{number:03}" for number in range(300)], weights=[4.0] * 300, slots=16)
    course = Course(made)
    run = Run(made, course.take)
    for number in range(150):
        run.start(number / 5, number)
        (run.fail if number % 25 == 7 else run.end)(number / 5 + 3.0, number, seconds=3.0)
    for number in range(150, 166):
        run.start(30.0 + (number - 150) / 2, number)
    run.rest(39.0, 165, 43.2)
    run.start(39.5, 166, 167, 168, 169, 170, 171, batch=166)
    return run, course


def last_line(batch: int) -> str | None:
    """What the batch has printed last."""
    return f"tests/test_{batch}.py::test_that_all_of_it_is_as_it_should_be PASSED" if batch % 2 == 0 else None
