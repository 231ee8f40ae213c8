"""A batch that is over as soon as it was started."""

from omnibase.model.events import Outcome
from omnibase.model.result import Cause


class Settled:
    """Holds outcomes that are known already: what could not be started, or was done at once."""

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self._outcomes = outcomes
        self.fds: set[int] = set()

    def ready(self, fd: int) -> None:
        """There is nothing to wait for."""

    def cancel(self, cause: Cause, *, force: bool) -> None:
        """There is nothing to end."""

    def outcomes(self) -> tuple[Outcome, ...] | None:
        return self._outcomes
