"""The report of a run: a fold over its events, the same for a live run and for a journal."""

from collections.abc import Iterable, Sequence

from omnibase.core.outcome import in_order, is_failure, precedence
from omnibase.model.errors import ExitCode, OmnibaseError
from omnibase.model.events import Event, Noticed, RunEnded, RunStarted, TaskEnded
from omnibase.model.plan import Plan
from omnibase.model.report import PlannedTask, PlanSummary, ReportedError, ReportedResult, RunHeader, RunReport, Summary
from omnibase.model.result import Cause, Result, Status

# The run's status is the first of these that occurs (docs/reports.md).
RUN_STATUS = (Status.FAIL, Status.TIME, Status.WARN, Status.PASS, Status.SKIP)
SLOWEST = 5


def report(events: Iterable[Event]) -> RunReport:
    """The report of the run that the events tell of, in their order.

    An unfinished record gives a report, too: what has no end is a SKIP, a notice says so, and it is no success. Raises
    ValueError where no event says how the run began.
    """
    started: RunStarted | None = None
    ended: RunEnded | None = None
    results: dict[int, Result] = {}
    notices: list[str] = []
    last = 0.0
    for event in events:
        last = max(last, event.at)
        if isinstance(event, RunStarted):
            started = event
        elif isinstance(event, TaskEnded):
            results[event.task] = event.result
        elif isinstance(event, Noticed):
            notices.append(event.message)
        elif isinstance(event, RunEnded):
            ended = event
    if started is None:
        raise ValueError("the record does not say how the run began")
    if ended is None:
        notices.append("the record ends early: the run was killed, or is still going on")
    header, plan = started.header, started.plan
    reported = _reported(plan, results)
    failures = [entry for entry, failed in reported if failed]
    entries = tuple(entry for entry, _ in reported)
    return RunReport(
        header=header,
        status=_status(entries),
        exit_code=_exit_code(failures, ended),
        finished_at=header.started_at + last,
        duration=last,
        results=entries,
        summary=_summary(entries, plan),
        plan=_plan_summary(plan, entries, dry=header.mode == "dry-run"),
        notices=(*header.notices, *notices),
        metrics=ended.metrics if ended else {},
        signal=ended.signal if ended else None,
    )


def error_report(header: RunHeader, error: OmnibaseError, finished_at: float) -> RunReport:
    """The report of a run that could not happen. `finished_at` is seconds since 1970."""
    return RunReport(
        header=header,
        status=None,
        exit_code=int(error.exit_code),
        finished_at=finished_at,
        duration=max(finished_at - header.started_at, 0.0),
        notices=header.notices,
        error=ReportedError(
            family=error.family,
            code=int(error.exit_code),
            message=error.message,
            place=str(error.place) if error.place else None,
            remedy=error.remedy,
        ),
    )


def _reported(plan: Plan, results: dict[int, Result]) -> list[tuple[ReportedResult, bool]]:
    """Each check's result beside its component, joined with what its fixer did, and whether it fails the run."""
    mended = {plan.tasks[index].component.name: result for index, result in results.items() if plan.tasks[index].fix}
    entries = []
    for index, task in enumerate(plan.tasks):
        if task.fix or task.standby:
            continue
        component = task.component
        result = results.get(index) or Result(Status.SKIP, cause=Cause.INTERRUPTED, reason="no end is recorded")
        if component.name in mended:
            result = _joined(result, mended[component.name])
        entry = ReportedResult(
            name=component.name,
            version=component.version,
            type=component.type,
            lifecycle=component.lifecycle,
            required=component.required,
            result=result,
            started=min((attempt.started for attempt in result.attempts), default=None),
            duration=sum(attempt.duration for attempt in result.attempts),
        )
        entries.append((entry, is_failure(result, required=component.required)))
    return entries


def _joined(check: Result, fix: Result) -> Result:
    worse = min(check, fix, key=lambda result: precedence(result.status, result.cause))
    return check._replace(
        status=worse.status,
        findings=in_order(dict.fromkeys((*check.findings, *fix.findings))),  # both may have found a file unreadable
        cause=worse.cause,
        reason=_would(check, fix) or worse.reason,
        remedy=worse.remedy,
        output=worse.output or check.output,
        marked=(*check.marked, *fix.marked),
        changed_files=tuple(sorted({*check.changed_files, *fix.changed_files})),
        patches=(*fix.patches, *check.patches),
        previews=(*fix.previews, *check.previews),
        attempts=(*(attempt for attempt in fix.attempts if attempt.usage is not None), *check.attempts),
    )


def _would(check: Result, fix: Result) -> str | None:
    """In a dry run, what would mend comes before what would check."""
    return f"{fix.reason}, and then {check.reason}" if fix.cause is check.cause is Cause.DRY_RUN else None


def _status(entries: Sequence[ReportedResult]) -> Status:
    found = {entry.result.status for entry in entries}
    return next((status for status in RUN_STATUS if status in found), Status.SKIP)


def _exit_code(failures: Sequence[ReportedResult], ended: RunEnded | None) -> int:
    if ended is not None and ended.signal is not None:
        return 128 + ended.signal
    codes = [ExitCode.PROTOCOL if entry.result.cause is Cause.PROTOCOL else ExitCode.FAILED for entry in failures]
    return int(max(codes, default=ExitCode.SUCCESS if ended is not None else ExitCode.FAILED))


def _summary(entries: Sequence[ReportedResult], plan: Plan) -> Summary:
    counts = {status.value: 0 for status in RUN_STATUS}
    for entry in entries:
        counts[entry.result.status.value] += 1
    slow = sorted((entry for entry in entries if entry.result.attempts), key=lambda entry: -entry.duration)
    return Summary(
        counts=counts,
        findings=sum(len(entry.result.findings) for entry in entries),
        files=len(set().union(*plan.inputs)) if plan.inputs else 0,
        cache_hits=sum(entry.result.cached for entry in entries),
        slowest=tuple((entry.name, entry.duration) for entry in slow[:SLOWEST]),
    )


def _plan_summary(plan: Plan, entries: Sequence[ReportedResult], *, dry: bool) -> PlanSummary:
    known = any(task.learnt for task in plan.tasks)
    return PlanSummary(
        strategy=plan.strategy.value,
        tasks=sum(not task.fix and not task.standby for task in plan.tasks),
        waves=plan.waves,
        critical_path=tuple(plan.tasks[index].component.name for index in plan.critical_path),
        estimated=plan.expected_makespan if known else None,
        estimated_speedup=_ratio(plan.expected_seconds, plan.expected_makespan) if known else None,
        speedup=_speedup(entries),
        slots=plan.slots if dry else None,
        adaptive=dry and plan.adaptive,
        order=_order(plan) if dry else (),
    )


def _order(plan: Plan) -> tuple[tuple[PlannedTask, ...], ...]:
    from omnibase.core.previewing import order_of  # only dry runs show it

    return order_of(plan)


def _speedup(entries: Sequence[ReportedResult]) -> float | None:
    """How many times longer the attempts would have taken one after another: all of them, over the time they were in.

    Waits between attempts are in neither, nor are a fixer's attempts, which a report has where they were measured.
    """
    attempts = [attempt for entry in entries for attempt in entry.result.attempts if not attempt.fix]
    if not attempts:
        return None
    whole = max(one.started + one.duration for one in attempts) - min(one.started for one in attempts)
    return _ratio(sum(one.duration for one in attempts), whole)


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None
