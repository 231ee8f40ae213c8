"""A stream's file in the run's folder: clean, without secrets, and of limited size."""

import os

from omnibase.core.secrets import Redactor, Secrets
from omnibase.executors.cleaning import Cleaner


class Recording:
    """The file at `path`, made anew and readable by the user alone; at most `limit` bytes of it are written.

    The constructor and all methods raise OSError where the file cannot be made or written; it is closed then.
    """

    def __init__(self, path: str, limit: int, secrets: Secrets) -> None:
        self._cleaner = Cleaner()
        # A secret with a terminal sequence in the middle is one again when that is gone.
        self._redactor = Redactor(secrets) if secrets else None
        self._left = limit
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    @property
    def open(self) -> bool:
        """Whether more of the stream can go to it."""
        return self._fd >= 0

    def feed(self, data: bytes) -> None:
        """Take what comes next, without its secrets."""
        clean = self._cleaner.feed(data)
        self._write(clean if self._redactor is None else self._redactor.feed(clean))

    def close(self) -> None:
        """Write what is held back, and nothing more."""
        if self._fd < 0:
            return
        clean = self._cleaner.close()
        self._write(clean if self._redactor is None else self._redactor.feed(clean) + self._redactor.close())
        self._end()

    def _write(self, data: bytes) -> None:
        if self._fd < 0:
            return
        view = memoryview(data)[: self._left]
        self._left -= len(view)
        try:
            while view:  # of a disk that is nearly full, a part
                view = view[os.write(self._fd, view) :]
        except OSError:
            self._end()
            raise
        if self._left == 0:
            self._end()

    def _end(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def report_data(path: str, limit: int, secrets: Secrets) -> bytes | None:
    """What a command wrote into its report, up to `limit` bytes; None where it wrote none.

    Secrets are taken out of the file, too, as it stays in the run's folder.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(limit)
    except OSError:
        return None
    safe = secrets.bytes(data)
    if safe is data:
        return data
    try:
        os.unlink(path)  # it may be a link to elsewhere, or not writable
        with open(path, "xb") as file:
            file.write(safe)
    except OSError:
        pass  # the parser has it all the same
    return safe
