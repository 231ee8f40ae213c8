"""The plugin as omnibase sees it: its components, and what a worker has to import for one of them."""

import importlib
import subprocess
import sys
from types import FunctionType

import pytest

from omnibase.api import Component, ComponentType, Lifecycle, PythonCall
from omnibase_files import plugin

COMPONENTS = {component.name: component for component in plugin.omnibase_components()}
FIXED = ["byte-order-mark", "mixed-line-ending", "trailing-whitespace", "end-of-file"]


def function(path: str) -> FunctionType:
    module, _, name = path.partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, FunctionType)
    return found


def call(component: Component) -> PythonCall:
    assert isinstance(component.work, PythonCall)
    return component.work


def test_the_plugin_brings_its_checks_and_its_tool() -> None:
    assert list(COMPONENTS) == [
        *FIXED,
        "check-yaml",
        "check-json",
        "check-toml",
        "check-ast",
        "debug-statements",
        "check-merge-conflict",
        "detect-private-key",
        "check-added-large-files",
        "file-inventory",
    ]
    assert [name for name, component in COMPONENTS.items() if component.type is ComponentType.TOOL] == [
        "file-inventory"
    ]


def test_every_check_is_stable_for_a_commit_and_idempotent() -> None:
    for component in COMPONENTS.values():
        assert component.idempotent
        assert component.description.endswith(".")
        if component.type is ComponentType.VALIDATOR:
            assert component.lifecycle is Lifecycle.STABLE
            assert "pre-commit" in component.tags
            assert call(component).takes == "file"


@pytest.mark.parametrize(
    ("name", "types"),
    [
        *((name, ("text",)) for name in [*FIXED, "check-merge-conflict", "detect-private-key"]),
        ("check-yaml", ("yaml",)),
        ("check-json", ("json",)),
        ("check-toml", ("toml",)),
        ("check-ast", ("python",)),
        ("debug-statements", ("python",)),
        ("check-added-large-files", ()),
        ("file-inventory", ()),
    ],
)
def test_each_component_says_which_files_it_is_for(name: str, types: tuple[str, ...]) -> None:
    assert COMPONENTS[name].files.types == types


def test_each_fixer_takes_the_settings_of_its_check() -> None:
    assert [name for name, component in COMPONENTS.items() if call(component).fixer] == FIXED
    for name in FIXED:
        fixer = call(COMPONENTS[name]).fixer
        assert fixer is not None
        assert (function(fixer).__kwdefaults__ or {}) == COMPONENTS[name].settings


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_worker_imports_little_for_one_component(name: str) -> None:
    work = call(COMPONENTS[name])
    heavy = ["pluggy", "yaml", "pydantic", "rich", "json", "ast", "tomllib", "symtable", "dataclasses", "asyncio"]
    heavy += [
        f"omnibase_files.{other}" for other in ("plugin", "text", "syntax", "yaml_syntax", "python", "repository")
    ]
    heavy.remove(work.module) if work.module in heavy else None
    code = f"import sys, {work.module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
