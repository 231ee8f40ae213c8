"""Text for people, in columns: widths, wrapping, colours, and the words for statuses, times and commands."""

import re
from collections.abc import Iterable

from omnibase.core.redaction import shown_path
from omnibase.model.ports import Style
from omnibase.model.result import Status

EMOJI = {
    Status.PASS: "\u2705",
    Status.FAIL: "\u274c",
    Status.WARN: "\u26a0\ufe0f",
    Status.SKIP: "\u23ed\ufe0f",
    Status.TIME: "\u23f1\ufe0f",
}

# ECMA-48, 8.3.117 (SGR)
BOLD, DIM, RED, GREEN, YELLOW, MAGENTA, CYAN = "1", "2", "31", "32", "33", "35", "36"
COLORS = {Status.PASS: GREEN, Status.FAIL: RED, Status.WARN: YELLOW, Status.SKIP: DIM, Status.TIME: MAGENTA}

# What is between backquotes is a command, to be copied in one piece.
_WORDS = re.compile(r"(?:`[^`\n]*`|[^\s`]|`)+")


def symbol(status: Status, style: Style) -> str:
    """The status as an emoji, two columns wide, or as its word, four columns wide."""
    return EMOJI[status] if style.emoji else status.value


def painted(text: str, color: str, style: Style) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if style.color and text else text


def columns(text: str) -> int:
    """How many columns a terminal takes for a text of one line (Unicode UAX #11; emoji presentation takes two)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    width = 0
    for character in text:
        if character < "\x80" or character == "\ufe0f":
            width += 1
        elif category(character) not in ("Mn", "Me", "Cf"):
            width += 2 if east_asian_width(character) in ("W", "F") else 1
    return width


def padded(text: str, width: int) -> str:
    """The text with blanks up to the width, in columns; a wider one is left as it is."""
    return text + " " * (width - columns(text))


def shortened(text: str, width: int) -> str:
    """The text in at most so many columns, with three dots where something is missing."""
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 3:
        text = text[:-1]
    return f"{text}..."


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """The text in lines of at most `width` columns, the second and later ones indented. No word is ever cut."""
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for word in _WORDS.findall(text):
        wide = columns(word)
        if line and used + 1 + wide > width:
            lines.append(" ".join(line))
            line = [indent + word]
            used = len(indent) + wide
        else:
            used += wide + bool(line)
            line.append(word)
    return [*lines, " ".join(line)]


def quantity(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """1.24s, 2m 05s or 1h 02m 05s."""
    if round(seconds, 2) < 60:
        return f"{seconds:.2f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m {rest:02}s" if hours else f"{minutes}m {rest:02}s"


def shell(argv: Iterable[str]) -> str:
    r"""A command as one may type it: POSIX quotes, and `$'\xff'` for what cannot be shown (POSIX.1-2024, 2.2.4)."""
    return " ".join([_shell_word(argument) for argument in argv])


def _shell_word(argument: str) -> str:
    from shlex import quote

    if shown_path(argument) == argument:
        return quote(argument)
    text = "".join([_dollar_quoted(character) for character in argument])
    return "$'" + text.replace("##", "#\\x23") + "'"  # a CI system may find a command in it: see core/redaction


def _dollar_quoted(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if shown_path(character) == character:
        return character
    # A single surrogate that stands for a byte is that byte again; no other can come from an argument of a process.
    data = character.encode("utf-8", "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass")
    return {b"\n": "\\n", b"\t": "\\t", b"\r": "\\r"}.get(data) or "".join([f"\\x{byte:02x}" for byte in data])
