"""A stream's lines for whoever follows it while it is read: whole, without secrets, and safe to show."""

from collections.abc import Callable

from omnibase.core.redaction import visible
from omnibase.core.secrets import Secrets

# A line that goes on for longer than this is told in pieces, so that one without an end takes no more memory (bytes).
LONGEST = 64 * 1024


class Lines:
    """Tells `tell` of the lines of one stream, all that are there at once: text without the last line feed."""

    def __init__(self, secrets: Secrets, tell: Callable[[str], None]) -> None:
        self._secrets = secrets
        self._tell = tell
        self._waiting = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what comes next; secrets that are whole in the stream are out of it already."""
        end = data.rfind(b"\n") + 1
        if end:
            end += len(self._waiting)
        self._waiting += data
        if len(self._waiting) - end > LONGEST:
            end = len(self._waiting)
        if end:
            block = bytes(self._waiting[:end])
            del self._waiting[:end]
            self._tell_of(block)

    def close(self) -> None:
        """Nothing more comes: what has no end is told as it is."""
        if self._waiting:
            block = bytes(self._waiting)
            self._waiting.clear()
            self._tell_of(block)

    def _tell_of(self, block: bytes) -> None:
        # A secret with a terminal sequence in the middle is one again when that is gone.
        self._tell(self._secrets.text(visible(block.removesuffix(b"\n"))))
