"""pytest's JUnit XML in its families, traceback styles and versions, and runs that end without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.model.ports import ParserInput
from omnibase.model.result import Status
from omnibase.parsers.junit import MAX_TEXT, Case, read
from omnibase.parsers.nodes import Nodes
from omnibase.parsers.paths import Paths

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown

FINDINGS = [
    "tests/test_a.py:11:- error failed AssertionError: they differ",
    "tests/test_a.py:15:- error failed ValueError: no good: 3",
    "tests/test_a.py:-:- error failed [XPASS(strict)] known",
    "tests/test_a.py:44:- error failed AssertionError: assert 'a/b.c' != 'a/b.c'",
    'tests/test_a.py:49:- error error failed on setup with "RuntimeError: fixture is broken"',
    'tests/test_a.py:59:- error error failed on teardown with "RuntimeError: teardown is broken"',
    "tests/test_a.py:67:- error failed assert 0",
    'tests/test_a.py:59:- error error failed on teardown with "RuntimeError: teardown is broken"',
    "tests/test_a.py:72:- error failed AssertionError: assert '\\x1b' == '\\x00'",
    "tests/test_a.py:82:- error failed json.decoder.JSONDecodeError:"
    " Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    "tests/test_a.py:88:- error failed AssertionError: assert not 'deep'",
    "tests/sub/test_unit.py:6:- error failed AssertionError: 1 != 2",
    "tests/sub/test_unit.py:11:- error failed AssertionError: 1 == 1",
    "tests/sub/test_doc.py:3:- error failed Expected: 2 Got: 1",
    "test_readme.rst:4:- error failed Expected: 3 Got: 2",
]
PARTS = {
    "tests/test_a.py::TestX::test_y": Status.PASS,
    "tests/test_a.py::TestX::test_z": Status.FAIL,
    "tests/test_a.py::test_error_in_helper": Status.FAIL,
    "tests/test_a.py::test_skipped": Status.SKIP,
    "tests/test_a.py::test_xfails": Status.SKIP,
    "tests/test_a.py::test_xpasses_strictly": Status.FAIL,
    "tests/test_a.py::test_xpasses": Status.PASS,
    "tests/test_a.py::test_parametrized[a::b]": Status.PASS,
    "tests/test_a.py::test_parametrized[a/b.c]": Status.FAIL,
    "tests/test_a.py::test_parametrized[with [brackets]]": Status.PASS,
    "tests/test_a.py::test_parametrized[\\xe9]": Status.PASS,
    "tests/test_a.py::test_with_broken_fixture": Status.FAIL,
    "tests/test_a.py::test_with_broken_teardown": Status.FAIL,
    "tests/test_a.py::test_fails_and_teardown_breaks": Status.FAIL,
    "tests/test_a.py::test_prints_escapes": Status.FAIL,
    "tests/test_a.py::test_warns": Status.PASS,
    "tests/test_a.py::test_raises_through_library": Status.FAIL,
    "tests/test_a.py::TestOuter::TestInner::test_deep": Status.FAIL,
    "tests/sub/test_unit.py::Case::test_equal": Status.FAIL,
    "tests/sub/test_unit.py::Case::test_expected": Status.SKIP,
    "tests/sub/test_unit.py::Case::test_later": Status.SKIP,
    "tests/sub/test_unit.py::Case::test_subtests": Status.FAIL,
    "tests/sub/test_doc.py::test_doc.f": Status.FAIL,
    "test_readme.rst::test_readme.rst": Status.FAIL,
}


def junit(*cases: str) -> bytes:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>".encode()


def case(classname: str = "tests.test_a", name: str = "test_b", inside: str = "", attributes: str = "") -> str:
    return f'<testcase classname="{classname}" name="{name}" {attributes}>{inside}</testcase>'


def test_each_test_is_a_part_and_each_failure_a_finding(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("pytest", report=recorded("pytest-9.xml"))
    assert parsed.problem is None
    assert {part.name: part.status for part in parsed.parts} == PARTS
    assert shown(parsed.findings) == FINDINGS


def test_the_older_family_gives_the_same_and_lines_that_tracebacks_lack(
    parse: Parse, recorded: Recorded, shown: Shown
) -> None:
    parsed = parse("pytest", report=recorded("pytest-9-xunit1.xml"))
    expected = [line.replace("py:-:- error failed [XPASS", "py:32:- error failed [XPASS") for line in FINDINGS]
    assert {part.name: part.status for part in parsed.parts} == PARTS
    assert shown(parsed.findings) == expected


@pytest.mark.parametrize("name", ["pytest-6.xml", "pytest-7.xml"])
def test_older_versions_are_read(parse: Parse, recorded: Recorded, shown: Shown, name: str) -> None:
    parsed = parse("pytest", report=recorded(name))
    assert [part.name for part in parsed.parts] == list(PARTS)[:-2]
    assert shown(parsed.findings) == FINDINGS[:-2]


def test_short_tracebacks_have_the_same_places(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("pytest", report=recorded("pytest-9-short.xml")).findings) == FINDINGS[:11]


def test_native_tracebacks_have_the_same_places(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("pytest", report=recorded("pytest-9-native.xml")).findings) == FINDINGS[:1]


def test_without_a_traceback_a_finding_has_the_tests_file(parse: Parse, recorded: Recorded) -> None:
    findings = parse("pytest", report=recorded("pytest-9-line.xml")).findings
    assert {(f.path, f.line) for f in findings} == {("tests/test_a.py", None)}
    assert findings[1].message == "ValueError: no good: 3"


def test_parts_have_durations_and_why_they_were_skipped(parse: Parse, recorded: Recorded) -> None:
    parts = {part.name: part for part in parse("pytest", report=recorded("pytest-9.xml")).parts}
    assert parts["tests/sub/test_unit.py::Case::test_subtests"].duration == 0.002
    assert parts["tests/test_a.py::test_skipped"].message == "not today"
    assert parts["tests/test_a.py::test_xfails"].message == "known"
    assert parts["tests/test_a.py::TestX::test_y"].message is None


def test_a_test_whose_teardown_breaks_too_is_one_part_and_two_findings(parse: Parse) -> None:
    text = "tests/test_a.py:3: AssertionError"
    failure = case(inside=f'<failure message="assert 0">{text}</failure>', attributes='time="1"')
    error = case(inside='<error message="failed on teardown">tests/test_a.py:9: E</error>', attributes='time="0.5"')
    parsed = parse("pytest", report=junit(failure, error))
    assert [(part.name, part.status, part.duration, part.message) for part in parsed.parts] == [
        ("tests/test_a.py::test_b", Status.FAIL, 1.5, "assert 0")
    ]
    assert [(f.line, f.code) for f in parsed.findings] == [(3, "failed"), (9, "error")]


def test_a_module_that_cannot_be_imported_is_a_failed_part(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("pytest", report=recorded("pytest-9-collection.xml"), exit_code=2)
    message = "ModuleNotFoundError: No module named 'nothing_here'"
    assert shown(parsed.findings) == [f"tests/sub/test_b.py:3:- error error {message}"]
    assert [(part.name, part.status) for part in parsed.parts] == [("tests/sub/test_b.py", Status.FAIL)]


def test_a_worker_that_died_is_told_by_the_report(parse: Parse, recorded: Recorded) -> None:
    parsed = parse("pytest", report=recorded("pytest-9-worker-died.xml"))
    assert "crashed while running 'tests/test_dies.py::test_dies'" in parsed.findings[0].message
    assert parsed.findings[0].path == "tests/test_dies.py"


def test_an_internal_error_is_a_finding_and_no_test(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("pytest", report=recorded("pytest-9-internal.xml"), exit_code=3)
    assert shown(parsed.findings) == ["-:-:- error error RuntimeError: a plugin is broken"]
    assert parsed.parts == ()


@pytest.mark.parametrize(
    ("stem", "exit_code", "problem"),
    [
        ("usage", 4, "exit code 4 (wrong usage) and left no report: pytest: error: unrecognized arguments: --nope"),
        (
            "missing",
            4,
            "exit code 4 (wrong usage) and its report has no failure:"
            " ERROR: file or directory not found: tests/nosuch.py",
        ),
        ("nothing", 5, "exit code 5 (no tests were collected) and its report has no failure"),
        ("died", None, "pytest was ended by a signal and left no report: collected 2 items / tests/test_dies.py ."),
    ],
)
def test_a_run_without_tests_is_a_problem_that_says_why(
    parse: Parse, recorded: Recorded, stem: str, exit_code: int | None, problem: str
) -> None:
    def stored(suffix: str) -> bytes | None:
        try:
            return recorded(f"pytest-9-{stem}{suffix}")
        except FileNotFoundError:
            return None

    stdout, stderr, report = stored(".stdout.txt") or b"", stored(".stderr.txt") or b"", stored(".xml")
    parsed = parse("pytest", stdout, stderr, exit_code, report=report)
    assert parsed[:2] == ((), ())
    assert problem in (parsed.problem or "")


@pytest.mark.parametrize("report", [None, b""])
def test_a_success_without_a_report_is_a_problem_that_names_the_option(parse: Parse, report: bytes | None) -> None:
    parsed = parse("pytest", b"1 passed", exit_code=0, report=report)
    assert "left no report (does its command have --junitxml={report}?)" in (parsed.problem or "")


def test_a_failure_that_no_test_explains_is_a_problem(parse: Parse) -> None:
    parsed = parse("pytest", b"ERROR: Coverage failure: total of 5 is less than fail-under=90\n", report=junit(case()))
    assert parsed.problem == (
        "pytest ended with exit code 1 and its report has no failure:"
        " ERROR: Coverage failure: total of 5 is less than fail-under=90"
    )
    assert len(parsed.parts) == 1


def test_of_a_report_that_breaks_off_what_is_known_is_kept(parse: Parse, recorded: Recorded) -> None:
    report = recorded("pytest-9.xml")
    cut = report.index(b"test_error_in_helper():\n") + 100
    parsed = parse("pytest", report=report[:cut], exit_code=None)
    assert [part.name for part in parsed.parts] == list(PARTS)[:3]
    assert [f.message for f in parsed.findings] == ["AssertionError: they differ", "ValueError: no good: 3"]
    assert "pytest was ended by a signal and its report cannot be read to the end" in (parsed.problem or "")


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (b"no xml at all", "it is broken or breaks off"),
        (b"<html><body/></html>", "no JUnit XML, its root is <html>"),
        (b"<testsuites><testsuite></testsuites>", "mismatched tag"),
        (b'<?xml version="1.0" encoding="utf-7"?><testsuites/>', "broken"),
        (b'<?xml version="1.0" encoding="nonsense"?><testsuites/>', "broken"),
        (junit(case(name="\x00")), "not well-formed"),
    ],
)
def test_a_report_that_is_none_is_a_problem(parse: Parse, report: bytes, problem: str) -> None:
    parsed = parse("pytest", report=report)
    assert problem in (parsed.problem or "")
    assert "exit code 1" in (parsed.problem or "")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused_and_expand_nothing(parse: Parse, encoding: str) -> None:
    text = f'<?xml version="1.0"?><!DOCTYPE testsuites [<!ENTITY l0 "ha">{LAUGHS}]><testsuites>&l9;</testsuites>'
    parsed = parse("pytest", report=text.encode(encoding))
    assert "document type" in (parsed.problem or "")
    assert parsed[:2] == ((), ())


def test_a_document_type_is_refused_before_anything_of_it_is_read(parse: Parse) -> None:
    assert "document type" in (parse("pytest", report=b"<!DOCTYPE <<<").problem or "")


def test_an_external_entity_is_refused(parse: Parse) -> None:
    report = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuites><testsuite name="&e;"/></testsuites>'
    assert "document type" in (parse("pytest", report=report).problem or "")


def test_a_document_type_in_a_message_is_only_text(parse: Parse) -> None:
    report = junit(case(inside="<failure><![CDATA[<!DOCTYPE html> was served]]></failure>"))
    assert parse("pytest", report=report).findings[0].message == "<!DOCTYPE html> was served"


def test_deep_nesting_is_read_without_recursion(parse: Parse) -> None:
    report = b"<testsuites>" + b"<testsuite>" * 50_000 + case().encode() + b"</testsuite>" * 50_000 + b"</testsuites>"
    assert len(parse("pytest", report=report, exit_code=0).parts) == 1


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("1.25", 1.25), ("1,234.5", 1234.5), ("0", 0.0), ("", None), ("nan", None), ("inf", None), ("-1", None)],
)
def test_a_duration_is_seconds_or_nothing(parse: Parse, time: str, seconds: float | None) -> None:
    report = junit(case(attributes=f'time="{time}"'))
    assert parse("pytest", report=report, exit_code=0).parts[0].duration == seconds


def test_a_place_outside_the_repository_is_not_where_the_fault_is(parse: Parse) -> None:
    text = "tests/test_a.py:3: \nvenv/lib/python3/site-packages/lib.py:7: in f\n/usr/lib/python3/json.py:9: ValueError"
    parsed = parse("pytest", report=junit(case(inside=f'<failure message="m">{text}</failure>')))
    assert [(f.path, f.line) for f in parsed.findings] == [("tests/test_a.py", 3)]


def test_what_is_said_and_the_line_of_code_are_no_places(parse: Parse) -> None:
    text = "tests/test_a.py:5: in test_b\n>   tests/other.py:6: Error\nE   tests/other.py:7: Error"
    parsed = parse("pytest", report=junit(case(inside=f"<failure>{text.replace('>', '&gt;')}</failure>")))
    assert [(f.path, f.line) for f in parsed.findings] == [("tests/test_a.py", 5)]


def test_what_a_value_looks_like_is_no_place(parse: Parse) -> None:
    text = "value = 'tests/other.py:3: Error'\n\ntests/test_a.py:5: ValueError\nx  = 'tests/other.py:7: Error' or so"
    parsed = parse("pytest", report=junit(case(inside=f"<failure>{text}</failure>")))
    assert [(f.path, f.line) for f in parsed.findings] == [("tests/test_a.py", 5)]


def test_paths_are_meant_from_the_folder_where_pytest_ran(parse: Parse) -> None:
    failed = case(inside='<failure message="m">tests/test_a.py:3: ValueError</failure>')
    report = junit(failed, case("tests.test_c", "t"))
    parsed = parse("pytest", report=report, cwd="backend")
    assert [(f.path, f.line) for f in parsed.findings] == [("backend/tests/test_a.py", 3)]
    assert [part.name for part in parsed.parts] == ["tests/test_a.py::test_b", "tests/test_c.py::t"]


def test_the_rootdir_that_pytest_prints_is_what_its_names_are_relative_to(parse: Parse) -> None:
    stdout = b"===== test session starts =====\nrootdir: /repo, configfile: pyproject.toml\nplugins: x\n"
    place = "<failure>test_a.py:3: ValueError</failure>"
    report = junit(case("backend.tests.v1.0.test_a.lower", inside=place.replace("test_a", "tests/v1.0/test_a")))
    parsed = parse("pytest", stdout, report=report, cwd="backend")
    assert [part.name for part in parsed.parts] == ["backend/tests/v1.0/test_a.py::lower::test_b"]
    assert [f.path for f in parsed.findings] == ["backend/tests/v1.0/test_a.py"]


@pytest.mark.parametrize(
    ("classname", "name", "expected"),
    [
        ("test_a", "test_b", "test_a.py::test_b"),
        ("tests.test_a.TestX.TestY", "test_b[1-a.b]", "tests/test_a.py::TestX::TestY::test_b[1-a.b]"),
        ("tests.test_a._Private", "test_b", "tests/test_a.py::_Private::test_b"),
        ("docs.intro.rst", "intro.rst", "docs/intro.rst::intro.rst"),
        ("TestX", "test_b", "TestX.py::test_b"),
        ("known.v1.test_k.lower", "test_b", "known.v1/test_k.py::lower::test_b"),
        ("", "adds two numbers", "adds two numbers"),
        ("", "", "(a test without a name)"),
    ],
)
def test_a_case_has_the_name_that_pytest_has_for_it(classname: str, name: str, expected: str) -> None:
    known = Case("known.v1.test_k", "x", file="known.v1/test_k.py")
    given = ParserInput(b"", b"", 0, "/repo")
    nodes = Nodes([known], given, Paths("/repo"))
    assert nodes.name(Case(classname, name)) == expected


def test_a_module_that_skips_itself_is_a_part(parse: Parse) -> None:
    report = junit(case("", "tests.test_a", '<skipped type="pytest.skip" message="no database"/>'))
    [part] = parse("pytest", report=report, exit_code=0).parts
    assert (part.name, part.status, part.message) == ("tests/test_a.py", Status.SKIP, "no database")


def test_a_very_long_failure_keeps_both_of_its_ends() -> None:
    text = "E   first\n" + "x" * (3 * MAX_TEXT) + "\ntests/test_a.py:3: ValueError"
    cases, problem = read(junit(case(inside=f'<failure message="m">{text}</failure>')))
    [(kind, message, kept)] = cases[0].verdicts
    assert (kind, message, problem) == ("failure", "m", None)
    assert len(kept) == 2 * MAX_TEXT + 1
    assert kept.startswith("E   first\n")
    assert kept.endswith("\ntests/test_a.py:3: ValueError")


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_the_installed_pytest_gives_the_names_that_it_collects(parse: Parse, tmp_path: Path, family: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "test_a.py").write_text(
        "import pytest\n\n\nclass TestX:\n    @pytest.mark.parametrize('v', ['a::b', 'c.d/e', '[]'])\n"
        "    def test_y(self, v):\n        assert v != '[]'\n\n\ndef test_z():\n    pytest.skip('later')\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir=."]
    env = {**os.environ, "PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": "1"}
    listing = [*command, "--collect-only", "-q"]
    listed = subprocess.run(listing, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    report = tmp_path / "report.xml"
    run = [*command, f"--junitxml={report}", "-o", f"junit_family={family}"]
    ended = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, check=False)
    parsed = parse(
        "pytest", ended.stdout, ended.stderr, ended.returncode, report=report.read_bytes(), root=str(tmp_path)
    )
    assert parsed.problem is None
    assert [part.name for part in parsed.parts] == [line for line in listed.stdout.splitlines() if "::" in line]
    assert [(f.path, f.line, f.code) for f in parsed.findings] == [("sub/test_a.py", 7, "failed")]
