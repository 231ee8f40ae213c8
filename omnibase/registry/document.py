"""A bounded subset of YAML: plain data, with the place of every key and value.

What the file says is data and no program: anchors, aliases, merge keys and tags are refused, `defaults:` being there
for what components share. Scalars are those of YAML 1.2's core schema, so that `yes`, `on` and `1:30` are strings.
"""

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

import yaml

from omnibase.model.errors import ConfigurationError, Location
from omnibase.model.record import Record

Json = Any

MAX_DEPTH = 32
MAX_NODES = 100_000


class Node:
    """Where a value stands. `key_line` and `key_column` are those of its key; lines and columns count from 1.

    `text` is a plain scalar as it is written; `items` are the nodes of a mapping or a list.
    """

    __slots__ = ("column", "items", "key_column", "key_line", "line", "text")

    def __init__(self, line: int, column: int, text: str | None = None) -> None:
        self.line = self.key_line = line
        self.column = self.key_column = column
        self.text = text
        self.items: dict[str, Node] | list[Node] | None = None


class Tree(Record):
    """A file's content as JSON and, in the same shape, where each part of it stands."""

    data: Json
    node: Node


def parse(text: str, file: str) -> Tree | None:
    """Read one YAML document; None where there is none.

    Raises ConfigurationError with the place of what is no YAML, or what this subset does not have.
    """
    _refuse_control_characters(text, file)
    try:
        return _built(text, file)
    except _TooDeepToReadError as error:
        return _built(text[: error.at], file)  # which is too deep for a registry, and says where that begins


def _built(text: str, file: str) -> Tree | None:
    builder = _Builder(file)
    for event in _events(text, file):
        builder.take(event)
    return builder.root


class _TooDeepToReadError(Exception):
    """The library looks ahead of what it tells, and there gives up: at 1,000 levels, from PyYAML 6.0.4 on."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Open:
    """A mapping or list whose end has not come yet. `key` is the key that waits for its value."""

    __slots__ = ("data", "key", "node")

    def __init__(self, data: dict[str, Json] | list[Json], node: Node) -> None:
        self.data = data
        self.node = node
        self.key: tuple[str, Node] | None = None


class _Builder:
    """Puts a document together from parse events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Tree | None = None
        self._open: list[_Open] = []
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        """Add what the event says. Raises ConfigurationError."""
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._take_node(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._error(event, "a second document starts here", "keep one document in the file")

    def _take_node(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, f"the alias *{str(event.anchor)[:60]} is refused", _SHARING)
        if event.anchor is not None:
            raise self._error(event, f"the anchor &{event.anchor[:60]} is refused", _SHARING)
        if getattr(event, "tag", None) is not None:
            raise self._error(event, "a tag is refused", "write the value without its !tag")
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error(event, f"more than {MAX_NODES:,} values", "split the registry")
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.data, dict) and parent.key is None:
            parent.key = self._key(event, parent)
        elif isinstance(event, yaml.ScalarEvent):
            text = event.value if event.implicit[0] else None
            self._put(self._scalar(event), Node(*_mark(event), text))
        else:
            self._start(event)

    def _start(self, event: yaml.NodeEvent) -> None:
        if len(self._open) == MAX_DEPTH:
            raise self._error(event, f"nested more than {MAX_DEPTH} deep", "no part of a registry is as deep as that")
        node = Node(*_mark(event))
        mapping = isinstance(event, yaml.MappingStartEvent)
        data: dict[str, Json] | list[Json] = {} if mapping else []
        node.items = {} if mapping else []
        self._put(data, node)
        self._open.append(_Open(data, node))

    def _put(self, value: Json, node: Node) -> None:
        if not self._open:
            self.root = Tree(value, node)
            return
        parent = self._open[-1]
        if isinstance(parent.data, list):
            parent.data.append(value)
            parent.node.items.append(node)  # type: ignore[union-attr] # a list's node has a list
            return
        assert parent.key is not None  # noqa: S101 - a mapping's value comes after its key
        key, at = parent.key
        node.key_line, node.key_column = at.line, at.column
        parent.data[key] = value
        parent.node.items[key] = node  # type: ignore[index, call-overload] # a mapping's node has a mapping
        parent.key = None

    def _key(self, event: yaml.NodeEvent, parent: _Open) -> tuple[str, Node]:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a mapping or a list cannot be a key", 'put the key in quotes: "{...}"')
        key = event.value
        if key == "<<" and event.implicit[0]:
            raise self._error(event, "the merge key << is refused", _SHARING)
        if key in parent.data:
            first = parent.node.items[key]  # type: ignore[index, call-overload] # a mapping's node has a mapping
            line = first.key_line
            raise self._error(event, f"the key {_shown(key)} is there already, in line {line}", "remove one of the two")
        return key, Node(*_mark(event))

    def _scalar(self, event: yaml.ScalarEvent) -> Json:
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        number = _number(text) if text[0] in "+-.0123456789" else None
        if number is not None and not isfinite(number):
            raise self._error(event, f"{_shown(text)} is no finite number", f'put it in quotes: "{text[:60]}"')
        return text if number is None else number

    def _error(self, event: yaml.Event, message: str, remedy: str) -> ConfigurationError:
        return ConfigurationError(message, place=Location(self.file, *_mark(event)), remedy=remedy)


_SHARING = "a registry has no anchors, aliases or merge keys: `defaults:` holds what components share"
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _number(text: str) -> int | float | None:
    """The number that a plain scalar is (YAML 1.2.2, section 10.3.2); one beyond all measure is infinite."""
    if len(text) <= 100 and _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text.replace(".i", "i").replace(".I", "I").replace(".n", "n").replace(".N", "N"))
    return None


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None and error.problem == "exceeded maximum nesting depth":
            raise _TooDeepToReadError(mark.index) from None
        place = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
        context = f" {error.context}" if error.context else ""
        if error.context and error.context_mark:
            context += f" that starts in line {error.context_mark.line + 1}"
        raise ConfigurationError(
            f"this is no YAML:{context}{',' if context else ''} {error.problem}",
            place=place,
            remedy="mend the line, or the one before it; values with : # { } [ ] or quotes in them go into quotes",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"this is no YAML: {error}", place=Location(file)) from None


def _refuse_control_characters(text: str, file: str) -> None:
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        raise ConfigurationError(
            f"the character U+{ord(found[0]):04X} cannot stand in a YAML file",
            place=Location(file, line, column),
            remedy='remove it, or write it as an escape in double quotes: "\\x1b"',
        )


def _mark(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None  # noqa: S101 - an event that was parsed from text has one
    return mark.line + 1, mark.column + 1


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
