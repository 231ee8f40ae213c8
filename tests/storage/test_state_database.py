"""One way to open the state database: made, brought up to date, and moved aside where it is damaged."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.storage import database
from omnibase.storage.database import NAME, connect
from tests.executors import batches

FIRST = "CREATE TABLE one (x INTEGER NOT NULL); INSERT INTO one VALUES (1)"
SECOND = "CREATE TABLE two (y); INSERT INTO two SELECT x FROM one;"
JOURNALS = pytest.mark.parametrize("journal", ["delete", "wal"])


@pytest.fixture
def journal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How changes are made safe: as for an SQLite with the defect, or without it."""
    _use(request.param, monkeypatch)
    kind: str = request.param
    return kind


def _use(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = ((0, 0, 0), (999, 0, 0)) if kind == "delete" else ((999, 0, 0), (999, 0, 0))
    monkeypatch.setattr(database, "WAL_DEFECT", everything)


def _count(connection: sqlite3.Connection, table: str) -> int:
    count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


def _opened(folder: Path, migrations: Sequence[str] = (FIRST,)) -> str | None:
    """Open it, see that it is usable, and close it again; the notice."""
    connection, notice = connect(str(folder), migrations)
    assert _count(connection, "one") >= 1
    connection.close()
    return notice


@pytest.mark.parametrize("journal", ["delete", "wal"], indirect=True)
def test_a_new_database_is_made_with_its_folder(tmp_path: Path, journal: str) -> None:
    connection, notice = connect(str(tmp_path / "deep" / "state"), (FIRST, SECOND))
    assert notice is None
    assert (_count(connection, "one"), _count(connection, "two")) == (1, 1)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 6, 23), "wal"),
        ((3, 7, 0), "delete"),
        ((3, 40, 1), "delete"),
        ((3, 51, 2), "delete"),
        ((3, 51, 3), "wal"),
        ((4, 0, 0), "wal"),
    ],
)
def test_a_defective_sqlite_is_not_trusted_with_a_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], mode: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    connection, _ = connect(str(tmp_path), ())
    assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
    connection.close()


def test_only_what_is_missing_is_applied(tmp_path: Path) -> None:
    _opened(tmp_path, (FIRST,))
    connection, notice = connect(str(tmp_path), (FIRST, SECOND))
    assert (notice, _count(connection, "one"), _count(connection, "two")) == (None, 1, 1)
    connection.close()
    assert _opened(tmp_path, (FIRST, SECOND)) is None


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    _opened(tmp_path, (FIRST,))
    with pytest.raises(sqlite3.OperationalError):
        connect(str(tmp_path), (FIRST, "CREATE TABLE two (y); CREATE TABLE two (y)"))
    connection, notice = connect(str(tmp_path), (FIRST, SECOND))
    assert (notice, _count(connection, "two")) == (None, 1)
    connection.close()


# Damage


def _aside(folder: Path) -> list[bytes]:
    """What was moved aside."""
    return [path.read_bytes() for path in sorted(folder.glob(f"{NAME}.damaged-*"))]


