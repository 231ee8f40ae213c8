"""The stage of a test run: components of type test."""

from omnibase.model.context import InputKind, Mode
from omnibase.orchestrators.base import Orchestrator


class TestOrchestrator(Orchestrator):
    """Tests find their own files; those that take `{files}` get all of theirs, or the paths that were named."""

    __test__ = False  # a stage, and no test of pytest's

    stage = "test"
    select = "type=test,lifecycle=canary|stable|deprecated,tag!=manual"
    inputs = InputKind.NONE
    mode = Mode.SYNC
