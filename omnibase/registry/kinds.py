"""The kinds of text and numbers that `registry.yaml` has, each with its check and its JSON Schema."""

import posixpath
import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Annotated, Any

from identify.identify import ALL_TAGS
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from omnibase.core import patterns, versions
from omnibase.core.nearest import nearest

FILES = "{files}"
MAX_GLOBS = 1_000
MAX_JOBS = 1_024
MAX_DURATION = 366 * 24 * 3600.0  # seconds
MAX_DAYS = 36_525  # a century


class KindError(ValueError):
    """A value is not of its kind: what was expected instead, what to do, and which item or key of it is meant."""

    def __init__(self, message: str, remedy: str | None = None, item: int | str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.item = item


def described(value: object, written: str | None = None) -> str:
    """A value of a file, in words. `written` is how a number stands there."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"the number {(written or str(value))[:60]}"
    kind = "list" if isinstance(value, list) else "mapping"
    return f"a {kind}" if value else f"an empty {kind}"


def shown(value: str) -> str:
    """A text as Python would write it, and not more of it than a line bears."""
    return repr(value if len(value) <= 60 else value[:57] + "...")


def text(value: str) -> str:
    """Any text that can be an argument or a variable of a process."""
    if "\0" in value:
        raise KindError("expected a text without a NUL character")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise KindError("expected a text without surrogates")
    return value


def name(value: str) -> str:
    """The name of a component, tag, plugin, parser, suite or stage."""
    if not _NAME.fullmatch(value):
        raise KindError(
            f"expected a name, found {shown(value)}",
            "a name has 1 to 100 ASCII letters, digits, '.', '_' or '-', and does not start with '.' or '-'",
        )
    return value


def variable(value: str) -> str:
    """The name of an environment variable."""
    if not value or "=" in value:
        raise KindError(f"expected the name of an environment variable, found {shown(value)}")
    return text(value)


def plugin(value: str) -> str:
    """An installed plugin by its name, or one inside the repository as ./path."""
    if value.startswith("./"):
        return "./" + folder(value)
    if "/" in value:
        raise KindError(
            f"expected the name of a plugin, found {shown(value)}",
            "a plugin inside the repository is named by its path from the root, as ./PATH",
        )
    return name(value)


def source(value: str) -> str:
    """What an entry takes over: a plugin, or a component of one as plugin/component."""
    if not all(part == "." or _NAME.fullmatch(part) for part in value.split("/")):
        raise KindError(f"expected PLUGIN or PLUGIN/COMPONENT, found {shown(value)}")
    return value


def folder(value: str) -> str:
    """A folder inside the repository, relative to its root, without needless parts."""
    path = posixpath.normpath(text(value)) if value else ""
    if not path or path == ".." or path.startswith(("/", "../")):
        raise KindError(
            f"expected a folder inside the repository, found {shown(value)}",
            "write it relative to the repository's root",
        )
    return path


def version(value: str) -> str:
    """A version (https://semver.org)."""
    try:
        versions.parse(value)
    except ValueError as error:
        raise KindError(str(error), _example("", value)) from None
    return value


def version_range(value: str) -> str:
    """A range of versions such as ">=1,<2"."""
    try:
        versions.parse_range(value)
    except ValueError as error:
        raise KindError(str(error), _example(">=", value)) from None
    return value


def glob(value: str) -> str:
    """A gitignore-style pattern over paths relative to the repository's root."""
    if value.startswith(("./", "../")):
        raise KindError(
            f"{shown(value)} matches nothing: patterns are relative to the repository's root",
            f"write {value.lstrip('./') or '**'!r}",
        )
    if not value.strip() or value.startswith("#") or value.strip() in ("!", "/"):
        raise KindError(f"{shown(value)} is no pattern", "write a gitignore-style one such as 'vendored/**' or '*.py'")
    if len(value) > 1_000:
        raise KindError("expected a pattern of at most 1,000 characters")
    return text(value)


def globs(values: list[str]) -> list[str]:
    """Not more patterns than can be matched in bounded time."""
    if len(values) > MAX_GLOBS:
        raise KindError(f"expected at most {MAX_GLOBS:,} patterns, found {len(values):,}")
    return values


def file_type(value: str) -> str:
    """One of identify's tags, such as "python" or "text"."""
    if value not in ALL_TAGS:
        close = nearest(value[:100], sorted(ALL_TAGS))
        raise KindError(
            f"{shown(value)} is no file type",
            f"did you mean {close!r}?" if close else "`identify-cli FILE` shows the types of a file",
        )
    return value


def regex(value: str, groups: Collection[str] | None = patterns.GROUPS) -> str:
    """A regular expression by which findings are read from lines, or with no certain `groups`, anything is found."""
    wrong = patterns.problem(value, groups)
    if wrong:
        raise KindError(wrong)
    return text(value)


def date(value: str) -> str:
    """A day as YYYY-MM-DD (ISO 8601)."""
    from datetime import date as day  # few registries have one

    try:
        if _DAY.fullmatch(value):
            day.fromisoformat(value)
            return value
    except ValueError:
        pass
    raise KindError(f"expected a date such as 2026-01-31, found {shown(value)}")


def seconds(value: object) -> float:
    """A duration: a number of seconds, or a number with ms, s, m or h behind it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value) if value <= MAX_DURATION else MAX_DURATION + 1
    else:
        match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= 30 else None
        if match is None:
            expected = "a duration such as 60s, 100ms, 2m or 1h, or a number of seconds"
            raise KindError(f"expected {expected}, found {described(value)}")
        found = float(match[1]) * _UNITS[match[2]]
    if not 0 < found <= MAX_DURATION:
        raise KindError(f"expected a duration of more than 0 seconds and at most 8784h, found {described(value)}")
    return found


def days(value: object) -> int:
    """A whole number of days: a number, or one with d behind it."""
    match = _DAYS.fullmatch(value) if isinstance(value, str) and len(value) <= 30 else None
    found = int(match[1]) if match else value
    if type(found) is int and 1 <= found <= MAX_DAYS:
        return found
    raise KindError(f"expected days such as 90d or 90, from 1 to {MAX_DAYS:,}, found {described(value)}")


def jobs(value: object) -> int | str:
    """How many batches run at once: a number, or "auto"."""
    if value == "auto" or (type(value) is int and 1 <= value <= MAX_JOBS):
        return value
    raise KindError(f"expected a number from 1 to {MAX_JOBS}, or auto, found {described(value)}")


_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h)")
_DAYS = re.compile(r"([0-9]+) ?d")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _kind(check: Callable[[str], str], **schema: Any) -> Any:
    """How pydantic is told of a kind of text."""
    return (AfterValidator(check), WithJsonSchema({"type": "string", **schema}))


Text = Annotated[str, *_kind(text)]
Name = Annotated[str, *_kind(name, pattern=f"^{_NAME.pattern}$")]
Variable = Annotated[str, *_kind(variable, pattern="^[^=]+$")]
Plugin = Annotated[str, *_kind(plugin, pattern=f"^(\\./.+|{_NAME.pattern})$")]
Source = Annotated[str, *_kind(source, minLength=1)]
Folder = Annotated[str, *_kind(folder, pattern="^[^/]")]
SemVer = Annotated[str, *_kind(version, pattern=r"^[0-9]+\.[0-9]+\.[0-9]+([-+].+)?$")]
VersionRange = Annotated[str, *_kind(version_range, minLength=1)]
Glob = Annotated[str, *_kind(glob, minLength=1, maxLength=1_000)]
FileType = Annotated[str, *_kind(file_type)]
Regex = Annotated[str, *_kind(regex, format="regex")]
StderrPattern = Annotated[str, *_kind(partial(regex, groups=None), format="regex")]
Date = Annotated[str, *_kind(date, format="date")]
Globs = Annotated[list[Glob], AfterValidator(globs)]
Days = Annotated[
    int,
    BeforeValidator(days),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
                {"type": "string", "pattern": f"^{_DAYS.pattern}$"},
            ]
        }
    ),
]
Jobs = Annotated[
    int | str,
    BeforeValidator(jobs),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_JOBS}, {"const": "auto"}]}),
]
Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
            ]
        }
    ),
]


def _example(operator: str, value: str) -> str | None:
    """What to write where a version is nearly right."""
    try:
        return f'write "{operator}{versions.parse_operand(value)}"'
    except ValueError:
        return None
