"""Child processes: started in a session of their own, watched without blocking, ended with all that they started."""

import errno
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from subprocess import DEVNULL, PIPE, Popen
from time import monotonic
from typing import TYPE_CHECKING

from omnibase.executors.capture import Capture, Stream
from omnibase.executors.family import Family
from omnibase.executors.sentinel import Sentinel
from omnibase.executors.spawning import spawned
from omnibase.executors.tree import Entry, Sweep
from omnibase.model.result import Usage

if TYPE_CHECKING:
    from omnibase.executors.metering import Meter

CHUNK = 64 * 1024
# After its process has ended, this much is still read of a pipe that a grandchild may keep open and fill.
LEFTOVER_CHUNKS = 32
# A command's descendants are ended for so long in one go, as the loop waits, and for so long after its end (seconds).
SWEEP = 0.02
PATIENCE = 2.0
END = 0
NOTHING_NOW = -1


class Process:
    """A command under way. `status` is its exit code, negative for a signal, once it has ended.

    Its end is told by a pidfd where the system has one, not by the end of its output: a grandchild can hold a pipe
    open. It has no terminal: what wants one is refused, and not stopped. Should this process be killed, the `sentinel`
    ends the command. When it is `kill`ed, or was killed, all that it has started goes with it: the `family` knows it
    by the marks of the `batch`. A `step` is what the new process does before it becomes the command; it must not raise,
    and makes a start dearer. With a `meter`, `usage` is what it took, once it has ended. `stdin` is a descriptor
    that it reads, `inherited` are further ones that it has. Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        cwd: str,
        env: Mapping[str, str],
        capture: Capture,
        sentinel: Sentinel | None = None,
        family: Family | None = None,
        batch: int = 0,
        step: Callable[[], None] | None = None,
        meter: "Meter | None" = None,
        stdin: int = DEVNULL,
        inherited: Sequence[int] = (),
    ) -> None:
        how = _popen if step is None else partial(_stepping, step=step)
        start = partial(how, cwd=cwd, env=env, stdin=stdin, inherited=inherited)
        plain = step is None and meter is None and stdin == DEVNULL and not inherited
        child = spawned(argv, cwd, env) if plain else None
        self._popen = child or (start(argv) if meter is None else meter.start(start, argv))
        self.pid = self._popen.pid
        self._family = family
        self._batch = batch
        self._sweep: Sweep | None = None
        self._patience = 0.0  # until when we wait for what it started to be gone
        if family is not None:
            family.begun(self.pid)
        self._sentinel = sentinel
        if sentinel is not None:
            sentinel.begun(self.pid)
        self.status: int | None = None
        self.metered = False  # whether `seconds` of processor time are wanted at the end
        self.seconds = 0.0
        self._meter = meter
        self.usage: Usage | None = None
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
        elif self.status is None and self._has_ended() and self._is_swept():
            self._finish()

    def entries(self) -> Sequence[Entry]:
        """The process with all that it has started."""
        return self._family.of_command(self.pid, self._batch) if self._family is not None else ()

    def end(self) -> None:
        """Ask it to end, with all of its group."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # one that is stopped has to hear it
        self._begin_sweep()

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        if self.status is None:
            sweep = self._begin_sweep()
            if sweep is not None:
                sweep.run(SWEEP)
            self.signal(signal.SIGKILL)

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
            return self._reap(os.WNOHANG) is not None
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None and ended.si_code != os.CLD_EXITED:  # whoever killed it
            self._begin_sweep()
        return ended is not None

    def _begin_sweep(self) -> Sweep | None:
        """From now on, what it has started does not outlive it."""
        if self._sweep is None and self._family is not None:
            self._sweep = self._family.sweep(self.pid, self._batch)
        return self._sweep

    def _is_swept(self) -> bool:
        """Whether nothing is left of what has to go with it, or we have waited long enough: `close` looks again."""
        if self._sweep is None:
            return True
        self.signal(signal.SIGKILL)
        if self._sweep.run(SWEEP):
            return True
        self._patience = self._patience or monotonic() + PATIENCE
        return monotonic() > self._patience

    def _finish(self) -> None:
        self.signal(signal.SIGKILL)  # nothing of its group outlives it
        if self._sentinel is not None:
            self._sentinel.ended(self.pid)
        self.status = self._reap()
        if self._family is not None:
            self._family.reaped(self.pid)
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

    def _reap(self, options: int = 0) -> int | None:
        """Its exit code; None where it is not to be waited for, and has not ended."""
        if (self.metered or self._meter is not None) and self._popen.returncode is None:
            try:
                pid, status, rusage = os.wait4(self.pid, options)
            except ChildProcessError:
                pass  # where SIGCHLD is ignored, the system reaps
            else:
                if not pid:
                    return None
                self._popen.returncode = os.waitstatus_to_exitcode(status)
                self.seconds = rusage.ru_utime + rusage.ru_stime
                self.usage = self._meter.usage(rusage) if self._meter is not None else None
        return self._popen.poll() if options else self._popen.wait()

    def _read(self, fd: int) -> int:
        """Read what is there: how many bytes, END, or NOTHING_NOW."""
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return NOTHING_NOW
        self._streams[fd].feed(data)
        return len(data)


def _popen(
    argv: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    stdin: int,
    inherited: Sequence[int],
    first: Callable[[], None] | None = None,
) -> Popen[bytes]:
    return Popen(
        [os.fsencode(argument) for argument in argv],
        cwd=cwd,
        env=dict(env),
        stdin=stdin,
        stdout=PIPE,
        stderr=PIPE,
        bufsize=0,
        start_new_session=True,
        pass_fds=inherited,
        preexec_fn=first,  # noqa: PLW1509 - it takes no lock that a thread may hold
    )


def _stepping(
    argv: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    stdin: int,
    inherited: Sequence[int],
    step: Callable[[], None],
) -> Popen[bytes]:
    """Start a copy of this process that takes the step and becomes the command.

    Until then our handlers of signals are its own, and would write into our pipes: none is delivered to it so long.
    """
    signals = signal.valid_signals()
    handled = [number for number in signals if callable(signal.getsignal(number))]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def first() -> None:
        step()
        for number in handled:
            signal.signal(number, signal.SIG_DFL)  # as the command will have it
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        return _popen(argv, cwd, env, stdin, inherited, first)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pidfd(pid: int) -> int:
    """Raises OSError where there is none to be had for now: the process's end could not be heard of."""
    try:
        return os.pidfd_open(pid)
    except AttributeError:  # macOS: SIGCHLD serves
        return -1
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM, errno.EACCES):
            raise
        return -1  # a kernel before 5.3, or a sandbox without it: likewise
