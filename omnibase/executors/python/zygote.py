"""A process forked before databases, threads and pipes exist, which forks every worker: its parent's end.

The parent sends it orders over a socket (`nursery`). When that closes, for whatever reason, it ends all workers. Where
it was killed itself, its parent ends them, and may make another one, which closes all that it should not have copied.
"""

import os
import select
import signal
import socket

from omnibase.executors.python.nursery import KILL, ORDER, SPAWN, Nursery, Work

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOST_DESCRIPTORS = 1 << 20  # where the system names no limit


class Zygote:
    """The parent's end. Made before anything that a fork should not copy, or `late`: then it keeps nothing open.

    With `meter`, the end of a worker tells what it took, too. Raises OSError where there is no process or descriptor.
    """

    def __init__(self, work: Work, *, late: bool = False, meter: bool = False) -> None:
        ours, theirs = socket.socketpair()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # none may come before the zygote ignores them
        try:
            self.pid = os.fork()
        except OSError:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            ours.close()
            theirs.close()
            raise
        if self.pid == 0:
            try:
                for number in ENDING:
                    signal.signal(number, signal.SIG_IGN)  # the parent decides what a signal means for its workers
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                ours.close()
                if late:
                    _forget_all_but(theirs.fileno())
                Nursery(theirs, work, meter=meter).run()
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._socket = ours
        self._next = 0
        self.was_killed = False  # known when it is closed

    @property
    def has_ended(self) -> bool:
        """Whether it is no more: closed, or ended by somebody else."""
        if self._socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._socket, 0)  # that the other end is gone is told unasked
        return bool(poll.poll(0))

    def spawn(self, job: int, answer: int, stdout: int, stderr: int, end: int) -> int:
        """Have a worker forked with these descriptors; its number, for `kill`. They may be closed afterwards."""
        self._next += 1
        socket.send_fds(self._socket, [ORDER.pack(SPAWN, self._next, 0)], [job, answer, stdout, stderr, end])
        return self._next

    def kill(self, worker: int, number: int) -> None:
        """Send a signal to all of a worker's group; one that has ended is left in peace."""
        if self._socket.fileno() < 0:
            return  # its number may be another process's by now
        try:
            os.kill(self.pid, signal.SIGCONT)  # a worker may have stopped it, and it has to hear this
            self._socket.sendall(ORDER.pack(KILL, worker, number))
        except OSError:
            pass  # the zygote has ended, and who waits for the worker has been told

    def close(self) -> None:
        """End all workers and the zygote itself. Where it was killed, its workers are ended all the same."""
        if self._socket.fileno() < 0:
            return
        try:
            os.kill(self.pid, signal.SIGCONT)  # as above
            self._socket.shutdown(socket.SHUT_RDWR)  # it is told even if another process has a copy of our end
        except OSError:
            pass  # it has ended
        self._socket.close()
        try:
            if hasattr(os, "waitid"):  # macOS before Python 3.13 has none, and no /proc in which workers are found
                ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
                self.was_killed = ended is not None and ended.si_code != os.CLD_EXITED
            if self.was_killed:
                from omnibase.executors.python.remains import end_session

                end_session(self.pid)  # before it is reaped: until then its number is no other session's
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass  # where SIGCHLD is ignored, the system reaps


def _forget_all_but(fd: int) -> None:
    """Close what the parent has opened, so that it is over when the parent closes it; its objects are left alone."""
    import gc

    gc.freeze()  # one that is collected later would close what has its number by then
    signal.set_wakeup_fd(-1)
    most = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, fd)
    os.closerange(max(fd + 1, 3), most if 0 < most < MOST_DESCRIPTORS else MOST_DESCRIPTORS)
