"""What components say of each other: that it exists, fits, and does not go in a circle."""

from collections.abc import Sequence
from itertools import pairwise

from omnibase.core import versions
from omnibase.core.graph import find_cycle
from omnibase.core.nearest import nearest
from omnibase.model.component import Component, Lifecycle, Need
from omnibase.model.errors import ConfigurationError, Location, RegistryError
from omnibase.registry.reading import Document


def check_references(
    components: Sequence[Component], document: Document, parsers: frozenset[str], waiting: Sequence[str]
) -> tuple[tuple[Component, ...], list[str]]:
    """The components, with notices on what they had to lose.

    Raises RegistryError for a parser or a component that does not exist, a version that does not fit, an order or
    fallbacks that go in a circle, and a fallback that cannot stand in; ConfigurationError for a resource that is not
    declared, or of which more is wanted than there is. While plugins are `waiting` to be loaded, what is not known may
    be theirs: it is left out.
    """
    checker = _Checker(components, document)
    notices: list[str] = []
    if waiting:
        components, notices = _without_unknown(components, checker.by_name, ", ".join(waiting))
    for component in components:
        checker.check_parser(component, parsers, waiting)
        checker.check_names(component)
        checker.check_versions(component)
        checker.check_fallback(component)
        checker.check_resources(component)
    checker.check_order(components)
    checker.check_fallbacks(components)
    return tuple(components), notices


