"""Executors with real processes, each closed when its test is over."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.python.executor import PythonExecutor
from omnibase.model.ports import Parser
from omnibase.parsers import PARSERS, parser
from tests.executors.batches import WRITE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that paths are relative to."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The run's folder for output."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def commands() -> Iterator[CommandExecutor]:
    parsers: dict[str, Parser] = {name: found for name in PARSERS if (found := parser(name)) is not None}
    executor = CommandExecutor(parsers)
    yield executor
    executor.close()


@pytest.fixture
def python() -> Iterator[PythonExecutor]:
    executor = PythonExecutor(WRITE)
    yield executor
    executor.close()


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., str]:
    """Writes a program into a folder outside the root; its path."""

    def write(text: str, name: str = "program", mode: int = 0o755) -> str:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text)
        os.chmod(path, mode)
        return str(path)

    return write
