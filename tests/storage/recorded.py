"""Runs as they are recorded, made by hand."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from omnibase.core.reporting import report
from omnibase.model.component import Command, Component, ComponentType, Lifecycle
from omnibase.model.events import (
    Answered,
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    Interrupted,
    Noticed,
    Outcome,
    RunEnded,
    RunStarted,
    TaskEnded,
    TimerFired,
)
from omnibase.model.plan import Batch, Edge, EdgeKind, HookCall, LeftOut, Moment, Plan, Span, Task
from omnibase.model.ports import StoredRun
from omnibase.model.report import Choice, RepositoryState, RunHeader, Selection
from omnibase.model.result import Attempt, Cause, Finding, Output, Part, Result, Severity, Status

BEGAN = 1_700_000_000.0


def header(run_id: str, started_at: float = BEGAN, stage: str = "ci") -> RunHeader:
    return RunHeader(run_id, "c" * 32, stage, "async", started_at, RepositoryState("/repo"))


def run_of(
    run_id: str,
    results: Mapping[str, tuple[Status, float | None]],
    *,
    started_at: float = BEGAN,
    stage: str = "ci",
    seconds: float = 1.0,
) -> list[Event]:
    """A finished run in which each component had a status and took so many seconds; None: it was not started."""
    tasks = tuple(Task(Component(name, Command(("true",)), lifecycle=Lifecycle.STABLE)) for name in results)
    events: list[Event] = [RunStarted(0.0, header(run_id, started_at, stage), Plan(tasks))]
    for index, (status, took) in enumerate(results.values()):
        attempts = () if took is None else (Attempt(1, 0.0, took),)
        events.append(TaskEnded(seconds, index, Result(status, attempts=attempts)))
    return [*events, RunEnded(seconds, None, {"attempts": len(results)})]


def passing(run_id: str, took: float, *, name: str = "ruff", started_at: float = BEGAN) -> list[Event]:
    return run_of(run_id, {name: (Status.PASS, took)}, started_at=started_at)


# One event of each kind, with something in every field.
COMPONENT = Component(
    "ruff",
    Command(("ruff", "{files}"), shell=True),
    type=ComponentType.TEST,
    tags=("a", "b"),
    env={"NAME": "caf\udce9"},
    settings={"deep": [1, None, {"x": 1.5}]},
)
PLAN = Plan(
    tasks=(
        Task(COMPONENT, files=0, weight=1.5, batches=(0,)),
        Task(COMPONENT, left_out=LeftOut(Cause.NO_FILES, "none")),
    ),
    edges=(Edge(0, 1, EdgeKind.AFTER),),
    batches=(Batch((Span(0, 0, 2),), "command", 60.0),),
    inputs=(("a.py", "not utf-8 \udcff", "new\nline"),),
    hooks=(HookCall(Moment.BEFORE_RUN, "a hook", ("./hook",), veto=True, tasks=(0,)),),
)
FINDING = Finding("a message \u202e", "not utf-8 \udcff", 3, 4, "E1", Severity.WARNING, "do it")
RESULT = Result(
    Status.FAIL,
    findings=(FINDING,),
    value={"any": ["json", None, 1e300]},
    reason="because",
    cause=Cause.FINDINGS,
    parts=(Part("one", Status.PASS, 0.5, "fine"),),
    attempts=(Attempt(1, 0.1, 0.2, 1, "exit code 1"),),
    output=Output("text \x1b", 5, None, "/run/out"),
)
EVERY_KIND: tuple[Event, ...] = (
    RunStarted(0.0, header("run")._replace(selection=Selection((Choice("ruff", True, "named"),))), PLAN),
    Answered(0.1, "before_run", None, {"x": 1}, "a problem"),
    AttemptStarted(0.2, 0, 1),
    BatchStarted(0.2, 0, (0,)),
    TimerFired(0.25, "batch", 0),
    BatchEnded(
        0.3, 0, (Outcome(0, exit_code=1, findings=(FINDING,), changed_files=("a.py",)), Outcome(1, served=False))
    ),
    AttemptFailed(0.3, 0, Attempt(1, 0.2, 0.1, 75, "exit code 75"), 0.4),
    Noticed(0.3, "something"),
    Interrupted(0.35, 2),
    TaskEnded(0.4, 0, RESULT),
    TaskEnded(0.4, 1, Result(Status.SKIP, cause=Cause.NO_FILES, reason="none")),
    RunEnded(0.5, 2, {"attempts": 1, "slots": 4}),
)


class MemoryRuns:
    """The smallest store that keeps to the interface: a second one, to hold the contract against."""

    def __init__(self) -> None:
        self.notice: str | None = None
        self._runs: dict[str, StoredRun] = {}
        self._took: dict[str, dict[str, float]] = {}

    def fold(self, events: Iterable[Event]) -> None:
        run = report(events)
        head = run.header
        if head.run_id in self._runs:
            return
        status = run.status.value if run.status else None
        self._runs[head.run_id] = StoredRun(
            head.run_id, head.stage, head.mode, status, run.exit_code, head.started_at, run.duration
        )
        self._took[head.run_id] = {
            entry.name: entry.duration
            for entry in run.results
            if entry.result.attempts and entry.result.status in (Status.PASS, Status.WARN, Status.FAIL)
        }

    def durations(self, names: Sequence[str]) -> Mapping[str, float]:
        found = {}
        for name in names:
            newest = [self._took[run.run_id][name] for run in self.runs(1 << 30) if name in self._took[run.run_id]]
            if newest:
                found[name] = median(newest[:20])
        return found

    def runs(self, limit: int) -> Sequence[StoredRun]:
        newest = sorted(self._runs.values(), key=lambda run: (run.started_at, run.run_id), reverse=True)
        return newest[:limit]

    def forget(self, runs: Sequence[str]) -> None:
        for run in runs:
            self._runs.pop(run, None)
            self._took.pop(run, None)

    def close(self) -> None:
        """Nothing is held."""
