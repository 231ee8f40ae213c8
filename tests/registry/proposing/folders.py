"""Folders with files, and what is proposed for them."""

from collections.abc import Mapping
from pathlib import Path

from omnibase import __version__
from omnibase.hooks.manager import find
from omnibase.model.registry import Registry
from omnibase.parsers import PARSERS
from omnibase.registry.proposing import writing
from omnibase.registry.proposing.draft import Draft, draft
from omnibase.registry.proposing.looking import Survey, survey
from omnibase.registry.reading import read
from omnibase.registry.resolving import LoadedPlugin, resolve

Files = Mapping[str, str | bytes]


def looked_at(root: Path, files: Files, folder: str = "") -> Survey:
    """The survey of a folder that has these files, and no others."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return survey(str(root), tuple(files), folder)


def drafted(root: Path, files: Files, folder: str = "") -> Draft:
    seen = looked_at(root, files, folder)
    return draft(seen.found, seen.projects, folder)


def written(root: Path, files: Files, folder: str = "") -> str:
    return writing.text(drafted(root, files, folder), ">=0.1")


def resolved(root: Path, text: str) -> Registry:
    """The registry that a text is, as `omnibase registry validate` reads it."""
    (root / "registry.yaml").write_text(text, encoding="utf-8")
    shipped = find("omnibase_files")
    document = read(str(root / "registry.yaml"), "registry.yaml", __version__)
    plugins = [LoadedPlugin(shipped.info, shipped.components)]
    return resolve(document, plugins, str(root), __version__, frozenset(PARSERS))
