"""The run history in SQLite: what runs came to, and how long components took."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from omnibase.core.reporting import report
from omnibase.model.events import Event
from omnibase.model.ports import StoredRun
from omnibase.storage.database import connect

# Durations are learnt from so many of a component's latest runs.
REMEMBERED = 20

MIGRATIONS = (
    """
    CREATE TABLE run (
        id TEXT PRIMARY KEY, stage TEXT NOT NULL, mode TEXT NOT NULL, status TEXT, exit_code INTEGER NOT NULL,
        started_at REAL NOT NULL, duration REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX run_by_time ON run (started_at);
    CREATE TABLE result (
        run TEXT NOT NULL, component TEXT NOT NULL, status TEXT NOT NULL, duration REAL NOT NULL,
        started_at REAL NOT NULL, PRIMARY KEY (component, started_at, run)
    ) WITHOUT ROWID;
    CREATE INDEX result_by_run ON result (run)
    """,
)


class SqliteRuns:
    """A `RunStore` in a folder of the repository. `notice` says what was wrong with it, if anything."""

    def __init__(self, folder: str) -> None:
        self._connection, self.notice = connect(folder, MIGRATIONS)

    def fold(self, events: Iterable[Event]) -> None:
        """Add a run, once however often it is folded. Only what really ran teaches a duration."""
        run = report(events)
        header = run.header
        rows = [
            (header.run_id, entry.name, entry.result.status.value, entry.duration, header.started_at)
            for entry in run.results
            if entry.result.attempts
        ]
        with self._connection:  # commits, or rolls back
            self._connection.execute("BEGIN IMMEDIATE")
            added = self._connection.execute(
                "INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    header.run_id,
                    header.stage,
                    header.mode,
                    run.status.value if run.status else None,
                    run.exit_code,
                    header.started_at,
                    run.duration,
                ),
            )
            if added.rowcount:
                self._connection.executemany("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?)", rows)

    def durations(self, names: Sequence[str]) -> Mapping[str, float]:
        found = {}
        for name in names:
            rows = self._connection.execute(
                "SELECT duration FROM result WHERE component = ? AND status IN ('PASS', 'WARN', 'FAIL')"
                " ORDER BY started_at DESC LIMIT ?",
                (name, REMEMBERED),
            ).fetchall()
            if rows:
                found[name] = median(row[0] for row in rows)
        return found

    def runs(self, limit: int) -> Sequence[StoredRun]:
        rows = self._connection.execute(
            "SELECT id, stage, mode, status, exit_code, started_at, duration FROM run"
            " ORDER BY started_at DESC, id DESC LIMIT ?",
            (limit,),
        )
        return [StoredRun(*row) for row in rows]

    def forget(self, runs: Sequence[str]) -> None:
        """Drop runs from the history."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for run in runs:
                self._connection.execute("DELETE FROM result WHERE run = ?", (run,))
                self._connection.execute("DELETE FROM run WHERE id = ?", (run,))

    def close(self) -> None:
        self._connection.close()
