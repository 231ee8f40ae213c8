"""The tables of the state database, and the checksum that each of their rows has."""

import sqlite3
from binascii import crc32
from collections.abc import Callable, Sequence
from typing import Any

Value = Any  # what SQLite keeps: None, int, float, str or bytes
Migration = str | Callable[[sqlite3.Connection], None]

COLUMNS = {
    "run": ("id", "stage", "mode", "status", "exit_code", "started_at", "duration"),
    "result": ("run", "component", "status", "duration", "started_at"),
    "breaker": ("name", "state", "failures", "boot", "uptime", "wall", "probes", "held"),
}


def checksum(table: str, values: Sequence[Value]) -> int:
    """The CRC-32 of a row's other columns, as `ascii` writes them: a float by all its digits, each type differently."""
    return crc32(ascii((table, *values)).encode("ascii"))


def signed(table: str, *values: Value) -> tuple[Value, ...]:
    """A row as it is stored: the columns as in COLUMNS, and their checksum."""
    return (*values, checksum(table, values))


def is_whole(table: str, row: Sequence[Value]) -> bool:
    """Whether a row that was read, its checksum being the last column, is as it was stored."""
    return bool(row[-1] == checksum(table, row[:-1]))


def columns(table: str) -> str:
    """The columns of a table for a SELECT, the checksum last."""
    return ", ".join((*COLUMNS[table], "checksum"))


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Apply what the database has not seen yet, in the transaction that is under way."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been faster
    for migration in migrations[version:]:
        if isinstance(migration, str):
            _apply(connection, migration)
        else:
            migration(connection)
    connection.execute(f"PRAGMA user_version={len(migrations)}")


def _apply(connection: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";"):
        connection.execute(statement)


def _add_checksums(connection: sqlite3.Connection) -> None:
    """Make the tables of the first version again, each row with its checksum.

    They are not altered, so that the database has their definitions word for word as they stand here.
    """
    kept = {
        table: connection.execute(f"SELECT {', '.join(COLUMNS[table])} FROM {table}").fetchall()  # noqa: S608 - names of ours
        for table in ("run", "result")
    }
    for table in kept:
        connection.execute(f"DROP TABLE {table}")
    _apply(connection, WITH_CHECKSUMS)
    for table, rows in kept.items():
        places = ", ".join("?" * (len(COLUMNS[table]) + 1))
        for row in rows:
            try:
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", signed(table, *row))  # noqa: S608
            except UnicodeEncodeError:
                pass  # what is no text was not written by us


WITH_CHECKSUMS = """
    CREATE TABLE run (
        id TEXT PRIMARY KEY, stage TEXT NOT NULL, mode TEXT NOT NULL, status TEXT, exit_code INTEGER NOT NULL,
        started_at REAL NOT NULL, duration REAL NOT NULL, checksum INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX run_by_time ON run (started_at);
    CREATE TABLE result (
        run TEXT NOT NULL, component TEXT NOT NULL, status TEXT NOT NULL, duration REAL NOT NULL,
        started_at REAL NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (component, started_at, run)
    ) WITHOUT ROWID;
    CREATE INDEX result_by_run ON result (run)
"""

# SQL scripts, split at their semicolons, or functions. The number of those that were applied is the `user_version`.
MIGRATIONS: tuple[Migration, ...] = (
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
    _add_checksums,
    """
    CREATE TABLE breaker (
        name TEXT PRIMARY KEY, state TEXT NOT NULL, failures INTEGER NOT NULL, boot TEXT, uptime REAL, wall REAL,
        probes INTEGER NOT NULL, held INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
)
