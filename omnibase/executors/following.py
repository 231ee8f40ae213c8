"""A batch in several steps: when one has ended, what it came to decides whether another one follows."""

from collections.abc import Callable

from omnibase.model.events import Outcome
from omnibase.model.ports import Running
from omnibase.model.result import Cause

Follow = Callable[[tuple[Outcome, ...]], "tuple[Outcome, ...] | Running"]


class Following:
    """Runs the first step; `follow` makes the batch's outcomes of that step's, or the next step."""

    def __init__(self, first: Running, follow: Follow) -> None:
        self._running = first
        self._follow: Follow | None = follow
        self._outcomes: tuple[Outcome, ...] | None = None
        self._cancelled: Cause | None = None
        self.fds = first.fds

    @property
    def wake(self) -> float | None:
        """In how many seconds the step under way wants to look at something by itself; None for never."""
        wake: float | None = getattr(self._running, "wake", None)
        return wake

    def last_line(self) -> str | None:
        """What the step under way has printed last, where it can tell."""
        tell: Callable[[], str | None] | None = getattr(self._running, "last_line", None)
        return tell() if tell is not None else None

    def ready(self, fd: int) -> None:
        self._running.ready(fd)

    def cancel(self, cause: Cause, *, force: bool) -> None:
        self._cancelled = cause
        self._running.cancel(cause, force=force)

    def outcomes(self) -> tuple[Outcome, ...] | None:
        while self._outcomes is None:
            outcomes = self._running.outcomes()
            if outcomes is None:
                self.fds = self._running.fds
                return None
            follow, self._follow = self._follow, None
            if follow is None:
                self._outcomes, self.fds = outcomes, self._running.fds
                break
            then = follow(outcomes)
            if isinstance(then, tuple):
                self._outcomes = then
                self.fds = set()
            else:
                self._running = then
                if self._cancelled is not None:  # what comes next would run in time that is over
                    then.cancel(self._cancelled, force=True)
        return self._outcomes
