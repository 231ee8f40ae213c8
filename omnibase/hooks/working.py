"""What workers do for plugins: look at one inside the repository, and call run and task hooks.

The code of a plugin runs only here and in workers of its components, so that it can neither hang nor end a run.
"""

import importlib
from collections.abc import Callable
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.hooks.declare import components_of
from omnibase.model.component import Component, PythonCall
from omnibase.model.errors import OmnibaseError
from omnibase.model.ports import AfterRun, BeforeRun, TaskMoment
from omnibase.model.registry import PluginInfo

Json = Any
COLLECT = "omnibase.hooks.working:collect"
CALL = "omnibase.hooks.working:call"

ARGUMENTS: dict[str, tuple[str, type]] = {
    "omnibase_before_run": ("run", BeforeRun),
    "omnibase_after_run": ("run", AfterRun),
    "omnibase_before_task": ("task", TaskMoment),
    "omnibase_after_task": ("task", TaskMoment),
}


def collect(argument: Json, _note: Callable[[int, int], None]) -> Json:
    """The components declared in a plugin inside the repository: {"components": [...]} or {"problem": ..., "code": n}.

    `argument` has `name`, the plugin as the registry names it; `module`, what to import; `path`, the folder that it
    is imported from.
    """
    try:
        module = importlib.import_module(argument["module"])
        return {"components": [encode(_placed(one, argument)) for one in components_of(module)]}
    except OmnibaseError as error:
        return {"problem": error.message, "code": int(error.exit_code), "remedy": error.remedy}
    except Exception as error:  # noqa: BLE001 - whatever importing a plugin raises is its fault
        return {"problem": f"it cannot be imported: {type(error).__name__}: {error}", "code": 3}


def call(argument: Json, _note: Callable[[int, int], None]) -> Json:
    """Call one run or task hook of the plugins; the problem it had, or None."""
    from omnibase.hooks.manager import manager_of

    name, kind = ARGUMENTS[argument["hook"]]
    plugins = [decode(PluginInfo, info) for info in argument["plugins"]]
    try:
        getattr(manager_of(plugins).hook, argument["hook"])(**{name: decode(kind, argument["argument"])})
    except Exception as error:  # noqa: BLE001 - a hook's fault is a notice
        return f"{argument['hook']} raised {type(error).__name__}: {error}"
    return None


def _placed(component: Component, argument: Json) -> Component:
    work = component.work
    assert isinstance(work, PythonCall)  # noqa: S101 - a declared function is nothing else
    return component._replace(
        plugin=argument["name"], work=work._replace(path=argument["path"], plugin=argument["name"])
    )
