"""Random plans, also such as no planner would make: any graph, any sharing of batches, any limits."""

from collections.abc import Sequence
from random import Random

from omnibase.core.recovering import with_fallbacks, without_circular_fallbacks
from omnibase.model.component import BreakerRule, Command, Component, Lifecycle, PythonCall, Retry
from omnibase.model.plan import (
    Batch,
    Breakpoints,
    Edge,
    EdgeKind,
    HookCall,
    KeepGoing,
    LeftOut,
    Moment,
    Plan,
    Span,
    Task,
)
from omnibase.model.result import Cause

SECONDS = (None, None, None, 0.5, 2.0)
LEFT_OUT = (Cause.NO_FILES, Cause.USER_SKIP, Cause.GATED)


def random_plan(random: Random, count: int, keep_going: Sequence[KeepGoing] = tuple(KeepGoing)) -> Plan:
    """A plan of `count` tasks with one of the policies."""
    left_out = [random.choice(LEFT_OUT) if random.random() < 0.15 else None for _ in range(count)]
    edges = _edges(random, count)
    level = levels(edges, [cause is None for cause in left_out])
    kinds = [random.choice(("command", "pass", "pass")) for _ in range(count)]
    batches: list[Batch] = []
    owned: list[list[int]] = [[] for _ in range(count)]

    def add(members: Sequence[int]) -> None:
        for member in members:
            owned[member].append(len(batches))
        wants = {"database": 1} if random.random() < 0.2 else {}
        cost, exclusive = random.choice((1, 1, 1, 2, 9)), random.random() < 0.1
        spans = tuple(Span(member) for member in members)
        batches.append(Batch(spans, "any", random.choice(SECONDS), False, cost, exclusive, wants))

    running = [index for index in range(count) if left_out[index] is None]
    for index in running:
        for _ in range(random.randint(1, 3) if kinds[index] == "command" else 0):
            add([index])
    for here in sorted(set(level)):
        together = [index for index in running if level[index] == here and kinds[index] == "pass"]
        for stretch in range(random.randint(1, 3)):
            members = [index for index in together if stretch == 0 or random.random() < 0.6]
            if members:
                add(members)
    tasks = [_task(random, index, kinds[index], owned[index], left_out[index]) for index in range(count)]
    for index in running if random.random() < 0.5 else ():
        if random.random() < 0.3:  # what stands by for it
            name = f"standby-{len(tasks)}"
            tasks[index] = _falling_back(tasks[index], name)
            owned.append([])
            tasks.append(_task(random, len(tasks), "command", owned[-1], None))
            tasks[-1] = tasks[-1]._replace(component=tasks[-1].component._replace(name=name), standby=True)
            add([len(tasks) - 1])
            tasks[-1] = tasks[-1]._replace(batches=tuple(owned[-1]))
        elif random.random() < 0.3:
            tasks[index] = _falling_back(tasks[index], tasks[random.choice(running)].component.name)
    stops = random.random() < 0.4 and all(len(batch.spans) == 1 for batch in batches)  # as a planner makes them
    return Plan(
        tasks=tuple(without_circular_fallbacks(with_fallbacks(tasks), edges, batches)),
        edges=edges,
        batches=tuple(batches),
        inputs=(("a.py", "b.py"),),
        slots=1 if stops else random.choice((1, 1, 2, 2, 3, 4, 6)),
        adaptive=not stops and random.random() < 0.5,
        keep_going=random.choice(keep_going),
        timeout=3.0 if random.random() < 0.2 else None,
        hooks=_hooks(random, len(tasks)),
        resources={"database": random.randint(1, 3)},
        breakpoints=_breakpoints(random) if stops else None,
        retry=random.random() < 0.9,
        change_fails=random.random() < 0.5,
        guarded=random.random() < 0.4,
        seed=random.randrange(2**32),
    )


def _hooks(random: Random, count: int) -> tuple[HookCall, ...]:
    """Any number of them at any moments, about some tasks or all."""
    made = []
    for number in range(random.randint(1, 6) if random.random() < 0.4 else 0):
        some = tuple(random.sample(range(count), random.randint(0, count))) if random.random() < 0.3 else None
        made.append(HookCall(random.choice(tuple(Moment)), f"hook {number}", tasks=some))
    return tuple(made)


def _breakpoints(random: Random) -> Breakpoints:
    names = tuple(f"component-{number}" for number in range(10) if random.random() < 0.2)
    return Breakpoints(random.random() < 0.5, names, random.random() < 0.5)


def levels(edges: Sequence[Edge], runs: Sequence[bool]) -> list[int]:
    """How many tasks at most run one after another before each; what does not run is none of them."""
    found = [0] * len(runs)
    for _ in runs:  # a chain is no longer than the number of tasks
        for edge in edges:
            found[edge.after] = max(found[edge.after], found[edge.before] + runs[edge.before])
    return found


def _edges(random: Random, count: int) -> tuple[Edge, ...]:
    """Edges in one direction of a random order of the tasks, so that they form no circle."""
    order = random.sample(range(count), count)
    density = random.choice((0.0, 0.1, 0.3, 0.6))
    return tuple(
        Edge(before, after, random.choice(tuple(EdgeKind)))
        for place, after in enumerate(order)
        for before in order[:place]
        if random.random() < density
    )


def _falling_back(task: Task, name: str) -> Task:
    return task._replace(component=task.component._replace(fallback=name))


def _task(random: Random, index: int, kind: str, owned: Sequence[int], left_out: Cause | None) -> Task:
    deadline = random.choice((None, None, 1.0, 5.0))
    return Task(
        component=Component(
            f"component-{index}",
            Command(("true",)) if kind == "command" else PythonCall("module", "check", "file", "plugin"),
            lifecycle=random.choice((Lifecycle.STABLE, Lifecycle.STABLE, Lifecycle.EXPERIMENTAL, Lifecycle.DEPRECATED)),
            required=random.random() < 0.7,
            idempotent=random.random() < 0.7,
            retry=Retry(
                attempts=random.randint(1, 4),
                first_delay=random.choice((0.01, 0.5, 3.0)),
                exit_codes=random.choice(((), (75,), (75,))),
                on_timeout=random.random() < 0.3,
                budget=random.choice((None, None, 2.0)),
            ),
            breaker=random.choice((None, BreakerRule(), BreakerRule(failures=2, reset=2.0))),
            degraded=random.random() < 0.2,
            deadline=deadline,
        ),
        files=random.choice((None, 0)),
        rank=random.randrange(20),
        batches=tuple(owned),
        left_out=LeftOut(left_out, "left out") if left_out else None,
        timeout=random.choice(SECONDS) if len(owned) > 1 else None,
        deadline=deadline if kind == "command" else None,
    )
