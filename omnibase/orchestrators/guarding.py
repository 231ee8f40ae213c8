"""The run's circuit breakers: what the reducer asks of them, answered from the store that all runs share."""

from typing import Any

from omnibase.core.scheduling import FAILED, LEASE, State
from omnibase.model.ports import Breakers
from omnibase.storage import breakers

Json = Any


class Guarding:
    """Answers for the breakers of one run. `folder` is the state folder; nothing is opened before the first question."""

    def __init__(self, folder: str) -> None:
        self._store = breakers.SqliteBreakers(folder, wait=0.0)

    def answer(self, question: str, task: int, state: State) -> Json:
        """What the task's breaker says. Raises BusyError where another run holds the store."""
        component = state.plan.tasks[task].component
        rule = component.breaker
        assert rule is not None  # noqa: S101 - the reducer asks for no others
        store: Breakers = self._store
        if question == LEASE:
            return store.lease(component.name, rule)._asdict()
        if question == FAILED:
            return store.failed(component.name, rule)._asdict()
        store.succeeded(component.name, rule)
        return None

    def close(self) -> list[str]:
        """Let go of the store; notices of what was wrong with it."""
        self._store.close()
        return [self._store.notice] if self._store.notice else []
