"""From the selected components and their files to a plan: tasks, edges, batches, waves, critical path."""

from collections.abc import Mapping, Sequence

from omnibase.core.batching import Limits, command_batches, cut, pass_bounds
from omnibase.core.graph import successors
from omnibase.core.ordering import by_chance, edges_of, layers
from omnibase.core.recovering import with_fallbacks, without_circular_fallbacks
from omnibase.model.component import FILES, NO_LIMITS, Command, Component, PythonCall
from omnibase.model.plan import Batch, Breakpoints, Edge, KeepGoing, LeftOut, Plan, Span, Strategy, Task
from omnibase.model.record import Record

# No task has taken longer than this (seconds).
LONGEST = 366 * 24 * 3600.0


class Wanted(Record):
    """A selected component and the files it is to look at, in order of their bytes (None: planned without files).

    One that is not selected itself and only the fallback of others is on `standby`.
    """

    component: Component
    paths: tuple[str, ...] | None = None
    left_out: LeftOut | None = None
    standby: bool = False


class Conditions(Record):
    """What a plan is made for.

    `durations` are seconds by component name, from earlier runs; `usual` is for a component without any. With `fix`,
    the fixers of checks run first. `inline` lets passes run in this process; with `apart`, every component has batches
    of its own. Times are in seconds; the other fields are those of `Plan`.
    """

    slots: int = 1
    most_slots: int | None = None
    adaptive: bool = False
    keep_going: KeepGoing = KeepGoing.INDEPENDENT
    timeout: float | None = None
    durations: Mapping[str, float] = {}
    usual: float = 1.0
    limits: Limits = Limits()
    fix: bool = False
    inline: bool = False
    apart: bool = False
    resources: Mapping[str, int] = {}
    breakpoints: Breakpoints | None = None
    retry: bool = True
    shuffle: str | None = None
    change_fails: bool = False
    guarded: bool = False
    seed: int = 0


