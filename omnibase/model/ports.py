"""What may be plugged in: the interfaces of executors, parsers, formatters, observers and stores."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from omnibase.model.component import BreakerRule, Component
from omnibase.model.events import Event, Outcome
from omnibase.model.plan import Plan
from omnibase.model.record import Record
from omnibase.model.report import RunReport
from omnibase.model.result import Cause, Finding, Part, Result, Seen, Where

Json = Any


class Place(Record):
    """Where a batch runs: the folder, the environment (without GIT_* variables), and the run's folder for output.

    `scratch` is None where nothing can be kept. `home` is the repository where `root` is a view of it: installed
    programs are looked for there. All paths are absolute.
    """

    root: str
    env: Mapping[str, str]
    scratch: str | None = None
    home: str | None = None


class Share(Record):
    """One task's part of a batch: its component and the paths it looks at (None: planned without files)."""

    task: int
    component: Component
    paths: tuple[str, ...] | None = None
    values: Mapping[str, Json] = {}  # what the components it needs returned, by name


class Assignment(Record):
    """One batch, ready to be started. `deadline` is seconds from now; `added` are the paths new in the index.

    What the folder `shadow` has of a pass's files is read there. `terms` are what fixers' changes are written on.
    """

    batch: int
    shares: tuple[Share, ...]
    place: Place
    run_id: str
    correlation_id: str
    fix: bool = False
    deadline: float | None = None
    added: frozenset[str] | None = None
    shadow: str | None = None
    terms: Mapping[str, Json] = {}
    given: Mapping[str, str] = {}  # variables that the run gives to the batch; what the component declares wins


# What `Running.ready` is called with besides descriptors: some child has ended; it is time that it wanted to be woken.
CHILD_ENDED = -1
WOKEN = -2


class Running(Protocol):
    """A batch under way. The driver watches `fds` for reading and calls `ready` for each that is.

    One that wants to look at something by itself has an attribute `wake`: in how many seconds, or None for never.
    """

    fds: set[int]

    def ready(self, fd: int) -> None:
        """Read what is there, or look at what CHILD_ENDED and WOKEN tell of. Never blocks."""

    def cancel(self, cause: Cause, *, force: bool) -> None:
        """End the work for this cause: asked politely, or with `force` at once. All in its process group end."""

    def outcomes(self) -> tuple[Outcome, ...] | None:
        """One outcome for each share, or None while the batch is running."""


class Executor(Protocol):
    """How a batch is made."""

    def start(self, assignment: Assignment) -> Running:
        """Start the batch. What keeps it from starting is an outcome, not an exception."""

    def close(self) -> None:
        """Let go of everything; called once, after the last batch."""


class ParserInput(Record):
    """What a command left behind. `root` is the folder that paths are made relative to, absolute.

    `cwd` is where in it the command ran: relative paths in its output are meant from there.
    """

    stdout: bytes
    stderr: bytes
    exit_code: int | None
    root: str
    report: bytes | None = None
    options: Mapping[str, str] = {}
    cwd: str = "."


class Parsed(Record):
    """Findings and parts read from a command's output; `problem` says why they could not be read."""

    findings: tuple[Finding, ...] = ()
    parts: tuple[Part, ...] = ()
    problem: str | None = None


Parser = Callable[[ParserInput], Parsed]


class Style(Record):
    """How text may look where it goes: colours, emoji or ASCII words, columns."""

    color: bool = False
    emoji: bool = False
    width: int = 100
    verbosity: int = 0  # -1 quiet, 0, 1 verbose


Formatter = Callable[[RunReport, Style], str]


class Observer(Protocol):
    """Listens to a run. What it raises is reported and the run goes on."""

    def observe(self, event: Event) -> None: ...


class Watcher(Observer, Protocol):
    """An observer that also looks at the run by itself, every `pulse` seconds; None while it need not."""

    pulse: float | None

    def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
        """It is `at` seconds since the run started. `last_line` gives what a batch under way printed last."""


# What is called with the output of batches while it is read: the component's name, and lines made safe to show.
Tap = Callable[[str, str], None]


