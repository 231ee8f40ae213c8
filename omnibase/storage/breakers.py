"""The circuit breakers of a repository, kept across runs and shared by those that run at once.

A breaker that is as new has no row, and while there are no rows there is no marker file beside the database either: a
run in which all is well learns that by one look, and does not open the database.
"""

import os
from collections.abc import Callable, Mapping, Sequence
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
        return self._database.read(self._rows) if is_guarded(self._folder) else {}

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
        rows = self.all()
        before = rows.get(name, PRISTINE)
        after, answer = turn(before, clock())
        if after == before and (rows or not is_guarded(self._folder)):
            return answer

        def change(connection: "Connection") -> T:
            before = self._rows(connection).get(name, PRISTINE)
            after, answer = turn(before, clock())  # asked for here: whoever comes later has a later time
            if after == PRISTINE:
                connection.execute("DELETE FROM breaker WHERE name = ?", (name,))
            elif after != before:
                connection.execute(INSERT, _row(name, after))
            return answer

        return self._write(change)

    def _rows(self, connection: "Connection") -> "dict[str, Breaker]":
        from omnibase.core.breaking import Breaker, BreakerState, Moment
        from omnibase.storage.tables import columns, is_whole

        found = {}
        for row in connection.execute(f"SELECT {columns('breaker')} FROM breaker"):  # noqa: S608 - names of ours
            if is_whole("breaker", row):
                name, state, failures, boot_id, uptime, wall, probes, held, _ = row
                since = None if boot_id is None else Moment(boot_id, uptime, wall)
                found[name] = Breaker(BreakerState(state), failures, since, probes, bool(held))
            else:
                self._damaged = True
        return found

    def _sweep(self, connection: "Connection") -> None:
        """Remove the rows that are damaged: who cannot be told by name has to be replaced together with all."""
        rows = self._rows(connection)
        if connection.execute("SELECT count(*) FROM breaker").fetchone()[0] > len(rows):
            connection.execute("DELETE FROM breaker")
            connection.executemany(INSERT, [_row(name, breaker) for name, breaker in rows.items()])

    def _write(self, work: Callable[["Connection"], T]) -> T:
        """One transaction, at whose end the marker is there if, and only if, there are rows.

        It changes within the transaction, so that no two processes are at it at once: it is there before its first row
        is, and where the last row's removal fails it is put back.
        """
        marker = os.path.join(self._folder, MARKER)
        removed = False

        def marked(connection: "Connection") -> T:
            nonlocal removed
            self._sweep(connection)
            answer = work(connection)
            if connection.execute("SELECT 1 FROM breaker LIMIT 1").fetchone():
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


def _row(name: str, breaker: "Breaker") -> tuple[Any, ...]:
    from omnibase.storage.tables import signed

    since: tuple[Any, ...] = breaker.since or (None, None, None)
    return signed("breaker", name, breaker.state.value, breaker.failures, *since, breaker.probes, int(breaker.held))


def _make(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
