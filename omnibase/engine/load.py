"""How busy the machine is, whether what we have started is, and how much memory is left."""

import os

from omnibase.engine.control_groups import groups, read

# The most that a control group may hold, and what it does (cgroup v2, v1); v1 says so many bytes for "no bound".
GROUP_FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
UNBOUNDED = 1 << 60


class LoadMeter:
    """Tells whether more batches would find a processor, from proc(5); where there is no /proc it cannot tell."""

    def __init__(self) -> None:
        self._last = _times()
        self._groups: list[str] | None = None  # the control groups that bound our memory

    def idle(self) -> float | None:
        """The share of the processors' time that was idle since the last look, from 0 to 1; None if unknown.

        It is 1 as well where all that we have started waits for something else than a processor or a disk: then it is
        others who keep the machine busy, and what waits is no burden to them.
        """
        now = _times()
        last, self._last = self._last, now
        if now is None or last is None:
            return None
        if not _any_descendant_works():
            return 1.0
        total = now[1] - last[1]
        return (now[0] - last[0]) / total if total > 0 else None

    def memory(self) -> float | None:
        """The share of the memory that is available, of the machine or of our control group; None if unknown."""
        if self._groups is None:
            found = groups("memory")
            self._groups = [group for group in found if _left_of(group) is not None]
        shares = (_available(), *map(_left_of, self._groups))
        return min((share for share in shares if share is not None), default=None)


def _available() -> float | None:
    """What the kernel takes to be available without swapping, as a share of all (proc_meminfo(5))."""
    fields = dict(line.split(b":", 1) for line in (read("/proc/meminfo", 1024) or b"").splitlines() if b":" in line)
    try:
        return int(fields[b"MemAvailable"].split()[0]) / int(fields[b"MemTotal"].split()[0])
    except (KeyError, ValueError, IndexError, ZeroDivisionError):
        return None  # another system, or an older kernel


def _left_of(group: str) -> float | None:
    """The share of a control group's memory that is not in use; what it holds of files can be taken back."""
    for most, used in GROUP_FILES:
        bound, taken = read(f"{group}/{most}", 64), read(f"{group}/{used}", 64)
        numbers = bound is not None and taken is not None and bound.strip().isdigit() and taken.strip().isdigit()
        if not numbers or int(bound or 0) >= UNBOUNDED:
            continue
        held = 0
        for line in (read(f"{group}/memory.stat", 8192) or b"").splitlines():
            name, _, value = line.partition(b" ")
            if name in (b"inactive_file", b"total_inactive_file") and value.isdigit():
                held = max(held, int(value))
        return max(0.0, 1.0 - (int(taken or 0) - held) / int(bound or 0)) if int(bound or 0) else 0.0
    return None


def _times() -> tuple[int, int] | None:
    """Ticks that the processors were idle, and all ticks, since boot."""
    line = read("/proc/stat", 512)
    if line is None:
        return None
    ticks = [int(field) for field in line.split(b"\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _any_descendant_works() -> bool:
    """Whether a process below this one is running, or waits for a processor or a disk. True where that is unknown."""
    pending = [os.getpid()]
    while pending:
        pid = pending.pop()
        children = read(f"/proc/{pid}/task/{pid}/children", 64 * 1024)
        if children is None and pid == os.getpid():
            return True
        for child in (children or b"").split():
            status = read(f"/proc/{int(child)}/stat", 1024)
            # The state stands behind the name, which is in parentheses and may hold any character.
            if status is not None and status.rpartition(b") ")[2][:1] in (b"R", b"D"):
                return True
            pending.append(int(child))
    return False
