"""Finding installed plugins, asking them what they bring, and what is said of those that break the rules."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.hooks.manager import TABLES, find, listed, manager_of, source_files, table
from omnibase.hooks.specs import Specs
from omnibase.hooks.working import ARGUMENTS
from omnibase.model.component import PythonCall
from omnibase.model.errors import ConfigurationError, Location, OmnibaseError, ProtocolError, RegistryError
from omnibase.model.registry import PluginInfo

Install = Callable[..., Path]

PLACE = Location("registry.yaml", 3, 5)
HOOK = "from omnibase.api import *\nfrom omnibase.api import hookimpl\n@hookimpl\n"
EVERYTHING = """
from omnibase.api import Finding, hookimpl, validator

@validator(name="sample-check", version="1.0.0")
def sample_check(file):
    yield Finding("found")

class Orchestrator: ...
class Executor: ...
class Store: ...

@hookimpl
def omnibase_parsers(): return {"sample-parser": len, "other-parser": str}
@hookimpl
def omnibase_formatters(): return {"sample-format": str}
@hookimpl
def omnibase_executors(): return {"sample-executor": Executor}
@hookimpl
def omnibase_orchestrators(): return {"sample-stage": Orchestrator}
@hookimpl
def omnibase_stores(): return {"sample-store": Store}
@hookimpl
def omnibase_commands(): return {"sample-command": print}
@hookimpl
def omnibase_observers(): return [len]
@hookimpl
def omnibase_before_run(run): ...
@hookimpl
def omnibase_after_task(): ...
"""


def _refused(kind: type[OmnibaseError], name: str = "sample_plugin_one") -> OmnibaseError:
    """The error of looking at the plugin, which names it and the line of the registry."""
    with pytest.raises(OmnibaseError) as raised:
        find(name, PLACE)
    assert type(raised.value) is kind
    assert name in raised.value.message
    assert raised.value.place == PLACE
    return raised.value


def test_the_shipped_plugin_is_found_with_its_components() -> None:
    found = find("omnibase_files")
    assert found.info.name == "omnibase_files"
    assert "omnibase_components" in found.info.hooks
    assert {"trailing-whitespace", "end-of-file"} <= {component.name for component in found.components}
    assert all(component.plugin == "omnibase_files" for component in found.components)


def test_all_that_a_plugin_brings_is_told_by_name(install: Install) -> None:
    install(EVERYTHING)
    found = find("sample_plugin_one", PLACE)
    assert found.info == PluginInfo(
        name="sample_plugin_one",
        module="sample_plugin_one",
        version="1.2.3",
        hooks=(
            "omnibase_after_task",
            "omnibase_before_run",
            "omnibase_commands",
            "omnibase_executors",
            "omnibase_formatters",
            "omnibase_observers",
            "omnibase_orchestrators",
            "omnibase_parsers",
            "omnibase_stores",
        ),
        parsers=("other-parser", "sample-parser"),
        formats=("sample-format",),
        executors=("sample-executor",),
        stages=("sample-stage",),
        stores=("sample-store",),
        commands=("sample-command",),
    )
    (component,) = found.components
    assert component.name == "sample-check"
    assert component.work == PythonCall("sample_plugin_one", "sample_check", "file", "sample_plugin_one")


def test_the_rows_of_a_table_are_the_plugins_own_objects(install: Install) -> None:
    install(EVERYTHING)
    info = find("sample_plugin_one").info
    assert table([info], "omnibase_parsers") == {"sample-parser": len, "other-parser": str}
    assert listed([info], "omnibase_observers") == [len]
    assert table([], "omnibase_parsers") == {}
    assert listed([], "omnibase_observers") == []


def test_a_plugin_may_be_an_object(install: Install) -> None:
    source = (
        "from omnibase.api import hookimpl\nclass Plugin:\n    @hookimpl\n"
        "    def omnibase_parsers(self): return {'from-an-object': len}\nplugin = Plugin()\n"
    )
    file = install(source, target="sample_plugin_one:plugin")
    found = find("sample_plugin_one")
    assert (found.info.parsers, found.components) == (("from-an-object",), ())
    assert table([found.info], "omnibase_parsers") == {"from-an-object": len}
    assert str(file) in found.watched


def test_components_that_a_hook_gives_are_the_plugins(install: Install) -> None:
    source = (
        "from omnibase.api import Command, Component, hookimpl, validator\n"
        "@validator(name='not-listed', version='1.0.0')\ndef check(file): ...\n"
        "@hookimpl\ndef omnibase_components():\n    yield Component('given', Command(('true',)))\n"
    )
    install(source)
    (component,) = find("sample_plugin_one").components
    assert (component.name, component.plugin) == ("given", "sample_plugin_one")


# What is wrong with a plugin is told with its name and never as a traceback


def test_a_missing_plugin_is_told_with_the_nearest_name(install: Install) -> None:
    install("", "sample_plugin_one")
    error = _refused(RegistryError, "sample_plugin_onne")
    assert error.message == "the plugin 'sample_plugin_onne' is not installed"
    assert error.remedy == "did you mean 'sample_plugin_one'?"


def test_a_missing_plugin_that_is_like_none_has_a_remedy_all_the_same() -> None:
    error = _refused(RegistryError, "zzzzzzzz")
    assert sys.prefix in (error.remedy or "")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(7)", "SystemExit: 7"),
    ],
)
def test_a_plugin_that_cannot_be_imported(install: Install, source: str, words: str) -> None:
    install(source)
    error = _refused(RegistryError)
    assert f"cannot be imported: {words}" in error.message
    assert "import sample_plugin_one" in (error.remedy or "")


def test_a_plugin_whose_entry_point_names_nothing(install: Install) -> None:
    install("", target="sample_plugin_one:plugin")
    assert "AttributeError" in _refused(RegistryError).message


def test_an_error_of_ours_keeps_its_family_and_gets_the_plugins_name(install: Install) -> None:
    install("from omnibase.api import validator\n@validator(name='a', version='1')\ndef check(wrong): ...\n")
    error = _refused(ProtocolError)
    assert error.message.startswith("the plugin 'sample_plugin_one': check in ")
    assert error.remedy
    install("from omnibase.api import ConfigurationError\nraise ConfigurationError('set it up')\n", "sample_plugin_two")
    assert _refused(ConfigurationError, "sample_plugin_two").message == "the plugin 'sample_plugin_two': set it up"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{HOOK}def omnibase_before_run(runn): ...", "runn"),
        (f"{HOOK}def omnibase_after_task(task, more): ...", "more"),
        (f"{HOOK}def omnibase_parser(): ...", "omnibase_parser"),
    ],
)
def test_a_hook_that_breaks_its_specification(install: Install, source: str, words: str) -> None:
    install(source)
    error = _refused(ProtocolError)
    assert "the plugin 'sample_plugin_one' breaks a hook specification" in error.message
    assert words in error.message
    assert "docs/plugins.md" in (error.remedy or "")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{HOOK}def omnibase_parsers(): 1 / 0", "omnibase_parsers of sample_plugin_one raised ZeroDivisionError"),
        (
            f"{HOOK}def omnibase_parsers(): raise SystemExit(1)",
            "of sample_plugin_one raised SystemExit",
        ),
        (f"{HOOK}def omnibase_formatters(): return [1]", "returned list, and a mapping is wanted"),
        (f"{HOOK}def omnibase_stores(): return {{'a': 1}}", "brings 'a' as int, which cannot be called"),
        (f"{HOOK}def omnibase_components(): return 1", "omnibase_components of sample_plugin_one returned int"),
        (
            f"{HOOK}def omnibase_components(): return ['a']",
            "brings 'a', which is no component",
        ),
        (
            f"{HOOK}def omnibase_components(): 1 / 0",
            "of sample_plugin_one raised ZeroDivisionError",
        ),
        (f"{HOOK}def omnibase_components():\n    yield 1 / 0", "of sample_plugin_one raised ZeroDivisionError"),
    ],
)
def test_a_hook_that_returns_or_raises_something_else(install: Install, source: str, words: str) -> None:
    install(source)
    assert words in _refused(ProtocolError).message


@pytest.mark.parametrize(
    "source",
    [
        f"{HOOK}def omnibase_parsers(): raise ConfigurationError('set it up')",
        f"{HOOK}def omnibase_components(): raise ConfigurationError('set it up')",
        f"{HOOK}def omnibase_components():\n    yield from ()\n    raise ConfigurationError('set it up')",
    ],
)
def test_an_error_of_ours_that_a_hook_raises_keeps_its_family(install: Install, source: str) -> None:
    install(source)
    with pytest.raises(ConfigurationError, match="set it up"):
        find("sample_plugin_one", PLACE)


def test_a_fixer_without_its_validator_is_the_plugins_fault(install: Install) -> None:
    install("from omnibase.api import fixer\n@fixer(of='nothing')\ndef mend(file): ...\n")
    with pytest.raises(ProtocolError, match="no validator has that name"):
        find("sample_plugin_one", PLACE)


def test_two_plugins_that_bring_the_same_name_are_refused(install: Install) -> None:
    source = f"{HOOK}def omnibase_parsers(): return {{'same': len}}"
    install(source, "sample_plugin_one")
    install(source, "sample_plugin_two")
    infos = [find(name).info for name in ("sample_plugin_one", "sample_plugin_two")]
    with pytest.raises(ProtocolError, match="brings 'same' twice") as raised:
        table(infos, "omnibase_parsers")
    assert {"sample_plugin_one", "sample_plugin_two"} <= set(raised.value.message.replace(",", "").split())


@pytest.mark.parametrize("returned", ["1", "None or 3.5"])
def test_observers_that_are_no_list_are_refused(install: Install, returned: str) -> None:
    install(f"{HOOK}def omnibase_observers(): return {returned}")
    info = find("sample_plugin_one").info
    with pytest.raises(ProtocolError, match="omnibase_observers of sample_plugin_one returned"):
        listed([info], "omnibase_observers")


def test_a_plugin_that_was_removed_since_is_told_as_one_that_cannot_be_imported() -> None:
    with pytest.raises(RegistryError, match="the plugin 'gone' cannot be imported: ModuleNotFoundError"):
        manager_of([PluginInfo("gone", "gone_since_yesterday")])


# What makes this knowledge stale


def test_the_metadata_and_all_files_of_a_package_are_watched(install: Install, site: Path) -> None:
    file = install("", "sample_plugin_one", module="sample_package.inner")
    (site / "sample_package" / "data.txt").touch()
    (site / "sample_package" / "__pycache__").mkdir(exist_ok=True)
    (site / "sample_package" / "__pycache__" / "old.py").touch()
    (site / "sample_package" / "deeper").mkdir()
    (site / "sample_package" / "deeper" / "more.py").touch()
    watched = find("sample_plugin_one").watched
    assert watched[0] == str(site / "sample_plugin_one-1.2.3.dist-info")
    package = site / "sample_package"
    assert list(watched[1:]) == [str(package / "__init__.py"), str(file), str(package / "deeper" / "more.py")]


def test_a_single_module_is_watched_alone(install: Install, site: Path) -> None:
    (site / "neighbour.py").touch()
    file = install("")
    assert find("sample_plugin_one").watched == (str(site / "sample_plugin_one-1.2.3.dist-info"), str(file))


def test_a_module_without_a_file_has_no_files() -> None:
    assert source_files(None) == ()
    assert source_files(sys.modules["sys"].__dict__.get("__file__")) == ()


# The specifications


def test_every_specification_is_a_table_a_list_or_a_hook_of_a_run() -> None:
    specified = {name for name in vars(Specs) if name.startswith("omnibase_")}
    assert specified == {*TABLES, *ARGUMENTS, "omnibase_components", "omnibase_observers"}
    for name in specified:
        documented: Any = getattr(Specs, name).__doc__
        assert documented
