"""Which failures are in passing: of the attempt and not of what it looked at, and worth another one."""

import errno

from omnibase.model.component import Component
from omnibase.model.errors import TransientError
from omnibase.model.events import Outcome
from omnibase.model.result import Cause

# What these stand for stays as it is, however often it is tried, or was asked for.
LASTING = frozenset(
    {
        Cause.PROTOCOL,
        Cause.CHANGED_FILES,
        Cause.LIMIT,
        Cause.NOT_INSTALLED,
        Cause.NOT_EXECUTABLE,
        Cause.INTERRUPTED,
        Cause.RUN_TIMEOUT,
        Cause.FAIL_FAST,
        Cause.DRY_RUN,
    }
)

# Errors of the system that are in passing. ConnectionError and TimeoutError are those of these that have classes of
# their own, and some without a number.
PASSING = frozenset(
    {
        errno.EAGAIN,
        errno.EINTR,
        errno.ETIMEDOUT,
        errno.ECONNRESET,
        errno.ECONNREFUSED,
        errno.ECONNABORTED,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EBUSY,
        errno.ESTALE,
    }
)


def of_error(error: BaseException) -> str | None:
    """Why what raised this failed in passing, or None where it is a failure to stay."""
    passing = isinstance(error, TransientError | ConnectionError | TimeoutError)
    if passing or (isinstance(error, OSError) and error.errno in PASSING):
        return f"raised {type(error).__name__}: {error}"
    return None


def transience(component: Component, outcome: Outcome) -> str | None:
    """Why a batch's outcome is a failure in passing (docs/registry.md, "Retry"), or None.

    A finding is a verdict, whatever else there is: it is never one.
    """
    if outcome.findings or outcome.cause in LASTING:
        return None
    if outcome.cause is Cause.TIMEOUT:
        return "no verdict in time" if component.retry.on_timeout else None
    if outcome.transient is not None:
        return outcome.transient
    if outcome.exit_code and outcome.exit_code in component.retry.exit_codes:
        return f"exit code {outcome.exit_code} is declared as transient"
    return None


def counts(component: Component, outcome: Outcome) -> bool:
    """Whether a circuit breaker counts the outcome as a failure: one in passing, or a timeout, declared or not."""
    return transience(component, outcome) is not None or (outcome.cause is Cause.TIMEOUT and not outcome.findings)
