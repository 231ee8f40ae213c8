"""Lines in gcc's manner, from gcc and from the many tools that copy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from omnibase.model.result import Severity

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "gcc-12.txt",
            [
                "main.c:2:34 warning -Wformat= format \u2018%s\u2019 expects argument of type \u2018char *\u2019,"
                " but argument 2 has type \u2018int\u2019",
                "main.c:2:51 error - \u2018y\u2019 undeclared (first use in this function)",
                "main.c:2:51 note - each undeclared identifier is reported only once for each function it appears in",
                "main.c:2:22 warning -Wunused-variable unused variable \u2018x\u2019",
            ],
        ),
        (
            "flake8-7.txt",
            [
                "pkg/app.py:1:1 error F401 'os' imported but unused",
                "pkg/app.py:1:1 error F401 'sys' imported but unused",
                "pkg/app.py:1:10 error E401 multiple imports on one line",
                "pkg/app.py:10:5 error F841 local variable 'password' is assigned to but never used",
                "pkg/app.py:12:12 error F821 undefined name 'undefined_name'",
            ],
        ),
        (
            "yamllint-1.txt",
            [
                'dup.yaml:1:1 warning document-start missing document start "---"',
                'dup.yaml:2:1 error key-duplicates duplication of key "a" in mapping',
                "dup.yaml:2:5 error colons too many spaces after colon",
            ],
        ),
        (
            "eslint-8-unix.txt",
            [
                "js/app.js:1:1 warning no-var Unexpected var, use let or const instead.",
                "js/app.js:2:12 error eqeqeq Expected '===' and instead saw '=='.",
                "js/app.js:3:3 error no-debugger Unexpected 'debugger' statement.",
                "js/broken.js:1:1 error - Parsing error: The keyword 'let' is reserved",
            ],
        ),
    ],
)
def test_real_output_is_read(parse: Parse, recorded: Recorded, shown: Shown, name: str, expected: list[str]) -> None:
    parsed = parse("text", recorded(name))
    assert shown(parsed.findings) == expected
    assert parsed.problem is None


def test_colours_and_links_do_not_hide_a_finding(parse: Parse, recorded: Recorded) -> None:
    assert parse("text", recorded("gcc-12-colour.txt")) == parse("text", recorded("gcc-12.txt"))


def test_shellchecks_severities_and_codes_are_read(parse: Parse, recorded: Recorded) -> None:
    findings = parse("text", recorded("shellcheck-0.11.txt")).findings
    assert [(f.line, f.severity, f.code) for f in findings] == [
        (2, Severity.WARNING, "SC2164"),
        (2, Severity.NOTE, "SC2086"),
        (3, Severity.WARNING, "SC2154"),
        (3, Severity.NOTE, "SC2086"),
        (3, Severity.WARNING, "SC3014"),
    ]


def test_a_column_that_counts_from_0_is_left_out_where_it_is_0(parse: Parse, recorded: Recorded) -> None:
    findings = parse("text", recorded("pylint-4.txt")).findings
    assert [(f.code, f.line, f.column) for f in findings][:4] == [
        ("C0114", 1, None),
        ("C0410", 1, None),
        ("C0116", 5, None),
        ("W0613", 5, 16),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "12:30:45: the time",
        "2026-11-21T01:30:45: the date",
        "http://localhost:8080: refused",
        "localhost:8080: refused",
        "127.0.0.1:80: refused",
        "error: foo.c:3: said elsewhere",
        "In file included from a.c:1:",
        "                 from b.h:2,",
        "all is well",
        "see the file:3: it is so",
        "Done. See line:3: it is so",
        "listening on port :80: ok",
        "",
    ],
)
def test_a_line_of_another_kind_is_no_finding(parse: Parse, line: str) -> None:
    assert parse("text", line.encode(), exit_code=0) == ((), (), None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.c:3: m", "a.c:3:- error - m"),
        ("a.c:3:4: m", "a.c:3:4 error - m"),
        ("a.c:3:4:m", "a.c:3:4 error - m"),
        ("./a.c:3: fatal error: no such header", "a.c:3:- error - no such header"),
        ("/repo/sub/a.c:3: Warning: m", "sub/a.c:3:- warning - m"),
        ("/usr/include/a.h:3: note: m", "/usr/include/a.h:3:- note - m"),
        ("Makefile:3: *** missing separator.  Stop.", "Makefile:3:- error - *** missing separator.  Stop."),
        ("with space/a.c:3: m", "with space/a.c:3:- error - m"),
        ("a.c:3: reason: it is so", "a.c:3:- error - reason: it is so"),
        ("a.c:3: it is so (see-below)", "a.c:3:- error - it is so (see-below)"),
        (".gitignore:3: m", ".gitignore:3:- error - m"),
        ("my notes.txt:3: m", "my notes.txt:3:- error - m"),
        ("progress 10%\rprogress 20%\ra.c:3: m", "a.c:3:- error - m"),
        ("\x1b]8;;file:///a.c\x1b\\a.c\x1b]8;;\x1b\\:3: \x1b[01;31merror: \x1b[mm", "a.c:3:- error - m"),
        ("a.c:99999999999: m", "a.c:-:- error - m"),
    ],
)
def test_a_line_in_gccs_manner_is_a_finding(parse: Parse, shown: Shown, line: str, expected: str) -> None:
    assert shown(parse("text", line.encode()).findings) == [expected]


def test_stdout_comes_before_stderr(parse: Parse) -> None:
    assert [f.path for f in parse("text", b"a.c:1: m\r\n", b"b.c:1: m").findings] == ["a.c", "b.c"]


def test_a_failure_without_a_line_that_is_recognised_is_a_problem(parse: Parse) -> None:
    parsed = parse("text", b"something else\n", b"boom\n", exit_code=3)
    assert parsed.problem == "the command ended with exit code 3 and reported nothing: boom"


def test_a_name_that_is_not_utf8_survives_and_a_message_stays_visible(parse: Parse) -> None:
    [finding] = parse("text", b"caf\xe9.c:1: error: \xff is odd\n").findings
    assert (finding.path, finding.message) == ("caf\udce9.c", "\\xff is odd")
