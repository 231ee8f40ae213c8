"""How the processors are shared out among what can run at once, and how tools are told."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.ordering import layers
from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.core.sharing import SLOTS, VARIABLES, Shares, alone, granted, variables
from omnibase.model.component import Command, Component, Need
from omnibase.model.plan import LeftOut, Plan
from omnibase.model.result import Cause
from tests.core.plans import random_plan


def planned(*components: Component, slots: int = 4, adaptive: bool = False, left_out: Sequence[str] = ()) -> Plan:
    why = LeftOut(Cause.NO_FILES, "no files to check")
    wanted = [Wanted(one, None, why if one.name in left_out else None) for one in components]
    return plan(wanted, Conditions(slots=slots, adaptive=adaptive))


def component(name: str, *needs: str, cost: int = 1, exclusive: bool = False) -> Component:
    work = Command(("true",))
    return Component(name, work, needs=tuple(map(Need, needs)), cost=cost, exclusive=exclusive)


def shares(made: Plan, processors: int) -> dict[str, int]:
    """What the first batch of each component gets."""
    among = Shares(made, processors)
    return {task.component.name: among.of(made.batches[task.batches[0]]) for task in made.tasks if task.batches}


FOUR = tuple(component(name) for name in "abcd")


@pytest.mark.parametrize(
    ("made", "processors", "expected"),
    [
        pytest.param(planned(*FOUR, slots=1), 8, {"a": 8, "b": 8, "c": 8, "d": 8}, id="one at a time"),
        pytest.param(planned(*FOUR[:1]), 8, {"a": 8}, id="one task"),
        pytest.param(planned(*FOUR), 8, {"a": 2, "b": 2, "c": 2, "d": 2}, id="as many as slots"),
        pytest.param(planned(*FOUR[:2]), 8, {"a": 4, "b": 4}, id="fewer tasks than slots"),
        pytest.param(planned(*FOUR, slots=9), 2, {"a": 1, "b": 1, "c": 1, "d": 1}, id="fewer processors than tasks"),
        pytest.param(planned(*FOUR, slots=3), 8, {"a": 2, "b": 2, "c": 2, "d": 2}, id="rounded down"),
        pytest.param(planned(*FOUR, slots=1, adaptive=True), 8, dict.fromkeys("abcd", 8), id="one slot to begin with"),
        pytest.param(
            planned(component("a", cost=3), component("b")), 8, {"a": 6, "b": 2}, id="who takes more slots has more"
        ),
        pytest.param(
            planned(component("a", cost=9), component("b"), slots=2),
            8,
            {"a": 8, "b": 4},
            id="more slots than there are",
        ),
        pytest.param(
            planned(component("a", exclusive=True), component("b"), component("c")),
            8,
            {"a": 8, "b": 4, "c": 4},
            id="alone by its own wish",
        ),
        pytest.param(
            planned(*FOUR[:3], component("last", "a", "b", "c")),
            8,
            {"a": 2, "b": 2, "c": 2, "last": 8},
            id="alone because all others have to end before",
        ),
        pytest.param(
            planned(*FOUR[:3], component("last", "a", "b")),
            8,
            {"a": 2, "b": 2, "c": 2, "last": 2},
            id="not alone: one of the others may still be under way",
        ),
        pytest.param(
            planned(component("first"), *(component(name, "first") for name in "abcd")),
            8,
            {"first": 8, "a": 2, "b": 2, "c": 2, "d": 2},
            id="alone because all others wait for it",
        ),
        pytest.param(
            planned(*FOUR[:2], component("none", "a"), component("last", "none", "b"), left_out=("none",)),
            8,
            {"a": 4, "b": 4, "last": 8},
            id="what is left out passes on what it waits for",
        ),
    ],
)
def test_processors_are_shared_by_what_can_run_at_once(made: Plan, processors: int, expected: dict[str, int]) -> None:
    assert shares(made, processors) == expected


def test_batches_of_one_component_share_among_themselves() -> None:
    files = tuple(f"{number}.py" for number in range(6))
    many = Component("many", Command(("check", "{files}")), batch_files=2)
    made = plan([Wanted(many, files)], Conditions(slots=4))
    assert len(made.batches) == 3
    assert {Shares(made, 8).of(batch) for batch in made.batches} == {2}
    after = plan([Wanted(component("first")), Wanted(many._replace(after=("first",)), files)], Conditions(slots=2))
    assert [Shares(after, 8).of(batch) for batch in after.batches] == [8, 4, 4, 4]


@given(st.integers(0, 2**32), st.integers(1, 14))
def test_alone_is_who_is_before_or_behind_everyone_else(seed: int, count: int) -> None:
    made = random_plan(Random(seed), count)
    order, _ = layers(made.tasks, made.edges)
    behind: dict[int, set[int]] = {index: set() for index in range(len(made.tasks))}
    for index in reversed(order):
        for edge in made.edges:
            if edge.before == index:
                behind[index] |= {edge.after} | behind[edge.after]
    running = [index for index, task in enumerate(made.tasks) if task.left_out is None and not task.standby]
    expected = {
        one for one in running if all(one == other or other in behind[one] or one in behind[other] for other in running)
    }
    assert alone(made.tasks, made.edges, order) == expected


@given(st.integers(0, 2**32), st.integers(1, 14), st.integers(1, 64))
def test_everyone_has_a_processor_and_nobody_more_than_there_are(seed: int, count: int, processors: int) -> None:
    made = random_plan(Random(seed), count)
    among = Shares(made, processors)
    assert all(1 <= among.of(batch) <= processors for batch in made.batches)


def test_tools_are_told_where_there_is_less_than_they_would_take() -> None:
    assert variables(2, {}, 8) == {SLOTS: "2", **dict.fromkeys(VARIABLES, "2")}
    assert variables(8, {}, 8) == {SLOTS: "8"}


def test_what_the_user_has_told_them_stands() -> None:
    given = variables(2, {"GOMAXPROCS": "3", "CARGO_BUILD_JOBS": ""}, 8)
    assert given == {SLOTS: "2", "PYTEST_XDIST_AUTO_NUM_WORKERS": "2", "RAYON_NUM_THREADS": "2"}


def test_what_only_an_outer_run_has_told_them_is_told_anew() -> None:
    outer = {**variables(4, {}, 8), "GOMAXPROCS": "3"}
    assert variables(2, outer, 8) == {SLOTS: "2", **dict.fromkeys(set(VARIABLES) - {"GOMAXPROCS"}, "2")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), ("03", 3), ("0", None), ("", None), ("-1", None), ("1.5", None), ("many", None), ("\u0663", None)],
)
def test_a_share_is_granted_by_a_number(text: str, expected: int | None) -> None:
    assert granted({SLOTS: text}) == expected
    assert granted({}) is None
