"""A person at a terminal, for tests: what a program prints there is waited for, line by line, and lines are typed."""

import errno
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Self

SECONDS = 60.0
INTERRUPT, END = "\x03", "\x04"  # what the keys ^C and ^D send


class Dialogue:
    """A program that leads the session of a terminal of its own. `shown` is all that it has printed there so far.

    Its standard output goes to the file `out` where one is named.
    """

    def __init__(
        self,
        command: Sequence[str | bytes | Path],
        cwd: Path,
        env: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 40,
        out: Path | None = None,
    ) -> None:
        self._fd, theirs = os.openpty()
        self.resize(columns, rows)
        self.shown = ""
        self._at = 0  # up to where it has been waited for
        stdout = theirs if out is None else os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=theirs,
            stdout=stdout,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - it takes no lock
        )
        os.close(theirs)
        if out is not None:
            os.close(stdout)
        os.set_blocking(self._fd, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it by force with all of its session."""
        if self._process.poll() is None:
            for pid in self.session():
                os.kill(pid, signal.SIGKILL)
            self._process.wait()
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, pattern: str, timeout: float = SECONDS) -> str:
        """Wait until what has not been waited for yet has the regular expression; the text up to its end."""
        until = monotonic() + timeout
        while (found := re.compile(pattern, re.MULTILINE).search(self.shown, self._at)) is None:
            assert self._read(until), f"{pattern!r} is not shown; what is:\n{self.shown[self._at :]}"
        text, self._at = self.shown[self._at : found.end()], found.end()
        return text

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def say(self, line: str = "", *, then: str = r"^\((step|failed)\) ", timeout: float = SECONDS) -> str:
        """Type a line, and wait for the next prompt; what was shown up to it."""
        self.type(f"{line}\r")
        return self.wait_for(then, timeout)

    def resize(self, columns: int, rows: int = 40) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def session(self) -> list[int]:
        """The processes of its session that are alive."""
        found = []
        for name in os.listdir("/proc"):
            if name.isdecimal():
                try:
                    fields = Path("/proc", name, "stat").read_bytes().rpartition(b") ")[2].split()
                except OSError:
                    continue  # it has ended
                if int(fields[3]) == self.pid and fields[0] not in (b"Z", b"X"):
                    found.append(int(name))
        return found

    def close(self) -> None:
        """Hang up."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def end(self, timeout: float = SECONDS) -> int:
        """Wait until it ends; its exit code. The rest of what it prints is in `shown`."""
        until = monotonic() + timeout
        if self._fd >= 0:
            while self._read(until):
                pass
        return self._process.wait(max(until - monotonic(), 0.1))

    def _read(self, until: float) -> bool:
        """Read what it prints next; False where nothing comes any more, or not until then."""
        if not select.select([self._fd], [], [], max(until - monotonic(), 0.0))[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # nobody has the terminal open any more
                raise
            return False
        self._take(data)
        return bool(data)

    def _take(self, data: bytes) -> None:
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
