"""Where a run stands, as the reducer keeps it."""

from collections import deque

from omnibase.model.commands import Ask, SchedulerCommand
from omnibase.model.events import Outcome
from omnibase.model.plan import EdgeKind, Moment, Plan
from omnibase.model.result import Attempt, Cause, Result

# While more is ready than slots are open, the machine's load is looked at this often (seconds; half as often after
# each time that it was busy, down to the second one), and slots are added while more than this share of the processors'
# time is idle, up to so many for each that the run began with. They are taken away while less than this share of the
# memory is available.
LOAD_INTERVAL = 0.01
LOAD_LONGEST = 1.0
LOAD_IDLE = 0.5
MEMORY_SHORT = 0.08
SLOTS_FACTOR = 16

# How far a task is with an attempt: its batches run or wait for slots; its breaker is told that it failed; it rests
# until the next one; the next one waits for a slot.
UNDER_WAY, COUNTING, RESTING, QUEUED = range(4)


class Trying:
    """The attempts of one task. Times are in seconds since the run started.

    `began` is when the first attempt did, `at` the one under way, which `why` explains; `over` is when that ended,
    where its breaker is still to be told; `earlier` are those before it. With `expired` the time for all of them is
    over, unless a person wanted one `by_hand`; with `suspect` the task's breaker has something to forget when an
    attempt does not fail.
    """

    __slots__ = ("at", "began", "by_hand", "earlier", "expired", "over", "phase", "suspect", "why")

    def __init__(self) -> None:
        self.began: float | None = None
        self.at = 0.0
        self.over = 0.0
        self.why: str | None = None
        self.earlier: tuple[Attempt, ...] = ()
        self.phase = UNDER_WAY
        self.expired = False
        self.by_hand = False
        self.suspect = False


class State:
    """Where a run stands. Made with its plan; only `step` changes it."""

    __slots__ = (
        "asked_after",
        "asking",
        "blocked",
        "busy",
        "callers",
        "ended",
        "failed",
        "finished",
        "fixers",
        "free",
        "held",
        "hook_tasks",
        "hooks",
        "left",
        "load_interval",
        "load_watched",
        "metrics",
        "open_batches",
        "outcomes",
        "parked",
        "plan",
        "queued",
        "ready",
        "release",
        "results",
        "running",
        "signal",
        "slots",
        "started",
        "stepped",
        "stepping",
        "stopping",
        "successors",
        "summoned",
        "timed_out",
        "trying",
        "unasked",
        "unserved",
        "vetoed",
        "waiting",
        "waiting_batch",
        "withheld",
    )

    def __init__(self, plan: Plan) -> None:
        count = len(plan.tasks)
        self.plan = plan
        self.slots = plan.slots
        self.successors: list[list[tuple[int, EdgeKind]]] = [[] for _ in range(count)]
        self.waiting = [0] * count  # predecessors that have not ended
        for edge in plan.edges:
            self.successors[edge.before].append((edge.after, edge.kind))
            self.waiting[edge.after] += 1
        self.left = count
        self.ended = [False] * count
        self.results: list[Result | None] = [None] * count
        self.blocked: dict[int, tuple[int, str]] = {}  # tasks that cannot run, for which one, and why
        self.trying: list[Trying | None] = [None] * count  # from a task's first attempt on, or its breaker's first word
        self.outcomes: list[dict[int, Outcome]] = [{} for _ in range(count)]  # by batch, the latest of each
        self.open_batches = [len(task.batches) for task in plan.tasks]
        self.waiting_batch = [len(batch.spans) for batch in plan.batches]  # tasks that are not settled
        self.started: set[int] = set()  # batches that were, for all their tasks
        self.unserved: dict[int, tuple[int, ...]] = {}  # for whom a batch has to be started again
        self.ready: list[tuple[int, int]] = []  # (rank, batch)
        self.parked: dict[str, list[tuple[int, int]]] = {}  # those of them that lack a resource
        self.busy = 0  # slots that are taken
        self.free = dict(plan.resources)
        self.running: dict[int, tuple[tuple[int, ...], float]] = {}  # batch -> (tasks, started)
        self.queued = [False] * count  # tasks that may run
        self.release: deque[int] = deque()  # tasks whose predecessors have ended
        self.held = 0  # questions without an answer that the run's end waits for
        self.timed_out: set[int] = set()
        self.callers = [0] * count  # tasks that have this one as their fallback and have not ended
        for task in plan.tasks:
            if task.fallback is not None:
                self.callers[task.fallback] += 1
        self.summoned: dict[int, list[int]] = {}  # fallbacks that are called upon, and the tasks that wait for them
        self.withheld: dict[int, Result] = {}  # what those tasks came to by themselves
        self.hooks: dict[Moment, list[int]] = {}
        for index, hook in enumerate(plan.hooks):
            self.hooks.setdefault(hook.moment, []).append(index)
        self.hook_tasks = [None if hook.tasks is None else frozenset(hook.tasks) for hook in plan.hooks]
        self.vetoed: str | None = None  # why nothing begins
        self.fixers: dict[str, str | None] = {}  # components whose fixers began, and what a hook had against them
        self.asking = False  # whether the person who steps through is asked
        self.unasked: deque[tuple[str, int]] = deque()  # questions that wait for the answer to another one
        self.stepping = plan.breakpoints is not None and plan.breakpoints.every
        self.stepped: set[int] = set()  # tasks that the person was asked about
        self.failed: dict[int, Result] = {}  # what a task came to, while the person looks at it
        self.load_watched = False
        self.load_interval = LOAD_INTERVAL
        self.asked_after = 0  # moments after the last task whose hooks were called
        self.stopping: Cause | None = None
        self.signal: int | None = None
        self.finished = False
        self.metrics: dict[str, float] = {
            "attempts": 0,
            "batches": 0,
            "breaker_changes": 0,
            "bytes": 0,
            "retries": 0,
            "slots": plan.slots,
            "timeouts": 0,
            "waited_s": 0.0,
        }

    def outcomes_of(self, index: int) -> list[Outcome]:
        """What the task's batches came to, in the order of the batches: not of their ends, which is the machine's."""
        return [outcome for _, outcome in sorted(self.outcomes[index].items(), key=lambda pair: pair[0])]

    def tries(self, index: int) -> Trying:
        """How far the task has come with its attempts."""
        trying = self.trying[index]
        if trying is None:
            trying = self.trying[index] = Trying()
        return trying


def ask(state: State, question: Ask, commands: list[SchedulerCommand]) -> None:
    """Ask what the run's end has to wait for."""
    state.held += 1
    commands.append(question)
