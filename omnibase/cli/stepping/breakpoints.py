"""Where a run stops, from the options; and what a run that stops cannot be."""

from collections.abc import Mapping
from typing import Any

from omnibase.core.nearest import nearest
from omnibase.model.context import Mode, Setting
from omnibase.model.errors import ConfigurationError, RegistryError
from omnibase.model.plan import Breakpoints
from omnibase.model.registry import Registry

ON_FAILURE = "on-failure"


def breakpoints(options: Mapping[str, Any], registry: Registry) -> Breakpoints | None:
    """The breakpoints that `--step` and `--break` set. Raises RegistryError for a name that the registry lacks."""
    names = tuple(dict.fromkeys(options.get("breaks") or ()))
    if not options.get("step") and not names:
        return None
    known = [component.name for component in registry.components]
    for name in names:
        if name != ON_FAILURE and name not in known:
            close = nearest(name, [*known, ON_FAILURE])
            raise RegistryError(
                f"--break {name}: no component is called {name!r}",
                remedy=f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components",
            )
    named = tuple(name for name in names if name != ON_FAILURE)
    return Breakpoints(every=bool(options.get("step")), names=named, on_failure=ON_FAILURE in names)


def one_at_a_time(settings: Mapping[str, Setting], options: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings of a run that stops: one batch at a time, whatever the environment or the registry says.

    Raises ConfigurationError where the command line asks for something else, and for a dry run.
    """
    option = "--step" if options.get("step") else "--break"
    mode = settings["mode"]
    if mode.value == Mode.DRY_RUN:
        asked = "--dry-run" if mode.origin == "command line" else f"mode = dry-run ({mode.origin})"
        raise ConfigurationError(
            f"{option} and {asked} exclude each other: a dry run starts nothing that could be stopped",
            remedy="a dry run shows every command by itself; to step through a real one, leave it out",
        )
    jobs = options.get("jobs")
    if jobs is not None and str(jobs) != "1":
        raise ConfigurationError(
            f"{option} and --jobs {jobs} exclude each other: who steps through sees one at a time",
            remedy=f"leave out one of them, or say --jobs 1 with {option}",
        )
    if options.get("mode") == Mode.ASYNC:
        raise ConfigurationError(
            f"{option} and --mode async exclude each other: who steps through sees one at a time",
            remedy=f"leave out --mode, or {option}",
        )
    if mode.value != Mode.ASYNC:
        return dict(settings)
    return {**settings, "mode": Setting(Mode.SYNC.value, option)}
