"""Whatever the system refuses, whenever: a run ends, says so, harms nothing, and calls nothing good unseen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driving import report
from tests.faults.conftest import LONG
from tests.faults.injecting.injection import CRASHED, MAIN, Fault, inject
from tests.faults.injecting.programme import faults, spread, ways
from tests.faults.injecting.scenes import SCENES, Scene, make
from tests.faults.processes import completed

# In short: of which kinds some steps fail in each scene, and how many of each.
SHORT = {
    "ci": {"write": 2, "read": 2, "spawn": 2, "sqlite": 2, "ahead": 1, "back": 1},
    "workers": {"spawn": 2, "read": 1},
    "due": {"sqlite": 1, "write": 1},
    "commit": {"write": 3, "spawn": 1, "read": 1},
    "runs list": {"sqlite": 2},
    "runs show": {"read": 1},
    "breaker list": {"sqlite": 1},
    "breaker open": {"write": 1, "sqlite": 2},
    "registry validate": {"write": 1},
}
PIDFD = "pidfd_open < omnibase/executors/processes.py"
UNUSUAL = {PIDFD: "EAGAIN"}  # not the error that this kind of step most likely is
# What has shown a defect once, by the kind of step and whoever takes it; "full": nothing can be written from there on.
KNOWN = {
    "ci": [
        ("spawn", "zygote.py"),
        ("write", "sentinel.py"),
        ("read", "metadata/__init__.py"),
        ("read", "inputs/finding.py"),
        ("full", "storage/journal.py"),
        ("spawn", PIDFD),
    ],
    "commit": [("read", "open < omnibase/inputs/matching.py")],
    "runs list": [
        ("read", "omnibase/storage/folders.py"),
        ("read", "omnibase/orchestrators/history.py"),
        ("write", "click/utils.py"),
    ],
    "breaker list": [("read", "storage/breakers.py")],
}


@pytest.fixture(scope="module", params=SCENES)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make(request.param, tmp_path_factory.mktemp("injecting") / "scene")


def test_a_step_that_fails_breaks_no_promise(scene: Scene) -> None:
    broken = [outcome for fault in _chosen(scene) if (outcome := inject(scene, fault)).faults]
    told = [f"{one.fault}: {'; '.join(one.faults)}\n  {one.place}\n{one.said}" for one in broken]
    assert not broken, "\n\n".join(told)


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")], ids="+".join)
def test_a_full_disk_under_what_is_printed_is_told_where_it_can_be(scene: Scene, streams: tuple[str, ...]) -> None:
    """The exit code tells it in any case, where the result itself was lost."""
    scenario, _ = scene.fresh()
    with open("/dev/full", "wb") as full:
        done = completed(scenario, scene.command, **dict.fromkeys(streams, full))
    scene.discard(scenario)
    assert done.returncode == 1
    if "stderr" not in streams:
        assert b"No space left on device" in done.stderr
        assert not CRASHED.search(done.stderr)


def test_a_notice_that_nobody_can_be_told_after_the_report_is_no_second_report(tmp_path: Path) -> None:
    scene = make("due", tmp_path / "scene")
    scenario, _ = scene.fresh()
    scenario.write(".git/omnibase/state.sqlite", "no database")
    with open("/dev/full", "wb") as full:
        done = completed(scenario, scene.command, stderr=full)
    assert (done.returncode, report(done.stdout)["exit_code"]) == (0, 0)
    assert list((scenario.root / ".git/omnibase").glob("state.sqlite.damaged-*"))  # there was something to be told


def test_every_kind_of_step_is_seen_and_can_be_made_to_fail(tmp_path: Path) -> None:
    """Without this, all of the above would say little."""
    scene = make("ci", tmp_path / "scene")
    reached = ways(scene)
    assert all(reached[kind] for kind in MAIN)
    first = Fault("read", reached["read"][next(iter(reached["read"]))][0], "EIO")
    assert inject(scene, first).hit


def _chosen(scene: Scene) -> Iterator[Fault]:
    """At length, one or two for each way in which a step is reached."""
    if LONG:
        for below in (False, True):
            yield from faults(scene, list(MAIN), 2, others=False, below=below)
        return
    reached = ways(scene)
    for kind, number in SHORT[scene.name].items():
        for step in spread([steps[0] for steps in reached[kind].values()], number):
            yield Fault(kind, step, MAIN[kind])
    for name, caller in KNOWN.get(scene.name, []):
        kind = "write" if name == "full" else name
        steps = next((steps for way, steps in reached[kind].items() if caller in way), None)
        assert steps is not None, f"no {kind} in {caller} any more: choose another place"
        yield Fault(kind, steps[0], UNUSUAL.get(caller, MAIN[kind]), lasting=name == "full")
