"""The stage of a pipeline: named steps, one after another, and what they need."""

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
        return super().criteria(ctx) if named is None else super().criteria(ctx)._replace(names=named.names)

    def planned(self, ctx: ExecutionContext, wanted: list[Wanted], gathered: Gathered) -> Plan:
        named = self._steps(ctx)
        return plan(wanted, self.conditions(ctx, wanted, gathered), named.added if named else ())

    def _steps(self, ctx: ExecutionContext) -> Steps | None:
        request = ctx.request
        if not isinstance(request, PipelineRequest) or not (request.from_step or request.to_steps):
            return None
        components = {component.name: component for component in self.services.registry.components}
        return steps(components, request.from_step, request.to_steps)
