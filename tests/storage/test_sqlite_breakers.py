"""Circuit breakers in SQLite, in what is their own: other processes, the marker beside them, and a file that is bad."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.breaking import Breaker, BreakerState, Moment
from omnibase.model.component import BreakerRule
from omnibase.model.ports import BusyError, Lease
from omnibase.storage import boot
from omnibase.storage.breakers import MARKER, SqliteBreakers, is_guarded
from omnibase.storage.database import NAME, Database, StateError
from omnibase.storage.runs import SqliteRuns
from tests.executors import batches
from tests.storage.guarding import RULE, Clock
from tests.storage.recorded import passing

LET_THROUGH = Lease(True, "CLOSED")
AT_ONCE = BreakerRule(failures=1, reset=60.0, probes=3)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _opened(folder: Path, clock: Clock, *names: str) -> SqliteBreakers:
    breakers = SqliteBreakers(str(folder), clock=clock)
    for name in names:
        for _ in range(RULE.failures):
            breakers.failed(name, RULE)
    return breakers


def test_it_outlives_the_process_and_is_seen_by_others(tmp_path: Path, clock: Clock) -> None:
    one, other = _opened(tmp_path, clock, "it"), SqliteBreakers(str(tmp_path), clock=clock)
    assert not other.lease("it", RULE).granted
    clock.wait(60.0)
    assert [breakers.lease("it", RULE).granted for breakers in (one, other, one, other)] == [True, True, False, False]
    one.succeeded("it", RULE)
    assert other.lease("it", RULE) == LET_THROUGH
    one.close()
    other.close()


def test_it_stands_beside_the_history(tmp_path: Path, clock: Clock) -> None:
    runs = SqliteRuns(str(tmp_path))
    runs.fold(passing("one", 1.0))
    breakers = _opened(tmp_path, clock, "it")
    runs.fold(passing("two", 1.0))
    assert (len(runs.runs(10)), list(breakers.all())) == (2, ["it"])
    runs.close()
    breakers.close()


# The marker


def test_where_nothing_has_failed_nothing_is_made_opened_or_imported(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from omnibase.model.component import BreakerRule\n"
        "from omnibase.storage.breakers import SqliteBreakers, is_guarded\n"
        "breakers = SqliteBreakers(sys.argv[1])\n"
        "assert not is_guarded(sys.argv[1])\n"
        "assert breakers.lease('it', BreakerRule()).granted\n"
        "breakers.succeeded('it', BreakerRule())\n"
        "assert breakers.notice is None\n"
        "breakers.close()\n"
        "print({'sqlite3', 'tenacity', 'ctypes', 'omnibase.core.breaking'} & set(sys.modules))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    argv = [sys.executable, "-c", script, str(tmp_path / "state")]
    assert subprocess.check_output(argv, env=environment) == b"set()\n"
    assert not (tmp_path / "state").exists()


STEPS = st.lists(
    st.tuples(st.sampled_from(["lease", "failed", "succeeded", "open", "close", "reset"]), st.sampled_from("ab")),
    max_size=12,
)


@given(STEPS)
def test_the_marker_is_there_if_and_only_if_a_breaker_is_not_as_new(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    folder, clock = str(tmp_path_factory.mktemp("state")), Clock()
    breakers = SqliteBreakers(folder, clock=clock)
    calls: dict[str, Callable[[str], object]] = {
        "lease": lambda name: breakers.lease(name, RULE),
        "failed": lambda name: breakers.failed(name, RULE),
        "succeeded": lambda name: breakers.succeeded(name, RULE),
        "open": breakers.open_by_hand,
        "close": breakers.close_by_hand,
        "reset": lambda name: breakers.reset(),
    }
    for call, name in steps:
        calls[call](name)
        clock.wait(30.0)
        rows = Database(folder).read(lambda it: it.execute("SELECT count(*) FROM breaker").fetchone()[0])
        assert is_guarded(folder) == bool(rows)
        assert all(it != Breaker() for it in breakers.all().values())
    breakers.close()


def test_the_marker_is_put_back_where_the_last_row_could_not_be_removed(tmp_path: Path, clock: Clock) -> None:
    breakers = _opened(tmp_path, clock, "it")
    reading = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT * FROM breaker").fetchone()  # who reads holds up the commit, and not what comes before it
    with pytest.raises(BusyError):
        breakers.close_by_hand("it")
    assert is_guarded(str(tmp_path))
    reading.close()
    assert not breakers.lease("it", RULE).granted
    breakers.close()


def test_a_marker_that_stayed_behind_goes_when_it_is_looked_at(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / MARKER).touch()
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    assert breakers.lease("it", RULE) == LET_THROUGH
    assert not is_guarded(str(tmp_path))
    breakers.close()


# Locks


def test_who_finds_it_locked_is_told_and_has_changed_nothing(tmp_path: Path, clock: Clock) -> None:
    breakers = _opened(tmp_path, clock, "it")
    breakers.failed("counted", RULE)
    before = breakers.all()
    clock.wait(60.0)
    writing = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    writing.execute("BEGIN EXCLUSIVE")
    calls: list[Callable[[], object]] = [
        lambda: breakers.lease("it", RULE),
        lambda: breakers.failed("counted", RULE),
        lambda: breakers.succeeded("counted", RULE),
        lambda: breakers.open_by_hand("it"),
        breakers.all,
        breakers.reset,
    ]
    for call in calls:
        with pytest.raises(BusyError, match=NAME):
            call()
    writing.execute("COMMIT")
    writing.close()
    assert breakers.all() == before
    assert breakers.lease("it", RULE).granted
    breakers.close()


def test_what_another_has_changed_since_the_first_look_counts(tmp_path: Path, clock: Clock) -> None:
    """The other one asks while this one looks at its clock."""
    other = _opened(tmp_path, clock, "it")
    clock.wait(60.0)
    looks: list[Lease] = []

    def meanwhile() -> Moment:
        while len(looks) < RULE.probes:
            looks.append(other.lease("it", RULE))
        return clock()

    breakers = SqliteBreakers(str(tmp_path), clock=meanwhile)
    assert breakers.lease("it", RULE) == Lease(False, "HALF_OPEN", 3, 60.0)
    assert [look.granted for look in looks] == [True] * RULE.probes
    breakers.close()
    other.close()


ASKING = """
import os, sys, time
from omnibase.model.component import BreakerRule
from omnibase.storage.breakers import SqliteBreakers
from tests.storage.guarding import Clock

