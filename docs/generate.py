"""Writes the parts of docs/ that are made from the code: keys of the registry, options of commands, fields of reports.

`python docs/generate.py` writes them, `--check` only says which are not current (exit code 1). They stand between the
markers `<!-- generated: NAME -->` and `<!-- /generated -->`; everything around them is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from omnibase.cli import options as shared_options
from omnibase.cli.formatters import schema as report_schema
from omnibase.cli.main import omnibase
from omnibase.registry import schema as registry_schema

Json = Any
DOCS = Path(__file__).parent
MARKED = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)

GROUPS: Mapping[str, Sequence[Callable[[Any], Any]]] = {
    "Selection": shared_options.SELECTION,
    "Inputs": shared_options.INPUTS,
    "Execution": shared_options.EXECUTION,
    "Output": shared_options.OUTPUT,
    "Registry": shared_options.REGISTRY,
}

# The registry's mappings in the order in which a reader meets them: heading, name in the schema.
ENTRIES = (
    ("The file", None),
    ("`defaults`", "DefaultsEntry"),
    ("`stages.NAME`", "StageEntry"),
    ("`gates[]`", "GateEntry"),
    ("`hooks[]`", "HookEntry"),
    ("`components[]`", "ComponentEntry"),
    ("`components[].files`", "FilesEntry"),
    ("`components[].findings`", "FindingsEntry"),
    ("`components[].needs[]`", "NeedEntry"),
    ("`components[].batch`", "BatchEntry"),
    ("`retry`", "RetryEntry"),
    ("`breaker`", "BreakerEntry"),
    ("`limits`", "LimitsEntry"),
    ("`cache`", "CacheEntry"),
    ("`capabilities`", "CapabilitiesEntry"),
)

KINDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "mapping"}

RESULT_PARTS = ("Component", "Finding", "Part", "Attempt", "Call", "Output")
REPORT_PARTS = ("Choice", "GateDecision", "Result", *RESULT_PARTS, "Plan", "Summary", "Error")


def current(text: str) -> str:
    """A document with all its generated parts made anew."""
    return MARKED.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def main(arguments: Sequence[str]) -> int:
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = current(old)
        if new != old:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(new, encoding="utf-8")
    if stale:
        sys.stdout.write(f"{'not current' if '--check' in arguments else 'written'}: {', '.join(stale)}\n")
    return 1 if stale and "--check" in arguments else 0


# The registry


def registry_keys() -> str:
    schema = registry_schema.json_schema()
    sections = []
    for heading, name in ENTRIES:
        entry = schema["$defs"][name] if name else schema
        rows = [
            (
                f"`{key}`" + (" (required)" if key in entry.get("required", ()) else ""),
                _kind(field, schema["$defs"]),
                field["description"],
                f"`{_flow(field['examples'][0])}`" if field.get("examples") else "",
            )
            for key, field in entry["properties"].items()
        ]
        sections.append(f"### {heading}\n\n{_table(('key', 'value', 'meaning', 'example'), rows)}")
    return "\n".join(sections)


def _kind(field: Json, entries: Mapping[str, Json]) -> str:
    """What a value may be, in words."""
    if "$ref" in field or "allOf" in field:
        name = (field.get("$ref") or field["allOf"][0]["$ref"]).rpartition("/")[2]
        return _words(entries[name]["enum"]) if "enum" in entries[name] else "mapping"
    if "enum" in field or "const" in field:
        return _words(field.get("enum") or [field["const"]])
    choices = field.get("anyOf") or field.get("oneOf")
    if choices and {"number", "string"} == {choice.get("type") for choice in choices}:
        return "duration"
    if choices:
        return " or ".join(dict.fromkeys(_kind(choice, entries) for choice in choices))
    kind = str(field.get("type", "any value"))
    if kind == "array":
        return f"list of {_kind(field['items'], entries)}s".replace("or mappings", "or mapping")
    return {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "mapping"}.get(
        kind, kind
    )


def _words(words: Sequence[Json]) -> str:
    return ", ".join(f"`{word if isinstance(word, str) else _flow(word)}`" for word in words)


def _flow(value: Json) -> str:
    """A value as it would stand in the file, on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1_000, allow_unicode=True)
    return text.removesuffix("...\n").strip()


