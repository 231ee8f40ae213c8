"""Child processes: started in a group of their own, watched without blocking, ended with all their group."""

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen

from omnibase.executors.capture import Capture, Stream
from omnibase.executors.sentinel import Sentinel

CHUNK = 64 * 1024
# After its process has ended, this much is still read of a pipe that a grandchild may keep open and fill.
LEFTOVER_CHUNKS = 32
END = 0
NOTHING_NOW = -1


class Process:
    """A command under way. `status` is its exit code, negative for a signal, once it has ended.

    Its end is told by a pidfd where the system has one, not by the end of its output: a grandchild can hold a pipe
    open. Should this process be killed, the `sentinel` ends the command. Raises OSError where it cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], cwd: str, env: Mapping[str, str], capture: Capture, sentinel: Sentinel | None = None
    ) -> None:
        self._popen = Popen(
            [os.fsencode(argument) for argument in argv],
            cwd=cwd,
            env=dict(env),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            bufsize=0,
            process_group=0,
        )
        self.pid = self._popen.pid
        self._sentinel = sentinel
        if sentinel is not None:
            sentinel.begun(self.pid)
        self.status: int | None = None
        self.capture = capture
        self._pidfd = -1
        self.fds: set[int] = set()
        self._streams: dict[int, Stream] = {}
        for pipe, stream in ((self._popen.stdout, capture.stdout), (self._popen.stderr, capture.stderr)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._streams[pipe.fileno()] = stream
        try:
            self._pidfd = _pidfd(self.pid)
        except OSError:
            self._finish()
            raise
        self.fds.update(self._streams)
        if self._pidfd >= 0:
            self.fds.add(self._pidfd)

    def ready(self, fd: int) -> None:
        """Something can be read from `fd`, or, with the pidfd or -1, the process may have ended."""
        if fd in self._streams:
            if self._read(fd) == END:
                self.fds.discard(fd)
                del self._streams[fd]
        elif self.status is None and self._has_ended():
            self._finish()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; once it has ended, its number may be another's."""
        if self.status is not None:
            return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # all of it has ended; macOS says so of zombies by EPERM

    def _has_ended(self) -> bool:
        """Without reaping it: as long as it is a zombie, its number is no other group's."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._popen.poll() is not None
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _finish(self) -> None:
        self.signal(signal.SIGKILL)  # nothing of its group outlives it
        if self._sentinel is not None:
            self._sentinel.ended(self.pid)
        self.status = self._popen.wait()
        for fd in self._streams:
            for _ in range(LEFTOVER_CHUNKS):
                if self._read(fd) <= 0:
                    break
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
        self._streams.clear()
        self.fds.clear()
        self.capture.close()

    def _read(self, fd: int) -> int:
        """Read what is there: how many bytes, END, or NOTHING_NOW."""
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return NOTHING_NOW
        self._streams[fd].feed(data)
        return len(data)


def _pidfd(pid: int) -> int:
    """Raises OSError where there is none to be had for now: the process's end could not be heard of."""
    try:
        return os.pidfd_open(pid)
    except AttributeError:  # macOS: SIGCHLD serves
        return -1
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise
        return -1  # a kernel before 5.3, or a sandbox without it: likewise
