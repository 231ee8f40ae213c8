"""A run's progress on standard error: a live view on a terminal, lines elsewhere."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from omnibase.cli.console import OFF
from omnibase.cli.formatters.layout import DIM, painted, shortened
from omnibase.cli.progress.out import Out
from omnibase.core.redaction import shown_path, visible
from omnibase.model.events import Event, Noticed, RunEnded, RunStarted
from omnibase.model.plan import Plan
from omnibase.model.ports import Style, Tap

if TYPE_CHECKING:  # a run that is over soon shows nothing, and loads nothing of this
    from omnibase.cli.progress.course import Course
    from omnibase.cli.progress.lines import Lines
    from omnibase.cli.progress.live import Live
    from omnibase.cli.progress.view import LastLine

Liveness = Literal["live", "lines", "off"]
Durations = Callable[[Sequence[str]], Mapping[str, float]]

# A run that takes no longer than this shows nothing (seconds).
AFTER: Mapping[Liveness, float] = {"live": 1.0, "lines": 2.0, "off": 0.0}
# A live view is drawn again after so long (seconds).
PULSE = 0.1
CLEAR = "\r\x1b[K"
# Terminals of these names cannot move their cursor, or nobody knows whether they can.
DUMB = ("", "dumb", "unknown")


def liveness(stream_is_tty: bool, env: Mapping[str, str], option: str = "auto") -> Liveness:
    """How progress is shown. `option` is auto, live, lines or off.

    Cursor movements are for terminals that know them, whatever is asked for, and whatever is said of colours. Under a
    CI, whose logs are read later, there are lines also on a terminal, unless a live view is asked for.
    """
    if option == "off":
        return "off"
    if not stream_is_tty or option == "lines" or env.get("TERM", "") in DUMB:
        return "lines"
    under_ci = env.get("CI", "").lower() not in OFF
    return "lines" if under_ci and option != "live" else "live"


class Progress:
    """Watches a run, and is the tap of what is followed.

    `how` is what `liveness` says, and `style` is the stream's. With `report_follows`, the report comes to the same
    terminal, so that lines of what has ended make room for it. Components in `follow` have their output shown as it
    comes. `durations` gives the seconds of earlier runs by component; it is asked once, if the plan knows of none.
    """

    def __init__(
        self,
        stream: TextIO,
        how: Liveness,
        style: Style,
        *,
        report_follows: bool = False,
        follow: Sequence[str] = (),
        durations: Durations | None = None,
    ) -> None:
        self.pulse: float | None = None
        self._stream = stream
        self._how = how
        self._style = style
        self._report_follows = report_follows
        self._follow = frozenset(follow)
        self._durations = durations
        self._out = Out(stream)
        self._early: list[Event] = []  # what has happened in a run that has taken no time yet
        self._after = 0.0 if how == "lines" and follow else AFTER[how]
        self._plan: Plan | None = None
        self._course: Course | None = None
        self._live: Live | None = None
        self._lines: Lines | None = None
        self._line_is_open = False  # whether the cursor stands behind one that is to go
        self._told = 0  # so many of those that ended have a line that stays
        self._over = False

    def observe(self, event: Event) -> None:
        if self._over or self._how == "off":
            return
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, RunEnded):
            return  # who shows it closes it, once signals end it again: somebody may have stopped the terminal
        elif self._course is not None:
            self._take(self._course, event)
        elif self._plan is None and self._how == "live":
            self._prepare(event)
        elif self._plan is None and isinstance(event, Noticed):  # what takes long before the run begins
            self._out.put(f"{visible(event.message)} ...\n")
        else:
            self._early.append(event)
            if self._plan is not None and self._how == "lines" and event.at >= self._after:
                self._begin(self._plan, event.at)

    def look(self, at: float, last_line: "LastLine") -> None:
        """It is `at` seconds since the run started: draw the view again, or say that the run goes on."""
        if self._over or self._plan is None:
            return
        if self._course is None:
            if at < self._after:
                self.pulse = self._after - at
                return
            self._begin(self._plan, at)
        course = self._course
        assert course is not None  # noqa: S101 - it has begun
        if self._live is not None:
            self._live.above(self._those_that_stay(course, self._live))
            self._live.draw(course, at, last_line)
            self.pulse = PULSE
        elif self._lines is not None:
            self._lines.look(at, course, last_line)
            self.pulse = self._lines.wants_to_look(at)
        if self._out.broken:
            self._over = True
            self.pulse = None

    @property
    def tap_or_none(self) -> Tap | None:
        """What is to be given the output of components; None where none is followed, and nobody has to listen."""
        return self.tap if self._follow else None

    def tap(self, name: str, text: str) -> None:
        """Show output of a component, if it is one that is followed."""
        if name not in self._follow:
            return
        head = painted(f"{shown_path(name)} |", DIM, self._style)
        lines = [f"{head} {line}" for line in text.split("\n")]
        if self._live is not None:
            self._live.above(lines)
        else:
            self._out.put("".join(f"{line}\n" for line in lines))

    def close(self) -> None:
        """Nothing more is shown: the terminal is left as it was, but for the lines that stay."""
        if self._over:
            return
        self._over = True
        self.pulse = None
        if self._live is not None and self._course is not None:
            self._live.above(self._those_that_stay(self._course, self._live))
            self._live.end()
        elif self._line_is_open:
            self._out.settle(CLEAR)
        else:
            self._out.settle()

    def _start(self, event: RunStarted) -> None:
        if self._line_is_open:
            self._out.put(CLEAR)
            self._line_is_open = False
        self._plan = event.plan
        self.pulse = max(self._after - event.at, 0.0)

    def _prepare(self, event: Event) -> None:
        """Say what takes long before the run begins."""
        if isinstance(event, Noticed):
            self._out.show(f"{CLEAR}{shortened(visible(event.message), columns_of(self._stream) - 5)} ...")
            self._line_is_open = True

    def _begin(self, plan: Plan, at: float) -> None:
        """The run takes time: show it, from its beginning."""
        from omnibase.cli.progress.course import Course

        self._course = Course(plan)
        if self._how == "live":
            from omnibase.cli.progress.live import Live

            self._live = Live(self._stream, self._out, self._style, finished=self._report_follows)
            if self._durations is not None and not self._course.is_known:
                self._course.learn(self._durations([task.component.name for task in plan.tasks]))
        else:
            from omnibase.cli.progress.lines import Lines

            self._lines = Lines(self._out, self._style, at)
        early, self._early = self._early, []
        for event in early:
            self._take(self._course, event)

    def _take(self, course: "Course", event: Event) -> None:
        ended = course.take(event)
        if self._live is not None:
            if isinstance(event, Noticed):
                self._live.above([f"notice: {visible(event.message)}"])
        elif self._lines is not None:
            self._lines.take(event, course, ended)

    def _those_that_stay(self, course: "Course", live: "Live") -> list[str]:
        """Lines of what has ended since the last time, where no report follows that has them."""
        if self._report_follows:
            return []
        from omnibase.cli.progress.view import finished

        new = course.ended[self._told :]
        self._told += len(new)
        return [live.painted(finished(ended, self._style)) for ended in new]


def columns_of(stream: TextIO) -> int:
    """How wide the terminal is."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80  # 0 where nobody has told it
    except (OSError, ValueError):
        return 80
