"""A process that ends the commands of a run whose own process was killed: nobody else is left to do it."""

import os
import signal

# Sent over a pipe: the number of a process group that has begun, or, negative, of one that has ended (bytes).
NOTE_SIZE = 4


class Sentinel:
    """The run's end. The process waits for a pipe to close, which a kill does, too.

    It is forked at once: a copy of a descriptor that is watched for a command would keep telling of it when it is
    closed here and its number is another's. Where no further process can be had, commands go on without a sentinel.
    """

    def __init__(self) -> None:
        self._pid = -1
        self._pipe = -1
        self._fork()

    def begun(self, group: int) -> None:
        """A process group is under way."""
        self._tell(group)

    def ended(self, group: int) -> None:
        """It is over. To be called while its number cannot be another's: before its leader is reaped."""
        self._tell(-group)

    def close(self) -> None:
        """End the sentinel."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._pid > 0:
            try:
                os.waitpid(self._pid, 0)
            except ChildProcessError:
                pass  # where SIGCHLD is ignored, the system reaps
        self._pid = -1

    def _fork(self) -> None:
        read, write = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(read)
            os.close(write)
            return
        if pid == 0:
            try:
                _watch(read)
            finally:
                os._exit(0)
        os.close(read)
        self._pid, self._pipe = pid, write

    def _tell(self, note: int) -> None:
        if self._pipe >= 0:
            try:
                os.write(self._pipe, note.to_bytes(NOTE_SIZE, "little", signed=True))
            except BrokenPipeError:
                pass  # it was killed itself


def _watch(pipe: int) -> None:
    os.setsid()  # what ends the run's whole process group is not to end it
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    os.dup2(pipe, 0)
    for fd in os.listdir("/dev/fd"):  # whoever waits for the end of a stream must not wait for this process
        if fd != "0":
            os.closerange(int(fd), int(fd) + 1)  # the listing's own is closed already
    groups: set[int] = set()
    rest = b""
    while data := os.read(0, 4096):
        rest += data
        while len(rest) >= NOTE_SIZE:
            note, rest = int.from_bytes(rest[:NOTE_SIZE], "little", signed=True), rest[NOTE_SIZE:]
            groups.add(note) if note > 0 else groups.discard(-note)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # it ended in the same moment
