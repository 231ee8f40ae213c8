"""Batches of a plan as executors are given them."""

from collections.abc import Mapping
from typing import Any

from omnibase.core.scheduling import State
from omnibase.model.component import Component
from omnibase.model.context import ExecutionContext
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Place, Share
from omnibase.orchestrators.gathering import Gathered

Json = Any


class Assigning:
    """Makes assignments of batches."""

    def __init__(self, ctx: ExecutionContext, plan: Plan, gathered: Gathered, place: Place) -> None:
        self._ctx = ctx
        self._plan = plan
        self._gathered = gathered
        self._place = place
        self._numbers = {task.component.name: index for index, task in enumerate(plan.tasks) if not task.fix}

    def assignment(self, number: int, tasks: tuple[int, ...], state: State) -> Assignment:
        batch = self._plan.batches[number]
        shares = []
        for span in batch.spans:
            if span.task not in tasks:
                continue
            task = self._plan.tasks[span.task]
            paths = self._plan.inputs[task.files][span.start : span.stop] if task.files is not None else None
            shares.append(Share(span.task, task.component, paths, self._values(task.component, state)))
        return Assignment(
            batch=number,
            shares=tuple(shares),
            place=self._place,
            run_id=self._ctx.run_id,
            correlation_id=self._ctx.correlation_id,
            fix=batch.fix,
            deadline=batch.timeout,
            added=self._gathered.added,
        )

    def _values(self, component: Component, state: State) -> Mapping[str, Json]:
        values = {}
        for need in component.needs:
            number = self._numbers.get(need.name)  # a pipeline begins behind what its first step needs
            result = state.results[number] if number is not None else None
            if result is not None:
                values[need.name] = result.value
        return values
