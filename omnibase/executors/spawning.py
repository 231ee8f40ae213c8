"""Commands started by posix_spawn, which takes half the time of subprocess, where it does all that is wanted."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import FileIO
from signal import SIGPIPE, SIGXFSZ


class Child:
    """What `Process` uses of a `subprocess.Popen`, for a command that reads nothing and whose output is read."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.returncode: int | None = None
        self.stdout, output = _pipe()
        try:
            self.stderr, errors = _pipe()
            try:
                streams = (
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, errors, 2),
                )
                self.pid = os.posix_spawn(
                    argv[0], (*argv,), env, file_actions=streams, setsid=True, setsigdef=(SIGPIPE, SIGXFSZ)
                )
            except BaseException:
                self.stderr.close()
                raise
            finally:
                os.close(errors)
        except BaseException:
            self.stdout.close()
            raise
        finally:
            os.close(output)

    def poll(self) -> int | None:
        """The exit code, negative for a signal, if it has ended."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """The exit code, when it has ended."""
        code = self._wait(0)
        assert code is not None  # noqa: S101 - it was waited for
        return code

    def _wait(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, how)
            except ChildProcessError:  # where SIGCHLD is ignored, the system reaps
                pid, status = self.pid, 0
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def spawned(argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> Child | None:
    """The command, started in a session of its own; None where posix_spawn is not enough.

    It starts nothing in another folder than this process's, and closes no descriptors. Raises OSError where the command
    cannot be started, ValueError for words that no system call takes.
    """
    try:
        if sys.platform != "linux" or os.getcwd() != cwd or not _passes_nothing_on():
            return None
    except OSError:  # this process's folder is gone
        return None
    try:
        return Child(argv, env)
    except NotImplementedError:  # a C library whose posix_spawn begins no sessions
        return None


def pass_nothing_on() -> None:
    """Keep all descriptors but the standard streams to this process, which is there for one run and nothing else."""
    for fd in _passed_on():
        os.set_inheritable(fd, False)


@lru_cache(maxsize=1)
def _passes_nothing_on() -> bool:
    """What Python opens is never passed on; what was open before may be. Each standard stream has its number."""
    return not _passed_on() and {0, 1, 2} <= set(_open())


def _passed_on() -> list[int]:
    return [fd for fd in _open() if fd > 2 and _is_passed_on(fd)]


def _is_passed_on(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:  # the one by which they were listed
        return False


def _open() -> list[int]:
    """The numbers of the open descriptors; of a system that does not tell, none."""
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return []


def _pipe() -> tuple[FileIO, int]:
    ours, theirs = os.pipe()
    return FileIO(ours), theirs
