"""How many jobs makes may run beside the batches of a run."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.job_tokens import JobTokens, wants_tokens
from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.model.component import Command, Component, Need
from omnibase.model.events import BatchEnded, BatchStarted, Event, RunStarted, TaskEnded
from omnibase.model.plan import Plan
from omnibase.model.result import Result, Status
from tests.core.plans import random_plan
from tests.core.simulator import HEADER, play


def planned(*components: Component, slots: int = 4) -> Plan:
    return plan([Wanted(one) for one in components], Conditions(slots=slots))


def component(name: str, *needs: str, cost: int = 1, exclusive: bool = False, make: bool = False) -> Component:
    work = Command(("true",))
    return Component(name, work, needs=tuple(map(Need, needs)), cost=cost, exclusive=exclusive, jobserver=make)


def after(made: Plan, most: int, started: str, ended: str = "") -> int:
    """How many tokens there are when these components, by their letters, have started, and those have ended."""
    tokens = JobTokens(made, most)
    numbers = {task.component.name: index for index, task in enumerate(made.tasks)}
    for name in (*started, *ended):
        for batch in made.tasks[numbers[name]].batches:
            tokens.observe(BatchStarted(0.0, batch, (numbers[name],)))
    for name in ended:
        for batch in made.tasks[numbers[name]].batches:
            tokens.observe(BatchEnded(1.0, batch, ()))
        tokens.observe(TaskEnded(1.0, numbers[name], Result(Status.PASS)))
    return tokens.tokens


M = component("m", make=True)
FLAT = planned(M, *(component(name) for name in "abc"))


@pytest.mark.parametrize(
    ("made", "started", "ended", "tokens"),
    [
        pytest.param(planned(M), "m", "", 3, id="all but its own job, where it is alone"),
        pytest.param(planned(M, component("a"), slots=1), "m", "", 3, id="likewise one at a time"),
        pytest.param(FLAT, "", "", 0, id="none where no make is under way"),
        pytest.param(FLAT, "abc", "", 0, id="nor beside others"),
        pytest.param(FLAT, "m", "", 0, id="none where the others may want all slots"),
        pytest.param(FLAT, "mab", "c", 1, id="one for each that has ended"),
        pytest.param(FLAT, "m", "abc", 3, id="all of them in the end"),
        pytest.param(
            planned(M, *(component(name, "m") for name in "abc")),
            "m",
            "",
            3,
            id="those that wait for it want nothing yet",
        ),
        pytest.param(planned(M, component("n", make=True)), "mn", "", 2, id="two makes share what neither has"),
        pytest.param(planned(M, component("a", cost=2)), "m", "", 1, id="who takes more slots"),
        pytest.param(planned(M, component("a", exclusive=True)), "m", "", 3, id="who is alone is never beside it"),
        pytest.param(
            planned(component("m", make=True, exclusive=True), component("a")), "m", "", 3, id="alone by its own wish"
        ),
        pytest.param(
            planned(component("m", make=True, cost=3), component("a"), component("b")),
            "m",
            "",
            2,
            id="its further slots are for its jobs",
        ),
        pytest.param(
            planned(M, component("n", "m", make=True), *(component(name, "m") for name in "abc")),
            "m",
            "",
            3,
            id="a make that comes after it takes none of its tokens",
        ),
        pytest.param(
            planned(M, component("a"), component("n", "a", make=True), *(component(name, "m") for name in "bcd")),
            "m",
            "",
            0,
            id="one that may run beside it may take them, and others beside that one",
        ),
    ],
)
def test_tokens_are_what_nobody_else_may_come_to_want(made: Plan, started: str, ended: str, tokens: int) -> None:
    assert after(made, 4, started, ended) == tokens


def test_only_commands_that_say_so_want_tokens() -> None:
    made = planned(M, component("a"))
    assert [wants_tokens(made, batch) for batch in made.batches] == [True, False]
    assert not JobTokens(made, 4).observe(RunStarted(0.0, HEADER, made))
    assert not JobTokens(made, 4).observe(BatchStarted(0.0, 1, (1,)))


class Greedy:
    """A jobserver's pool with makes that take whatever there is, and give back nothing before they end."""

    def __init__(self, made: Plan, most: int, random: Random) -> None:
        self.plan = made
        self.tokens = JobTokens(made, most)
        self.random = random
        self.free = 0
        self.held: dict[int, int] = {}
        self.running: set[int] = set()

    def see(self, event: Event) -> None:
        if isinstance(event, BatchEnded):
            self.running.discard(event.batch)
            self.free += self.held.pop(event.batch, 0)
            self.take()  # before anybody has heard of the end
        if isinstance(event, BatchStarted):
            self.running.add(event.batch)
            if wants_tokens(self.plan, self.plan.batches[event.batch]):
                self.held[event.batch] = 0
        self.tokens.observe(event)
        if not self.tokens.in_use:
            assert not self.held
            self.free = 0
        out = self.free + sum(self.held.values())
        assert out <= self.tokens.tokens or not self.held, "a token would have to be taken back"
        self.free += self.tokens.tokens - out
        self.take()

    def take(self) -> None:
        if self.held and self.free:
            self.held[self.random.choice(sorted(self.held))] += self.free
            self.free = 0

    def jobs(self) -> int:
        cost = {number: self.plan.batches[number].cost for number in self.running}
        cost.update({number: 1 + taken for number, taken in self.held.items()})
        return sum(
            min(one, max(self.plan.slots, 1)) if number not in self.held else one for number, one in cost.items()
        )


def with_makes(random: Random, count: int) -> Plan:
    """A plan in which some commands are makes."""
    made = random_plan(random, count)._replace(adaptive=False)
    tasks = []
    for task in made.tasks:
        make = isinstance(task.component.work, Command) and random.random() < 0.5
        tasks.append(task._replace(component=task.component._replace(jobserver=make)))
    return made._replace(tasks=tuple(tasks))


def observed(made: Plan, random: Random) -> Iterator[Event]:
    yield from play(made, random).events


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(0, 6))
def test_there_are_never_more_jobs_than_wanted_whatever_makes_take(seed: int, count: int, more: int) -> None:
    random = Random(seed)
    made = with_makes(random, count)
    most = made.slots + more
    pool = Greedy(made, most, random)
    for event in observed(made, random):
        pool.see(event)
        assert pool.jobs() <= most
    assert pool.tokens.tokens == 0
