"""The run history in SQLite: what runs came to, and how long components took."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from sqlite3 import Connection
from statistics import median
from typing import TypeVar

from omnibase.core.reporting import report
from omnibase.model.events import Event
from omnibase.model.ports import StoredRun
from omnibase.storage.database import Database
from omnibase.storage.tables import columns, is_whole, signed

T = TypeVar("T")

# Durations are learnt from so many of a component's latest runs.
REMEMBERED = 20


class SqliteRuns:
    """A `RunStore` in a folder of the repository, opened at its first use. `notice` says what was wrong with it.

    Besides what `RunStore` says, each call may raise BusyError and StateError.
    """

    def __init__(self, folder: str, wait: float | None = None) -> None:
        self.notice: str | None = None
        self._database = Database(folder, wait=wait)

    def fold(self, events: Iterable[Event]) -> None:
        """Add a run, once however often it is folded. Only what really ran teaches a duration.

        Raises ValueError for events that are no run's.
        """
        run = report(events)
        header = run.header
        rows = [
            signed("result", header.run_id, entry.name, entry.result.status.value, entry.duration, header.started_at)
            for entry in run.results
            if entry.result.attempts
        ]
        whole = signed(
            "run",
            header.run_id,
            header.stage,
            header.mode,
            run.status.value if run.status else None,
            run.exit_code,
            header.started_at,
            run.duration,
        )
        if not all(isfinite(value) for row in (whole, *rows) for value in row if isinstance(value, float)):
            raise ValueError("a time of it is no number")

        def add(connection: Connection) -> None:
            if connection.execute("INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)", whole).rowcount:
                connection.executemany("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?)", rows)

        self._write(add)

    def durations(self, names: Sequence[str]) -> Mapping[str, float]:
        def ask(connection: Connection) -> dict[str, float]:
            found = {}
            for name in names:
                rows = connection.execute(
                    f"SELECT {columns('result')} FROM result"  # noqa: S608 - names of ours
                    " WHERE component = ? AND status IN ('PASS', 'WARN', 'FAIL') ORDER BY started_at DESC",
                    (name,),
                )
                # One that is damaged teaches nothing, and an order without it is as right.
                taken = [row[3] for _, row in zip(range(REMEMBERED), filter(_is_result, rows), strict=False)]
                if taken:
                    found[name] = median(taken)
            return found

        return self._read(ask)

    def runs(self, limit: int) -> Sequence[StoredRun]:
        def ask(connection: Connection) -> tuple[list[StoredRun], int]:
            found: list[StoredRun] = []
            damaged = 0
            for row in connection.execute(f"SELECT {columns('run')} FROM run ORDER BY started_at DESC, id DESC"):  # noqa: S608
                if len(found) >= limit:
                    break
                if is_whole("run", row):
                    found.append(StoredRun(*row[:-1]))
                else:
                    damaged += 1
            return found, damaged

        found, damaged = self._read(ask)
        if damaged:
            left_out = "1 run was" if damaged == 1 else f"{damaged} runs were"
            self.notice = f"{left_out} left out of the history: {self._database.path} is damaged"
        return found

    def forget(self, runs: Sequence[str]) -> None:
        """Drop runs from the history."""

        def drop(connection: Connection) -> None:
            for run in runs:
                connection.execute("DELETE FROM result WHERE run = ?", (run,))
                connection.execute("DELETE FROM run WHERE id = ?", (run,))

        self._write(drop)

    def close(self) -> None:
        self._database.close()

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._database.read(work)
        finally:
            self.notice = self._database.notice or self.notice

    def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._database.write(work)
        finally:
            self.notice = self._database.notice or self.notice


def _is_result(row: Sequence[object]) -> bool:
    return is_whole("result", row)
