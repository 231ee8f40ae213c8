"""A process forked before databases, threads and pipes exist, which forks every worker.

The parent sends it orders of nine bytes over a socket, with the file descriptors of a worker beside them. It reaps its
workers and writes each one's end into a pipe of that worker's; being their parent, it can signal them without fear
that a number has become another process's. When the socket closes, for whatever reason, it ends them all.
"""

import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from time import monotonic
from types import FrameType

ORDER = struct.Struct("<cIi")
SPAWN = b"S"
KILL = b"K"
STATUS = struct.Struct("<i")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Workers that are left when the parent has gone have so long to end by themselves (seconds).
FAREWELL = 1.0

# What a worker is given: its job, and where its answer, its output and its errors go.
Work = Callable[[int, int, int, int], None]


class Zygote:
    """The parent's end. Made before anything that a fork should not copy."""

    def __init__(self, work: Work) -> None:
        ours, theirs = socket.socketpair()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # none may come before the zygote ignores them
        try:
            self.pid = os.fork()
        except OSError:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            raise
        if self.pid == 0:
            try:
                for number in ENDING:
                    signal.signal(number, signal.SIG_IGN)  # the parent decides what a signal means for its workers
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                ours.close()
                _Nursery(theirs, work).run()
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._socket = ours
        self._next = 0

    def spawn(self, job: int, answer: int, stdout: int, stderr: int, end: int) -> int:
        """Have a worker forked with these descriptors; its number, for `kill`. They may be closed afterwards."""
        self._next += 1
        socket.send_fds(self._socket, [ORDER.pack(SPAWN, self._next, 0)], [job, answer, stdout, stderr, end])
        return self._next

    def kill(self, worker: int, number: int) -> None:
        """Send a signal to all of a worker's group; one that has ended is left in peace."""
        try:
            self._socket.sendall(ORDER.pack(KILL, worker, number))
        except OSError:
            pass  # the zygote has ended, and who waits for the worker has been told

    def close(self) -> None:
        """End all workers and the zygote itself."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # it is told even if another process has a copy of our end
        except OSError:
            pass  # it has ended
        self._socket.close()
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass  # where SIGCHLD is ignored, the system reaps


class _Nursery:
    """The zygote's end."""

    def __init__(self, orders: socket.socket, work: Work) -> None:
        self._orders = orders
        self._work = work
        self._workers: dict[int, int] = {}  # number -> pid
        self._ends: dict[int, tuple[int, int]] = {}  # pid -> (number, where its end is written)

    def run(self) -> None:
        os.setpgid(0, 0)  # what ends the run's whole process group leaves it to end the workers
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._orders.fileno(), select.POLLIN)
        poll.register(wake, select.POLLIN)
        open_for_orders = True
        try:
            while open_for_orders:
                for fd, _ in poll.poll():
                    if fd == wake:
                        os.read(wake, 512)
                        self._reap()
                    else:
                        open_for_orders = self._obey()
        finally:
            self._end_all(wake, poll)

    def _end_all(self, wake: int, poll: select.poll) -> None:
        """Ask the workers to end, for the sake of one that is writing a file, and make those that do not."""
        poll.unregister(self._orders.fileno())
        for pid in list(self._ends):
            _signal_group(pid, signal.SIGTERM)
        last = monotonic() + FAREWELL
        while self._ends and monotonic() < last:
            if poll.poll(50):
                os.read(wake, 512)
            self._reap()
        for pid in list(self._ends):
            _signal_group(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        try:
            data, fds, _, _ = socket.recv_fds(self._orders, ORDER.size, 5)
        except ConnectionResetError:
            return False
        if len(data) < ORDER.size:
            return False
        kind, number, signum = ORDER.unpack(data)
        if kind == SPAWN:
            self._spawn(number, fds)
        elif number in self._workers:
            _signal_group(self._workers[number], signum)
        return True

    def _spawn(self, number: int, fds: list[int]) -> None:
        *given, end = fds
        try:
            pid = os.fork()
        except OSError:  # too many processes: the closed pipes say that there is no worker
            for fd in fds:
                os.close(fd)
            return
        if pid == 0:
            code = 1
            try:
                os.setpgid(0, 0)
                signal.set_wakeup_fd(-1)
                for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                    signal.signal(signum, signal.SIG_DFL)
                self._orders.close()
                for other in (end, *(where for _, where in self._ends.values())):
                    os.close(other)
                self._work(*given)
                code = 0
            finally:
                os._exit(code)
        try:
            os.setpgid(pid, pid)  # both sides do it: whoever is first, a signal finds the group
        except (PermissionError, ProcessLookupError):
            pass  # it was faster, and has gone on or ended
        for fd in given:
            os.close(fd)
        self._workers[number] = pid
        self._ends[pid] = (number, end)

    def _reap(self) -> None:
        for pid in list(self._ends):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            _signal_group(pid, signal.SIGKILL)
            number, end = self._ends.pop(pid)
            del self._workers[number]
            try:
                os.write(end, STATUS.pack(os.waitstatus_to_exitcode(status)))
            except BrokenPipeError:
                pass  # nobody is left who wants to know
            os.close(end)


def _wake(_number: int, _frame: FrameType | None) -> None:
    """The byte that the signal leaves in the pipe is all that is wanted of it."""


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # all of it has ended
