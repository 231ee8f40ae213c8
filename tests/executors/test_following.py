"""A batch in several steps, each a process of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.following import Following
from omnibase.executors.settled import Settled
from omnibase.model.component import Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Running
from omnibase.model.result import Cause
from tests.executors import batches

Start = Callable[..., Running]


@pytest.fixture
def start(commands: CommandExecutor, root: Path) -> Start:
    def started(component: Component | str) -> Running:
        if isinstance(component, str):
            component = batches.command(component, shell=True)
        return commands.start(batches.assignment(batches.place(root), component))

    return started


def _waiting() -> Component:
    """A command that does not end by itself."""
    return batches.command("sleep", "1000")


def _codes(outcomes: tuple[Outcome, ...]) -> list[int | None]:
    return [outcome.exit_code for outcome in outcomes]


def test_what_the_first_step_came_to_is_what_is_made_of_it(start: Start) -> None:
    following = Following(start("exit 3"), lambda outcomes: (outcomes[0]._replace(exit_code=7),))
    assert _codes(batches.finish(following)) == [7]
    assert _codes(following.outcomes() or ()) == [7]  # asked again, nothing is done again


def test_another_step_follows_and_is_what_counts(start: Start) -> None:
    seen = []

    def follow(outcomes: tuple[Outcome, ...]) -> Running:
        seen.append(_codes(outcomes))
        return start("exit 4")

    assert _codes(batches.finish(Following(start("exit 3"), follow))) == [4]
    assert seen == [[3]]


def test_there_may_be_many_steps(start: Start) -> None:
    def after(number: int) -> Running:
        step = start(f"exit {number}")
        return step if number == 5 else Following(step, lambda outcomes: after(number + 1))

    assert _codes(batches.finish(after(1))) == [5]


def test_steps_that_are_over_at_once_need_nobody_to_wait() -> None:
    one, other = Outcome(0, exit_code=1), Outcome(0, exit_code=2)
    following = Following(Settled((one,)), lambda outcomes: Settled((*outcomes, other)))
    assert following.fds == set()
    assert following.outcomes() == (one, other)


def test_it_wants_watched_what_the_step_under_way_wants(start: Start) -> None:
    first, second = start("read line"), start("exit 0")
    following = Following(Settled(()), lambda _: second)
    assert following.fds == set()
    assert following.outcomes() is None
    assert following.fds == second.fds != set()
    batches.finish(following)
    assert following.fds == set()
    batches.finish(first)


def test_while_the_first_step_runs_there_is_no_outcome(start: Start) -> None:
    following = Following(start(_waiting()), lambda outcomes: outcomes)
    assert following.outcomes() is None
    following.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(following)
    assert outcome.cause is Cause.TIMEOUT


@pytest.mark.parametrize("force", [True, False])
def test_a_cancel_in_the_first_step_lets_no_other_one_run(start: Start, root: Path, force: bool) -> None:
    asked = []

    def follow(outcomes: tuple[Outcome, ...]) -> Running:
        asked.append(outcomes[0].cause)
        return start(_waiting())

    following = Following(start(_waiting()), follow)
    following.cancel(Cause.INTERRUPTED, force=force)
    (outcome,) = batches.finish(following)
    assert asked == [Cause.INTERRUPTED]
    assert outcome.cause is Cause.INTERRUPTED


def test_a_cancel_in_a_later_step_ends_that(start: Start) -> None:
    begun = []

    def follow(_outcomes: tuple[Outcome, ...]) -> Running:
        begun.append(start(_waiting()))
        return begun[0]

    following = Following(start("exit 0"), follow)
    while following.outcomes() is None and not begun:
        batches.step(following, batches.SECONDS)
    following.cancel(Cause.FAIL_FAST, force=True)
    (outcome,) = batches.finish(following)
    assert outcome.cause is Cause.FAIL_FAST


def test_a_batch_that_was_cancelled_may_still_be_made_something_of(start: Start) -> None:
    following = Following(start(_waiting()), lambda outcomes: (outcomes[0]._replace(reason="looked at"),))
    following.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(following)
    assert (outcome.cause, outcome.reason) == (Cause.TIMEOUT, "looked at")


def test_no_file_stays_open(start: Start) -> None:
    batches.finish(start("exit 0"))  # what the executor holds for itself is open from here on
    with batches.no_file_left_open():
        batches.finish(Following(start("exit 0"), lambda _: start("exit 1")))
        following = Following(start(_waiting()), lambda _: start(_waiting()))
        following.cancel(Cause.TIMEOUT, force=True)
        batches.finish(following)
