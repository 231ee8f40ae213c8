"""What a process prints, kept in bounded memory: the head and the tail here, more of it in a file."""

import os

from omnibase.core.redaction import visible
from omnibase.model.result import Output

# Up to this much of a stream is kept in memory; what comes after goes to the file, up to its limit (bytes).
MEMORY = 256 * 1024
TAIL = 32 * 1024
FILE = 64 * 1024 * 1024
# A report shows this much of what was printed (bytes).
SHOWN = 64 * 1024


class Stream:
    """One stream of an attempt. `path` is the file for what memory should not hold; None keeps only head and tail."""

    def __init__(self, path: str | None) -> None:
        self.size = 0
        self.spilled: str | None = None
        self._path = path
        self._head = bytearray()
        self._tail = bytearray()
        self._fd = -1

    def feed(self, data: bytes) -> None:
        """Take what was read. Never raises: where the file cannot be written, the middle is lost, not the run."""
        if not data:
            return
        before = self.size
        self.size += len(data)
        room = MEMORY - len(self._head)
        if room > 0:
            self._head += data[:room]
        self._tail += data[-TAIL:]
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]
        if self.size > MEMORY:
            self._spill(data[max(room, 0) :], before)

    def data(self, limit: int = 16 * 1024 * 1024) -> bytes:
        """All that was kept, in order, up to `limit` bytes: for a parser."""
        if self.size <= MEMORY:
            return bytes(self._head)
        if self.spilled is not None:
            try:
                with open(self.spilled, "rb") as file:
                    return file.read(limit)
            except OSError:
                self.spilled = None
        return self.excerpt(MEMORY + TAIL)

    def excerpt(self, limit: int) -> bytes:
        """Head and tail in at most about `limit` bytes, with a line between them that says how much is left out."""
        if self.size <= limit and self.size <= MEMORY:
            return bytes(self._head)
        length = min(TAIL, limit // 2)
        head = bytes(self._head[: limit - length])
        missing = self.size - len(head) - length
        if missing <= 0:
            return head + bytes(self._tail[len(self._tail) - (self.size - len(head)) :])
        return head + b"\n[... %d bytes left out ...]\n" % missing + bytes(self._tail[len(self._tail) - length :])

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _spill(self, data: bytes, before: int) -> None:
        if self._path is None or before >= FILE:
            return
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
                self.spilled = self._path
                os.write(self._fd, self._head)
            os.write(self._fd, data[: FILE - before])
        except OSError:
            self.close()
            self._path = None


class Capture:
    """Both streams of an attempt. `stem` is the path below which files are made, or None."""

    def __init__(self, stem: str | None) -> None:
        self.stdout = Stream(f"{stem}.out" if stem else None)
        self.stderr = Stream(f"{stem}.err" if stem else None)

    def close(self) -> None:
        self.stdout.close()
        self.stderr.close()

    def output(self) -> Output | None:
        """What the report shows of it: first standard output, then standard error. None where nothing was printed."""
        size = self.stdout.size + self.stderr.size
        if not size:
            return None
        parts = [visible(stream.excerpt(SHOWN)) for stream in (self.stdout, self.stderr) if stream.size]
        text = "\n".join(part.rstrip("\n") for part in parts if part.strip())
        return Output(text=text, size=size, path=self.stdout.spilled or self.stderr.spilled)
