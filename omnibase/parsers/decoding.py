"""What a tool printed, as text, lines and JSON. Nothing here raises, whatever the bytes are."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

Json = Any

LINE_LIMIT = 4_000  # bytes of a line that are looked at where a person's pattern is searched for
NO_JSON = "it holds no JSON"
_TRIES = 20  # places at which JSON is looked for among what else was printed

# ECMA-48 control sequences, operating system commands such as the hyperlinks that gcc prints, and other escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)|[ -/]*[0-~])")
# A log line such as "[main] INFO" begins like JSON and is none.
_JSON_START = re.compile(r"^(?:\[(?=\s*(?:[\]{]|\Z))|\{(?=\s*(?:[\"}]|\Z)))", re.MULTILINE)
_JSON_SPACE = re.compile(r"[ \t\r\n]*")


def decoded(data: bytes) -> str:
    """The bytes as UTF-8; those that are none become the surrogates that `os.fsdecode` makes of them."""
    return data.decode("utf-8", "surrogateescape")


def lines(data: bytes, limit: int | None = LINE_LIMIT) -> Iterator[str]:
    """The lines without their ends and without terminal escapes, each cut at `limit` bytes.

    Of a line that was overwritten with carriage returns, as progress bars are, what was to be seen at the end.
    """
    for raw in BytesIO(data):
        line = raw.rstrip(b"\r\n")
        if b"\r" in line:
            line = line.rpartition(b"\r")[2]
        text = decoded(line if limit is None or len(line) <= limit else _cut(line, limit))
        yield _ESCAPES.sub("", text) if "\x1b" in text else text


def objects(data: bytes) -> tuple[list[Mapping[str, Json]], str | None]:
    """The JSON objects of an output, and what keeps the rest from being read.

    They are the items of an array, one object, or an object a line; what is printed before and after is passed
    over. Of JSON that breaks off, the items before the break are given.
    """
    import json

    text = decoded(data).removeprefix("\ufeff")
    decode = json.JSONDecoder().raw_decode
    found: list[Mapping[str, Json]] = []
    problem = None
    seen = False
    position = tries = 0
    while tries < _TRIES and (start := _JSON_START.search(text, position)):
        position, failed = _read(text, start.start(), decode, found)
        if failed is None:
            seen = True
        elif found or seen:
            return found, failed
        else:
            problem = problem or failed
            tries += 1
    return (found, None) if seen else ([], problem or NO_JSON)


def mapping(value: Json) -> Mapping[str, Json]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> Sequence[Json]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else ()


def string(value: Json) -> str | None:
    """The value if it is a string with something in it."""
    return value if isinstance(value, str) and value else None


def count(value: Json) -> int | None:
    """A line or column: the value if it is a number, or the digits of one, that counts from 1."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None


def _cut(line: bytes, limit: int) -> bytes:
    """The line's first `limit` bytes, or up to three fewer, so that no character is split."""
    end = limit
    while end > limit - 3 and line[end] & 0xC0 == 0x80:
        end -= 1
    return line[:end]


def _read(
    text: str, start: int, decode: Callable[[str, int], tuple[Json, int]], found: list[Mapping[str, Json]]
) -> tuple[int, str | None]:
    """Add the object, or the objects of the array, at `start`; where it ends, and what is wrong with it."""
    array = text[start] == "["
    position = _space(text, start + 1) if array else start
    if array and text.startswith("]", position):
        return position + 1, None
    failed = None
    while failed is None:
        try:
            value, position = decode(text, position)
        except RecursionError:
            failed = "its JSON is nested too deeply"
        except ValueError as error:
            failed = _why(error, text)
        else:
            if not isinstance(value, dict):
                failed = "its JSON array holds something else than objects"
                break
            found.append(value)
            if not array:
                return position, None
            position = _space(text, position)
            if text.startswith("]", position):
                return position + 1, None
            if not text.startswith(",", position):
                failed = "its JSON breaks off" if position == len(text) else "its JSON array is broken"
            position = _space(text, position + 1)
    return max(position, start + 1), failed


def _space(text: str, position: int) -> int:
    found = _JSON_SPACE.match(text, position)
    return found.end() if found else position


def _why(error: ValueError, text: str) -> str:
    at = getattr(error, "pos", None)
    if at is None:  # a number with more digits than Python reads
        return f"its JSON cannot be read: {error}"
    if at >= len(text.rstrip()) or str(error).startswith("Unterminated string"):
        return "its JSON breaks off"
    return f"its JSON is broken: {error}"
