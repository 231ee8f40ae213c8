"""The order of a plan: the edges between its tasks, and an order that keeps them."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from omnibase.core.graph import successors
from omnibase.model.component import FILES, Command
from omnibase.model.plan import Edge, EdgeKind, Task


def edges_of(tasks: Sequence[Task], inputs: Sequence[tuple[str, ...]], steps: Sequence[tuple[str, str]]) -> list[Edge]:
    """The edges that the components declare, those of `steps` (names), fixers before checks, and writers apart."""
    # What stands by begins when it is called upon, by a task that needs all that it needs.
    checks = {task.component.name: index for index, task in enumerate(tasks) if not task.fix and not task.standby}
    edges: dict[tuple[int, int], EdgeKind] = {}
    for index, task in enumerate(tasks):
        if task.fix or task.standby:
            continue
        for name in task.component.after:
            if name in checks:
                edges[checks[name], index] = EdgeKind.AFTER
        for need in task.component.needs:
            if need.name in checks:
                edges[checks[need.name], index] = EdgeKind.NEEDS
    for before, after in steps:
        edges[checks[before], checks[after]] = EdgeKind.NEEDS
    fixers = [index for index, task in enumerate(tasks) if task.fix]
    for fixer in fixers:
        for index, task in enumerate(tasks):
            if not task.fix and task.left_out is None:
                edges[fixer, index] = EdgeKind.AFTER
    _order_fixers(fixers, tasks, inputs, edges)
    _separate_writers(tasks, inputs, edges)
    return [Edge(before, after, kind) for (before, after), kind in edges.items()]


def by_chance(tasks: Sequence[Task], seed: str) -> list[int]:
    """Places in an order by chance for the tasks, always the same for the same seed and components."""
    from hashlib import blake2b  # only who asks for it pays for it

    words = [f"{seed}\0{task.component.name}\0{task.fix}".encode() for task in tasks]
    drawn = [int.from_bytes(blake2b(word, digest_size=8).digest()) for word in words]
    places = {index: place for place, index in enumerate(sorted(range(len(tasks)), key=drawn.__getitem__))}
    return [places[index] for index in range(len(tasks))]


def layers(
    tasks: Sequence[Task], edges: Sequence[Edge], priority: Sequence[int] | None = None
) -> tuple[list[int], list[int]]:
    """An order in which every task comes after its predecessors, the given order kept where it can be, and levels.

    A level is how many tasks at most run one after another before the task; what is left out adds none.
    """
    count = len(tasks)
    later = successors(count, edges)
    waiting = [0] * count
    for edge in edges:
        waiting[edge.after] += 1
    levels = [0] * count
    first = priority or [0] * count
    ready = [(first[index], index) for index in range(count) if not waiting[index]]
    heapify(ready)
    order = []
    while ready:
        _, index = heappop(ready)
        order.append(index)
        below = levels[index] + (tasks[index].left_out is None)
        for successor in later[index]:
            levels[successor] = max(levels[successor], below)
            waiting[successor] -= 1
            if not waiting[successor]:
                heappush(ready, (first[successor], successor))
    if len(order) != count:
        raise ValueError("the edges of a plan form a circle")
    return order, levels


def _order_fixers(
    fixers: Sequence[int],
    tasks: Sequence[Task],
    inputs: Sequence[tuple[str, ...]],
    edges: dict[tuple[int, int], EdgeKind],
) -> None:
    """Functions, which fold over one read of a file, come before commands; commands on the same files one by one."""
    files = {index: _written(tasks[index], inputs) for index in fixers}
    commands = [index for index in fixers if isinstance(tasks[index].component.work, Command)]
    for number, command in enumerate(commands):
        for function in fixers:
            if not isinstance(tasks[function].component.work, Command):
                edges[function, command] = EdgeKind.AFTER
        for earlier in commands[:number]:
            mine, theirs = files[earlier], files[command]
            if mine is None or theirs is None or not mine.isdisjoint(theirs):
                edges[earlier, command] = EdgeKind.AFTER


def _written(task: Task, inputs: Sequence[tuple[str, ...]]) -> set[str] | None:
    """The files that a writing task may change; None for one that is not told them, and so may change any."""
    work = task.component.work
    told = task.files is not None and (not isinstance(work, Command) or FILES in work.argv)
    return set(inputs[task.files]) if told and task.files is not None else None


def _looked_at(task: Task, tasks: Sequence[Task], inputs: Sequence[tuple[str, ...]]) -> set[str] | None:
    """The files of a task and of what stands in for it; None where they are not told."""
    found: set[str] = set()
    while True:
        if task.files is None:
            return None
        found.update(inputs[task.files])
        if task.fallback is None or not tasks[task.fallback].standby:
            return found
        task = tasks[task.fallback]


def _separate_writers(
    tasks: Sequence[Task], inputs: Sequence[tuple[str, ...]], edges: dict[tuple[int, int], EdgeKind]
) -> None:
    """A command that changes files is never beside another task on the same files: it goes first where it can.

    All new edges follow one order of the declared graph, in which writers and what they wait for come early, so that
    no circle can arise.
    """
    writers = [index for index, task in enumerate(tasks) if task.component.fixes and task.left_out is None]
    if not writers:
        return
    before: dict[int, list[int]] = {}
    for earlier, later in edges:
        before.setdefault(later, []).append(earlier)
    early = set(writers)
    pending = list(writers)
    while pending:
        for earlier in before.get(pending.pop(), ()):
            if earlier not in early:
                early.add(earlier)
                pending.append(earlier)
    priority = [0 if index in early else 1 for index in range(len(tasks))]
    order, _ = layers(tasks, [Edge(a, b) for a, b in edges], priority)
    place = {task: index for index, task in enumerate(order)}
    files = [_looked_at(task, tasks, inputs) for task in tasks]
    for writer in writers:
        mine = _written(tasks[writer], inputs)
        for index, task in enumerate(tasks):
            theirs = files[index]
            if index == writer or task.left_out is not None or task.fix or task.standby:
                continue
            if mine is None or theirs is None or not mine.isdisjoint(theirs):
                pair = (writer, index) if place[writer] < place[index] else (index, writer)
                edges.setdefault(pair, EdgeKind.AFTER)