class _Checker:
    def __init__(self, components: Sequence[Component], document: Document) -> None:
        self.by_name = {component.name: component for component in components}
        self.document = document
        self.indexes = {entry.name: index for index, entry in enumerate(document.model.components)}

    def check_parser(self, component: Component, parsers: frozenset[str], waiting: Sequence[str]) -> None:
        parsing = component.findings
        if parsing is None or parsing.parser in parsers or waiting:
            return
        close = nearest(parsing.parser, sorted(parsers))
        raise RegistryError(
            f"there is no parser {parsing.parser!r} for the findings of {component.name!r}",
            place=self.place(component.name, "findings"),
            remedy=f"did you mean {close!r}?" if close else f"the parsers are {', '.join(sorted(parsers))}",
        )

    def check_names(self, component: Component) -> None:
        for number, need in enumerate(component.needs):
            self.check_name(component, "needs", need.name, "needs", number)
        for number, name in enumerate(component.after):
            self.check_name(component, "runs after", name, "after", number)
        if component.replaced_by is not None:
            self.check_name(component, "is replaced by", component.replaced_by, "replaced_by")
        if component.fallback is not None:
            self.check_name(component, "falls back on", component.fallback, "fallback")

    def check_name(self, component: Component, verb: str, name: str, *path: int | str) -> None:
        if name in self.by_name:
            return
        close = nearest(name, self.by_name)
        raise RegistryError(
            f"{component.name!r} {verb} {name!r}, and no component is called so",
            place=self.place(component.name, *path),
            remedy=f"did you mean {close!r}?" if close else f"declare {name!r}, or remove the reference",
        )

    def check_versions(self, component: Component) -> None:
        for number, need in enumerate(component.needs):
            found = self.by_name[need.name].version
            problem = None if need.version is None else _misfit(need, found)
            if problem:
                raise RegistryError(
                    f"{component.name!r} needs {need.name!r} {need.version}, {problem}",
                    place=self.place(component.name, "needs", number),
                    remedy=f"change the range, or the version of {need.name!r}",
                )

    def check_fallback(self, component: Component) -> None:
        """That it can stand in: where it is run, only what the component itself needs is sure to be there."""
        if component.fallback is None or component.lifecycle is Lifecycle.ARCHIVED:
            return
        other = self.by_name[component.fallback]
        known = {need.name for need in component.needs}
        lacking = next((need.name for need in other.needs if need.name not in known), None)
        problem = remedy = None
        if other.lifecycle is Lifecycle.ARCHIVED:
            problem, remedy = "which is archived", "name another component, or remove `fallback`"
        elif other.fixes:
            problem, remedy = "which changes files (`fixes: true`)", "name a component that only looks"
        elif lacking is not None:
            problem = f"which needs {lacking!r}, and {component.name!r} itself does not"
            remedy = f"add {lacking!r} to the needs of {component.name!r}, or name another component"
        if problem:
            raise RegistryError(
                f"{component.name!r} falls back on {other.name!r}, {problem}",
                place=self.place(component.name, "fallback"),
                remedy=remedy,
            )

    def check_resources(self, component: Component) -> None:
        """That there is as much of each as the component wants; of what a plugin's names itself there is one."""
        known = self.document.model.resources
        index = self.indexes.get(component.name)
        declared = index is not None and "resources" in self.document.tree.data["components"][index]
        for name, amount in component.resources.items():
            close = nearest(name, known)
            if declared and name not in known:
                raise ConfigurationError(
                    f"{component.name!r} wants the resource {name!r}, and no resource is called so",
                    place=self.place(component.name, "resources"),
                    remedy=f"did you mean {close!r}?" if close else f"declare it: `resources: {{{name}: 1}}`",
                )
            if amount > known.get(name, 1):
                raise ConfigurationError(
                    f"{component.name!r} wants {amount} of the resource {name!r}, and there is {known.get(name, 1)}",
                    place=self.place(component.name, "resources"),
                    remedy="it would wait for ever: let it want less, or say under `resources` that there is more",
                )

    def check_order(self, components: Sequence[Component]) -> None:
        cycle = find_cycle({one.name: [*(need.name for need in one.needs), *one.after] for one in components})
        if cycle is not None:
            raise self.circle("the order goes in a circle", cycle, [self.link(*pair) for pair in pairwise(cycle)])

    def check_fallbacks(self, components: Sequence[Component]) -> None:
        cycle = find_cycle({one.name: [one.fallback] for one in components if one.fallback is not None})
        if cycle is not None:
            links = [(f"{one} falls back on {other}", self.place(one, "fallback")) for one, other in pairwise(cycle)]
            raise self.circle("the fallbacks go in a circle", cycle, links)

    def circle(self, problem: str, cycle: Sequence[str], links: Sequence[tuple[str, Location | None]]) -> RegistryError:
        first = next((place for _, place in links if place is not None), None)
        lines = [f"  {text}{f' ({place})' if place else ''}" for text, place in links]
        return RegistryError(
            "\n".join([f"{problem}: {' -> '.join(cycle)}", *lines]),
            place=first,
            remedy="remove one of these references",
        )

    def link(self, name: str, other: str) -> tuple[str, Location | None]:
        """How one component waits for the other, and where it says so."""
        component = self.by_name[name]
        needs = [need.name for need in component.needs]
        if other in needs:
            return f"{name} needs {other}", self.place(name, "needs", needs.index(other))
        return f"{name} runs after {other}", self.place(name, "after", component.after.index(other))

    def place(self, name: str, *path: int | str) -> Location | None:
        """Where the registry says it; where a plugin does, the entry that adjusts the component, if any."""
        index = self.indexes.get(name)
        if index is None:
            return None
        if path[0] not in self.document.tree.data["components"][index]:
            path = ()
        return self.document.place("components", index, *path)


def _misfit(need: Need, found: str) -> str | None:
    try:
        wanted = versions.parse_range(need.version or "")
    except ValueError as error:
        return f"which is no range: {error}"
    try:
        version = versions.parse(found)
    except ValueError as error:
        return f"and what it has cannot be compared: {error}"
    return None if versions.within(version, wanted) else f"and it has the version {found}"


def _without_unknown(
    components: Sequence[Component], known: dict[str, Component], waiting: str
) -> tuple[list[Component], list[str]]:
    kept, notices = [], []
    for component in components:
        left = component._replace(
            needs=tuple(need for need in component.needs if need.name in known),
            after=tuple(name for name in component.after if name in known),
            replaced_by=component.replaced_by if component.replaced_by in known else None,
            fallback=component.fallback if component.fallback in known else None,
        )
        if left != component:
            notices.append(f"{component.name} refers to what is not known: {waiting} is not loaded")
        kept.append(left)
    return kept, notices
