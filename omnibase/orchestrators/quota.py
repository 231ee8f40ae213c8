"""How much of the processors control groups leave to this process, as containers are bounded.

The kernel's documentation, "Control Group v2" (`cpu.max`) and "CFS Bandwidth Control" (`cpu.cfs_quota_us`).
"""

from math import ceil

from omnibase.engine.control_groups import FOLDER, OWN, groups, read


def quota(own: str = OWN, folder: str = FOLDER) -> int | None:
    """How many processors' time there is, rounded up; None where nothing bounds it. `own` is a file of proc(5)."""
    found = [share for group in groups("cpu", own, folder) if (share := _share(group)) is not None]
    return ceil(min(found)) if found else None


def _share(group: str) -> float | None:
    """Microseconds of processor time in a period of so many; "max" and -1 are no bound."""
    words = (read(f"{group}/cpu.max") or b"").split()[:2]
    if not words:
        words = [(read(f"{group}/cpu.cfs_{name}_us") or b"").strip() for name in ("quota", "period")]
    bounded = len(words) == 2 and all(word.isdigit() and int(word) for word in words)
    return int(words[0]) / int(words[1]) if bounded else None
