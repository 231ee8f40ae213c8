"""The settings of the environment and of the user's file, read and checked."""

import os
import re
from collections.abc import Mapping
from typing import Any

from omnibase.core.nearest import nearest
from omnibase.core.settings import Value
from omnibase.model.context import Mode
from omnibase.model.errors import ConfigurationError, Location
from omnibase.model.plan import KeepGoing

PREFIX = "OMNIBASE_"
MAX_DURATION = 366 * 24 * 3600.0  # seconds; as in a registry
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def from_environment(env: Mapping[str, str]) -> dict[str, Value]:
    """The settings that OMNIBASE_* variables have. Raises ConfigurationError."""
    return {
        name: check(name, env[PREFIX + name.upper()], PREFIX + name.upper())
        for name in CHECKS
        if env.get(PREFIX + name.upper())
    }


def from_user(env: Mapping[str, str]) -> tuple[str, dict[str, Value]]:
    """The user's config.toml (XDG Base Directory Specification): where it is, and what it says.

    Raises ConfigurationError.
    """
    base = env.get("XDG_CONFIG_HOME") or os.path.join(env.get("HOME") or os.path.expanduser("~"), ".config")
    path = os.path.join(base, "omnibase", "config.toml")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return path, {}
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"this is no TOML: {error}", place=Location(path), remedy="mend the file") from None
    values = {}
    for name, value in table.items():
        if name not in CHECKS:
            close = nearest(name, CHECKS)
            raise ConfigurationError(
                f"there is no setting {name!r}",
                place=Location(path),
                remedy=f"did you mean {close!r}?" if close else f"the settings are {', '.join(CHECKS)}",
            )
        values[name] = check(name, value, path)
    return path, values


def check(name: str, value: Any, origin: str) -> Value:
    """A setting's value as it is used, from text or as TOML has it. Raises ConfigurationError."""
    try:
        checked: Value = CHECKS[name](value)
        return checked
    except (ValueError, KeyError, TypeError) as error:
        expected = EXPECTED[name]
        raise ConfigurationError(
            f"{origin}: {value!r} is not what {name} may be" if origin.startswith("-") else f"{name} = {value!r}",
            place=None if origin.startswith("-") else Location(origin),
            remedy=f"use {expected}",
        ) from error


def seconds(value: Any) -> float:
    """A duration such as "60s", "100ms", "2m" or a number, in seconds. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?", str(value).strip())
    if found is None or not 0 < float(found[1]) * UNITS[found[2] or "s"] <= MAX_DURATION:
        raise ValueError(f"{value!r} is no duration")
    return float(found[1]) * UNITS[found[2] or "s"]


def _jobs(value: Any) -> int | str:
    if str(value) == "auto":
        return "auto"
    if isinstance(value, bool) or not 1 <= int(str(value)) <= 10_000:
        raise ValueError(f"{value!r} is no number of jobs")
    return int(str(value))


def _seed(value: Any) -> str:
    """A seed as it is written; "random" draws one."""
    text = str(value)
    if not 0 < len(text) <= 100 or not text.isprintable() or isinstance(value, bool):
        raise ValueError(f"{value!r} is no seed")
    return os.urandom(4).hex() if text == "random" else text


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no path")
    return value


def _one_of(*words: str) -> Any:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {words}")
        return str(value)

    return check


CHECKS: Mapping[str, Any] = {
    "mode": _one_of(*(mode.value for mode in Mode)),
    "jobs": _jobs,
    "format": str,
    "color": _one_of("auto", "always", "never"),
    "progress": _one_of("auto", "live", "lines", "off"),
    "fix": lambda value: value if isinstance(value, bool) else BOOLEANS[str(value).lower()],
    "restage": lambda value: value if isinstance(value, bool) else BOOLEANS[str(value).lower()],
    "keep_going": _one_of(*(policy.value for policy in KeepGoing)),
    "shuffle": _seed,
    "timeout": seconds,
    "log_file": _path,
}

EXPECTED = {
    "mode": "sync, async, dry-run or profile",
    "jobs": "a number from 1 to 10000, or auto",
    "format": "the name of a format",
    "color": "auto, always or never",
    "progress": "auto, live, lines or off",
    "fix": "true or false",
    "restage": "true or false",
    "keep_going": "never, independent or always",
    "shuffle": "a number or a word of up to 100 printable characters, or random",
    "timeout": "a duration such as 90s, 10m or 1h",
    "log_file": "the path of a file",
}
