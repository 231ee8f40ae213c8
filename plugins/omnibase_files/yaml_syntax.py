"""check-yaml: YAML is read as a stream of events, so nothing is built, expanded or recursed into."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from omnibase.api import FileSet, Finding, SourceFile, validator

if TYPE_CHECKING:
    import yaml
    from yaml.events import _Mark

# No file of real use goes beyond these; a hostile one that does makes the parser's time quadratic.
DEEPEST = 500
TOO_DEEP = f"nested more than {DEEPEST} levels deep"
MOST_DIRECTIVES = 1000

STANDARD = "tag:yaml.org,2002:"
# The tags that safe loaders know (https://yaml.org/type/), by the kind of node that they are for.
SCALAR_TAGS = frozenset({"binary", "bool", "float", "int", "merge", "null", "str", "timestamp"})
SEQUENCE_TAGS = frozenset({"omap", "pairs", "seq"})
MAPPING_TAGS = frozenset({"map", "set"})

Key = tuple[str, str]  # the tag, and the value in a form that equal values share
MAPPING: Key = ("map", "")  # what stands for any mapping: none is equal to another


@validator(
    name="check-yaml",
    version="1.0.0",
    lifecycle="stable",
    tags=["pre-commit", "yaml", "syntax"],
    files=FileSet(types=("yaml",)),
)
def check_yaml(file: SourceFile, *, allow_multiple_documents: bool = False, unsafe: bool = False) -> Iterator[Finding]:
    """Find YAML files that cannot be loaded safely.

    That is wrong syntax, a key twice in one mapping, a mapping as a key, a tag that is not a standard one, an alias
    without an anchor, and a second document unless `allow_multiple_documents`. With `unsafe` only the syntax counts.
    """
    import yaml

    data = file.data
    if data.count(b"\n%") > MOST_DIRECTIVES:
        yield Finding(f"more than {MOST_DIRECTIVES:,} lines start with %", file.path, 1, code="yaml-syntax")
        return
    # libyaml, where PyYAML was built with it: the same events in a fraction of the time.
    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(allow_multiple_documents)
    depth = 0
    place = 1, 1
    try:
        for event in yaml.parse(data, Loader=loader):
            place = _place(event.start_mark)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    yield Finding(TOO_DEEP, file.path, *place, code="yaml-syntax")
                    return
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if not unsafe:
                for code, message in reader.remarks(event):
                    yield Finding(message, file.path, *place, code=code)
    except yaml.MarkedYAMLError as error:
        message = ": ".join(part for part in (error.context, error.problem) if part)
        if error.problem == "exceeded maximum nesting depth":  # libyaml looks ahead, and gives up there at 1,000
            message = TOO_DEEP
        yield Finding(message, file.path, *_place(error.problem_mark or error.context_mark), code="yaml-syntax")
    except yaml.reader.ReaderError as error:
        message = f"{error.reason} (0x{error.character:02x})"
        yield Finding(message, file.path, *_unreadable(data, error), code="yaml-syntax")
    except (ValueError, OverflowError):
        # PyYAML's own scanner hands any number to chr(); libyaml finds the fault itself.
        yield Finding("an escape beyond the range of Unicode follows", file.path, *place, code="yaml-syntax")


class _Mapping:
    """An open mapping: the line of each key, and whether the next node is a key."""

    __slots__ = ("at_key", "lines")

    def __init__(self) -> None:
        self.lines: dict[Key, int] = {}
        self.at_key = True


class _Reader:
    """What has to be known of the events before one, to say what is wrong with it."""

    __slots__ = ("anchors", "documents_left", "levels", "strange")

    def __init__(self, allow_multiple_documents: bool) -> None:
        self.documents_left = None if allow_multiple_documents else 1
        self.levels: list[_Mapping | None] = []  # None for a sequence
        self.anchors: dict[str, Key | None] = {}
        self.strange: set[str] = set()  # one finding for each tag: a file in another dialect has hundreds of them

    def remarks(self, event: "yaml.Event") -> Iterator[tuple[str, str]]:
        """The code and message of each fault of the event."""
        import yaml

        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            key = _key(event) if isinstance(event, yaml.ScalarEvent) else MAPPING if is_mapping else None
            if event.anchor is not None:
                self.anchors[event.anchor] = key
            if event.tag is not None and event.tag not in self.strange and not _is_known(event, event.tag):
                self.strange.add(event.tag)
                message = f"no safe loader knows the tag {_shown(event.tag)} here"
                yield "yaml-tag", f"{message}; `unsafe: true` checks the syntax only"
            yield from self._begun(event, key)
            if isinstance(event, yaml.CollectionStartEvent):
                self.levels.append(_Mapping() if is_mapping else None)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.levels.pop()
        elif isinstance(event, yaml.AliasEvent):
            name = event.anchor or ""
            if name not in self.anchors:
                yield "yaml-alias", f"the alias *{name} has no anchor before it"
            yield from self._begun(event, self.anchors.get(name))
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors.clear()
            if self.documents_left == 0:
                yield "yaml-documents", "a second document starts here; `allow_multiple_documents: true` lets it"
            self.documents_left = None if self.documents_left is None else self.documents_left - 1

    def _begun(self, event: "yaml.Event", key: Key | None) -> Iterator[tuple[str, str]]:
        mapping = self.levels[-1] if self.levels else None
        if mapping is None:
            return
        if mapping.at_key and key is not None:
            if key is MAPPING:
                yield (
                    "yaml-key",
                    "a mapping is the key here, which few loaders take; quote {{ }} if a template is meant",
                )
            elif key in mapping.lines:
                message = f"the key {_short(key[1])} is there already, in line {mapping.lines[key]}"
                yield "yaml-duplicate-key", message
            else:
                mapping.lines[key] = _place(event.start_mark)[0]
        mapping.at_key = not mapping.at_key


def _is_known(event: "yaml.ScalarEvent | yaml.CollectionStartEvent", tag: str) -> bool:
    import yaml

    if tag == "!":
        return True
    name = tag.removeprefix(STANDARD)
    if name == tag:
        return False
    if isinstance(event, yaml.ScalarEvent):
        return name in SCALAR_TAGS
    return name in (MAPPING_TAGS if isinstance(event, yaml.MappingStartEvent) else SEQUENCE_TAGS)


def _key(event: "yaml.ScalarEvent") -> Key:
    """What two keys share where a loader of the core schema (YAML 1.2.2, 10.3.2) takes them for equal."""
    value = event.value
    if event.tag is not None and event.tag != "!":
        return event.tag.removeprefix(STANDARD), value
    if event.style or event.tag == "!":  # quoted, or told to be no more than a string
        return "str", value
    if value in ("", "~", "null", "Null", "NULL"):
        return "null", "null"
    if value in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return "bool", value.lower()
    # Only what is sure to be short is made a number: how long it takes is otherwise for the file's writer to say.
    if len(value) <= 18 and re.fullmatch(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", value):
        return "int", str(int(value, 0 if value[1:2] in ("x", "o") else 10))
    return "str", value


def _shown(tag: str) -> str:
    return _short("!!" + tag.removeprefix(STANDARD) if tag.startswith(STANDARD) else tag)


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _unreadable(data: bytes, error: "yaml.reader.ReaderError") -> tuple[int, int]:
    """Its position counts bytes, or characters where those were read before the fault was seen."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    counted = data if error.encoding == "unicode" else data[: error.position]
    before = counted.decode(encoding, "replace")[: error.position]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def _place(mark: "_Mark | None") -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
