"""The report as YAML: the same document as JSON's, laid out for reading."""

import re
from typing import TYPE_CHECKING, Any

from omnibase.cli.formatters.document import document
from omnibase.core.redaction import defused
from omnibase.model.ports import Style
from omnibase.model.report import RunReport

if TYPE_CHECKING:
    import yaml

Json = Any

# Plain, these would be a number or a boolean to a reader of YAML 1.2 (core schema, 10.3.2) or of the whole of 1.1,
# though not to PyYAML, which decides about the rest.
_AMBIGUOUS = re.compile(r"[yYnN]|[-+]?(?:0o[0-7]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)")
# What a literal block can hold as it is: everything printable but what readers take for a line break or act on.
_SHOWN = re.compile("[\n\t -~\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
# A terminal acts on these, or a CI system, and PyYAML writes them as they are; between double quotes their escapes mean
# the same.
_ACTING = re.compile("[\u202a-\u202e\u2066-\u2069]|#(?=#(?:vso|teamcity)?\\[)")


def format(report: RunReport, _style: Style) -> str:  # noqa: A001 - the name of every formatter
    """The report's document, the same for every style, in block style with sorted keys.

    Texts of several lines are literal blocks, and what occurs again, with more than one leaf, is an alias of its
    first occurrence. A safe loader gives the document back.
    """
    return dump(document(report))


def dump(data: Json) -> str:
    """YAML 1.1 of what JSON can hold, in a form that 1.2 reads alike."""
    import yaml

    text = yaml.dump(_Sharing().shared(data), Dumper=_dumper(), width=1_000_000_000, allow_unicode=True)
    return _ACTING.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


class _Sharing:
    """Makes equal structures one object, by which PyYAML knows what to write as an alias."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}  # each different structure and scalar gets a number
        self._objects: dict[int, Json] = {}

    def shared(self, data: Json) -> Json:
        """The data again, in which equal structures of more than one leaf are the same object."""
        return self._walk(data)[1]

    def _walk(self, data: Json) -> tuple[int, Json, int]:
        """The number of the structure, its one object, and how many leaves it has."""
        if isinstance(data, dict):
            walked = [(key, self._walk(item)) for key, item in sorted(data.items())]
            key: object = ("mapping", *((name, number) for name, (number, _, _) in walked))
            copy: Json = {name: item for name, (_, item, _) in walked}
            leaves = sum(count for _, (_, _, count) in walked)
        elif isinstance(data, list):
            items = [self._walk(item) for item in data]
            key = ("list", *(number for number, _, _ in items))
            copy = [item for _, item, _ in items]
            leaves = sum(count for _, _, count in items)
        else:
            return self._number((type(data), repr(data))), data, 1
        number = self._number(key)
        return number, self._objects.setdefault(number, copy) if leaves > 1 else copy, leaves

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _dumper() -> "type[yaml.SafeDumper]":
    """PyYAML's dumper, taught when to quote and when to write a literal block."""
    import yaml
    from yaml.emitter import ScalarAnalysis

    class Dumper(yaml.SafeDumper):
        def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
            analysis = super().analyze_scalar(scalar)
            # PyYAML would not write tabs, nor spaces at the end of a line, as they are: a literal block may hold both.
            analysis.allow_block = analysis.multiline and _SHOWN.fullmatch(scalar) is not None
            return analysis

        def determine_block_hints(self, text: str) -> str:
            hints = super().determine_block_hints(text)
            return f"{self.best_indent}{hints}" if text.startswith("\t") else hints  # libyaml guesses no indent there

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = None
        if not _SHOWN.fullmatch(value) or defused(value) != value or value.lstrip().startswith("::"):
            # PyYAML leaves U+0085 and its like in single quotes, where a reader makes them spaces. A plain key may be
            # the beginning of a line that a CI system takes for a command.
            style = '"'
        elif "\n" in value:
            style = "|"
        elif _AMBIGUOUS.fullmatch(value):
            style = "'"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)

    Dumper.add_representer(str, text)
    return Dumper
