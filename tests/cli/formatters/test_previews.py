"""What people see of a dry run: the order of the plan, and the commands with their batches."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibase.cli.formatters import human
from omnibase.cli.formatters.document import document
from omnibase.cli.formatters.layout import columns
from omnibase.cli.formatters.previews import plan_lines, preview_lines
from omnibase.model.ports import Style
from omnibase.model.report import PlannedTask, PlanSummary, RunReport
from omnibase.model.result import Cause, Preview, Result, Status
from tests.cli.formatters.samples import entry, report
from tests.cli.formatters.strategies import PREVIEWS, TEXT

PLAIN = Style()
OFF = ("off", "not idempotent")
WAVES = (
    (PlannedTask("lint", True, None, 1),),
    (PlannedTask("lint", False, 1.2, 3), PlannedTask("types", False, 4.0, 2)),
    (PlannedTask("test", False, None, 4),),
)
PLAN = PlanSummary(
    "staged_parallel",
    3,
    (1, 2, 1),
    ("types", "test"),
    estimated=5.2,
    estimated_speedup=1.2308,
    slots=2,
    order=WAVES,
)


def batch(number: int, files: int, *, fix: bool = False) -> Preview:
    paths = tuple(f"{number}/{file}.py" for file in range(files))
    return Preview(("lint", *(["--fix"] if fix else []), *paths, "end"), None, files, fix, None, *OFF, 1 + fix)


def dry(*previews: Preview, plan: PlanSummary | None = PLAN, reason: str = "would run") -> RunReport:
    result = Result(Status.SKIP, cause=Cause.DRY_RUN, reason=reason, files=25, previews=previews)
    return report(entry("lint", result, duration=None), mode="dry-run", plan=plan)


def shown(*previews: Preview, style: Style = PLAIN) -> list[str]:
    return list(preview_lines(previews, style))


# The plan


def test_a_plan_of_several_at_once_is_shown_in_waves() -> None:
    assert list(plan_lines(PLAN, PLAIN)) == [
        "plan: staged_parallel, 2 at once, at least 5.20s, 1.23 times as fast as one at a time",
        "  1. lint (fix)",
        "  2. lint 1.20s, types 4.00s",
        "  3. test",
        "  critical path: types -> test",
    ]


def test_a_plan_of_one_at_a_time_is_shown_in_its_order() -> None:
    first, second, *_ = plan_lines(PLAN._replace(slots=1, estimated_speedup=1.0), PLAIN)
    assert first == "plan: staged_parallel, 1 at once, at least 5.20s"
    assert second == "  order: lint (fix), types 4.00s, lint 1.20s, test"


def test_where_no_duration_is_known_no_time_is_told() -> None:
    waves = tuple(tuple(task._replace(seconds=None) for task in wave) for wave in WAVES)
    assert list(plan_lines(PLAN._replace(order=waves, critical_path=(), adaptive=True), PLAIN)) == [
        "plan: staged_parallel, 2 at once or more",
        "  1. lint (fix)",
        "  2. lint, types",
        "  3. test",
    ]


def test_a_wave_is_broken_between_its_tasks_only() -> None:
    wave = tuple(PlannedTask(f"component-{number}", True, 1.0) for number in range(5))
    lines = list(plan_lines(PLAN._replace(order=(wave,)), Style(width=60)))
    assert lines[2:-1] == [
        "  1. component-0 (fix) 1.00s, component-1 (fix) 1.00s,",
        "     component-2 (fix) 1.00s, component-3 (fix) 1.00s,",
        "     component-4 (fix) 1.00s",
    ]


# The batches


def test_a_command_of_one_batch_is_one_line() -> None:
    assert shown(batch(0, 2)) == ["$ lint 0/0.py 0/1.py end"]
    assert shown(Preview(("make", "all"), None, None, False, None, *OFF)) == ["$ make all"]


def test_of_many_files_the_first_are_shown_and_all_of_them_if_that_is_asked_for() -> None:
    assert shown(batch(0, 25)) == ["$ lint 0/0.py 0/1.py 0/2.py ... 22 more files end"]
    assert shown(batch(0, 4)) == ["$ lint 0/0.py 0/1.py 0/2.py 0/3.py end"]
    verbose = shown(batch(0, 25), style=Style(verbosity=1))
    assert verbose == [f"$ lint {' '.join(f'0/{file}.py' for file in range(25))} end", "cache: off (not idempotent)"]


def test_of_many_batches_the_first_are_shown_and_all_of_them_if_that_is_asked_for() -> None:
    many = [batch(number, 2) for number in range(5)]
    lines = [f"$ lint {number}/0.py {number}/1.py end" for number in range(5)]
    assert shown(*many) == ["5 batches over 10 files:", *lines[:3], "... 2 more; `-v` shows them all"]
    assert shown(*many, style=Style(verbosity=1)) == [
        "5 batches over 10 files:", *lines, "cache: off (not idempotent)",
    ]  # fmt: skip


def test_what_would_mend_comes_first() -> None:
    assert shown(batch(0, 1), batch(0, 1, fix=True)) == [
        "fix:",
        "$ lint --fix 0/0.py end",
        "then:",
        "$ lint 0/0.py end",
    ]
    assert shown(batch(0, 1), batch(0, 1, fix=True), batch(1, 1, fix=True))[0] == "fix, 2 batches over 2 files:"


def test_what_would_stand_in_is_shown_under_its_name() -> None:
    other = batch(0, 1)._replace(fallback="words")
    assert shown(other) == ["words:", "$ lint 0/0.py end"]
    assert shown(other, other)[0] == "words, 2 batches over 2 files:"


def test_functions_are_named_by_the_reason_and_only_their_batches_are_counted() -> None:
    call = Preview(None, "module:check", 12, False, None, *OFF)
    assert shown(call) == []
    assert shown(call, call) == ["2 batches over 24 files"]
    assert shown(call._replace(function="module:mend", fix=True), batch(0, 1)) == ["then:", "$ lint 0/0.py end"]


# In the report


def test_the_report_shows_both() -> None:
    text = human.format(dry(batch(0, 1)), PLAIN)
    assert text.startswith("plan: staged_parallel")
    assert "lint  25 files, would run\n  $ lint 0/0.py end\n" in text
    assert "plan:" not in human.format(dry(batch(0, 1)), Style(verbosity=-1))
    assert "plan:" not in human.format(dry(batch(0, 1), plan=PLAN._replace(order=())), PLAIN)


def test_the_document_has_all_of_it() -> None:
    told = document(dry(batch(0, 1, fix=True)))
    assert told["results"][0]["previews"] == [
        {
            "command": ["lint", "--fix", "0/0.py", "end"],
            "function": None,
            "files": 1,
            "fix": True,
            "fallback": None,
            "cache": "off",
            "why": "not idempotent",
        }
    ]
    assert told["plan"]["slots"] == 2
    assert told["plan"]["order"][0] == [{"name": "lint", "fix": True, "place": 1, "expected_ms": None}]
    assert told["plan"]["order"][1][1]["expected_ms"] == 4000.0


TASKS = st.builds(PlannedTask, TEXT, st.booleans(), st.none() | st.floats(0, 1e6), st.integers(1, 9))
ORDERS = st.lists(st.lists(TASKS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.lists(PREVIEWS, max_size=4), ORDERS, st.sampled_from([-1, 0, 1]), st.integers(1, 3))
def test_nothing_strange_reaches_the_terminal_or_is_lost(
    previews: list[Preview], order: tuple[tuple[PlannedTask, ...], ...], verbosity: int, slots: int
) -> None:
    style = Style(verbosity=verbosity, width=60)
    text = human.format(dry(*previews, plan=PLAN._replace(order=order, slots=slots)), style)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


@pytest.mark.parametrize("width", [40, 72, 100])
def test_the_plan_keeps_to_the_width(width: int) -> None:
    wave = tuple(PlannedTask(f"component-{number}", number % 2 == 0, 1.0) for number in range(9))
    names = tuple(f"component-{number}" for number in range(9))
    for plan in (PLAN._replace(order=(wave, wave), critical_path=names), PLAN._replace(order=(wave,), slots=1)):
        assert all(columns(line) <= width for line in plan_lines(plan, Style(width=width)))
