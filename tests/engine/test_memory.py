"""How much memory is left, of the machine or of the control group that bounds this process."""

import sys
from pathlib import Path

import pytest

from omnibase.engine import control_groups, load
from omnibase.engine.load import LoadMeter

MEMINFO = b"MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 400 kB\n"


def world(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    """A system with these files and no others."""
    for module in (load, control_groups):
        monkeypatch.setattr(module, "read", lambda path, most=4096: files.get(path))


@pytest.mark.skipif(sys.platform != "linux" or not Path("/proc/meminfo").exists(), reason="/proc is Linux's")
def test_a_machine_has_some_of_its_memory_left() -> None:
    share = LoadMeter().memory()
    assert share is not None
    assert 0.0 < share <= 1.0


@pytest.mark.parametrize(
    ("files", "share"),
    [
        pytest.param({}, None, id="another system"),
        pytest.param({"/proc/meminfo": MEMINFO}, 0.4, id="no group"),
        pytest.param({"/proc/meminfo": b"MemTotal: 1000 kB\n"}, None, id="an old kernel"),
        pytest.param({"/proc/meminfo": b"MemTotal: 0 kB\nMemAvailable: 0 kB\n"}, None, id="nonsense"),
        pytest.param(
            {
                "/proc/meminfo": MEMINFO,
                "/proc/self/cgroup": b"0::/user\n",
                "/sys/fs/cgroup/user/memory.max": b"1000\n",
                "/sys/fs/cgroup/user/memory.current": b"950\n",
                "/sys/fs/cgroup/user/memory.stat": b"anon 700\ninactive_file 150\n",
            },
            0.2,
            id="v2, of which what holds files can be taken back",
        ),
        pytest.param(
            {
                "/proc/meminfo": MEMINFO,
                "/proc/self/cgroup": b"0::/\n",
                "/sys/fs/cgroup/memory.max": b"max\n",
                "/sys/fs/cgroup/memory.current": b"950\n",
            },
            0.4,
            id="v2 without a bound",
        ),
        pytest.param(
            {
                "/proc/meminfo": MEMINFO,
                "/proc/self/cgroup": b"0::/slice/service\n",
                "/sys/fs/cgroup/slice/service/memory.max": b"max\n",
                "/sys/fs/cgroup/slice/service/memory.current": b"950\n",
                "/sys/fs/cgroup/slice/memory.max": b"1000\n",
                "/sys/fs/cgroup/slice/memory.current": b"970\n",
            },
            0.03,
            id="v2, bounded by the group above",
        ),
        pytest.param(
            {"/proc/meminfo": MEMINFO, "/proc/self/cgroup": b"0::/a\n5:memory"}, 0.4, id="a list that is cut off"
        ),
        pytest.param(
            {
                "/proc/meminfo": MEMINFO,
                "/proc/self/cgroup": b"5:cpu,memory:/host/name\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": b"1000\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": b"900\n",
            },
            0.1,
            id="v1 in a container, whose path is that of the host",
        ),
        pytest.param(
            {
                "/proc/meminfo": MEMINFO,
                "/proc/self/cgroup": b"5:memory:/\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": b"9223372036854771712\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": b"900\n",
            },
            0.4,
            id="v1 without a bound",
        ),
    ],
)
def test_the_smaller_share_counts(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], share: float | None
) -> None:
    world(monkeypatch, files)
    assert LoadMeter().memory() == (share if share is None else pytest.approx(share))
