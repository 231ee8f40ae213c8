"""What `retry` and `breaker` may be given: the bounds are those that the registry has for the same keys.

All functions raise TypeError for what is of another type than is wanted, and ValueError for what is out of bounds. Both
name the argument, what it was, and what it may be.
"""

from collections.abc import Callable
from typing import Any

from omnibase.model.component import BreakerRule, Retry

MAX_DURATION = 366 * 24 * 3600  # seconds
MAX_NAME = 100


def check_retry(rule: Retry, on: object, name: object) -> None:
    """Check the arguments of `retry`."""
    _whole("retry", "attempts", rule.attempts, 100)
    _seconds("retry", "first_delay", rule.first_delay)
    _number("retry", "factor", rule.factor, 1, 100)
    _seconds("retry", "max_delay", rule.max_delay)
    _number("retry", "jitter", rule.jitter, 0, 1)
    if rule.budget is not None:
        _seconds("retry", "budget", rule.budget)
    if not isinstance(on, tuple) or not all(isinstance(one, type) and issubclass(one, Exception) for one in on):
        raise TypeError(_words("retry", "on", on, "a tuple of types of exceptions (subclasses of Exception)"))
    if name is not None:
        _check("retry", "name", name, str, lambda text: text and text.isprintable(), "a text of printable characters")


def check_breaker(name: object, rule: BreakerRule) -> None:
    """Check the arguments of `breaker`."""
    wanted = f"a text of 1 to {MAX_NAME} printable characters without '/', not all blank,"
    _check("breaker", "name", name, str, is_breaker_name, wanted)
    _whole("breaker", "failures", rule.failures, 1000)
    _seconds("breaker", "reset", rule.reset)
    _whole("breaker", "probes", rule.probes, 100)


def is_breaker_name(text: str) -> bool:
    """Whether a breaker in a component's code can have this name; among all it is called COMPONENT/NAME."""
    return bool(text.strip()) and len(text) <= MAX_NAME and text.isprintable() and "/" not in text


def _whole(function: str, name: str, value: Any, most: int) -> None:
    _check(function, name, value, int, lambda number: 1 <= number <= most, f"a whole number from 1 to {most}")


def _number(function: str, name: str, value: Any, least: int, most: int) -> None:
    wanted = f"a number from {least} to {most}"
    _check(function, name, value, int | float, lambda number: least <= number <= most, wanted)


def _seconds(function: str, name: str, value: Any) -> None:
    wanted = f"a number of seconds, more than 0 and at most {MAX_DURATION} ({MAX_DURATION // 3600} h),"
    _check(function, name, value, int | float, lambda number: 0 < number <= MAX_DURATION, wanted)


def _check(function: str, name: str, value: Any, kind: Any, is_good: Callable[[Any], Any], wanted: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(_words(function, name, value, wanted))
    if not is_good(value):
        raise ValueError(_words(function, name, value, wanted))


def _words(function: str, name: str, value: object, wanted: str) -> str:
    told = repr(value)
    return f"{function}({name}={told if len(told) <= 60 else told[:57] + '...'}): {wanted} is wanted"
