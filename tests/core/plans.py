"""Random plans, also such as no planner would make: any graph, any sharing of batches, any limits."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from omnibase.model.component import Command, Component, Lifecycle, PythonCall
from omnibase.model.plan import Batch, Edge, EdgeKind, KeepGoing, LeftOut, Plan, Span, Task
from omnibase.model.result import Cause

HOOKS = ("before_run", "after_run", "before_task", "after_task")
SECONDS = st.sampled_from((None, None, None, 0.5, 2.0))


class Trait(NamedTuple):
    """What is drawn for one task. `own` counts its batches; 0 makes it part of its level's passes."""

    own: int
    shared: int  # the bits say to which of the further passes of its level it belongs
    links: int  # digits to the base of 4: how it is tied to the three tasks before it
    rank: int
    left_out: Cause | None
    required: bool
    lifecycle: Lifecycle
    timeout: float | None
    batch_timeout: float | None


TRAITS = st.builds(
    Trait,
    own=st.sampled_from((0, 0, 0, 1, 2, 3)),
    shared=st.integers(0, 7),
    links=st.integers(0, 63),
    rank=st.integers(0, 20),
    left_out=st.sampled_from((None, None, None, None, Cause.NO_FILES, Cause.USER_SKIP, Cause.GATED)),
    required=st.booleans(),
    lifecycle=st.sampled_from((Lifecycle.STABLE, Lifecycle.STABLE, Lifecycle.EXPERIMENTAL, Lifecycle.DEPRECATED)),
    timeout=SECONDS,
    batch_timeout=SECONDS,
)


@st.composite
def plans(draw: st.DrawFn, *keep_going: KeepGoing) -> Plan:
    """Any plan of a few tasks, with one of these policies or any."""
    count = draw(st.integers(0, 9))
    traits = draw(st.lists(TRAITS, min_size=count, max_size=count))
    edges = _edges(draw(st.permutations(range(count))), traits)
    batches, owned = _batches(traits, levels(edges, [trait.left_out is None for trait in traits]))
    tasks = tuple(
        Task(
            component=Component(
                f"component-{index}",
                Command(("true",)) if trait.own else PythonCall("module", "check", "file", "plugin"),
                lifecycle=trait.lifecycle,
                required=trait.required,
            ),
            files=0 if index % 2 else None,
            rank=trait.rank,
            batches=tuple(owned[index]),
            left_out=LeftOut(trait.left_out, "left out") if trait.left_out else None,
            timeout=trait.timeout if len(owned[index]) > 1 else None,
        )
        for index, trait in enumerate(traits)
    )
    return Plan(
        tasks=tasks,
        edges=edges,
        batches=tuple(batches),
        inputs=(("a.py", "b.py"),),
        slots=draw(st.integers(1, 6)),
        adaptive=draw(st.booleans()),
        keep_going=draw(st.sampled_from(keep_going or tuple(KeepGoing))),
        timeout=draw(st.sampled_from((None, None, 3.0))),
        hooks=draw(st.sampled_from(((), (), HOOKS, HOOKS[:2], HOOKS[2:]))),
        change_fails=draw(st.booleans()),
    )


def levels(edges: Sequence[Edge], runs: Sequence[bool]) -> list[int]:
    """How many tasks at most run before each; what does not run is none of them."""
    found = [0] * len(runs)
    for _ in runs:  # a chain is no longer than the number of tasks
        for edge in edges:
            found[edge.after] = max(found[edge.after], found[edge.before] + runs[edge.before])
    return found


def _edges(place: Sequence[int], traits: Sequence[Trait]) -> tuple[Edge, ...]:
    """Edges in one direction of an order of the tasks, so that they form no circle."""
    edges = []
    for later, trait in enumerate(traits):
        for distance, link in enumerate((trait.links % 4, trait.links // 4 % 4, trait.links // 16), start=1):
            if link > 1 and distance <= later:
                kind = EdgeKind.NEEDS if link == 2 else EdgeKind.AFTER
                edges.append(Edge(place[later - distance], place[later], kind))
    return tuple(edges)


def _batches(traits: Sequence[Trait], level: Sequence[int]) -> tuple[list[Batch], list[list[int]]]:
    batches: list[Batch] = []
    owned: list[list[int]] = [[] for _ in traits]
    running = [index for index, trait in enumerate(traits) if trait.left_out is None]
    for index in running:
        for _ in range(traits[index].own):
            owned[index].append(len(batches))
            batches.append(Batch((Span(index),), "command", traits[index].batch_timeout))
    for here in sorted(set(level)):
        members = [index for index in running if level[index] == here and not traits[index].own]
        for stretch in range(4):
            served = [index for index in members if stretch == 0 or traits[index].shared >> (stretch - 1) & 1]
            for index in served:
                owned[index].append(len(batches))
            if served:
                timeout = traits[served[0]].batch_timeout
                batches.append(Batch(tuple(Span(index) for index in served), "python", timeout))
    return batches, owned
