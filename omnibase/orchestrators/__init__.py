"""The stages: one file each, named in one table."""

from typing import TYPE_CHECKING

from omnibase.core.nearest import nearest
from omnibase.model.errors import ConfigurationError, ProtocolError
from omnibase.model.registry import Registry

if TYPE_CHECKING:
    from omnibase.orchestrators.base import Orchestrator

ORCHESTRATORS = {
    "pre-commit": "omnibase.orchestrators.pre_commit:PreCommitOrchestrator",
    "ci": "omnibase.orchestrators.ci:CIOrchestrator",
    "test": "omnibase.orchestrators.test:TestOrchestrator",
    "pipeline": "omnibase.orchestrators.pipeline:PipelineOrchestrator",
    "registry": "omnibase.orchestrators.registry:RegistryOrchestrator",
}


def orchestrator(stage: str, registry: Registry) -> "type[Orchestrator]":
    """The class of a stage, omnibase's own or a plugin's.

    Raises ConfigurationError where there is none, ProtocolError where a plugin's is no orchestrator.
    """
    import sys

    from omnibase.orchestrators.base import Orchestrator

    if stage in ORCHESTRATORS:
        module, _, name = ORCHESTRATORS[stage].partition(":")
        __import__(module)
        found: type[Orchestrator] = getattr(sys.modules[module], name)
        return found
    plugins = [plugin for plugin in registry.plugins if stage in plugin.stages]
    if not plugins:
        known = [*ORCHESTRATORS, *(name for plugin in registry.plugins for name in plugin.stages)]
        close = nearest(stage, known)
        raise ConfigurationError(
            f"there is no stage {stage!r}", remedy=f"did you mean {close!r}?" if close else f"use {', '.join(known)}"
        )
    from omnibase.hooks.manager import table

    brought: object = table(plugins, "omnibase_orchestrators")[stage]
    if not (isinstance(brought, type) and issubclass(brought, Orchestrator)):
        raise ProtocolError(
            f"the stage {stage!r} of the plugin {plugins[0].name!r} is {brought!r}, which is no orchestrator",
            remedy="derive it from omnibase.orchestrators.base.Orchestrator",
        )
    return brought
