"""Many runs at a time on one repository: each has its report, and the state of all of them is whole afterwards."""

from pathlib import Path

from tests.faults.crowd import crowd
from tests.faults.kinds import Size


def test_many_runs_at_once_share_their_state_without_an_error(tmp_path: Path, size: Size) -> None:
    runs, at_once = size.crowd
    found = crowd(tmp_path / "place", runs, at_once, interrupted=2)
    assert not found.problems, found.problems
    assert (found.retried > 0, found.refused > 0) == (True, True)
