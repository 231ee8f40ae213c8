"""The history of a workspace's runs: recorded while they happen, folded when they have ended, asked for durations."""

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from omnibase.core.nearest import nearest
from omnibase.core.secrets import Secrets, concealed
from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.events import Event
from omnibase.model.ports import BusyError, RunStore, StoredRun
from omnibase.orchestrators.workspace import Workspace
from omnibase.storage import folders, journal, usual

# So many components are kept at hand with what they usually take, of all registries of a repository.
MOST_USUAL = 20_000
# How far back `runs list` goes at the most.
LISTED = 1000
# A run folds the history when it took this long, or when so many runs wait for it.
FOLD_AFTER_SECONDS = 1.0
FOLD_AFTER_RUNS = 20
# A run waits so long for others who hold the history: to know durations, or to be in it, is not worth more (seconds).
IN_A_RUN = 1.0


def record(workspace: Workspace, run_id: str) -> tuple[journal.Journal | None, str | None, tuple[str, ...]]:
    """A journal for a new run and the run's folder; a notice instead where nothing can be written."""
    try:
        folder = folders.make(workspace.state, run_id)
        return journal.Journal(folder), folder, ()
    except OSError as error:
        return None, None, (f"this run is not recorded: {workspace.state}: {error.strerror or error}",)


class Recorder:
    """An observer that writes a run's journal, without the run's secrets."""

    def __init__(self, written: journal.Journal, secrets: Secrets) -> None:
        self._written = written
        self._secrets = secrets

    def observe(self, event: Event) -> None:
        """Raises ExecutionError where the event has no place."""
        self._written.observe(concealed(self._secrets, event))


def fold(workspace: Workspace, wait: float | None = None) -> list[str]:
    """Fold all runs that have ended into the history, this one and any that was killed. Returns notices.

    With `wait`, it waits no longer for others who hold the history (seconds), and leaves it to a later run.
    """
    try:
        waiting = list(folders.unfolded(workspace.state))
        if not waiting:
            return []
        store = open_store(workspace, wait)
    except Exception as error:  # noqa: BLE001 - the history is a by-product; its fault must not change a verdict
        return [f"the run history is not kept: {error}"]
    notices = []
    try:
        for folder in waiting:
            try:
                if os.path.getsize(os.path.join(folder, journal.NAME)):  # else it was killed before it began
                    store.fold(journal.read(folder))
            except FileNotFoundError:
                if os.path.exists(folder):
                    raise
                continue  # another process has folded it, too, and removed the oldest runs
            except (ValueError, OverflowError, RecursionError) as error:
                notices.append(f"the record of {os.path.basename(folder)} cannot be read: {error}")
            _mark(folder)
        folders.prune(workspace.state, store.forget)
        _keep_usual(workspace, store)
        notices = _notices(store) + notices
    except BusyError as error:
        if wait is None:
            notices = [*notices, f"the run history is not kept: {error}"]
    except Exception as error:  # noqa: BLE001 - likewise
        notices = [*_notices(store), *notices, f"the run history is not kept: {error}"]
    finally:
        _close(store, notices)
    return notices


def _keep_usual(workspace: Workspace, store: RunStore) -> None:
    """Keep what the registry's components usually take at hand. Those of other registries of the repository stay."""
    names = [component.name for component in workspace.registry.components]
    found = store.durations(names)
    others = usual.read(workspace.state) or {}
    kept = {**others, **{name: found.get(name) for name in names}}
    usual.write(workspace.state, kept if len(kept) <= MOST_USUAL else {name: found.get(name) for name in names})


def _told(known: Mapping[str, float | None], names: Sequence[str]) -> dict[str, float]:
    return {name: seconds for name in names if (seconds := known.get(name)) is not None}


def is_due(workspace: Workspace, seconds: float) -> bool:
    """Whether to fold now, after a run of so many seconds.

    A short run leaves it to a later one, because opening the database takes longer than many a run; who asks for the
    history has it folded first.
    """
    try:
        return seconds >= FOLD_AFTER_SECONDS or sum(1 for _ in folders.unfolded(workspace.state)) >= FOLD_AFTER_RUNS
    except (OSError, ExecutionError):
        return True  # to fold is to be told what is wrong


def durations(workspace: Workspace, names: Sequence[str]) -> tuple[Mapping[str, float], list[str]]:
    """Median seconds by component, nothing where there is no history to be read; and notices."""
    if not os.path.isdir(workspace.state):
        return {}, []
    known = usual.read(workspace.state) or {}
    if all(name in known for name in names):
        return _told(known, names), []
    try:
        store = open_store(workspace, IN_A_RUN)
        notices: list[str] = []
        try:
            found = store.durations(names)
            notices += _notices(store)
        finally:
            _close(store, notices)
        return found, notices
    except ConfigurationError:
        raise
    except Exception:  # noqa: BLE001 - an order without known durations is as right; folding tells what is wrong
        return {}, []


def peeked(workspace: Workspace, names: Sequence[str]) -> Mapping[str, float]:
    """As `durations`, for who is to leave no trace and to wait for nobody: nothing where no file has them."""
    return _told(usual.read(workspace.state) or {}, names)


def runs(workspace: Workspace, limit: int = LISTED) -> tuple[Sequence[StoredRun], list[str]]:
    """The latest runs, newest first, none where the history cannot be read; and notices.

    Raises ConfigurationError for a store that nobody brings.
    """
    notices = fold(workspace)
    try:
        if not stat.S_ISDIR(os.stat(workspace.state).st_mode):
            return [], notices
    except (FileNotFoundError, NotADirectoryError):
        return [], notices  # nothing was ever recorded
    except OSError:
        pass  # the store says what is wrong
    try:
        store = open_store(workspace)
        try:
            found = store.runs(limit)
            notices += _notices(store)
        finally:
            _close(store, notices)
        return found, notices
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a store raises, it is told and no defect of the command
        return [], [*notices, f"the run history cannot be read: {error}"]


def open_store(workspace: Workspace, wait: float | None = None) -> RunStore:
    """The store that the registry names, or SQLite, which waits for others so long (seconds), or its usual time.

    Raises ConfigurationError for an unknown one, or what it raises.
    """
    name = workspace.registry.settings.get("store", "sqlite")
    if name == "sqlite":
        from omnibase.storage.runs import SqliteRuns

        return SqliteRuns(workspace.state, wait)
    from omnibase.hooks.manager import table

    plugins = [plugin for plugin in workspace.registry.plugins if name in plugin.stores]
    rows: Mapping[str, Any] = table(plugins, "omnibase_stores")
    if name not in rows:
        known = ["sqlite", *(store for plugin in workspace.registry.plugins for store in plugin.stores)]
        close = nearest(str(name), known)
        raise ConfigurationError(
            f"no store is called {name!r}", remedy=f"did you mean {close!r}?" if close else f"use {', '.join(known)}"
        )
    store: RunStore = rows[name](workspace.state)
    return store


def _mark(folder: str) -> None:
    try:
        folders.mark_folded(folder)
    except FileNotFoundError:
        pass  # another process has removed it since


def _close(store: RunStore, notices: list[str]) -> None:
    """Close the store. What was asked of it is there, and what was to be kept is kept: an error is a notice more."""
    try:
        store.close()
    except Exception as error:  # noqa: BLE001 - whatever a plugin's store raises
        notices.append(f"the run history could not be closed: {error}")


def _notices(store: RunStore) -> list[str]:
    return [store.notice] if store.notice else []