def learnt(durations: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """Those of a history's durations that can be, and their median for what has none; 1.0 where there are none.

    A history can hold anything: a clock that was set back, a row that is damaged.
    """
    kept = {name: seconds for name, seconds in durations.items() if 0.0 <= seconds <= LONGEST}
    ordered = sorted(kept.values())
    return kept, ordered[len(ordered) // 2] if ordered else 1.0


def plan(wanted: Sequence[Wanted], conditions: Conditions, steps: Sequence[tuple[str, str]] = ()) -> Plan:
    """The plan of a run. `steps` are further edges by name: the first ends before the second starts, and must succeed.

    The declared order is acyclic (the registry's resolving sees to it); `steps` have to keep it so.
    """
    inputs: dict[tuple[str, ...], int] = {}
    tasks = [_task(want, inputs, conditions) for want in _with_fixers(wanted, conditions)]
    tasks = with_fallbacks(tasks)
    edges = edges_of(tasks, list(inputs), steps)
    order, levels = layers(tasks, edges)
    batches: list[Batch] = []
    owned: list[list[int]] = [[] for _ in tasks]
    _add_batches(tasks, list(inputs), levels, conditions, batches, owned)
    tasks = without_circular_fallbacks(tasks, edges, batches)
    later = successors(len(tasks), edges)
    remaining, path = _critical_path(tasks, later, order)
    if conditions.shuffle is not None:
        ranking, _ = layers(tasks, edges, by_chance(tasks, conditions.shuffle))
    elif conditions.slots == 1 and not conditions.adaptive:
        ranking = order
    else:
        place = {task: index for index, task in enumerate(order)}
        ranking = sorted(order, key=lambda task: (-remaining[task], place[task]))
        if conditions.durations and not conditions.adaptive and _take_a_slot_each(tasks, owned):
            from omnibase.core.packing import packed

            weights = [task.weight for task in tasks]
            ranking = packed(ranking, weights, later, conditions.slots, max(remaining, default=0.0))
    ranks = {task: rank for rank, task in enumerate(ranking)}
    _advance_standbys(tasks, ranks)
    finished = tuple(
        task._replace(
            rank=ranks[index],
            batches=tuple(owned[index]),
            timeout=task.component.timeout if _is_alone(task) and owned[index][1:] else None,
            deadline=task.component.deadline if _is_alone(task) else None,
        )
        for index, task in enumerate(tasks)
    )
    running = [index for index, task in enumerate(tasks) if task.left_out is None and not task.standby]
    waves = _waves(levels, running)
    critical = remaining[path[0]] if path else 0.0
    work = sum(task.weight * min(task.component.cost, conditions.slots) for task in tasks)
    return Plan(
        tasks=finished,
        edges=tuple(edges),
        batches=tuple(batches),
        inputs=tuple(inputs),
        slots=conditions.slots,
        most_slots=conditions.most_slots,
        adaptive=conditions.adaptive,
        keep_going=conditions.keep_going,
        timeout=conditions.timeout,
        resources=_resources(batches, conditions.resources),
        breakpoints=conditions.breakpoints,
        retry=conditions.retry,
        shuffle=conditions.shuffle,
        change_fails=conditions.change_fails,
        guarded=conditions.guarded,
        seed=conditions.seed,
        strategy=_strategy(running, edges, waves),
        waves=waves,
        critical_path=tuple(path),
        critical_seconds=critical,
        expected_seconds=sum(task.weight for task in tasks),
        expected_makespan=max(critical, work / conditions.slots),
    )


def _with_fixers(wanted: Sequence[Wanted], conditions: Conditions) -> list[tuple[Wanted, bool]]:
    """Fixers stand first, so that every check sees what they made: functions, and after them commands."""
    functions, commands = [], []
    for want in wanted if conditions.fix else ():
        component = want.component
        if want.standby or want.left_out is not None or (want.paths is not None and not want.paths):
            continue
        if isinstance(component.work, PythonCall) and component.work.fixer is not None and want.paths:
            functions.append((want, True))
        elif isinstance(component.work, Command) and component.fix is not None:
            work = component.work._replace(argv=component.fix)
            commands.append((want._replace(component=component._replace(work=work, findings=None)), True))
    return [*functions, *commands, *((want, False) for want in wanted)]


def _task(entry: tuple[Wanted, bool], inputs: dict[tuple[str, ...], int], conditions: Conditions) -> Task:
    want, fix = entry
    weight = conditions.durations.get(want.component.name, conditions.usual)
    return Task(
        component=want.component,
        files=inputs.setdefault(want.paths, len(inputs)) if want.paths is not None else None,
        weight=0.0 if want.left_out or want.standby else weight,
        left_out=want.left_out,
        fix=fix,
        standby=want.standby,
        learnt=not fix and want.component.name in conditions.durations,
    )


# Weights and shape


def _critical_path(
    tasks: Sequence[Task], later: Sequence[Sequence[int]], order: Sequence[int]
) -> tuple[list[float], list[int]]:
    """For each task the seconds from its start to the end of the longest chain behind it; and the longest chain."""
    remaining = [0.0] * len(tasks)
    follow: list[int | None] = [None] * len(tasks)
    for index in reversed(order):
        best = 0.0
        for successor in later[index]:
            if remaining[successor] > best:
                best, follow[index] = remaining[successor], successor
        remaining[index] = tasks[index].weight + best
    path = []
    at = max(order, key=lambda index: remaining[index], default=None)
    while at is not None and remaining[at] > 0:
        path.append(at)
        at = follow[at]
    return remaining, path


def _advance_standbys(tasks: Sequence[Task], ranks: dict[int, int]) -> None:
    """What stands by comes in the place of who calls upon it: as much waits for it."""
    for index, task in enumerate(tasks):
        other = None if task.standby else task.fallback
        while other is not None and tasks[other].standby and ranks[other] > ranks[index]:
            ranks[other] = ranks[index]
            other = tasks[other].fallback


def _waves(levels: Sequence[int], running: Sequence[int]) -> tuple[int, ...]:
    counts: dict[int, int] = {}
    for index in running:
        counts[levels[index]] = counts.get(levels[index], 0) + 1
    return tuple(counts[level] for level in sorted(counts))


def _strategy(running: Sequence[int], edges: Sequence[Edge], waves: Sequence[int]) -> Strategy:
    """A word for the plan's shape (docs/architecture.md, "Strategies")."""
    if all(size == 1 for size in waves):
        return Strategy.SEQUENTIAL
    if len(waves) == 1:
        return Strategy.FULL_PARALLEL
    alive = set(running)
    inner = [edge for edge in edges if edge.before in alive and edge.after in alive]
    befores = [edge.before for edge in inner]
    afters = [edge.after for edge in inner]
    if len(set(befores)) == len(befores) and len(set(afters)) == len(afters):
        return Strategy.DEPENDENCY_CHAINS
    return Strategy.STAGED_PARALLEL


# Batches


def _add_batches(
    tasks: Sequence[Task],
    inputs: Sequence[tuple[str, ...]],
    levels: Sequence[int],
    conditions: Conditions,
    batches: list[Batch],
    owned: list[list[int]],
) -> None:
    passes: dict[tuple[int, bool, int | None], list[int]] = {}
    for index, task in enumerate(tasks):
        work = task.component.work
        if task.left_out is not None:
            continue
        if not _is_alone(task):
            # What has limits or needs of its own, or may never be called upon, shares its worker with nobody.
            apart = index if task.standby or conditions.apart or _is_particular(task.component) else None
            passes.setdefault((levels[index], task.fix, apart), []).append(index)
            continue
        paths = inputs[task.files] if task.files is not None else ()
        slices = [(0, len(paths))]
        if isinstance(work, Command) and FILES in work.argv and paths:
            slices = command_batches(work.argv, paths, conditions.limits, task.component.batch_files)
        executor = task.component.executor or ("command" if isinstance(work, Command) else "python")
        timeout = task.component.timeout if len(slices) == 1 else None
        for start, stop in slices:
            owned[index].append(len(batches))
            batches.append(_batch((Span(index, start, stop),), executor, timeout, task))
    # No task of a level waits for another one of it, so that a pass never waits for itself.
    for members in passes.values():
        _add_passes(members, tasks, inputs, conditions, batches, owned)


def _add_passes(
    members: Sequence[int],
    tasks: Sequence[Task],
    inputs: Sequence[tuple[str, ...]],
    conditions: Conditions,
    batches: list[Batch],
    owned: list[list[int]],
) -> None:
    lists = {index: inputs[files] if (files := tasks[index].files) is not None else () for index in members}
    bounds = pass_bounds(set().union(*lists.values()), conditions.limits)
    cuts = {index: cut(paths, bounds) for index, paths in lists.items()}
    limited = any(tasks[index].component.limits != NO_LIMITS for index in members)
    executor = "inline" if conditions.inline and not conditions.apart and not limited else "python"
    limits = [limit for index in members if (limit := _limit(tasks[index].component)) is not None]
    for stretch in range(len(bounds) + 1):
        spans = tuple(Span(index, *cuts[index][stretch]) for index in members)
        spans = tuple(span for span in spans if span.stop > span.start or stretch == 0)
        for span in spans:
            owned[span.task].append(len(batches))
        batches.append(_batch(spans, executor, max(limits, default=None), tasks[members[0]]))


def _batch(spans: tuple[Span, ...], executor: str, timeout: float | None, task: Task) -> Batch:
    """A batch that takes what the task's component wants; all members of a pass want the same."""
    one = task.component
    return Batch(spans, executor, timeout, task.fix, max(one.cost, 1), one.exclusive, one.resources)


def _is_particular(component: Component) -> bool:
    return component.limits != NO_LIMITS or component.cost != 1 or component.exclusive or bool(component.resources)


def _resources(batches: Sequence[Batch], known: Mapping[str, int]) -> dict[str, int]:
    """How much there is of what the batches want: one of each where the registry does not say."""
    found: dict[str, int] = {}
    for batch in batches:
        for name, amount in batch.resources.items():  # a registry that wants more than there is was refused before
            found[name] = max(found.get(name, known.get(name, 1)), amount)
    return found


def _take_a_slot_each(tasks: Sequence[Task], owned: Sequence[Sequence[int]]) -> bool:
    """Whether each task is one batch that takes a slot, and nothing else of which there is only so much."""
    components = [task.component for task in tasks]
    scarce = any(one.cost != 1 or one.exclusive or one.resources for one in components)
    return not scarce and all(len(mine) < 2 for mine in owned)


def _is_alone(task: Task) -> bool:
    """Whether its batches serve it alone; else it shares passes with others."""
    work = task.component.work
    if task.fix and isinstance(work, PythonCall):
        return False
    return not isinstance(work, PythonCall) or work.takes != "file" or task.component.executor is not None


def _limit(component: Component) -> float | None:
    """Seconds that an attempt in a pass may take: the shorter of what bounds one attempt and what bounds them all."""
    limits = [limit for limit in (component.timeout, component.deadline) if limit is not None]
    return min(limits, default=None)
