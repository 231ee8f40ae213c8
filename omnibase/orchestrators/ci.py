"""The stage of a CI job: validators and tests over all files."""

from omnibase.model.context import InputKind, Mode
from omnibase.orchestrators.base import Orchestrator


class CIOrchestrator(Orchestrator):
    """Everything but what is experimental or tagged `manual`, as much at once as the machine bears."""

    stage = "ci"
    select = "type=validator|test,lifecycle=canary|stable|deprecated,tag!=manual"
    inputs = InputKind.ALL
    mode = Mode.ASYNC
