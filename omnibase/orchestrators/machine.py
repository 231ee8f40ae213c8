"""What this machine allows: how many at once, how long a command line, what is small enough to be done here."""

import os
from collections.abc import Mapping, Sequence

from omnibase.core.planning import Wanted
from omnibase.model.component import PythonCall

# A pass runs in this process when it is shipped code over no more than this.
INLINE_FILES = 64
INLINE_BYTES = 256 * 1024
# Of the system's limit for arguments, what is left for auxiliary data of the loader (bytes); and the most that is used.
ARGUMENTS_SPARE = 8 * 1024
ARGUMENTS_MOST = 1024 * 1024


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
