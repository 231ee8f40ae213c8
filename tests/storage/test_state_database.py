"""One way to open the state database: made, brought up to date, and moved aside where it is damaged."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Event, Thread, Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.model.ports import BusyError
from omnibase.storage import database
from omnibase.storage.database import NAME, Database, StateError
from omnibase.storage.tables import Migration
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


def connect(folder: str, migrations: Sequence[Migration]) -> tuple[sqlite3.Connection, str | None]:
    """Open it as who wants to read does; its connection, and the notice."""
    opened = Database(folder, migrations)
    return opened.read(lambda connection: connection), opened.notice


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
    with pytest.raises(StateError, match="table two already exists"):
        connect(str(tmp_path), (FIRST, "CREATE TABLE two (y); CREATE TABLE two (y)"))
    connection, notice = connect(str(tmp_path), (FIRST, SECOND))
    assert (notice, _count(connection, "two")) == (None, 1)
    connection.close()


# Damage


def _aside(folder: Path) -> list[bytes]:
    """What was moved aside."""
    return [path.read_bytes() for path in sorted(folder.glob(f"{NAME}.damaged-*"))]


@pytest.mark.parametrize(
    "content",
    [b"xy", b"this is no database" * 1000, Random(8192).randbytes(8192), b"SQLite format 3\0" + b"\xff" * 5000],
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
    with pytest.raises(StateError, match=f"{tmp_path}/file/state: Not a directory"):
        connect(str(tmp_path / "file" / "state"), (FIRST,))


def test_what_cannot_be_opened_at_all_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(StateError, match=f"{tmp_path}/{NAME}: unable to open"):
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
    with pytest.raises(BusyError, match=f"{tmp_path}/{NAME}: another process has kept it"):
        connect(str(tmp_path), (FIRST,))
    holding.execute("COMMIT")
    holding.close()
    assert _opened(tmp_path) is None


# Waiting


def test_in_the_loop_of_a_run_nothing_is_waited_for(tmp_path: Path) -> None:
    holding, _ = connect(str(tmp_path), (FIRST,))
    waiting = Database(str(tmp_path), (FIRST,), wait=0.0)
    assert waiting.read(lambda connection: _count(connection, "one")) == 1
    holding.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="another process is writing to it"):
        waiting.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
    holding.execute("COMMIT")
    waiting.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
    assert waiting.read(lambda connection: _count(connection, "one")) == 2
    waiting.close()
    holding.close()


WAITING = """
import sys
from omnibase.storage.database import Database

def tell(connection):
    print("waits", flush=True)

