"""A component: a registered validator, tool or test, with its metadata."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from omnibase.model.errors import Location
from omnibase.model.record import Record

Json = Any  # JSON: None, bool, int, float, str, lists and string-keyed mappings of these


class ComponentType(StrEnum):
    TOOL = "tool"
    VALIDATOR = "validator"
    TEST = "test"


class Lifecycle(StrEnum):
    """How far a component may be relied on, in the order in which components grow."""

    EXPERIMENTAL = "experimental"
    CANARY = "canary"
    STABLE = "stable"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class FileSet(Record):
    """Which files a component looks at, as a person writes it.

    `include` and `exclude` are gitignore-style globs; all of `types`, one of `types_or` and none of
    `exclude_types` must be among the tags that identify gives a file.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    types_or: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()


class Matcher(Record):
    """A `FileSet` made ready: globs as regular expressions over paths relative to the repository's root."""

    include: str | None = None
    exclude: str | None = None
    types: tuple[str, ...] = ()
    types_or: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()


FILES = "{files}"


class Command(Record):
    """Work done by a program. `{files}` in `argv` stands for the paths, `{report}` for a file to write to."""

    argv: tuple[str, ...]
    shell: bool = False


class PythonCall(Record):
    """Work done by a function of a plugin, imported only where it runs.

    `takes` is what the function is given: one `SourceFile` after another, or the run's context once.
    `shipped` marks the functions that come with omnibase itself.
    """

    module: str
    function: str
    takes: Literal["file", "context"]
    plugin: str
    path: str | None = None  # the folder to import from, for a plugin inside the repository
    fixer: str | None = None  # "module:function" of the fixer that belongs to it
    shipped: bool = False


class Need(Record):
    """Another component that has to succeed first; `version` is a range such as ">=1,<2"."""

    name: str
    version: str | None = None


class Parsing(Record):
    """How to read findings from a command's output: a named parser and what it is told."""

    parser: str
    options: Mapping[str, str] = {}


class Retry(Record):
    """When an attempt that failed in passing is made again (docs/registry.md, "Retry"). Times are in seconds.

    The wait before attempt `n + 1` is `first_delay * factor ** (n - 1)`, at most `max_delay`; up to the share `jitter`
    of it is taken off by chance. In passing is an exit code of `exit_codes`, an error output in which the regular
    expression `stderr` is found, with `on_timeout` a timeout, and what a component in Python says is. No attempt begins
    more than `budget` after the first one.
    """

    attempts: int = 3
    first_delay: float = 0.1
    factor: float = 2.0
    max_delay: float = 30.0
    jitter: float = 0.5
    exit_codes: tuple[int, ...] = ()
    stderr: str | None = None
    on_timeout: bool = False
    budget: float | None = None


class BreakerRule(Record):
    """So many attempts in a row that failed in passing open a component's circuit breaker.

    `reset` seconds later up to `probes` attempts are let through; one that does not fail closes it.
    """

    failures: int = 5
    reset: float = 60.0
    probes: int = 3


class Limits(Record):
    """What one attempt may use: `cpu` seconds and open `files` of each process; `memory`, `processes` of all together.

    `output` is what it may print, and how large any file may be that it writes. Sizes are in bytes; None is no limit.
    """

    cpu: float | None = None
    memory: int | None = None
    processes: int | None = None
    files: int | None = None
    output: int | None = None


NO_LIMITS = Limits()


class Component(Record):
    """One line of the registry, resolved. Times are in seconds.

    `breaker` is None where its attempts are not counted. `fallback` names the component that stands in, and `degraded`
    makes the run go on with a WARN, where it comes to no verdict of its own. `secrets` are variables whose values are
    in no record. A batch of it takes `cost` slots, or with `exclusive` all of them, and so much of each of `resources`;
    with `jobserver` it is given make's tokens.
    """

    name: str
    work: Command | PythonCall
    type: ComponentType = ComponentType.VALIDATOR
    version: str = "0.0.0"
    lifecycle: Lifecycle = Lifecycle.EXPERIMENTAL
    tags: tuple[str, ...] = ()
    description: str = ""
    idempotent: bool = False
    files: FileSet = FileSet()
    matcher: Matcher = Matcher()
    findings: Parsing | None = None
    fix: tuple[str, ...] | None = None
    fixes: bool = False
    after: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    required: bool = True
    always_run: bool = False
    env: Mapping[str, str] = {}
    cwd: str = "."
    timeout: float | None = None
    deadline: float | None = None
    batch_files: int | None = None
    cost: int = 1
    exclusive: bool = False
    resources: Mapping[str, int] = {}
    jobserver: bool = False
    retry: Retry = Retry()
    breaker: BreakerRule | None = BreakerRule()
    limits: Limits = NO_LIMITS
    fallback: str | None = None
    degraded: bool = False
    secrets: tuple[str, ...] = ()
    settings: Mapping[str, Json] = {}
    executor: str | None = None
    owner: str | None = None
    since: str | None = None
    sunset: str | None = None
    replaced_by: str | None = None
    declared: Mapping[str, Json] = {}  # what is accepted and shown but not enforced yet, as it was written
    origin: Location | None = None
    plugin: str | None = None
