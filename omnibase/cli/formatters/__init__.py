"""Output formats: the table of those that ship with omnibase, each imported only when it is used."""

from importlib import import_module

from omnibase.model.ports import Formatter

FORMATTERS = {
    "human": "omnibase.cli.formatters.human:format",
    "json": "omnibase.cli.formatters.json:format",
    "yaml": "omnibase.cli.formatters.yaml:format",
    "trace": "omnibase.cli.formatters.trace:format",
}


def formatter(name: str) -> Formatter | None:
    """The format of that name, or None where there is none in the table (a plugin may bring it)."""
    target = FORMATTERS.get(name)
    if target is None:
        return None
    module, _, function = target.partition(":")
    found: Formatter = getattr(import_module(module), function)
    return found
