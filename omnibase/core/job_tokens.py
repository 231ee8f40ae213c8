"""How many jobs makes may run beside what the run itself has under way: what their jobserver has tokens for.

A make has one job for the slot that it holds, and one for each token that it has taken. No token can be taken from it,
and no batch waits for one: so many are given out that all fits in together, whatever the scheduler starts next.
"""

from collections.abc import Sequence

from omnibase.core.graph import successors
from omnibase.model.component import Command
from omnibase.model.events import BatchEnded, BatchStarted, Event, TaskEnded
from omnibase.model.plan import Batch, Plan


def wants_tokens(plan: Plan, batch: Batch) -> bool:
    """Whether the batch is given them."""
    component = plan.tasks[batch.spans[0].task].component
    return component.jobserver and isinstance(component.work, Command)


class JobTokens:
    """Follows a run by its events. Makes and all else together are to have at most `most` jobs at once."""

    def __init__(self, plan: Plan, most: int) -> None:
        self._plan = plan
        self._most = most
        self._left = [len(batch.spans) for batch in plan.batches]  # tasks that have not ended
        self._makes = {number for number, batch in enumerate(plan.batches) if wants_tokens(plan, batch)}
        later = successors(len(plan.tasks), plan.edges)
        self._behind = {task: _behind(later, task) for task in {self._task(number) for number in self._makes}}
        # What stands by runs while the task that called upon it has not ended, and takes its room.
        self._open = {number: None for number in range(len(plan.batches)) if not plan.tasks[self._task(number)].standby}
        self._under_way: set[int] = set()  # makes

    @property
    def in_use(self) -> bool:
        """Whether anyone is there who may hold tokens."""
        return bool(self._under_way)

    @property
    def tokens(self) -> int:
        """How many may be given out now, those that are taken among them. It falls only when none are in use."""
        if not self._under_way:
            return 0
        return max(self._most - max(map(self._jobs_beside, self._who_may_take())), 0)

    def observe(self, event: Event) -> bool:
        """Take note of an event; whether `tokens` may have changed by it."""
        if isinstance(event, BatchStarted):
            if event.batch not in self._makes:
                return False
            self._under_way.add(event.batch)
            return True
        if isinstance(event, BatchEnded):
            was_one = event.batch in self._under_way
            self._under_way.discard(event.batch)
            return was_one
        if isinstance(event, TaskEnded):
            for number in self._plan.tasks[event.task].batches:
                self._left[number] -= 1
                if not self._left[number]:
                    self._open.pop(number, None)
            return bool(self._under_way)
        return False

    def _who_may_take(self) -> set[int]:
        """The makes that may take a token that is out now: those under way, those that may run beside them, and so on:
        what one gives back goes to another.
        """
        found = set(self._under_way)
        pending = list(found)
        others = {number for number in self._makes - found if self._left[number]}
        while pending:
            one = pending.pop()
            beside = {other for other in others if self._may_be_beside(one, other)}
            others -= beside
            found |= beside
            pending += beside
        return found

    def _may_be_beside(self, one: int, other: int) -> bool:
        first, second = self._task(one), self._task(other)
        if self._plan.batches[one].exclusive or self._plan.batches[other].exclusive:
            return False
        return first not in self._behind[second] and second not in self._behind[first]

    def _jobs_beside(self, make: int) -> int:
        """The most jobs that there can be while the make is under way, if nobody takes a token."""
        batch = self._plan.batches[make]
        room = self._plan.slots - min(batch.cost, self._plan.slots)
        behind = self._behind[self._task(make)]
        jobs = 0
        for number in self._open if not batch.exclusive else ():
            other = self._plan.batches[number]
            if number != make and not other.exclusive and self._task(number) not in behind:
                jobs += 1 if number in self._makes else other.cost
            if jobs >= room:
                break
        return 1 + min(jobs, room)

    def _task(self, batch: int) -> int:
        """The batch's task, or the first of them: all of a pass are behind the same."""
        return self._plan.batches[batch].spans[0].task


def _behind(later: Sequence[Sequence[int]], task: int) -> frozenset[int]:
    """The tasks that begin only after this one has ended."""
    found: set[int] = set()
    pending = [task]
    while pending:
        for successor in later[pending.pop()]:
            if successor not in found:
                found.add(successor)
                pending.append(successor)
    return frozenset(found)
