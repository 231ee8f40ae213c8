"""check-json and check-toml: files that have to be read by a machine can be."""

import re
from collections.abc import Iterator
from typing import Any

from omnibase.api import FileSet, Finding, SourceFile, validator

# Time grows with the square of a key's parts, and no file of real use comes near.
TOML_PARTS = 100
TOML_LONG_KEY = rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{TOML_PARTS}}}"""
# A string that is not closed runs to the end, so that no part of it is read twice.
JSON_TOKENS = r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:]'


@validator(
    name="check-json",
    version="1.0.0",
    lifecycle="stable",
    tags=["pre-commit", "json", "syntax"],
    files=FileSet(types=("json",)),
)
def check_json(file: SourceFile) -> Iterator[Finding]:
    """Find JSON files with wrong syntax, or with a name twice in one object (RFC 8259, section 4)."""
    import json

    repeats = False

    def forget(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeats
        repeats = repeats or len({name for name, _ in pairs}) != len(pairs)

    data = file.data
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        yield _undecodable(file, error, "json-syntax")
        return
    try:
        try:
            json.loads(text, object_pairs_hook=forget)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer longer than Python converts, which JSON has no limit for
            json.loads(text, object_pairs_hook=forget, parse_int=str)
    except json.JSONDecodeError as error:
        yield Finding(error.msg, file.path, error.lineno, error.colno, code="json-syntax")
    except RecursionError:
        depth, offset = _deepest(text)
        message = f"nested {depth:,} levels deep, too deep to read"
        yield Finding(message, file.path, *_position(text, offset), code="json-syntax")
    else:
        yield from _repeated_names(file.path, text) if repeats else ()


@validator(
    name="check-toml",
    version="1.0.0",
    lifecycle="stable",
    tags=["pre-commit", "toml", "syntax"],
    files=FileSet(types=("toml",)),
)
def check_toml(file: SourceFile) -> Iterator[Finding]:
    """Find TOML files with wrong syntax (TOML 1.0)."""
    import tomllib

    try:
        text = file.text()
    except UnicodeDecodeError as error:
        yield _undecodable(file, error, "toml-syntax")
        return
    long_key = re.search(TOML_LONG_KEY, text) if text.count(".") > TOML_PARTS else None
    if long_key is not None:
        message = f"a key of more than {TOML_PARTS} parts"
        yield Finding(message, file.path, *_position(text, long_key.start()), code="toml-syntax")
        return
    try:
        tomllib.loads(text)
    except RecursionError:
        place = _position(text, _deepest(text)[1])
        yield Finding("nested too deeply to read", file.path, *place, code="toml-syntax")
    except ValueError as error:  # TOMLDecodeError, or that of an integer longer than Python converts
        message, line, column = _toml_fault(text, str(error))
        yield Finding(message, file.path, line, column, code="toml-syntax")


def _undecodable(file: SourceFile, error: UnicodeDecodeError, code: str) -> Finding:
    before = file.data[: error.start]
    line = before.count(b"\n") + 1
    column = len(before.rpartition(b"\n")[2].decode(error.encoding, "replace")) + 1
    return Finding(f"no {error.encoding.upper()}: {error.reason}", file.path, line, column, code=code)


def _position(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _deepest(text: str) -> tuple[int, int]:
    """The most levels that are open at once, and the offset where the last of them opens."""
    depth = most = offset = 0
    for token in re.finditer(JSON_TOKENS, text, re.DOTALL):
        if token[0] in ("{", "["):
            depth += 1
            if depth > most:
                most, offset = depth, token.start()
        elif token[0] in ("}", "]"):
            depth -= 1
    return most, offset


def _repeated_names(path: str, text: str) -> Iterator[Finding]:
    """A finding for each name that its object has already. The text is known to be JSON."""
    import json

    levels: list[dict[str, int]] = []  # the line of each name of what is open; an array has none
    string = None
    line, line_start, last = 1, 0, 0
    for token in re.finditer(JSON_TOKENS, text, re.DOTALL):
        symbol = token[0]
        if symbol in ("{", "["):
            levels.append({})
        elif symbol in ("}", "]"):
            levels.pop()
        elif symbol != ":":
            string = token
        elif string is not None:
            # Lines are counted on from the last name, as counting from the start each time is quadratic.
            start = string.start()
            passed = text.count("\n", last, start)
            if passed:
                line += passed
                line_start = text.rfind("\n", last, start) + 1
            last = start
            name, names = json.loads(string[0]), levels[-1]
            if name in names:
                message = f"the name {_short(name)} is there already, in line {names[name]}"
                yield Finding(message, path, line, start - line_start + 1, code="json-duplicate-name")
            else:
                names[name] = line


def _toml_fault(text: str, message: str) -> tuple[str, int, int | None]:
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z", message)
    if place is None:
        return message, 1, None
    if place[1] is None:
        return message[: place.start()], *_position(text, len(text))
    return message[: place.start()], int(place[1]), int(place[2])


def _short(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")
