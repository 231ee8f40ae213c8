"""What all circuit breakers keep to: SQLite's, and a second kind in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.core.breaking import Breaker, BreakerState
from omnibase.model.ports import Lease
from omnibase.storage.breakers import SqliteBreakers
from tests.storage.guarding import RULE, Clock, MemoryBreakers

LET_THROUGH = Lease(True, "CLOSED")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "memory"])
def breakers(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[SqliteBreakers | MemoryBreakers]:
    made: SqliteBreakers | MemoryBreakers = (
        SqliteBreakers(str(tmp_path), clock=clock) if request.param == "sqlite" else MemoryBreakers(clock)
    )
    yield made
    assert made.notice is None
    made.close()


def _opened(breakers: SqliteBreakers | MemoryBreakers, name: str = "it") -> None:
    for _ in range(RULE.failures):
        breakers.failed(name, RULE)


def test_whoever_asks_first_is_let_through(breakers: SqliteBreakers) -> None:
    assert breakers.lease("it", RULE) == LET_THROUGH
    breakers.succeeded("it", RULE)
    assert dict(breakers.all()) == {}


def test_failures_in_a_row_open_it(breakers: SqliteBreakers, clock: Clock) -> None:
    assert breakers.failed("it", RULE) == Lease(True, "CLOSED", 1)
    assert breakers.failed("it", RULE) == Lease(True, "CLOSED", 2)
    assert breakers.failed("it", RULE) == Lease(False, "OPEN", 3, 60.0)
    clock.wait(20.0)
    assert breakers.lease("it", RULE) == Lease(False, "OPEN", 3, 40.0)


def test_failures_that_are_counted_are_kept(breakers: SqliteBreakers) -> None:
    breakers.failed("it", RULE)
    breakers.failed("it", RULE)
    assert dict(breakers.all()) == {"it": Breaker(failures=2)}
    assert breakers.lease("it", RULE) == Lease(True, "CLOSED", 2)
    breakers.succeeded("it", RULE)
    assert dict(breakers.all()) == {}


def test_each_name_has_a_breaker_of_its_own(breakers: SqliteBreakers) -> None:
    _opened(breakers, "one")
    assert breakers.lease("other", RULE) == LET_THROUGH
    breakers.succeeded("other", RULE)
    assert not breakers.lease("one", RULE).granted
    assert list(breakers.all()) == ["one"]


def test_a_set_of_probes_is_shared_and_one_that_succeeds_closes_it(breakers: SqliteBreakers, clock: Clock) -> None:
    _opened(breakers)
    clock.wait(60.0)
    assert [breakers.lease("it", RULE).granted for _ in range(4)] == [True, True, False, False]
    assert breakers.all()["it"].state is BreakerState.HALF_OPEN
    breakers.succeeded("it", RULE)
    assert breakers.lease("it", RULE) == LET_THROUGH


def test_a_probe_that_fails_opens_it_anew(breakers: SqliteBreakers, clock: Clock) -> None:
    _opened(breakers)
    clock.wait(60.0)
    breakers.lease("it", RULE)
    assert breakers.failed("it", RULE) == Lease(False, "OPEN", 4, 60.0)
    breakers.succeeded("it", RULE)  # the other probe, too late
    assert not breakers.lease("it", RULE).granted


def test_opened_by_hand_it_stays_open_until_it_is_closed_by_hand(breakers: SqliteBreakers, clock: Clock) -> None:
    breakers.open_by_hand("it")
    clock.wait(1e9)
    assert breakers.lease("it", RULE) == Lease(False, "OPEN")
    assert breakers.all()["it"].held
    breakers.close_by_hand("it")
    assert breakers.lease("it", RULE) == LET_THROUGH


def test_reset_makes_the_named_as_new_or_all(breakers: SqliteBreakers) -> None:
    for name in ("a", "b", "c"):
        _opened(breakers, name)
    assert breakers.reset(["a", "unknown"]) == 1
    assert sorted(breakers.all()) == ["b", "c"]
    assert breakers.reset() == 2
    assert breakers.reset() == 0
    assert dict(breakers.all()) == {}


def test_what_is_not_open_can_be_closed(breakers: SqliteBreakers) -> None:
    breakers.close_by_hand("it")
    assert dict(breakers.all()) == {}


def test_names_and_times_come_back_as_they_were(breakers: SqliteBreakers, clock: Clock) -> None:
    for name in ("", "ünï", "a'b\"c", "emoji 🙂", "x" * 1000):
        breakers.open_by_hand(name)
        clock.wait(0.1)
    assert {name: it.since for name, it in breakers.all().items() if it.since == clock.now} == {}
    assert len({it.since for it in breakers.all().values()}) == len(breakers.all()) == 5
