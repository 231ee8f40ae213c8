"""State databases with bytes changed at random: nothing crashes, nothing wrong is believed, and work goes on.

`OMNIBASE_FAULTS=long pytest tests/storage/test_damaged_state.py -n 2` tries 10,000 of them.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from omnibase.core.breaking import Breaker
from omnibase.model.ports import StoredRun
from omnibase.model.result import Status
from omnibase.storage.breakers import MARKER, SqliteBreakers
from omnibase.storage.database import NAME, StateError
from omnibase.storage.runs import SqliteRuns
from tests.storage.guarding import RULE, Clock
from tests.storage.recorded import BEGAN, passing, run_of

MUTATED = 10_000 if os.environ.get("OMNIBASE_FAULTS") == "long" else 300
PARTS = 10
SEED = int(os.environ.get("OMNIBASE_FAULTS_SEED", "1"))
COMPONENTS = ("ruff", "mypy", "a-longer-name", "ünï")
PAGE = 4096


class Kept(NamedTuple):
    """A database, and what is true of it."""

    content: bytes
    runs: tuple[StoredRun, ...]
    breakers: Mapping[str, Breaker]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("state")
    runs = SqliteRuns(str(folder))
    for number in range(40):
        results = dict.fromkeys(COMPONENTS, (Status.PASS, 1.0 + number / 8))
        runs.fold(run_of(f"2024-{number:02}", results, started_at=BEGAN + number))
    runs.forget([f"2024-{number:02}" for number in range(0, 40, 4)])
    breakers = SqliteBreakers(str(folder), clock=Clock())
    for name in COMPONENTS:
        for _ in range(RULE.failures):
            breakers.failed(name, RULE)
    breakers.failed("counted", RULE)
    found = Kept(b"", tuple(runs.runs(100)), breakers.all())
    runs.close()
    breakers.close()
    assert len(found.runs) == 30
    return found._replace(content=(folder / NAME).read_bytes())


def _flipped(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _in_the_head(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 2, 4))):
        data[random.randrange(100)] = random.randrange(256)


def _in_the_tables(data: bytearray, random: Random) -> None:
    """In the text of the tables' definitions, and in what says where they are: all of it is on the first page."""
    for _ in range(random.choice((1, 2, 8))):
        data[random.randrange(100, PAGE)] = random.randrange(256)


def _in_a_page_s_head(data: bytearray, random: Random) -> None:
    page = random.randrange(len(data) // PAGE) * PAGE
    data[(page or 100) + random.randrange(64)] = random.randrange(256)


def _overwritten(data: bytearray, random: Random) -> None:
    size = random.choice((16, 512, PAGE))
    start = random.randrange(len(data))
    data[start : start + size] = random.choice((bytes(size), random.randbytes(size), b"\xff" * size))


def _cut(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data)) :]


def _longer(data: bytearray, random: Random) -> None:
    data += random.randbytes(random.randrange(1, 3 * PAGE))


def _pages_exchanged(data: bytearray, random: Random) -> None:
    one, other = (random.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]


MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flipped,
    _flipped,
    _in_the_head,
    _in_the_tables,
    _in_a_page_s_head,
    _overwritten,
    _cut,
    _longer,
    _pages_exchanged,
)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """A new folder each time, and no more than one."""

    def make() -> Path:
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        (tmp_path / "state").mkdir()
        return tmp_path / "state"

    yield make


@pytest.mark.timeout(3600 if MUTATED > 300 else 120)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutated_database_never_crashes_and_is_never_believed(
    kept: Kept, folders: Callable[[], Path], part: int
) -> None:
    for number in range(MUTATED // PARTS):
        seed = SEED * 1_000_000 + part * 100_000 + number
        random = Random(seed)
        data = bytearray(kept.content)
        random.choice(MUTATIONS)(data, random)
        folder = folders()
        (folder / NAME).write_bytes(data)
        (folder / MARKER).touch()
        if random.random() < 0.1:
            (folder / f"{NAME}-journal").write_bytes(random.randbytes(random.choice((0, 28, 2000))))
        try:
            _use(str(folder), kept, random)
        except BaseException:
            print(f"the database is that of Random({seed})")
            raise


def _use(folder: str, kept: Kept, random: Random) -> None:
    """Whichever call is the first to see the damage: what is answered is true, and once over, all works again."""
    runs, breakers = SqliteRuns(folder), SqliteBreakers(folder, clock=Clock())
    calls: list[Callable[[], object]] = [
        lambda: runs.fold(passing("new", 1.0, started_at=BEGAN + 100)),
        lambda: runs.durations(COMPONENTS),
        lambda: runs.runs(100),
        lambda: runs.forget(["2024-01", "2024-02"]),
        lambda: breakers.lease("ruff", RULE),
        lambda: breakers.failed("mypy", RULE),
        lambda: breakers.succeeded("counted", RULE),
        breakers.all,
    ]
    random.shuffle(calls)
    for call in calls:
        try:
            call()
        except StateError as error:
            assert f"{folder}/{NAME}" in str(error)
            call()
    true = {run.run_id: run for run in kept.runs}
    found = {run.run_id: run for run in runs.runs(100)}
    assert all(run == true[run_id] for run_id, run in found.items() if run_id != "new")
    assert all(1.0 <= seconds <= 6.0 for seconds in runs.durations(COMPONENTS).values())
    for name, it in breakers.all().items():
        assert it == kept.breakers[name] or name == "mypy"
    runs.fold(passing("newer", 1.0, started_at=BEGAN + 200))
    assert runs.runs(1)[0].run_id == "newer"
    for _ in range(RULE.failures):
        breakers.failed("ruff", RULE)
    assert not breakers.lease("ruff", RULE).granted
    runs.close()
    breakers.close()
