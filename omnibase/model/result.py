"""What a task came to: a status, findings, a value, its attempts."""

from enum import StrEnum
from typing import Any

from omnibase.model.record import Record

Json = Any


class Status(StrEnum):
    """TIME means that there was no verdict in the time allowed; the run fails."""

    PASS = "PASS"  # noqa: S105 - a status, not a password
    FAIL = "FAIL"
    WARN = "WARN"
    SKIP = "SKIP"
    TIME = "TIME"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Cause(StrEnum):
    """Why a task has the status it has, where that is not its own verdict."""

    NO_FILES = "no-files"
    GATED = "gated"
    USER_SKIP = "user-skip"
    DEPENDENCY = "dependency"
    FAIL_FAST = "fail-fast"
    NOT_INSTALLED = "not-installed"
    NOT_EXECUTABLE = "not-executable"
    NOT_STARTED = "not-started"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    RUN_TIMEOUT = "run-timeout"
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    PROTOCOL = "protocol"
    NO_REPORT = "no-report"
    CHANGED_FILES = "changed-files"
    DRY_RUN = "dry-run"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    FINDINGS = "findings"
    LIMIT = "limit"
    TRANSIENT = "transient"
    BREAKER_OPEN = "breaker-open"
    NOT_NEEDED = "not-needed"
    VETOED = "vetoed"


class Finding(Record):
    """One remark of a component. `path` is relative to the repository's root; lines and columns count from 1."""

    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    code: str | None = None
    severity: Severity = Severity.ERROR
    fix: str | None = None


class Part(Record):
    """One test or one piece of a task, with a verdict of its own. The duration is in seconds."""

    name: str
    status: Status
    duration: float | None = None
    message: str | None = None


class Output(Record):
    """What an attempt printed: `text` is its head and tail made safe to show, `size` counts all bytes.

    `path` is the file in the run's folder that holds more of it, where the text does not hold it all.
    """

    text: str = ""
    size: int = 0
    sha256: str | None = None
    path: str | None = None


class Where(StrEnum):
    """Where a task's inputs were looked at: in the work tree, as staged contents of single files, or in a view."""

    IN_PLACE = "in-place"
    STAGED = "staged"
    VIEW = "view"


class Seen(Record):
    """Where a task's inputs were looked at, and why not in place."""

    where: Where
    why: str | None = None


class Patch(Record):
    """A change of one file as a unified diff; `applied` says whether the user's file has it."""

    path: str
    diff: str
    applied: bool


class Usage(Record):
    """What an attempt took of the machine: seconds on the wall and of processors, bytes of memory and of its disks.

    `memory` is the most that any of its processes held at once. `startup` are the seconds until its program, or the
    function of a component in Python, began. None is what this system does not tell.
    """

    wall: float
    user: float
    system: float
    memory: int | None = None
    read: int | None = None
    written: int | None = None
    startup: float | None = None


class Preview(Record):
    """What a batch would do: start the command, or call the function in a worker, over so many files.

    With `fix` it would mend; `fallback` is whose it is, where another component would stand in. `cache` says what is
    expected of remembered verdicts: "hit", "miss", or "off" with the reason in `why`. Where the command is given the
    files as arguments, `files_at` is the place of the first one.
    """

    command: tuple[str, ...] | None = None
    function: str | None = None
    files: int | None = None
    fix: bool = False
    fallback: str | None = None
    cache: str = "off"
    why: str | None = None
    files_at: int | None = None


class Attempt(Record):
    """One try at a task. Times are in seconds; `started` counts from the start of the run."""

    number: int
    started: float
    duration: float
    exit_code: int | None = None
    error: str | None = None
    why: str | None = None
    usage: Usage | None = None
    fix: bool = False  # of the component's fixer, not of its check


class Call(Record):
    """One attempt of a call inside a component that `omnibase.api.retry` or `breaker` wraps. `duration` is in seconds.

    `error` says how it failed, None where it did not; `why` says why it was tried again, or not tried at all.
    """

    name: str
    number: int
    duration: float
    error: str | None = None
    why: str | None = None


class Result(Record):
    """What a component returns, and what a task came to once the engine has filled in the rest."""

    status: Status
    findings: tuple[Finding, ...] = ()
    value: Json = None
    reason: str | None = None
    cause: Cause | None = None
    parts: tuple[Part, ...] = ()
    marked: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    calls: tuple[Call, ...] = ()
    files: int = 0
    changed_files: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    seen: Seen | None = None
    output: Output | None = None
    command: tuple[str, ...] | None = None
    program: str | None = None
    remedy: str | None = None
    cached: bool = False
    previews: tuple[Preview, ...] = ()  # of a dry run, by batch
