"""A better order for a small plan than the longest path first, found by trying: that one leaves gaps now and then.

With equal slots no order is over before the critical path, nor before the sum over the slots. Where the longest path
first comes near to that, nothing is tried.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

# It is near enough within this share of the bound.
NEAR = 1.01
# So many tasks are put to their places in all: a few milliseconds.
TRIED = 6000


def packed(
    order: Sequence[int], weights: Sequence[float], later: Sequence[Sequence[int]], slots: int, longest: float
) -> list[int]:
    """The order, or one that is over sooner. Weights and the `longest` path are in seconds; each task takes a slot.

    `later` has for each task those that wait for it.
    """
    best = list(order)
    bound = NEAR * max(longest, sum(weights) / slots)
    shortest = span(best, weights, later, slots)
    left = TRIED // max(len(best), 1)
    improves = True
    while improves:
        improves = False
        for first in range(len(best)):
            for second in range(first + 1, len(best)):
                if shortest <= bound or not left:
                    return best
                left -= 1
                trial = best.copy()
                trial[first], trial[second] = trial[second], trial[first]
                seconds = span(trial, weights, later, slots)
                if seconds < shortest:
                    best, shortest, improves = trial, seconds, True
    return best


def span(order: Sequence[int], weights: Sequence[float], later: Sequence[Sequence[int]], slots: int) -> float:
    """When it is over if, whenever a slot is free, the first of the order that is ready takes it (seconds)."""
    place = {task: index for index, task in enumerate(order)}
    waiting = [0] * len(weights)
    for successors in later:
        for successor in successors:
            waiting[successor] += 1
    ready = [place[task] for task in order if not waiting[task]]
    heapify(ready)
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < slots:
            task = order[heappop(ready)]
            heappush(running, (now + weights[task], task))
        now = running[0][0]
        while running and running[0][0] <= now:
            _, task = heappop(running)
            for successor in later[task]:
                waiting[successor] -= 1
                if not waiting[successor]:
                    heappush(ready, place[successor])
    return now
