"""What a plugin may import. Names that are not here may change without notice."""

from typing import TYPE_CHECKING, Any

from omnibase.hooks.calls import breaker, retry
from omnibase.hooks.declare import components_of, fixer, test, tool, validator
from omnibase.model.component import (
    BreakerRule,
    Command,
    Component,
    ComponentType,
    FileSet,
    Lifecycle,
    Limits,
    Need,
    PythonCall,
    Retry,
)
from omnibase.model.errors import (
    BreakerOpenError,
    ConfigurationError,
    ExecutionError,
    ExitCode,
    OmnibaseError,
    ProtocolError,
    RegistryError,
    SecurityError,
    TransientError,
    VetoError,
)
from omnibase.model.events import Event, Outcome
from omnibase.model.files import SourceFile
from omnibase.model.ports import (
    AfterRun,
    Assignment,
    BeforeRun,
    Context,
    Executor,
    Formatter,
    Observer,
    Parsed,
    Parser,
    ParserInput,
    Running,
    RunStore,
    StoredRun,
    Style,
    TaskMoment,
    Watcher,
)
from omnibase.model.report import GateDecision, PlanSummary, RunReport
from omnibase.model.result import Attempt, Finding, Output, Part, Preview, Result, Severity, Status, Usage

if TYPE_CHECKING:
    from omnibase.hooks.specs import hookimpl

__all__ = [
    "AfterRun",
    "Assignment",
    "Attempt",
    "BeforeRun",
    "BreakerOpenError",
    "BreakerRule",
    "Command",
    "Component",
    "ComponentType",
    "ConfigurationError",
    "Context",
    "Event",
    "ExecutionError",
    "Executor",
    "ExitCode",
    "FileSet",
    "Finding",
    "Formatter",
    "GateDecision",
    "Lifecycle",
    "Limits",
    "Need",
    "Observer",
    "OmnibaseError",
    "Outcome",
    "Output",
    "Parsed",
    "Parser",
    "ParserInput",
    "Part",
    "PlanSummary",
    "Preview",
    "ProtocolError",
    "PythonCall",
    "RegistryError",
    "Result",
    "Retry",
    "RunReport",
    "RunStore",
    "Running",
    "SecurityError",
    "Severity",
    "SourceFile",
    "Status",
    "StoredRun",
    "Style",
    "TaskMoment",
    "TransientError",
    "Usage",
    "VetoError",
    "Watcher",
    "breaker",
    "components_of",
    "fixer",
    "hookimpl",
    "retry",
    "test",
    "tool",
    "validator",
]


def __getattr__(name: str) -> Any:
    """`hookimpl` brings pluggy with it, which a plugin of checks alone does not need in a worker."""
    if name == "hookimpl":
        from omnibase.hooks.specs import hookimpl

        return hookimpl
    raise AttributeError(name)
