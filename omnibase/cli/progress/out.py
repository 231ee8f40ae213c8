"""The stream that progress is written to: nobody waits for it while a run goes on."""

import select
from typing import TextIO

# What waits for a reader that does not read, such as a terminal that was stopped, is kept up to so much (characters).
MOST_WAITING = 256 * 1024
# Lines that wait for what is shown next are no more than this (characters).
MOST_LATER = 32 * 1024
# In pieces of so much a pipe that is ready takes all (characters; POSIX promises 4096 bytes on Linux).
PIECE = 1000


class Out:
    """Writes to a stream where that can be done at once. What is wrong with it ends the writing, and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting = ""
        self._lost = 0  # lines that there was no room for
        self.broken = False

    def put(self, text: str, *, later: bool = False) -> None:
        """Write lines as soon as somebody reads. With `later`, they wait for what is shown next, if they are not many.

        Of very much that waits, the oldest lines are left out.
        """
        self._waiting += text
        if later and len(self._waiting) <= MOST_LATER:
            return
        if not self._flush() and len(self._waiting) > MOST_WAITING:
            cut = self._waiting.find("\n", len(self._waiting) - MOST_WAITING // 2) + 1
            self._lost += self._waiting.count("\n", 0, cut)
            self._waiting = self._waiting[cut:]

    def show(self, text: str) -> None:
        """Write what waits and then the text, all of it, or none of it where somebody would have to wait for that."""
        if len(self._waiting) < PIECE and self._is_ready():
            self.settle(text)  # in one piece, so that nobody sees the half of it
        elif self._flush():
            self._write(text)

    def settle(self, text: str = "") -> None:
        """Write all that waits, and the text, however long it takes."""
        self._mention_lost()
        self._waiting += text
        waiting, self._waiting = self._waiting, ""
        if waiting:
            self._write(waiting)

    def _flush(self) -> bool:
        """Write what waits; whether all of it is out, and more could be written."""
        while self._is_ready():
            if not self._waiting:
                return True
            self._mention_lost()
            piece, self._waiting = self._waiting[:PIECE], self._waiting[PIECE:]
            self._write(piece)
        return False

    def _mention_lost(self) -> None:
        if self._lost:
            self._waiting = f"[... {self._lost} lines left out ...]\n{self._waiting}"
            self._lost = 0

    def _is_ready(self) -> bool:
        if self.broken:
            self._waiting = ""
            return False
        try:
            fd = self._stream.fileno()
        except (OSError, ValueError, AttributeError):
            return True  # it is no file of the system's: nothing waits for it
        try:
            return bool(select.select([], [fd], [], 0)[1])
        except (OSError, ValueError):  # closed, or a number too high for select(2)
            return True

    def _write(self, text: str) -> None:
        if self.broken:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # Closed, its reader gone, or its disk full: what progress has to say is not worth more than the run.
            self.broken = True
