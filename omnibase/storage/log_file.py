"""A run's log: a file of JSON lines, each written as it happens."""

import json
import os
from typing import Any

from omnibase.core.log_records import LogRecords
from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.events import Event, RunStarted
from omnibase.model.report import RunReport

Json = Any


class LogFile:
    """Appends the records of a run to a file; an observer. Several runs may write to the same one.

    Raises ConfigurationError where the file cannot be opened.
    """

    def __init__(self, path: str, records: LogRecords) -> None:
        self._path = path
        self._records = records
        self._early: list[Event] | None = []  # before the run has begun, nobody could be told of a full disk
        try:
            # A named pipe that nobody reads from, or no further, is an error, and nothing to wait for.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._fd = os.open(path, flags, 0o600)
            self._torn = _ends_torn(path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ConfigurationError(
                f"the log {path} cannot be written: {reason}", remedy="name a file in a folder that is there"
            ) from None

    def observe(self, event: Event) -> None:
        """Append the event's records. Raises ExecutionError where they have no place."""
        if self._early is not None and not isinstance(event, RunStarted):
            self._early.append(event)
            return
        self._append([record for one in (*self._held(), event) for record in self._records.of(one)])

    def end(self, report: RunReport) -> str | None:
        """Append what the run came to, and let go of the file; why that could not be done, or None."""
        if self._fd < 0:
            return None
        try:
            early = [record for event in self._held() for record in self._records.of(event)]
            self._append([*early, self._records.end(report)])
        except ExecutionError as error:
            return error.message
        finally:
            self.close()
        return None

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _held(self) -> list[Event]:
        early, self._early = self._early, None
        return early or []

    def _append(self, records: list[dict[str, Json]]) -> None:
        lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
        if not lines:
            return
        data = "".join(["\n" if self._torn else "", *lines]).encode("ascii")
        self._torn = False
        try:
            written = os.write(self._fd, data)
            why = None if written == len(data) else "there is no room for more"
        except OSError as error:
            why = error.strerror
        if why is not None:
            self.close()  # what would follow a torn line could not be read
            raise ExecutionError(f"from here on the log {self._path} is not written: {why}")


def _ends_torn(path: str) -> bool:
    """Whether a run before this one had no room for the end of its last line."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
    except OSError:  # it may be written to, and not read
        return False
