"""What plugins bring, and which of it an entry of the registry means."""

import posixpath
from collections.abc import Iterator, Sequence

from omnibase.core.nearest import nearest
from omnibase.model.component import Component
from omnibase.model.errors import Location, ProtocolError, RegistryError
from omnibase.model.record import Record
from omnibase.model.registry import PluginInfo
from omnibase.registry.adjusting import brought
from omnibase.registry.entries import ComponentEntry
from omnibase.registry.reading import Document


class LoadedPlugin(Record):
    """A plugin that the registry names, and the components that it brings.

    One inside the repository whose code was not run is not `info.loaded` and brings nothing yet.
    """

    info: PluginInfo
    components: tuple[Component, ...] = ()


class Sources:
    """The components of all plugins. `waiting` are the plugins whose components are not known yet."""

    def __init__(self, plugins: Sequence[LoadedPlugin]) -> None:
        self.plugins = [plugin.info.name for plugin in plugins]
        self.waiting = tuple(one.info.name for one in plugins if not one.info.loaded and not one.components)
        self._all = [brought(component, one.info) for one in plugins for component in one.components]
        self._named: dict[str, list[Component]] = {}
        for component in self._all:
            self._named.setdefault(component.name, []).append(component)

    def base(self, entry: ComponentEntry, index: int, document: Document) -> Component | None:
        """The component that the entry adjusts; None where it may be one of a plugin that is not loaded.

        Raises RegistryError where there is none.
        """
        if entry.uses is not None:
            return self._used(entry.uses, entry.name, document.place("components", index, "uses"))
        place = document.place("components", index, "name")
        found = self._named.get(entry.name, [])
        if found:
            return self._only(found, place)
        if self.waiting:
            return None
        close = nearest(entry.name, self._named)
        raise RegistryError(
            f"the component {entry.name!r} has no command, and no plugin named here brings one of that name",
            place=place,
            remedy=f"did you mean {close!r}?"
            if close
            else "give it a `command:`, or name the plugin that brings it below `plugins:`",
        )

    def remaining(self, taken: frozenset[str], place: Location) -> Iterator[Component]:
        """The components whose names are not taken.

        Raises RegistryError where two plugins bring the same name, ProtocolError where one does so twice.
        """
        for component in self._all:
            if component.name not in taken:
                yield self._only(self._named[component.name], place)

    def _used(self, uses: str, name: str, place: Location) -> Component | None:
        plugin, name = self._split(uses, name, place)
        brings = [component for component in self._all if component.plugin == plugin]
        found = next((component for component in brings if component.name == name), None)
        if found is not None or plugin in self.waiting:
            return found
        names = [component.name for component in brings]
        close = nearest(name, names)
        remedy = f"it brings {', '.join(names[:20])}" if names else "it brings none at all"
        raise RegistryError(
            f"the plugin {plugin!r} brings no component {name!r}",
            place=place,
            remedy=f"did you mean {close!r}?" if close else remedy,
        )

    def _split(self, uses: str, name: str, place: Location) -> tuple[str, str]:
        """The plugin and the name of its component that `uses: plugin` or `uses: plugin/component` means."""
        wanted = "./" + posixpath.normpath(uses) if uses.startswith("./") else uses
        if wanted in self.plugins:
            return wanted, name
        plugin, slash, component = wanted.rpartition("/")
        if slash and plugin in self.plugins:
            return plugin, component
        missing = plugin if slash and plugin != "." else wanted
        close = nearest(missing, self.plugins)
        raise RegistryError(
            f"the plugin {missing!r} is not named below `plugins:`",
            place=place,
            remedy=f"did you mean {close!r}?" if close else f"write plugins: [{', '.join([*self.plugins, missing])}]",
        )

    def _only(self, found: list[Component], place: Location) -> Component:
        if len(found) == 1:
            return found[0]
        name, one, other = found[0].name, found[0].plugin, found[1].plugin
        if one == other:
            raise ProtocolError(f"the plugin {one!r} brings two components called {name!r}", place=place)
        raise RegistryError(
            f"the plugins {one!r} and {other!r} both bring a component called {name!r}",
            place=place,
            remedy=f"say which is meant, below `components:`: - {{name: {name}, uses: {one}}}",
        )
