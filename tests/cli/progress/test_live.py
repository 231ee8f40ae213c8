"""The live view on the screen of a terminal: drawn again and again in its place, and gone at the end."""

import io
import re

import pyte
import pytest

from omnibase.cli.progress import Progress
from omnibase.cli.progress.live import Live
from omnibase.cli.progress.out import Out
from omnibase.cli.progress.view import Screen
from omnibase.model.events import Noticed
from omnibase.model.ports import Style
from tests.cli.progress.runs import Run, last_line, plan, three, three_hundred

EMOJI = Style(emoji=True)
COLOR = re.compile("\x1b\\[[0-9;]*m")


class Shown(io.StringIO):
    """A stream whose text is shown on a screen that can be resized. `broken` says how that breaks long lines."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__()
        self.screen = pyte.Screen(columns, lines)
        self.screen.set_mode(pyte.modes.LNM)
        self._terminal = pyte.Stream(self.screen)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._terminal.feed(text)
        return super().write(text)

    @property
    def rows(self) -> list[str]:
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def narrow(self, columns: int) -> None:
        """As most terminals do it: what has become too long goes on in the next line; the cursor stays at its own."""
        rows, cursor = self.rows, self.screen.cursor.y
        broken: list[str] = []
        for number, row in enumerate(rows):
            if number == cursor:
                at = len(broken)
            broken += [row[start : start + columns] for start in range(0, max(len(row), 1), columns)]
        self.screen.resize(self.screen.lines, columns)
        self.screen.reset()
        self.screen.set_mode(pyte.modes.LNM)
        self._terminal.feed("\n".join(broken) + f"\x1b[{at + 1};1H")


@pytest.fixture
def size(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the terminal says of its size: columns and lines."""
    said = [100, 24]
    monkeypatch.setattr(Live, "_screen", lambda self: Screen(said[0], said[1], self._finished))
    return said


def shown(columns: int = 100, lines: int = 24, style: Style = EMOJI, *, finished: bool = True) -> tuple[Shown, Live]:
    stream = Shown(columns, lines)
    stream.write("$ omnibase orch\n")
    return stream, Live(stream, Out(stream), style, finished=finished)


def test_it_is_drawn_in_its_place_again_and_again(size: list[int]) -> None:
    stream, drawn = shown()
    run, course = three()
    for at in range(40, 60):
        drawn.draw(course, float(at), last_line)
    rows = stream.rows
    assert rows[0] == "$ omnibase orch"
    assert len(rows) == 5
    assert "pytest     57s" in rows[3]
    run.end(60.0, 2)
    drawn.draw(course, 60.0, last_line)
    assert len(stream.rows) == 5


def test_a_view_that_needs_fewer_rows_leaves_nothing_behind(size: list[int]) -> None:
    stream, drawn = shown(finished=False)
    run, course = three_hundred()
    drawn.draw(course, 40.0, last_line)
    assert len(stream.rows) == 19
    for number in range(151, 165):
        run.end(41.0, number)
    drawn.draw(course, 41.0, last_line)
    assert len(stream.rows) < 12
    assert "check-151" not in "\n".join(stream.rows)


def test_a_row_that_becomes_shorter_leaves_nothing_of_the_longer_one(size: list[int]) -> None:
    stream, drawn = shown()
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    assert stream.rows[3].endswith("PASSED")
    drawn.draw(course, 41.0, lambda _: "short")
    assert stream.rows[3].endswith("39s  short")


def test_at_the_end_nothing_is_left_but_what_stays(size: list[int]) -> None:
    stream, drawn = shown()
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    assert stream.screen.cursor.hidden
    drawn.above(["one", "two"])
    drawn.draw(course, 41.0, last_line)
    drawn.above(["three"])
    drawn.end()
    assert stream.rows[-3:] == ["one", "two", "three"]
    assert not stream.screen.cursor.hidden
    assert (stream.screen.cursor.x, stream.screen.cursor.y) == (0, len(stream.rows))


def test_lines_above_stay_in_their_order_whatever_their_length(size: list[int]) -> None:
    stream, drawn = shown(lines=40)
    _, course = three()
    for number in range(6):
        drawn.above([f"line {number} " + "x" * 150])
        drawn.draw(course, 40.0 + number, last_line)
    drawn.end()
    text = "".join(stream.rows)
    assert re.findall(r"line \d", text) == [f"line {number}" for number in range(6)]
    assert text.count("x") == 6 * 150
    assert "pytest" not in text


