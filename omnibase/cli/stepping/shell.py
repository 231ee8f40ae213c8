"""A shell at the terminal in the middle of a run: it has the terminal while it lives, and the run waits for it."""

import os
import signal
import termios
from collections.abc import Mapping
from subprocess import Popen
from time import monotonic, sleep
from types import FrameType
from typing import Any

from omnibase.cli.stepping.terminal import Terminal
from omnibase.executors.tree import Entry, Sweep, below, children, entries, send

# A shell that is given up, with all that it has started, has so long to end by itself (seconds).
FAREWELL = 0.3
PAUSE = 0.01
USUAL = "/bin/sh"


class Shell:
    """A shell that has been started in the folder `cwd`, as the foreground job of the terminal.

    While it lives SIGCHLD is handled, so that the loop of the run, which is woken by every signal that is, hears of its
    end. Raises OSError where it cannot be started.
    """

    def __init__(self, terminal: Terminal, program: str, cwd: str, env: Mapping[str, str]) -> None:
        self._fd = fd = terminal.out
        self._ours = _foreground(fd)  # None where the terminal is not the one that we belong to: it has no jobs of ours
        try:
            self._modes = termios.tcgetattr(fd)
        except termios.error as error:  # it was hung up
            raise OSError(*error.args) from None
        self._others = frozenset(children(os.getpid()))
        self._before: Any = signal.signal(signal.SIGCHLD, _note)
        group = None if self._ours is None else 0
        try:
            self._popen = Popen([program], cwd=cwd, env=dict(env), stdin=fd, stdout=fd, stderr=fd, process_group=group)
        except BaseException:
            signal.signal(signal.SIGCHLD, self._before)
            raise
        self._lend()

    def has_ended(self) -> bool:
        """Whether it has; then the terminal is the run's again. One that was stopped goes on: none would wake it."""
        if self._popen.returncode is None:
            pid, status = os.waitpid(self._popen.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                self._lend()
            elif pid:
                self._popen.returncode = os.waitstatus_to_exitcode(status)
                self._take_back()
        return self._popen.returncode is not None

    def end(self) -> None:
        """End it with all that it has started, as if the terminal was hung up, and by force soon after."""
        if self._popen.returncode is not None:
            return
        family = self._family()
        for one in family:
            send(one, signal.SIGHUP)
            send(one, signal.SIGCONT)
        if not family:  # a system without /proc
            os.kill(self._popen.pid, signal.SIGHUP)
        until = monotonic() + FAREWELL
        while monotonic() < until and not (self.has_ended() and not any(one.is_alive for one in self._family())):
            sleep(PAUSE)
        Sweep(self._family).run(FAREWELL)
        if not self.has_ended():
            self._popen.kill()
            self._popen.wait()
            self._take_back()

    def _family(self) -> list[Entry]:
        """The shell and all that it has started: nothing else begins meanwhile, and orphans come to us."""
        return entries(below(pid for pid in children(os.getpid()) if pid not in self._others))

    def _lend(self) -> None:
        """Put its process group in the foreground, and have it go on if it was stopped before it was there."""
        if self._ours is not None:
            self._put_in_front(self._popen.pid)
            try:
                os.killpg(self._popen.pid, signal.SIGCONT)
            except ProcessLookupError:
                pass  # it has ended already

    def _take_back(self) -> None:
        """Put our own process group in the foreground, and the terminal into the modes it was in."""
        signal.signal(signal.SIGCHLD, self._before)
        self._put_in_front(self._ours, self._modes)

    def _put_in_front(self, group: int | None, modes: list[Any] | None = None) -> None:
        # Who is in the background and changes a terminal is stopped for it, unless SIGTTOU is blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        try:
            if group is not None:
                os.tcsetpgrp(self._fd, group)
            if modes is not None:
                termios.tcsetattr(self._fd, termios.TCSANOW, modes)
        except (OSError, termios.error):
            pass  # the group has ended already, or the terminal was hung up
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTTOU})


def _foreground(fd: int) -> int | None:
    try:
        return os.tcgetpgrp(fd)
    except OSError:
        return None


def _note(_number: int, _frame: FrameType | None) -> None:
    """That the signal is handled at all is what wakes the loop."""
