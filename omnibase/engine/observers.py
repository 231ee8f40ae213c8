"""Who listens to a run: the journal first, then the others. Observers only listen."""

from collections.abc import Callable, Sequence

from omnibase.model.errors import OmnibaseError
from omnibase.model.events import Event, Noticed
from omnibase.model.ports import Observer

LEAST_PULSE = 0.01  # seconds: nobody looks more often


class Observers:
    """Tells each event to all, in order. One that raises is told of once, and hears no more.

    `hide` takes out of a notice what is to be in no record: anybody's words may be in it.
    """

    def __init__(self, observers: Sequence[Observer], hide: Callable[[str], str] | None = None) -> None:
        self._observers = list(observers)
        self._hide = hide

    def publish(self, event: Event) -> None:
        if self._hide is not None and isinstance(event, Noticed):
            event = event._replace(message=self._hide(event.message))
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                observer.observe(event)
            except Exception as error:  # noqa: BLE001 - a listener's fault must not end the run
                failed.append((observer, error))
        self._dismiss(failed, event.at)

    def pulse(self, at: float) -> float | None:
        """In how many seconds the first of them wants to look at the run by itself; None where nobody does."""
        pulses: list[float] = []
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                pulse = getattr(observer, "pulse", None)
                if isinstance(pulse, int | float) and callable(getattr(observer, "look", None)):
                    pulses.append(max(float(pulse), LEAST_PULSE))
            except Exception as error:  # noqa: BLE001 - as above
                failed.append((observer, error))
        self._dismiss(failed, at)
        return min(pulses, default=None)

    def look(self, at: float, last_line: Callable[[int], str | None]) -> None:
        """Let those look that want to, `at` seconds since the run started."""
        failed: list[tuple[Observer, Exception]] = []
        for observer in self._observers:
            try:
                if isinstance(getattr(observer, "pulse", None), int | float):
                    observer.look(at, last_line)  # type: ignore[attr-defined] # a Watcher is an Observer with these two
            except Exception as error:  # noqa: BLE001 - as above
                failed.append((observer, error))
        self._dismiss(failed, at)

    def _dismiss(self, failed: Sequence[tuple[Observer, Exception]], at: float) -> None:
        for observer, _ in failed:
            self._observers.remove(observer)
        for observer, reason in failed:
            words = f"{type(observer).__name__} stopped listening: {type(reason).__name__}: {reason}"
            self.publish(Noticed(at, reason.message if isinstance(reason, OmnibaseError) else words))


class Collector:
    """Keeps the events for the report of the run under way."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        self.events.append(event)
