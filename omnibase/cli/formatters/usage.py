"""What components took of the machine, as a table: the slowest first."""

from collections.abc import Callable, Iterator, Sequence

from omnibase.cli.formatters.layout import BOLD, DIM, columns, duration, padded, painted, shortened, wrapped
from omnibase.core.outcome import together
from omnibase.core.redaction import shown_path
from omnibase.model.ports import Style
from omnibase.model.record import Record
from omnibase.model.report import RunReport
from omnibase.model.result import Usage

# So many components are shown, unless it is to be verbose.
MOST = 20
UNKNOWN = "-"
# From here on something stands out: a share of the time, and seconds that are worth a word.
MUCH, LITTLE, WORTH = 0.3, 0.2, 0.5


class Row(Record):
    """What all attempts of a component took, and which share of the run's time that is."""

    name: str
    usage: Usage
    share: float | None


class Column(Record):
    """A column: its title, and what of a row stands in it."""

    title: str
    cell: Callable[[Row], str]


# In the order in which they stand.
COLUMNS = {
    "wall": Column("wall", lambda row: _seconds(row.usage.wall)),
    "user": Column("user", lambda row: _seconds(row.usage.user)),
    "system": Column("sys", lambda row: _seconds(row.usage.system)),
    "cpu": Column("cpu", lambda row: _percent(_busy(row.usage))),
    "memory": Column("memory", lambda row: _size(row.usage.memory)),
    "read": Column("read", lambda row: _size(row.usage.read)),
    "written": Column("written", lambda row: _size(row.usage.written)),
    "startup": Column("start", lambda row: _percent(_startup(row.usage))),
    "share": Column("share", lambda row: _percent(row.share)),
}
# Where there is no room for all, they go in this order; the time on the wall always stays.
DROPPED = ("read", "system", "user", "written", "startup", "cpu", "memory", "share")
GAP = 2
NARROWEST = 16  # what names have at least, and a quarter of a line


def usage_table(report: RunReport, style: Style) -> str:
    """The table of a run whose attempts were measured, else nothing; text with a final newline."""
    rows = _rows(report)
    if not rows:
        return ""
    shown = rows if style.verbosity > 0 else rows[:MOST]
    every = together([row.usage for row in rows], sum(row.usage.wall for row in rows))
    total = Row("total", every, _part(every.wall, report.duration))
    lines = list(_lines(shown, total, len(rows) - len(shown), style))
    for remark in _remarks(rows, every):
        lines += wrapped(remark, style.width, "  ")
    return "".join(f"{line}\n" for line in lines)


def _rows(report: RunReport) -> list[Row]:
    """A row for each component that was measured, the slowest first."""
    rows = []
    for entry in report.results:
        usages = [attempt.usage for attempt in entry.result.attempts if attempt.usage is not None]
        if usages:
            usage = together(usages, sum(one.wall for one in usages))
            rows.append(Row(shown_path(entry.name), usage, _part(usage.wall, report.duration)))
    return sorted(rows, key=lambda row: -row.usage.wall)


def _lines(rows: Sequence[Row], total: Row, left_out: int, style: Style) -> Iterator[str]:
    cells = {name: [column.title, *(column.cell(row) for row in (*rows, total))] for name, column in COLUMNS.items()}
    names = ["component", *(row.name for row in rows), total.name]
    room = style.width - sum(GAP + max(map(len, cell)) for cell in cells.values())
    longest = max(map(columns, names))
    for name in DROPPED:
        if room >= min(longest, max(NARROWEST, style.width // 4)):
            break
        room += GAP + max(map(len, cells.pop(name)))
    wide = min(longest, room)
    lines = []
    for number, name in enumerate(names):
        line = padded(shortened(name, wide), wide)
        for cell in cells.values():
            line += " " * GAP + cell[number].rjust(max(map(len, cell)))
        lines.append(line)
    first, *middle, last = lines
    yield painted(first, DIM, style)
    yield from middle
    if left_out:
        yield painted(f"and {left_out} more; `-v` shows all", DIM, style)
    yield painted(last, BOLD, style)


def _remarks(rows: Sequence[Row], every: Usage) -> Iterator[str]:
    """What stands out in the whole."""
    startup = _startup(every)
    if startup is not None and startup >= MUCH and every.wall >= WORTH:
        yield f"start-up is {_percent(startup)} of the time: fewer and larger batches would save most of it"
    slowest = rows[0]
    busy = _busy(slowest.usage)
    if busy is not None and busy < LITTLE and slowest.usage.wall >= max(WORTH, MUCH * every.wall):
        yield f"{slowest.name} waits for most of its time: others may run meanwhile (`--jobs`)"


def _busy(usage: Usage) -> float | None:
    return _part(usage.user + usage.system, usage.wall)


def _startup(usage: Usage) -> float | None:
    share = _part(usage.startup, usage.wall)
    return None if share is None else min(share, 1.0)


def _part(some: float | None, whole: float) -> float | None:
    return some / whole if some is not None and whole > 0.0 else None


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}s" if seconds < 10 else duration(seconds)


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0%}"


def _size(size: int | None) -> str:
    """In units of 1024, with three digits or more."""
    if size is None:
        return UNKNOWN
    number = float(size)
    for unit in ("B", "KB", "MB"):
        if round(number) < 1000:
            return f"{number:.1f} {unit}" if unit == "MB" and number < 100 else f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GB"
