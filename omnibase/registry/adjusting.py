"""A component out of an entry of the registry, and out of a plugin's component with an entry over it."""

from collections.abc import Mapping
from typing import Any

from omnibase.core.nearest import nearest
from omnibase.model.component import Command, Component, ComponentType, FileSet, Lifecycle, Need, Parsing, PythonCall
from omnibase.model.errors import ConfigurationError, ProtocolError
from omnibase.model.registry import PluginInfo
from omnibase.registry.entries import ComponentEntry, FilesEntry, FindingsEntry, check_arguments
from omnibase.registry.kinds import KindError, described
from omnibase.registry.reading import Document
from omnibase.registry.recovering import check_brought, recovering

Json = Any
SHIPPED = "omnibase_files"

# What an entry says in the words of `Component`; the other keys are made from several, or into others.
SAME = (
    "version",
    "type",
    "lifecycle",
    "description",
    "idempotent",
    "fixes",
    "required",
    "always_run",
    "cwd",
    "timeout",
    "deadline",
    "executor",
    "owner",
    "since",
    "sunset",
    "replaced_by",
    "fallback",
    "cost",
    "exclusive",
    "jobserver",
)
OF_COMMANDS = ("command", "shell", "fix", "args", "findings", "batch")
DECLARED = ("cache", "capabilities")


def brought(component: Component, info: PluginInfo) -> Component:
    """A plugin's component as the registry has it: with its plugin, and settings that JSON can hold.

    Raises ProtocolError for settings that it cannot, and for what is said of retries, limits and the like wrongly.
    """
    component = check_brought(component, info)
    work = component.work
    if isinstance(work, PythonCall):
        shipped = info.name == SHIPPED and info.path is None  # a folder of that name in the repository is not ours
        work = work._replace(shipped=shipped, path=work.path or info.path)
    try:
        settings = {name: _as_json(value) for name, value in component.settings.items()}
    except TypeError as error:
        raise ProtocolError(
            f"{component.name!r} of the plugin {info.name!r} has a setting that JSON cannot hold: {error}",
            remedy="give its keyword-only parameters defaults of JSON's types",
        ) from None
    return component._replace(work=work, settings=settings, plugin=info.name)


def declared_here(entry: ComponentEntry, index: int, document: Document) -> Component:
    """The component that an entry with a command of its own declares. Raises ConfigurationError."""
    assert entry.command is not None  # noqa: S101 - what has none adjusts a plugin's
    base = Component(name=entry.name, work=Command(tuple(entry.command), entry.shell))
    return adjusted(base, entry, index, document)


def adjusted(base: Component, entry: ComponentEntry | None, index: int | None, document: Document) -> Component:
    """The component with what the entry says over it, and the registry's defaults where neither says anything.

    Raises ConfigurationError with the place of what does not go with the component.
    """
    component = base
    raw: Mapping[str, Json] = {}
    if entry is not None and index is not None:
        raw = document.tree.data["components"][index]
        component = _Adjustment(base, entry, index, document).component()
    defaults = document.model.defaults
    return recovering(component, entry, defaults)._replace(
        timeout=defaults.timeout if component.timeout is None else component.timeout,
        deadline=defaults.deadline if component.deadline is None else component.deadline,
        declared={**component.declared, **{key: raw[key] for key in DECLARED if key in raw}},
    )