class StepMoment(Record):
    """A task that the person who steps through is asked about: before its first attempt, or after one that failed.

    `why` it was selected. `batches` are its own, as they would be started. `number` is that of the attempt; `result` is
    what it came to, where it failed. `results` are those of all tasks by their index, None for what has not ended.
    `where` it looks at its inputs; `enter` gives the folder for that (absolute), and which it is by then. What was
    changed there, where that is the view, `leave` undoes, and gives the paths. Both may raise OmnibaseError.
    """

    plan: Plan
    task: int
    why: str
    batches: tuple[Assignment, ...]
    number: int
    where: Seen
    enter: Callable[[], tuple[str, Where]]
    leave: Callable[[], tuple[str, ...]]
    result: Result | None = None
    results: Sequence[Result | None] = ()


class Stepper(Protocol):
    """Asks the person who steps through a run. It is no observer, unless it is among these, too."""

    def ask(self, question: str, moment: StepMoment) -> Running:
        """Ask "step" before an attempt, or "step_failed" after one.

        The one outcome has the answer as its `value`: `{"do": ...}` with "run", "skip", "continue" or "quit"; after a
        failure "retry" or "accept" instead of the first two.
        """

    def env_of(self, task: int) -> Mapping[str, str | None]:
        """The variables that the person has set for a task, or with None has taken away. They are in no record."""


class StoredRun(Record):
    """One line of the run history. `started_at` is seconds since 1970, `duration` seconds."""

    run_id: str
    stage: str
    mode: str
    status: str | None
    exit_code: int
    started_at: float
    duration: float


class RunStore(Protocol):
    """What outlives a run. `notice` is what a user should know of how it was opened."""

    notice: str | None

    def fold(self, events: Iterable[Event]) -> None:
        """Add a finished run. A run that is there already is left as it is."""

    def durations(self, names: Sequence[str]) -> Mapping[str, float]:
        """The median seconds of earlier runs for each component that has any."""

    def runs(self, limit: int) -> Sequence[StoredRun]:
        """The latest runs, newest first."""

    def forget(self, runs: Sequence[str]) -> None:
        """Drop runs by their id."""

    def close(self) -> None: ...


class BusyError(Exception):
    """Another process holds what is wanted; it is worth asking again in some milliseconds."""


class Lease(Record):
    """A breaker's answer to who wants to begin an attempt. `state` is the breaker's, `failures` in a row are counted.

    Where it is not `granted`, `again` is in how many seconds it is worth asking again; None for one that is held open
    by hand.
    """

    granted: bool
    state: str
    failures: int = 0
    again: float | None = None


class Breakers(Protocol):
    """Circuit breakers by name, shared with other runs. Each call may raise BusyError, and then has changed nothing."""

    def lease(self, name: str, rule: BreakerRule) -> Lease:
        """Ask for leave to begin an attempt."""

    def failed(self, name: str, rule: BreakerRule) -> Lease:
        """An attempt failed in passing; whether another one would be let through now (none is counted as begun)."""

    def succeeded(self, name: str, rule: BreakerRule) -> None:
        """An attempt did not fail in passing."""


class BeforeRun(Record):
    """What a run hook is told before the first task starts."""

    run_id: str
    stage: str
    mode: str
    components: tuple[str, ...]


class AfterRun(Record):
    """What a run hook is told after the last task ended: the status of each component by name."""

    run_id: str
    stage: str
    statuses: Mapping[str, str]


class TaskMoment(Record):
    """What a task hook is told; `status` is None before the task."""

    run_id: str
    component: str
    moment: Literal["before", "after"]
    status: str | None = None


class Context(Protocol):
    """What a component that takes the context is given, and nothing else."""

    @property
    def name(self) -> str:
        """The component's name."""

    @property
    def root(self) -> str:
        """The folder in which the component works, absolute; paths are relative to it."""

    @property
    def files(self) -> tuple[str, ...]:
        """The paths to look at, as `os.fsdecode` gives them."""

    @property
    def values(self) -> Mapping[str, Json]:
        """The values of the components it needs, by name."""

    @property
    def settings(self) -> Mapping[str, Json]:
        """Its own settings from the registry."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment declared for it, over the run's."""

    @property
    def correlation_id(self) -> str: ...

    @property
    def deadline(self) -> float | None:
        """Seconds left of the time allowed, or None."""

    def log(self, message: str) -> None:
        """Add a line to the component's output."""

    def source_files(self) -> Iterator[Any]:
        """The files as `SourceFile`, one after another."""
