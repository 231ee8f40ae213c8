"""Which components a pipeline runs, and in what order."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.graph import find_cycle
from omnibase.core.pipeline import Steps, steps
from omnibase.model.component import Command, Component, Need
from omnibase.model.errors import Location, RegistryError

PLACE = Location("registry.yaml", 7)

# a <- b <- c, and b <- d; e stands alone; f comes after e
DECLARED = {
    "a": {},
    "b": {"needs": ["a"]},
    "c": {"needs": ["b"]},
    "d": {"needs": ["b"]},
    "e": {},
    "f": {"after": ["e"]},
}


def registry(declared: dict[str, Any]) -> dict[str, Component]:
    return {
        name: Component(
            name,
            Command((name,)),
            needs=tuple(Need(need) for need in fields.get("needs", ())),
            after=tuple(fields.get("after", ())),
            origin=PLACE,
        )
        for name, fields in declared.items()
    }


@pytest.mark.parametrize(
    ("start", "ends", "names", "added"),
    [
        ("a", ["b"], "ab", []),
        ("a", ["c"], "abc", []),  # what the declared graph puts between two neighbours
        ("a", ["b", "c"], "abc", []),
        ("a", ["e"], "ae", ["ae"]),  # no declared path: the edge is added
        ("a", ["e", "c"], "abce", ["ae", "ec"]),
        ("c", ["d"], "cd", ["cd"]),  # what both need is the first one's business
        ("e", ["c"], "abce", ["ec"]),  # the needs of a later step come with it
        ("e", ["f"], "ef", ["ef"]),  # an order alone does not ask for success
        ("a", [], "abcd", []),  # on to everything that needs it
        ("b", [], "bcd", []),
        ("e", [], "e", []),
        (None, ["c"], "abc", []),  # from the beginning
        (None, ["a"], "a", []),
        (None, ["c", "d"], "abcd", ["cd"]),
        (None, ["b", "e"], "abe", ["be"]),
    ],
)
def test_steps_and_what_lies_between_them(start: str | None, ends: list[str], names: str, added: list[str]) -> None:
    expected = Steps(tuple(names), tuple((edge[0], edge[1]) for edge in added))
    assert steps(registry(DECLARED), start, ends) == expected


@pytest.mark.parametrize(
    ("start", "ends", "message", "remedy"),
    [
        ("b", ["a"], "'a' cannot come after 'b': 'b' needs it, as the registry declares", "name 'a' before 'b'"),
        ("c", ["a"], "'a' cannot come after 'c': 'c' needs it, as the registry declares", "name 'a' before 'c'"),
        ("c", ["e", "a"], "'a' cannot come after 'c': 'c' needs it, as the registry declares", "name 'a' before 'c'"),
        (None, ["d", "a"], "'a' cannot come after 'd': 'd' needs it, as the registry declares", "name 'a' before 'd'"),
        ("f", ["e"], "'e' cannot come after 'f': 'f' comes after it, as the registry declares", "name 'e' before 'f'"),
        ("a", ["e", "a"], "'a' is named twice, and a component runs once", "name each step once"),
    ],
)
def test_an_order_against_the_declared_one_is_refused(
    start: str | None, ends: list[str], message: str, remedy: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        steps(registry(DECLARED), start, ends)
    assert (caught.value.message, caught.value.remedy) == (message, remedy)


def test_what_a_later_step_needs_comes_with_it_and_what_the_first_needs_does_not() -> None:
    declared = {"x": {}, "a": {"needs": ["x"]}, "y": {"needs": ["z"]}, "z": {}, "b": {"needs": ["a", "x", "y"]}}
    for ends in ([], ["b"]):
        assert steps(registry(declared), "a", ends) == Steps(("a", "y", "z", "b"))


def test_an_order_that_only_something_absent_declares_does_not_count() -> None:
    declared = {"a": {"after": ["x"]}, "b": {}, "x": {"after": ["b"]}}
    assert steps(registry(declared), "a", ["b"]) == Steps(("a", "b"), (("a", "b"),))
    with pytest.raises(RegistryError, match="'b' cannot come after 'a'"):
        steps(registry({**declared, "b": {}, "c": {"needs": ["x"]}}), "a", ["b", "c"])


@pytest.mark.parametrize(("start", "ends"), [("lint", ["tests"]), (None, ["tests", "lint"]), ("tests", ["lint"])])
def test_a_step_that_does_not_exist_is_refused_with_the_nearest_one(start: str | None, ends: list[str]) -> None:
    with pytest.raises(RegistryError) as caught:
        steps(registry({"lint": {}, "test": {}}), start, ends)
    assert caught.value.message == "no component is called 'tests'"
    assert caught.value.remedy == "did you mean 'test'?"


NAMES = "abcdefg"
GRAPHS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=10)


@given(GRAPHS, st.permutations(NAMES), st.integers(1, 4), st.booleans())
def test_the_plan_of_any_pipeline_has_no_circle_and_keeps_the_order_of_the_steps(
    links: list[tuple[int, int, bool]], named: list[str], count: int, from_one: bool
) -> None:
    declared: dict[str, dict[str, list[str]]] = {name: {"needs": [], "after": []} for name in NAMES}
    for one, other, needs in links:
        if one < other:
            declared[NAMES[other]]["needs" if needs else "after"].append(NAMES[one])
    named = named[:count]
    start, ends = (named[0], named[1:]) if from_one else (None, named)
    try:
        made = steps(registry(declared), start, ends)
    except RegistryError:
        return  # against the declared order
    assert set(named) <= set(made.names)
    edges = {name: [*declared[name]["needs"], *declared[name]["after"]] for name in made.names}
    for before, after in made.added:
        edges[after].append(before)
    inside = {name: [one for one in edges[name] if one in made.names] for name in made.names}
    assert find_cycle(inside) is None
    if ends:
        reached = {name: reach(name, inside) for name in made.names}
        assert all(before in reached[after] for before, after in pairwise(named))


def reach(start: str, edges: dict[str, list[str]]) -> set[str]:
    return {start}.union(*(reach(name, edges) for name in edges[start]))
