"""The filter grammar: `type=validator,lifecycle=canary|stable,tag!=slow,version>=1.2`.

    expression = "*" | term { "," term }
    term       = key operator value { "|" value }
    key        = "type" | "lifecycle" | "tag" | "name" | "version" | "owner" | "capability"
    operator   = "=" | "!=" | ">=" | "<=" | ">" | "<"      (the last four with one value, and for versions only)

White space around each of them means nothing. In a value, `*` stands for any characters and `?` for one; the value
`*` holds for every component, also for one without tags or owner; `?*` asks for one. `!=` is the exact opposite of
`=`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from omnibase.core import versions
from omnibase.core.capabilities import CAPABILITIES, capabilities
from omnibase.core.nearest import nearest
from omnibase.model.component import Component, ComponentType, Lifecycle
from omnibase.model.record import Record

KEYS = ("type", "lifecycle", "tag", "name", "version", "owner", "capability")


class Term(Record):
    """One condition: the component has one of the values (`=`), none of them (`!=`), or its version compares so."""

    key: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key}{self.operator}{'|'.join(self.values)}"


class Expression(Record):
    """Conditions that have to hold together; without any, all components are meant."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return ",".join(map(str, self.terms)) or "*"


class ExpressionError(ValueError):
    """The text is no filter: what is wrong, the character at which it is (from 0), and what to write instead."""

    def __init__(self, message: str, position: int, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.remedy = remedy


def parse(text: str) -> Expression:
    """Read a filter. Raises ExpressionError and nothing else, whatever the text."""
    if text.strip() == "*":
        return Expression()
    if not text.strip():
        raise ExpressionError("the filter is empty", 0, "write key=value, or * for all components")
    return Expression(tuple(_term(text, start, stop) for start, stop in _pieces(text, 0, len(text), ",")))


def matches(expression: Expression, component: Component) -> Term | None:
    """The first term that does not hold for the component; None where all do."""
    return next((term for term in expression.terms if not _holds(term, component)), None)


def keys(expression: Expression) -> frozenset[str]:
    """The keys that the expression says anything about."""
    return frozenset(term.key for term in expression.terms)


def is_glob(value: str) -> bool:
    """Whether the value stands for others beside itself."""
    return "*" in value or "?" in value


def describe(term: Term) -> str:
    """The term as it would be written."""
    return str(term)


def explain(text: str, error: ExpressionError) -> str:
    """Two lines: the filter, or the part of it around the error, and a caret below the character that is wrong."""
    start = max(0, error.position - 60)
    before = text[start : error.position]
    shown = before + text[error.position : error.position + 40]
    dots = "..." if start else ""
    more = "..." if len(text) > error.position + 40 else ""
    line = "".join(char if char.isprintable() else " " for char in shown)
    return f"{dots}{line}{more}\n{' ' * (len(dots) + _columns(before))}^"


# These are compiled when first used, and kept by `re`: a run whose registry has been read before needs neither.
_HEAD = r"\s*(?P<key>[^\s=!<>|,]*)\s*(?P<operator>!=|>=|<=|=|>|<)?"
_STRAY = r"[=!<>\s]"
_WORDS: Mapping[str, Sequence[str]] = {
    "type": tuple(ComponentType),
    "lifecycle": tuple(Lifecycle),
    "capability": CAPABILITIES,
}


def _term(text: str, start: int, stop: int) -> Term:
    head = re.compile(_HEAD).match(text, start, stop)
    assert head is not None  # noqa: S101 - every part of the pattern may be empty
    key, operator = head["key"], head["operator"]
    if not key and not text[start:stop].strip():
        raise ExpressionError("a term is missing", min(start, len(text)), "write key=value on both sides of a comma")
    _check_key(key, head.start("key"), operator)
    if operator is None:
        raise ExpressionError(f"{key!r} has no operator and no value", head.end("key"), f"write {key}=VALUE")
    if operator not in ("=", "!=") and key != "version":
        remedy = f"compare versions only; write {key}=VALUE or {key}!=VALUE"
        raise ExpressionError(f"{operator!r} does not go with {key!r}", head.start("operator"), remedy)
    values = []
    for number, (first, last) in enumerate(_pieces(text, head.end(), stop, "|")):
        if number and operator not in ("=", "!="):
            remedy = f"write one value after {operator}; a comma between two terms means and"
            raise ExpressionError("a comparison has one value", first - 1, remedy)
        values.append(_value(text, first, last, key, operator))
    return Term(key, operator, tuple(values))


def _check_key(key: str, position: int, operator: str | None) -> None:
    if key in KEYS:
        return
    known = f"the keys are {', '.join(KEYS)}"
    if not key:
        raise ExpressionError("a key is missing", position, known)
    if key == "*":
        raise ExpressionError("'*' does not go with other terms", position, "leave it out, or write it alone")
    if operator is None:
        raise ExpressionError(f"{_shown(key)} is no term", position, f"write key=value; {known}")
    close = nearest(key.lower()[:100], KEYS)
    raise ExpressionError(f"unknown key {_shown(key)}", position, f"did you mean {close!r}?" if close else known)


def _value(text: str, start: int, stop: int, key: str, operator: str) -> str:
    value = text[start:stop].strip()
    if not value:
        raise ExpressionError("a value is missing", start, f"write {key}{operator}VALUE")
    at = start + len(text[start:stop]) - len(text[start:stop].lstrip())
    stray = re.search(_STRAY, value) if key != "owner" else None
    if stray:
        remedy = "write a comma between terms and | between values"
        if stray[0] == "!" and stray.start() == 0 and operator == "=":
            remedy = f"write {key}!=VALUE for components that do not have it"
        what = "white space" if stray[0].isspace() else repr(stray[0])
        raise ExpressionError(f"{what} cannot be part of a value here", at + stray.start(), remedy)
    if key == "version" and (operator not in ("=", "!=") or not is_glob(value)):
        try:
            versions.parse_operand(value)
        except ValueError as error:
            raise ExpressionError(str(error), at, "write a version such as 1, 1.2 or 1.4.0") from None
    if key in _WORDS and not is_glob(value) and value not in _WORDS[key]:
        close = nearest(value.lower()[:100], _WORDS[key])
        remedy = f"did you mean {str(close)!r}?" if close else f"it is one of {', '.join(_WORDS[key])}"
        raise ExpressionError(f"no component has the {key} {_shown(value)}", at, remedy)
    return value


def _holds(term: Term, component: Component) -> bool:
    if term.operator in ("=", "!="):
        return _has(term, component) is (term.operator == "=")
    version = _version(component.version)
    limit = versions.parse_operand(term.values[0])
    return version is not None and versions.holds(versions.Bound(term.operator, limit), version)


def _has(term: Term, component: Component) -> bool:
    facts = _facts(term.key, component)
    return any(value == "*" or any(_fits(value, term.key, fact) for fact in facts) for value in term.values)


def _fits(value: str, key: str, fact: str) -> bool:
    if value == fact:
        return True
    if is_glob(value):
        return _pattern(value).fullmatch(fact) is not None
    version = _version(fact) if key == "version" else None
    return version is not None and versions.holds(versions.Bound("==", versions.parse_operand(value)), version)


def _facts(key: str, component: Component) -> tuple[str, ...]:
    if key == "tag":
        return component.tags
    if key == "owner":
        return () if component.owner is None else (component.owner,)
    if key == "capability":
        return capabilities(component)
    fact: str = getattr(component, key)
    return (fact,)


@lru_cache(maxsize=1024)
def _version(text: str) -> versions.Version | None:
    try:
        return versions.parse(text)
    except ValueError:
        return None  # a plugin may have called its version anything; such a one compares with nothing


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression that never goes back over what it matched, and so takes linear time."""
    first, *rest = ("".join("." if char == "?" else re.escape(char) for char in piece) for piece in glob.split("*"))
    if not rest:
        return re.compile(f"(?s:{first})")
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"(?s:{first}{middle}.*{rest[-1]})")


def _pieces(text: str, start: int, stop: int, separator: str) -> Iterator[tuple[int, int]]:
    """Where each part of `text[start:stop]` between separators starts and stops."""
    while (at := text.find(separator, start, stop)) >= 0:
        yield start, at
        start = at + 1
    yield start, stop


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # only a mistake pays for it

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
