"""The run history in SQLite, in what is its own: it outlives its process, and several write it."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from omnibase.model.result import Status
from omnibase.storage.runs import MIGRATIONS, SqliteRuns
from tests.executors import batches
from tests.storage.recorded import BEGAN, passing, run_of


def test_what_was_folded_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = SqliteRuns(str(tmp_path))
    first.fold(passing("one", 2.0))
    first.close()
    again = SqliteRuns(str(tmp_path))
    assert [run.run_id for run in again.runs(10)] == ["one"]
    assert dict(again.durations(["ruff"])) == {"ruff": 2.0}
    again.close()


def test_who_has_it_open_sees_what_another_folds(tmp_path: Path) -> None:
    one, other = SqliteRuns(str(tmp_path)), SqliteRuns(str(tmp_path))
    one.fold(passing("one", 2.0))
    assert [run.run_id for run in other.runs(10)] == ["one"]
    one.close()
    other.close()


FOLDING = """
import sys
from omnibase.storage import database
if sys.argv[3] == "wal":
    database.WAL_DEFECT = ((0, 0, 0), (0, 0, 0))
from omnibase.storage.runs import SqliteRuns
from tests.storage.recorded import passing

store = SqliteRuns(sys.argv[1])
for number in range(20):
    store.fold(passing(f"{sys.argv[2]}-{number}", 1.0))
    store.fold(passing(f"shared-{number}", 1.0))
store.close()
"""


@pytest.mark.parametrize("journal", ["wal", "as this SQLite bears"])
def test_several_processes_fold_into_one_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FOLDING, str(tmp_path / "state"), name, journal], stderr=subprocess.PIPE
        )
        for name in ("one", "two", "three", "four")
    ]
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    store = SqliteRuns(str(tmp_path / "state"))
    names = {run.run_id for run in store.runs(1000)}
    expected = {f"{name}-{number}" for name in ("one", "two", "three", "four", "shared") for number in range(20)}
    assert names == expected
    store.close()


def test_a_history_that_could_not_be_read_is_begun_anew_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"this is no database, and never was one" * 100)
    store = SqliteRuns(str(tmp_path))
    assert store.notice is not None
    assert "could not be read" in store.notice
    store.fold(passing("one", 1.0))
    assert len(store.runs(10)) == 1
    store.close()


def test_a_fold_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    store._connection.execute("CREATE TRIGGER no BEFORE INSERT ON result BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(Exception, match="no room"):
        store.fold(run_of("one", {"ruff": (Status.PASS, 1.0)}))
    store._connection.execute("DROP TRIGGER no")
    assert list(store.runs(10)) == []
    store.fold(passing("one", 1.0, started_at=BEGAN))
    assert len(store.runs(10)) == 1
    store.close()


def test_runs_are_forgotten_all_or_none(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    for name in ("one", "two"):
        store.fold(passing(name, 1.0))
    refusing = "CREATE TRIGGER no BEFORE DELETE ON run WHEN old.id = 'two' BEGIN SELECT RAISE(ABORT, 'no'); END"
    store._connection.execute(refusing)
    with pytest.raises(sqlite3.IntegrityError):
        store.forget(["one", "two"])
    assert [run.run_id for run in store.runs(10)] == ["two", "one"]
    assert dict(store.durations(["ruff"])) == {"ruff": 1.0}
    store.close()


def test_once_closed_it_holds_no_file(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        store = SqliteRuns(str(tmp_path))
        store.fold(passing("one", 1.0))
        store.close()


def test_every_migration_is_one_statement_after_another(tmp_path: Path) -> None:
    """They are split at semicolons: none may stand inside a statement."""
    assert all("'" not in script and "BEGIN" not in script for script in MIGRATIONS)
