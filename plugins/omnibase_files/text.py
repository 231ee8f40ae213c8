"""Text hygiene: the byte order mark, the endings of lines, what stands before them, the end of the file.

The four are in the order in which their fixers, run one after another, leave nothing for any of them to find.
They treat a file as bytes and know only ASCII's line endings and blanks, so a file with a NUL byte or in UTF-16 is
left alone whatever its name says: a blank's byte may be half of another character there, or part of a payload.
"""

import re
from collections.abc import Iterator, Sequence

from omnibase.api import ConfigurationError, FileSet, Finding, SourceFile, fixer, validator

TEXT = FileSet(types=("text",))
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# From the least to the most preferred, where two are equally frequent.
ENDINGS = {"cr": b"\r", "crlf": b"\r\n", "lf": b"\n"}


@validator(name="byte-order-mark", version="1.0.0", lifecycle="stable", tags=["pre-commit", "text"], files=TEXT)
def byte_order_mark(file: SourceFile) -> Iterator[Finding]:
    """Find files that start with a UTF-8 byte order mark."""
    if file.data.startswith(BYTE_ORDER_MARK):
        yield _finding("byte-order-mark", file, 1, 1, "the file starts with a UTF-8 byte order mark")


@fixer(of="byte-order-mark")
def strip_byte_order_mark(file: SourceFile) -> bytes:
    """The content without the mark, however often it was put in front."""
    data = file.data
    start = 0
    while data.startswith(BYTE_ORDER_MARK, start):
        start += len(BYTE_ORDER_MARK)
    return data[start:]


@validator(name="mixed-line-ending", version="1.0.0", lifecycle="stable", tags=["pre-commit", "text"], files=TEXT)
def mixed_line_ending(file: SourceFile, *, ending: str = "auto") -> Iterator[Finding]:
    """Find files whose lines end in different ways.

    `ending` is "lf", "crlf" or "cr" to allow no other, or "auto" to allow any one of them. Raises
    ConfigurationError where it is something else.
    """
    wanted = _wrong_ending(file.data, ending)
    if wanted is None:
        return
    counts = _count_endings(file.data)
    line = next(number for number, line in enumerate(file.lines, 1) if _ending(line) != ENDINGS[wanted])
    found = ", ".join(f"{count} {name.upper()}" for name, count in reversed(counts.items()) if count)
    what = "mixed line endings" if ending == "auto" else "wrong line endings"
    message = f"{what} ({found}): this line does not end in {wanted.upper()}"
    yield _finding("mixed-line-ending", file, line, None, message)


@fixer(of="mixed-line-ending")
def unify_line_endings(file: SourceFile, *, ending: str = "auto") -> bytes:
    """The content with the wanted ending after each line that has one; for "auto" the most frequent."""
    wanted = _wrong_ending(file.data, ending)
    if wanted is None:
        return file.data
    unified = file.data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return unified if wanted == "lf" else unified.replace(b"\n", ENDINGS[wanted])


@validator(name="trailing-whitespace", version="1.0.0", lifecycle="stable", tags=["pre-commit", "text"], files=TEXT)
def trailing_whitespace(
    file: SourceFile, *, chars: str = " \t\v\f", markdown_linebreak_extensions: Sequence[str] = ()
) -> Iterator[Finding]:
    """Find whitespace at the end of lines.

    `chars` are the ASCII characters that count as such. In files with one of `markdown_linebreak_extensions` ("md",
    or "*" for all), two blanks at the end of a line that has text are a line break and stay. Raises
    ConfigurationError where `chars` are not ASCII.
    """
    strip = _blanks(chars)
    if not _may_trail(file.data, strip) or not _is_bytewise(file.data):
        return
    markdown = _has_extension(file.path, markdown_linebreak_extensions)
    for number, line in enumerate(file.lines, 1):
        content = line[: len(line) - len(_ending(line))]
        kept = _strip_line(content, strip, markdown)
        if kept != content:
            column = len(kept.decode("utf-8", "replace")) + 1
            yield _finding("trailing-whitespace", file, number, column, "whitespace at the end of the line")


@fixer(of="trailing-whitespace")
def strip_trailing_whitespace(
    file: SourceFile, *, chars: str = " \t\v\f", markdown_linebreak_extensions: Sequence[str] = ()
) -> bytes:
    """The content without whitespace before line endings and at the end; the endings stay as they are."""
    strip = _blanks(chars)
    data = file.data
    if not _may_trail(data, strip) or not _is_bytewise(data):
        return data
    if not _has_extension(file.path, markdown_linebreak_extensions):
        blank = b"[" + re.escape(strip) + b"]"
        # The look-behind lets a match start only where a run of blanks does: without it, time is quadratic.
        return re.sub(b"(?<!" + blank + b")" + blank + rb"++(?=[\r\n]|\Z)", b"", data)
    stripped = []
    for line in file.lines:
        ending = _ending(line)
        stripped.append(_strip_line(line[: len(line) - len(ending)], strip, True) + ending)
    return b"".join(stripped)


