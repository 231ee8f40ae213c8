"""The folders of runs below the state folder: one for each, with its journal and the output it kept."""

import os
import stat
from collections.abc import Callable, Iterator

from omnibase.model.errors import ExecutionError
from omnibase.storage import journal

KEPT_RUNS = 100
FOLDED = "folded"


def make(state: str, run_id: str) -> str:
    """A new run's folder. Raises OSError where it cannot be made."""
    folder = os.path.join(state, "runs", run_id)
    os.makedirs(folder, mode=0o700)
    return folder


def find(state: str, run: str) -> str | None:
    """The folder of a run by its id or the beginning of it; "last" is the latest. None where there is no such run."""
    names = _names(state)
    if run == "last":
        return os.path.join(state, "runs", names[-1]) if names else None
    found = [run] if run in names else [name for name in names if name.startswith(run)]
    return os.path.join(state, "runs", found[0]) if len(found) == 1 else None


def unfolded(state: str) -> Iterator[str]:
    """The folders of runs that have ended, or were killed, and are not in the history yet. Raises OSError."""
    for name in _names(state):
        folder = os.path.join(state, "runs", name)
        # Without a journal it is being made, or was never begun.
        if _is_file(folder, journal.NAME) and not _is_file(folder, FOLDED) and not journal.is_alive(folder):
            yield folder


def mark_folded(folder: str) -> None:
    """Note that the run is in the history. Raises FileNotFoundError where another process has removed it since."""
    with open(os.path.join(folder, FOLDED), "wb"):
        pass


def prune(state: str, forget: Callable[[list[str]], None], keep: int = KEPT_RUNS) -> None:
    """Remove the folders of the oldest runs, and have them forgotten."""
    names = [name for name in _names(state)[:-keep] if os.path.exists(os.path.join(state, "runs", name, FOLDED))]
    if names:
        import shutil

        forget(names)
        for name in names:
            shutil.rmtree(os.path.join(state, "runs", name), ignore_errors=True)


def _is_file(folder: str, name: str) -> bool:
    """As `os.path.isfile`, but what cannot be looked at is not passed over. Raises OSError."""
    try:
        return stat.S_ISREG(os.stat(os.path.join(folder, name)).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _names(state: str) -> list[str]:
    """Run ids begin with their time, so that their order is that of the runs."""
    folder = os.path.join(state, "runs")
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ExecutionError(
            f"the records of runs cannot be read: {folder}: {error.strerror}",
            remedy="see who may read it, and on which disk it is",
        ) from error
