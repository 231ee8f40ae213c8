"""A tool's output -> findings: one file a parser, and the table by which `findings:` finds it."""

from importlib import import_module

from omnibase.model.ports import Parser

# The name that `findings:` uses, and the "module:function" that is imported when it is asked for.
PARSERS: dict[str, str] = {
    "eslint": "omnibase.parsers.eslint:parse",
    "mypy": "omnibase.parsers.mypy:parse",
    "pytest": "omnibase.parsers.pytest:parse",
    "regex": "omnibase.parsers.regex:parse",
    "ruff": "omnibase.parsers.ruff:parse",
    "sarif": "omnibase.parsers.sarif:parse",
    "text": "omnibase.parsers.text:parse",
}


def parser(name: str) -> Parser | None:
    """The parser of that name, or None where there is none. Only its own module is imported.

    Each is a pure function of what a command left behind. It never raises: what cannot be read is
    `Parsed.problem`, beside the findings that could be read.
    """
    target = PARSERS.get(name)
    if target is None:
        return None
    module, _, function = target.partition(":")
    found: Parser = getattr(import_module(module), function)
    return found
