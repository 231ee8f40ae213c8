"""Output made safe to keep in a file, piece by piece: nothing in it acts on a terminal or a CI system."""

from omnibase.core.redaction import defused, plain, unacting

# A line that goes on for longer than this is cleaned before its end is there (bytes).
BLOCK = 64 * 1024
# In a line without an end, what may be the beginning of a terminal sequence waits for the rest, if it is this near to
# the end of the block (bytes).
SEQUENCE = 256
# Likewise what may be the beginning of a command, such as "##teamcity" (characters).
COMMAND = 10


class Cleaner:
    """Takes a stream in pieces and gives it back in lines, or parts of lines that are too long to wait for their end.

    As `plain` and `defused` have it. Bytes that are no UTF-8 stay as they are: parsers find paths by them.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()  # as it came
        self._carried = ""  # cleaned, and perhaps the first half of a command
        self._begun = False  # whether more than blanks was given out of the line that goes on
        self._returned = False  # whether what was cleaned last ends with a carriage return, given out as a line feed

    def feed(self, data: bytes) -> bytes:
        """Take what comes next; what is clean by now."""
        end = data.rfind(b"\n") + 1
        if end:
            end += len(self._waiting)
        self._waiting += data
        if not end and len(self._waiting) >= BLOCK:
            end = _end_of_block(self._waiting)
        if not end:
            return b""
        block = bytes(self._waiting[:end])
        del self._waiting[:end]
        return self._clean(block)

    def close(self) -> bytes:
        """The rest."""
        block = bytes(self._waiting)
        self._waiting.clear()
        return self._clean(block, final=True)

    def _clean(self, block: bytes, *, final: bool = False) -> bytes:
        text = block.decode("utf-8", "surrogateescape")
        if self._returned:
            text = text.lstrip("\r")
            if text:
                self._returned = False
                text = text.removeprefix("\n")
        if text.endswith("\r"):
            self._returned = True
        text = self._carried + plain(text)
        self._carried = ""
        if not text.isascii():
            # Bytes that are no UTF-8 may be some without the sequence that was between them.
            again = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
            text = unacting(again) if again != text else text
        text = self._defused(text)
        if not final and not text.endswith("\n"):
            text, self._carried = _split(text)
            # What is let go may be a command's first half: it is defused as if the second followed.
            text = self._defused(f"{text}::").removesuffix("::")
        line = text[text.rfind("\n") + 1 :]
        self._begun = bool(line.strip()) or (self._begun and "\n" not in text)
        return text.encode("utf-8", "surrogateescape")

    def _defused(self, text: str) -> str:
        """Where a line has begun before, the text does not begin one."""
        return defused(f"-{text}")[1:] if self._begun else defused(text)


def _end_of_block(data: bytearray) -> int:
    """Where a line that has no end yet may be cut: after a carriage return, else between characters and sequences."""
    end = data.rfind(b"\r") + 1 or data.rfind(b"\x1b", len(data) - SEQUENCE)
    if end > 0:
        return end
    for back in range(1, min(len(data), 3) + 1):
        if data[-back] >= 0xC0:  # the first byte of a character of several
            return len(data) - back
    return len(data)


def _split(text: str) -> tuple[str, str]:
    """The text up to where a command, or a character made of single bytes, may begin at its end, and the rest."""
    for at in range(max(len(text) - COMMAND, 0), len(text)):
        if text[at] in "#:" or "\udc80" <= text[at] <= "\udcff":
            return text[:at], text[at:]
    return text, ""
