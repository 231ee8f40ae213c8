"""Signals that ask for the end of a run, as something that a loop can watch."""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Signals:
    """While entered, INT, TERM and HUP arrive as bytes at `fd` and end nothing by themselves.

    A signal that was ignored stays ignored (nohup), but for SIGCHLD, because the system throws away the exit codes of
    children that are ignored; where it has no pidfds, SIGCHLD is at `fd`, too. Outside the main thread nothing is
    changed: Python lets only that one handle signals, and who runs omnibase there looks after them.
    """

    ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

    def __init__(self) -> None:
        self.fd, self._write = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._write, False)
        self._before: dict[int, Any] = {}
        self._wakeup = -1

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
            for number in self.ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, _note)
            if not _has_pidfds():
                self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _note)
            elif signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
                self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._wakeup)
        os.close(self.fd)
        os.close(self._write)

    def read(self) -> list[int]:
        """The numbers of the signals that came."""
        try:
            return list(os.read(self.fd, 512))
        except BlockingIOError:
            return []


class Deferred:
    """From `begin` to `end`, INT, TERM and HUP wait: what a run does at its very end is not to be left half done.

    Outside the main thread nothing is changed.
    """

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> None:
        if not self._begun and threading.current_thread() is threading.main_thread():
            self._begun = True
            signal.pthread_sigmask(signal.SIG_BLOCK, Signals.ENDING)

    def end(self) -> int | None:
        """The number of a signal that came meanwhile."""
        if not self._begun:
            return None
        came = sorted(signal.sigpending() & Signals.ENDING)
        for number in came:
            signal.sigwait({number})
        self._begun = False
        signal.pthread_sigmask(signal.SIG_UNBLOCK, Signals.ENDING)
        return came[0] if came else None


def _has_pidfds() -> bool:
    """Whether the end of a child is told by a descriptor: Linux from 5.3, where no sandbox forbids it."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def _note(_number: int, _frame: FrameType | None) -> None:
    """The byte in the pipe is all that is wanted of a signal."""
