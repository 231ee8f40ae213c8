"""Where a component's program is looked for, and which is taken."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.programs import find, search_path
from omnibase.model.result import Cause
from tests.executors import batches
from tests.executors.batches import command

PLACES = ("interpreter", "root/.venv/bin", "root/node_modules/.bin", "first", "second")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a program into one of the places; each prints which it is. The interpreter is in a place of its own."""
    (tmp_path / "interpreter").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "interpreter" / "python"))

    def put(place: str, mode: int = 0o755, name: str = "tool") -> Path:
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {place}\n")
        program.chmod(mode)
        return program

    return put


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"PATH": f"{tmp_path}/first:{tmp_path}/second:{os.environ['PATH']}"}


def test_the_places_are_looked_at_in_their_order(
    install: Callable[..., Path], commands: CommandExecutor, tmp_path: Path, env: dict[str, str]
) -> None:
    programs = {place: install(place) for place in PLACES}
    for place in PLACES:
        outcome = batches.run_one(
            commands, batches.assignment(batches.place(tmp_path / "root", PATH=env["PATH"]), command("tool"))
        )
        assert outcome.output is not None
        assert (outcome.output.text, outcome.program) == (place, str(programs[place]))
        programs[place].unlink()


def test_a_program_that_may_not_be_executed_is_passed_over_for_a_later_one(
    install: Callable[..., Path], tmp_path: Path, env: dict[str, str]
) -> None:
    install("root/.venv/bin", mode=0o644)
    usable = install("second")
    found = find("tool", search_path(str(tmp_path / "root"), env), str(tmp_path / "root"))
    assert found.path == str(usable)


def test_where_none_can_be_executed_the_first_is_named(
    install: Callable[..., Path], tmp_path: Path, env: dict[str, str]
) -> None:
    first = install("root/.venv/bin", mode=0o644)
    install("second", mode=0o644)
    found = find("tool", search_path(str(tmp_path / "root"), env), str(tmp_path / "root"))
    assert (found.path, found.cause) == (None, Cause.NOT_EXECUTABLE)
    assert str(first) in (found.reason or "")


def test_a_folder_of_that_name_is_no_program(install: Callable[..., Path], tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "first" / "tool").mkdir(parents=True)
    usable = install("second")
    assert find("tool", search_path(str(tmp_path / "root"), env), str(tmp_path / "root")).path == str(usable)
    usable.unlink()
    assert find("tool", search_path(str(tmp_path / "root"), env), str(tmp_path / "root")).cause is Cause.NOT_INSTALLED


def test_a_name_with_a_slash_is_a_path_from_the_components_folder(
    install: Callable[..., Path], commands: CommandExecutor, tmp_path: Path
) -> None:
    install("root/sub/tools")
    install("first")
    component = command("tools/tool", cwd="sub")
    outcome = batches.run_one(commands, batches.assignment(batches.place(tmp_path / "root"), component))
    assert outcome.output is not None
    assert outcome.output.text == "root/sub/tools"
    component = command("./tool")
    outcome = batches.run_one(
        commands, batches.assignment(batches.place(tmp_path / "root", PATH=f"{tmp_path}/first"), component)
    )
    assert outcome.cause is Cause.NOT_INSTALLED


def test_empty_entries_of_the_path_do_not_mean_the_folder_itself(install: Callable[..., Path], tmp_path: Path) -> None:
    install("root")
    folders = search_path(str(tmp_path / "root"), {"PATH": ":/nowhere::"})
    assert find("tool", folders, str(tmp_path / "root")).cause is Cause.NOT_INSTALLED


def test_without_a_path_the_systems_own_serves(tmp_path: Path) -> None:
    assert search_path(str(tmp_path), {})[3:] == os.defpath.split(os.pathsep)
