"""Whoever keeps editing files while runs with fixers go on loses nothing."""

from pathlib import Path

import pytest

from tests.faults.kinds import Size
from tests.faults.template import Template
from tests.faults.tools import environment, omnibase
from tests.faults.while_editing import edited


@pytest.mark.parametrize("restage", [False, True], ids=["fix", "restage"])
def test_no_confirmed_edit_is_lost_or_doubled(tmp_path: Path, size: Size, seed: int, restage: bool) -> None:
    template = Template(omnibase(restage=restage), tmp_path, environment(tmp_path / "home"), conflicting=False)
    found = edited(template, (size.edits + 1) // 2, seed)
    assert found.account.confirmed
    assert found.fixes
    assert (
        len(found.account.elsewhere) <= len(found.account.confirmed) / 50
    )  # beside a file only where nothing else helps
    assert (found.account.lost, found.account.twice, found.others, found.left) == ([], [], (), ()), found.folder
