"""A run that is ended by a signal while components go on that would rather not end."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from omnibase.storage.database import NAME
from tests.faults.crowd import RUN, gathered
from tests.faults.ending import BURST, series, wrong
from tests.faults.kinds import Size
from tests.faults.misbehaving import Place, came, under_way

# Runs end within two seconds of a signal (docs/reliability.md has what was measured); this only says that they end.
BOUND = 10.0


@pytest.mark.parametrize("times", [1, BURST], ids=["once", "in a burst"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_and_the_report_tells_what_had_finished(
    tmp_path: Path, size: Size, seed: int, number: signal.Signals, times: int
) -> None:
    runs = series(tmp_path / "runs", number, size.signals, seed, times=times, lanes=4 if size.signals > 4 else 2)
    assert len(runs) == size.signals
    for one in runs:
        assert wrong(number, one) is None, one
        assert one.seconds < BOUND, one


@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_a_run_that_waits_for_the_state_of_another_hears_a_signal(tmp_path: Path, seconds: float) -> None:
    place = Place(tmp_path / "place")
    gathered(place)
    with under_way(place, [place.tool.program, *RUN]) as first:
        assert first.wait(60.0)
    with closing(sqlite3.connect(place.state / NAME)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with under_way(place, [place.tool.program, *RUN, "--name", "flaky,slow"]) as under:
            landed = not under.wait(seconds)
            os.kill(under.process.pid, signal.SIGINT)
            assert under.wait(BOUND)
            one = came(place, under, "waits", under.began, landed=landed)
    assert landed
    assert wrong(signal.SIGINT, one) is None, one