@validator(name="end-of-file", version="1.0.0", lifecycle="stable", tags=["pre-commit", "text"], files=TEXT)
def end_of_file(file: SourceFile) -> Iterator[Finding]:
    """Find files that do not end in exactly one newline; an empty file has none."""
    data = file.data
    tail = _tail(data)
    if (tail in ENDINGS.values() and len(tail) < len(data)) or not data or not _is_bytewise(data):
        return
    lines = len(file.lines)
    if not tail:
        column = len(file.lines[-1].decode("utf-8", "replace")) + 1
        yield _finding("end-of-file", file, lines, column, "no newline at the end of the file")
    elif len(tail) == len(data):
        yield _finding("end-of-file", file, 1, 1, "nothing but newlines in the file")
    else:
        extra = len(tail.splitlines()) - 1
        message = f"{extra} empty line{'s' if extra > 1 else ''} at the end of the file"
        yield _finding("end-of-file", file, lines - extra + 1, 1, message)


@fixer(of="end-of-file")
def end_with_one_newline(file: SourceFile) -> bytes:
    """The content with one newline at its end, of the kind that its lines have; of newlines alone nothing is left."""
    data = file.data
    tail = _tail(data)
    if (tail in ENDINGS.values() and len(tail) < len(data)) or not data or not _is_bytewise(data):
        return data
    if not tail:
        return data + ENDINGS[_prevailing(_count_endings(data))]
    if len(tail) == len(data):
        return b""
    first = _ending(tail.splitlines(keepends=True)[0])
    return data[: len(data) - len(tail)] + first


def _finding(check: str, file: SourceFile, line: int, column: int | None, message: str) -> Finding:
    return Finding(message, file.path, line, column, code=check, fix=f"omnibase run {check} --fix")


def _is_bytewise(data: bytes) -> bool:
    return b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff")


def _ending(line: bytes) -> bytes:
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return line[-1:] if line.endswith((b"\n", b"\r")) else b""


def _count_endings(data: bytes) -> dict[str, int]:
    crlf = data.count(b"\r\n")
    return {"cr": data.count(b"\r") - crlf, "crlf": crlf, "lf": data.count(b"\n") - crlf}


def _prevailing(counts: dict[str, int]) -> str:
    return max(reversed(ENDINGS), key=counts.__getitem__)


def _wrong_ending(data: bytes, ending: str) -> str | None:
    """The name of the ending that some lines should have and do not; None where all is well."""
    if ending != "auto" and ending not in ENDINGS:
        raise ConfigurationError(
            f"mixed-line-ending has no ending {ending!r}", remedy=f"set it to auto, {', '.join(reversed(ENDINGS))}"
        )
    if (ending in ("auto", "lf") and b"\r" not in data) or not _is_bytewise(data):
        return None
    counts = _count_endings(data)
    wanted = _prevailing(counts) if ending == "auto" else ending
    return wanted if sum(counts.values()) > counts[wanted] else None


def _blanks(chars: str) -> bytes:
    if not chars.isascii():
        raise ConfigurationError(
            f"trailing-whitespace cannot strip {chars!r}", remedy="give `chars` ASCII characters only"
        )
    return chars.encode().translate(None, b"\r\n")


def _may_trail(data: bytes, strip: bytes) -> bool:
    """Whether any blank stands before an ending or at the end: a few searches for short strings, far under a regex."""
    if data and data[-1] in strip:
        return True
    endings = (b"\n", b"\r") if b"\r" in data else (b"\n",)
    for code in strip:
        blank = bytes((code,))
        if blank in data and any(blank + ending in data for ending in endings):
            return True
    return False


def _strip_line(content: bytes, strip: bytes, markdown: bool) -> bytes:
    if markdown and content.endswith(b"  ") and not content.isspace():
        return content[:-2].rstrip(strip) + b"  "
    return content.rstrip(strip)


def _has_extension(path: str, extensions: Sequence[str]) -> bool:
    if not extensions:
        return False
    listed = extensions.split(",") if isinstance(extensions, str) else extensions
    _, dot, extension = path.rpartition("/")[2].lower().lstrip(".").rpartition(".")
    return any(name == "*" or (dot and extension == name.strip().lower().lstrip(".")) for name in listed)


def _tail(data: bytes) -> bytes:
    """The newlines at the end. Of a large file only the last bytes are looked at, as long as they say enough."""
    last = data[-3:]
    if last.rstrip(b"\r\n"):
        return last[len(last.rstrip(b"\r\n")) :]
    return data[len(data.rstrip(b"\r\n")) :]
