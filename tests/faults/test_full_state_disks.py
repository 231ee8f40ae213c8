"""A full disk for all that a run keeps: it goes on, says which path, and what is there is whole."""

from pathlib import Path

import pytest

from tests.faults.filling import can_mount
from tests.faults.kinds import Size
from tests.faults.state_disk import series


def test_where_no_more_can_be_kept_it_is_told_and_the_rest_is_whole(tmp_path: Path, size: Size) -> None:
    if not can_mount(tmp_path):
        pytest.skip("small disks can be mounted by root only")
    found = series(tmp_path / "place", size.state_pages)
    assert not [one for one in found if one.is_bad]
    assert {one.code for one in found} >= {1}
