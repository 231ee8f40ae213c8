"""What follows where a component came to no verdict of its own: another one stands in, or the run goes on degraded."""

from collections.abc import Sequence

from omnibase.core.graph import successors
from omnibase.core.outcome import by_lifecycle, is_failure
from omnibase.model.component import Component
from omnibase.model.plan import Batch, Edge, Task
from omnibase.model.result import Cause, Result, Status

# Nothing is known of what was to be looked at. A finding, a plain exit code, changed files and a broken protocol are
# verdicts: another component that sees nothing does not make them go away.
NO_VERDICT = frozenset(
    {
        Cause.TIMEOUT,
        Cause.SIGNAL,
        Cause.CRASHED,
        Cause.LIMIT,
        Cause.NO_REPORT,
        Cause.NOT_INSTALLED,
        Cause.NOT_EXECUTABLE,
        Cause.NOT_STARTED,
        Cause.BREAKER_OPEN,
        Cause.TRANSIENT,
    }
)


def lacks_verdict(result: Result) -> bool:
    """Whether the component came to no verdict of its own, for a cause that recovery is meant for."""
    return result.cause in NO_VERDICT and not result.findings and result.status is not Status.WARN


def stood_in(component: Component, result: Result, name: str, other: Result) -> Result:
    """The result of a component that came to no verdict, with that of its fallback `name`, which counts.

    What the component's lifecycle says of a result holds for this one, too.
    """
    why = f"no verdict of its own ({_why(result)})"
    if lacks_verdict(other) or other.status is Status.SKIP or "degraded" in other.marked:
        return result._replace(reason=f"{_why(result)}; {name}, its fallback, had no verdict either ({_why(other)})")
    reason = f"{why}: {name} stood in" + (f" ({other.reason})" if other.reason else "")
    status, cause, reason_then = by_lifecycle(component, other.status, other.cause, reason)
    return other._replace(
        status=status,
        cause=cause,
        reason=reason_then,
        marked=(*result.marked, "fallback"),
        attempts=result.attempts,
        calls=(*result.calls, *other.calls),
    )


def degraded(component: Component, result: Result) -> Result:
    """A WARN in place of a failure to come to a verdict, where the component declares `degraded: warn`."""
    if not component.degraded or not lacks_verdict(result) or not is_failure(result, required=component.required):
        return result
    return result._replace(
        status=Status.WARN,
        reason=f"no verdict ({_why(result)}), and the run goes on without",
        marked=(*result.marked, "degraded"),
    )


def with_fallbacks(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, each with the task of its fallback, where that has something to look at."""
    places = {one.component.name: index for index, one in enumerate(tasks) if not one.fix and one.left_out is None}
    return [
        task
        if task.fix or task.left_out is not None
        else task._replace(fallback=places.get(task.component.fallback or ""))
        for task in tasks
    ]


def without_circular_fallbacks(tasks: Sequence[Task], edges: Sequence[Edge], batches: Sequence[Batch]) -> list[Task]:
    """The tasks without fallbacks that would wait for them: what comes after a task cannot stand in for it.

    A task also comes after what the others of a batch wait for that it shares with them.
    """
    later = successors(len(tasks), edges)
    beside: list[list[int]] = [[] for _ in tasks]
    for batch in batches:
        for span in batch.spans if batch.spans[1:] else ():
            beside[span.task] += [other.task for other in batch.spans]
    kept = list(tasks)
    served: list[list[int]] = [[] for _ in tasks]  # who ends no earlier than this one, because it stands in for them
    for index, task in enumerate(tasks):
        if task.fallback is None:
            continue
        if _ends_before(index, task.fallback, later, beside, served):
            kept[index] = task._replace(fallback=None)
        else:
            served[task.fallback].append(index)
    return kept


def dropped(tasks: Sequence[Task]) -> list[str]:
    """Notices of fallbacks that are there and cannot stand in, as they come after whom they were to stand in for."""
    there = {task.component.name for task in tasks if not task.fix and task.left_out is None}
    return [
        f"{task.component.fallback} comes after {task.component.name} in this run, and cannot stand in for it"
        for task in tasks
        if not task.fix and task.left_out is None and task.fallback is None and task.component.fallback in there
    ]


def _ends_before(
    first: int, second: int, later: Sequence[list[int]], beside: Sequence[list[int]], served: Sequence[list[int]]
) -> bool:
    """Whether the one has to end for the other to start, or to end."""
    ended: set[int] = set()
    started: set[int] = set()
    pending = [(first, True)]
    while pending:
        index, ends = pending.pop()
        seen = ended if ends else started
        if index in seen:
            continue
        seen.add(index)
        if index == second:
            return True
        follows = [*((one, False) for one in later[index]), *((one, True) for one in served[index])]
        pending += follows if ends else [(index, True), *((one, False) for one in beside[index])]
    return False


def _why(result: Result) -> str:
    return result.reason or (result.cause.value if result.cause is not None else result.status.value)
