"""How busy the machine is."""

import os


class LoadMeter:
    """The share of the processors' time that was idle since the last look, from /proc/stat (proc(5))."""

    def __init__(self) -> None:
        self._last = _times()

    def idle(self) -> float | None:
        """From 0 to 1, or None where the system does not say."""
        now = _times()
        last, self._last = self._last, now
        if now is None or last is None:
            return None
        total = now[1] - last[1]
        return (now[0] - last[0]) / total if total > 0 else None


def _times() -> tuple[int, int] | None:
    """Ticks that the processors were idle, and all ticks, since boot."""
    try:
        fd = os.open("/proc/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        ticks = [int(field) for field in os.read(fd, 512).split(b"\n", 1)[0].split()[1:9]]
    finally:
        os.close(fd)
    return ticks[3] + ticks[4], sum(ticks)