@pytest.mark.parametrize("columns", [99, 60, 41, 20])
def test_a_terminal_that_becomes_narrower_and_breaks_the_rows_is_drawn_over(size: list[int], columns: int) -> None:
    stream, drawn = shown()
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    stream.narrow(columns)
    size[0] = columns
    drawn.draw(course, 41.0, last_line)
    assert stream.rows[0] == "$ omnibase orch"[:columns]
    assert len(stream.rows) == 5
    drawn.end()
    assert stream.rows == ["$ omnibase orch"]


def test_a_terminal_that_becomes_wider_is_used_at_once(size: list[int]) -> None:
    stream, drawn = shown()
    size[0] = 40
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    assert "passed" not in stream.rows[2]
    size[0] = 100
    drawn.draw(course, 40.1, last_line)
    assert "3 passed" in stream.rows[2]


@pytest.mark.parametrize("lines", [1, 2, 3, 5])
def test_a_terminal_of_few_lines_is_never_full(size: list[int], lines: int) -> None:
    """What stood there before scrolls away only once."""
    size[:] = [80, lines]
    stream = Shown(80, lines)
    drawn = Live(stream, Out(stream), EMOJI, finished=True)
    _, course = three_hundred()
    for at in range(5):
        drawn.draw(course, 40.0 + at, last_line)
        assert "150/300 done" in stream.rows[-1]
        assert len(stream.rows) <= max(lines - 1, 1)
    drawn.end()
    assert stream.rows == []


def test_a_row_that_is_wider_than_it_was_taken_for_does_not_break(size: list[int]) -> None:
    """Terminals do not agree on the width of every character, and they may be resized just now."""
    stream, drawn = shown(columns=60)
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    drawn.draw(course, 41.0, last_line)
    assert len(stream.rows) == 5


def test_without_colours_there_are_none_and_with_them_failures_are_red(size: list[int]) -> None:
    _, course = three()
    stream, drawn = shown()
    drawn.draw(course, 40.0, last_line)
    assert not COLOR.search(stream.getvalue())
    stream, drawn = shown(style=Style(color=True, emoji=True))
    drawn.draw(course, 40.0, last_line)
    row = next(number for number, text in enumerate(stream.screen.display) if "mypy" in text)
    column = stream.screen.display[row].index("mypy") + 1  # the symbol before it takes two
    assert stream.screen.buffer[row][column].fg == "red"


