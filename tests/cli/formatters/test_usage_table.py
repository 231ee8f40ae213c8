"""The table of what components took: which they are, in which order, and what fits beside each other."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from syrupy.assertion import SnapshotAssertion

from omnibase.cli.formatters import human
from omnibase.cli.formatters.layout import columns
from omnibase.cli.formatters.usage import COLUMNS, MOST, usage_table
from omnibase.model.ports import Style
from omnibase.model.report import ReportedResult, RunReport
from omnibase.model.result import Attempt, Result, Status, Usage
from tests.cli.formatters.samples import SKIPPED, entry, report
from tests.cli.formatters.strategies import REPORTS

MB = 1024 * 1024


def taking(name: str, *usages: Usage, status: Status = Status.PASS) -> ReportedResult:
    attempts = tuple(Attempt(number, 0.0, usage.wall, usage=usage) for number, usage in enumerate(usages, start=1))
    return entry(name, Result(status, attempts=attempts, files=3), duration=sum(usage.wall for usage in usages))


def profiled(*entries: ReportedResult, duration: float = 100.0) -> RunReport:
    return report(*entries, mode="profile")._replace(duration=duration)


MYPY = taking("mypy", Usage(61.5, 55.25, 4.125, 712 * MB, 48 * MB, 1_500 * MB, 0.012))
RUFF = taking("ruff", Usage(0.25, 0.75, 0.0625, 61 * MB, 0, 4096, 0.002))
LINKS = taking("check-external-links-of-all-documents", Usage(30.0, 0.5, 0.1, 30 * MB, 0, 0, 0.001))
NOOP = taking("noop", Usage(0.0031, 0.0009, 0.0002, 1_100_000, 12_288, 0, 0.0021))
UNKNOWN = taking("elsewhere", Usage(1.5, 0.5, 0.1))
SEVERAL = profiled(NOOP, LINKS, SKIPPED, MYPY, UNKNOWN, RUFF)
MANY = profiled(*(taking(f"check-{n}", Usage(n / 10, n / 10, 0.0, n * MB, 0, 0, 0.001)) for n in range(1, 33)))


def shown(report: RunReport, **style: int) -> str:
    return usage_table(report, Style(**style))


@pytest.mark.parametrize("width", [100, 80, 60, 40])
def test_it_looks_like_this(width: int, snapshot: SnapshotAssertion) -> None:
    assert shown(SEVERAL, width=width) == snapshot


def test_it_looks_like_this_with_colours(snapshot: SnapshotAssertion) -> None:
    assert usage_table(SEVERAL, Style(color=True)).replace("\x1b", "<ESC>") == snapshot


def test_it_looks_like_this_where_there_are_many(snapshot: SnapshotAssertion) -> None:
    assert shown(MANY) == snapshot


def test_it_stands_between_what_went_wrong_and_the_summary() -> None:
    text = human.format(profiled(MYPY, NOOP, duration=61.51), Style())
    places = [text.index(words) for words in ("PASS mypy", "component", "total", "2 passed in")]
    assert places == sorted(places)


def test_it_is_left_out_where_nothing_was_measured_or_only_failures_are_wanted() -> None:
    plain = report(entry("ruff", Result(Status.PASS)))
    assert shown(plain) == ""
    assert "component" not in human.format(plain, Style())
    assert "component" not in human.format(SEVERAL, Style(verbosity=-1))


def test_the_slowest_come_first_and_no_more_than_can_be_looked_at() -> None:
    names = [line.split()[0] for line in shown(MANY).splitlines()]
    assert names[1 : MOST + 1] == [f"check-{n}" for n in range(32, 32 - MOST, -1)]
    assert "and 12 more; `-v` shows all" in shown(MANY)
    verbose = shown(MANY, verbosity=1)
    assert sum(line.startswith("check-") for line in verbose.splitlines()) == 32
    assert "more" not in verbose


def test_the_total_counts_those_that_are_not_shown() -> None:
    for verbosity in (0, 1):
        (total,) = [line for line in shown(MANY, verbosity=verbosity).splitlines() if line.startswith("total")]
        assert "52.80s" in total
        assert "32.0 MB" in total


def test_several_attempts_are_one_line() -> None:
    usage = Usage(1.0, 0.5, 0.25, 10 * MB, 0, 0, 0.125)
    text = shown(profiled(taking("twice", usage, usage._replace(memory=20 * MB)), duration=4.0))
    (line,) = [line for line in text.splitlines() if line.startswith("twice")]
    cells = ["twice", "2.000s", "1.000s", "0.500s", "75%", "20.0 MB", "0 B", "0 B", "12%", "50%"]
    assert re.split("  +", line) == cells


def test_what_takes_its_time_to_start_is_told() -> None:
    slow = Usage(1.0, 0.4, 0.2, 10 * MB, 0, 0, 0.62)
    assert "start-up is 62% of the time" in shown(profiled(taking("slow", slow)))
    assert "start-up" not in shown(profiled(taking("quick", slow._replace(startup=0.2))))
    assert "start-up" not in shown(profiled(taking("unknown", slow._replace(startup=None))))
    assert "start-up" not in shown(profiled(taking("brief", slow._replace(wall=0.1, startup=0.09))))


def test_what_does_nothing_but_wait_is_told() -> None:
    waits = taking("waits", Usage(2.0, 0.1, 0.0, 10 * MB, 0, 0, 0.001))
    works = taking("works", Usage(1.0, 0.9, 0.0, 10 * MB, 0, 0, 0.001))
    assert "waits waits for most of its time" in shown(profiled(waits, works))
    assert "most of its time" not in shown(profiled(works, NOOP))


@pytest.mark.parametrize("width", range(40, 101))
def test_lines_keep_to_the_width_and_columns_begin_where_their_titles_do(width: int) -> None:
    header, *lines = shown(SEVERAL, width=width).splitlines()
    assert max(map(columns, (header, *lines))) <= width
    assert header.split()[:2] == ["component", "wall"]
    table = lines[:6]
    assert {len(line) for line in (header, *table)} == {len(header)}


def test_the_wider_the_terminal_the_more_columns() -> None:
    counts = [len(shown(SEVERAL, width=width).splitlines()[0].split()) for width in range(40, 101)]
    assert counts == sorted(counts)
    assert counts[-1] == 1 + len(COLUMNS)
    assert counts[0] >= 3


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_any_report_has_a_table_for_what_was_measured(report: RunReport) -> None:
    measured = sum(any(attempt.usage for attempt in one.result.attempts) for one in report.results)
    text = usage_table(report, Style(verbosity=1))
    assert (text == "") == (measured == 0)
    if measured:
        rows = text.splitlines()[: measured + 2]
        assert re.match("component +wall", rows[0])
        assert rows[-1].startswith("total ")
