"""What an error of SQLite says of the state database: it is locked, damaged or moved, or the system is at fault."""

import os
import sqlite3
from collections.abc import Sequence

from omnibase.storage.tables import Migration, migrate

# What SQLite's primary result codes (sqlite.org/rescode.html) say of the file. Of all others the tables decide: where
# they are not as they were made, the file is damaged.
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG})
OF_THE_SYSTEM = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    }
)


class DamagedError(Exception):
    """The file is no database of ours, or not any more."""


class MovedError(Exception):
    """Another process has moved the file aside."""


def is_locked(error: BaseException) -> bool:
    """Whether another process has what is needed: SQLite's locks, or the lock of the folder."""
    return isinstance(error, BlockingIOError) or _primary(error) in LOCKED


def judge(error: sqlite3.Error, connection: sqlite3.Connection, path: str, applied: Sequence[Migration]) -> None:
    """Return where the error says nothing of the file at `path`, to which these migrations have been applied.

    Raises DamagedError or MovedError where it does.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        raise MovedError from error
    if code == sqlite3.SQLITE_READONLY and _is_writable(path):
        raise DamagedError("it says of itself that it must not be written") from error
    if _primary(error) in DAMAGED or (_primary(error) not in OF_THE_SYSTEM and not has_tables(connection, applied)):
        raise DamagedError(str(error)) from error


def has_tables(connection: sqlite3.Connection, applied: Sequence[Migration]) -> bool:
    """Whether the database has the tables and indexes that these migrations make, word for word."""
    new = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(new, applied)
        return _tables(new) == _tables(connection)
    except UnicodeDecodeError:  # of the message of an error, which names what SQLite has found in the file
        return False
    except sqlite3.Error as error:
        return is_locked(error) or _primary(error) in OF_THE_SYSTEM
    finally:
        new.close()


def is_sound(connection: sqlite3.Connection, table: str | None = None) -> bool:
    """Whether SQLite's own check of a table, or of the whole file, finds nothing."""
    try:
        return bool(connection.execute(f"PRAGMA integrity_check({table or 1})").fetchone() == ("ok",))
    except UnicodeDecodeError:  # as above
        return False


def _primary(error: BaseException) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _is_writable(path: str) -> bool:
    """Whether the system lets us write it. SQLite calls a file read-only, too, that was written by a later format."""
    return os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)


def _tables(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return [tuple(" ".join(str(cell).split()) for cell in row) for row in rows]