def test_colours_that_were_asked_for_are_there_whatever_else_is_said(
    size: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the style; the library that paints has an opinion of its own."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream, drawn = shown(style=Style(color=True, emoji=True))
    _, course = three()
    drawn.draw(course, 40.0, last_line)
    assert "\x1b[31m" in stream.getvalue()


def test_there_is_a_bar_where_there_is_room_for_one(size: list[int]) -> None:
    _, course = three()
    stream, drawn = shown(style=Style(color=True, emoji=True))
    drawn.draw(course, 40.0, last_line)
    assert re.match("[\u2501\u2578\u257a]{30} 2/3 done, 1 failed", stream.rows[-1])
    size[0] = 60
    drawn.draw(course, 40.0, last_line)
    assert stream.rows[-1].startswith("2/3 done, 1 failed")
    for style in (Style(emoji=True), Style(color=True)):
        stream, drawn = shown(style=style)
        drawn.draw(course, 40.0, last_line)
        assert stream.rows[-1].startswith("2/3 done, 1 failed")


# Through the observer


def watched(*, report_follows: bool = True, names: tuple[str, ...] = ("a", "b", "c")) -> tuple[Run, Progress, Shown]:
    stream = Shown(80, 24)
    progress = Progress(stream, "live", EMOJI, report_follows=report_follows)
    return Run(plan(names), progress.observe), progress, stream


def test_a_run_of_less_than_a_second_is_not_shown(size: list[int]) -> None:
    run, progress, stream = watched()
    run.begin()
    run.start(0.0, 0)
    assert progress.pulse == 1.0
    progress.look(0.9, last_line)
    assert progress.pulse == pytest.approx(0.1)
    run.end(0.95, 0)
    run.over(0.99)
    progress.close()
    assert stream.getvalue() == ""
    assert progress.pulse is None


def test_after_a_second_it_is_drawn_ten_times_a_second(size: list[int]) -> None:
    run, progress, stream = watched()
    run.begin()
    run.start(0.0, 0)
    progress.look(1.0, last_line)
    assert progress.pulse == 0.1
    assert "a" in stream.rows[0]
    written = len(stream.getvalue())
    run.start(1.05, 1)
    assert len(stream.getvalue()) == written  # what happens meanwhile is seen the next time
    progress.look(1.1, last_line)
    assert "2 running" in stream.rows[-1]


def test_where_the_report_follows_the_view_makes_room_for_it(size: list[int]) -> None:
    run, progress, stream = watched()
    run.begin()
    run.start(0.0, 0)
    progress.look(1.0, last_line)
    run.fail(1.5, 0)
    progress.look(1.6, last_line)
    assert "exit code 1" in stream.rows[0]
    run.over(2.0)
    progress.close()
    assert stream.rows == []


def test_elsewhere_a_line_for_each_that_ended_stays(size: list[int]) -> None:
    run, progress, stream = watched(report_follows=False)
    run.begin()
    run.start(0.0, 0)
    run.end(0.5, 0)
    run.start(0.5, 1)
    progress.look(1.0, last_line)
    assert "a  1.00s" in stream.rows[0]
    run.fail(1.5, 1)
    progress.look(1.6, last_line)
    run.start(1.6, 2)
    run.end(1.7, 2)
    run.over(1.7)
    progress.close()
    assert [row.split()[1] for row in stream.rows] == ["a", "b", "c"]
    assert "exit code 1" in stream.rows[1]


def test_a_notice_goes_above_the_view(size: list[int]) -> None:
    run, progress, stream = watched()
    run.begin()
    run.start(0.0, 0)
    progress.look(1.0, last_line)
    run.tell(Noticed(1.2, "the disk is \x1b[2Knearly full"))
    progress.look(1.3, last_line)
    assert stream.rows[0] == "notice: the disk is nearly full"
    assert "running" in stream.rows[-1]
    run.over(2.0)
    progress.close()
    assert stream.rows == ["notice: the disk is nearly full"]


@pytest.mark.parametrize("begun", [True, False])
def test_what_takes_long_before_the_run_is_told_in_a_line_that_goes(size: list[int], begun: bool) -> None:
    run, progress, stream = watched()
    progress.observe(Noticed(0.1, "making a view"))
    progress.observe(Noticed(0.2, "filling it " + "x" * 200))
    assert len(stream.rows) == 1
    assert stream.rows[0].startswith("filling it")
    if begun:
        run.begin(1.5)
        assert stream.rows == []
        progress.look(1.6, last_line)
        run.over(1.7)
        progress.close()
    else:  # something kept it from beginning
        progress.close()
    assert stream.rows == []


def test_an_exception_leaves_the_terminal_clean(size: list[int]) -> None:
    run, progress, stream = watched()
    run.begin()
    run.start(0.0, 0)
    progress.look(1.0, last_line)
    assert stream.screen.cursor.hidden
    progress.close()
    assert stream.rows == []
    assert not stream.screen.cursor.hidden
    run.end(2.0, 0)  # nobody listens any more
    progress.look(2.0, last_line)
    stream.write("the report")
    progress.close()
    assert stream.rows == ["the report"]


def test_earlier_runs_are_asked_once_and_only_where_the_plan_knows_of_none(size: list[int]) -> None:
    asked = []

    def durations(names: object) -> dict[str, float]:
        asked.append(names)
        return {"a": 61.0}

    for weights, count in (((), 1), ((5.0, 1.0, 1.0), 0)):
        asked.clear()
        stream = Shown(80, 24)
        progress = Progress(stream, "live", EMOJI, report_follows=True, durations=durations)
        run = Run(plan(["a", "b", "c"], weights=weights), progress.observe)
        run.begin()
        run.start(0.0, 0)
        progress.look(1.0, last_line)
        progress.look(1.1, last_line)
        assert len(asked) == count
        assert "left" in stream.rows[-1]
