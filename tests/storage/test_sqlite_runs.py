"""The run history in SQLite, in what is its own: it outlives its process, and several write it."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from omnibase.model.result import Status
from omnibase.storage.database import Database, StateError
from omnibase.storage.runs import SqliteRuns
from omnibase.storage.tables import MIGRATIONS
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
    store.fold(passing("one", 1.0))
    assert store.notice is not None
    assert "could not be read" in store.notice
    assert len(store.runs(10)) == 1
    store.close()


def test_a_fold_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    refusing = "CREATE TEMP TRIGGER no BEFORE INSERT ON result BEGIN SELECT RAISE(ABORT, 'no room'); END"
    store._database.read(lambda connection: connection.execute(refusing))  # it is gone when the connection is
    with pytest.raises(StateError, match="no room"):
        store.fold(run_of("one", {"ruff": (Status.PASS, 1.0)}))
    assert list(store.runs(10)) == []
    store.fold(passing("one", 1.0, started_at=BEGAN))
    assert len(store.runs(10)) == 1
    store.close()


def test_runs_are_forgotten_all_or_none(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    for name in ("one", "two"):
        store.fold(passing(name, 1.0))
    refusing = "CREATE TEMP TRIGGER no BEFORE DELETE ON run WHEN old.id = 'two' BEGIN SELECT RAISE(ABORT, 'no'); END"
    store._database.read(lambda connection: connection.execute(refusing))
    with pytest.raises(StateError, match="no"):
        store.forget(["one", "two"])
    assert [run.run_id for run in store.runs(10)] == ["two", "one"]
    assert dict(store.durations(["ruff"])) == {"ruff": 1.0}
    store.close()


def test_once_closed_it_holds_no_file(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        store = SqliteRuns(str(tmp_path))
        store.fold(passing("one", 1.0))
        store.close()


def test_every_script_is_one_statement_after_another() -> None:
    """They are split at semicolons: none may stand inside a statement."""
    scripts = [migration for migration in MIGRATIONS if isinstance(migration, str)]
    assert all("'" not in script and "BEGIN" not in script for script in scripts)


def test_a_database_of_the_first_version_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    first = Database(str(tmp_path), MIGRATIONS[:1])

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO run VALUES ('one', 'ci', 'async', 'PASS', 0, ?, 1.5)", (BEGAN,))
        connection.execute("INSERT INTO run VALUES ('two', 'ci', 'async', NULL, 130, ?, 0.1)", (BEGAN + 1,))
        connection.execute("INSERT INTO result VALUES ('one', 'ruff', 'PASS', 1.25, ?)", (BEGAN,))

    first.write(fill)
    first.close()
    store = SqliteRuns(str(tmp_path))
    assert [run.run_id for run in store.runs(10)] == ["two", "one"]
    assert store.runs(1)[0].status is None
    assert dict(store.durations(["ruff"])) == {"ruff": 1.25}
    assert store.notice is None
    store.fold(passing("three", 2.0, started_at=BEGAN + 2))
    assert len(store.runs(10)) == 3
    store.close()


@pytest.mark.parametrize(
    "change",
    ["status = 'FAIL'", "exit_code = 1", "duration = 9.5", "stage = CAST(x'ff' AS TEXT)", "started_at = 'noon'"],
)
def test_a_run_whose_row_was_changed_is_left_out_and_told(tmp_path: Path, change: str) -> None:
    store = SqliteRuns(str(tmp_path))
    for name in ("one", "two", "three"):
        store.fold(passing(name, 1.0))
    store._database.write(lambda connection: connection.execute(f"UPDATE run SET {change} WHERE id = 'two'"))
    assert [run.run_id for run in store.runs(10)] == ["three", "one"]
    assert store.notice == f"1 run was left out of the history: {tmp_path}/state.sqlite is damaged"
    assert len(store.runs(1)) == 1
    store.close()


def test_a_duration_whose_row_was_changed_teaches_nothing(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    for number, took in enumerate((1.0, 2.0, 3.0)):
        store.fold(passing(f"run-{number}", took, started_at=BEGAN + number))
    store._database.write(lambda connection: connection.execute("UPDATE result SET duration = 1e9 WHERE run = 'run-2'"))
    assert dict(store.durations(["ruff"])) == {"ruff": 1.5}
    store.close()


@pytest.mark.parametrize("took", [float("nan"), float("inf"), float("-inf")])
def test_a_record_whose_times_are_no_numbers_is_refused(tmp_path: Path, took: float) -> None:
    store = SqliteRuns(str(tmp_path))
    with pytest.raises(ValueError, match="no number"):
        store.fold(passing("one", took))
    assert list(store.runs(10)) == []
    store.close()


@pytest.mark.parametrize("took", [0.0, -0.0, 1.0, 2.0**53, 0.1, 5e-324, 1.7976931348623157e308])
def test_any_time_comes_back_as_it_was(tmp_path: Path, took: float) -> None:
    store = SqliteRuns(str(tmp_path))
    store.fold(run_of("one", {"ruff": (Status.PASS, took)}, seconds=took))
    assert [run.duration for run in store.runs(10)] == [took]
    assert (dict(store.durations(["ruff"])), store.notice) == ({"ruff": took}, None)
    store.close()


def test_an_index_that_does_not_fit_its_table_is_damage_and_shows_before_anything_is_written(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    for number in range(3):
        store.fold(passing(f"run-{number}", 1.0, started_at=BEGAN + number))
    store.close()
    other = sqlite3.connect(tmp_path / "state.sqlite")
    other.execute("PRAGMA writable_schema=ON")
    other.execute(
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'result_by_run')"
        " WHERE name = 'run_by_time'"
    )
    other.commit()
    other.close()
    store.fold(passing("new", 1.0))
    assert store.notice is not None
    assert "it has rows or indexes that cannot be right" in store.notice
    assert [run.run_id for run in store.runs(10)] == ["new"]
    store.close()


def test_tables_that_were_changed_are_damage_and_show_before_anything_is_written(tmp_path: Path) -> None:
    store = SqliteRuns(str(tmp_path))
    store.fold(passing("one", 1.0))
    store.close()
    content = (tmp_path / "state.sqlite").read_bytes()
    (tmp_path / "state.sqlite").write_bytes(content.replace(b"started_at REAL", b"started_at RAAL"))
    store.fold(passing("new", 1.0))
    assert store.notice is not None
    assert "its tables are not as they were made" in store.notice
    assert [run.run_id for run in store.runs(10)] == ["new"]
    store.close()
