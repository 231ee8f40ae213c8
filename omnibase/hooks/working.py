"""What workers do for plugins: look at one inside the repository, and call run and task hooks.

The code of a plugin runs only here and in workers of its components, so that it can neither hang nor end a run.
"""

import importlib
import os
from collections.abc import Callable
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.hooks.declare import components_of
from omnibase.model.component import Component, PythonCall
from omnibase.model.errors import OmnibaseError, VetoError
from omnibase.model.ports import AfterRun, BeforeRun, TaskMoment
from omnibase.model.registry import PluginInfo

Json = Any
COLLECT = "omnibase.hooks.working:collect"
CALL = "omnibase.hooks.working:call"

# The hooks of a run, and what each is given.
ARGUMENTS: dict[str, tuple[str, type]] = {
    "omnibase_before_run": ("run", BeforeRun),
    "omnibase_after_run": ("run", AfterRun),
    "omnibase_before_stage": ("run", BeforeRun),
    "omnibase_after_stage": ("run", AfterRun),
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
    """Call one hook of a run of each of the plugins, in their order: {"problems": [...], "vetoes": [...]}.

    `argument` has `hook`, the specification; `plugins`, and the `argument` that they are given; `root`, the folder to
    be in. One that fails keeps no other from being called.
    """
    from omnibase.hooks.manager import manager_of

    os.chdir(argument["root"])
    hook = argument["hook"]
    name, kind = ARGUMENTS[hook]
    given: Any = decode(kind, argument["argument"])
    problems: list[str] = []
    vetoes: list[str] = []
    for info in argument["plugins"]:
        plugin = decode(PluginInfo, info)
        try:
            getattr(manager_of([plugin]).hook, hook)(**{name: given})
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a hook's fault is a notice
            if isinstance(error, VetoError) and hook.startswith("omnibase_before_"):
                vetoes.append(f"{hook} of {plugin.name}: {error}")
            else:
                problems.append(f"{hook} of {plugin.name} raised {type(error).__name__}: {error}")
    return {"problems": problems, "vetoes": vetoes}


def _placed(component: Component, argument: Json) -> Component:
    work = component.work
    assert isinstance(work, PythonCall)  # noqa: S101 - a declared function is nothing else
    return component._replace(
        plugin=argument["name"], work=work._replace(path=argument["path"], plugin=argument["name"])
    )
