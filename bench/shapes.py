"""The plans that `plans.py` times, and the best that can be made of them."""

import random
from collections.abc import Sequence

from timing import RunError
from tools import Step

Needs = Sequence[Sequence[int]]  # of each task, the numbers of those before it

SLOTS = (2, 3, 4, 6)
WITHIN = 1.02  # of the bound: a plan that no order brings so near says nothing of the order that a tool takes

# The shapes of plans of twelve tasks: whose order is looked at, and of the claim about being faster than in sequence.
SHAPES: dict[str, Needs] = {
    "free": [[] for _ in range(12)],
    "chains": [[i - 3] if i >= 3 else [] for i in range(12)],
    "layers": [[] if i < 4 else [4 * (i // 4 - 1) + i % 4, 4 * (i // 4 - 1) + (i + 1) % 4] for i in range(12)],
    "hidden": [[i - 1] if i > 8 else [] for i in range(12)],  # a chain behind eight that need nothing
    "net": [sorted({(7 * i) % i, i // 2}) if i > 2 else [] for i in range(12)],
}
CLAIMED: dict[str, Needs] = {
    "free": [[] for _ in range(12)],
    "stages": [list(range(4 * (i // 4 - 1), 4 * (i // 4))) if i >= 4 else [] for i in range(12)],
    "chains": [[i - 4] if i >= 4 else [] for i in range(12)],
}


def layered(layers: int, size: int, needs: int) -> list[Step]:
    """Layers of `true`, each with so many needs in the layer before: the same ones in every run."""
    chance = random.Random(5)
    names = [[f"t-{layer:02}-{number:03}" for number in range(size)] for layer in range(layers)]
    return [
        Step(name, "true", sorted(chance.sample(names[layer - 1], needs)) if layer else ())
        for layer in range(layers)
        for name in names[layer]
    ]


def sleeping(seconds: Sequence[float], needs: Needs) -> list[Step]:
    """Tasks that sleep for so long (seconds), with these needs."""
    names = [f"s{number:02}" for number in range(len(needs))]
    return [Step(names[i], f"sleep {seconds[i]}", [names[need] for need in needs[i]]) for i in range(len(needs))]


def reachable(needs: Needs) -> tuple[int, list[float]]:
    """The first seed whose durations let some order come near the bound for every number of slots."""
    for seed in range(1000):
        chance = random.Random(seed)
        seconds = [round(chance.uniform(0.05, 0.6), 2) for _ in needs]
        orders = [chance.sample(range(len(needs)), len(needs)) for _ in range(300)]
        if all(
            any(span(seconds, needs, slots, order) <= WITHIN * bound(seconds, needs, slots) for order in orders)
            for slots in SLOTS
        ):
            return seed, seconds
    raise RunError("no durations let this shape of a plan reach its bound")


def bound(seconds: Sequence[float], needs: Needs, slots: int) -> float:
    """No order is over sooner: the critical path, or the sum over the slots (seconds)."""
    ends: list[float] = []
    for index, before in enumerate(needs):
        ends.append(seconds[index] + max((ends[one] for one in before), default=0.0))
    return max(*ends, sum(seconds) / slots)


def span(seconds: Sequence[float], needs: Needs, slots: int, order: Sequence[int] | None = None) -> float:
    """When it is over if, whenever a slot is free, the first of the order that is ready takes it (seconds)."""
    ends: dict[int, float] = {}
    running: list[float] = []
    now = 0.0
    waiting = list(range(len(needs)) if order is None else order)
    while waiting:
        ready = [one for one in waiting if all(ends.get(need, now + 1) <= now for need in needs[one])]
        for one in ready[: slots - len(running)]:
            waiting.remove(one)
            ends[one] = now + seconds[one]
            running.append(ends[one])
        now = min(running, default=now)
        running = [end for end in running if end > now]
    return max(ends.values())
