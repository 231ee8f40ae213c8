"""How busy the machine is, and whether what we have started is."""

import os


class LoadMeter:
    """Tells whether more batches would find a processor, from proc(5); where there is no /proc it cannot tell."""

    def __init__(self) -> None:
        self._last = _times()

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


def _times() -> tuple[int, int] | None:
    """Ticks that the processors were idle, and all ticks, since boot."""
    line = _read("/proc/stat", 512)
    if line is None:
        return None
    ticks = [int(field) for field in line.split(b"\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _any_descendant_works() -> bool:
    """Whether a process below this one is running, or waits for a processor or a disk. True where that is unknown."""
    pending = [os.getpid()]
    while pending:
        pid = pending.pop()
        children = _read(f"/proc/{pid}/task/{pid}/children", 64 * 1024)
        if children is None and pid == os.getpid():
            return True
        for child in (children or b"").split():
            status = _read(f"/proc/{int(child)}/stat", 1024)
            # The state stands behind the name, which is in parentheses and may hold any character.
            if status is not None and status.rpartition(b") ")[2][:1] in (b"R", b"D"):
                return True
            pending.append(int(child))
    return False


def _read(path: str, most: int) -> bytes | None:
    """The beginning of a file of /proc; None where it is not there, or not any more."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, most)
    except OSError:
        return None
    finally:
        os.close(fd)
