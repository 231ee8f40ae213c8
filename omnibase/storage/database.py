"""One way to open the state database."""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from time import monotonic, sleep

NAME = "state.sqlite"
BUSY_SECONDS = 10.0

# In these versions a reset of the write-ahead log can lose a commit (sqlite.org, "WAL-reset bug", fixed in 3.51.3).
WAL_DEFECT = ((3, 7, 0), (3, 51, 2))


def connect(folder: str, migrations: Sequence[str]) -> tuple[sqlite3.Connection, str | None]:
    """Open the database in a folder, made and brought up to date as needed; and a notice where it was damaged.

    `migrations` are SQL scripts; the number of those that were applied is the database's `user_version`. A damaged
    database, or one of a later version, is moved aside. Raises OSError or sqlite3.Error where none can be had.
    """
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, NAME)
    try:
        return _open(path, migrations), None
    except (sqlite3.DatabaseError, ValueError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _open_anew(path, migrations)
    finally:
        os.close(lock)


def _open_anew(path: str, migrations: Sequence[str]) -> tuple[sqlite3.Connection, str | None]:
    """Open the database again, and move it aside if it is still damaged: another process may have done so already."""
    try:
        return _open(path, migrations), None
    except (sqlite3.DatabaseError, ValueError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = f"{path}.damaged-{os.getpid()}"
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(path + suffix):
                os.replace(path + suffix, aside + suffix)
        return _open(path, migrations), f"the run history could not be read ({error}) and was moved to {aside}"


def _open(path: str, migrations: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise ValueError(f"it was written by a later version of omnibase: {version} > {len(migrations)}")
        defective = WAL_DEFECT[0] <= sqlite3.sqlite_version_info <= WAL_DEFECT[1]
        _set_journal(connection, "DELETE" if defective else "WAL")
        connection.execute("PRAGMA synchronous=FULL")
        if version < len(migrations):
            _migrate(connection, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_journal(connection: sqlite3.Connection, mode: str) -> None:
    """SQLite itself waits for no lock here: two that open a new database at once would be in each other's way."""
    end = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode={mode}")
            return
        except sqlite3.OperationalError:
            if monotonic() >= end:
                raise
            sleep(0.005)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been faster
    for number, script in enumerate(migrations[version:], start=version + 1):
        for statement in script.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")
    connection.execute("COMMIT")
