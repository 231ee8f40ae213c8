"""What one batch may use: set in the kernel where it can hold it, else watched, and told when it was too much."""

import os
import resource
import signal
from collections.abc import Callable, Sequence
from math import ceil
from mmap import mmap
from time import monotonic, sleep
from typing import Any

from omnibase.executors import cgroups
from omnibase.executors.tree import Entry, everyone
from omnibase.model.component import Limits

Json = Any
LOOK = 0.1  # seconds between two looks at what is watched
PATIENCE = 0.5  # seconds until a group is empty whose processes have ended
MB = 1024 * 1024
CPU_SPARE = 1  # seconds between the signal that a program may take as a warning, and its end

Find = Callable[[], Sequence[Entry]]


class Limiter:
    """Makes guards for the batches of an executor, and removes what they need.

    `watched` are the limits that nothing held, so that they were watched.
    """

    def __init__(self) -> None:
        self.watched: set[str] = set()
        self._bases = cgroups.bases()
        cgroups.tidy(self._bases)
        self._left: list[cgroups.Group] = []

    def guard(self, limits: Limits, run_id: str, batch: int) -> "Guard":
        """Limits for a batch that is about to start."""
        group = None
        if self._bases and (limits.memory or limits.processes):
            name = cgroups.name_of(run_id, batch)
            group = cgroups.make(self._bases, name, limits.memory, limits.processes)
        return Guard(limits, group, self._left, self.watched)

    def remarks(self) -> list[str]:
        """What the user should know of how limits were held."""
        if not self.watched:
            return []
        return [
            f"no control group could be had: the limits {' and '.join(sorted(self.watched))} were watched, not held"
        ]

    def close(self) -> None:
        """To be called when the processes of all batches have ended; the system may need a moment to see that."""
        until = monotonic() + PATIENCE
        while True:
            self._left[:] = [group for group in self._left if not group.remove()]
            if not self._left or monotonic() > until:
                return
            sleep(LOOK / 10)


