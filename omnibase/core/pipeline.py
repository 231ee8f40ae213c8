"""Which components a pipeline runs, and in what order: the named steps, and what the declared graph puts between."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from omnibase.core.nearest import nearest
from omnibase.model.component import Component
from omnibase.model.errors import RegistryError
from omnibase.model.record import Record


class Steps(Record):
    """The names of a pipeline's components, and the edges to be added to the declared ones."""

    names: tuple[str, ...]
    added: tuple[tuple[str, str], ...] = ()


def steps(components: Mapping[str, Component], start: str | None, ends: Sequence[str]) -> Steps:
    """The components from `start` by way of each of `ends`, in their order.

    Between two neighbours stands all that the declared `needs` put between them; where there is nothing, the edge
    is added for this run. Each step's needs come with it, but those of `start`: the pipeline begins there. Without
    `ends` it goes on to everything that needs `start`; without `start` it begins with what the first of `ends` needs.

    Raises RegistryError (3) for a name that does not exist or comes twice, and for an order against the declared one.
    """
    named = [name for name in (start, *ends) if name is not None]
    for index, name in enumerate(named):
        if name not in components:
            close = nearest(name, components)
            remedy = f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components"
            raise RegistryError(f"no component is called {name!r}", remedy=remedy)
        if name in named[:index]:
            raise RegistryError(f"{name!r} is named twice, and a component runs once", remedy="name each step once")
    needs = {name: [need.name for need in component.needs] for name, component in components.items()}
    dependants: dict[str, list[str]] = {name: [] for name in components}
    for name, wanted in needs.items():
        for need in wanted:
            dependants[need].append(name)
    goals = set(named) if ends or start is None else _reach(start, dependants)
    barred = _reach(start, needs) if start is not None else set()
    chosen = goals.union(*(_reach(name, needs) - barred for name in goals))
    order = {
        name: [*needs[name], *(earlier for earlier in component.after if earlier in chosen)]
        for name, component in components.items()
    }
    added = []
    for index, (before, after) in enumerate(pairwise(named)):
        first = _reach(before, order)
        later = next((name for name in named[index + 1 :] if name in first), None)
        if later is not None:
            why = "needs" if later in _reach(before, needs) else "comes after"
            raise RegistryError(
                f"{later!r} cannot come after {before!r}: {before!r} {why} it, as the registry declares",
                place=components[before].origin,
                remedy=f"name {later!r} before {before!r}",
            )
        if before not in _reach(after, needs):
            added.append((before, after))
    return Steps(tuple(name for name in components if name in chosen), tuple(added))


def _reach(start: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    """All names that the edges lead to from `start`, itself included."""
    found = {start}
    pending = [start]
    while pending:
        for name in edges[pending.pop()]:
            if name not in found:
                found.add(name)
                pending.append(name)
    return found
