"""What others wrote, made safe to show: on a terminal, in a log, in a document."""

import re
from functools import cache

# Expressions are compiled when a text first needs them: most need none, and compiling these takes a millisecond.
#
# ECMA-48 (fifth edition), 5.4 and 5.6, in their 7-bit and 8-bit forms: CSI sequences; control strings (DCS, SOS, OSC,
# PM, APC) up to ST, BEL serving as ST where xterm takes it; then every other ESC sequence, and C1 alone. A control
# string holds no ESC, CAN, SUB or C1, which end it on a terminal too: one without a proper end hides nothing, only its
# introducer goes, and each character is looked at a bounded number of times.
_SEQUENCE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])(?:[^\x07\x18\x1a\x1b\x80-\x9f]*+(?:\x07|\x1b\\|\x9c))?"
    r"|\x1b[ -/]*[0-~]"
    r"|[\x80-\x9f]"
)
# Controls that change the order in which text is shown (Unicode UAX #9): CVE-2021-42574, "Trojan Source".
_BIDI = "\u202a-\u202e\u2066-\u2069"
_UNSAFE_TEXT = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}]"
_UNSAFE_PATH = rf"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}]"
_SURROGATE = r"[\ud800-\udfff]"
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def visible(data: bytes | str) -> str:
    r"""Text of others, such as a tool's output, that can be shown: its only controls are line feed and tab.

    Bytes that are no UTF-8 and the surrogates that stand for them become `\xff`. Terminal sequences are removed. Of a
    line that was overwritten by means of carriage returns the last state stays, and CR LF is LF. All other controls,
    and those that turn the direction of text, are escaped. Never raises; linear in the length; `visible` of its own
    output is that output.
    """
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    if _is_plain(text.replace("\n", "").replace("\t", "")) or not _compiled(_UNSAFE_TEXT).search(text):
        return text
    text = _compiled(_SEQUENCE).sub("", text)
    if "\r" in text:
        text = "\n".join([line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")])
    return _compiled(_UNSAFE_TEXT).sub(_escaped, text)


def shown_path(path: str) -> str:
    r"""A path, as `os.fsdecode` gives it, for people and documents: one line, valid UTF-8, nothing hidden.

    Bytes that are no UTF-8 become `\xff` and controls are escaped (`\n`, `\x1b`); everything else stays as it is.
    """
    return path if _is_plain(path) else _compiled(_UNSAFE_PATH).sub(_escaped, path)


def storable(text: str) -> str:
    r"""The text as it is, but for the surrogates that no encoding takes: they become `\xff`."""
    return text if text.isascii() else _compiled(_SURROGATE).sub(_escaped, text)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _is_plain(text: str) -> bool:
    """Printable ASCII, in which there is nothing to be made safe."""
    return text.isascii() and text.isprintable()


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what surrogateescape (PEP 383) makes of a byte
        return f"\\x{code - 0xDC00:02x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
