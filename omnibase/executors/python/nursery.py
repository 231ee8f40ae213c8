"""The life of a zygote: it obeys its parent's orders, forks workers, reaps them, and at the end ends them all.

An order is nine bytes, with the file descriptors of a worker beside them. Each worker's end is written into a pipe of
that worker's; the zygote is the parent of them all, and can signal them without fear that a number has become another
process's. What workers start stays below them, and comes to the zygote when they end (Linux): when a worker is killed
it goes with it, else at the end.
"""

import os
import select
import signal
import socket
import struct
from collections.abc import Callable, Collection
from time import monotonic
from types import FrameType

from omnibase.executors.prctl import adopt_orphans, go_on_without_parent
from omnibase.executors.tree import Entry, Sweep, below, children, entries, send

ORDER = struct.Struct("<cIi")
SPAWN = b"S"
KILL = b"K"
STATUS = struct.Struct("<i")

# Workers that are left when the parent has gone have so long to end by themselves (seconds).
FAREWELL = 1.0
# What they have left behind has so long; then all of it is killed, and seen to be gone within so long (seconds).
FAREWELL_OF_ORPHANS = 0.2
PATIENCE = 1.0
# Before a worker is killed, what is below it is ended for so long at most (seconds).
SWEEP = 0.1
# To look at what has ended without reaping it; macOS has this from Python 3.13 on.
LOOK = os.WEXITED | os.WNOHANG | os.WNOWAIT if hasattr(os, "waitid") else 0
# In place of a worker's exit code: it could not be forked. What is above is the error's number.
REFUSED = 1 << 16

# What a worker is given: its job, and where its answer, its output and its errors go.
Work = Callable[[int, int, int, int], None]


class Nursery:
    """The zygote's end. `orders` come from the parent, and `work` is what a worker does.

    With `meter`, what a worker took is told beside how it ended.
    """

    def __init__(self, orders: socket.socket, work: Work, *, meter: bool = False) -> None:
        self._orders = orders
        self._work = work
        self._workers: dict[int, int] = {}  # number -> pid
        self._ends: dict[int, tuple[int, int]] = {}  # pid -> (number, where its end is written)
        self._condemned: set[int] = set()  # workers that were told to end
        self._orphans: set[int] = set()  # what other workers have left behind, and may stay
        self._meters = meter

    def run(self) -> None:
        # What ends the run's whole process group leaves it to end the workers; and no worker is stopped by a terminal.
        os.setsid()
        adopt_orphans()
        go_on_without_parent()
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
        for one in self._left_behind():
            send(one, signal.SIGTERM)
            send(one, signal.SIGCONT)
        began = monotonic()
        while (self._ends and monotonic() < began + FAREWELL) or (
            monotonic() < began + FAREWELL_OF_ORPHANS and any(one.is_alive for one in self._left_behind())
        ):
            if poll.poll(50 if self._ends else 5):
                os.read(wake, 512)
            self._reap()
        Sweep(lambda: entries(below(children(os.getpid())))).run(PATIENCE)
        for pid in list(self._ends):
            _signal_group(pid, signal.SIGKILL)  # where there is no /proc

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
            self._signal(self._workers[number], signum)
        return True

    def _signal(self, pid: int, number: int) -> None:
        if number != signal.SIGCONT:
            self._condemned.add(pid)
        if number == signal.SIGKILL:
            Sweep(lambda: entries(below([pid]))).run(SWEEP)
        _signal_group(pid, number)

    def _spawn(self, number: int, fds: list[int]) -> None:
        *given, end = fds
        try:
            pid = os.fork()
        except OSError as error:  # too many processes
            os.write(end, STATUS.pack(REFUSED + (error.errno or 0)))
            for fd in fds:
                os.close(fd)
            return
        if pid == 0:
            code = 1
            try:
                os.setpgid(0, 0)
                adopt_orphans()
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
        """Reap all that has ended: workers, and what came to us."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13 cannot look without reaping, and nothing comes to us
            for worker in list(self._ends):
                ended, status, counted = self._wait(worker, os.WNOHANG)
                if ended:
                    _signal_group(worker, signal.SIGKILL)
                    self._tell(worker, os.waitstatus_to_exitcode(status), counted)
            return
        while (pid := _ended(self._ends)) is not None:
            if pid in self._ends:
                _signal_group(pid, signal.SIGKILL)  # before it is reaped: until then its number is no other group's
                if pid in self._condemned or _was_killed(pid):
                    Sweep(lambda: entries(below(self._newcomers()))).run(PATIENCE)
            self._orphans.update(below(self._newcomers()))  # they may stay, and what is below them comes to us later
            self._orphans.discard(pid)
            _, status, counted = self._wait(pid, 0)
            if pid in self._ends:
                self._tell(pid, os.waitstatus_to_exitcode(status), counted)

    def _wait(self, pid: int, options: int) -> tuple[int, int, bytes]:
        """Reap a child: its number and status, and where it is wanted, what it took."""
        if not self._meters:
            return (*os.waitpid(pid, options), b"")
        from omnibase.executors.metering import Counted

        ended, status, rusage = os.wait4(pid, options)
        return ended, status, Counted.of(rusage).packed()

    def _tell(self, pid: int, status: int, counted: bytes) -> None:
        number, end = self._ends.pop(pid)
        del self._workers[number]
        self._condemned.discard(pid)
        try:
            os.write(end, STATUS.pack(status) + counted)
        except BrokenPipeError:
            pass  # nobody is left who wants to know
        os.close(end)

    def _newcomers(self) -> set[int]:
        """What came to us since a worker or an orphan ended the last time."""
        return set(children(os.getpid())) - set(self._ends) - self._orphans

    def _left_behind(self) -> list[Entry]:
        """What ended workers have started and is there still, with all below it."""
        return entries(below(set(children(os.getpid())) - set(self._ends)))


def _ended(workers: Collection[int]) -> int | None:
    """A child that has ended and is not reaped yet: a worker first, as what it left is told by when it came."""
    try:
        ended = os.waitid(os.P_ALL, 0, LOOK)
    except ChildProcessError:
        return None
    if ended is None or ended.si_pid in workers:
        return ended.si_pid if ended is not None else None
    return next((pid for pid in workers if os.waitid(os.P_PID, pid, LOOK) is not None), ended.si_pid)


def _was_killed(pid: int) -> bool:
    ended = os.waitid(os.P_PID, pid, LOOK)
    return ended is not None and ended.si_code != os.CLD_EXITED


def _wake(_number: int, _frame: FrameType | None) -> None:
    """The byte that the signal leaves in the pipe is all that is wanted of it."""


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # all of it has ended
