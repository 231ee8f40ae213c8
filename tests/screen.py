"""A terminal whose screen can be looked at: what a person sees of a program, and not only what it has printed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

import pyte

from tests.dialogue import SECONDS, Dialogue

STOP, GO_ON = "\x13", "\x11"  # what the keys ^S and ^Q send


class Screen(Dialogue):
    """A program in a terminal, in which `before` stands already. `written` is all that it has printed there so far."""

    def __init__(
        self,
        command: Sequence[str | bytes | Path],
        cwd: Path,
        env: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 24,
        out: Path | None = None,
        before: str = "",
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.5)
        self._stream = pyte.ByteStream(self._screen)
        self._stream.feed(before.replace("\n", "\r\n").encode())
        self.written = b""
        super().__init__(command, cwd, env, columns=columns, rows=rows, out=out)

    def resize(self, columns: int, rows: int = 24, *, told: tuple[int, int] | None = None) -> None:
        """As a person does it with a window. The program is told of another size where one is given."""
        super().resize(*(told or (columns, rows)))
        self._screen.resize(rows, columns)

    @property
    def rows(self) -> list[str]:
        """What the screen shows, without blanks at the end of its rows and empty rows below."""
        return _stripped([row.rstrip() for row in self._screen.display])

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def everything(self) -> list[str]:
        """What has gone above the screen, and what it shows."""
        columns = range(self._screen.columns)
        above = ["".join(line[column].data for column in columns).rstrip() for line in self._screen.history.top]
        return above + self.rows

    @property
    def cursor_is_visible(self) -> bool:
        return not self._screen.cursor.hidden

    def is_silent(self, seconds: float) -> bool:
        """Read on until nothing has been written for so long. Always true, sooner or later, where nothing can be."""
        end = monotonic() + SECONDS
        while monotonic() < end:
            if not self._read(monotonic() + seconds):
                return True
        return False

    def pass_by(self, seconds: float) -> None:
        """Show what is written while so much time goes by."""
        end = monotonic() + seconds
        while monotonic() < end:
            self._read(end)

    def wait_until(self, shown: Callable[[], object], timeout: float = SECONDS) -> None:
        """Wait until the screen is as it should be."""
        end = monotonic() + timeout
        while not shown():
            assert self._read(end), f"it is not shown; what is:\n{self.text}"

    def wait_for_text(self, text: str, timeout: float = SECONDS) -> None:
        self.wait_until(lambda: text in self.text, timeout)

    def _take(self, data: bytes) -> None:
        self.written += data
        self._stream.feed(data)


def _stripped(rows: list[str]) -> list[str]:
    while rows and not rows[-1]:
        rows.pop()
    return rows
