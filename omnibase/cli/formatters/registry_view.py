"""What the registry stage was asked for, for people: a list, one component, a verdict on the file, a schema."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from omnibase.cli.formatters.layout import BOLD, columns, padded, painted, quantity, shell, wrapped
from omnibase.core.redaction import visible
from omnibase.model.ports import Style
from omnibase.model.report import RunReport

Json = Any

HEAD = ("NAME", "TYPE", "LIFECYCLE", "VERSION")
# A description has its own lines where less than this is left beside the other columns.
DESCRIPTION_WIDTH = 30
COMMANDS = ("command", "fix", "argv")
SIZES = ("memory", "output")  # of limits, in bytes


def registry_view(report: RunReport, style: Style) -> str | None:
    """The first result's value as text; None where this is no report of the registry stage, or says nothing."""
    if report.header.stage != "registry" or not report.results:
        return None
    value = report.results[0].result.value
    if not isinstance(value, Mapping):
        return None
    view = VIEWS.get(str(value.get("action")), _anything)
    return "".join(f"{line}\n" for line in view(value, style)) or None


def _list(value: Mapping[str, Json], style: Style) -> Iterator[str]:
    components = value.get("components") or []
    if not components:
        yield "the registry has no components"
    else:
        yield from _table(components, style)
    plugins = value.get("plugins") or []
    if plugins:
        yield ""
        yield "plugins:"
        for plugin in plugins:
            yield from (f"  {line}" for line in wrapped(_plugin(plugin), style.width - 2, "  "))


def _table(components: Sequence[Mapping[str, Json]], style: Style) -> Iterator[str]:
    rows = [tuple(_text(component.get(key.lower())) for key in HEAD) for component in components]
    widths = [max(map(columns, cells)) for cells in zip(HEAD, *rows, strict=True)]
    used = sum(widths) + 2 * len(widths)
    beside = style.width - used >= DESCRIPTION_WIDTH
    if used - 2 <= style.width:
        title = "  ".join(padded(cell, width) for cell, width in zip(HEAD, widths, strict=True))
        yield painted(f"{title}  DESCRIPTION" if beside else title.rstrip(), BOLD, style)
    for component, cells in zip(components, rows, strict=True):
        row = "  ".join(padded(cell, width) for cell, width in zip(cells, widths, strict=True))
        told = _description(component, style)
        if beside:
            first, *more = wrapped(told, style.width - used)
            yield f"{row}  {first}".rstrip()
            yield from (" " * used + line for line in more)
        else:
            yield from [row.rstrip()] if used - 2 <= style.width else wrapped(" ".join(cells), style.width, "  ")
            yield from (f"    {line}" for line in wrapped(told, style.width - 4) if line)


def _description(component: Mapping[str, Json], style: Style) -> str:
    tags = component.get("tags") or []
    words = [_text(component.get("description"))]
    words += [f"[{', '.join(_flat(tags))}]"] if tags else []
    words += [f"({_text(component['origin'])})"] if component.get("origin") and style.verbosity > 0 else []
    return " ".join(word for word in words if word)


def _plugin(plugin: Mapping[str, Json]) -> str:
    words = [_text(plugin.get("name")), _text(plugin.get("version")), _text(plugin.get("path"))]
    words += ["(not loaded: its code is in the repository)"] if plugin.get("loaded") is False else []
    return " ".join(word for word in words if word)


def _inspect(value: Mapping[str, Json], style: Style) -> Iterator[str]:
    component = value.get("component")
    yield from _fields(_written(component) if isinstance(component, Mapping) else {}, style)
    gates = value.get("gates") or []
    if gates:
        yield "gates:"
        for gate in gates:
            yield from (f"  {line}" for line in wrapped(_gate(gate), style.width - 2, "  "))


def _gate(gate: Mapping[str, Json]) -> str:
    place = f" ({_text(gate['place'])})" if gate.get("place") else ""
    return f"{_text(gate.get('decision'))} by {_text(gate.get('gate'))}: {_text(gate.get('reason'))}{place}"


def _written(component: Mapping[str, Json]) -> Mapping[str, Json]:
    """The component, with what the registry writes in another way said as there."""
    fields = dict(component)
    if "breaker" in fields and fields["breaker"] is None:
        fields["breaker"] = False
    limits = fields.get("limits")
    if isinstance(limits, Mapping):
        fields["limits"] = {key: _megabytes(item) if key in SIZES else item for key, item in limits.items()}
    return fields


def _megabytes(size: Json) -> Json:
    return f"{size / (1 << 20):,.10g} MB" if isinstance(size, int | float) else size


def _validate(value: Mapping[str, Json], _style: Style) -> Iterator[str]:
    counts = [quantity(_count(value.get(noun)), noun.removesuffix("s")) for noun in ("components", "plugins")]
    yield f"{_text(value.get('file')) or 'registry'}: valid, {', '.join(counts)}"


def _schema(value: Mapping[str, Json], _style: Style) -> Iterator[str]:
    from omnibase.cli.formatters.json import canonical

    yield canonical(value.get("schema")).rstrip("\n")


def _anything(value: Mapping[str, Json], style: Style) -> Iterator[str]:
    yield from _fields({key: item for key, item in value.items() if key != "action"}, style)


def _fields(fields: Mapping[str, Json], style: Style, indent: str = "") -> Iterator[str]:
    """`key: value` lines; what is not set is left out."""
    for key, item in fields.items():
        name = f"{_text(key)}:"
        width = style.width - len(indent)
        if key == "_" or item is None or (isinstance(item, str | Mapping | list | tuple) and not item):
            continue
        if isinstance(item, Mapping):
            yield f"{indent}{name}"
            yield from _fields(item, style, f"{indent}  ")
        elif key in COMMANDS and isinstance(item, list | tuple):
            yield f"{indent}{name} {shell(map(str, item))}"
        elif isinstance(item, list | tuple):
            yield from (f"{indent}{line}" for line in wrapped(f"{name} {', '.join(_flat(item))}", width, "  "))
        else:
            first, *more = _text(item).split("\n")
            yield from (f"{indent}{line}" for line in wrapped(f"{name} {first}", width, "  "))
            yield from (f"{indent}  {line}".rstrip() for line in more)


def _flat(items: Any) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping):
            yield "{" + ", ".join(f"{_text(key)}: {_text(each)}" for key, each in item.items() if each) + "}"
        elif isinstance(item, list | tuple):
            yield f"[{', '.join(_flat(item))}]"
        else:
            yield _text(item)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(str(value))


def _count(value: Json) -> int:
    return value if isinstance(value, int) else len(value or ())


VIEWS: Mapping[str, Callable[[Mapping[str, Json], Style], Iterator[str]]] = {
    "list": _list,
    "inspect": _inspect,
    "validate": _validate,
    "schema": _schema,
}
