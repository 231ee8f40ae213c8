"""`retry` and `breaker`, for calls that components make to the outside: each attempt is in the run's record."""

import os
from collections.abc import Callable
from functools import wraps
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

from omnibase.core.retrying import delay
from omnibase.core.transience import of_error
from omnibase.model.calls import Served
from omnibase.model.component import BreakerRule, Retry
from omnibase.model.errors import BreakerOpenError
from omnibase.model.ports import Breakers, BusyError
from omnibase.model.result import Call

F = TypeVar("F", bound=Callable[..., Any])

CO_COROUTINE = 0x80  # `async def` (inspect.CO_COROUTINE)


def retry(
    *,
    attempts: int = 3,
    first_delay: float = 0.1,
    factor: float = 2.0,
    max_delay: float = 30.0,
    jitter: float = 0.5,
    budget: float | None = None,
    on: tuple[type[Exception], ...] = (),
    name: str | None = None,
) -> Callable[[F], F]:
    """Decorate a function, which may be `async def`, to be called again where it fails in passing.

    That is an OSError of the passing kind (a connection that was reset, a time-out), a `TransientError`, and what is of
    a type in `on`. Delays are in seconds, as in a component's `retry:`; no attempt begins later than `budget` after the
    first one. What the last attempt raises is raised. Every attempt but a first one that does not fail is told to the
    run, under `name` or the function's own.

    Where it is declared with what the registry would not take for the same keys, or with a `name` that is not
    printable, that raises ValueError, and what is of another type TypeError.
    """
    from omnibase.hooks.arguments import check_retry  # only who declares a call needs it

    rule = Retry(attempts, first_delay, factor, max_delay, jitter, budget=budget)
    check_retry(rule, on, name)
    seed = int.from_bytes(os.urandom(8), "little")

    def decorate(function: F) -> F:
        called: str = name or getattr(function, "__qualname__", None) or type(function).__name__

        def controller(kind: str) -> Any:
            import tenacity  # with the first call: a component that makes none does not wait for it

            stop: Any = tenacity.stop_after_attempt(rule.attempts)
            if rule.budget is not None:
                stop |= tenacity.stop_before_delay(rule.budget)
            return getattr(tenacity, kind)(
                stop=stop,
                wait=lambda state: delay(rule, state.attempt_number, seed, called),
                retry=tenacity.retry_if_exception(lambda error: _is_passing(error, on)),
                reraise=True,
            )

        if _is_async(function):

            @wraps(function)
            async def call_async(*arguments: Any, **named: Any) -> Any:
                told = _Told(called)
                async for attempt in controller("AsyncRetrying"):
                    with attempt, told:
                        made = await function(*arguments, **named)
                return made

            return call_async  # type: ignore[return-value] # of the same signature, which mypy cannot know

        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            told = _Told(called)
            for attempt in controller("Retrying"):
                with attempt, told:
                    made = function(*arguments, **named)
            return made

        return call  # type: ignore[return-value] # likewise

    return decorate


class breaker:  # noqa: N801 - it is used like a function: as a decorator, or in a `with` statement
    """A circuit breaker around calls: a decorator, also of `async def`, and a context manager.

    It is kept across runs and shared by those that run at once, under the component's name and `name`; `failures` in
    passing in a row open it, `reset` seconds later up to `probes` calls are let through. While it is open, a call is
    not made and raises `BreakerOpenError`. Outside of a run every call is let through.

    Where it is made with what the registry would not take for the same keys, or with a `name` that is blank, has a "/"
    or more than 100 characters, or is not printable, that raises ValueError, and what is of another type TypeError.
    """

    def __init__(self, name: str, *, failures: int = 5, reset: float = 60.0, probes: int = 3) -> None:
        from omnibase.hooks.arguments import check_breaker  # only who declares a call needs it

        self._name = name
        self._rule = BreakerRule(failures, reset, probes)
        check_breaker(name, self._rule)

    def __call__(self, function: F) -> F:
        if _is_async(function):

            @wraps(function)
            async def call_async(*arguments: Any, **named: Any) -> Any:
                with self:
                    return await function(*arguments, **named)

            return call_async  # type: ignore[return-value] # of the same signature, which mypy cannot know

        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            with self:
                return function(*arguments, **named)

        return call  # type: ignore[return-value] # likewise

    def __enter__(self) -> "breaker":
        kept, name = self._kept()
        if kept is None:
            return self
        try:
            lease = kept.lease(name, self._rule)
        except BusyError:
            return self  # one that cannot be asked stands in nobody's way
        if not lease.granted:
            again = "" if lease.again is None else f"; it is tried again in {lease.again:.0f} s"
            why = f"the circuit breaker {name} is open{again}"
            _tell(Call(self._name, 1, 0.0, "not made", why))
            raise BreakerOpenError(why)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        kept, name = self._kept()
        if kept is None or (error is not None and not isinstance(error, Exception)):
            return  # nothing is learnt from a call that was given up: a task that was cancelled, an interrupt
        try:
            if error is None or of_error(error) is None:
                kept.succeeded(name, self._rule)
            else:
                kept.failed(name, self._rule)
        except BusyError:
            pass  # what it would have learnt is lost, and nothing else

    def _kept(self) -> tuple[Breakers | None, str]:
        if Served.by is None:
            return None, self._name
        return Served.by.breakers(), Served.by.breaker_name(self._name)


class _Told:
    """Tells the run of each attempt of one call, when it has ended."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._number = 0
        self._why: str | None = None
        self._began = 0.0

    def __enter__(self) -> None:
        self._number += 1
        self._began = monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        said = f"{type(error).__name__}: {error}" if error is not None else None
        if said is not None or self._number > 1:
            _tell(Call(self._name, self._number, monotonic() - self._began, said, self._why))
        self._why = said


def _is_async(function: Callable[..., Any]) -> bool:
    """What is no plain function, such as a `functools.partial`, is taken to be called as one."""
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def _is_passing(error: BaseException, on: tuple[type[Exception], ...]) -> bool:
    """A breaker that is open stays so for longer than anybody waits here."""
    return isinstance(error, on) or (of_error(error) is not None and not isinstance(error, BreakerOpenError))


def _tell(call: Call) -> None:
    if Served.by is not None:
        Served.by.tell(call)
