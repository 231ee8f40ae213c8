"""Patterns that people write, the wrong and the slow ones included."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from omnibase.core.patterns import GROUPS, MAX_PATTERN, problem
from omnibase.model.result import Severity

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown

PATTERN = r"^(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+) (?P<code>\w+) (?P<message>.+)$"


def test_the_groups_of_a_pattern_fill_the_finding(parse: Parse, shown: Shown) -> None:
    output = b"a.py:3:4: warning W1 odd\nnothing\n/repo/sub/b.py:5:6: error E1 wrong\n"
    parsed = parse("regex", output, options={"pattern": PATTERN})
    assert shown(parsed.findings) == ["a.py:3:4 warning W1 odd", "sub/b.py:5:6 error E1 wrong"]
    assert parsed.problem is None


def test_real_output_is_read(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    pattern = r"^(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*) \[(?P<severity>\w+)(?:/(?P<code>.+))?\]$"
    parsed = parse("regex", recorded("eslint-8-unix.txt"), options={"pattern": pattern})
    assert shown(parsed.findings) == [
        "js/app.js:1:1 warning no-var Unexpected var, use let or const instead.",
        "js/app.js:2:12 error eqeqeq Expected '===' and instead saw '=='.",
        "js/app.js:3:3 error no-debugger Unexpected 'debugger' statement.",
        "js/broken.js:1:1 error - Parsing error: The keyword 'let' is reserved",
    ]


def test_stdout_is_read_before_stderr(parse: Parse) -> None:
    parsed = parse("regex", b"ERR one\n", b"ERR two\n", options={"pattern": "ERR (?P<message>.+)"})
    assert [f.message for f in parsed.findings] == ["one", "two"]


def test_without_a_message_group_the_line_is_the_message(parse: Parse) -> None:
    assert parse("regex", b"  FIXME later  \n", options={"pattern": "FIXME"}).findings[0].message == "FIXME later"


@pytest.mark.parametrize(
    ("word", "option", "expected"),
    [
        ("WARN", None, Severity.WARNING),
        ("Info", None, Severity.NOTE),
        ("critical", "note", Severity.ERROR),
        ("strange", None, Severity.ERROR),
        ("strange", "note", Severity.NOTE),
    ],
)
def test_a_severity_is_the_lines_own_or_the_options(
    parse: Parse, word: str, option: str | None, expected: Severity
) -> None:
    options = {"pattern": r"(?P<severity>\w+):"} | ({"severity": option} if option else {})
    assert parse("regex", word.encode() + b": m", options=options).findings[0].severity is expected


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("", "the pattern is empty"),
        ("(", "no regular expression: missing ), unterminated subpattern at character 1"),
        ("a(?P<line", "no regular expression: missing >, unterminated name at character 6"),
        ("a" * (MAX_PATTERN + 1), "2,000 is the most"),
        ("[[a]", "cannot be used: Possible nested set"),
        ("x{99999999999}", "counted repeats"),
        (
            r"(?P<file>\w+)",
            "the group 'file' has no meaning; the groups are path, line, column, code, message, severity",
        ),
        (".*", "found in an empty line"),
        ("(?:(?:(?:x?){1000}){1000}){1000}(?=y)", "counted repeats come to more than 100,000 in all"),
        ("(?:(?:x?){,400}){3,400}", "counted repeats come to more than 100,000 in all"),
        ("(" * 900 + ")" * 900, "the pattern"),
    ],
)
def test_a_wrong_pattern_is_told_before_and_during_a_run(parse: Parse, pattern: str, wrong: str) -> None:
    assert wrong in (problem(pattern) or "")
    parsed = parse("regex", b"x\n", options={"pattern": pattern})
    assert parsed.findings == ()
    assert wrong in (parsed.problem or "")


@pytest.mark.parametrize(
    "pattern", [PATTERN, "FIXME", *(f"(?P<{group}>x+)" for group in GROUPS), r"x{40,64}\d{4}-\d{2}y{1}{"]
)
def test_a_good_pattern_has_nothing_wrong(pattern: str) -> None:
    assert problem(pattern) is None


def test_a_wrong_severity_is_a_problem(parse: Parse) -> None:
    parsed = parse("regex", b"x\n", options={"pattern": "x", "severity": "fatal"})
    assert "the severity 'fatal' is none of error, warning, note" in (parsed.problem or "")


def test_a_pattern_that_never_ends_is_given_up_and_what_was_found_is_kept(parse: Parse) -> None:
    output = b"aaa\n" + b"a" * 3_000 + b"!\n" + b"aaa\n"
    began = time.monotonic()
    parsed = parse("regex", output, options={"pattern": "^(?P<message>(a+)+)$"})
    assert time.monotonic() - began < 30
    assert [f.message for f in parsed.findings] == ["aaa"]
    assert "exit code 1 and its output was not read to the end: the pattern takes more than 1 s" in (
        parsed.problem or ""
    )


def test_after_a_pattern_was_used_no_timer_is_left(parse: Parse) -> None:
    parse("regex", b"x\n", options={"pattern": "x"})
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_after_a_pattern_was_given_up_no_timer_is_left(parse: Parse) -> None:
    parse("regex", b"a" * 3_000 + b"!", options={"pattern": "^(a+)+$"})
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    signal.raise_signal(signal.SIGPROF)  # one that came late would end the process if nobody took it


def test_a_pattern_is_used_beside_the_main_thread_too(parse: Parse) -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(parse("regex", b"x\n", options={"pattern": "x"})))
    thread.start()
    thread.join()
    assert len(found[0].findings) == 1


def test_a_handler_that_somebody_else_has_set_stays(parse: Parse) -> None:
    def theirs(*_: object) -> None:
        raise AssertionError("nobody has sent the signal")

    before = signal.signal(signal.SIGPROF, theirs)
    try:
        assert len(parse("regex", b"x\n", options={"pattern": "x"}).findings) == 1
        assert signal.getsignal(signal.SIGPROF) is theirs
    finally:
        signal.signal(signal.SIGPROF, before)


def test_only_the_head_of_a_long_line_is_looked_at(parse: Parse) -> None:
    options = {"pattern": "(?P<message>x)$"}
    assert parse("regex", b" " * 3_999 + b"x" + b"y" * 10, options=options, exit_code=0).findings[0].message == "x"
    assert parse("regex", b" " * 4_000 + b"x", options=options, exit_code=0) == ((), (), None)


def test_a_long_line_is_not_cut_inside_a_character(parse: Parse) -> None:
    [finding] = parse("regex", b"a" * 3_998 + "€uro".encode(), options={"pattern": "a(?P<message>[^a]*)$|.$"}).findings
    assert finding.message.endswith("a…")
    [finding] = parse("regex", b"\xff" * 4_003, options={"pattern": "(?P<message>.{3})$"}).findings
    assert finding.message == "\\xff\\xff\\xff"


def test_a_failure_without_a_match_is_a_problem(parse: Parse) -> None:
    parsed = parse("regex", b"ok\n", b"it broke\n", exit_code=9, options={"pattern": "x:(?P<line>1)"})
    assert parsed.problem == "the command ended with exit code 9 and reported nothing: it broke"
