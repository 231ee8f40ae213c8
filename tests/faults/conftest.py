"""How long the fault programme is, and the scenarios that its tests have in common.

`OMNIBASE_FAULTS=long pytest tests/faults -n 2` runs all of it (docs/reliability.md), which takes about an hour.
"""

import os
import sys
from collections.abc import Callable

import pytest

from tests.faults.kinds import SIZES, Size
from tests.faults.template import Template
from tests.faults.tools import Tool, commit, environment, omnibase

LONG = os.environ.get("OMNIBASE_FAULTS") == "long"
SECONDS = 3600 if LONG else 120
SEED = int(os.environ.get("OMNIBASE_FAULTS_SEED", "1"))

MakeTemplate = Callable[[Tool], Template]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(SECONDS))
            item.add_marker(pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"))


@pytest.fixture(scope="session")
def size() -> Size:
    """How many runs of each kind; of those with and those without --restage, half."""
    return SIZES["long" if LONG else "short"]


@pytest.fixture(scope="session")
def seed() -> int:
    """OMNIBASE_FAULTS_SEED: other moments and edits."""
    print(f"OMNIBASE_FAULTS_SEED={SEED}")
    return SEED


@pytest.fixture(scope="session", params=[False, True], ids=["fix", "restage"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A scenario for runs of omnibase as it is installed here: with fixers, and with --restage or without."""
    folder = tmp_path_factory.mktemp("faults")
    made = Template(omnibase(restage=request.param), folder, environment(folder / "home"))
    assert made.code == 1, made.said.decode()
    return made


@pytest.fixture(scope="module")
def committing(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A scenario for `git commit` with our hook."""
    folder = tmp_path_factory.mktemp("commits")
    made = Template(commit(), folder, environment(folder / "home"))
    assert made.code == 1, made.said.decode()
    return made


@pytest.fixture
def scratch(tmp_path_factory: pytest.TempPathFactory) -> MakeTemplate:
    """Makes scenarios for another tool."""

    def make(tool: Tool) -> Template:
        folder = tmp_path_factory.mktemp("scratch")
        return Template(tool, folder, environment(folder / "home"), each=2)

    return make