class _Adjustment:
    """An entry put over a component."""

    def __init__(self, base: Component, entry: ComponentEntry, index: int, document: Document) -> None:
        self.base = base
        self.entry = entry
        self.index = index
        self.document = document
        self.given = entry.model_fields_set

    def component(self) -> Component:
        entry, given = self.entry, self.given
        if not isinstance(self.base.work, Command):
            for key in OF_COMMANDS:
                if key in given:
                    raise self.wrong(f"{self.base.name!r} is written in Python and has no `{key}`", key, key=True)
        changes: dict[str, Any] = {key: getattr(entry, key) for key in SAME if getattr(entry, key) is not None}
        changes |= {key: tuple(getattr(entry, key)) for key in ("tags", "after") if key in given}
        if "needs" in given:
            changes["needs"] = tuple(
                Need(need) if isinstance(need, str) else Need(need.name, need.version) for need in entry.needs
            )
        if "env" in given:
            changes["env"] = dict(entry.env)
        if entry.files is not None:
            changes["files"] = _files(self.base.files, entry.files)
        if entry.findings is not None:
            changes["findings"] = _parsing(entry.findings)
        if entry.batch is not None:
            changes["batch_files"] = entry.batch.files
        if entry.resources is not None:
            wanted = entry.resources
            changes["resources"] = dict(wanted) if isinstance(wanted, dict) else dict.fromkeys(wanted, 1)
        if entry.degraded is not None:
            changes["degraded"] = True
        work = self.work()
        changes["type"] = ComponentType(changes.get("type", self.base.type))
        changes["lifecycle"] = Lifecycle(changes.get("lifecycle", self.base.lifecycle))
        return self.base._replace(
            **changes,
            name=entry.name,
            work=work,
            fix=self.fix(work),
            settings=self.settings(),
            origin=self.document.place("components", self.index),
        )

    def work(self) -> Command | PythonCall:
        work = self.base.work
        if isinstance(work, PythonCall):
            return work
        entry = self.entry
        if entry.command is None and "shell" in self.given:
            raise self.wrong("`shell` goes with a `command` beside it", "shell", key=True)
        if entry.command is not None:
            work = Command(tuple(entry.command), entry.shell)
        return work._replace(argv=self.with_args(work.argv, work.shell))

    def fix(self, work: Command | PythonCall) -> tuple[str, ...] | None:
        """The fixing command, with `args` where it is the same program's: it is to fix what the check finds."""
        fix = self.base.fix if self.entry.fix is None else tuple(self.entry.fix)
        if fix is None or not isinstance(work, Command) or work.argv[0] != fix[0]:
            return fix
        return self.with_args(fix, work.shell)

    def with_args(self, argv: tuple[str, ...], shell: bool) -> tuple[str, ...]:
        args = tuple(self.entry.args)
        if args:
            try:
                check_arguments([*argv, *args], shell=shell)
            except KindError as error:
                raise self.wrong(error.message, "args", remedy=error.remedy) from None
        return argv + args

    def settings(self) -> Mapping[str, Json]:
        known = self.base.settings
        for name, value in self.entry.settings.items():
            if not isinstance(self.base.work, PythonCall):
                remedy = "a command is given `args` or `env`"
                raise self.wrong(f"{self.base.name!r} is a command and takes no settings", "settings", remedy=remedy)
            if name not in known:
                close = nearest(name, known)
                remedy = f"it takes {', '.join(known)}" if known else "it takes none"
                raise self.wrong(
                    f"{self.base.name!r} has no setting {name!r}",
                    "settings",
                    name,
                    key=True,
                    remedy=f"did you mean {close!r}?" if close else remedy,
                )
            if not _fits(value, known[name]):
                message = f"expected {_kind(known[name])}, found {described(value)}"
                raise self.wrong(message, "settings", name, remedy=f"its default is {known[name]!r}")
        return {**known, **self.entry.settings}

    def wrong(self, message: str, *path: str, key: bool = False, remedy: str | None = None) -> ConfigurationError:
        shown = f"components[{self.index}].{'.'.join(path)}"
        return ConfigurationError(
            f"{shown}: {message}", place=self.document.place("components", self.index, *path, key=key), remedy=remedy
        )


def _files(base: FileSet, entry: FilesEntry) -> FileSet:
    return base._replace(**{key: tuple(getattr(entry, key)) for key in entry.model_fields_set})


def _parsing(findings: str | FindingsEntry) -> Parsing:
    if isinstance(findings, str):
        return Parsing(findings)
    options = {"pattern": findings.regex}
    return Parsing("regex", options if findings.severity is None else {**options, "severity": findings.severity.value})


def _as_json(value: Json) -> Json:
    """The value with lists for tuples, as it comes back out of JSON. Raises TypeError for what JSON does not have."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _as_json(item) for key, item in value.items()}
    raise TypeError(repr(value))


def _fits(value: Json, default: Json) -> bool:
    """Whether a setting may have the value: of the default's type, or anything where there is no default."""
    if default is None:
        return True
    if isinstance(default, float) and not isinstance(value, bool):
        return isinstance(value, int | float)
    return type(value) is type(default)


def _kind(default: Json) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(default), "a mapping")
