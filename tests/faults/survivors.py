"""What a run and its components have left: processes by mark, session and command line, control groups and locks."""

import contextlib
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from omnibase.executors import cgroups
from omnibase.storage import journal
from tests.faults.processes import VARIABLE


class Survivors(NamedTuple):
    """The command lines of processes that a run has left: those that have its mark, and others.

    The others are in a session of one of its processes, or have its word in their command line.
    """

    marked: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def survivors(marked: dict[str, str], word: str, sessions: Collection[int], seconds: float) -> Survivors:
    """Who is there after some seconds at the most; they are ended."""
    until = time.monotonic() + seconds
    while (found := _look(marked, word, sessions)) and time.monotonic() < until:
        time.sleep(0.02)
    left = Survivors(
        tuple(sorted(line for is_marked, line in found.values() if is_marked)),
        tuple(sorted(line for is_marked, line in found.values() if not is_marked)),
    )
    while found:  # more may have begun meanwhile
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        found = _look(marked, word, sessions)
    return left


def _look(marked: dict[str, str], word: str, sessions: Collection[int]) -> dict[int, tuple[bool, str]]:
    """Whether they have the mark, and their command lines, by their numbers.

    One that is about to end has no environment any more, but may still hold files and locks.
    """
    mark = f"{VARIABLE}={marked[VARIABLE]}".encode()
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        if int(name) == os.getpid():
            continue
        try:
            line = Path(f"/proc/{name}/cmdline").read_bytes()
            is_marked = mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
            state, _, _, its = Path(f"/proc/{name}/stat").read_bytes().rpartition(b") ")[2].split()[:4]
        except OSError:  # ended meanwhile, or another user's
            continue
        if state not in b"ZX" and (is_marked or word.encode() in line or int(its) in sessions):
            found[int(name)] = is_marked, line.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return found


def groups(state: Path) -> tuple[str, ...]:
    """The control groups that are there of the runs whose records are in a state folder."""
    runs = runs_of(state)
    return tuple(
        f"{base.folder}/{name}"
        for base in cgroups.bases().values()
        for name in os.listdir(base.folder)
        if any(run in name for run in runs)
    )


def locks(git: Path) -> tuple[str, ...]:
    """The locks of git's, and the runs that seem to be going on: somebody holds the lock of their records."""
    going_on = [run for run in runs_of(git / "omnibase") if journal.is_alive(str(git / "omnibase" / "runs" / run))]
    return (*(str(path.relative_to(git)) for path in git.rglob("*.lock")), *going_on)


def runs_of(state: Path) -> list[str]:
    """The runs whose records are in a state folder, oldest first."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(os.listdir(state / "runs"))
    return []
