"""What is wrong with a registry's file, in the words of the person who wrote it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from omnibase.core.nearest import nearest
from omnibase.model.errors import ConfigurationError, Location
from omnibase.model.record import Record
from omnibase.registry.document import Node, Tree
from omnibase.registry.kinds import KindError, described, shown

Json = Any
SHOWN = 10


class Complaint(Record):
    """One thing that is wrong: where (lines and columns count from 1), at which key, what, and what to do."""

    line: int
    column: int
    path: str
    message: str
    remedy: str | None = None


class Spot(Record):
    """The part of a file that a path leads to, or the last part on the way to it, and where it is complained of."""

    node: Node
    data: Json
    path: str
    line: int
    column: int
    missing: str | None = None


def complain(model: type[BaseModel], error: ValidationError, tree: Tree, file: str) -> ConfigurationError:
    """All that is wrong as one error: the first in the file's order in full, some of the others in a line each.

    Words are found only for what is shown: a file may have as many mistakes as it has lines.
    """
    details = error.errors(include_url=False)
    unknown: dict[tuple[int | str, ...], list[str]] = {}
    for one in details:
        if one["type"] == "extra_forbidden":
            unknown.setdefault(one["loc"][:-1], []).append(str(one["loc"][-1])[:100])
    errors = [(_place(one, tree), one) for one in details if not _is_misspelt(one, unknown)]
    empty = nulls(tree, frozenset(at.path for at, _ in errors))
    places = [(at.line, at.column, index) for index, (at, _) in enumerate(errors)]
    places += [(one.line, one.column, len(errors) + index) for index, one in enumerate(empty)]
    told = [
        empty[index - len(errors)] if index >= len(errors) else _complaint(model, errors[index][1], errors[index][0])
        for _, _, index in sorted(places)[:SHOWN]
    ]
    return raised(told, len(places), file)


def raised(complaints: Sequence[Complaint], total: int, file: str) -> ConfigurationError:
    """The first complaints, in the file's order, of so many in all as one error."""
    first, *others = complaints
    lines = [f"{first.path}: {first.message}"]
    if others:
        lines.append(f"and {total - 1} more:")
    for other in others:
        remedy = f" ({other.remedy})" if other.remedy and len(other.remedy) <= 60 else ""
        lines.append(f"  {Location(file, other.line, other.column)}: {other.path}: {other.message}{remedy}")
    if total > len(complaints):
        lines.append("  ...")
    return ConfigurationError("\n".join(lines), place=Location(file, first.line, first.column), remedy=first.remedy)


def nulls(tree: Tree, known: frozenset[str] = frozenset()) -> list[Complaint]:
    """Keys without a value, but for those of `settings`, whose values may be anything, and of `known` paths."""
    found = [
        Complaint(at.line, at.column, at.path, "expected a value, found nothing", _EMPTY)
        for at in _walk(tree, known)
        if at.data is None
    ]
    return sorted(found)


def spot(tree: Tree, path: Sequence[int | str]) -> Spot:
    """The part of the file that the path leads to. Marks that only pydantic knows ("~...", "[key]") are left out."""
    node, data, trail, missing = tree.node, tree.data, "", None
    for step in path:
        if isinstance(node.items, list) and isinstance(step, int) and step < len(node.items):
            node, data, trail = node.items[step], data[step], f"{trail}[{step}]"
        elif isinstance(node.items, dict) and step in node.items:
            node, data, trail = node.items[str(step)], data[step], _joined(trail, step)
        elif isinstance(step, str) and not step.startswith(("~", "[")):
            trail, missing = _joined(trail, step), step
            break
    return Spot(node, data, trail, node.line, node.column, missing)


_EMPTY = "write a value, or remove the key"
_EXPECTED = {
    "string_type": "a text",
    "string_unicode": "a text without surrogates",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "greater_than": "a number greater than {gt:,.10g}",
    "greater_than_equal": "a number of at least {ge:,.10g}",
    "less_than_equal": "a number of at most {le:,.10g}",
    "too_short": "at least one item",
}
_FORMS = {
    "~mapping": "a name or a mapping of keys",
    "~rule": "a mapping of keys or false",
    "~amounts": "a list of names, or a mapping of names to amounts",
}
_TRUTH = {
    "true": "true",
    "false": "false",
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}


