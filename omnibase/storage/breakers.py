"""The circuit breakers of a repository, kept across runs and shared by those that run at once.

A breaker that is as new has no row, and while there are no rows there is no marker file beside the database either: a
run in which all is well learns that by one look, and does not open the database.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from omnibase.model.component import BreakerRule
from omnibase.model.ports import BusyError, Lease

if TYPE_CHECKING:
    from sqlite3 import Connection

    from omnibase.core.breaking import Breaker, Moment
    from omnibase.storage.database import Database

T = TypeVar("T")

MARKER = "breakers"
INSERT = "INSERT OR REPLACE INTO breaker VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT = "SELECT name, state, failures, boot, uptime, wall, probes, held, checksum FROM breaker"
LET_THROUGH = Lease(True, "CLOSED")


def is_guarded(folder: str) -> bool:
    """Whether any breaker of this state folder is not as new. Where that cannot be told, the database is asked."""
    try:
        os.lstat(os.path.join(folder, MARKER))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass  # as good as there: what is wrong is told by who opens the database
    return True


class SqliteBreakers:
    """`Breakers` in a state folder; the database is opened when it is needed. `wait` is as for `Database` (seconds).

    The three calls of a run raise BusyError and nothing else: where the database cannot be used they answer as if every
    breaker was closed, and `notice` says why. The calls by hand raise BusyError and StateError.
    """

    def __init__(self, folder: str, wait: float = 0.0, clock: "Callable[[], Moment] | None" = None) -> None:
        self._folder = folder
        self._wait = wait
        self._clock = clock
        self._made: Database | None = None
        self._trouble: str | None = None
        self._damaged = False
        self._whole: Connection | None = None  # the one by which all rows were found as they were stored, and in order

    @property
    def notice(self) -> str | None:
        """What the user should know of it, if anything."""
        if self._trouble is None and self._damaged:
            return f"circuit breakers that could not be read are taken for closed: {self._database.path} is damaged"
        return self._trouble or (self._made.notice if self._made is not None else None)

    # What a run asks

    def lease(self, name: str, rule: BreakerRule) -> Lease:
        if not is_guarded(self._folder):
            return LET_THROUGH
        from omnibase.core.breaking import lease

        return self._answer(lambda: self._turn(name, lambda it, now: lease(it, rule, now)), LET_THROUGH)

    def failed(self, name: str, rule: BreakerRule) -> Lease:
        from omnibase.core.breaking import failed

        return self._answer(lambda: self._turn(name, lambda it, now: failed(it, rule, now)), LET_THROUGH)

    def succeeded(self, name: str, rule: BreakerRule) -> None:
        if not is_guarded(self._folder):
            return
        from omnibase.core.breaking import succeeded

        self._answer(lambda: self._turn(name, lambda it, _: (succeeded(it), None)), None)

    # What is done by hand

    def all(self) -> "Mapping[str, Breaker]":
        """The breakers that are not as new, by name."""
        return self._database.read(self._rows)[0] if is_guarded(self._folder) else {}

    def open_by_hand(self, name: str) -> None:
        """Open a breaker, until it is closed by hand."""
        from omnibase.core.breaking import opened_by_hand

        self._turn(name, lambda it, now: (opened_by_hand(it, now), None))

    def close_by_hand(self, name: str) -> None:
        """Close a breaker, and forget what it has counted."""
        self.reset([name])

    def reset(self, names: Sequence[str] | None = None) -> int:
        """Make breakers as new, or all of them; how many were not."""
        if not is_guarded(self._folder):
            return 0

        def forget(connection: "Connection") -> int:
            if names is None:
                return connection.execute("DELETE FROM breaker").rowcount
            return sum(connection.execute("DELETE FROM breaker WHERE name = ?", (name,)).rowcount for name in names)

        return self._write(forget)

    def close(self) -> None:
        self._whole = None
        if self._made is not None:
            self._made.close()

    # Below, what both use

    @property
    def _database(self) -> "Database":
        if self._made is None:
            from omnibase.storage.database import Database

            self._made = Database(self._folder, wait=self._wait, table="breaker")
        return self._made

    def _answer(self, step: Callable[[], T], otherwise: T) -> T:
        try:
            return step()
        except BusyError:
            raise
        except Exception as error:  # noqa: BLE001 - a guard that cannot be asked is no reason to keep anyone from working
            self._trouble = self._trouble or f"circuit breakers are not kept: {error}"
            return otherwise

    def _turn(self, name: str, turn: "Callable[[Breaker, Moment], tuple[Breaker, T]]") -> T:
        """Let something happen to a breaker; the answer. What changes nothing costs no transaction."""
        from omnibase.core.breaking import PRISTINE
        from omnibase.storage import boot

        clock = self._clock or boot.now
        before, is_any = PRISTINE, False
        if is_guarded(self._folder):
            before, is_any = self._database.read(lambda connection: self._look(connection, name))
        after, answer = turn(before, clock())
        if after == before and (is_any or not is_guarded(self._folder)):
            return answer

        def change(connection: "Connection") -> T:
            before = self._row(connection, name)
            after, answer = turn(before, clock())  # asked for here: whoever comes later has a later time
            if after == PRISTINE:
                connection.execute("DELETE FROM breaker WHERE name = ?", (name,))
            elif after != before:
                connection.execute(INSERT, _stored(name, after))
            return answer

        return self._write(change)

    def _look(self, connection: "Connection", name: str) -> "tuple[Breaker, bool]":
        """A breaker, and whether any is not as new. All rows are read, but only until they are known to be whole.

        Before that none can be looked up: SQLite would miss a row whose name is damaged, and others beside it.
        """
        from omnibase.core.breaking import PRISTINE

        if connection is self._whole:
            return self._row(connection, name), _is_any(connection)
        rows, is_whole = self._rows(connection)
        self._whole = connection if is_whole else None
        return rows.get(name, PRISTINE), bool(rows)

    def _row(self, connection: "Connection", name: str) -> "Breaker":
        """A breaker, looked up."""
        from omnibase.core.breaking import PRISTINE

        row = connection.execute(f"{SELECT} WHERE name = ?", (name,)).fetchone()
        if row is None:
            return PRISTINE
        breaker = _breaker(row)
        if breaker is None:
            self._damaged, self._whole = True, None
        return breaker or PRISTINE

    def _rows(self, connection: "Connection") -> "tuple[dict[str, Breaker], bool]":
        """The breakers that can be read, and whether all can, and stand in the order in which SQLite looks them up."""
        rows = [(row[0], _breaker(row)) for row in connection.execute(SELECT)]
        found = {name: breaker for name, breaker in rows if breaker is not None}
        is_damaged = any(breaker is None for _, breaker in rows)
        self._damaged = self._damaged or is_damaged
        return found, not is_damaged and all(one < other for (one, _), (other, _) in pairwise(rows))

    def _sweep(self, connection: "Connection") -> None:
        """Remove the rows that are damaged: who cannot be told by name has to be replaced together with all."""
        rows, is_whole = self._rows(connection)
        if is_whole:
            self._whole = connection
            return
        connection.execute("DELETE FROM breaker")  # not yet known to be whole: this may be rolled back
        connection.executemany(INSERT, [_stored(name, breaker) for name, breaker in rows.items()])

    def _write(self, work: Callable[["Connection"], T]) -> T:
        """One transaction, at whose end the marker is there if, and only if, there are rows.

        It changes within the transaction, so that no two processes are at it at once: it is there before its first row
        is, and where the last row's removal fails it is put back.
        """
        marker = os.path.join(self._folder, MARKER)
        removed = False

        def marked(connection: "Connection") -> T:
            nonlocal removed
            if connection is not self._whole:
                self._sweep(connection)
            answer = work(connection)
            if _is_any(connection):
                _make(marker)
            elif os.path.exists(marker):
                os.unlink(marker)
                removed = True
            return answer

        try:
            return self._database.write(marked)
        except BaseException:
            if removed:
                _make(marker)
            raise


def _breaker(row: Sequence[Any]) -> "Breaker | None":
    """The breaker of a row, or None where it is not as it was stored."""
    from omnibase.core.breaking import Breaker, BreakerState, Moment
    from omnibase.storage.tables import is_whole

    if not is_whole("breaker", row):
        return None
    _, state, failures, boot_id, uptime, wall, probes, held, _ = row
    since = None if boot_id is None else Moment(boot_id, uptime, wall)
    return Breaker(BreakerState(state), failures, since, probes, bool(held))


def _stored(name: str, breaker: "Breaker") -> tuple[Any, ...]:
    from omnibase.storage.tables import signed

    since: tuple[Any, ...] = breaker.since or (None, None, None)
    return signed("breaker", name, breaker.state.value, breaker.failures, *since, breaker.probes, int(breaker.held))


def _is_any(connection: "Connection") -> bool:
    return connection.execute("SELECT 1 FROM breaker LIMIT 1").fetchone() is not None


def _make(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
