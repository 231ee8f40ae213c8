"""The record of a run while it happens: an append-only file of checksummed JSON lines.

Each line is a CRC-32 of eight hexadecimal digits, a space, and an event. A line is complete or it is not there: what
a crash or a full disk left of the last one is not read. The file is locked while its run is alive.
"""

import errno
import fcntl
import json
import os
from binascii import crc32
from collections.abc import Iterator

from omnibase.core.encoding import decode, encode
from omnibase.model import events
from omnibase.model.errors import ExecutionError
from omnibase.model.events import Event

NAME = "journal.jsonl"
KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        events.RunStarted,
        events.BatchEnded,
        events.Answered,
        events.TimerFired,
        events.Interrupted,
        events.BatchStarted,
        events.AttemptStarted,
        events.AttemptFailed,
        events.TaskEnded,
        events.Noticed,
        events.RunEnded,
    )
}

# Made once: events are small, and records hold no circles.
TEXT = json.JSONEncoder(separators=(",", ":"), check_circular=False)


class Journal:
    """The journal of a run under way; an observer. Raises OSError where it cannot be made."""

    def __init__(self, folder: str) -> None:
        self._path = path = os.path.join(folder, NAME)
        if os.path.exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        # It has its name only when it is locked: no other process sees a run that looks as if it had ended.
        self._fd = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(f"{path}.new", path)
        except OSError:
            self.close()
            raise

    def observe(self, event: Event) -> None:
        """Append the event.

        Raises ExecutionError where it has no place: what would follow a torn line could not be read.
        """
        data = line(event)
        try:
            written = os.write(self._fd, data)
            why = None if written == len(data) else os.strerror(errno.ENOSPC)
        except OSError as error:
            why = error.strerror
        if why is not None:
            raise ExecutionError(f"from here on this run is not recorded: {self._path}: {why}")

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def line(event: Event) -> bytes:
    """An event as a line of the journal."""
    text = TEXT.encode({"event": type(event).__name__, **encode(event)}).encode("ascii")
    return b"%08x %s\n" % (crc32(text), text)


def read(folder: str) -> Iterator[Event]:
    """The events of a run's folder, up to the first line that is not whole. Raises OSError."""
    with open(os.path.join(folder, NAME), "rb") as file:
        for raw in file:
            checksum, _, text = raw.rstrip(b"\n").partition(b" ")
            if not raw.endswith(b"\n") or not text or checksum != b"%08x" % crc32(text):
                return
            shape = json.loads(text)
            kind = KINDS.get(shape.pop("event", ""))
            if kind is not None:  # an event of a later version, which no rule of this one knows
                yield decode(kind, shape)


def is_alive(folder: str) -> bool:
    """Whether the run of this folder is still going on: its journal is locked."""
    try:
        fd = os.open(os.path.join(folder, NAME), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
