"""What of the machine a run may use."""

from pathlib import Path

import pytest

from omnibase.core.sharing import SLOTS
from omnibase.orchestrators import machine
from omnibase.orchestrators.quota import quota


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with eight processors, whatever this one has."""
    monkeypatch.setattr(machine, "available", lambda: 8)
    monkeypatch.setattr(machine, "_quota", lambda: None)


@pytest.mark.usefixtures("unbounded")
def test_all_processors_are_there_for_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.processors({}) == machine.processors() == 8
    monkeypatch.setattr(machine, "_quota", lambda: 3)
    assert machine.processors({}) == 3
    monkeypatch.setattr(machine, "_quota", lambda: 64)
    assert machine.processors({}) == 8


@pytest.mark.usefixtures("unbounded")
@pytest.mark.parametrize(("granted", "expected"), [("2", 2), ("1", 1), ("99", 8), ("0", 8), ("half", 8), ("", 8)])
def test_a_run_inside_another_one_has_what_that_leaves_it(
    granted: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.processors({SLOTS: granted}) == expected
    monkeypatch.setenv(SLOTS, granted)
    assert machine.processors() == expected


def groups(root: Path, own: str, files: dict[str, str]) -> int | None:
    """The quota where a process is in these groups, and their files say so much."""
    (root / "own").write_text(own)
    for path, content in files.items():
        file = root / "cgroup" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return quota(str(root / "own"), str(root / "cgroup"))


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        pytest.param("0::/\n", {}, None, id="no file"),
        pytest.param("0::/\n", {"cpu.max": "max 100000\n"}, None, id="no bound"),
        pytest.param("0::/\n", {"cpu.max": "200000 100000\n"}, 2, id="a container's own group"),
        pytest.param("0::/a\n", {"a/cpu.max": "150000 100000\n"}, 2, id="rounded up"),
        pytest.param("0::/a\n", {"a/cpu.max": "1000 100000\n"}, 1, id="never none"),
        pytest.param(
            "0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "200000 100000\n"}, 2, id="the least of all"
        ),
        pytest.param(
            "0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"}, 3, id="of the group above"
        ),
        pytest.param("0::/elsewhere/c\n", {"cpu.max": "400000 100000\n"}, 4, id="a group that is not to be seen"),
        pytest.param("0::/../../a\n", {"cpu.max": "400000 100000\n"}, 4, id="a group outside of the namespace"),
        pytest.param("0::/\n", {"cpu.max": "\n"}, None, id="an empty file"),
        pytest.param("0::/\n", {"cpu.max": "many few\n"}, None, id="no numbers"),
        pytest.param("0::/\n", {"cpu.max": "1000 0\n"}, None, id="a period of nothing"),
        pytest.param(
            "4:memory:/x\n1:cpu,cpuacct:/d\n",
            {"cpu,cpuacct/d/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/d/cpu.cfs_period_us": "100000\n"},
            3,
            id="version 1",
        ),
        pytest.param(
            "1:cpu:/docker/1\n",
            {"cpu/cpu.cfs_quota_us": "500000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            5,
            id="version 1 in a container",
        ),
        pytest.param(
            "1:cpu:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            None,
            id="version 1 without a bound",
        ),
        pytest.param("", {"cpu.max": "100000 100000\n"}, None, id="no groups"),
    ],
)
def test_a_control_group_bounds_it(tmp_path: Path, own: str, files: dict[str, str], expected: int | None) -> None:
    assert groups(tmp_path, own, files) == expected


def test_a_system_without_control_groups_bounds_nothing(tmp_path: Path) -> None:
    assert quota(str(tmp_path / "none"), str(tmp_path)) is None
