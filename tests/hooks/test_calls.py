"""`retry` and `breaker` as a plugin uses them, in this process: served by a run, or by nobody."""

import asyncio
import contextlib
import errno
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from omnibase.api import BreakerOpenError, TransientError, breaker, retry
from omnibase.model.calls import Served
from omnibase.model.ports import Breakers, BusyError
from omnibase.model.result import Call
from omnibase.registry.kinds import MAX_DURATION
from omnibase.registry.mappings import Entry
from omnibase.registry.recovery_entries import BreakerEntry, RetryEntry
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


# What they may be given

SECONDS = "a number of seconds, more than 0 and at most 31622400 (8784 h), is wanted"
TYPES = "a tuple of types of exceptions (subclasses of Exception) is wanted"
INNER = "a text of 1 to 100 printable characters without '/', not all blank, is wanted"


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"attempts": 0}, ValueError, "retry(attempts=0): a whole number from 1 to 100 is wanted"),
        ({"attempts": 101}, ValueError, "retry(attempts=101): a whole number from 1 to 100 is wanted"),
        ({"attempts": "3"}, TypeError, "retry(attempts='3'): a whole number from 1 to 100 is wanted"),
        ({"attempts": 3.0}, TypeError, "retry(attempts=3.0): a whole number from 1 to 100 is wanted"),
        ({"attempts": True}, TypeError, "retry(attempts=True): a whole number from 1 to 100 is wanted"),
        ({"attempts": None}, TypeError, "retry(attempts=None): a whole number from 1 to 100 is wanted"),
        ({"factor": 0}, ValueError, "retry(factor=0): a number from 1 to 100 is wanted"),
        ({"factor": float("nan")}, ValueError, "retry(factor=nan): a number from 1 to 100 is wanted"),
        ({"factor": False}, TypeError, "retry(factor=False): a number from 1 to 100 is wanted"),
        ({"jitter": 2}, ValueError, "retry(jitter=2): a number from 0 to 1 is wanted"),
        ({"jitter": "0"}, TypeError, "retry(jitter='0'): a number from 0 to 1 is wanted"),
        ({"first_delay": -1}, ValueError, f"retry(first_delay=-1): {SECONDS}"),
        ({"first_delay": 0}, ValueError, f"retry(first_delay=0): {SECONDS}"),
        ({"first_delay": "1s"}, TypeError, f"retry(first_delay='1s'): {SECONDS}"),
        ({"max_delay": float("inf")}, ValueError, f"retry(max_delay=inf): {SECONDS}"),
        ({"max_delay": None}, TypeError, f"retry(max_delay=None): {SECONDS}"),
        ({"budget": -1}, ValueError, f"retry(budget=-1): {SECONDS}"),
        ({"budget": "5m"}, TypeError, f"retry(budget='5m'): {SECONDS}"),
        ({"on": (3,)}, TypeError, f"retry(on=(3,)): {TYPES}"),
        ({"on": ValueError}, TypeError, f"retry(on=<class 'ValueError'>): {TYPES}"),
        ({"on": [ValueError]}, TypeError, f"retry(on=[<class 'ValueError'>]): {TYPES}"),
        ({"on": (KeyboardInterrupt,)}, TypeError, f"retry(on=(<class 'KeyboardInterrupt'>,)): {TYPES}"),
        ({"name": 3}, TypeError, "retry(name=3): a text of printable characters is wanted"),
        ({"name": ""}, ValueError, "retry(name=''): a text of printable characters is wanted"),
        ({"name": "\udc80"}, ValueError, "retry(name='\\udc80'): a text of printable characters is wanted"),
        (
            {"name": "x" * 99 + "\n"},
            ValueError,
            f"retry(name='{'x' * 56}...): a text of printable characters is wanted",
        ),
    ],
)
def test_a_retry_that_makes_no_sense_is_refused_where_it_is_declared(
    given: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        retry(**given)
    assert (type(raised.value), str(raised.value)) == (kind, words)


@pytest.mark.parametrize(
    ("name", "given", "kind", "words"),
    [
        ("", {}, ValueError, f"breaker(name=''): {INNER}"),
        (" ", {}, ValueError, f"breaker(name=' '): {INNER}"),
        ("x/y", {}, ValueError, f"breaker(name='x/y'): {INNER}"),
        ("x\n", {}, ValueError, f"breaker(name='x\\n'): {INNER}"),
        ("\udc80", {}, ValueError, f"breaker(name='\\udc80'): {INNER}"),
        ("x" * 101, {}, ValueError, f"breaker(name='{'x' * 56}...): {INNER}"),
        (3, {}, TypeError, f"breaker(name=3): {INNER}"),
        ("it", {"failures": 0}, ValueError, "breaker(failures=0): a whole number from 1 to 1000 is wanted"),
        ("it", {"failures": "2"}, TypeError, "breaker(failures='2'): a whole number from 1 to 1000 is wanted"),
        ("it", {"reset": 0}, ValueError, f"breaker(reset=0): {SECONDS}"),
        ("it", {"reset": -1.5}, ValueError, f"breaker(reset=-1.5): {SECONDS}"),
        ("it", {"reset": "60s"}, TypeError, f"breaker(reset='60s'): {SECONDS}"),
        ("it", {"probes": 0}, ValueError, "breaker(probes=0): a whole number from 1 to 100 is wanted"),
    ],
)
def test_a_breaker_that_makes_no_sense_is_refused_where_it_is_declared(
    name: Any, given: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        breaker(name, **given)
    assert (type(raised.value), str(raised.value)) == (kind, words)


def test_at_the_bounds_and_with_names_of_hosts_they_are_let_be() -> None:
    most: dict[str, Any] = {"attempts": 100, "factor": 100, "jitter": 1, "first_delay": MAX_DURATION, "budget": 1}
    assert retry(**most, on=(ValueError, KeyError), name="GET /a page")(failing(0, OSError()))() == "done"
    assert retry(attempts=1, factor=1.0, jitter=0, first_delay=1e-9, max_delay=1)(failing(0, OSError()))() == "done"
    for name in ("localhost:8000", "the mirror", "spiegel-über", "x" * 100):
        with breaker(name, failures=1000, reset=MAX_DURATION, probes=100):
            pass


NUMBERS = (-1, 0, 1e-9, 0.5, 1, 1.0, 1.5, 2, 3.0, 100, 101, 1000, 1001, MAX_DURATION, MAX_DURATION + 1, 10**400)
VALUES = (*NUMBERS, float("nan"), float("inf"), True, False, "3", [3])
KEYS = [(retry, RetryEntry, key) for key in ("attempts", "first_delay", "factor", "max_delay", "jitter", "budget")]
KEYS += [(breaker, BreakerEntry, key) for key in ("failures", "reset", "probes")]


@pytest.mark.parametrize(("declare", "entry", "key"), KEYS, ids=[key for _, _, key in KEYS])
def test_they_take_what_the_registry_takes_for_the_same_keys(
    declare: Callable[..., Any], entry: type[Entry], key: str
) -> None:
    def is_taken(make: Callable[..., Any], *given: Any, **named: Any) -> bool:
        try:
            make(*given, **named)
        except (ValidationError, ValueError, TypeError):
            return False
        return True

    name = ["it"] if declare is breaker else []
    for value in VALUES:
        assert is_taken(declare, *name, **{key: value}) == is_taken(entry, **{key: value}), value
