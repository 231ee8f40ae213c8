"""An event costs time in proportion to its own task, not to the plan."""

import sys
from collections import deque

import pytest

from omnibase.core.scheduling import State, step
from omnibase.model.commands import StartBatch
from omnibase.model.events import (
    BatchEnded,
    Interrupted,
    Outcome,
    RunStarted,
    Stimulus,
)
from omnibase.model.plan import Batch, Edge, Plan, Span, Task
from tests.core.simulator import HEADER
from tests.core.stepping import component


def grid(count: int) -> Plan:
    """A plan in which every task needs up to three earlier ones."""
    shared = component(0)
    return Plan(
        tuple(Task(shared, rank=number, batches=(number,)) for number in range(count)),
        tuple(Edge(before, after) for after in range(count) for before in range(max(0, after - 30), after, 10)),
        tuple(Batch((Span(number),), "command") for number in range(count)),
        slots=8,
    )


def carried_out(plan: Plan) -> tuple[int, int]:
    """How many events a run of the plan takes, and how many commands."""
    state = State(plan)
    queue: deque[Stimulus] = deque([RunStarted(0.0, HEADER, plan)])
    steps = commands = 0
    while queue:
        made = step(state, queue.popleft())
        steps += 1
        commands += len(made)
        for command in made:
            if isinstance(command, StartBatch):
                queue.append(BatchEnded(1.0, command.batch, (Outcome(command.batch, exit_code=0),)))
    assert state.finished
    return steps, commands


@pytest.mark.slow
def test_a_plan_of_a_hundred_thousand_tasks_takes_one_event_a_task() -> None:
    for count in (1_000, 100_000):
        assert carried_out(grid(count)) == (count + 1, 4 * count + 1)


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_work_grows_with_the_tasks_and_not_with_their_square(interrupted: bool) -> None:
    def calls(count: int) -> int:
        plan = grid(count)
        made = 0

        def profile(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        state = State(plan)
        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            if interrupted:
                step(state, RunStarted(0.0, HEADER, plan))
                step(state, Interrupted(1.0, 2))
            else:
                carried_out(plan)
        finally:
            sys.setprofile(before)
        return made

    assert calls(4_000) < 4.5 * calls(1_000)