state = Database(sys.argv[1], (sys.argv[2],), wait=600.0)
state.read(tell)
state.write(tell)
"""


def test_an_interrupt_is_served_while_a_lock_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    holding, _ = connect(str(tmp_path), (FIRST,))
    holding.execute("BEGIN IMMEDIATE")
    argv = [sys.executable, "-c", WAITING, str(tmp_path), FIRST]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"waits\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out == b""
    assert b"KeyboardInterrupt" in err
    holding.execute("COMMIT")
    holding.close()


def test_a_lock_that_is_let_go_is_had(tmp_path: Path) -> None:
    """The one who waits is asked between its slices, where it gets what it waits for."""
    holding, _ = connect(str(tmp_path), (FIRST,))
    waiting = Database(str(tmp_path), (FIRST,), wait=600.0)
    waiting.read(lambda _: None)
    holding.execute("BEGIN IMMEDIATE")
    letting_go = Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1))
    before = signal.signal(signal.SIGUSR1, lambda *_: holding.execute("COMMIT"))
    try:
        letting_go.start()
        waiting.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
    finally:
        letting_go.join()
        signal.signal(signal.SIGUSR1, before)
    assert _count(holding, "one") == 2
    waiting.close()
    holding.close()


# Transactions


@JOURNALS
def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path, journal: str) -> None:
    state = Database(str(tmp_path), (FIRST,))

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO one VALUES (2)")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        state.write(work)
    assert state.read(lambda connection: _count(connection, "one")) == 1
    state.close()


def test_what_is_wrong_with_the_work_itself_is_told_and_moves_nothing_aside(tmp_path: Path) -> None:
    state = Database(str(tmp_path), (FIRST,))
    for statement in ("SELECT * FROM three", "INSERT INTO one VALUES (NULL)", "no SQL at all"):
        with pytest.raises(StateError, match=f"{tmp_path}/{NAME}: "):
            state.write(lambda connection, statement=statement: connection.execute(statement))  # type: ignore[misc]
        assert state.read(lambda connection: _count(connection, "one")) == 1
    assert (state.notice, _aside(tmp_path)) == (None, [])
    state.close()


@pytest.mark.parametrize("journal", ["delete"], indirect=True)
def test_damage_that_shows_in_a_later_statement_moves_the_database_aside(tmp_path: Path, journal: str) -> None:
    state = Database(str(tmp_path), (FIRST,))
    state.write(lambda connection: connection.executemany("INSERT INTO one VALUES (?)", [(n,) for n in range(5000)]))
    content = (tmp_path / NAME).read_bytes()
    damaged = content[:4096] + Random(4096).randbytes(len(content) - 4096)
    (tmp_path / NAME).write_bytes(damaged)
    state.close()
    assert state.read(lambda connection: _count(connection, "one")) == 1
    assert state.notice is not None
    assert "was moved to" in state.notice
    assert _aside(tmp_path) == [damaged]
    state.close()


def test_tables_that_are_not_ours_any_more_are_damage(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / NAME)
    other.execute("CREATE TABLE another (x)")
    other.execute("PRAGMA user_version=1")
    other.close()
    state = Database(str(tmp_path), (FIRST,))
    assert state.read(lambda connection: _count(connection, "one")) == 1
    assert state.notice is not None
    assert "no such table: one" in state.notice
    state.close()


@pytest.mark.parametrize("version", [0, -1, -(2**31)])
def test_a_version_that_does_not_fit_the_tables_is_damage(tmp_path: Path, version: int) -> None:
    made, _ = connect(str(tmp_path), (FIRST,))
    made.execute(f"PRAGMA user_version={version}")
    made.close()
    notice = _opened(tmp_path)
    assert notice is not None
    assert (
        "table one already exists" if version == 0 else f"no version of omnibase has the number {version}"
    ) in notice
    assert _opened(tmp_path) is None


def test_a_database_of_a_later_file_format_is_moved_aside(tmp_path: Path) -> None:
    """SQLite takes it for read-only, although the system would let us write it."""
    _filled(tmp_path)
    with (tmp_path / NAME).open("r+b") as file:
        file.seek(18)
        file.write(b"\x07\x01")
    state = Database(str(tmp_path), (FIRST,))
    state.write(lambda connection: connection.execute("INSERT INTO one VALUES (7)"))
    assert state.read(lambda connection: _count(connection, "one")) == 2
    assert len(_aside(tmp_path)) == 1
    state.close()


@JOURNALS
def test_who_has_a_database_open_that_was_moved_aside_goes_over_to_the_new_one(tmp_path: Path, journal: str) -> None:
    one, other = Database(str(tmp_path), (FIRST,)), Database(str(tmp_path), (FIRST,))
    one.read(lambda _: None)
    os.rename(tmp_path / NAME, tmp_path / "aside")
    for suffix in ("-wal", "-shm"):
        if (tmp_path / f"{NAME}{suffix}").exists():
            os.rename(tmp_path / f"{NAME}{suffix}", tmp_path / f"aside{suffix}")
    other.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
    if journal == "delete":  # with a log SQLite does not look
        one.write(lambda connection: connection.execute("INSERT INTO one VALUES (3)"))
        assert other.read(lambda connection: _count(connection, "one")) == 3
    assert (one.notice, other.notice) == (None, None)
    one.close()
    other.close()


def test_a_second_damage_does_not_overwrite_what_was_moved_aside_before(tmp_path: Path) -> None:
    for content in (b"first" * 1000, b"second" * 1000):
        (tmp_path / NAME).write_bytes(content)
        assert _opened(tmp_path) is not None
    assert sorted(_aside(tmp_path)) == [b"first" * 1000, b"second" * 1000]


def test_a_full_disk_is_told_with_the_path_and_harms_nothing(tmp_path: Path) -> None:
    state = Database(str(tmp_path), (FIRST,))
    state.read(lambda connection: connection.execute("PRAGMA max_page_count=3"))  # as many pages as a small disk has
    with pytest.raises(StateError, match=f"{tmp_path}/{NAME}: database or disk is full"):
        state.write(lambda connection: connection.execute("INSERT INTO one VALUES (zeroblob(100000))"))
    assert state.read(lambda connection: _count(connection, "one")) == 1
    assert _aside(tmp_path) == []
    state.close()


# Several processes

OPENING = """
import os, sys
from omnibase.storage import database

folder, journal, first, gate = sys.argv[1:]
if journal == "wal":
    database.WAL_DEFECT = ((999, 0, 0), (999, 0, 0))
print("ready", flush=True)
os.read(os.open(gate, os.O_RDONLY), 1)
state = database.Database(folder, (first,))
state.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
state.close()
print(state.notice or "")
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


@pytest.mark.parametrize("journal", ["delete"], indirect=True)
def test_who_reads_at_the_moment_of_a_commit_is_waited_for(
    tmp_path: Path, journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader ends when it sees that no other can begin: then the commit is under way."""
    monkeypatch.setattr(database, "READERS_SECONDS", batches.SECONDS)
    _opened(tmp_path)
    path = tmp_path / NAME
    reading, ended = Event(), Event()

    def read() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            _count(reader, "one")
            reading.set()
            while not ended.is_set():
                with closing(sqlite3.connect(path, timeout=0.0)) as other:
                    try:
                        _count(other, "one")
                    except sqlite3.OperationalError:
                        ended.set()

    thread = Thread(target=read)
    thread.start()
    assert reading.wait(batches.SECONDS)
    try:
        writer = Database(str(tmp_path), (FIRST,), wait=0.0)
        writer.write(lambda connection: connection.execute("INSERT INTO one VALUES (2)"))
        assert writer.read(lambda connection: _count(connection, "one")) == 2
        writer.close()
    finally:
        ended.set()
        thread.join()
