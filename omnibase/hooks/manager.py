"""Finding plugins and asking them what they bring. pluggy and the entry points are loaded only here."""

import importlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy

from omnibase.core.nearest import nearest
from omnibase.hooks.declare import components_of
from omnibase.hooks.specs import GROUP, Specs
from omnibase.model.component import Component
from omnibase.model.errors import Location, OmnibaseError, ProtocolError, RegistryError
from omnibase.model.record import Record
from omnibase.model.registry import PluginInfo

# The hooks that return a table.
TABLES = (
    "omnibase_parsers",
    "omnibase_formatters",
    "omnibase_executors",
    "omnibase_orchestrators",
    "omnibase_stores",
    "omnibase_commands",
)


class Found(Record):
    """A plugin, its components, and the files whose change makes this knowledge stale."""

    info: PluginInfo
    components: tuple[Component, ...]
    watched: tuple[str, ...]


def find(name: str, place: Location | None = None) -> Found:
    """Import an installed plugin and ask it for all it brings.

    Raises RegistryError (3) where it is missing or cannot be imported, ProtocolError (4) where it breaks a
    specification.
    """
    entry = _entry(name, place)
    module = _import(name, entry.value, place)
    manager = _manager({name: module}, place)
    hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(module) or ()))
    version = entry.dist.version if entry.dist else None
    tables = {hook: tuple(sorted(_table(manager, hook, place))) for hook in TABLES}
    info = PluginInfo(
        name=name,
        module=entry.value,
        version=version,
        hooks=hooks,
        parsers=tables["omnibase_parsers"],
        formats=tables["omnibase_formatters"],
        executors=tables["omnibase_executors"],
        stages=tables["omnibase_orchestrators"],
        stores=tables["omnibase_stores"],
        commands=tables["omnibase_commands"],
    )
    return Found(info, _components(name, manager, module, place), _watched(entry, module))


def table(plugins: Sequence[PluginInfo], hook: str) -> Mapping[str, Any]:
    """The rows that the plugins add to one table, by name. Raises as `find` does."""
    return _table(manager_of(plugins), hook, None)


def listed(plugins: Sequence[PluginInfo], hook: str) -> Sequence[Any]:
    """What the plugins return for a hook that gives a list. Raises as `find` does."""
    manager = manager_of(plugins)
    return _items(manager, hook, _call(manager, hook, None), None)


def manager_of(plugins: Sequence[PluginInfo]) -> pluggy.PluginManager:
    """A manager with these plugins registered."""
    return _manager({info.name: _import(info.name, info.module, None) for info in plugins}, None)


def _entry(name: str, place: Location | None) -> EntryPoint:
    available = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name in available:
        return available[name]
    close = nearest(name, available)
    raise RegistryError(
        f"the plugin {name!r} is not installed",
        place=place,
        remedy=f"did you mean {close!r}?" if close else f"install the package that brings it into {sys.prefix}",
    )


def _import(name: str, target: str, place: Location | None) -> Any:
    module, _, attribute = target.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split(".") if attribute else ():
            found = getattr(found, part)
    except OmnibaseError as error:
        raise type(error)(f"the plugin {name!r}: {error.message}", place=place, remedy=error.remedy) from error
    except (Exception, SystemExit) as error:
        raise RegistryError(
            f"the plugin {name!r} cannot be imported: {type(error).__name__}: {error}",
            place=place,
            remedy=f"`python -c 'import {module}'` shows where it fails",
        ) from error
    return found


def _manager(modules: Mapping[str, Any], place: Location | None) -> pluggy.PluginManager:
    manager = pluggy.PluginManager("omnibase")
    manager.add_hookspecs(Specs)
    for name, module in modules.items():
        try:
            manager.register(module, name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise ProtocolError(
                f"the plugin {name!r} breaks a hook specification: {error}",
                place=place,
                remedy="docs/plugins.md lists the hooks and their arguments",
            ) from error
    return manager


def _call(manager: pluggy.PluginManager, hook: str, place: Location | None) -> list[Any]:
    try:
        results = getattr(manager.hook, hook)()
    except OmnibaseError:
        raise
    except (Exception, SystemExit) as error:
        raise ProtocolError(f"{_whose(manager, hook)} raised {type(error).__name__}: {error}", place=place) from error
    return list(results)


def _items(manager: pluggy.PluginManager, hook: str, results: Sequence[Any], place: Location | None) -> list[Any]:
    items: list[Any] = []
    for result in results:
        if not isinstance(result, Iterable):
            what = f"returned {type(result).__name__}, and a list is wanted"
            raise ProtocolError(f"{_whose(manager, hook)} {what}", place=place)
        try:
            items += result  # it may be a generator, which raises only now
        except OmnibaseError:
            raise
        except (Exception, SystemExit) as error:
            what = f"raised {type(error).__name__}: {error}"
            raise ProtocolError(f"{_whose(manager, hook)} {what}", place=place) from error
    return items


def _table(manager: pluggy.PluginManager, hook: str, place: Location | None) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for result in _call(manager, hook, place):
        if not isinstance(result, Mapping):
            what = f"returned {type(result).__name__}, and a mapping is wanted"
            raise ProtocolError(f"{_whose(manager, hook)} {what}", place=place)
        for name, value in result.items():
            if name in rows:
                raise ProtocolError(f"{_whose(manager, hook)} brings {name!r} twice", place=place)
            if not callable(value):
                what = f"brings {name!r} as {type(value).__name__}, which cannot be called"
                raise ProtocolError(f"{_whose(manager, hook)} {what}", place=place)
            rows[name] = value
    return rows


def _whose(manager: pluggy.PluginManager, hook: str) -> str:
    return f"{hook} of {', '.join(name for name, _ in manager.list_name_plugin())}"


def _components(name: str, manager: pluggy.PluginManager, module: Any, place: Location | None) -> tuple[Component, ...]:
    results = _call(manager, "omnibase_components", place)
    if not results:
        return components_of(module) if isinstance(module, ModuleType) else ()
    components = _items(manager, "omnibase_components", results, place)
    for component in components:
        if not isinstance(component, Component):
            raise ProtocolError(f"the plugin {name!r} brings {component!r}, which is no component", place=place)
    return tuple(component._replace(plugin=name) for component in components)


def _watched(entry: EntryPoint, module: Any) -> tuple[str, ...]:
    """The metadata folder of the distribution, and the plugin's modules: all files of its top package."""
    paths = []
    metadata = getattr(entry.dist, "_path", None)  # the only way to a distribution's folder, in every version
    if metadata is not None:
        paths.append(str(metadata))
    top = sys.modules[(module.__name__ if isinstance(module, ModuleType) else module.__module__).partition(".")[0]]
    return (*paths, *source_files(top.__file__))


def source_files(file: str | None) -> tuple[str, ...]:
    """The Python files that belong to a module's file: it alone, or all of its package."""
    if file is None or os.path.basename(file) != "__init__.py":
        return (file,) if file else ()
    found = []
    for folder, folders, names in os.walk(os.path.dirname(file)):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
    return tuple(found)
