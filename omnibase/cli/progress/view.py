"""The live view as rows of text: what of it there is room for on a screen of so many columns and lines."""

from collections.abc import Callable, Sequence

from omnibase.cli.formatters.layout import (
    BOLD,
    COLORS,
    DIM,
    RED,
    YELLOW,
    columns,
    duration,
    padded,
    shortened,
    symbol,
)
from omnibase.cli.progress import words
from omnibase.cli.progress.course import Course, Ended, Work
from omnibase.model.ports import Style
from omnibase.model.record import Record

# What a row is made of: text and how it is painted (SGR parameters, or nothing).
Piece = tuple[str, str]
Row = list[Piece]
LastLine = Callable[[int], str | None]

# A task's last line is shown once it has run so long (seconds).
OUTPUT_AFTER = 1.0
# So many of the last that ended are shown, beside those that failed.
RECENT = 4
# More rows than this say less, however high the terminal is.
MOST_ROWS = 24
# On narrower screens nothing is aligned. What times take, names at the most, and the rest at the least (columns).
ALIGNED = 60
TIME = 6
MOST_NAME = 40
WORTH_IT = 12
# Here the counts say no more than they have to.
NARROW = 30
UNDER_WAY = "\u25b8"


class Screen(Record):
    """The size of what there is to draw on, in columns and lines; with `finished`, rows tell of what has ended."""

    columns: int = 80
    lines: int = 24
    finished: bool = True


class Names(Record):
    """The column of names: so wide, or as wide as each of them where that is 0; and the width at which one is cut."""

    width: int = 0
    most: int = 1000


def view(course: Course, at: float, last_line: LastLine, screen: Screen, style: Style) -> list[Row]:
    """The rows, at least one and less than there are lines (if there is more than one), each in less than the columns.

    `style` says whether there are emoji. The last row is the one of the counts.
    """
    width = max(screen.columns - 1, 1)  # in the last column a terminal may or may not go on to the next line
    room = min(max(screen.lines - 1, 1), MOST_ROWS) - 1
    work = course.work()
    failed = [ended for ended in course.ended if ended.failed] if screen.finished else []
    under_way = min(len(work), max(room - min(len(failed), room // 3), 1)) if room else 0
    shown = _worth_showing(course, failed, room - under_way) if screen.finished else []
    more = len(work) - under_way + 1 if len(work) > under_way > 1 else 0  # the last row tells of these
    work = work[: under_way - bool(more)]
    names = _names([*(ended.name for ended in shown), *map(_name, work)], width, style)
    rows = [finished(ended, style, names) for ended in shown]
    rows += [_under_way(one, at, last_line, style, names) for one in work]
    if more:
        rows.append([(_indent(style), ""), (f"and {more} more", DIM)])
    if not work and room and not course.interrupted and course.plan.hooks and course.done < course.total:
        rows.append([(_indent(style), ""), ("waiting for hooks", DIM)])
    return [*(cut(row, width) for row in rows), _counts(course, at, width)]


def finished(ended: Ended, style: Style, names: Names = Names()) -> Row:  # noqa: B008 - it is frozen
    """A line for what has ended, of any length."""
    status = ended.result.status
    color = RED if ended.failed else COLORS[status]
    time = duration(ended.seconds) if ended.result.attempts else ""
    sign = (f"{symbol(status, style)} ", "" if style.emoji else color)
    row = [sign, *_name_and_time((ended.name, color if ended.failed else ""), (time, DIM), names)]
    said = words.outcome(ended)
    return [*row, (f"  {said}", "" if ended.failed else DIM)] if said else row


def cut(row: Row, width: int) -> Row:
    """The row in at most so many columns, with dots where something is missing."""
    used, pieces = 0, []
    for text, color in row:
        room = width - used
        if text.startswith("  ") and columns(text) > room and room < WORTH_IT:
            break  # a further column
        fitting = text if columns(text) <= room else shortened(text, room) if room > 3 else ""
        pieces.append((fitting, color))
        used += columns(fitting)
        if fitting != text:
            break
    return pieces


def plain(row: Row) -> str:
    """The row's text."""
    return "".join(text for text, _ in row)


def _worth_showing(course: Course, failed: Sequence[Ended], room: int) -> list[Ended]:
    """The last that failed, and where there is room the last that ended at all, in their order."""
    chosen = {id(ended) for ended in failed[max(len(failed) - room, 0) :]}
    left = min(room - len(chosen), RECENT)
    for ended in reversed(course.ended):
        if left <= 0:
            break
        if not ended.failed:
            chosen.add(id(ended))
            left -= 1
    return [ended for ended in course.ended if id(ended) in chosen]


def _under_way(one: Work, at: float, last_line: LastLine, style: Style, names: Names) -> Row:
    waits = one.until is not None
    sign = (UNDER_WAY if style.emoji else ">").ljust(len(_indent(style)))
    time = "" if waits else words.elapsed(at - one.since)
    row = [(sign, YELLOW if waits else BOLD), *_name_and_time((_name(one), BOLD), (time, ""), names)]
    if one.until is not None:
        why = f": {words.one_line(one.why)}" if one.why else ""
        return [*row, (f"  again in {words.elapsed(max(one.until - at, 0.0) + 0.99)}{why}", YELLOW)]
    line = last_line(one.batch) if one.batch is not None and at - one.since >= OUTPUT_AFTER else None
    return [*row, (f"  {words.one_line(line)}", DIM)] if line else row


def _name_and_time(name: Piece, time: Piece, names: Names) -> Row:
    row = [(padded(shortened(name[0], names.most), names.width), name[1])]
    if time[0] or names.width:
        row.append((f"  {time[0]:>{TIME if names.width else 0}}", time[1]))
    return row


def _names(names: Sequence[str], width: int, style: Style) -> Names:
    """The column for these, on a screen of so many columns: there has to be room for times beside it."""
    if width < ALIGNED:
        return Names(0, max(width - len(_indent(style)) - TIME, 4))
    most = min(width // 3, MOST_NAME)
    return Names(min(max(map(columns, names), default=0), most), most)


def _name(one: Work) -> str:
    number = f" #{one.number}" if one.number > 1 else ""
    return f"{words.together(one.names)}{number}"


def _indent(style: Style) -> str:
    """As wide as a status and the blank behind it."""
    return " " * (3 if style.emoji else 5)


def _counts(course: Course, at: float, width: int) -> Row:
    """As many of the pieces as there is room for, in their order."""
    pieces = words.counts(course, at)
    if width < NARROW:
        pieces[0] = (pieces[0][0].removesuffix(" done"), 0)
    while len(pieces) > 1 and columns(", ".join(text for text, _ in pieces)) > width:
        pieces.remove(max(pieces, key=lambda piece: piece[1]))
    row: Row = []
    for text, _ in pieces:
        row += [(", ", DIM)] if row else []
        row.append((text, RED if text.endswith((" failed", "interrupted")) else "" if row else BOLD))
    return cut(row, width)
