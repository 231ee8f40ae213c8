"""Who listens to a run: the journal first, then the others. Observers only listen."""

from collections.abc import Sequence

from omnibase.model.errors import OmnibaseError
from omnibase.model.events import Event, Noticed
from omnibase.model.ports import Observer


class Observers:
    """Tells each event to all, in order. One that raises is told of once, and hears no more."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = list(observers)

    def publish(self, event: Event) -> None:
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                observer.observe(event)
            except Exception as error:  # noqa: BLE001 - a listener's fault must not end the run
                failed.append((observer, error))
        for observer, _ in failed:
            self._observers.remove(observer)
        for observer, reason in failed:
            words = f"{type(observer).__name__} stopped listening: {type(reason).__name__}: {reason}"
            self.publish(Noticed(event.at, reason.message if isinstance(reason, OmnibaseError) else words))


class Collector:
    """Keeps the events for the report of the run under way."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        self.events.append(event)
