"""What a folder holds, as far as proposals look at it, and what may be asked of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from omnibase.model.record import Record

Json = Any


class Found(Record):
    """Paths are relative to the folder. `types` counts its files by identify's tags for their names.

    `texts` are the configuration files that could be read, by path; `tables` those of them that are TOML, JSON or INI,
    as data. `nested` says that the folder lies below the one that the registry is for.
    """

    paths: frozenset[str] = frozenset()
    types: Mapping[str, int] = {}
    texts: Mapping[str, str] = {}
    tables: Mapping[str, Mapping[str, Json]] = {}
    nested: bool = False


def first(found: Found, *names: str) -> str | None:
    """The first of these files that is there."""
    return next((name for name in names if name in found.paths), None)


def table(found: Found, file: str, *keys: str) -> Mapping[str, Json] | None:
    """A table of a file, by the keys that lead to it; None where it is not there or is no table."""
    here: Json = found.tables.get(file)
    for key in keys:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else None


def declared(found: Found, files: Iterable[str] = (), tools: Iterable[str] = (), sections: Iterable[str] = ()) -> str:
    """Where a tool is configured, in words: a file of its own, [tool.X] in pyproject.toml, or a section of an INI file.

    Empty where it is not. A section that ends in a dot stands for all that begin so.
    """
    own = first(found, *files)
    if own:
        return own
    for tool in tools:
        if table(found, "pyproject.toml", "tool", *tool.split(".")) is not None:
            return f"[tool.{tool}] in pyproject.toml"
    for file in ("setup.cfg", "tox.ini"):
        there = found.tables.get(file, {})
        for section in sections:
            if section in there or (section.endswith(".") and any(name.startswith(section) for name in there)):
                return f"[{section.rstrip('.')}] in {file}"
    return ""


def mentioned(found: Found, *words: str) -> str:
    """The first file that has one of the words, of those that were read; empty where none has."""
    return next((path for path, text in found.texts.items() if any(word in text for word in words)), "")
