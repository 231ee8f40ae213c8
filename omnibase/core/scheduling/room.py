"""Room: the slots and resources that batches take while they run, and whether there is enough for one more."""

from heapq import heappush

from omnibase.core.scheduling.state import LOAD_IDLE, LOAD_INTERVAL, LOAD_LONGEST, MEMORY_SHORT, SLOTS_FACTOR, State

# A batch that is to be alone takes more slots than there can be.
ALONE = 1 << 30


def cost(state: State, number: int) -> int:
    """The slots that a batch takes; one that wants more than the run began with takes those."""
    batch = state.plan.batches[number]
    return ALONE if batch.exclusive else min(batch.cost, state.plan.slots)


def has_slots(state: State, number: int) -> bool:
    """Whether the batch may start as far as slots go; where nothing runs, it may whatever it takes."""
    return not state.running or state.busy + cost(state, number) <= state.slots


def lacking(state: State, number: int) -> str | None:
    """A resource that there is not enough of for the batch."""
    for name, amount in state.plan.batches[number].resources.items():
        if state.free.get(name, 1) < amount:
            return name
    return None


def take(state: State, number: int) -> None:
    """The batch runs from now on."""
    state.busy += cost(state, number)
    for name, amount in state.plan.batches[number].resources.items():
        state.free[name] = state.free.get(name, 1) - amount


def give_back(state: State, number: int) -> None:
    """The batch has ended. Those that waited for its resources are looked at again."""
    state.busy -= cost(state, number)
    for name, amount in state.plan.batches[number].resources.items():
        state.free[name] += amount
        for entry in state.parked.pop(name, ()):
            heappush(state.ready, entry)


def adapt(state: State, idle: float | None, memory: float | None) -> None:
    """Change the number of slots by how busy the machine is: the shares of its processors and memory that are free.

    What runs is left alone. While memory is short, half as many may run as do, but always one.
    """
    interval = min(state.load_interval * 2, LOAD_LONGEST)
    if memory is not None and memory < MEMORY_SHORT:
        state.slots = max(1, min(state.slots, state.busy) // 2)
        state.metrics["slots_least"] = min(state.metrics.get("slots_least", state.slots), state.slots)
    elif state.slots < state.plan.slots:
        state.slots = state.plan.slots
    elif idle is not None and idle > LOAD_IDLE:
        most = state.plan.slots * SLOTS_FACTOR
        state.slots = min(state.slots * 2, most if state.plan.most_slots is None else min(state.plan.most_slots, most))
        interval = LOAD_INTERVAL
    state.metrics["slots"] = max(state.metrics["slots"], state.slots)
    state.load_interval = interval
