"""What hooks are told: commands of the registry by a JSON document, plugins by records."""

from collections.abc import Sequence
from typing import Any

from omnibase.core.outcome import is_failure, precedence
from omnibase.core.redaction import storable, visible
from omnibase.core.reporting import RUN_STATUS
from omnibase.model.component import Component
from omnibase.model.context import ExecutionContext
from omnibase.model.plan import Moment, Plan
from omnibase.model.ports import AfterRun, BeforeRun, TaskMoment
from omnibase.model.result import Result, Status

Json = Any

EVENT_VERSION = "1"
OF_TASKS = frozenset({Moment.BEFORE_TASK, Moment.AFTER_TASK})
ENDS = frozenset({Moment.AFTER_RUN, Moment.AFTER_STAGE, Moment.AFTER_TASK})

Results = Sequence[Result | None]


def hook_event(
    moment: Moment, task: int | None, ctx: ExecutionContext, plan: Plan, results: Results, signal: int | None
) -> dict[str, Json]:
    """The event as a command is told of it (docs/registry.md, "Hooks").

    `results` are those of the plan's tasks so far, `signal` is the one that has ended the run. Texts can be written as
    UTF-8, and there is no secret in them that is not in the results.
    """
    event: dict[str, Json] = {
        "event_version": EVENT_VERSION,
        "hook": moment.value,
        "run_id": ctx.run_id,
        "correlation_id": ctx.correlation_id,
        "stage": ctx.stage,
        "mode": ctx.mode.value,
    }
    if moment in OF_TASKS:
        component = plan.tasks[task or 0].component
        event["component"] = _component(component)
        if moment in ENDS:
            event["result"] = _result(component, _of_component(component.name, plan, results))
        return event
    event["components"] = [storable(name) for name in _names(plan)]
    if moment in ENDS:
        merged = _merged(plan, results)
        found = {result.status for _, result in merged}
        event["status"] = next((one.value for one in RUN_STATUS if one in found), Status.SKIP.value)
        event["statuses"] = {storable(component.name): result.status.value for component, result in merged}
        failed = [component.name for component, result in merged if is_failure(result, required=component.required)]
        event["failed"] = [storable(name) for name in failed]
        event["signal"] = signal
    return event


def hook_record(
    moment: Moment, task: int | None, ctx: ExecutionContext, plan: Plan, results: Results
) -> BeforeRun | AfterRun | TaskMoment:
    """What plugins' hooks are given (docs/plugins.md)."""
    if moment in OF_TASKS:
        name = plan.tasks[task or 0].component.name
        found = _of_component(name, plan, results)
        status = _worst(found).status.value if found and moment in ENDS else None
        return TaskMoment(ctx.run_id, name, "after" if moment in ENDS else "before", status)
    if moment in ENDS:
        statuses = {component.name: result.status.value for component, result in _merged(plan, results)}
        return AfterRun(ctx.run_id, ctx.stage, statuses)
    return BeforeRun(ctx.run_id, ctx.stage, ctx.mode.value, tuple(_names(plan)))


def _names(plan: Plan) -> list[str]:
    """The components of the run, in their order. What only stands by is none of them."""
    return [task.component.name for task in plan.tasks if not task.fix and not task.standby]


def _merged(plan: Plan, results: Results) -> list[tuple[Component, Result]]:
    """What each component of the run came to by itself or by its fixer, in their order."""
    found: dict[str, list[Result]] = {}
    for task, result in zip(plan.tasks, results, strict=True):
        if result is not None:
            found.setdefault(task.component.name, []).append(result)
    tasks = [task for task in plan.tasks if not task.fix and not task.standby]
    known = [task.component for task in tasks if task.component.name in found]
    return [(component, _worst(found[component.name])) for component in known]


def _of_component(name: str, plan: Plan, results: Results) -> list[Result]:
    """What a component and its fixer came to so far."""
    own = (result for task, result in zip(plan.tasks, results, strict=True) if task.component.name == name)
    return [result for result in own if result is not None]


def _worst(results: Sequence[Result]) -> Result:
    return min(results, key=lambda result: precedence(result.status, result.cause))


def _component(component: Component) -> dict[str, Json]:
    return {
        "name": storable(component.name),
        "type": component.type.value,
        "version": storable(component.version),
        "lifecycle": component.lifecycle.value,
        "tags": [storable(tag) for tag in component.tags],
        "owner": None if component.owner is None else storable(component.owner),
    }


def _result(component: Component, results: Sequence[Result]) -> dict[str, Json]:
    """What a component came to, in numbers where the report has lists. Durations are in milliseconds, as there."""
    worst = _worst(results)
    return {
        "status": worst.status.value,
        "cause": None if worst.cause is None else worst.cause.value,
        "reason": None if worst.reason is None else visible(worst.reason),
        "remedy": None if worst.remedy is None else visible(worst.remedy),
        "failed": is_failure(worst, required=component.required),
        "duration_ms": round(1000 * sum(one.duration for result in results for one in result.attempts), 3),
        "attempts": sum(len(result.attempts) for result in results),
        "findings": sum(len(result.findings) for result in results),
        "files": max(result.files for result in results),
        "changed_files": len({path for result in results for path in result.changed_files}),
    }
