"""Fails one step of a run: the call number INJECT_STEP of INJECT_KIND, since the command has begun.

On PYTHONPATH of the command under test, which knows nothing of it. INJECT_WHERE is "run" for the run's own process, and
"below" for all that it forks. INJECT_ERROR is an errno by its name, or what SQLite says. With INJECT_LASTING, all later
calls fail as well. INJECT_COUNTER is a file of 16 bytes, in which the calls are counted, and those that failed;
INJECT_STORY is told where it happened. Where the step is 0, none fails, and all calls are told, with "all" as the kind
those of each.
"""

import builtins
import errno
import io
import mmap
import os
import stat
import sys
from collections.abc import Callable
from typing import Any

WRITES = [
    "chmod",
    "copy_file_range",
    "fchmod",
    "fdatasync",
    "fsync",
    "ftruncate",
    "link",
    "mkdir",
    "posix_fallocate",
    "pwrite",
    "remove",
    "removexattr",
    "rename",
    "replace",
    "rmdir",
    "sendfile",
    "setxattr",
    "symlink",
    "truncate",
    "unlink",
    "utime",
    "write",
    "writev",
]
READS = [
    "fstat",
    "getcwd",
    "getxattr",
    "listdir",
    "listxattr",
    "lstat",
    "pread",
    "read",
    "readlink",
    "readv",
    "scandir",
    "stat",
    "statvfs",
]
SPAWNS = ["dup", "dup2", "eventfd", "fork", "memfd_create", "pidfd_open", "pipe", "pipe2", "posix_spawn"]
CLOCKS = ["clock_gettime", "monotonic", "monotonic_ns", "time", "time_ns"]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MONTH = 30 * 86400
NAMED = {"disk I/O error": 10, "database is locked": 5, "database or disk is full": 13, "malformed": 11}


