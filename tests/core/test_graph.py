"""Circles are found wherever they are, in bounded time and without recursion."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.graph import find_cycle

names = st.sampled_from("abcdefgh")
graphs = st.dictionaries(names, st.lists(names, max_size=4), max_size=8)


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ({}, None),
        ({"a": ["b"], "b": ["c"], "c": []}, None),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, None),
        ({"a": ["nowhere"]}, None),
        ({"a": ["a"]}, ("a", "a")),
        ({"a": ["b"], "b": ["a"]}, ("a", "b", "a")),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ("b", "c", "b")),
        ({"x": ["y"], "y": [], "a": ["x", "b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c", "a")),
    ],
)
def test_the_first_circle_is_named_in_full(edges: dict[str, list[str]], cycle: tuple[str, ...] | None) -> None:
    assert find_cycle(edges) == cycle


def test_a_chain_of_a_hundred_thousand_takes_linear_time_and_no_recursion() -> None:
    size = 100_000
    chain = {str(number): [str(number + 1)] for number in range(size)}
    started = time.process_time()
    assert find_cycle(chain) is None
    chain[str(size)] = ["0"]
    cycle = find_cycle(chain)
    assert time.process_time() - started < 5
    assert cycle is not None
    assert len(cycle) == size + 2


def test_many_ways_to_the_same_place_are_not_walked_again_and_again() -> None:
    layers = {f"{layer}-{side}": [f"{layer + 1}-a", f"{layer + 1}-b"] for layer in range(200) for side in "ab"}
    assert find_cycle(layers) is None  # 2 to the power of 200 paths


@settings(deadline=None)
@given(graphs)
def test_what_is_found_is_a_circle_and_none_is_missed(edges: dict[str, list[str]]) -> None:
    cycle = find_cycle(edges)
    if cycle is not None:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert all(after in edges[before] for before, after in pairwise(cycle))
        return
    left = {name: set(targets) & set(edges) for name, targets in edges.items()}
    while left:
        ends = [name for name, targets in left.items() if not targets & set(left)]
        assert ends, "what is left goes in a circle"
        for name in ends:
            del left[name]
