"""How much of the processors a control group leaves to this process, as containers are bounded.

The kernel's documentation, "Control Group v2" (`cpu.max`) and "CFS Bandwidth Control" (`cpu.cfs_quota_us`).
"""

import os
from math import ceil

FOLDER = "/sys/fs/cgroup"
# Where the controller is, relative to that folder: with version 2 all are in it, with version 1 each has its own.
CPU = ("cpu", "cpu,cpuacct")


def quota(own: str = "/proc/self/cgroup", folder: str = FOLDER) -> int | None:
    """How many processors' time there is, rounded up; None where nothing bounds it. `own` is a file of proc(5)."""
    found: list[float] = []
    for line in _read(own).splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if not colon:
            continue  # the last one, cut off
        if not controllers:
            found += (one for group in _upward(folder, path) if (one := _share(*_read(f"{group}/cpu.max").split()[:2])))
        elif "cpu" in controllers.split(","):
            found += (
                one for name in CPU for group in _upward(f"{folder}/{name}", path) if (one := _of_version_1(group))
            )
    return ceil(min(found)) if found else None


def _upward(top: str, path: str) -> list[str]:
    """The group's folder and those above it, each of which bounds it. In a container, `top` may be the group itself."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return ["/".join((top, *parts[:count])) for count in range(len(parts), -1, -1)]


def _of_version_1(group: str) -> float | None:
    return _share(_read(f"{group}/cpu.cfs_quota_us").strip(), _read(f"{group}/cpu.cfs_period_us").strip())


def _share(quota: str = "", period: str = "") -> float | None:
    """Microseconds of processor time in a period of so many; "max" and -1 are no bound."""
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _read(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # another system, or no such group
        return ""
    try:
        return os.read(fd, 64 * 1024).decode("ascii", "replace")
    except OSError:  # the group is gone
        return ""
    finally:
        os.close(fd)
