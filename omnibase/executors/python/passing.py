"""Which errors of a component in Python are in passing: worth another attempt, as nothing has to change for it."""

import errno

from omnibase.model.errors import TransientError

# ConnectionError and TimeoutError are those of these that have classes of their own, and some without a number.
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


def in_passing(error: BaseException) -> str | None:
    """Why what raised this failed in passing, or None where it is a failure to stay."""
    if isinstance(error, TransientError | ConnectionError | TimeoutError) or (
        isinstance(error, OSError) and error.errno in PASSING
    ):
        return f"raised {type(error).__name__}: {error}"
    return None
