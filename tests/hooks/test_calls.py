"""`retry` and `breaker` as a plugin uses them, in this process: served by a run, or by nobody."""

import asyncio
import contextlib
import errno
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omnibase.api import BreakerOpenError, TransientError, breaker, retry
from omnibase.model.calls import Served
from omnibase.model.ports import Breakers, BusyError
from omnibase.model.result import Call
from tests.storage.guarding import Clock, MemoryBreakers

QUICK: dict[str, Any] = {"first_delay": 0.001, "max_delay": 0.002}


class Run:
    """A run that serves the calls of this process."""

    def __init__(self, breakers: Breakers | None) -> None:
        self.told: list[Call] = []
        self._breakers = breakers

    def tell(self, call: Call) -> None:
        self.told.append(call._replace(duration=0.0))

    def breakers(self) -> Breakers | None:
        return self._breakers

    def breaker_name(self, name: str) -> str:
        return f"it/{name}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    made = Run(MemoryBreakers(clock))
    monkeypatch.setattr(Served, "by", made)
    yield made


def failing(times: int, error: Exception) -> Callable[[], str]:
    """A function that raises so often, and then does not."""
    left = [error] * times

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    return call


# retry


def test_what_fails_in_passing_is_called_again_and_each_attempt_is_told(run: Run) -> None:
    call = retry(**QUICK, name="fetch")(failing(2, TransientError("busy")))
    assert call() == "done"
    words = "TransientError: busy"
    assert run.told == [
        Call("fetch", 1, 0.0, words),
        Call("fetch", 2, 0.0, words, words),
        Call("fetch", 3, 0.0, None, words),
    ]


def test_a_call_that_does_not_fail_is_not_told_of(run: Run) -> None:
    assert retry(**QUICK)(failing(0, TransientError("busy")))() == "done"
    assert run.told == []


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (TransientError("busy"), 3),
        (ConnectionResetError("reset"), 3),
        (TimeoutError("late"), 3),
        (OSError(errno.EHOSTUNREACH, "no route"), 3),
        (OSError(errno.ENOENT, "no such file"), 1),
        (ValueError("wrong"), 1),
        (BreakerOpenError("open"), 1),
    ],
)
def test_only_what_is_in_passing_is_called_again_and_the_last_error_is_raised(
    run: Run, error: Exception, calls: int
) -> None:
    with pytest.raises(type(error)) as raised:
        retry(**QUICK)(failing(9, error))()
    assert raised.value is error
    assert [call.number for call in run.told] == list(range(1, calls + 1))


def test_further_errors_can_be_named() -> None:
    assert retry(**QUICK, on=(ValueError,))(failing(2, ValueError("wrong")))() == "done"


def test_no_attempt_begins_after_the_budget(run: Run) -> None:
    with pytest.raises(TransientError):
        retry(attempts=9, first_delay=5.0, jitter=0.0, budget=1.0)(failing(9, TransientError("busy")))()
    assert len(run.told) == 1


def test_an_async_function_is_tried_again_too(run: Run) -> None:
    plain = failing(1, TransientError("busy"))

    @retry(**QUICK)
    async def fetch() -> str:
        return plain()

    assert asyncio.run(fetch()) == "done"
    assert [call.number for call in run.told] == [1, 2]


def test_each_call_has_all_of_its_attempts() -> None:
    made = []

    @retry(**QUICK)
    def fetch(number: int, *, more: int = 0) -> int:
        made.append(number + more)
        if made.count(number + more) < 3:
            raise TransientError("busy")
        return number + more

    assert [fetch(1), fetch(2, more=5)] == [1, 7]
    assert made == [1, 1, 1, 7, 7, 7]
    assert fetch.__name__ == "fetch"


# breaker


def test_calls_that_fail_in_passing_open_the_breaker_and_further_ones_are_not_made(run: Run, clock: Clock) -> None:
    made = []

    @breaker("service", failures=2, reset=60.0)
    def ask() -> None:
        made.append(1)
        raise TimeoutError("late")

    for _ in range(2):
        with pytest.raises(TimeoutError):
            ask()
    with pytest.raises(BreakerOpenError, match="the circuit breaker it/service is open; it is tried again in 60 s"):
        ask()
    assert len(made) == 2
    assert [(call.name, call.error) for call in run.told] == [("service", "not made")]


def test_after_its_time_a_call_that_does_not_fail_closes_it(run: Run, clock: Clock) -> None:
    ask = breaker("service", failures=1, reset=60.0)(failing(1, TimeoutError("late")))
    with pytest.raises(TimeoutError):
        ask()
    clock.wait(60.0)
    assert [ask(), ask()] == ["done", "done"]


def test_an_error_that_stays_is_none_of_the_breaker_s_business(run: Run) -> None:
    guard = breaker("service", failures=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="wrong"), guard:
            raise ValueError("wrong")
    with guard:
        pass


def test_a_call_that_was_given_up_says_nothing_of_the_service(run: Run) -> None:
    guard = breaker("service", failures=2)

    @guard
    async def hang() -> None:
        await asyncio.Event().wait()

    async def ask() -> None:
        await asyncio.wait_for(hang(), 0.001)

    for _ in range(2):  # were the one in between a success, these would not be two failures in a row
        with pytest.raises(ConnectionError), guard:
            raise ConnectionError
        with contextlib.suppress(TimeoutError, BreakerOpenError):
            asyncio.run(ask())
    with pytest.raises(BreakerOpenError), guard:
        pass


def test_an_async_call_is_guarded_too(run: Run) -> None:
    @breaker("service", failures=1)
    async def ask() -> None:
        raise TimeoutError("late")

    with pytest.raises(TimeoutError):
        asyncio.run(ask())
    with pytest.raises(BreakerOpenError):
        asyncio.run(ask())


def test_a_breaker_that_is_busy_stands_in_nobody_s_way(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy:
        def lease(self, *_: object) -> Any:
            raise BusyError

        failed = succeeded = lease

    monkeypatch.setattr(Served, "by", Run(Busy()))
    assert breaker("service")(failing(0, TimeoutError("late")))() == "done"


def test_outside_of_a_run_nothing_is_told_and_everything_let_through() -> None:
    assert Served.by is None
    ask = breaker("service", failures=1)(retry(**QUICK)(failing(2, TransientError("busy"))))
    assert ask() == "done"
