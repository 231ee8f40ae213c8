"""What tests of views are given."""

from pathlib import Path

import pytest

from tests.inputs.conftest import Repo
from tests.inputs.view.cases import Case


@pytest.fixture
def case(repo: Repo, tmp_path: Path) -> Case:
    return Case(repo, tmp_path / "state", tmp_path / "scratch")
