"""How much a parser gives at most, and that what it gives can be stored and printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from omnibase.model.ports import ParserInput
from omnibase.model.result import Finding, Part, Severity, Status
from omnibase.parsers.collecting import MAX_FINDINGS, MAX_MESSAGE, MAX_PARTS, Collector

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse

GIVEN = ParserInput(b"", b"", 0, "/repo")


def test_findings_over_the_limit_are_counted(parse: Parse) -> None:
    parsed = parse("text", b"a.c:1: m\n" * (MAX_FINDINGS + 3))
    assert len(parsed.findings) == MAX_FINDINGS + 1
    assert parsed.findings[-1] == Finding("3 more findings are left out", severity=Severity.NOTE)


def test_as_many_findings_as_the_limit_allows_need_no_note(parse: Parse) -> None:
    assert len(parse("text", b"a.c:1: m\n" * MAX_FINDINGS).findings) == MAX_FINDINGS


def test_the_worst_severity_is_not_lost_over_the_limit() -> None:
    collector = Collector("t", GIVEN)
    for _ in range(MAX_FINDINGS + 1):
        collector.add(Finding("m", severity=Severity.WARNING))
    collector.add(Finding("worse"))
    collector.add(Finding("n", severity=Severity.NOTE))
    findings = collector.parsed().findings
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-2:] == (Finding("worse"), Finding("3 more findings are left out", severity=Severity.NOTE))


def test_tests_over_the_limit_are_counted_and_still_fail(parse: Parse) -> None:
    passed = "".join(f'<testcase classname="a" name="t{n}"/>' for n in range(MAX_PARTS + 2))
    failed = '<testcase classname="a" name="last"><failure message="m"/></testcase>'
    report = f"<testsuites>{passed}{failed}</testsuites>".encode()
    parsed = parse("pytest", report=report)
    assert len(parsed.parts) == MAX_PARTS
    assert [f.message for f in parsed.findings] == ["m", "3 more tests are left out"]
    assert parsed.problem is None


def test_texts_are_cut_where_they_are_too_long(parse: Parse) -> None:
    entry = {"filename": "a.py", "message": "m" * 5_000, "code": "c" * 5_000, "fix": {"message": "f" * 5_000}}
    [finding] = parse("ruff", json.dumps(entry).encode()).findings
    assert len(finding.message) == len(finding.fix or "") == MAX_MESSAGE
    assert finding.message.endswith("m…")
    assert len(finding.code or "") == 200


def test_what_is_no_utf8_stays_visible_in_a_text_and_survives_in_a_path(parse: Parse) -> None:
    [finding] = parse("ruff", b'{"filename": "/repo/\xff.py", "message": "\xff \\ud800 \xc3\xa9"}').findings
    assert (finding.path, finding.message) == ("\udcff.py", "\\xff \\ud800 é")


def test_a_finding_without_a_message_says_so(parse: Parse) -> None:
    assert parse("eslint", b'[{"filePath": "a.js", "messages": [{}]}]').findings[0].message == "(no message)"


def test_a_problem_is_bounded_too(parse: Parse) -> None:
    parsed = parse("sarif", b"x", b"e" * 10_000, exit_code=2)
    assert len(parsed.problem or "") <= MAX_MESSAGE


def test_a_part_keeps_its_name_whole_and_its_message_bounded(parse: Parse) -> None:
    name = "t" * 5_000
    report = f'<testsuites><testcase classname="a" name="{name}"><skipped message="{name}"/></testcase></testsuites>'
    [part] = parse("pytest", report=report.encode(), exit_code=0).parts
    assert part == Part(f"a.py::{name}", Status.SKIP, None, "t" * (MAX_MESSAGE - 1) + "…")
