"""The stage of a pipeline: named steps, one after another, and what they need."""

from itertools import pairwise

from omnibase.core.pipeline import Steps, steps
from omnibase.core.planning import Wanted, plan
from omnibase.core.selection import Criteria
from omnibase.model.context import ExecutionContext, InputKind, Mode, PipelineRequest
from omnibase.model.plan import Plan
from omnibase.orchestrators.base import Orchestrator
from omnibase.orchestrators.gathering import Gathered


class PipelineOrchestrator(Orchestrator):
    """`--from A --to B --to C`: A, then B, then C, with what the declared graph puts between them."""

    stage = "pipeline"
    select = "type=tool|validator,lifecycle=canary|stable|deprecated"
    inputs = InputKind.ALL
    mode = Mode.ASYNC

    def criteria(self, ctx: ExecutionContext) -> Criteria:
        named = self._steps(ctx)
        criteria = super().criteria(ctx)
        return criteria if named is None else criteria._replace(names=named.names, complete=True)

    def planned(self, ctx: ExecutionContext, wanted: list[Wanted], gathered: Gathered) -> Plan:
        named = self._steps(ctx)
        present = {want.component.name for want in wanted}
        added = named.added if named else ()
        if not all(name in present for pair in added for name in pair):
            # A filter has left out a step: those that remain keep their order.
            request = ctx.request
            assert isinstance(request, PipelineRequest)  # noqa: S101 - there are no named steps without one
            added = tuple(pairwise(name for name in (request.from_step, *request.to_steps) if name in present))
        return plan(wanted, self.conditions(ctx, wanted, gathered), added)

    def _steps(self, ctx: ExecutionContext) -> Steps | None:
        request = ctx.request
        if not isinstance(request, PipelineRequest) or not (request.from_step or request.to_steps):
            return None
        components = {component.name: component for component in self.services.registry.components}
        return steps(components, request.from_step, request.to_steps)
