"""Registries written to a file and read from it, and what is said of those that are none."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from omnibase.model.component import Component
from omnibase.model.errors import OmnibaseError
from omnibase.model.registry import PluginInfo, Registry
from omnibase.registry.reading import Document, read
from omnibase.registry.resolving import LoadedPlugin, resolve

HEAD = 'schema_version: "1"\n'
PARSERS = frozenset({"ruff", "mypy", "regex", "text"})


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[str | bytes], Document]:
    """Reads a registry with the given content."""

    def reading(content: str | bytes) -> Document:
        file = tmp_path / "registry.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(str(file), "registry.yaml")

    return reading


@pytest.fixture
def resolving(reading: Callable[[str], Document]) -> Callable[..., Registry]:
    """Reads and resolves a registry, given without its first line, with these plugins."""

    def resolving(content: str, plugins: Sequence[LoadedPlugin] = (), version: str = "0.1.0") -> Registry:
        return resolve(reading(HEAD + content), plugins, "/repository", version, PARSERS)

    return resolving


@pytest.fixture
def plugin() -> Callable[..., LoadedPlugin]:
    """A plugin that brings components."""

    def plugin(name: str, *components: Component, info: PluginInfo | None = None) -> LoadedPlugin:
        return LoadedPlugin(info or PluginInfo(name=name, module=name), components)

    return plugin


@pytest.fixture
def told() -> Callable[[Callable[[], object]], tuple[int, str]]:
    """The exit code of the error that a call raises, and all that its reader is told."""

    def told(call: Callable[[], object]) -> tuple[int, str]:
        with pytest.raises(OmnibaseError) as raised:
            call()
        error = raised.value
        return int(error.exit_code), f"{error.place}: {error.message}" + (
            f"\n-> {error.remedy}" if error.remedy else ""
        )

    return told
