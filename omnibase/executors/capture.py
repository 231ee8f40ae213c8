"""What a process prints, kept in bounded memory and without secrets: head and tail here, more of it in a file."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING

from omnibase.core.redaction import restored, visible
from omnibase.core.secrets import Redactor, Secrets
from omnibase.model.result import Output

if TYPE_CHECKING:
    from omnibase.executors.recording import Recording
    from omnibase.executors.tapping import Lines

# Up to this much of a stream is kept in memory; what comes after goes to the file, up to its limit (bytes).
MEMORY = 256 * 1024
TAIL = 32 * 1024
FILE = 64 * 1024 * 1024
# A report shows this much of what was printed (bytes).
SHOWN = 64 * 1024
# So much of a line is shown where only the last one is (characters).
LINE = 200

NO_SECRETS = Secrets()


class Stream:
    """One stream of an attempt. `path` is the file for what memory should not hold; None keeps only head and tail.

    `size` counts the bytes that came. `turn` tells when the last ones did, among the streams that share `turns`.
    `lines` are fed with all of it while it comes, without secrets.
    """

    def __init__(
        self,
        path: str | None,
        secrets: Secrets = NO_SECRETS,
        turns: Iterator[int] | None = None,
        lines: "Lines | None" = None,
    ) -> None:
        self.size = 0
        self.turn = 0
        self.spilled: str | None = None
        self._turns = turns if turns is not None else count(1)
        self._path = path
        self._file: Recording | None = None
        self._secrets = secrets
        self._redactor = Redactor(secrets) if secrets else None
        self._in_one_line = not (secrets and any(b"\n" in form for form in secrets.forms()))  # each secret is
        self._lines = lines
        self._length = 0  # how much came, where secrets are known to be hidden without them
        self._head = bytearray()
        self._tail = bytearray()
        # What comes when all but the tail has been kept is not looked through: its end is, when it is asked for.
        self._unseen = bytearray()
        self._unseen_size = 0

    def feed(self, data: bytes) -> None:
        """Take what was read. Never raises: where the file cannot be written, the middle is lost, not the run."""
        if not data:
            return
        self.size += len(data)
        self.turn = next(self._turns)
        if self._redactor is None:
            self._keep(data)
        elif len(self._head) < MEMORY or self._path is not None or self._lines is not None:
            self._keep(self._without_secrets(self._redactor, data))
        else:
            self._unseen_size += len(data)
            room = TAIL + 2 * self._secrets.longest
            self._unseen += data[-room:]
            if len(self._unseen) > 2 * room:
                del self._unseen[:-room]

    def data(self, limit: int = 16 * 1024 * 1024) -> bytes:
        """All that was kept, in order, up to `limit` bytes: for a parser."""
        if self._length <= MEMORY:
            return bytes(self._head)
        if self.spilled is not None:
            try:
                with open(self.spilled, "rb") as file:
                    return restored(file.read(limit))
            except OSError:
                self.spilled = None
        return self.excerpt(MEMORY + TAIL)

    def excerpt(self, limit: int) -> bytes:
        """Head and tail in at most about `limit` bytes, with a line between them that says how much is left out."""
        if self._length <= limit and self._length <= MEMORY:
            return bytes(self._head)
        length = min(TAIL, limit // 2, len(self._tail))
        head = bytes(self._head[: limit - length])
        missing = self._length - len(head) - length
        if missing <= 0:
            return head + bytes(self._tail[len(self._tail) - (self._length - len(head)) :])
        return head + b"\n[... %d bytes left out ...]\n" % missing + bytes(self._tail[len(self._tail) - length :])

    def end(self) -> bytes:
        """The last bytes by now. Of a stream that is not closed, those that may begin a secret are not there yet."""
        return (self._unseen and self._seen_end()) or bytes(self._tail[-TAIL:])

    def close(self) -> None:
        """Nothing more comes."""
        if self._unseen_size > len(self._unseen):  # no secret that began before can be told from what is here
            self._tail = bytearray(self._seen_end(closed=True))
            self._length += self._unseen_size
        elif self._redactor is not None:
            self._keep(self._redactor.feed(bytes(self._unseen)) + self._redactor.close())
        self._unseen.clear()
        self._unseen_size = 0
        if self._lines is not None:
            self._lines.close()
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                pass  # its end is lost, as in `_spill`

    def _seen_end(self, *, closed: bool = False) -> bytes:
        """The end of what was not looked through, without secrets, and without the first bytes: pieces of one, perhaps.

        A redactor gives the first `longest - 1` bytes, whatever is hidden of them, when it has twice as many.
        """
        back = self._secrets.longest - 1
        redactor = Redactor(self._secrets)
        redactor.feed(bytes(self._unseen[: 2 * back]))
        seen = redactor.feed(bytes(self._unseen[2 * back :]))
        return (seen + redactor.close() if closed else seen)[-TAIL:]

    def _without_secrets(self, redactor: Redactor, data: bytes) -> bytes:
        """What can be let go; lines that have an end are not held back where no secret could go on behind it."""
        end = data.rfind(b"\n") + 1 if self._in_one_line else 0
        if not end:
            return redactor.feed(data)
        return redactor.feed(data[:end]) + redactor.close() + redactor.feed(data[end:])

    def _keep(self, data: bytes) -> None:
        if self._lines is not None:
            self._lines.feed(data)
        self._length += len(data)
        room = max(MEMORY - len(self._head), 0)
        if room:
            self._head += data[:room]
        self._tail += data[-TAIL:]
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]
        if self._length > MEMORY:
            self._spill(data[room:])

    def _spill(self, data: bytes) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                from omnibase.executors.recording import Recording

                self._file = Recording(self._path, FILE, self._secrets)
                self.spilled = self._path
                self._file.feed(bytes(self._head))
            self._file.feed(data)
            if not self._file.open:
                self._path = None
        except OSError:
            self._path = None


class Capture:
    """Both streams of an attempt. `stem` is the path below which files are made, or None.

    What is kept and shown is without the `secrets`. `tell` is called with the lines of both while they come, safe to
    show: text without the last line feed.
    """

    def __init__(
        self, stem: str | None, secrets: Secrets | None = None, tell: Callable[[str], None] | None = None
    ) -> None:
        self.secrets = secrets if secrets is not None else NO_SECRETS
        turns = count(1)
        self.stdout = Stream(f"{stem}.out" if stem else None, self.secrets, turns, self._lines(tell))
        self.stderr = Stream(f"{stem}.err" if stem else None, self.secrets, turns, self._lines(tell))
        self._last: tuple[int, str | None] = (0, None)  # the last line when so many bytes had come

    @property
    def size(self) -> int:
        """How many bytes came, of both."""
        return self.stdout.size + self.stderr.size

    def close(self) -> None:
        self.stdout.close()
        self.stderr.close()
        self._last = (-1, None)  # what was held back is there now

    def output(self) -> Output | None:
        """What the report shows of it: first standard output, then standard error. None where nothing was printed."""
        if not self.size:
            return None
        self.close()
        streams = [stream for stream in (self.stdout, self.stderr) if stream.size]
        parts = [self._shown(stream.excerpt(SHOWN)) for stream in streams]
        text = "\n".join(part.rstrip("\n") for part in parts if part.strip())
        return Output(text=text, size=self.size, path=self.stdout.spilled or self.stderr.spilled)

    def last_line(self) -> str | None:
        """The last line with anything in it that was printed, by now, in at most 200 characters. None without one."""
        if self._last[0] != self.size:
            self._last = (self.size, self._find_last_line())
        return self._last[1]

    def _find_last_line(self) -> str | None:
        for stream in sorted((self.stdout, self.stderr), key=lambda stream: -stream.turn):
            for line in reversed(self._shown(stream.end()).splitlines()):
                if line.strip():
                    line = line.strip()  # noqa: PLW2901 - blanks around it say nothing
                    return line if len(line) <= LINE else f"{line[: LINE - 1]}…"
        return None

    def _lines(self, tell: Callable[[str], None] | None) -> "Lines | None":
        if tell is None:
            return None
        from omnibase.executors.tapping import Lines

        return Lines(self.secrets, tell)

    def _shown(self, data: bytes) -> str:
        """As it can be shown. A secret with a terminal sequence in the middle is one again when that is gone."""
        return self.secrets.text(visible(data))
