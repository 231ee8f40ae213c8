"""Where a component's program is."""

import os
import sys
from collections.abc import Mapping

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
    own = (os.path.dirname(sys.executable), f"{root}/.venv/bin", f"{root}/node_modules/.bin")
    return [folder for folder in (*own, *env.get("PATH", os.defpath).split(os.pathsep)) if folder]


def find(name: str, folders: list[str], cwd: str) -> Program:
    """The program that `name` means; one with a slash is a path relative to the component's folder."""
    candidates = [os.path.join(cwd, name)] if "/" in name else [os.path.join(cwd, folder, name) for folder in folders]
    unusable = None
    for candidate in candidates:
        if os.path.isfile(candidate):
            if os.access(candidate, os.X_OK):
                return Program(candidate)
            unusable = unusable or candidate
    if unusable is not None:
        reason = f"{unusable} is not executable"
        return Program(None, Cause.NOT_EXECUTABLE, reason, f"chmod +x {unusable}, or name the program that runs it")
    where = "there" if "/" in name else "beside omnibase, in .venv/bin, in node_modules/.bin or on PATH"
    return Program(None, Cause.NOT_INSTALLED, f"{name} is not installed", f"install it {where}")
