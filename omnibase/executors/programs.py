"""Where a component's program is."""

import os
import sys
from collections.abc import Mapping
from functools import lru_cache

from omnibase.model.record import Record
from omnibase.model.result import Cause


class Program(Record):
    """The program's absolute path, or why there is none."""

    path: str | None = None
    cause: Cause | None = None
    reason: str | None = None
    remedy: str | None = None


def search_path(root: str, env: Mapping[str, str]) -> list[str]:
    """The folders in which programs are looked for, first found first (docs/registry.md, "Programs").

    Beside the running interpreter, in the repository's `.venv/bin` and `node_modules/.bin`, then those of PATH.
    """
    return list(_search_path(sys.executable, root, env.get("PATH", os.defpath)))


def find(name: str, folders: list[str], cwd: str) -> Program:
    """The program that `name` means; one with a slash is a path relative to the component's folder."""
    candidates = _candidates(name, tuple(folders), cwd)
    for candidate in candidates:
        # In this order, because most are not there at all, and that is the cheaper question.
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return Program(candidate)
    unusable = next(filter(os.path.isfile, candidates), None)
    if unusable is not None:
        reason = f"{unusable} is not executable"
        return Program(None, Cause.NOT_EXECUTABLE, reason, f"chmod +x {unusable}, or name the program that runs it")
    where = "there" if "/" in name else "beside omnibase, in .venv/bin, in node_modules/.bin or on PATH"
    return Program(None, Cause.NOT_INSTALLED, f"{name} is not installed", f"install it {where}")


# Every command is looked for anew; where, is worked out once.


@lru_cache(maxsize=16)
def _search_path(python: str, root: str, path: str) -> tuple[str, ...]:
    own = (os.path.dirname(python), f"{root}/.venv/bin", f"{root}/node_modules/.bin")
    return tuple(folder for folder in (*own, *path.split(os.pathsep)) if folder)


@lru_cache(maxsize=256)
def _candidates(name: str, folders: tuple[str, ...], cwd: str) -> tuple[str, ...]:
    if "/" in name:
        return (os.path.join(cwd, name),)
    return tuple(os.path.join(cwd, folder, name) for folder in folders)
