"""Batches of a plan as executors are given them."""

from collections.abc import Mapping
from typing import Any

from omnibase.core.scheduling import State
from omnibase.core.sharing import Shares, variables
from omnibase.core.tracing import TRACEPARENT, TRACESTATE, span_of_batch, span_of_run, traceparent
from omnibase.model.component import Component
from omnibase.model.context import ExecutionContext
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Place, Share
from omnibase.orchestrators.gathering import Gathered
from omnibase.orchestrators.machine import available, processors

Json = Any


class Assigning:
    """Makes assignments of batches. `of_run` are the variables for what is started for the run, and for no batch."""

    def __init__(self, ctx: ExecutionContext, plan: Plan, gathered: Gathered, place: Place) -> None:
        self._ctx = ctx
        self._plan = plan
        self._gathered = gathered
        self._place = place
        self._numbers = {task.component.name: index for index, task in enumerate(plan.tasks) if not task.fix}
        self._shares = Shares(plan, processors(place.env))
        self._available = available()
        self._variables: dict[int, Mapping[str, str]] = {}  # by share
        self.of_run = self._traced(span_of_run(ctx.run_id))

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
            given=self._given(number, tasks, state),
        )

    def _given(self, number: int, tasks: tuple[int, ...], state: State) -> Mapping[str, str]:
        attempt = max(_attempt(task, state) for task in tasks)
        traced = self._traced(span_of_batch(self._ctx.run_id, number, attempt, tasks))
        share = self._shares.of(self._plan.batches[number])
        if share not in self._variables:
            self._variables[share] = variables(share, self._place.env, self._available)
        return {**self._variables[share], **traced}

    def _traced(self, span: str) -> dict[str, str]:
        """What tells of the trace; the state of one that this run has not taken up is nothing to what it starts."""
        headers = {TRACEPARENT: traceparent(self._ctx.correlation_id, span, self._ctx.trace_flags)}
        if self._ctx.parent_id is None and self._place.env.get(TRACESTATE):
            headers[TRACESTATE] = ""
        return headers

    def _values(self, component: Component, state: State) -> Mapping[str, Json]:
        values = {}
        for need in component.needs:
            number = self._numbers.get(need.name)  # a pipeline begins behind what its first step needs
            result = state.results[number] if number is not None else None
            if result is not None:
                values[need.name] = result.value
        return values


def _attempt(task: int, state: State) -> int:
    """The number of the attempt that is under way, or about to be."""
    trying = state.trying[task]
    return len(trying.earlier) + 1 if trying is not None else 1