def _place(error: ErrorDetails, tree: Tree) -> Spot:
    """What an error is about: a value, or a key that is unknown or wrong."""
    cause = error.get("ctx", {}).get("error")
    item = cause.item if isinstance(cause, KindError) else None
    at = spot(tree, error["loc"] if item is None else (*error["loc"], item))
    if error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
        return at._replace(line=at.node.key_line, column=at.node.key_column)
    return at


def _complaint(model: type[BaseModel], error: ErrorDetails, at: Spot) -> Complaint:
    return Complaint(at.line, at.column, at.path, *_words(model, error, at))


def _words(model: type[BaseModel], error: ErrorDetails, at: Spot) -> tuple[str, str | None]:
    """What is wrong, and what to do."""
    kind, steps, context = error["type"], error["loc"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, KindError):
        return cause.message, cause.remedy
    if kind == "missing":
        first = 'write `schema_version: "1"` in the first line'
        return "this key is missing", first if at.missing == "schema_version" else "add it"
    if kind == "extra_forbidden":
        keys = _keys(model, steps[:-1])
        close = nearest(str(steps[-1])[:100], keys)
        return "unknown key", f"did you mean {close!r}?" if close else f"the keys here are {', '.join(keys)}"
    if kind in ("enum", "literal_error"):
        return _not_among(context["expected"], at)
    expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else f"another value ({error['msg']})"
    if kind in ("model_type", "dict_type") and steps[-1] in _FORMS:
        expected = _FORMS[str(steps[-1])]
    return f"expected {expected}, found {_found(at)}", _remedy(kind, at)


def _is_misspelt(error: ErrorDetails, unknown: Mapping[tuple[int | str, ...], list[str]]) -> bool:
    """Whether a missing key is there under a name that is nearly its own, which is complained of already."""
    if error["type"] != "missing":
        return False
    return nearest(str(error["loc"][-1]), unknown.get(error["loc"][:-1], ())) is not None


def _not_among(expected: str, at: Spot) -> tuple[str, str | None]:
    """What to say of a value that is none of those allowed, given as pydantic lists them: 'a', 'b' or 'c'."""
    words = expected.replace(" or ", ", ").replace("'", "").split(", ")
    message = f"expected {_listed(words)}, found {_found(at)}"
    if isinstance(at.data, str):
        close = nearest(at.data.lower()[:100], words)
        return message, f"did you mean {close!r}?" if close else None
    return message, f'write "{at.node.text}", in quotes' if at.node.text in words else None


def _remedy(kind: str, at: Spot) -> str | None:
    data = at.data
    if data is None:
        return _EMPTY
    if kind == "string_type" and at.node.text is not None and len(at.node.text) <= 60:
        return f'write "{at.node.text}", in quotes'
    if kind == "string_type" and isinstance(data, dict) and list(data.values()) == [None]:
        return f'write "{{{next(iter(data))[:60]}}}", in quotes'
    if kind == "list_type" and isinstance(data, str) and len(data) <= 60:
        return f"write [{', '.join(data.split())}]"
    if kind == "bool_type" and isinstance(data, str) and data.lower() in _TRUTH:
        return f"write {_TRUTH[data.lower()]}"
    return None


def _found(at: Spot) -> str:
    return described(at.data, at.node.text)


def _listed(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else f'"{words[0]}"'


def _keys(model: type[BaseModel], steps: Sequence[int | str]) -> list[str]:
    """The keys that may be where the steps lead to."""
    pending = list(steps)
    while pending:
        step = pending.pop(0)
        field = model.model_fields.get(str(step))
        if field is None:
            continue
        if any(get_origin(one) is dict for one in (field.annotation, *get_args(field.annotation))):
            pending.pop(0)
        model = next(_models(field.annotation), model)
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _walk(tree: Tree, known: frozenset[str]) -> Iterator[Spot]:
    """Every part of the file in no particular order, without `known` paths and what is below them or `settings`."""
    pending = [(tree.node, tree.data, "")]
    while pending:
        node, data, path = pending.pop()
        if path in known:
            continue
        yield Spot(node, data, path, node.line, node.column)
        if isinstance(node.items, list):
            pending += [(one, data[i], f"{path}[{i}]") for i, one in enumerate(node.items)]
        elif isinstance(node.items, dict):
            pending += [(one, data[key], _joined(path, key)) for key, one in node.items.items() if key != "settings"]


def _joined(path: str, step: int | str) -> str:
    """A path one step on; a key that is long or cannot be shown stands there as Python would write it."""
    key = str(step)
    if len(key) > 60 or not key.isprintable():
        key = shown(key)
    return f"{path}.{key}" if path else key
