"""From a registry's document and the plugins that it names to the components of a repository."""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from omnibase.model.component import Component
from omnibase.model.errors import ConfigurationError, ProtocolError
from omnibase.model.registry import Hook, Registry, StageDefaults
from omnibase.registry import matching
from omnibase.registry.adjusting import adjusted, declared_here
from omnibase.registry.filters import check_named, check_stage, expression, joined
from omnibase.registry.gating import gates_of
from omnibase.registry.reading import Document, check_requirement
from omnibase.registry.recovering import retries_in_vain
from omnibase.registry.references import check_references
from omnibase.registry.schema import RunEntry
from omnibase.registry.sources import LoadedPlugin, Sources

__all__ = ["LoadedPlugin", "resolve"]

Json = Any
STAGES = ("pre-commit", "ci", "test", "pipeline", "registry")
UNENFORCED = ("cache", "capabilities")
NAMED = 10  # components in a notice


def resolve(
    document: Document, plugins: Sequence[LoadedPlugin], root: str, version: str, parsers: frozenset[str]
) -> Registry:
    """All components: those of the file in its order, then the plugins' remaining ones in theirs.

    `root` is the repository's folder, `version` omnibase's own, `parsers` the names that `findings:` may use.
    Raises ConfigurationError (2) for what the file says wrongly, RegistryError (3) for what is named and does not
    exist or does not fit, ProtocolError (4) for a plugin's component that cannot be used.
    """
    check_requirement(document.model.requires_omnibase, version, document.place("requires_omnibase"))
    _check_duplicates(document)
    sources = Sources(plugins)
    found, notices = _components(document, sources)
    components, dropped = check_references(found, document, parsers, sources.waiting)
    known = None if sources.waiting else (*STAGES, *(stage for plugin in plugins for stage in plugin.info.stages))
    names = None if sources.waiting else [component.name for component in components]
    defaults = document.model.defaults
    return Registry(
        file=posixpath.normpath(posixpath.join(root, document.file)),
        components=tuple(_with_matchers(components, document)),
        plugins=tuple(plugin.info for plugin in plugins),
        stages=dict(_stages(document, known)),
        suites={name: expression(document, text, "suites", name) for name, text in document.model.suites.items()},
        gates=gates_of(document, known, names),
        hooks=tuple(_hooks(document, known, names)),
        resources=dict(document.model.resources),
        settings=_settings(defaults) | ({"store": defaults.store} if defaults.store is not None else {}),
        notices=(*notices, *dropped, *_in_vain(document, components), *_unenforced(components)),
    )


def _check_duplicates(document: Document) -> None:
    seen: dict[str, int] = {}
    for index, entry in enumerate(document.model.components):
        first = seen.setdefault(entry.name, index)
        if first != index:
            line = document.place("components", first, "name").line
            raise ConfigurationError(
                f"components[{index}].name: the name {entry.name!r} is there already, in line {line}",
                place=document.place("components", index, "name"),
                remedy="give one of the two another name, or remove it",
            )


def _components(document: Document, sources: Sources) -> tuple[list[Component], list[str]]:
    found: dict[str, Component] = {}
    notices = []
    for index, entry in enumerate(document.model.components):
        if entry.command is not None and entry.uses is None:
            found[entry.name] = declared_here(entry, index, document)
        elif base := sources.base(entry, index, document):
            found[entry.name] = adjusted(base, entry, index, document)
        else:
            notices.append(f"{entry.name} is left out: {', '.join(sources.waiting)} is not loaded")
    for component in sources.remaining(frozenset(found), document.place("plugins")):
        found[component.name] = adjusted(component, None, None, document)
    return list(found.values()), notices


def _with_matchers(components: Sequence[Component], document: Document) -> Iterator[Component]:
    exclude = document.model.exclude
    _check_globs(exclude, document, "exclude")
    for index, entry in enumerate(document.model.components):
        for key in entry.files.model_fields_set & {"include", "exclude"} if entry.files else ():
            _check_globs(getattr(entry.files, key), document, "components", index, "files", key)
    for component in components:
        try:
            yield component._replace(matcher=matching.matcher(component.files, exclude))
        except matching.PatternError as error:
            raise ProtocolError(f"{component.name!r} of the plugin {component.plugin!r}: {error}") from None


def _check_globs(globs: Sequence[str], document: Document, *path: int | str) -> None:
    try:
        matching.regex(tuple(globs))
    except matching.PatternError as error:
        steps = path if error.index is None else (*path, error.index)
        raise ConfigurationError(f"{joined(steps)}: {error}", place=document.place(*steps)) from None


def _stages(document: Document, known: Sequence[str] | None) -> Iterator[tuple[str, StageDefaults]]:
    for stage, entry in document.model.stages.items():
        check_stage(stage, known, document.place("stages", stage, key=True))
        select = None if entry.select is None else expression(document, entry.select, "stages", stage, "select")
        settings = _settings(entry) | ({"timeout": entry.timeout} if entry.timeout is not None else {})
        yield stage, StageDefaults(select, settings)


def _hooks(document: Document, known: Sequence[str] | None, names: Sequence[str] | None) -> Iterator[Hook]:
    for index, hook in enumerate(document.model.hooks):
        if hook.stage is not None:
            check_stage(hook.stage, known, document.place("hooks", index, "stage"))
        if hook.filter is not None:
            expression(document, hook.filter, "hooks", index, "filter")
            check_named(hook.filter, names, document.place("hooks", index, "filter"))
        place = document.place("hooks", index)
        made = Hook(hook.at.value, tuple(hook.command), hook.stage, hook.filter, veto=hook.veto, place=place)
        yield made._replace(env=dict(hook.env), timeout=made.timeout if hook.timeout is None else hook.timeout)


def _settings(entry: RunEntry) -> dict[str, Json]:
    """What the entry says of a run, as JSON."""
    values = {name: getattr(entry, name) for name in RunEntry.model_fields}
    return {
        name: str(value) if isinstance(value, str) else value for name, value in values.items() if value is not None
    }


def _in_vain(document: Document, components: Sequence[Component]) -> Iterator[str]:
    names = [one.name for one in components if retries_in_vain(one, document.model.defaults)]
    if names:
        yield f"`retry` has no effect, because what is not idempotent is never tried again: {_some(names)}"


def _unenforced(components: Sequence[Component]) -> Iterator[str]:
    for key in UNENFORCED:
        names = [one.name for one in components if key in one.declared]
        if names:
            yield f"`{key}` is accepted and shown, and not enforced by this version: {_some(names)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
