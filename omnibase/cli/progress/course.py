"""The course of a run as progress shows it: from events to what is running, what has ended, and how long it may take.

Nothing here looks at a clock: times are seconds since the run started.
"""

from collections.abc import Mapping

from omnibase.core.graph import successors
from omnibase.core.ordering import layers
from omnibase.core.outcome import is_failure
from omnibase.core.planning import learnt
from omnibase.core.redaction import shown_path
from omnibase.model.events import (
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    Interrupted,
    TaskEnded,
)
from omnibase.model.plan import Plan, Task
from omnibase.model.record import Record
from omnibase.model.result import Result

# An estimate holds for so long (seconds): to make one takes time in proportion to the plan.
ESTIMATE_HOLDS = 1.0


class Ended(Record):
    """A task that has ended. `seconds` are those of its attempts together, `number` counts those that were made."""

    name: str
    result: Result
    seconds: float
    failed: bool
    number: int


class Work(Record):
    """What is under way, or waits to be tried again: the tasks that one worker serves, or all batches of one.

    `batch` is the latest of them, whose last line is the one to show; `until` is when a wait is over, and `why` what
    failed before it.
    """

    names: tuple[str, ...]
    since: float
    number: int = 1
    batch: int | None = None
    until: float | None = None
    why: str | None = None


class Course:
    """Follows the events of a run of this plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.done = 0
        self.failed = 0
        self.ended: list[Ended] = []  # in order, but for what has nothing to say
        self.interrupted = False
        self.names = [shown_path(task.component.name) + " (fix)" * task.fix for task in plan.tasks]
        self.total = sum(map(_counts, plan.tasks))
        self._known = any(task.learnt for task in plan.tasks)
        self._weights = [task.weight if task.left_out is None else 0.0 for task in plan.tasks]
        self._open = [task.left_out is None and not task.standby for task in plan.tasks]
        self._attempts: dict[int, tuple[int, float]] = {}  # number and start of those under way
        self._batches: dict[int, tuple[tuple[int, ...], float]] = {}
        self._resting: dict[int, AttemptFailed] = {}
        self._estimate: tuple[float, float] | None = None  # when it was made, and when the run would be over
        self._behind: tuple[list[int], list[list[int]]] | None = None

    def take(self, event: Event) -> Ended | None:
        """Note what has happened; what has ended by it, where that is worth a line."""
        match event:
            case AttemptStarted(at=at, task=task, number=number):
                self._attempts[task] = (number, at)
                self._resting.pop(task, None)
            case BatchStarted(at=at, batch=batch, tasks=tasks):
                self._batches[batch] = (tasks, at)
            case BatchEnded(batch=batch):
                self._batches.pop(batch, None)
            case AttemptFailed(task=task):
                self._resting[task] = event
            case TaskEnded(task=task, result=result):
                return self._end(task, result)
            case Interrupted():
                self.interrupted = True
        return None

    def _end(self, index: int, result: Result) -> Ended | None:
        task = self.plan.tasks[index]
        self._resting.pop(index, None)
        self._attempts.pop(index, None)
        self._open[index] = False
        failed = is_failure(result, required=task.component.required) and not task.standby
        if _counts(task):
            self.done += 1
            self.failed += failed
        if task.left_out is not None or not (result.attempts or failed):
            return None
        seconds = sum(attempt.duration for attempt in result.attempts)
        self.ended.append(Ended(self.names[index], result, seconds, failed, len(result.attempts)))
        return self.ended[-1]

    @property
    def running(self) -> int:
        """How many tasks are under way."""
        return len({task for tasks, _ in self._batches.values() for task in tasks})

    def number(self, task: int) -> int:
        """Which attempt of the task is under way, counted from 1."""
        return self._attempts.get(task, (1, 0.0))[0]

    def work(self) -> list[Work]:
        """What is under way, in the order of its start, and then what waits."""
        rows: dict[tuple[int, ...], Work] = {}
        for batch, (tasks, at) in self._batches.items():
            earlier = rows.get(tasks)
            since = earlier.since if earlier else at
            number = 1
            if len(tasks) == 1 and tasks[0] in self._attempts:
                number, since = self._attempts[tasks[0]]
            rows[tasks] = Work(tuple(self.names[task] for task in tasks), since, number, batch)
        under_way = sorted(rows.values(), key=lambda one: one.since)
        return under_way + [self._wait(task, failed) for task, failed in self._resting.items()]

    def _wait(self, task: int, failed: AttemptFailed) -> Work:
        attempt = failed.attempt
        return Work((self.names[task],), failed.at, attempt.number + 1, until=failed.again, why=attempt.error)

    # How long it may take

    @property
    def is_known(self) -> bool:
        """Whether earlier runs say anything of how long these tasks take."""
        return self._known

    def learn(self, durations: Mapping[str, float]) -> None:
        """Take the seconds of earlier runs, by component; those that are not there take as long as the median."""
        known, usual = learnt(durations)
        if known:
            self._known = True
            for index, task in enumerate(self.plan.tasks):
                if task.left_out is None and not task.standby:
                    self._weights[index] = known.get(task.component.name, usual)

    def left(self, at: float) -> float | None:
        """About how many seconds are left; None where nothing is known, or more was used up than was expected."""
        if not self.is_known:
            return None
        if self._estimate is None or at >= self._estimate[0] + ESTIMATE_HOLDS:
            self._estimate = (at, at + self._remaining(at))
        left = self._estimate[1] - at
        return left if left > 0 else None

    def _remaining(self, at: float) -> float:
        """The longest chain of what is to come, and not less than all of it shared out among the slots."""
        if self._behind is None:
            tasks, edges = self.plan.tasks, self.plan.edges
            self._behind = layers(tasks, edges)[0], successors(len(tasks), edges)
        order, behind = self._behind
        chains = [0.0] * len(order)
        everything = 0.0
        for index in reversed(order):
            left = 0.0
            if self._open[index]:
                _, began = self._attempts.get(index, (1, at))
                left = max(self._weights[index] - (at - began), 0.0)
            everything += left
            chains[index] = left + max((chains[after] for after in behind[index]), default=0.0)
        return max(max(chains, default=0.0), everything / max(self.plan.slots, len(self._batches)))


def _counts(task: Task) -> bool:
    """Whether it is one of those of which people are told how many are done: what a report has, and has to run."""
    return task.left_out is None and not task.fix and not task.standby
