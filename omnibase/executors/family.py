"""Which processes belong to which command, also those that left its group, and their end."""

import os
import signal
from collections.abc import Callable
from time import monotonic, monotonic_ns, sleep

from omnibase.executors.prctl import adopt_orphans
from omnibase.executors.tree import (
    BATCH,
    OWNER,
    PAUSE,
    Entry,
    Sweep,
    below,
    children,
    entries,
    everyone,
    send,
    variables,
)

# At the end of the run, what is left has so long to end by itself, and we to see that it is gone (seconds).
FAREWELL = 0.2
PATIENCE = 1.0
# Commands that end between two looks at what came to us and has died.
BURY_EVERY = 16


class Family:
    """The commands of an executor with all that they start.

    With `alone` this process belongs to the run: orphans come to it, and at the end all go that were not there before.
    Else only those are known that are marked, or below a command: the others may be the host's.
    """

    def __init__(self, alone: bool) -> None:
        self.alone = alone and adopt_orphans()
        self.owner = f"{os.getpid()}.{monotonic_ns()}"
        self._mark = f"{OWNER}={self.owner}".encode("ascii")
        self._before = frozenset(children(os.getpid())) if self.alone else frozenset()
        self._started: set[int] = set()
        self._session = os.getsid(0)
        self._count = 0
        self.ended: list[frozenset[bytes]] = []  # the variables of each process that was left at the end

    def begun(self, pid: int) -> None:
        """We have started this process, and reap it ourselves."""
        self._started.add(pid)

    def reaped(self, pid: int) -> None:
        """It is no more. Orphans that have died meanwhile are reaped, too."""
        self._started.discard(pid)
        self._count += 1
        if self._count % BURY_EVERY == 0:
            self._bury()

    def of_command(self, leader: int, batch: int) -> list[Entry]:
        """A command with all that is below it, or has its marks. Its leader must not be reaped before."""
        marked = frozenset({self._mark, f"{BATCH}={batch}".encode("ascii")})

        def belongs(one: Entry) -> bool:
            return one.session == leader or marked <= variables(one.pid)

        return self._with_all_below([leader], belongs)

    def sweep(self, leader: int, batch: int) -> Sweep:
        """The end of a command with all that is its own."""
        return Sweep(lambda: self.of_command(leader, batch))

    def end(self) -> None:
        """End what is left of the run, within about a second."""

        def find() -> list[Entry]:
            self._bury()
            return self._with_all_below([], lambda one: self.alone or self._mark in variables(one.pid))

        left = [one for one in find() if one.is_alive and not one.is_ending]
        if not left:
            return
        self.ended = [variables(one.pid) for one in left]
        for number in (signal.SIGTERM, signal.SIGCONT):
            for one in left:
                send(one, number)
        until = monotonic() + FAREWELL
        while any(one.is_alive for one in find()) and monotonic() < until:
            sleep(PAUSE)
        Sweep(find).run(PATIENCE)
        self._bury()

    def _with_all_below(self, roots: list[int], belongs: Callable[[Entry], bool]) -> list[Entry]:
        candidates = self._orphans() if self.alone else everyone()
        mine = {os.getpid(), *self._started}
        found = [*roots, *(one.pid for one in candidates if one.pid not in mine and one.is_alive and belongs(one))]
        return entries(below(found)) if found else []

    def _orphans(self) -> list[Entry]:
        """Children of ours that we did not start. Nothing of a command can come back into our own session."""
        pids = [pid for pid in children(os.getpid()) if pid not in self._before and pid not in self._started]
        return [one for one in entries(pids) if one.session != self._session]

    def _bury(self) -> None:
        """Reap the orphans that have died. A leader of its own session may be somebody's child by right: it is left."""
        if not self.alone:
            return
        for one in self._orphans():
            if not one.is_alive and one.pid != one.session:
                try:
                    os.waitpid(one.pid, os.WNOHANG)
                except ChildProcessError:
                    pass  # where SIGCHLD is ignored, the system reaps