class Guard:
    """Holds one batch to its limits. `wake` is how soon it wants to `look` again (seconds), None for never."""

    def __init__(
        self, limits: Limits, group: cgroups.Group | None, left: list[cgroups.Group], watched: set[str] | None = None
    ) -> None:
        self._limits = limits
        self._group = group
        self._left = left
        self._watched = watched if watched is not None else set()
        self._outside: mmap | None = None  # a byte that a command sets where it could not enter its group
        self.wake = LOOK if limits.memory or limits.processes else None
        self._note_watched()

    def step(self) -> Callable[[], None]:
        """What a command does in its own process before it becomes its program: nothing that it starts can escape.

        The step raises nothing; once the command is under way, `begun` is to be called.
        """
        order = self.order()
        outside = self._outside = mmap(-1, 1)  # memory that both processes see

        def limit() -> None:
            try:
                outside[0] = not limit_this_process(order)
            except Exception:  # noqa: BLE001 - the program starts all the same, and is watched
                outside[0] = True

        return limit

    def begun(self) -> None:
        """A command is under way, and has taken its `step`."""
        if self._outside is not None and self._outside[0]:
            self.watch()

    def order(self) -> Json:
        """The same for a worker, which limits itself: see `limit_this_process`."""
        doors = self._group.doors if self._group is not None else []
        return {"doors": doors, "rlimits": [list(one) for one in self._rlimits()]}

    def watch(self) -> None:
        """The group cannot be had: its processes are watched instead."""
        self.close()
        self._group = None
        self._note_watched()

    def heard(self, printed: int) -> str | None:
        """How a limit has been broken by printing so many bytes, or None."""
        most = self._limits.output
        return f"printed more than {_mb(most)} MB (limit `output_mb`)" if most is not None and printed > most else None

    def look(self, find: Find) -> str | None:
        """How a limit has been broken, or None. `find` finds the batch's processes."""
        limits = self._limits
        told = self.told()
        if told is not None or self.wake is None:
            return told
        memory = limits.memory if not self._holds(cgroups.MEMORY) else None
        processes = limits.processes if not self._holds(cgroups.PIDS) else None
        if memory is None and processes is None:
            return None
        found = [one for one in find() if one.is_alive]
        threads = sum(one.threads for one in found)
        if processes is not None and threads > processes:
            return f"had {threads} processes and threads, {processes} are allowed (limit `pids`, seen by watching)"
        # Resident memory counts again what processes share: it is looked at closely only where it is too much.
        if memory is not None and sum(one.memory for one in found) > memory:
            used = sum(_own_part(one) for one in found)
            if used > memory:
                return f"used {_mb(used)} MB of memory, {_mb(memory)} are allowed (limit `mem_mb`, seen by watching)"
        return None

    def verdict(self, exit_code: int, seconds: float) -> str | None:
        """How a limit was broken, as the end shows it; the exit code is negative for a signal.

        `seconds` are of processor time, or not fewer than these.
        """
        told = self.told()
        if told is not None:
            return told
        limits = self._limits
        number = -exit_code if exit_code < 0 else exit_code - 128  # a shell tells so of its child's end
        if limits.cpu is not None:
            killed = number == signal.SIGKILL and seconds >= ceil(limits.cpu)
            if number == signal.SIGXCPU or killed:
                return f"used more than {limits.cpu:g} s of processor time (limit `cpu_s`)"
        if limits.output is not None and number == signal.SIGXFSZ:
            return f"wrote a file of more than {_mb(limits.output)} MB (limit `output_mb`)"
        return None

    def close(self) -> None:
        """The batch is over; what it left behind may still be in its group."""
        if self._group is not None and not self._group.remove():
            self._left.append(self._group)

    def told(self) -> str | None:
        """How the group says that a limit was reached, or None."""
        if self._group is None:
            return None
        if self._limits.memory is not None and self._group.killed():
            return f"needed more than {_mb(self._limits.memory)} MB of memory (limit `mem_mb`, held by a cgroup)"
        if self._limits.processes is not None and self._group.refused():
            return f"wanted more than {self._limits.processes} processes (limit `pids`, held by a cgroup)"
        return None

    def _holds(self, controller: str) -> bool:
        return self._group is not None and self._group.holds(controller)

    def _note_watched(self) -> None:
        for key, limit, controller in (
            ("mem_mb", self._limits.memory, cgroups.MEMORY),
            ("pids", self._limits.processes, cgroups.PIDS),
        ):
            if limit is not None and not self._holds(controller):
                self._watched.add(key)

    def _rlimits(self) -> list[tuple[int, int, int]]:
        """What the kernel holds each process to: the kind, the soft and the hard limit."""
        limits = self._limits
        found = []
        if limits.cpu is not None:
            found.append((resource.RLIMIT_CPU, ceil(limits.cpu), ceil(limits.cpu) + CPU_SPARE))
        if limits.files is not None:
            found.append((resource.RLIMIT_NOFILE, limits.files, limits.files))
        if limits.output is not None:
            found.append((resource.RLIMIT_FSIZE, limits.output, limits.output))
        if limits.processes is not None and not self._holds(cgroups.PIDS) and os.getuid() != 0:
            # It counts everything that the user runs: a backstop against what forks faster than we look.
            others = sum(one.threads for one in everyone() if _is_own(one.pid))
            if others:  # else they cannot be counted
                found.append((resource.RLIMIT_NPROC, others + limits.processes, others + limits.processes))
        return found


def limit_this_process(order: Json) -> bool:
    """Do as `Guard.order` says; whether this process is in its group now."""
    entered = bool(order["doors"])
    try:
        cgroups.enter(order["doors"])  # first: it needs a file, and a copy of us has all of ours open
    except OSError:  # it is watched instead
        entered = False
    for kind, soft, hard in order["rlimits"]:
        resource.setrlimit(kind, _lowered(soft, hard, resource.getrlimit(kind)[1]))
    return entered


def _lowered(soft: int, hard: int, most: int) -> tuple[int, int]:
    """Limits that may be set: nobody may go above the hard one that he has."""
    if most == resource.RLIM_INFINITY:
        return soft, hard
    return min(soft, most), min(hard, most)


def _own_part(one: Entry) -> int:
    """A process's memory in bytes, what it shares with others divided among them where the kernel tells (PSS)."""
    try:
        with open(f"/proc/{one.pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass  # a kernel before 4.14, or it has ended
    return one.memory


def _is_own(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.getuid()
    except OSError:  # it has ended
        return False


def _mb(size: int) -> int:
    return ceil(size / MB)
