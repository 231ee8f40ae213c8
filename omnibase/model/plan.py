"""The tasks of a run and the edges between them."""

from collections.abc import Mapping
from enum import StrEnum

from omnibase.model.component import Component
from omnibase.model.errors import Location
from omnibase.model.record import Record
from omnibase.model.result import Cause


class EdgeKind(StrEnum):
    """NEEDS: the later task wants the earlier one's success. AFTER: order only."""

    NEEDS = "needs"
    AFTER = "after"


class Edge(Record):
    """Task `before` ends before task `after` starts."""

    before: int
    after: int
    kind: EdgeKind = EdgeKind.NEEDS


class KeepGoing(StrEnum):
    """What runs on after a failure: nothing new, all that does not depend on it, everything."""

    NEVER = "never"
    INDEPENDENT = "independent"
    ALWAYS = "always"


class Strategy(StrEnum):
    """The shape of a plan, as a word for the report."""

    FULL_PARALLEL = "full_parallel"
    STAGED_PARALLEL = "staged_parallel"
    DEPENDENCY_CHAINS = "dependency_chains"
    SEQUENTIAL = "sequential"


class LeftOut(Record):
    """Why a selected component has nothing to run: no matching file, or skipped by the user."""

    cause: Cause
    reason: str


class Task(Record):
    """One component with its inputs.

    `files` indexes `Plan.inputs` (None: it was planned without files), `weight` is its expected seconds (`learnt` from
    its own earlier runs, or not), `rank` its place in the queue (lowest first). With `fix` the task is the component's
    fixer, not its check. `timeout` bounds an attempt of several batches, in seconds; that of a single batch stands at
    the batch. `deadline` bounds all attempts together, in seconds from the start of the first. `fallback` is the task
    that stands in where this one comes to no verdict; a `standby` task runs only where it is called upon.
    """

    component: Component
    files: int | None = None
    weight: float = 0.0
    rank: int = 0
    batches: tuple[int, ...] = ()
    left_out: LeftOut | None = None
    fix: bool = False
    timeout: float | None = None
    deadline: float | None = None
    fallback: int | None = None
    standby: bool = False
    learnt: bool = False


class Span(Record):
    """A task's share of a batch: the slice `start:stop` of its input files."""

    task: int
    start: int = 0
    stop: int = 0


class Batch(Record):
    """What one process or worker does. A pass has a span for each task; `fix` makes it a rewriting one.

    It takes `cost` slots and so much of each of `resources`, and with `exclusive` it is alone.
    """

    spans: tuple[Span, ...]
    executor: str
    timeout: float | None = None
    fix: bool = False
    cost: int = 1
    exclusive: bool = False
    resources: Mapping[str, int] = {}


class Moment(StrEnum):
    """When a hook is called. A run carries out one stage: the hooks of that are inside those of the run."""

    BEFORE_RUN = "before_run"
    AFTER_RUN = "after_run"
    BEFORE_STAGE = "before_stage"
    AFTER_STAGE = "after_stage"
    BEFORE_TASK = "before_task"
    AFTER_TASK = "after_task"


class HookCall(Record):
    """A hook to be called at a moment: a command of the registry, or those that plugins bring (`argv` is None).

    It has `timeout` seconds. `tasks` are those that it is about, where it is not about all. With `veto`, what is about
    to begin does not where the hook fails; a plugin's says so itself. `place` is where a command stands.
    """

    moment: Moment
    name: str
    argv: tuple[str, ...] | None = None
    timeout: float = 10.0
    veto: bool = False
    tasks: tuple[int, ...] | None = None
    env: Mapping[str, str] = {}
    place: Location | None = None


class Breakpoints(Record):
    """Where a run stops and asks the person at the terminal: before every task, before those named, after failures."""

    every: bool = False
    names: tuple[str, ...] = ()
    on_failure: bool = False


class Plan(Record):
    """All that the scheduler has to know. Tasks, batches and inputs are referred to by their index.

    `slots` is how many batches run at once; `adaptive` lets it grow while the processors are idle, up to `most_slots`,
    and shrink while memory is short. `resources` is how much there is of each. `hooks` are called in their order.
    `timeout` bounds the run, in seconds. With `change_fails` a task that changed files fails, as users of git hooks
    expect. With `guarded`, some breaker is not closed, or not far from opening: leave is asked before every attempt,
    and not only before further ones. `seed` is what chance is drawn from. Without `retry`, an attempt is the only one.
    `shuffle` is the seed of an order by chance. `expected_seconds` are those of all tasks together, `expected_makespan`
    those that the run takes at least.
    """

    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...] = ()
    batches: tuple[Batch, ...] = ()
    inputs: tuple[tuple[str, ...], ...] = ()
    slots: int = 1
    most_slots: int | None = None
    adaptive: bool = False
    keep_going: KeepGoing = KeepGoing.INDEPENDENT
    timeout: float | None = None
    hooks: tuple[HookCall, ...] = ()
    resources: Mapping[str, int] = {}
    breakpoints: Breakpoints | None = None
    retry: bool = True
    shuffle: str | None = None
    change_fails: bool = False
    guarded: bool = False
    seed: int = 0
    strategy: Strategy = Strategy.SEQUENTIAL
    waves: tuple[int, ...] = ()  # how many tasks each wave has
    critical_path: tuple[int, ...] = ()
    critical_seconds: float = 0.0
    expected_seconds: float = 0.0
    expected_makespan: float = 0.0
