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
_UNSAFE_IN_FILE = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}]"
_SURROGATE = r"[\ud800-\udfff]"
# What CI systems take for commands in any line that is printed: `::name data::` at its start, after blanks, and
# `##[name]` anywhere (GitHub: actions/runner, ActionCommand.TryParseV2 and TryParse), `##vso[` anywhere (Azure:
# azure-pipelines-agent, Command.TryParse), `##teamcity[` anywhere (TeamCity: "Service Messages"). Any other name
# counts, too. GitLab's section markers need an ESC. A backslash where each begins makes it text.
_COMMAND = r"^(?:[^\S\n]|\x1b\[[0-9;]*m)*+(?=::[A-Za-z][\w-]*(?: [^\n]*)?::)"
_SIGNS = ("##[", "##vso[", "##teamcity[")
_DEFUSED = rb"(^[ \t]*|#)\\(?=::[A-Za-z]|#(?:vso|teamcity)?\[)"
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def visible(data: bytes | str) -> str:
    r"""Text of others, such as a tool's output, that can be shown: its only controls are line feed and tab.

    Bytes that are no UTF-8 and the surrogates that stand for them become `\xff`. Terminal sequences are removed. Of a
    line that was overwritten by means of carriage returns the last state stays, and CR LF is LF. All other controls,
    and those that turn the direction of text, are escaped. What a CI system would take for a command is defused. Never
    raises; linear in the length; `visible` of its own output is that output.
    """
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    if not _is_plain(text.replace("\n", "").replace("\t", "")) and _compiled(_UNSAFE_TEXT).search(text):
        text = _compiled(_SEQUENCE).sub("", text)
        if "\r" in text:
            text = "\n".join([line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")])
        text = _compiled(_UNSAFE_TEXT).sub(_escaped, text)
    return defused(text)


def shown_path(path: str) -> str:
    r"""A path, as `os.fsdecode` gives it, for people and documents: one line, valid UTF-8, nothing hidden.

    Bytes that are no UTF-8 become `\xff`, controls are escaped (`\n`, `\x1b`), and what a CI system would take for a
    command is defused; everything else stays as it is.
    """
    return defused(path if _is_plain(path) else _compiled(_UNSAFE_PATH).sub(_escaped, path))


def storable(text: str) -> str:
    r"""The text as it is, but for the surrogates that no encoding takes: they become `\xff`."""
    return text if text.isascii() else _compiled(_SURROGATE).sub(_escaped, text)


def defused(text: str) -> str:
    r"""Text in which no CI system finds a command: `\::error::` and `#\#[error]`. The same again for its own output."""
    if "##" in text:
        for sign in _SIGNS:
            text = text.replace(sign, f"#\\{sign[1:]}")
    return _compiled(_COMMAND).sub(r"\g<0>\\", text) if "::" in text else text


def restored(data: bytes) -> bytes:
    """What was defused as it had been, for those who read it as data."""
    return _compiled_bytes(_DEFUSED).sub(rb"\1", data) if b"\\::" in data or b"#\\#" in data else data


def plain(text: str) -> str:
    r"""Output of others, for a file, without terminal sequences and with no control but line feed and tab.

    Each state of a line that was overwritten is a line of its own. All other controls, and those that turn the
    direction of text, become `\u001b`, which a JSON string may hold, too. Surrogates stay, as the bytes that they are.
    """
    if _is_plain(text.replace("\n", "").replace("\t", "")) or not _compiled(_UNSAFE_IN_FILE).search(text):
        return text
    text = _compiled(_SEQUENCE).sub("", text)
    if "\r" in text:
        text = _compiled(r"\r+\n?").sub("\n", text)
    return unacting(text)


def unacting(text: str) -> str:
    """Text with its controls escaped as in `plain`, and nothing removed."""
    return _compiled(_UNSAFE_IN_FILE).sub(lambda match: f"\\u{ord(match.group()):04x}", text)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.MULTILINE)


@cache
def _compiled_bytes(expression: bytes) -> re.Pattern[bytes]:
    return re.compile(expression, re.MULTILINE)


def _is_plain(text: str) -> bool:
    """Printable ASCII, in which there is nothing to be made safe."""
    return text.isascii() and text.isprintable()


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what surrogateescape (PEP 383) makes of a byte
        return f"\\x{code - 0xDC00:02x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