clock = Clock()
clock.wait(60.0)
print("ready", flush=True)
os.read(os.open(sys.argv[2], os.O_RDONLY), 1)
breakers = SqliteBreakers(sys.argv[1], wait=60.0, clock=clock)
print(breakers.lease("it", BreakerRule(failures=1, reset=60.0, probes=3)).granted, breakers.notice)
breakers.close()
"""


def test_of_twenty_processes_that_ask_at_once_as_many_are_let_through_as_there_are_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    state, gate = tmp_path / "state", tmp_path / "gate"
    breakers = SqliteBreakers(str(state), clock=clock)
    breakers.failed("it", AT_ONCE)
    breakers.close()
    os.mkfifo(gate)
    argv = [sys.executable, "-c", ASKING, str(state), str(gate)]
    processes = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(20)]
    opened = os.open(gate, os.O_WRONLY)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    os.write(opened, b"." * 20)  # one for each
    said = [process.communicate(timeout=90) for process in processes]
    os.close(opened)
    assert [error for _, error in said] == [""] * 20
    assert sorted(told for told, _ in said) == ["False None\n"] * 17 + ["True None\n"] * 3


# What is wrong with the file


def _answers(breakers: SqliteBreakers) -> None:
    """The three calls of a run answer as if nothing had been kept."""
    assert breakers.lease("it", RULE) == LET_THROUGH
    breakers.succeeded("it", RULE)
    assert breakers.failed("it", RULE).granted


def test_a_damaged_database_is_moved_aside_and_told(tmp_path: Path, clock: Clock) -> None:
    _opened(tmp_path, clock, "it").close()
    (tmp_path / NAME).write_bytes(b"this is no database" * 1000)
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    _answers(breakers)
    assert breakers.notice is not None
    assert f"was moved to {tmp_path}/{NAME}.damaged-" in breakers.notice
    assert breakers.all() == {"it": Breaker(failures=1)}
    breakers.close()


def test_where_no_state_can_be_kept_everyone_is_let_through_and_it_is_told_once(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    breakers = SqliteBreakers(str(tmp_path / "file" / "state"), clock=clock)
    _answers(breakers)
    assert breakers.notice == f"circuit breakers are not kept: {tmp_path}/file/state: Not a directory"
    _answers(breakers)
    with pytest.raises(StateError, match=f"{tmp_path}/file/state: Not a directory"):
        breakers.open_by_hand("it")
    breakers.close()


def test_where_the_database_cannot_be_opened_everyone_is_let_through(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / MARKER).touch()
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    with batches.no_file_left_open():
        _answers(breakers)
    assert breakers.notice is not None
    assert f"{tmp_path}/{NAME}: unable to open" in breakers.notice
    breakers.close()


def test_on_a_full_disk_what_cannot_be_counted_is_told(tmp_path: Path, clock: Clock) -> None:
    breakers = _opened(tmp_path, clock, "other")
    breakers._database.read(lambda connection: connection.execute("PRAGMA max_page_count=1"))
    rule = BreakerRule(failures=1_000_000)
    for number in range(200):
        assert breakers.failed("x" * 900 + str(number), rule).granted
    assert breakers.notice is not None
    assert f"{tmp_path}/{NAME}: database or disk is full" in breakers.notice
    assert not breakers.lease("other", RULE).granted
    breakers.close()


def test_where_the_marker_cannot_be_made_nothing_is_kept(tmp_path: Path, clock: Clock) -> None:
    Database(str(tmp_path)).read(lambda _: None)
    os.symlink(tmp_path / "nowhere" / "at all", tmp_path / MARKER)
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    assert breakers.failed("it", RULE) == LET_THROUGH
    assert breakers.notice == f"circuit breakers are not kept: {tmp_path}/{MARKER}: No such file or directory"
    breakers.close()
    rows = Database(str(tmp_path)).read(lambda it: it.execute("SELECT count(*) FROM breaker").fetchone())
    assert rows == (0,)


@pytest.mark.parametrize("change", ["state = 'CLOSED'", "held = 1", "uptime = -1e9", "name = CAST(x'ff' AS TEXT)"])
def test_a_breaker_whose_row_was_changed_is_taken_for_closed_and_told(
    tmp_path: Path, clock: Clock, change: str
) -> None:
    _opened(tmp_path, clock, "it", "other").close()
    state = Database(str(tmp_path))
    state.write(lambda connection: connection.execute(f"UPDATE breaker SET {change} WHERE name = 'it'"))
    state.close()
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    assert breakers.lease("it", RULE) == LET_THROUGH
    assert list(breakers.all()) == ["other"]
    assert breakers.notice is not None
    assert f"{tmp_path}/{NAME} is damaged" in breakers.notice
    breakers.failed("it", RULE)
    assert sorted(breakers.all()) == ["it", "other"]
    breakers.close()
    again = SqliteBreakers(str(tmp_path), clock=clock)
    again.lease("it", RULE)
    assert again.notice is None
    again.close()


def test_a_breaker_that_is_changed_after_it_was_looked_at_is_taken_for_closed_and_told(
    tmp_path: Path, clock: Clock
) -> None:
    breakers = _opened(tmp_path, clock, "it", "other")
    assert not breakers.lease("it", RULE).granted
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("UPDATE breaker SET failures = 1 WHERE name = 'it'")
    other.close()
    assert breakers.lease("it", RULE) == LET_THROUGH
    assert breakers.notice is not None
    assert breakers.failed("it", RULE) == Lease(True, "CLOSED", 1)
    assert not breakers.lease("other", RULE).granted
    breakers.close()


def test_a_damaged_name_is_told_by_whichever_breaker_is_looked_at(tmp_path: Path, clock: Clock) -> None:
    _opened(tmp_path, clock, "it", "other").close()
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("UPDATE breaker SET name = 'at' WHERE name = 'it'")
    other.close()
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    assert not breakers.lease("other", RULE).granted
    assert breakers.notice is not None
    breakers.close()


def test_breakers_that_are_out_of_order_are_found(tmp_path: Path, clock: Clock) -> None:
    """SQLite looks a name up by halves: where the rows are not in order, it finds some of them only."""
    _opened(tmp_path, clock, "a", "b").close()
    state = Database(str(tmp_path))
    where = "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'breaker'"
    page, size = state.read(lambda connection: connection.execute(where).fetchone())
    state.close()
    data = bytearray((tmp_path / NAME).read_bytes())
    first = (page - 1) * size + 8  # of the places of the page's rows, two bytes each (sqlite.org/fileformat2.html)
    data[first : first + 4] = data[first + 2 : first + 4] + data[first : first + 2]
    (tmp_path / NAME).write_bytes(data)
    breakers = SqliteBreakers(str(tmp_path), clock=clock)
    assert [breakers.lease(name, RULE).granted for name in ("a", "b", "a", "b")] == [False] * 4
    breakers.close()


# How much there is to do


def _steps(folder: Path, clock: Clock, count: int) -> list[int]:
    """The steps of SQLite's machine for each call of a run, where as many breakers as `count` are not as new."""
    breakers = _opened(folder, clock, *(f"component {number}" for number in range(count)))
    steps = [0]

    def step() -> int:
        steps[-1] += 1
        return 0

    breakers.lease("component 0", RULE)  # whoever is the first to look reads them all
    breakers._database.read(lambda connection: connection.set_progress_handler(step, 1))
    for call in (breakers.lease, breakers.failed, breakers.succeeded):
        for name in ("component 0", "as new"):
            call(name, RULE)
            steps.append(0)
    breakers.close()
    return steps


