"""A component that prints very much: bounded memory, and no secret in anything that is kept or shown."""

from pathlib import Path

import pytest

from tests.faults.kinds import Size
from tests.faults.misbehaving import Place
from tests.faults.printing import KINDS, MB, printed

MORE = 32 * MB  # than a run that prints nothing
MOST = 100 * MB  # in all


@pytest.mark.parametrize("kind", KINDS)
def test_however_much_is_printed_memory_is_bounded_and_secrets_are_hidden(
    tmp_path: Path, size: Size, kind: str
) -> None:
    place = Place(tmp_path / "place")
    silent = printed(place, kind, 0)
    for megabytes in size.printed:
        # Of binary data there is little that could be hidden, and much to look at.
        one = printed(place, kind, (megabytes if kind == "lines" or len(size.printed) > 1 else 8) * MB)
        assert (one.code, one.report, one.told) == (0, True, one.size)
        assert one.peak < min(silent.peak + MORE, MOST), (one, silent)
        assert (one.leaked, one.acting) == ((), False)


def test_of_a_failure_is_shown_what_acts_on_nobody(tmp_path: Path) -> None:
    one = printed(Place(tmp_path / "place"), "lines", MB, code=1)
    assert (one.code, one.report, one.leaked, one.acting) == (1, True, (), False)
