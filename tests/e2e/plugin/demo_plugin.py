"""A plugin that brings something of every kind, and notes when it is at work."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from omnibase.api import (
    AfterRun,
    Assignment,
    BeforeRun,
    Component,
    Event,
    Executor,
    Finding,
    Formatter,
    Observer,
    Outcome,
    Parsed,
    Parser,
    ParserInput,
    Running,
    RunReport,
    RunStore,
    SourceFile,
    Status,
    StoredRun,
    Style,
    TaskMoment,
    components_of,
    hookimpl,
    validator,
)
from omnibase.orchestrators.base import Orchestrator


def note(*words: object) -> None:
    with open(os.environ["NOTES"], "a", encoding="utf-8") as file:
        print(*words, file=file)


@validator(name="demo-check", version="2.0.0", lifecycle="stable")
def check(file: SourceFile) -> Iterator[Finding]:
    """See files of text."""
    if file.path.endswith(".txt"):
        yield Finding("seen by the demo", line=1)


def shouting(given: ParserInput) -> Parsed:
    lines = given.stdout.decode().splitlines()
    return Parsed(findings=tuple(Finding(line) for line in lines if line.isupper()))


def tally(report: RunReport, style: Style) -> str:
    return " ".join(f"{status}={count}" for status, count in report.summary.counts.items() if count) + "\n"


class Echoing:
    """A batch that is over at once."""

    def __init__(self, assignment: Assignment) -> None:
        self.fds: set[int] = set()
        self._made = tuple(
            Outcome(share.task, status=Status.PASS, value=[share.component.name, len(share.paths or ())])
            for share in assignment.shares
        )

    def ready(self, fd: int) -> None: ...

    def cancel(self, cause: Any, *, force: bool) -> None: ...

    def outcomes(self) -> tuple[Outcome, ...]:
        return self._made


class EchoExecutor:
    def start(self, assignment: Assignment) -> Running:
        return Echoing(assignment)

    def close(self) -> None:
        note("executor closed")
        if "CLOSING_FAILS" in os.environ:
            raise RuntimeError(os.environ["CLOSING_FAILS"])


class NightlyOrchestrator(Orchestrator):
    stage = "nightly"
    select = "tag=nightly"


class Listener:
    def observe(self, event: Event) -> None:
        note("observed", type(event).__name__)


class FileStore:
    """The history as a line for each run."""

    notice: str | None = None

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, "history")

    def fold(self, events: Iterable[Event]) -> None:
        first: Any = next(iter(events))
        with open(self._path, "a", encoding="utf-8") as file:
            print(first.header.run_id, file=file)

    def durations(self, names: Sequence[str]) -> Mapping[str, float]:
        return {}

    def runs(self, limit: int) -> Sequence[StoredRun]:
        with open(self._path, encoding="utf-8") as file:
            ids = file.read().split()
        return [StoredRun(run, "stored", "by-the-demo", "PASS", 0, 0.0, 1.0) for run in ids[-limit:]]

    def forget(self, runs: Sequence[str]) -> None: ...

    def close(self) -> None: ...


@click.command()
@click.argument("word")
def demo(word: str) -> None:
    """Say a word."""
    click.echo(word * 2)


@hookimpl
def omnibase_components() -> Sequence[Component]:
    import sys

    return components_of(sys.modules[__name__])


@hookimpl
def omnibase_parsers() -> Mapping[str, Parser]:
    return {"shouting": shouting}


@hookimpl
def omnibase_formatters() -> Mapping[str, Formatter]:
    return {"tally": tally}


@hookimpl
def omnibase_executors() -> Mapping[str, type[Executor]]:
    return {"echo": EchoExecutor}


@hookimpl
def omnibase_orchestrators() -> Mapping[str, type[Orchestrator]]:
    return {"nightly": NightlyOrchestrator}


@hookimpl
def omnibase_observers() -> Sequence[Observer]:
    return [Listener()]


@hookimpl
def omnibase_stores() -> Mapping[str, type[RunStore]]:
    return {"file": FileStore}


@hookimpl
def omnibase_commands() -> Mapping[str, click.Command]:
    return {"demo": demo}


@hookimpl
def omnibase_before_run(run: BeforeRun) -> None:
    note("before run", run.stage, run.mode, ",".join(run.components))


@hookimpl
def omnibase_after_run(run: AfterRun) -> None:
    note("after run", json.dumps(dict(run.statuses), sort_keys=True))


@hookimpl
def omnibase_before_task(task: TaskMoment) -> None:
    note("before task", task.component, task.status)


@hookimpl
def omnibase_after_task(task: TaskMoment) -> None:
    note("after task", task.component, task.status)