def test_what_a_call_costs_does_not_depend_on_how_many_breakers_there_are(tmp_path: Path, clock: Clock) -> None:
    few, many = (_steps(tmp_path / str(count), clock, count) for count in (2, 60))
    assert few[0] > 0
    assert few == many


# The clock


def test_the_clock_of_this_system_goes_on_and_has_one_boot() -> None:
    one, other = boot.now(), boot.now()
    assert other.uptime >= one.uptime > 0
    assert one.boot == other.boot
    if sys.platform == "linux":
        assert one.boot == Path(boot.BOOT_ID).read_text().strip()


def test_on_a_system_that_does_not_tell_its_boots_the_wall_clock_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "BOOT_ID", "/nowhere")
    monkeypatch.setattr(boot, "SYSCTLS", ())
    boot.boot_id.cache_clear()
    assert boot.now().boot == ""
    boot.boot_id.cache_clear()


def test_after_a_reboot_the_first_look_puts_it_on_the_new_clock(tmp_path: Path, clock: Clock) -> None:
    breakers = _opened(tmp_path, clock, "it")
    clock.now = Moment("another", 5.0, clock.now.wall - 1e7)
    assert breakers.lease("it", RULE) == Lease(False, "OPEN", 3, 60.0)
    assert breakers.all()["it"] == Breaker(BreakerState.OPEN, 3, clock.now)
    clock.now = Moment("another", 65.0, clock.now.wall - 1e7)
    assert breakers.lease("it", RULE).granted
    breakers.close()
