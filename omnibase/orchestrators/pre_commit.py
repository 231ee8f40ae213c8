"""The stage of `git commit`: validators over the staged files."""

from omnibase.core.expression import parse
from omnibase.core.git_hooks import for_hook, tags
from omnibase.core.planning import Conditions, Wanted
from omnibase.core.selection import Criteria, Selected, select
from omnibase.model.context import ExecutionContext, InputKind, Mode
from omnibase.orchestrators.base import Orchestrator
from omnibase.orchestrators.gathering import Gathered


class PreCommitOrchestrator(Orchestrator):
    """Canary validators with the hook's tag, over what is staged; a run that changed files fails."""

    stage = "pre-commit"
    select = "type=validator,lifecycle=canary,tag=pre-commit"
    inputs = InputKind.STAGED
    mode = Mode.SYNC
    change_fails = True

    def criteria(self, ctx: ExecutionContext) -> Criteria:
        criteria = super().criteria(ctx)
        if ctx.filters.suite is not None:  # the user's own choice
            return criteria
        return criteria._replace(default=for_hook(criteria.default, ctx.hook))

    def conditions(self, ctx: ExecutionContext, wanted: list[Wanted], gathered: Gathered) -> Conditions:
        """A message is no file of the repository: fixers leave it alone, and a command that writes it may do so."""
        conditions = super().conditions(ctx, wanted, gathered)
        if ctx.inputs.kind is not InputKind.MESSAGE:
            return conditions
        return conditions._replace(fix=False, change_fails=False)

    def remarks(self, ctx: ExecutionContext, selected: Selected) -> tuple[str, ...]:
        """The default selects canary ones alone: who tagged stable components for this hook is told of them."""
        stage = self.services.registry.stages.get(self.stage)
        filters = ctx.filters
        if filters.expressions or filters.names or filters.suite or (stage and stage.select):
            return ()
        tagged = parse(f"type=validator,lifecycle=stable|deprecated,tag={'|'.join(tags(ctx.hook))}")
        criteria = self.criteria(ctx)._replace(default=tagged)
        taken = {component.name for component, _ in selected.components}
        others = select(self.services.registry.components, criteria).components
        names = [component.name for component, _ in others if component.name not in taken]
        if not names:
            return ()
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
        return (f"left out, because they are not canary: {shown}; `--lifecycle canary,stable` includes stable ones",)
