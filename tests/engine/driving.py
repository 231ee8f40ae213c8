"""Small plans, carried out by the real driver with the real executors."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.core.reporting import report
from omnibase.core.scheduling import State
from omnibase.engine.driver import Answer, Driver
from omnibase.engine.observers import Collector, Observers
from omnibase.executors.command import CommandExecutor
from omnibase.executors.python.executor import PythonExecutor, WorkerEnd
from omnibase.inputs.git import clean_environment
from omnibase.model.commands import Ask
from omnibase.model.component import Component
from omnibase.model.events import BatchEnded, BatchStarted, Event, Outcome, TaskEnded
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Executor, Observer, Place, Running, Share
from omnibase.model.report import ReportedResult, RepositoryState, RunHeader
from omnibase.model.result import Result, Status
from omnibase.parsers import PARSERS, parser
from tests.executors.batches import RUN_ID


class Hooks:
    """Functions of a Python file, called in a worker as a plugin's run and task hooks are."""

    def __init__(self, executor: PythonExecutor, file: Path) -> None:
        self._executor = executor
        self._file = file

    def start(self, ask: Ask, _state: State) -> Running:
        question, task, _ = ask

        def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
            problem = end.answer if end.status == 0 else f"{question} did not come to an end"
            return (Outcome(task or 0, status=Status.FAIL if problem else Status.PASS, reason=problem),)

        target = f"{self._file.stem}:{question}"
        return self._executor.call(target, task, [str(self._file.parent)], None, interpret)


class Run:
    """What a drive came to."""

    def __init__(self, plan: Plan, events: Sequence[Event]) -> None:
        self.plan = plan
        self.events = events
        self.report = report(events)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def result(self, name: str) -> Result:
        return self.entry(name).result

    def entry(self, name: str) -> ReportedResult:
        return next(entry for entry in self.report.results if entry.name == name)

    def names(self, kind: type) -> list[str]:
        """The components in the order of such events."""
        return [self.plan.tasks[event.task].component.name for event in self.of(kind)]

    def most_at_once(self) -> int:
        """The largest number of batches that ran at the same time."""
        running = most = 0
        for event in self.events:
            running += isinstance(event, BatchStarted) - isinstance(event, BatchEnded)
            most = max(most, running)
        return most

    def statuses(self) -> dict[str, Status]:
        return {self.plan.tasks[event.task].component.name: event.result.status for event in self.of(TaskEnded)}


def planned(wanted: Sequence[Component | Wanted], conditions: Conditions) -> Plan:
    given = [one if isinstance(one, Wanted) else Wanted(one) for one in wanted]
    return plan(given, conditions)


def drive(
    made: Plan,
    root: Path,
    *,
    observers: Sequence[Observer] = (),
    hooks: Path | None = None,
    answer: Answer | None = None,
    **env: str,
) -> Run:
    """Carry out the plan below the folder `root`; the file `hooks` has its run and task hooks.

    Breakers answer by `answer`, or else let everything through.
    """
    place = Place(str(root), {**clean_environment(os.environ), **env})
    python = PythonExecutor("omnibase.inputs.fixing.mending:mend") if _wants_workers(made) else None
    executors: dict[str, Executor] = {
        "command": CommandExecutor({name: found for name in PARSERS if (found := parser(name)) is not None})
    }
    if python is not None:
        executors["python"] = python

    def start(number: int, tasks: tuple[int, ...], state: State) -> Running:
        batch = made.batches[number]
        shares = []
        for span in batch.spans:
            task = made.tasks[span.task]
            if span.task in tasks:
                paths = made.inputs[task.files][span.start : span.stop] if task.files is not None else None
                shares.append(Share(span.task, task.component, paths, _values(made, task.component, state)))
        assignment = Assignment(number, tuple(shares), place, RUN_ID, "c" * 32, batch.fix, batch.timeout)
        return executors[batch.executor].start(assignment)

    collector = Collector()
    header = RunHeader(RUN_ID, "c" * 32, "ci", "async", 1_700_000_000.0, RepositoryState(str(root)))
    asked = Hooks(python, hooks) if python is not None and hooks is not None else None
    try:
        listeners = Observers([*observers, collector])
        hook = asked.start if asked else _no_hook
        Driver(made, header, start, hook, answer or _let_through, listeners).run(monotonic())
    finally:
        for executor in executors.values():
            executor.close()
    return Run(made, collector.events)


def _wants_workers(made: Plan) -> bool:
    return bool(made.hooks) or any(batch.executor == "python" for batch in made.batches)


def _values(made: Plan, component: Component, state: State) -> Mapping[str, Any]:
    numbers = {task.component.name: index for index, task in enumerate(made.tasks)}
    results = {need.name: state.results[numbers[need.name]] for need in component.needs}
    return {name: result.value for name, result in results.items() if result is not None}


def _let_through(question: str, task: int, state: State) -> Any:
    return None


def _no_hook(ask: Ask, state: State) -> Running:
    raise AssertionError("a plan without hooks asks for none")
