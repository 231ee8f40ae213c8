"""On a disk that is full, whichever write is the first to fail: an error that names it, and no file half written."""

import pytest

from tests.faults.filling import PLACES, can_mount
from tests.faults.kinds import Size, pages
from tests.faults.template import Template


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_leaves_each_file_whole(template: Template, size: Size, place: str) -> None:
    if not can_mount(template.folder):
        pytest.skip("small disks can be mounted by root only")
    for filled in pages(template, place, size.pages):
        assert not filled.is_bad, filled
        assert filled.code == 1, filled