# The commands


def commands() -> str:
    context = click.Context(omnibase, info_name="omnibase")
    return "\n".join(_command(name, command, ctx) for name, command, ctx in _walk("omnibase", omnibase, context))


def option_groups() -> str:
    sections = []
    for name, decorators in GROUPS.items():
        sections.append(f"### {name}\n\n{_options(_params(decorators))}")
    return "\n".join(sections)


def _walk(path: str, group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    names = (
        ["init", "orch", "run", "registry", "runs", "breaker", "install", "uninstall", "completion"]
        if group is omnibase
        else group.list_commands(context)
    )
    for name in names:
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _walk(f"{path} {name}", command, inner)
        else:
            yield f"{path} {name}", command, inner


def _command(name: str, command: click.Command, context: click.Context) -> str:
    own = {option for param in command.params for option in param.opts if isinstance(param, click.Option)}
    taken, of_groups = [], set()
    for group, decorators in GROUPS.items():
        theirs = {option for param in _params(decorators) for option in param.opts}
        if theirs <= own:
            taken.append(f"[{group.lower()}](#{group.lower()})")
            of_groups |= theirs
    arguments = [param.make_metavar(context) if _takes_context() else param.make_metavar()  # type: ignore[call-arg] # click 8.1 takes none
                 for param in command.params if isinstance(param, click.Argument)]  # fmt: skip
    usage = " ".join([name, "[OPTIONS]", *arguments])
    blocks = [f"### `{name}`", f"```\n{usage}\n```", _unwrapped(command.help or "")]
    rest = [param for param in command.params if isinstance(param, click.Option) and not set(param.opts) & of_groups]
    if rest:
        blocks.append(_options(rest).rstrip("\n"))
    if taken:
        blocks.append(f"Options of {', '.join(taken)}.")
    return "\n\n".join(blocks) + "\n"


def _takes_context() -> bool:
    """Whether this click is 8.2 or later."""
    return click.Argument.make_metavar.__code__.co_argcount == 2


def _params(decorators: Sequence[Callable[[Any], Any]]) -> list[click.Parameter]:
    def nothing() -> None: ...

    return click.command()(shared_options.shared(list(decorators))(nothing)).params


def _options(params: Sequence[click.Parameter]) -> str:
    rows = []
    for param in params:
        if not isinstance(param, click.Option) or param.hidden:
            continue
        names = ", ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))
        metavar = param.metavar or ("|".join(param.type.choices) if isinstance(param.type, click.Choice) else None)
        value = metavar or ("" if param.is_flag or param.count else param.type.name.upper().replace(" RANGE", ""))
        rows.append((names, f"`{value}`" if value else "", param.help or ""))
    return _table(("option", "value", "meaning"), rows)


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(block.split()) for block in text.split("\n\n"))


# The report


def report_fields() -> str:
    schema = report_schema.json_schema()
    sections = []
    for name in (None, *REPORT_PARTS):
        entry = schema["$defs"][name] if name else schema
        rows = [(f"`{key}`", _report_kind(field), _meaning(field)) for key, field in entry["properties"].items()]
        heading = name or "The document"
        sections.append(f"### {heading}\n\n{entry['description']}\n\n{_table(('key', 'value', 'meaning'), rows)}")
    return "\n".join(sections)


def _report_kind(field: Json) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in REPORT_PARTS else "object"
    if "const" in field or "enum" in field:
        return _words(field.get("enum") or [field["const"]])
    if "anyOf" in field:
        kinds = [_report_kind(choice) for choice in field["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        return f"list of {_report_kind(field['items'])}"
    return str(field.get("type", "any JSON"))


def _meaning(field: Json) -> str:
    inner = (choice["description"] for choice in field.get("anyOf", ()) if "description" in choice)
    return str(field.get("description") or next(inner, ""))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    """Within a table a bar has to be escaped, in code too."""
    return re.sub(r"(?<!\\)\|", r"\|", text)


PARTS: Mapping[str, Callable[[], str]] = {
    "registry-keys": registry_keys,
    "commands": commands,
    "option-groups": option_groups,
    "report-fields": report_fields,
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
