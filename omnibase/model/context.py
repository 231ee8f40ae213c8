"""What an orchestrator is given: frozen, made once from the command line and the settings."""

from collections.abc import Mapping
from enum import StrEnum

from omnibase.model.plan import Breakpoints, KeepGoing
from omnibase.model.record import Record


class Mode(StrEnum):
    SYNC = "sync"
    ASYNC = "async"
    DRY_RUN = "dry-run"
    PROFILE = "profile"


class InputKind(StrEnum):
    """Where a run's files come from. DEFAULT leaves it to the stage."""

    DEFAULT = "default"
    STAGED = "staged"
    ALL = "all"
    PATHS = "paths"
    RANGE = "range"
    PUSHED = "pushed"
    MESSAGE = "message"
    NONE = "none"


class PushedRef(Record):
    """One line of what git tells a pre-push hook (githooks(5)); an oid of zeros stands for what is not there."""

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str


class InputsRequest(Record):
    """The inputs asked for. Paths are relative to `ExecutionContext.start`, as `os.fsdecode` gives them.

    For MESSAGE, `paths` is the one file with the message; for PUSHED, `pushed` is what goes to `remote`, a name or an
    address.
    """

    kind: InputKind = InputKind.DEFAULT
    paths: tuple[str, ...] = ()
    from_ref: str | None = None
    to_ref: str | None = None
    pushed: tuple[PushedRef, ...] = ()
    remote: str | None = None


class Filters(Record):
    """What the user selects by: filter expressions in order (each with where it came from), names, names to skip."""

    expressions: tuple[tuple[str, str], ...] = ()  # (origin such as "--filter", expression)
    names: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    suite: str | None = None


class PipelineRequest(Record):
    """The named steps: after `from_step` come `to_steps` in their order."""

    from_step: str | None = None
    to_steps: tuple[str, ...] = ()


class RegistryRequest(Record):
    """An action on the registry and all that came behind it, verbatim."""

    action: str
    arguments: tuple[str, ...] = ()


Request = PipelineRequest | RegistryRequest | None


class Setting(Record):
    """A setting's value and where it was decided, such as "--jobs", "OMNIBASE_JOBS" or "default"."""

    value: str | int | float | bool | None
    origin: str


class ExecutionContext(Record):
    """One run as asked for.

    `root` is the folder that paths are relative to, `start` the folder the user stands in (both absolute).
    `slots` is how many batches run at once (None: as many as the machine bears). `deadline` bounds the run,
    in seconds. `correlation_id` is 32 hexadecimal digits, from TRACEPARENT where there is one, and `parent_id` the 16
    of the span that this run is in; `trace_flags` are those of W3C Trace Context. `shuffle` is the seed of an order by
    chance. `predicts` is the mode of the run that a dry run shows.
    """

    stage: str
    mode: Mode
    root: str
    start: str
    run_id: str
    correlation_id: str
    inputs: InputsRequest = InputsRequest()
    filters: Filters = Filters()
    request: Request = None
    settings: Mapping[str, Setting] = {}
    slots: int | None = 1
    keep_going: KeepGoing = KeepGoing.INDEPENDENT
    deadline: float | None = None
    fix: bool = False
    restage: bool = False
    hook: str | None = None
    env: Mapping[str, str] = {}
    shuffle: str | None = None
    breakpoints: Breakpoints | None = None
    parent_id: str | None = None
    trace_flags: int = 1
    predicts: Mode | None = None
