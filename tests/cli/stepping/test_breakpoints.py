"""Breakpoints and settings of a run that stops, from the options."""

from typing import Any

import pytest

from omnibase.cli.stepping.breakpoints import breakpoints, one_at_a_time
from omnibase.model.component import Command, Component
from omnibase.model.context import Setting
from omnibase.model.errors import ConfigurationError, RegistryError
from omnibase.model.plan import Breakpoints
from omnibase.model.registry import Registry

REGISTRY = Registry("registry.yaml", tuple(Component(name, Command(("true",))) for name in ("lint", "types")))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"step": False, "breaks": ()}, None),
        ({"step": True}, Breakpoints(every=True)),
        ({"breaks": ("lint",)}, Breakpoints(names=("lint",))),
        ({"breaks": ("types", "lint", "types")}, Breakpoints(names=("types", "lint"))),
        ({"breaks": ("on-failure",)}, Breakpoints(on_failure=True)),
        ({"step": True, "breaks": ("on-failure", "lint")}, Breakpoints(every=True, names=("lint",), on_failure=True)),
    ],
)
def test_options_set_breakpoints(options: dict[str, Any], expected: Breakpoints | None) -> None:
    assert breakpoints(options, REGISTRY) == expected


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("lin", "'lint'"), ("on-fail", "'on-failure'"), ("zzz", "`omnibase registry list`")],
)
def test_a_name_that_the_registry_lacks_is_refused(name: str, remedy: str) -> None:
    with pytest.raises(RegistryError, match=f"no component is called '{name}'") as raised:
        breakpoints({"breaks": (name,)}, REGISTRY)
    assert remedy in (raised.value.remedy or "")


def settings(mode: str, origin: str = "default") -> dict[str, Setting]:
    return {"mode": Setting(mode, origin), "jobs": Setting("auto", "default")}


@pytest.mark.parametrize(
    ("mode", "options", "becomes"),
    [
        ("sync", {"step": True}, ("sync", "default")),
        ("async", {"step": True}, ("sync", "--step")),
        ("async", {"breaks": ("lint",)}, ("sync", "--break")),
        ("async", {"step": True, "jobs": "1"}, ("sync", "--step")),
        ("profile", {"step": True}, ("profile", "default")),
    ],
)
def test_a_run_that_stops_is_one_at_a_time(mode: str, options: dict[str, Any], becomes: tuple[str, str]) -> None:
    made = one_at_a_time(settings(mode), options)
    assert tuple(made["mode"]) == becomes
    assert made["jobs"] == Setting("auto", "default")


@pytest.mark.parametrize(
    ("mode", "origin", "options", "words"),
    [
        ("async", "command line", {"step": True, "jobs": "4"}, "--step and --jobs 4"),
        ("async", "command line", {"step": True, "jobs": "auto"}, "--step and --jobs auto"),
        ("async", "command line", {"breaks": ("lint",), "mode": "async"}, "--break and --mode async"),
        ("dry-run", "command line", {"step": True, "dry_run": True}, "--step and --dry-run"),
        ("dry-run", "environment", {"step": True}, r"--step and mode = dry-run \(environment\)"),
    ],
)
def test_what_it_cannot_be_is_refused(mode: str, origin: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{words} exclude each other") as raised:
        one_at_a_time(settings(mode, origin), options)
    assert raised.value.remedy
