"""An order that is over sooner than the longest path first, where there is one within reach."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.packing import NEAR, packed, span


def later(count: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for before, after in edges:
        found[before].append(after)
    return found


def test_what_the_longest_first_leaves_open_is_found_by_trying() -> None:
    # 5, 4, 3, 3, 3 in two slots: longest first is over after 10, and 5 + 4 beside 3 + 3 + 3 after 9.
    weights, order = [5.0, 4.0, 3.0, 3.0, 3.0], [0, 1, 2, 3, 4]
    assert span(order, weights, later(5, []), 2) == 10.0
    assert span(packed(order, weights, later(5, []), 2, 5.0), weights, later(5, []), 2) == 9.0


def test_an_order_that_is_near_the_bound_stays_as_it_is() -> None:
    assert packed([2, 1, 0], [1.0, 1.0, 2.0], later(3, []), 2, 2.0) == [2, 1, 0]


def test_what_waits_starts_when_all_that_it_waits_for_has_ended() -> None:
    assert span([0, 1, 2], [1.0, 2.0, 4.0], later(3, [(0, 2), (1, 2)]), 3) == 6.0
    assert span([2, 1, 0], [1.0, 2.0, 4.0], later(3, [(0, 2), (1, 2)]), 1) == 7.0


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[float], list[tuple[int, int]], int, list[int]]:
    weights = draw(st.lists(st.floats(0.0, 10.0), max_size=12))
    count = len(weights)
    pairs = [(before, after) for after in range(count) for before in range(after)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    return weights, edges, draw(st.integers(1, 5)), draw(st.permutations(range(count)))


@given(plans())
def test_it_is_an_order_of_the_same_tasks_that_is_over_no_later(
    made: tuple[list[float], list[tuple[int, int]], int, list[int]],
) -> None:
    weights, edges, slots, order = made
    chains = [0.0] * len(weights)
    for index in reversed(range(len(weights))):
        chains[index] = weights[index] + max((chains[after] for before, after in edges if before == index), default=0.0)
    longest = max(chains, default=0.0)
    found = packed(order, weights, later(len(weights), edges), slots, longest)
    assert sorted(found) == sorted(order)
    seconds = span(found, weights, later(len(weights), edges), slots)
    assert seconds <= span(order, weights, later(len(weights), edges), slots)
    assert seconds >= max(longest, sum(weights) / slots) * (1 - 1e-9)
    assert NEAR > 1.0
