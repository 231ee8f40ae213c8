"""Commands whose processes do all they can to be left alone: none of them outlives its batch, or the run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.executors import batches

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")

# How often each of the main kinds is tried; 100 for a look at length.
RUNS = int(os.environ.get("HOSTILE_RUNS", "5"))
MAIN = ("setsid", "double_fork", "ignores_term", "stops_itself", "forks_on_and_on")
OTHERS = ("closes_its_streams", "spoils_its_folder")


def _host(root: Path, kind: str, company: str, manner: str) -> dict[str, Any]:
    """What came of a hostile command, and who of it is alive when all is over."""
    (root / "pids").mkdir()
    host = subprocess.run(
        [sys.executable, "-m", "tests.executors.hosting", kind, str(root), company, manner],
        stdout=subprocess.PIPE,
        timeout=2 * batches.SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    os.chmod(root, 0o755)
    pids = [int(name) for name in os.listdir(root / "pids")]
    survivors = [pid for pid in pids if batches.is_alive(pid)]
    for pid in survivors:
        batches.end_by_force(pid)
    assert host.returncode == 0
    told: dict[str, Any] = json.loads(host.stdout)
    return {**told, "processes": len(pids), "survivors": survivors}


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("company", ["alone", "shared"])
@pytest.mark.parametrize("kind", MAIN)
def test_nothing_of_a_command_that_was_cancelled_survives(root: Path, kind: str, company: str, run: int) -> None:
    told = _host(root, kind, company, "force" if run % 2 else "cancel")
    assert (told["cause"], told["alive"], told["survivors"]) == ("timeout", [], [])
    assert told["processes"] > 1
    assert told["ended"] == []  # it was over with the batch


@pytest.mark.parametrize("manner", ["cancel", "force"])
@pytest.mark.parametrize("kind", ["setsid", "double_fork", "ignores_term", "stops_itself", *OTHERS])
def test_nothing_of_a_command_that_is_measured_survives(root: Path, kind: str, manner: str) -> None:
    told = _host(root, kind, "measured", manner)
    assert (told["cause"], told["alive"], told["survivors"], told["ended"]) == ("timeout", [], [], [])


@pytest.mark.parametrize("company", ["alone", "shared"])
@pytest.mark.parametrize("kind", OTHERS)
def test_nothing_of_a_command_that_is_odd_in_another_way_survives(root: Path, kind: str, company: str) -> None:
    told = _host(root, kind, company, "force")
    assert (told["cause"], told["alive"], told["survivors"]) == ("timeout", [], [])


@pytest.mark.parametrize("company", ["alone", "measured", "shared"])
def test_when_a_command_was_killed_all_that_it_started_goes_with_it(root: Path, company: str) -> None:
    told = _host(root, "kills_its_group", company, "wait")
    assert (told["cause"], told["alive"], told["survivors"], told["ended"]) == ("signal", [], [], [])


@pytest.mark.parametrize("company", ["alone", "measured", "shared"])
def test_what_a_command_that_ended_well_leaves_behind_may_stay_until_the_end_of_the_run(
    root: Path, company: str
) -> None:
    told = _host(root, "starts_and_ends", company, "wait")
    assert (told["cause"], told["code"]) == (None, 0)
    assert len(told["alive"]) == 2
    assert told["survivors"] == []
    assert told["ended"] == ["hostile (2 processes)"]


def test_what_has_no_mark_ends_with_a_run_that_is_alone(root: Path) -> None:
    told = _host(root, "double_fork_without_environment", "alone", "force")
    assert told["survivors"] == []
