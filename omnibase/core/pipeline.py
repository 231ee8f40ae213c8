"""Which components a pipeline runs, and in what order: the named steps, and what the declared graph puts between."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from omnibase.core.nearest import nearest
from omnibase.model.component import Component
from omnibase.model.errors import RegistryError


class Steps(NamedTuple):
    """The names of a pipeline's components, and the edges to be added to the declared ones."""

    names: tuple[str, ...]
    added: tuple[tuple[str, str], ...] = ()


def steps(components: Mapping[str, Component], start: str | None, ends: Sequence[str]) -> Steps:
    """The components from `start` by way of each of `ends`, in their order.

    Between two neighbours stands all that the declared `needs` put between them; where there is nothing, the edge
    is added for this run. Each step's needs come with it, but those of `start`: the pipeline begins there. Without
    `ends` it goes on to everything that needs `start`; without `start` it begins with what the first of `ends` needs.

    Raises RegistryError (3) for a name that does not exist and for an order against the declared needs.
    """
    named = [name for name in (start, *ends) if name is not None]
    for name in named:
        if name not in components:
            close = nearest(name, components)
            remedy = f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components"
            raise RegistryError(f"no component is called {name!r}", remedy=remedy)
    needs = {name: [need.name for need in component.needs] for name, component in components.items()}
    dependants: dict[str, list[str]] = {name: [] for name in components}
    for name, wanted in needs.items():
        for need in wanted:
            dependants[need].append(name)
    if start is not None and not ends:
        return Steps(tuple(name for name in components if name in _reach(start, dependants)))
    added = []
    for index, (before, after) in enumerate(zip(named, named[1:], strict=False)):
        earlier = next((later for later in named[index + 1 :] if before in _reach(later, dependants)), None)
        if earlier is not None:
            raise RegistryError(
                f"{earlier!r} cannot come after {before!r}: {before!r} needs it, as the registry declares",
                place=components[before].origin,
                remedy=f"name {earlier!r} before {before!r}",
            )
        if before not in _reach(after, needs):
            added.append((before, after))
    chosen = set(named)
    barred = set(_reach(start, needs)) - set(named) if start is not None else set()
    for name in named[1:] if start is not None else named:
        chosen |= {need for need in _reach(name, needs) if need not in barred}
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
