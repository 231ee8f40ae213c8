"""What a dry run tells of a plan: its order, what would be skipped, and what is expected of remembered verdicts."""

from collections.abc import Callable

from omnibase.core.ordering import layers
from omnibase.model.component import Component
from omnibase.model.plan import EdgeKind, KeepGoing, Plan, Task
from omnibase.model.report import PlannedTask


def order_of(plan: Plan) -> tuple[tuple[PlannedTask, ...], ...]:
    """The tasks that would run, by waves, those of each in the order in which they start."""
    _, levels = layers(plan.tasks, plan.edges)
    waves: dict[int, list[int]] = {}
    for index, task in enumerate(plan.tasks):
        if task.left_out is None and not task.standby:
            waves.setdefault(levels[index], []).append(index)
    ranked = sorted((index for wave in waves.values() for index in wave), key=lambda index: plan.tasks[index].rank)
    places = {index: place for place, index in enumerate(ranked, start=1)}
    return tuple(
        tuple(_planned(plan.tasks[index], places[index]) for index in sorted(waves[level], key=places.__getitem__))
        for level in sorted(waves)
    )


def _planned(task: Task, place: int) -> PlannedTask:
    return PlannedTask(task.component.name, task.fix, task.weight if task.learnt else None, place)


def cache_expectation(component: Component, *, fix: bool) -> tuple[str, str | None]:
    """Whether a batch's verdict is expected to be remembered: "hit", "miss", or "off" and why."""
    if fix or component.fixes:
        return "off", "it writes"
    if not component.idempotent:
        return "off", "not idempotent"
    return "off", "verdicts are not remembered by this version"


class Foresight:
    """Knows what of a plan would be skipped. It is asked about tasks in an order that keeps the plan's edges."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._needs: list[list[int]] = [[] for _ in plan.tasks]
        for edge in plan.edges:
            if edge.kind is EdgeKind.NEEDS and plan.keep_going is not KeepGoing.ALWAYS:
                self._needs[edge.after].append(edge.before)
        self._skipped: set[int] = set()

    def blocked(self, task: int) -> str | None:
        """Why the task would be skipped for what it needs; None where it would not."""
        why = self._why_blocked(task)
        if why is not None:
            self._skipped.add(task)
        return why

    def without_program(self, task: int, reason: str, lacking: Callable[[int], str | None]) -> tuple[str, int | None]:
        """What would come of a task whose program is missing, for `reason`; and the task that would stand in for it.

        `lacking` says of a task why its program is missing, if it is.
        """
        one = self._plan.tasks[task]
        if one.fix:
            return f"would not fix: {reason}", None
        other = one.fallback
        while other is not None and (why := lacking(other)) is not None:
            reason += f"; for {self._plan.tasks[other].component.name}, its fallback, {why}"
            other = self._plan.tasks[other].fallback
        if other is not None:
            return f"{self._plan.tasks[other].component.name} would stand in: {reason}", other
        if one.component.degraded and one.component.required:
            return f"would go on without a verdict: {reason}", None
        self._skipped.add(task)
        return f"would be skipped: {reason}", None

    def _why_blocked(self, task: int) -> str | None:
        for before in self._needs[task]:
            if before in self._skipped:
                return f"{self._plan.tasks[before].component.name} would be skipped"
            # What is left out passes on what would have blocked it.
            if self._plan.tasks[before].left_out is not None and (why := self._why_blocked(before)) is not None:
                return why
        return None
