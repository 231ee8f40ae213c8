"""What this machine allows: how many at once, how long a command line, what is small enough to be done here."""

import os
from collections.abc import Mapping, Sequence
from functools import cache

from omnibase.core.planning import Wanted
from omnibase.core.sharing import granted
from omnibase.model.component import PythonCall
from omnibase.orchestrators.quota import quota

# A pass runs in this process when it is shipped code over no more than this.
INLINE_FILES = 64
INLINE_BYTES = 256 * 1024
# Of the system's limit for arguments, what is left for auxiliary data of the loader (bytes); and the most that is used.
ARGUMENTS_SPARE = 8 * 1024
ARGUMENTS_MOST = 1024 * 1024
# Open files that a run needs for itself, and for each batch: pipes, a pidfd, what is kept of its output.
FILES_SPARE = 100
FILES_EACH = 6
MOST = 10_000


def available() -> int:
    """How many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processors(env: Mapping[str, str] | None = None) -> int:
    """How many processors there are for a run in the environment `env`, or in our own.

    No more than a control group leaves it, or an outer run does by OMNIBASE_SLOTS.
    """
    bounds = (_quota(), granted(os.environ if env is None else env))
    return min([available(), *(bound for bound in bounds if bound is not None)])


@cache
def _quota() -> int | None:
    return quota()


def most_at_once() -> int:
    """How many batches can run at once with the files that this process may have open."""
    try:
        files = os.sysconf("SC_OPEN_MAX")
    except (OSError, ValueError):
        files = 256
    return max((files - FILES_SPARE) // FILES_EACH, 1) if files > 0 else MOST


def argument_bytes(env: Mapping[str, str]) -> int:
    """Bytes that a command's arguments may take together, beside the environment (execve(2))."""
    try:
        limit = os.sysconf("SC_ARG_MAX")
    except (OSError, ValueError):
        limit = 256 * 1024
    used = sum(len(os.fsencode(name)) + len(os.fsencode(value)) + 10 for name, value in env.items())
    return max(min(limit - used - ARGUMENTS_SPARE, ARGUMENTS_MOST), 4096)


def is_small(wanted: Sequence[Wanted], root: str) -> bool:
    """Whether the passes are shipped code over few bytes."""
    paths: set[str] = set()
    for want in wanted:
        work = want.component.work
        if isinstance(work, PythonCall) and work.takes == "file" and want.left_out is None:
            if not work.shipped:
                return False
            paths.update(want.paths or ())
            if len(paths) > INLINE_FILES:
                return False
    size = 0
    for path in paths:
        try:
            size += os.lstat(os.path.join(root, path)).st_size
        except OSError:
            continue  # it vanished: there is nothing of it to read
    return size <= INLINE_BYTES
