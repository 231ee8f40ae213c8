"""The share of the processors that each batch may count on, so that tools that run in parallel themselves fit in."""

from collections.abc import Callable, Mapping, Sequence

from omnibase.core.graph import successors
from omnibase.core.ordering import layers
from omnibase.model.plan import Batch, Edge, Plan, Task

SLOTS = "OMNIBASE_SLOTS"
# By which tools are told how many processes or threads to have at most, where they would have one for each processor:
# pytest-xdist's `-n auto`, cargo's `build.jobs`, the Go runtime and tools, rayon's global pool. Left out are those that
# make parallel what is not (CMAKE_BUILD_PARALLEL_LEVEL, CTEST_PARALLEL_LEVEL), or mean less (OMP_NUM_THREADS may be a
# list, by level of nesting).
VARIABLES = ("PYTEST_XDIST_AUTO_NUM_WORKERS", "CARGO_BUILD_JOBS", "GOMAXPROCS", "RAYON_NUM_THREADS")

MOST_DIGITS = 6  # of a share that is believed


class Shares:
    """Shares `processors` out among the batches of a plan that can run at once."""

    def __init__(self, plan: Plan, processors: int) -> None:
        self._plan = plan
        self._processors = processors
        self._width = 1
        self._alone: frozenset[int] = frozenset()
        if plan.slots == 1 and not plan.adaptive:
            return
        order, levels = layers(plan.tasks, plan.edges)
        widths: dict[int, int] = {}
        for batch in plan.batches:
            task = batch.spans[0].task  # those of a pass are all of one level
            if not batch.exclusive and not plan.tasks[task].standby:
                widths[levels[task]] = widths.get(levels[task], 0) + self._cost(batch)
        self._width = min(max(widths.values(), default=1), plan.slots)
        if self._width > 1:
            self._alone = alone(plan.tasks, plan.edges, order)

    def of(self, batch: Batch) -> int:
        """How many processors, at least 1; all of them where nothing else can run beside the batch."""
        beside, task = self._width, batch.spans[0].task
        if batch.exclusive:
            return self._processors
        if task in self._alone and not batch.spans[1:]:  # but for its other batches
            own = self._plan.tasks[task].batches
            beside = min(sum(self._cost(self._plan.batches[number]) for number in own), beside)
        return min(max(self._processors * self._cost(batch) // beside, 1), self._processors)

    def _cost(self, batch: Batch) -> int:
        return min(batch.cost, self._plan.slots)


def variables(share: int, env: Mapping[str, str], available: int) -> dict[str, str]:
    """The variables that tell a batch of its share, in the environment `env`.

    Tools are told where it is less than the processors `available` that they would find, and the user has not told
    them already. What only an outer run has told them is no wish of the user's.
    """
    given = {SLOTS: str(share)}
    if share < available:
        free = (name for name in VARIABLES if name not in env or env[name] == env.get(SLOTS))
        given.update((name, str(share)) for name in free)
    return given


def granted(env: Mapping[str, str]) -> int | None:
    """The share that an outer run, or the user, leaves to this one; None where nothing says so."""
    text = env.get(SLOTS, "")
    return (int(text) or None) if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS else None


def alone(tasks: Sequence[Task], edges: Sequence[Edge], order: Sequence[int]) -> frozenset[int]:
    """The tasks beside which no other one can run: each other one has to end before, or begins after.

    `order` has every task after its predecessors. What stands by runs in the place of another, and counts for nothing.
    """
    earlier: list[list[int]] = [[] for _ in tasks]
    for edge in edges:
        earlier[edge.after].append(edge.before)
    counted = [index for index in order if tasks[index].left_out is None and not tasks[index].standby]
    places = {index: place for place, index in enumerate(counted)}
    later = successors(len(tasks), edges)
    last = _reached(order, earlier, places, max, -1)
    first = _reached(order[::-1], later, places, min, len(counted))
    # All before a place lead to it if each leads on to something no later than that; likewise all behind it.
    latest = [-1]
    for index in counted:
        latest.append(max(latest[-1], first[index]))
    soonest = [len(counted)]
    for index in reversed(counted):
        soonest.append(min(soonest[-1], last[index]))
    soonest.reverse()
    return frozenset(index for place, index in enumerate(counted) if latest[place] <= place <= soonest[place + 1])


def _reached(
    order: Sequence[int], beside: Sequence[list[int]], places: Mapping[int, int], nearest: Callable[..., int], none: int
) -> dict[int, int]:
    """For each task the nearest place among its neighbours on one side, seen through those that do not run."""
    found: dict[int, int] = {}
    for index in order:
        found[index] = nearest((places.get(one, found[one]) for one in beside[index]), default=none)
    return found
