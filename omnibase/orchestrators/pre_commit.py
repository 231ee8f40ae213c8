"""The stage of `git commit`: validators over the staged files."""

from omnibase.core.expression import parse
from omnibase.core.selection import Selected, select
from omnibase.model.context import ExecutionContext, InputKind, Mode
from omnibase.orchestrators.base import Orchestrator


class PreCommitOrchestrator(Orchestrator):
    """Canary validators with the hook's tag, over what is staged; a run that changed files fails."""

    stage = "pre-commit"
    select = "type=validator,lifecycle=canary,tag=pre-commit"
    inputs = InputKind.STAGED
    mode = Mode.SYNC
    change_fails = True

    def default_filter(self, ctx: ExecutionContext) -> str:
        return self.select.replace("tag=pre-commit", f"tag={ctx.hook or 'pre-commit'}")

    def remarks(self, ctx: ExecutionContext, selected: Selected) -> tuple[str, ...]:
        """The default selects canary ones alone: who tagged stable components for this hook is told of them."""
        stage = self.services.registry.stages.get(self.stage)
        filters = ctx.filters
        if filters.expressions or filters.names or filters.suite or (stage and stage.select):
            return ()
        tagged = parse(f"type=validator,lifecycle=stable|deprecated,tag={ctx.hook or 'pre-commit'}")
        criteria = self.criteria(ctx)._replace(default=tagged)
        taken = {component.name for component, _ in selected.components}
        others = select(self.services.registry.components, criteria).components
        names = [component.name for component, _ in others if component.name not in taken]
        if not names:
            return ()
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
        return (f"left out, because they are not canary: {shown}; `--lifecycle canary,stable` includes stable ones",)
