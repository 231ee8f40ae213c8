"""Processes below a process, found by their parents in /proc and never by name, and ended so that none is left.

Where there is no /proc (macOS), nothing is found.
"""

import os
import signal
from collections.abc import Callable, Iterable
from time import monotonic, sleep

from omnibase.model.record import Record

# The variables by which the processes of a batch are told from others: who chose the run's id may have chosen it
# before, the owner is an executor.
RUN = "OMNIBASE_RUN"
BATCH = "OMNIBASE_BATCH"
OWNER = "OMNIBASE_OWNER"

MOST_ENVIRONMENT = 4 * 1024 * 1024  # bytes of one that are looked at
# <linux/sched.h>
PF_EXITING = 0x4
PF_FORKNOEXEC = 0x40
PAUSE = 0.001  # between looks at what was killed and is not gone yet (seconds)


class Entry(Record):
    """A process as /proc has it. `started` is in clock ticks since the system's start, `memory` in bytes.

    A number and a start together are one process: a number alone may become another's.
    """

    pid: int
    state: bytes
    parent: int
    group: int
    session: int
    started: int
    memory: int
    threads: int
    is_ending: bool  # on its way out, and with no environment any more
    is_copy: bool  # of its parent: it has not become a program since it was forked

    @property
    def is_alive(self) -> bool:
        return self.state not in (b"Z", b"X")


def entry(pid: int) -> Entry | None:
    """The process with this number; None where there is none, or it may not be seen."""
    data = _read(f"/proc/{pid}/stat", 4096)
    name = data.rfind(b") ")  # a name may have blanks and brackets of its own
    fields = data[name + 2 :].split(None, 22)
    if name < 0 or len(fields) < 22:
        return None
    parent, group, session, _, _, flags = map(int, fields[1:7])
    threads, _, started, _, pages = map(int, fields[17:22])
    memory = pages * os.sysconf("SC_PAGESIZE")
    ending, copy = bool(flags & PF_EXITING), bool(flags & PF_FORKNOEXEC)
    return Entry(pid, fields[0], parent, group, session, started, memory, threads, ending, copy)


def entries(pids: Iterable[int]) -> list[Entry]:
    """Those of the processes that are there."""
    return [one for pid in pids if (one := entry(pid)) is not None]


def everyone() -> list[Entry]:
    """All processes that can be seen."""
    try:
        names = os.listdir("/proc")
    except OSError:  # a system without it
        return []
    return entries(int(name) for name in names if name.isdecimal())


def children(pid: int) -> list[int]:
    """The numbers of a process's children, zombies among them."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:  # it has ended, or there is no /proc
        return []
    found: list[int] = []
    for thread in threads:
        try:
            fd = os.open(f"/proc/{pid}/task/{thread}/children", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/stat") and not os.path.exists("/proc/thread-self/children"):
                return [one.pid for one in everyone() if one.parent == pid]  # a kernel without these files
            continue  # the thread has ended
        except OSError:
            continue
        with open(fd, "rb") as file:
            try:
                found += map(int, file.read().split())
            except OSError:
                continue  # likewise, just now
    return found


def below(roots: Iterable[int]) -> list[int]:
    """The numbers of the processes and of all their descendants, each once."""
    found = dict.fromkeys(roots)
    waiting = list(found)
    while waiting:
        for pid in children(waiting.pop()):
            if pid not in found:
                found[pid] = None
                waiting.append(pid)
    return list(found)


def variables(pid: int) -> frozenset[bytes]:
    """The environment that a process was started with, as NAME=value; empty where it may not be read, or has ended."""
    return frozenset(_read(f"/proc/{pid}/environ", MOST_ENVIRONMENT).split(b"\0"))


def marks(run_id: str, batch: int, owner: str) -> dict[str, str]:
    """The variables that the processes of a batch have."""
    return {RUN: run_id, BATCH: str(batch), OWNER: owner}


def send(one: Entry, number: int) -> None:
    """Signal a process that was seen before, and no other that has its number by now."""
    try:
        pidfd = os.pidfd_open(one.pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return
    except OSError:  # out of descriptors, or a kernel without it
        pidfd = None
    try:
        now = entry(one.pid)
        if now is None or now.started != one.started:
            return
        if pidfd is None:
            os.kill(one.pid, number)
        else:
            signal.pidfd_send_signal(pidfd, number)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended, or has become another user's, who has to end it
    finally:
        if pidfd is not None:
            os.close(pidfd)


class Sweep:
    """Ends all that `find` finds, and what that has begun meanwhile, until it finds nothing alive.

    Everything is stopped before anything is killed: what is stopped starts nothing more, and who is whose child can
    still be seen. Where only the dead are found it looks twice: the child of one that ended during the look has gone to
    another parent, and may have been overlooked.
    """

    def __init__(self, find: Callable[[], list[Entry]]) -> None:
        self._find = find
        self._before: list[Entry] = []
        self._stopped: dict[int, int] = {}  # when they had started, by their numbers

    def run(self, seconds: float) -> bool:
        """Go on for so long at most; whether nothing is left alive."""
        until = monotonic() + seconds
        while True:
            found = self._find()
            # What was killed has no environment any more, by which it could be found, before it is gone.
            known = entries(set(self._stopped) - {one.pid for one in found})
            found += [one for one in known if one.started == self._stopped[one.pid]]
            living = [one for one in found if one.is_alive]
            if not living and found in ([], self._before):
                return True
            self._before = found
            fresh = [one for one in living if self._stopped.get(one.pid) != one.started]
            for one in fresh:
                send(one, signal.SIGSTOP)
                self._stopped[one.pid] = one.started
            over = monotonic() >= until
            if over or (living and not fresh):
                for one in living:
                    send(one, signal.SIGKILL)
                if over:
                    return False
                sleep(PAUSE)


def _read(path: str, size: int) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # no such process, or not ours to look at
        return b""
    try:
        with open(fd, "rb", buffering=0) as file:
            data = b""
            while len(data) < size and (more := file.read(size - len(data))):
                data += more
            return data
    except OSError:  # it ended while it was read
        return b""