@pytest.mark.parametrize(
    "content", [b"xy", b"this is no database" * 1000, os.urandom(8192), b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_what_is_no_database_is_moved_aside_and_never_fatal(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with batches.no_file_left_open():
        notice = _opened(tmp_path)
    assert notice is not None
    assert f"was moved to {tmp_path / NAME}.damaged-" in notice
    assert _aside(tmp_path) == [content]
    assert _opened(tmp_path) is None


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert _opened(tmp_path) is None


def _filled(folder: Path) -> bytes:
    connection, _ = connect(str(folder), (FIRST,))
    with connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO one VALUES (?)", [(number,) for number in range(5000)])
    connection.close()
    return (folder / NAME).read_bytes()


@pytest.mark.parametrize("part", [15, 16, 99, 100, 4095, 4096, 4097, "half", "one page less"])
def test_a_truncated_database_is_moved_aside(tmp_path: Path, part: int | str) -> None:
    whole = _filled(tmp_path)
    sizes = {"half": len(whole) // 2, "one page less": len(whole) - 4096}
    content = whole[: sizes[part] if isinstance(part, str) else part]
    (tmp_path / NAME).write_bytes(content)
    assert _opened(tmp_path) is not None
    assert _aside(tmp_path) == [content]


def test_a_database_of_a_later_version_is_moved_aside_and_not_written(tmp_path: Path) -> None:
    _opened(tmp_path, (FIRST, SECOND))
    before = (tmp_path / NAME).read_bytes()
    notice = _opened(tmp_path, (FIRST,))
    assert notice is not None
    assert "by a later version of omnibase: 2 > 1" in notice
    assert _aside(tmp_path) == [before]


def test_logs_of_a_damaged_database_do_not_stay_beside_the_new_one(tmp_path: Path) -> None:
    for name in (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal"):
        (tmp_path / name).write_bytes(b"this is no database" * 1000)
    assert _opened(tmp_path) is not None
    assert [name for name in os.listdir(tmp_path) if "damaged" not in name] == [NAME]


@given(content=st.binary(max_size=300), keeps_its_beginning=st.booleans())
def test_no_bytes_at_all_are_fatal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, keeps_its_beginning: bool
) -> None:
    folder = tmp_path_factory.mktemp("state")
    (folder / NAME).write_bytes((b"SQLite format 3\0" if keeps_its_beginning else b"") + content)
    _opened(folder)
    assert _opened(folder) is None


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        connect(str(tmp_path / "file" / "state"), (FIRST,))


def test_what_cannot_be_opened_at_all_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(sqlite3.OperationalError):
        connect(str(tmp_path), (FIRST,))
    assert os.listdir(tmp_path) == [NAME]


@JOURNALS
def test_one_that_stays_locked_is_an_error_in_the_end_and_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    _use("wal" if journal == "delete" else "delete", monkeypatch)
    holding, _ = connect(str(tmp_path), (FIRST,))
    holding.execute("BEGIN EXCLUSIVE")
    _use(journal, monkeypatch)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        connect(str(tmp_path), (FIRST,))
    holding.execute("COMMIT")
    holding.close()
    assert _opened(tmp_path) is None


# Several processes

OPENING = """
import os, sys
from omnibase.storage import database

folder, journal, first, gate = sys.argv[1:]
if journal == "wal":
    database.WAL_DEFECT = ((999, 0, 0), (999, 0, 0))
print("ready", flush=True)
os.read(os.open(gate, os.O_RDONLY), 1)
connection, notice = database.connect(folder, (first,))
connection.execute("INSERT INTO one VALUES (2)")
connection.close()
print(notice or "")
"""


@pytest.fixture
def at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A gate that processes wait at, so that they open the database in the same moment."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    os.mkfifo(tmp_path / "gate")
    yield tmp_path / "gate"


@pytest.mark.parametrize("content", [None, b"this is no database" * 1000], ids=["new", "damaged"])
@JOURNALS
def test_several_that_open_it_at_once_share_one_database(
    tmp_path: Path, at_once: Path, journal: str, content: bytes | None
) -> None:
    for attempt in range(3):
        folder = tmp_path / f"state-{attempt}"
        folder.mkdir()
        if content is not None:
            (folder / NAME).write_bytes(content)
        argv = [sys.executable, "-c", OPENING, str(folder), journal, FIRST, str(at_once)]
        processes = [
            subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
        ]
        opened = os.open(at_once, os.O_WRONLY)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        os.write(opened, b"....")  # one for each
        said = [process.communicate(timeout=60) for process in processes]
        os.close(opened)
        assert [error for _, error in said] == [""] * 4
        assert sum(bool(told.strip()) for told, _ in said) == (content is not None)
        connection = sqlite3.connect(folder / NAME)
        assert _count(connection, "one") == 1 + 4
        connection.close()
