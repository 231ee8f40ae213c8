"""The report for people: how it looks, and what it must never do."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from syrupy.assertion import SnapshotAssertion

from omnibase.cli.formatters import human
from omnibase.cli.formatters.human import failures
from omnibase.cli.formatters.layout import columns
from omnibase.model.ports import Style
from omnibase.model.report import RunReport
from omnibase.model.result import Attempt, Cause, Finding, Output, Patch, Result, Status
from tests.cli.formatters import samples
from tests.cli.formatters.samples import entry, report
from tests.cli.formatters.strategies import REPORTS

PLAIN = Style()
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SGR = re.compile("\x1b\\[[0-9;]*m")


def shown(report: RunReport, style: Style = PLAIN) -> str:
    return human.format(report, style).replace("\x1b", "<ESC>")


@pytest.mark.parametrize("name", samples.REPORTS)
def test_it_looks_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(samples.REPORTS[name]) == snapshot


@pytest.mark.parametrize("name", ["all passed", "every status", "dry run", "fixed and not fixed", "would fix"])
def test_it_looks_like_this_with_colours_and_emoji(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(samples.REPORTS[name], Style(color=True, emoji=True)) == snapshot


@pytest.mark.parametrize(
    "name", ["every status", "dry run", "nothing selected", "registry list", "fixed and not fixed"]
)
def test_it_looks_like_this_when_verbose(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(samples.REPORTS[name], Style(verbosity=1)) == snapshot


@pytest.mark.parametrize(
    "name",
    ["all passed", "every status", "nothing selected", "configuration error", "fixed and not fixed", "would fix"],
)
def test_it_looks_like_this_when_quiet(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(samples.REPORTS[name], Style(verbosity=-1)) == snapshot


@pytest.mark.parametrize("name", ["names long and wide", "only warned", "registry list", "registry inspect"])
def test_it_looks_like_this_on_a_narrow_terminal(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(samples.REPORTS[name], Style(width=44)) == snapshot


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_nothing_of_any_report_reaches_the_terminal_but_text(report: Any) -> None:
    for verbosity in (-1, 0, 1):
        text = human.format(report, Style(verbosity=verbosity))
        assert not CONTROL.search(text)
        assert text.endswith("\n")
        assert not CONTROL.search(SGR.sub("", human.format(report, Style(color=True, emoji=True, verbosity=verbosity))))
    assert not CONTROL.search(failures(report, PLAIN))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(REPORTS)
def test_colours_change_nothing_but_colours(report: Any) -> None:
    assert SGR.sub("", human.format(report, Style(color=True))) == human.format(report, PLAIN)


@pytest.mark.parametrize("width", [100, 72, 44])
@pytest.mark.parametrize("emoji", [True, False])
@pytest.mark.parametrize(
    "name",
    ["all passed", "names long and wide", "only warned", "nothing selected", "registry list", "registry inspect"],
)
def test_lines_of_ours_keep_to_the_width(name: str, emoji: bool, width: int) -> None:
    text = human.format(samples.REPORTS[name], Style(emoji=emoji, width=width))
    assert max(map(columns, text.splitlines())) <= width


@pytest.mark.parametrize("emoji", [True, False])
def test_what_was_checked_begins_in_the_same_column_on_every_line(emoji: bool) -> None:
    entries = [samples.PASSED, samples.WIDE, samples.SKIPPED, samples.TIMED_OUT]
    lines = human.format(report(*entries, exit_code=1), Style(emoji=emoji)).splitlines()[:4]
    starts = ["12 files", "2 files", "no matching files", "12 files"]
    assert len({columns(line[: line.index(start)]) for line, start in zip(lines, starts, strict=True)}) == 1


def test_paths_commands_and_output_are_never_cut() -> None:
    path = "src/" + "very/" * 40 + "deep file.py"
    line = "x" * 300
    command = ("tool", "--file", path, line)
    finding = entry("lint", Result(Status.FAIL, findings=(Finding(line, path, 1),), command=command))
    crash = entry("crash", Result(Status.FAIL, reason=f"cannot read {path}", output=Output(line, 300)))
    text = human.format(report(finding, crash, exit_code=1), Style(width=60))
    assert f"\n{path}:1: {line}\n" in text
    assert f"\n  command: tool --file '{path}' {line}\n" in text
    assert f"\n{line}\n" in text
    assert "deep file.py" not in text.replace(path, "") or f"{path.rpartition(' ')[0]}\n" in text


def test_all_of_many_findings_are_shown_in_the_order_of_their_places() -> None:
    lines = human.format(samples.REPORTS["many findings"], PLAIN).splitlines()
    places = [tuple(line.split(":")[:2]) for line in lines if line.startswith("src/")]
    assert len(places) == 300
    assert places == sorted(places, key=lambda place: (place[0], int(place[1])))
    assert "  C0 100, C1 100, C2 100" in lines


def test_the_output_of_a_tool_is_shown_where_its_findings_do_not_explain_the_failure() -> None:
    findings = (Finding("one", "a.py", 1),)
    output = Output("segmentation fault", 18)
    crashed = Result(Status.FAIL, findings, cause=Cause.CRASHED, reason="killed by SIGSEGV", output=output)
    for result, seen in ((crashed, True), (crashed._replace(cause=None), False), (crashed._replace(findings=()), True)):
        text = human.format(report(entry("tool", result), exit_code=1), PLAIN)
        assert ("segmentation fault" in text) is seen
        assert ("killed by SIGSEGV" in text) is seen


def test_a_patch_is_shown_with_every_blank_of_it() -> None:
    text = human.format(samples.REPORTS["dry run"], PLAIN)
    assert "".join(f"    {line}\n" for line in samples.PATCH.splitlines()) in text


def test_of_what_the_user_s_files_have_already_so_much_is_shown_and_of_the_rest_all() -> None:
    applied = human.format(report(samples.MUCH_MENDED, exit_code=1), PLAIN)
    assert "... 503 more lines; `git diff` shows them all\n" in applied
    assert "\n+147\n-148 \n..." in applied
    (patch,) = samples.MUCH_MENDED.result.patches
    result = samples.MUCH_MENDED.result._replace(patches=(patch._replace(applied=False),), changed_files=())
    text = human.format(report(samples.MUCH_MENDED._replace(result=result), exit_code=1), PLAIN)
    assert samples.BIG_DIFF in text
    assert "more lines" not in text


def test_what_two_components_did_alike_is_shown_once() -> None:
    other = samples.MENDED._replace(name="other")
    text = human.format(report(samples.MENDED, other, exit_code=1), PLAIN)
    assert text.count("+++ b/x.txt") == 1


def test_what_was_changed_is_not_shown_where_the_run_did_not_fail() -> None:
    assert "+++ b/x.txt" not in human.format(samples.REPORTS["fixed and staged"], PLAIN)


def test_a_patch_holds_nothing_that_a_terminal_acts_on() -> None:
    patch = Patch("x", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\x1b[31mred\u202e\n+a\tb \n", False)
    text = human.format(report(entry("x", Result(Status.FAIL, patches=(patch,))), exit_code=1), PLAIN)
    assert not CONTROL.search(text)
    assert "\n+a\tb \n" in text


def test_where_things_were_looked_at_is_told_to_who_wants_to_know() -> None:
    sample = samples.REPORTS["fixed and not fixed"]
    quiet, loud = (human.format(sample, Style(verbosity=verbosity)) for verbosity in (0, 1))
    for line in (
        "in a view of what is staged: x.txt and 2 more have changes that are not staged\n",
        "over staged contents: x.txt has changes that are not staged\n",
    ):
        assert line not in quiet
        assert line in loud


def test_a_dry_run_shows_the_commands() -> None:
    assert "\n  $ ruff check a.py 'with space.py'\n" in human.format(samples.REPORTS["dry run"], PLAIN)


def test_a_quiet_report_is_failures_and_the_summary() -> None:
    quiet = Style(verbosity=-1)
    assert human.format(samples.REPORTS["all passed"], quiet) == "4 passed, 1 skipped in 1.24s (ci, async, 1 cached)\n"
    every = samples.REPORTS["every status"]
    assert human.format(every, quiet).startswith(failures(every, quiet))


def test_the_summary_counts_apart_what_another_component_or_nobody_has_decided() -> None:
    passed = Result(Status.PASS, marked=("fallback",), reason="no verdict of its own (crashed): other stood in")
    warned = Result(Status.WARN, marked=("degraded",), cause=Cause.CRASHED, reason="no verdict (crashed)")
    shown = samples.report(
        samples.entry("a", passed), samples.entry("b", Result(Status.PASS)), samples.entry("c", warned)
    )
    for verbosity in (-1, 0):
        text = human.format(shown, Style(verbosity=verbosity))
        assert "1 warned (1 degraded), 2 passed (1 by a fallback) in " in text


def test_failures_alone_hold_nothing_of_what_passed() -> None:
    text = failures(samples.REPORTS["every status"], PLAIN)
    assert re.findall(r"run again: omnibase run (\S+)", text) == ["ruff", "generator", "mypy", "prettier"]
    for name in ("trailing-whitespace", "old-check", "eslint"):
        assert name not in text


@pytest.mark.parametrize("name", ["all passed", "only warned", "nothing selected", "registry list"])
def test_there_are_no_failures_where_nothing_failed(name: str) -> None:
    assert failures(samples.REPORTS[name], PLAIN) == ""


def test_failures_of_a_run_that_could_not_happen_are_its_error() -> None:
    assert failures(samples.REPORTS["configuration error"], PLAIN) == (
        "error: `lifcycle` is no key of a component\n  at registry.yaml:12:5\n  did you mean `lifecycle`?\n"
    )


def test_a_missing_tool_is_told_apart_from_a_harmless_skip() -> None:
    assert "1 without a verdict, 1 passed in" in human.format(samples.REPORTS["only not installed"], PLAIN)
    assert "1 passed, 1 skipped in" in human.format(samples.REPORTS["not installed and not required"], PLAIN)


def test_every_attempt_is_shown_of_what_was_retried() -> None:
    attempts = (Attempt(1, 0, 0.5, 75, "exit code 75", "transient"), Attempt(2, 1, 0.1, 0))
    text = human.format(report(entry("tool", Result(Status.PASS, attempts=attempts, marked=("retried",)))), PLAIN)
    assert "\n  attempt 1: 0.50s, exit code 75, tried again: transient\n  attempt 2: 0.10s, exit code 0\n" in text


def test_an_unknown_signal_is_its_number() -> None:
    assert "ended by signal 99: 1 passed" in human.format(report(samples.PASSED, exit_code=227, signal=99), PLAIN)


@pytest.mark.parametrize(
    ("entries", "exit_code", "color"),
    [
        ((samples.PASSED,), 0, "32"),
        ((samples.PASSED, samples.WARNED), 0, "33"),
        ((samples.PASSED, samples.FAILED), 1, "31"),
        ((samples.PASSED, samples.TIMED_OUT), 1, "35"),
        ((samples.PASSED, samples.NOT_INSTALLED), 1, "31"),
        ((samples.SKIPPED,), 0, "2"),
    ],
)
def test_the_summary_has_the_colour_of_the_status(entries: tuple[Any, ...], exit_code: int, color: str) -> None:
    last = human.format(report(*entries, exit_code=exit_code), Style(color=True)).splitlines()[-1]
    assert last.startswith(f"\x1b[{color}m")
    assert last.endswith("\x1b[0m")


@pytest.mark.parametrize(
    "value",
    [None, [], {}, "text", 3, {"action": "inspect"}, {"action": "list"}, {"action": "other", "a": [{"b": None}, [1]]}],
)
def test_a_registry_report_of_any_value_is_shown(value: Any) -> None:
    one = entry("registry x", Result(Status.PASS, value=value), duration=None)
    assert human.format(report(one, stage="registry"), PLAIN).strip()


def test_what_a_registry_holds_is_made_visible() -> None:
    component = {**samples.COMPONENTS[0], "description": "a \x1b[31mred\x1b[0m one\u202e", "origin": "caf\udce9.yaml:1"}
    for value in (
        {"action": "list", "components": [component], "plugins": [{"name": "p\x1b[2J"}]},
        {"action": "inspect", "component": component},
        {"action": "other", "\x1b[31m": ["\x1b[31m", {"\x07": "\x07"}]},
    ):
        text = human.format(samples.registry(value), Style(verbosity=1))
        assert not CONTROL.search(text)
        assert "a red one\\u202e" in text or value["action"] == "other"
