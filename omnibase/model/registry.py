"""All components of a repository, and what its registry says beside them."""

from collections.abc import Mapping
from typing import Any, Literal

from omnibase.model.component import Component
from omnibase.model.errors import Location
from omnibase.model.record import Record

Json = Any


class Gate(Record):
    """A policy of a stage: what it is against is blocked, warned of, or only noted. It has one of three filters.

    `deny` is against what matches, `require` against what does not, of the components that match `only`. `limit` is
    against what matches beyond the first `most`, is `since` longer than `age` days, or is past its `sunset`.
    """

    stage: str
    deny: str | None = None
    require: str | None = None
    limit: str | None = None
    only: str | None = None
    most: int | None = None
    age: int | None = None
    sunset: bool = False
    enforce: Literal["block", "warn", "audit"] = "block"
    place: Location | None = None


class Hook(Record):
    """A command of the registry that is called at a moment, such as "before_task"; it is given the event as JSON.

    `stage` and `filter` are what it is about, None being everything. `timeout` is in seconds.
    """

    at: str
    argv: tuple[str, ...]
    stage: str | None = None
    filter: str | None = None
    timeout: float = 10.0
    veto: bool = False
    env: Mapping[str, str] = {}
    place: Location | None = None


class StageDefaults(Record):
    """What the registry overrides of a stage: its default filter and settings by name."""

    select: str | None = None
    settings: Mapping[str, Json] = {}


class PluginInfo(Record):
    """A plugin that the registry names, and what it brings, so that it is imported only where it is used.

    `path` is the folder of a plugin inside the repository; such a plugin's code is `loaded` only in a worker.
    `hooks` are the names of the hook specifications that it implements; the other tuples are the names
    it adds to each table.
    """

    name: str
    module: str
    version: str | None = None
    path: str | None = None
    loaded: bool = True
    hooks: tuple[str, ...] = ()
    parsers: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    executors: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Registry(Record):
    """`registry.yaml` plus what plugins bring. `file` is its path, absolute; None where there is none."""

    file: str | None = None
    components: tuple[Component, ...] = ()
    plugins: tuple[PluginInfo, ...] = ()
    stages: Mapping[str, StageDefaults] = {}
    suites: Mapping[str, str] = {}
    gates: tuple[Gate, ...] = ()
    hooks: tuple[Hook, ...] = ()
    resources: Mapping[str, int] = {}  # how much there is of each
    settings: Mapping[str, Json] = {}  # `defaults` that are settings of a run, such as the store
    notices: tuple[str, ...] = ()
