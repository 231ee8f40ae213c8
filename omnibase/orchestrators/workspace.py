"""Where a run takes place: the repository, its registry with plugins, and the folders for state and cache."""

import errno
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omnibase import __version__
from omnibase.inputs import git
from omnibase.inputs.git import Repository
from omnibase.model.component import Component
from omnibase.model.errors import ConfigurationError, Location, NoRegistryError, ProtocolError, RegistryError
from omnibase.model.record import Record
from omnibase.model.registry import PluginInfo, Registry
from omnibase.parsers import PARSERS
from omnibase.registry import compiled

if TYPE_CHECKING:
    from omnibase.registry.reading import Document

Json = Any
NAME = "registry.yaml"
COLLECT_SECONDS = 30.0


class Workspace(Record):
    """`root` is what paths are relative to; `state` holds what outlives a run. All paths are absolute."""

    root: str
    start: str
    repository: Repository | None
    registry: Registry
    state: str
    env: Mapping[str, str]


def locate(start: str, registry: str | None) -> tuple[Repository | None, str]:
    """The repository and its registry's file, searched from `start` upward to the repository's root.

    Raises NoRegistryError where there is no registry.
    """
    repository = git.discover(start)
    if registry is not None:
        file = os.path.join(start, registry)
        if not os.path.exists(file):
            raise NoRegistryError("the registry does not exist", place=Location(registry), remedy="mend --registry")
        return repository, os.path.realpath(file)
    folder = os.path.realpath(start)
    top = repository.root if repository is not None else "/"
    while True:
        file = os.path.join(folder, NAME)
        if os.path.exists(file):
            return repository, file
        parent = os.path.dirname(folder)
        if folder in (top, parent):
            break
        folder = parent
    from omnibase.registry.schema import SMALLEST

    raise NoRegistryError(
        f"there is no {NAME} in {start} or above it" + (f", up to {top}" if repository else ""),
        remedy="`omnibase init` writes one that fits what is here; or write "
        f"{os.path.join(top if repository else start, NAME)} by hand, for example:\n{SMALLEST.rstrip()}",
    )


def open_workspace(start: str, registry: str | None, env: Mapping[str, str], *, run: bool) -> Workspace:
    """Find and read all that a run needs to know. With `run`, plugins inside the repository are looked at, too.

    Raises OmnibaseError.
    """
    repository, file = locate(start, registry)
    root = repository.root if repository is not None else os.path.dirname(file)
    state = os.path.join(repository.common_dir, "omnibase") if repository else os.path.join(root, ".omnibase")
    loaded = _load(file, root, env, run)
    return Workspace(root, os.path.realpath(start), repository, loaded, state, git.clean_environment(env))


def cache_folder(env: Mapping[str, str]) -> str | None:
    """The user's cache folder (XDG Base Directory Specification), or None where there is no home."""
    base = env.get("XDG_CACHE_HOME")
    if not base or not os.path.isabs(base):
        home = env.get("HOME") or os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "omnibase")


def _load(file: str, root: str, env: Mapping[str, str], run: bool) -> Registry:
    cache = cache_folder(env)
    if cache is not None:
        known = compiled.load(cache, file, __version__)
        if known is not None and (all(plugin.loaded for plugin in known.plugins) or not run):
            return known
    since = time.time_ns()
    document, registry, watched = _read(file, root, run)
    try:
        if cache is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home folder", ".cache/omnibase")
        compiled.save(cache, file, registry, __version__, watched, content=document.content, since=since)
    except OSError as error:
        problem = f"nothing can be kept in {cache or '~/.cache/omnibase'}: {error.strerror or error}"
        return registry._replace(notices=(*registry.notices, f"the registry is read anew by every run: {problem}"))
    return registry


def _read(file: str, root: str, run: bool) -> "tuple[Document, Registry, list[str]]":
    from omnibase.hooks import manager
    from omnibase.registry.reading import read
    from omnibase.registry.resolving import LoadedPlugin, resolve

    document = read(file, os.path.relpath(file, root), __version__)
    plugins: list[LoadedPlugin] = []
    watched: list[str] = []
    for index, name in enumerate(document.model.plugins):
        place = document.place("plugins", index)
        if name.startswith("./"):
            info, components, files = _inside(name, place, root, run)
        else:
            info, components, files = manager.find(name, place)
        plugins.append(LoadedPlugin(info, components))
        watched += files
    parsers = frozenset(PARSERS).union(*(plugin.info.parsers for plugin in plugins))
    return document, resolve(document, plugins, root, __version__, parsers), watched


def _inside(
    name: str, place: Location, root: str, run: bool
) -> tuple[PluginInfo, tuple[Component, ...], tuple[str, ...]]:
    """A plugin that is a file or package inside the repository. Its code runs in a worker, and only for a run."""
    from omnibase.hooks.manager import source_files
    from omnibase.hooks.working import COLLECT

    path = os.path.realpath(os.path.join(root, name))
    if os.path.commonpath([path, os.path.realpath(root)]) != os.path.realpath(root):
        raise ConfigurationError(f"the plugin {name!r} is outside the repository", place=place)
    folder, module = os.path.split(path.removesuffix(".py"))
    file = os.path.join(path, "__init__.py") if os.path.isdir(path) else f"{path.removesuffix('.py')}.py"
    if not os.path.isfile(file):
        raise RegistryError(
            f"the plugin {name!r} does not exist",
            place=place,
            remedy="name a Python file, or a folder with __init__.py",
        )
    info = PluginInfo(name=name, module=module, path=folder, loaded=run)
    if not run:
        return info, (), source_files(file)
    answer = _in_worker(COLLECT, {"name": name, "module": module, "path": folder}, folder)
    if "problem" in answer:
        kind = ProtocolError if answer.get("code") == 4 else RegistryError
        raise kind(f"the plugin {name!r}: {answer['problem']}", place=place, remedy=answer.get("remedy"))
    from omnibase.core.encoding import decode

    return info, tuple(decode(Component, one) for one in answer["components"]), source_files(file)


def _in_worker(target: str, argument: Json, folder: str) -> Json:
    """Call a function in a worker and wait for it."""
    from omnibase.executors.python.executor import PythonExecutor, WorkerEnd, wait
    from omnibase.model.events import Outcome

    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        text = end.capture.output()
        said = f": {text.text.strip().splitlines()[-1]}" if text and text.text.strip() else ""
        return (Outcome(0, value=end.answer or {"problem": f"it ended the worker that looked at it{said}"}),)

    executor = PythonExecutor(write="")
    try:
        running = executor.call(target, argument, [folder], None, interpret)
        outcomes = wait(running, COLLECT_SECONDS)
    finally:
        executor.close()
    if outcomes is None:
        return {"problem": f"it could not be imported within {COLLECT_SECONDS:g} s"}
    return outcomes[0].value
