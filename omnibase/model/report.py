"""What a run reports: one document for people, machines and the record."""

from collections.abc import Mapping
from typing import Any

from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.record import Record
from omnibase.model.result import Result, Status

Json = Any


class RepositoryState(Record):
    """The repository as the run found it; outside git only `root` is known."""

    root: str
    head: str | None = None
    branch: str | None = None
    dirty: bool | None = None


class Choice(Record):
    """One component of the registry: chosen for the run, or left out, and why."""

    name: str
    chosen: bool
    reason: str
    gate: str | None = None


class GateDecision(Record):
    """What one gate made of one component: blocked, warned of, or audited; where the gate stands, and why."""

    name: str
    gate: str
    decision: str
    reason: str
    place: str | None = None


class Selection(Record):
    """All components of the registry, each with the reason why it is in or out, in the registry's order.

    `decisions` are all that the stage's gates made.
    """

    choices: tuple[Choice, ...] = ()
    decisions: tuple[GateDecision, ...] = ()


class RunHeader(Record):
    """What is known of a run when it starts. `started_at` is seconds since 1970 (UTC)."""

    run_id: str
    correlation_id: str
    stage: str
    mode: str
    started_at: float
    repository: RepositoryState
    selection: Selection = Selection()
    environment: Mapping[str, Json] = {}
    notices: tuple[str, ...] = ()


class ReportedResult(Record):
    """A task's result beside the component that it belongs to. Times are in seconds."""

    name: str
    version: str
    type: ComponentType
    lifecycle: Lifecycle
    required: bool
    result: Result
    started: float | None = None
    duration: float = 0.0


class Summary(Record):
    """Counts of the results by status, and the slowest of them (name, seconds), slowest first."""

    counts: Mapping[str, int] = {}
    findings: int = 0
    files: int = 0
    cache_hits: int = 0
    slowest: tuple[tuple[str, float], ...] = ()


class ReportedError(Record):
    """Why a run could not happen: the error's family and code, what, where, and what to do."""

    family: str
    code: int
    message: str
    place: str | None = None
    remedy: str | None = None


class PlannedTask(Record):
    """One task of a plan by its component: its fixer or its check, and the seconds that it is expected to take.

    `place` is its place in the order in which tasks start that are ready at the same time, from 1.
    """

    name: str
    fix: bool = False
    seconds: float | None = None
    place: int = 1


class PlanSummary(Record):
    """The plan's shape. `critical_path` names components; times are in seconds.

    Of a dry run, `order` has the tasks of each wave in the order in which they start, and `slots` is how many batches
    would run at once, or with `adaptive` at first. `speedup` is the time of all attempts together over that of the run,
    `estimated_speedup` the same as it was expected from earlier durations; None where nothing ran, or none are known.
    """

    strategy: str
    tasks: int
    waves: tuple[int, ...] = ()
    critical_path: tuple[str, ...] = ()
    estimated: float | None = None
    estimated_speedup: float | None = None
    speedup: float | None = None
    slots: int | None = None
    adaptive: bool = False
    order: tuple[tuple[PlannedTask, ...], ...] = ()


class RunReport(Record):
    """Everything a run came to. `duration` is in seconds; `status` is None where the run could not happen."""

    header: RunHeader
    status: Status | None
    exit_code: int
    finished_at: float
    duration: float
    results: tuple[ReportedResult, ...] = ()
    summary: Summary = Summary()
    plan: PlanSummary | None = None
    notices: tuple[str, ...] = ()
    metrics: Mapping[str, Json] = {}
    error: ReportedError | None = None
    signal: int | None = None
