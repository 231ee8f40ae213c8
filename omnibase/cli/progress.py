"""A run's progress on standard error: one line that is kept up to date on a terminal, lines elsewhere."""

from typing import TextIO

from omnibase.core.redaction import visible
from omnibase.model.events import BatchStarted, Event, Noticed, RunEnded, RunStarted, TaskEnded
from omnibase.model.plan import Plan

# A run that takes no longer than this shows no progress (seconds).
TERMINAL_AFTER = 1.0
LINES_AFTER = 10.0


class Progress:
    """Shows what is running and how much has ended; an observer."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._terminal = stream.isatty()
        self._plan: Plan | None = None
        self._running: dict[int, str] = {}
        self._done = 0
        self._shown = False

    def observe(self, event: Event) -> None:
        if self._quiet:
            return
        if isinstance(event, RunStarted):
            self._plan = event.plan
            if self._shown:
                self._write("\r\x1b[K")
                self._shown = False
        elif isinstance(event, Noticed) and self._plan is None and self._terminal:
            self._shown = True
            self._write(f"\r\x1b[K{visible(event.message)[:78]} ...")
        elif isinstance(event, BatchStarted) and self._plan is not None:
            for task in event.tasks:
                self._running[task] = self._plan.tasks[task].component.name
            self._show_line(event.at)
        elif isinstance(event, TaskEnded) and self._plan is not None:
            self._running.pop(event.task, None)
            self._done += 1
            if self._terminal:
                self._show_line(event.at)
            elif event.at > LINES_AFTER and event.result.attempts:
                name = self._plan.tasks[event.task].component.name
                self._write(f"[{event.at:.0f} s] {name}: {event.result.status}, {self._counts()}\n")
        elif isinstance(event, RunEnded) and self._shown:
            self._write("\r\x1b[K")

    def _show_line(self, at: float) -> None:
        if not self._terminal or at < TERMINAL_AFTER:
            return
        self._shown = True
        names = ", ".join(list(self._running.values())[:4])
        self._write(f"\r\x1b[K{visible(f'{self._counts()}  {names}')[:78]}")

    def _counts(self) -> str:
        return f"{self._done} of {len(self._plan.tasks) if self._plan else 0} done"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
