"""What a person changes of a batch while they step through."""

import pytest

from omnibase.executors.invoking import invocation
from omnibase.model.component import Command, Component
from omnibase.model.ports import Assignment, Place, Share
from omnibase.orchestrators.stepping import edited

ENV = {"HOME": "/home/me", "PATH": "/usr/bin"}
BATCH = Assignment(
    3,
    (Share(0, Component("it", Command(("true",)), env={"A": "declared"}), ("a",)),),
    Place("/repo", ENV),
    "run",
    "c" * 32,
    given={"TRACEPARENT": "00"},
)


def test_a_batch_that_nobody_has_touched_is_the_same_one() -> None:
    assert edited(BATCH, {}) is BATCH


@pytest.mark.parametrize("name", ["A", "HOME", "PATH", "PWD", "TRACEPARENT", "NEW"])
def test_what_is_set_wins_over_all_and_changes_nothing_else(name: str) -> None:
    made = edited(BATCH, {name: "typed"})
    before, after = (invocation(one.shares[0], one.place, None, one.given).env for one in (BATCH, made))
    assert after == {**before, name: "typed"}
    assert BATCH.place.env == ENV  # what others are given


@pytest.mark.parametrize("name", ["A", "HOME", "TRACEPARENT", "NEW"])
def test_what_is_taken_away_is_nowhere(name: str) -> None:
    made = edited(BATCH, {name: None})
    before, after = (invocation(one.shares[0], one.place, None, one.given).env for one in (BATCH, made))
    assert after == {key: value for key, value in before.items() if key != name}
