"""The run's circuit breakers: what the reducer asks of them, answered from the store that all runs share."""

from typing import Any

from omnibase.core.scheduling import FAILED, LEASE, State
from omnibase.storage.breakers import SqliteBreakers

Json = Any


class Guarding:
    """Answers for the breakers of one run. `folder` is the state folder; nothing is opened before it is needed."""

    def __init__(self, folder: str) -> None:
        self._breakers = SqliteBreakers(folder, wait=0.0)

    def answer(self, question: str, task: int, state: State) -> Json:
        """What the task's breaker says. Raises BusyError where another run holds the store."""
        component = state.plan.tasks[task].component
        rule = component.breaker
        assert rule is not None  # noqa: S101 - the reducer asks for no others
        if question == LEASE:
            return self._breakers.lease(component.name, rule)._asdict()
        if question == FAILED:
            return self._breakers.failed(component.name, rule)._asdict()
        self._breakers.succeeded(component.name, rule)
        return None

    def close(self) -> list[str]:
        """Let go of the store; notices of what was wrong with it."""
        self._breakers.close()
        return [self._breakers.notice] if self._breakers.notice else []
