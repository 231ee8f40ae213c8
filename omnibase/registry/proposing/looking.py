"""Reads what proposals look at: the configuration files of a folder, each within bounds."""

import configparser
import json
import os
import posixpath
import stat
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from identify.identify import tags_from_filename

from omnibase.model.record import Record
from omnibase.registry.proposing.found import Found
from omnibase.registry.proposing.nesting import folders
from omnibase.registry.proposing.python import is_test

Json = Any

MAX_BYTES = 1 << 20  # of one configuration file
MAX_FEW = 20  # test files, and workflows of CI, that are read

_TOML = ("pyproject.toml", "ruff.toml", ".ruff.toml")
_JSON = ("package.json",)
_INI = ("setup.cfg", "tox.ini", "mypy.ini", ".mypy.ini")
_TEXT = (
    ".pre-commit-config.yaml",
    "GNUmakefile",
    "makefile",
    "Makefile",
    "justfile",
    "noxfile.py",
    "tox.toml",
    "Gemfile",
)


class Survey(Record):
    """What is in a folder, and in the projects below it by their folders; what could not be read is in `notices`."""

    found: Found
    projects: Mapping[str, Found]
    notices: tuple[str, ...]


def survey(root: str, paths: Iterable[str], folder: str = "") -> Survey:
    """Look at a folder of the root. `paths` are files relative to the root, of which those below the folder count.

    A file that cannot be read or understood is passed over with a notice, one whose name is no text without.
    """
    below = f"{folder}/" if folder else ""
    inside = frozenset(path.removeprefix(below) for path in paths if path.startswith(below) and _is_text(path))
    notices: list[str] = []
    found = _look(root, inside, folder, notices, nested=bool(folder))
    projects = {}
    for name in folders(inside):
        there = frozenset(path.removeprefix(f"{name}/") for path in inside if path.startswith(f"{name}/"))
        projects[name] = _look(root, there, posixpath.join(folder, name), notices, nested=True)
    return Survey(found, projects, tuple(notices))


def _is_text(path: str) -> bool:
    """Whether a path can stand in a registry, which is UTF-8."""
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)


def _look(root: str, inside: frozenset[str], folder: str, notices: list[str], *, nested: bool) -> Found:
    texts: dict[str, str] = {}
    tables: dict[str, Mapping[str, Json]] = {}
    for name in (*_TOML, *_JSON, *_INI, *_TEXT, *_few(inside)):
        if name not in inside:
            continue
        try:
            texts[name] = _read(os.path.join(root, folder, name))
            data = _parsed(name, texts[name])
        except (OSError, ValueError, configparser.Error, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            notices.append(f"{posixpath.join(folder, name)} is passed over: {' '.join(str(reason).split())}")
            continue
        if data is not None:
            tables[name] = data
    types = Counter(tag for path in inside for tag in tags_from_filename(path))
    return Found(inside, dict(types), texts, tables, nested)


def _few(paths: frozenset[str]) -> list[str]:
    """The workflows of CI, which name tools, and tests, which import what runs them."""
    workflows = sorted(path for path in paths if path.startswith(".github/workflows/"))
    tests = sorted(path for path in paths if is_test(path))
    return [*workflows[:MAX_FEW], *tests[:MAX_FEW]]


def _read(path: str) -> str:
    # a FIFO or a device of that name is not waited for
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")


def _parsed(name: str, text: str) -> Mapping[str, Json] | None:
    if name in _TOML:
        return tomllib.loads(text)
    if name in _JSON:
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
        return data
    if name in _INI:
        parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}
    return None