class Trap:
    """Counts the steps of a kind, and says which fails."""

    def __init__(self, kind: str, counter: str) -> None:
        self.kind = kind
        self.step = int(os.environ["INJECT_STEP"])
        self.error = os.environ.get("INJECT_ERROR", "")
        self.lasting = os.environ.get("INJECT_LASTING") == "1"
        self.below = os.environ.get("INJECT_WHERE") == "below"
        self.pid = 0  # the run's own process, once the command has begun
        self._getpid = os.getpid
        self._write = os.write
        file = os.open(counter, os.O_RDWR | os.O_CLOEXEC)
        self._shared = mmap.mmap(file, 16)
        os.close(file)
        story = os.open(os.environ["INJECT_STORY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._story = _high(story)

    def begin(self) -> None:
        self.pid = self._getpid()

    def is_due(self, kind: str, door: str, what: object = "") -> bool:
        """Whether this step is to fail."""
        if self.kind not in (kind, "all") or not self.pid or (self._getpid() != self.pid) != self.below:
            return False
        at = int.from_bytes(self._shared[:8], "little") + 1
        self._shared[:8] = at.to_bytes(8, "little")
        if not self.step:
            self._tell(f"{kind} {door}", what)
            return False
        if not (at >= self.step if self.lasting or kind in ("ahead", "back") else at == self.step):
            return False
        failed = int.from_bytes(self._shared[8:], "little") + 1
        self._shared[8:] = failed.to_bytes(8, "little")
        if failed == 1:
            self._tell(door, what)
        return True

    def look(self, kind: str, door: str, what: object = "") -> None:
        """Raises OSError where this step is to fail."""
        if self.is_due(kind, door, what):
            number = getattr(errno, self.error)
            named = what if isinstance(what, str | bytes) else None
            raise OSError(number, os.strerror(number), *([named] if named is not None else []))

    def _tell(self, door: str, what: object) -> None:
        """The call and its callers, without reading any file."""
        frame = sys._getframe(1)
        places = []
        while frame is not None:
            file = frame.f_code.co_filename
            if file != __file__:
                places.append(f"{'/'.join(file.split('/')[-3:])}:{frame.f_lineno}:{frame.f_code.co_name}")
            frame = frame.f_back
        self._write(self._story, f"{door} {str(what)[:200]!r} < {' < '.join(places)}\n".encode("utf-8", "replace"))


def _high(fd: int) -> int:
    """The descriptor under a number that is in nobody's way."""
    import fcntl

    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200)
    os.close(fd)
    return high


def _door(trap: Trap, kind: str, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def door(*arguments: Any, **named: Any) -> Any:
        what = arguments[0] if arguments else ""
        if not (trap.lasting and kind == "write" and isinstance(what, int)) or _is_on_disk(what):
            trap.look(kind, name, what)
        return real(*arguments, **named)

    door.__name__ = name
    return door


def _is_on_disk(fd: int, fstat: Callable[[int], os.stat_result] = os.fstat) -> bool:
    """What is full is a disk: neither a pipe, nor memory, and we print elsewhere."""
    status = fstat(fd)
    return fd > 2 and stat.S_ISREG(status.st_mode) and status.st_nlink > 0


def _set_files(trap: Trap) -> None:
    """The calls of `os`, and of open files."""
    real_open = os.open
    for kind, names in (("write", WRITES), ("read", READS), ("spawn", SPAWNS)):
        for name in names:
            real = getattr(os, name, None)
            if real is not None:
                _replace(os, name, _door(trap, kind, name, real))

    def os_open(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        trap.look("write" if flags & WRITING and path != os.devnull else "read", "open", path)
        return real_open(path, flags, *arguments, **named)

    _replace(os, "open", os_open)

    class File(io.FileIO):
        """A file whose reads and writes are steps."""

        def write(self, data: Any) -> int:
            if not trap.lasting or _is_on_disk(self.fileno()):
                trap.look("write", "file.write", self.name)
            return super().write(data)

        def readinto(self, data: Any) -> int:
            trap.look("read", "file.read", self.name)
            return super().readinto(data)

        def readall(self) -> bytes:
            trap.look("read", "file.readall", self.name)
            return super().readall()

    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        writing = bool(set(mode) & set("wax+"))
        if not isinstance(file, int):
            trap.look("write" if writing else "read", "open", file)
        raw = File(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
        kind: Any = io.BufferedRandom if "+" in mode else io.BufferedWriter if writing else io.BufferedReader
        buffer = kind(raw, size)
        if "b" in mode:
            return buffer
        text = io.TextIOWrapper(buffer, io.text_encoding(encoding), errors, newline, line_buffering=buffering == 1)
        text.mode = mode
        return text

    builtins.open = io.open = opened
    for name, fd in (("stdout", 1), ("stderr", 2)):
        before = getattr(sys, name)
        raw = File(fd, "w", False)
        after = io.TextIOWrapper(
            io.BufferedWriter(raw), before.encoding, before.errors, line_buffering=before.line_buffering
        )
        setattr(sys, name, after)
        setattr(sys, f"__{name}__", after)


def _replace(module: Any, name: str, door: Callable[..., Any]) -> None:
    """In its place, also where Python asks what a function is able to."""
    real = getattr(module, name)
    setattr(module, name, door)
    for able in ("supports_dir_fd", "supports_fd", "supports_follow_symlinks", "supports_effective_ids"):
        if module is os and real in getattr(os, able):
            getattr(os, able).add(door)


class _Maker:
    """A call that stays one when it becomes an attribute of a class."""

    def __init__(self, trap: Trap, name: str, real: Callable[..., Any]) -> None:
        self._door = _door(trap, "spawn", name, real)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._door(*arguments, **named)


def _set_spawns(trap: Trap) -> None:
    import _posixsubprocess
    import select

    door = _door(trap, "spawn", "fork_exec", _posixsubprocess.fork_exec)
    _posixsubprocess.fork_exec = door
    if "subprocess" in sys.modules:
        sys.modules["subprocess"]._fork_exec = door
    if hasattr(select, "epoll"):
        select.epoll = _Maker(trap, "epoll", select.epoll)
    import socket

    socket.socketpair = _door(trap, "spawn", "socketpair", socket.socketpair)
    socket.socket.sendmsg = _bound(trap, "spawn", "sendmsg", socket.socket.sendmsg)
    socket.socket.recvmsg = _bound(trap, "read", "recvmsg", socket.socket.recvmsg)


def _bound(trap: Trap, kind: str, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        trap.look(kind, name)
        return real(self, *arguments, **named)

    return method


def _set_clocks(trap: Trap) -> None:
    import time

    for name in CLOCKS:
        real = getattr(time, name)
        if trap.kind == "back" and (name.startswith("monotonic") or name == "clock_gettime"):
            continue
        sign = -1 if trap.kind == "back" else 1
        unit = 10**9 if name.endswith("_ns") else 1

        def clock(*which: int, real: Any = real, name: str = name, by: int = sign * MONTH * unit) -> Any:
            jumped = trap.is_due("back" if trap.kind == "back" else "ahead", name)
            return real(*which) + (by if jumped else 0)

        setattr(time, name, clock)


def _set_databases(trap: Trap) -> None:
    import sqlite3

    real = sqlite3.connect

    def look(statement: str) -> None:
        if trap.is_due("sqlite", "execute", statement):
            kind = sqlite3.DatabaseError if trap.error == "malformed" else sqlite3.OperationalError
            error = kind("database disk image is malformed" if trap.error == "malformed" else trap.error)
            error.sqlite_errorcode = NAMED[trap.error]
            raise error

    class Connection(sqlite3.Connection):
        """A connection whose statements are steps."""

        def execute(self, sql: str, *arguments: Any) -> Any:
            look(sql)
            return super().execute(sql, *arguments)

        def executemany(self, sql: str, *arguments: Any) -> Any:
            look(sql)
            return super().executemany(sql, *arguments)

        def executescript(self, sql: str) -> Any:
            look(sql)
            return super().executescript(sql)

    def connect(*arguments: Any, **named: Any) -> Any:
        look("connect")
        return real(*arguments, factory=Connection, **named)

    sqlite3.connect = connect


class _Beginning:
    """Sees the first import of the command, and then no more."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "omnibase.cli.main":
            sys.meta_path.remove(self)
            self._trap.begin()


def _set() -> None:
    trap = Trap(os.environ["INJECT_KIND"], os.environ["INJECT_COUNTER"])
    if trap.kind in ("ahead", "back", "all"):
        _set_clocks(trap)
    if trap.kind in ("sqlite", "all"):
        _set_databases(trap)
    if trap.kind in ("write", "read", "spawn", "all"):
        _set_files(trap)
        _set_spawns(trap)
    sys.meta_path.insert(0, _Beginning(trap))


if any(os.path.basename(argument) == "omnibase" for argument in sys.orig_argv) and "INJECT_STEP" in os.environ:
    _set()
