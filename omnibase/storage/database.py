"""The one way to the state database: opened when it is needed, waited for, and moved aside where it is damaged.

Whatever is wrong with it is one of two exceptions: BusyError, where another process holds it for longer than is waited
for, and StateError, whose message names the file and is fit for the user.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep
from typing import TypeVar

from omnibase.model.ports import BusyError
from omnibase.storage.judging import DamagedError, MovedError, has_tables, is_locked, is_sound, judge
from omnibase.storage.tables import MIGRATIONS, Migration, migrate

T = TypeVar("T")

NAME = "state.sqlite"
SIDE_FILES = ("-wal", "-shm", "-journal")
BUSY_SECONDS = 10.0
# SQLite waits in C, where Python serves no signal: it waits this long at a time, and what is longer is up to us.
SLICE_SECONDS = 0.1
# Readers have so long to end before a transaction is committed, also where nothing is waited for otherwise.
READERS_SECONDS = 0.05
# No row of ours comes near to it (bytes): a damaged database that has longer ones is not read into memory.
LONGEST = 1_000_000
# A database that is moved aside gives way to a new one; other processes may do the same at the same time.
ROUNDS = 5

# In these versions a reset of the write-ahead log can lose a commit (sqlite.org, "WAL-reset bug", fixed in 3.51.3).
WAL_DEFECT = ((3, 7, 0), (3, 51, 2))


class StateError(Exception):
    """The state database cannot be used, now or here: its message says why, and names the file."""


class Database:
    """The state database in a folder, made and brought up to date as needed, at the first use.

    `wait` is how long it is waited for other processes (seconds); with 0 BusyError is raised at once, as in the loop of
    a run. Before the first write the whole file is checked, or the one `table` that is going to be written. `notice`
    says what became of a damaged one, or of one of a later version.
    """

    def __init__(
        self,
        folder: str,
        migrations: Sequence[Migration] = MIGRATIONS,
        *,
        wait: float | None = None,
        table: str | None = None,
    ) -> None:
        self.path = os.path.join(folder, NAME)
        self.notice: str | None = None
        self._folder = folder
        self._migrations = migrations
        self._wait = BUSY_SECONDS if wait is None else wait
        self._table = table
        self._is_checked = False
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None  # which file it is, by device and inode

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` reads; it may be called again. Raises BusyError, StateError, and what `work` itself raises."""
        return self._carry_out(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Carry out `work` as one transaction, as a whole or not at all. Otherwise as `read`."""

        def checked(connection: sqlite3.Connection) -> T:
            if not self._is_checked:
                if not is_sound(connection, self._table):
                    raise DamagedError("it has rows or indexes that cannot be right")
                if not has_tables(connection, self._migrations):
                    raise DamagedError("its tables are not as they were made")
                self._is_checked = True
            return work(connection)

        return self._carry_out(lambda connection: _in_transaction(connection, checked))

    def close(self) -> None:
        self._is_checked = False
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def _carry_out(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            for _ in range(ROUNDS):
                try:
                    return self._patiently(lambda: self._attempt(work))
                except MovedError:
                    self.close()
                except DamagedError as error:
                    self.close()
                    self._patiently(partial(self._move_aside, str(error)))
        except sqlite3.Error as error:
            raise StateError(f"{self.path}: {error}") from error
        except MemoryError as error:
            raise StateError(f"{self.path}: there is not enough memory to read it") from error
        except OSError as error:
            raise StateError(f"{error.filename or self.path}: {error.strerror or error}") from error
        raise StateError(f"{self.path}: it is damaged again and again")

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._open()
            return work(self._connection)
        except UnicodeDecodeError as error:  # of the message of an error: it names what SQLite has found in the file
            raise DamagedError("what it has in the place of tables is no text") from error
        except MemoryError as error:  # a damaged page may tell of a row that is larger than any memory
            if self._connection is not None and not is_sound(self._connection):
                raise DamagedError("it has a row of no possible size") from error
            raise
        except sqlite3.Error as error:
            if self._connection is not None and not is_locked(error):
                judge(error, self._connection, self.path, self._migrations)
                self.close()
            raise

    def _patiently(self, step: Callable[[], T]) -> T:
        """Carry out a step, again and again as long as another process has what it needs. Raises BusyError at the end.

        Signals are served meanwhile.
        """
        try:
            return step()
        except (sqlite3.Error, BlockingIOError) as error:
            if not is_locked(error):
                raise
            if self._wait <= 0:
                raise BusyError(f"{self.path}: another process is writing to it") from error
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

        trying = Retrying(
            retry=retry_if_exception(is_locked),
            wait=wait_random(0.001, 0.02),
            stop=stop_after_delay(self._wait),
            reraise=True,
        )
        try:
            return trying(step)
        except (sqlite3.Error, BlockingIOError) as error:
            if not is_locked(error):
                raise
            raise BusyError(f"{self.path}: another process has kept it for {self._wait:g} s") from error

    def _open(self) -> sqlite3.Connection:
        os.makedirs(self._folder, exist_ok=True)
        with _hold(self._folder, fcntl.LOCK_SH):  # nobody moves it aside meanwhile
            try:
                slices = min(SLICE_SECONDS, self._wait)
                connection = sqlite3.connect(self.path, timeout=slices, isolation_level=None)
                try:
                    self._prepare(connection)
                except BaseException:
                    connection.close()
                    raise
            finally:
                self._opened = _identity(self.path)
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set the connection up, and bring the database up to date."""
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        version = 0
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(self._migrations):
                newer = f"{version} > {len(self._migrations)}"
                raise DamagedError(f"it was written by a later version of omnibase: {newer}")
            if version < 0:
                raise DamagedError(f"no version of omnibase has the number {version}")
            defective = WAL_DEFECT[0] <= sqlite3.sqlite_version_info <= WAL_DEFECT[1]
            connection.execute(f"PRAGMA journal_mode={'DELETE' if defective else 'WAL'}")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA trusted_schema=OFF")  # sqlite.org/security.html: of a file that may be damaged
            connection.execute("PRAGMA cell_size_check=ON")
            if version < len(self._migrations):
                _in_transaction(connection, lambda _: migrate(connection, self._migrations))
        except sqlite3.Error as error:
            if not is_locked(error):
                judge(error, connection, self.path, self._migrations[:version])
            raise

    def _move_aside(self, why: str) -> None:
        """Move the damaged file away, unless it is another one by now: another process may have been faster."""
        with _hold(self._folder, fcntl.LOCK_EX):
            if self._opened is None or _identity(self.path) != self._opened:
                return
            aside = f"{self.path}.damaged-{os.getpid()}"
            number = 0
            while os.path.lexists(aside):
                number += 1
                aside = f"{self.path}.damaged-{os.getpid()}-{number}"
            for suffix in (*SIDE_FILES, ""):
                if os.path.lexists(self.path + suffix):
                    os.replace(self.path + suffix, aside + suffix)
            self.notice = f"the state database could not be read ({why}) and was moved to {aside}"


def _in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        _commit(connection)
    except BaseException:
        if connection.in_transaction:  # SQLite itself has rolled back after some errors
            connection.execute("ROLLBACK")
        raise
    return result


def _commit(connection: sqlite3.Connection) -> None:
    """Commit. Who reads at this moment is waited for: no new readers come meanwhile (sqlite.org, "PENDING lock").

    To give up here at once and begin again would be to find other readers each time, where many runs go on at once.
    """
    until = monotonic() + READERS_SECONDS
    while True:
        try:
            connection.execute("COMMIT")
            return
        except sqlite3.OperationalError as error:
            if not is_locked(error) or not connection.in_transaction or monotonic() > until:
                raise
        sleep(0.001)


@contextmanager
def _hold(folder: str, how: int) -> Iterator[None]:
    """Hold the folder's lock. Raises BlockingIOError where another process has it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # a file system without locks of this kind: SQLite has others
        yield
    finally:
        os.close(fd)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None  # there is none, or none that could be moved
    return status.st_dev, status.st_ino


def _text(data: bytes) -> str:
    """Text is UTF-8; where it is not any more, the checksum of its row tells."""
    return data.decode("utf-8", "surrogateescape")
