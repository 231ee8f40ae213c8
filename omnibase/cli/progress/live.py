"""The live view: rows at the lower end of a terminal that are drawn again and again, and lines that stay above them.

The cursor rests where the rows begin. So nobody has to know how many lines they took: when a terminal becomes narrower
and breaks them, or wider again, the cursor moves with the first of them, and everything behind it is ours.
"""

import os
from collections.abc import Iterable
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.text import Text

from omnibase.cli.formatters.layout import BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW
from omnibase.cli.progress.course import Course
from omnibase.cli.progress.out import Out
from omnibase.cli.progress.view import LastLine, Row, Screen, cut, view
from omnibase.model.ports import Style

# ECMA-48: CUU, ED, EL; and DEC's private modes DECTCEM (the cursor is shown) and DECAWM (long lines go on in the next).
UP = "\x1b[{}A"
CLEAR_BELOW = "\x1b[J"
CLEAR_LINE = "\x1b[K"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"

STYLES = {
    "": "",
    BOLD: "bold",
    DIM: "dim",
    RED: "red",
    GREEN: "green",
    YELLOW: "yellow",
    MAGENTA: "magenta",
    CYAN: "cyan",
}
# The bar is as wide as this, and is there where so much is left beside the counts (columns). It lives by its colours.
BAR = 30
LEAST_BAR = 10


class Live:
    """Draws on a terminal. `style` is the stream's; with `finished`, rows show what has ended."""

    def __init__(self, stream: TextIO, out: Out, style: Style, *, finished: bool) -> None:
        self._stream = stream
        self._out = out
        self._style = style
        self._finished = finished
        self._console = Console(
            file=StringIO(),  # it only paints: on a stream whose reader has gone it would end the process
            force_terminal=True,
            color_system="auto" if style.color else None,
            no_color=not style.color,
            legacy_windows=False,
            width=1000,  # rows are cut before they are painted
            height=1000,
            markup=False,
            emoji=False,
            highlight=False,
            safe_box=False,
        )

    def above(self, lines: Iterable[str]) -> None:
        """Lines that stay, above the rows, from the next time that these are drawn."""
        for line in lines:
            self._out.put(f"\r{line}{CLEAR_LINE}\r\n", later=True)

    def painted(self, row: Row) -> str:
        """The row as the terminal takes it."""
        return self._rendered(Text.assemble(*((text, STYLES.get(color, "")) for text, color in row)))

    def draw(self, course: Course, at: float, last_line: LastLine) -> None:
        """Show where the run is. Where the terminal takes nothing for now, it is shown the next time."""
        screen = self._screen()
        *rows, last = view(course, at, last_line, screen, self._style)
        lines = [*map(self.painted, rows), self._counts(course, last, screen.columns - 1)]
        up = f"{UP.format(len(lines) - 1)}\r" if len(lines) > 1 else "\r"
        body = f"{CLEAR_LINE}\r\n".join(lines)
        self._out.show(f"{HIDE_CURSOR}\r{NO_WRAP}{body}{CLEAR_LINE}{WRAP}{CLEAR_BELOW}{up}")

    def end(self) -> None:
        """Leave the terminal as it was, but for the lines that stay."""
        self._out.settle(f"\r{CLEAR_BELOW}{SHOW_CURSOR}")

    def _screen(self) -> Screen:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            size = os.terminal_size((0, 0))
        # Where nobody has said how large a terminal is, it says 0.
        return Screen(size.columns or 80, size.lines or 24, self._finished)

    def _counts(self, course: Course, row: Row, width: int) -> str:
        room = min(width - sum(len(text) for text, _ in row) - 1, BAR)
        text = self.painted(cut(row, width))
        if room < LEAST_BAR or not course.total or not self._style.emoji or not self._style.color:
            return text
        color = STYLES[RED if course.failed else GREEN]
        bar = ProgressBar(course.total, course.done, room, style="dim", complete_style=color, finished_style=color)
        return f"{self._rendered(bar, room)} {text}"

    def _rendered(self, what: Text | ProgressBar, width: int = 0) -> str:
        with self._console.capture() as captured:
            self._console.print(what, end="", no_wrap=True, overflow="ignore", crop=False, width=width or None)
        return captured.get().rstrip("\n")
