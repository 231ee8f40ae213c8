"""Terminals for step-throughs, and what such a run has reported."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dialogue import Dialogue
from tests.e2e.driving import COMMAND, Repo, report
from tests.e2e.stepping.steps import Json, Start


@pytest.fixture
def start(repo: Repo, tmp_path: Path) -> Iterator[Start]:
    """Starts omnibase at a terminal; its report, as JSON, goes to a file."""
    with ExitStack() as stack:

        def started(*arguments: str, columns: int = 100, **env: str) -> Dialogue:
            whole = {**repo.environment, "NO_COLOR": "1", "SHELL": "/bin/sh", "PS1": "shell> ", **env}
            command = [COMMAND, *arguments, "--format", "json"]
            out = tmp_path / "report.json"
            return stack.enter_context(Dialogue(command, repo.root, whole, columns=columns, out=out))

        yield started


@pytest.fixture
def results(tmp_path: Path) -> Callable[[], dict[str, Json]]:
    """The results that the report on standard output has, by the component's name."""

    def read() -> dict[str, Json]:
        document = report((tmp_path / "report.json").read_bytes())
        return {result["component"]["name"]: result for result in document["results"]}

    return read
