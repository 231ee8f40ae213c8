"""What a process took of the machine, as the system counts it for whoever waits for it (getrusage(2))."""

import errno
import os
import resource
import struct
import sys
from collections.abc import Callable, Sequence
from subprocess import Popen
from time import monotonic, sleep

from omnibase.executors.tree import Entry, children, entries, entry
from omnibase.model.record import Record
from omnibase.model.result import Usage

# What the system counts as one input or output (bytes).
BLOCK = 512
# How what was counted is handed on; -1 is what is not known.
COUNTED = struct.Struct("<ddqqq")
# The system has so long to start a command, and is asked so often whether it has (seconds).
PATIENCE = 0.5
PAUSE = 0.0002
# No process has a number as high as this (<linux/threads.h>, PID_MAX_LIMIT).
MOST_PIDS = 1 << 22

Start = Callable[[Sequence[str]], "Popen[bytes]"]


class Counted(Record):
    """What a process and those that it waited for took: seconds of processors, bytes of memory and of disks."""

    user: float
    system: float
    memory: int
    read: int | None
    written: int | None

    @classmethod
    def of(cls, rusage: resource.struct_rusage) -> "Counted":
        """From what wait4(2) gives."""
        linux = sys.platform.startswith("linux")  # elsewhere inputs and outputs are of no known size
        memory = rusage.ru_maxrss if sys.platform == "darwin" else rusage.ru_maxrss * 1024
        read, written = (rusage.ru_inblock * BLOCK, rusage.ru_oublock * BLOCK) if linux else (None, None)
        return cls(rusage.ru_utime, rusage.ru_stime, memory, read, written)

    def packed(self) -> bytes:
        return COUNTED.pack(*(-1 if one is None else one for one in self))

    @classmethod
    def unpacked(cls, data: bytes) -> "Counted":
        user, system, *sizes = COUNTED.unpack(data)
        memory, read, written = (None if size < 0 else size for size in sizes)
        return cls(user, system, memory or 0, read, written)


def _own_peak() -> int:
    """The most memory that this process had since it became this program, which is what its copies begin with (bytes).

    getrusage(2) also counts what it was a copy of before.
    """
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass  # another system, which has no such file
    return Counted.of(resource.getrusage(resource.RUSAGE_SELF)).memory


class Meter:
    """Measures one command, from before its start. With `adopting`, orphans come to this process.

    What is started from here is a copy of this process at first, and the system counts that among its memory. So it is
    started by a small program that leaves at once, where there is one: then the command is ours to wait for, and was a
    copy of that. Where there is none, memory is known only if it is more than ours.
    """

    def __init__(self, *, adopting: bool) -> None:
        self._adopting = adopting
        self._began = monotonic()
        self._startup: float | None = None
        self._floor = _own_peak()

    def start(self, start: Start, argv: Sequence[str]) -> "Popen[bytes]":
        """The command, started. Raises OSError and ValueError as `start` does."""
        process = self._started_small(start, argv)
        if process is None:
            process = start(argv)
            self._startup = monotonic() - self._began
        return process

    def usage(self, rusage: resource.struct_rusage) -> Usage:
        """What the command took that has ended just now."""
        counted = Counted.of(rusage)
        memory = counted.memory if counted.memory > self._floor else None
        wall = monotonic() - self._began
        return Usage(wall, counted.user, counted.system, memory, counted.read, counted.written, self._startup)

    def _started_small(self, start: Start, argv: Sequence[str]) -> "Popen[bytes] | None":
        """The command, started by the small program; None where it has to be started otherwise."""
        starter = _starter() if self._adopting and _is_program(argv[0]) else None
        if starter is None:
            return None
        before = children(os.getpid())
        try:
            process = start([starter, *argv])
        except OSError:  # it tells of the starter, and not of the command
            return None
        _wait_for(process)
        command = left_by(process.pid, entries(pid for pid in children(os.getpid()) if pid not in before))
        if command is not None and self._begins(command):
            process.pid, process.returncode = command.pid, None  # from now on it stands for the command
            self._floor = 0
            return process
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        if command is None and process.returncode == 0:  # it was there: to start it once more is no remedy
            raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD))
        return None

    def _begins(self, command: Entry) -> bool:
        """Wait until the command is a program in a session of its own. False where it has ended before."""
        until = self._began + PATIENCE
        now: Entry | None = command
        while now is not None and now.is_alive and (now.is_copy or now.session != now.pid) and monotonic() < until:
            sleep(PAUSE)
            now = entry(command.pid)
        if now is not None and not now.is_alive and now.is_copy:
            os.waitpid(now.pid, 0)
            return False
        if now is not None and not now.is_copy:
            self._startup = monotonic() - self._began
        return True


def left_by(starter: int, newcomers: Sequence[Entry]) -> Entry | None:
    """What a starter with this number has left, of all that has come to us meanwhile.

    It is in the starter's session still, or in its own; so may be what the command has started in turn, and what an
    earlier one has left. Numbers are given out in a circle: the first one after the starter's is the command's.
    """
    mine = [one for one in newcomers if one.session in (starter, one.pid)]
    return min(mine, key=lambda one: (one.pid - starter) % MOST_PIDS, default=None)


def _starter() -> str | None:
    """setsid(1), of the system: started as the leader of a session it has to fork for another one, and leaves."""
    paths = [f"{folder}/setsid" for folder in os.defpath.split(os.pathsep)]
    return next((path for path in paths if os.access(path, os.X_OK)), None)


def _is_program(path: str) -> bool:
    """Whether the system itself runs it: of all else the starter would make a script of the shell."""
    begin = _begin(path)
    return begin.startswith(b"#!") or (begin != b"" and _kind(begin) == _kind(_begin("/proc/self/exe")))


def _kind(begin: bytes) -> tuple[bytes, bytes]:
    """For which machines a program is (System V ABI, "ELF Header")."""
    return begin[:6], begin[18:20]


def _begin(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(20)
    except OSError:  # it may be run, but not read
        return b""


def _wait_for(starter: "Popen[bytes]") -> None:
    until = monotonic() + PATIENCE
    while starter.poll() is None:
        if monotonic() > until:
            starter.kill()
        sleep(PAUSE)
