"""ruff's JSON in three of its versions, and what is printed instead of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from omnibase.model.result import Severity

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown


def test_findings_have_place_code_message_and_fix(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("ruff", recorded("ruff-0.17.json"))
    assert parsed.problem is None
    assert shown(parsed.findings) == [
        "pkg/app.py:1:1 error E401 Multiple imports on one line => Split imports",
        "pkg/app.py:1:8 error F401 `os` imported but unused => Remove unused import",
        "pkg/app.py:1:12 error F401 `sys` imported but unused => Remove unused import",
        "pkg/app.py:10:5 error F841 Local variable `password` is assigned to but never used"
        " => Remove assignment to unused variable `password`",
        'pkg/app.py:10:16 error S105 Possible hardcoded password assigned to: "password"',
        "pkg/app.py:12:12 error F821 Undefined name `undefined_name`",
        "pkg/bad\ufffd.py:1:8 error F401 `os` imported but unused => Remove unused import: `os`",
        "pkg/broken.py:1:7 error invalid-syntax Expected a parameter or the end of the parameter list",
        "pkg/broken.py:1:8 error invalid-syntax Expected `)`, found newline",
        "pkg/nb.ipynb:1:8 error F401 cell 1: `os` imported but unused => Remove unused import: `os`",
        "pkg/nb.ipynb:2:1 error E402 cell 2: Module level import not at top of cell",
        "pkg/nb.ipynb:2:8 error F401 cell 2: `sys` imported but unused => Remove unused import: `sys`",
        "pkg/typed.py:4:8 error F401 `nothing_there` imported but unused => Remove unused import: `nothing_there`",
        "pkg/typed.py:16:1 error F821 Undefined name `reveal_type`",
        "pkg/with space/módulo.py:1:1 error E401 Multiple imports on one line => Split imports",
        "pkg/with space/módulo.py:1:8 error F401 `os` imported but unused => Remove unused import",
        "pkg/with space/módulo.py:1:12 error F401 `sys` imported but unused => Remove unused import",
        "pkg/with space/módulo.py:10:5 error F841 Local variable `password` is assigned to but never used"
        " => Remove assignment to unused variable `password`",
        'pkg/with space/módulo.py:10:16 error S105 Possible hardcoded password assigned to: "password"',
        "pkg/with space/módulo.py:12:12 error F821 Undefined name `undefined_name`",
    ]


def test_json_lines_give_the_same_findings_as_json(parse: Parse, recorded: Recorded) -> None:
    assert parse("ruff", recorded("ruff-0.17.jsonl")) == parse("ruff", recorded("ruff-0.17.json"))


@pytest.mark.parametrize("version", ["0.0.292", "0.5", "0.17"])
def test_a_syntax_error_has_the_same_code_in_every_version(parse: Parse, recorded: Recorded, version: str) -> None:
    findings = parse("ruff", recorded(f"ruff-{version}.json")).findings
    assert {f.code for f in findings if f.path == "pkg/broken.py"} == {"invalid-syntax"}
    assert ("F821", 12, 12) in {(f.code, f.line, f.column) for f in findings if f.path == "pkg/app.py"}


def test_a_file_that_ruff_cannot_read_is_a_finding(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("ruff", recorded("ruff-0.17-missing.json"))
    assert shown(parsed.findings) == ["nosuch.py:1:1 error E902 No such file or directory (os error 2)"]


def test_the_findings_of_the_formatter_are_read_too(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("ruff", recorded("ruff-0.17-format.json"), exit_code=2)
    assert shown(parsed.findings)[-1] == "pkg/typed.py:2:1 error unformatted File would be reformatted"
    assert parsed.problem is None


@pytest.mark.parametrize("stdout", [b"", b"[]", b"\n[]\n"])
def test_nothing_with_exit_code_0_is_no_problem(parse: Parse, stdout: bytes) -> None:
    assert parse("ruff", stdout, exit_code=0) == ((), (), None)


def test_nothing_with_another_exit_code_is_a_problem_with_what_ruff_says(parse: Parse, recorded: Recorded) -> None:
    parsed = parse("ruff", b"", recorded("ruff-0.17-bad-option.stderr.txt"), exit_code=2)
    assert parsed.problem == (
        "ruff ended with exit code 2 and reported nothing:"
        " ruff failed / Cause: Unknown rule selector `NOPE` in `select` from the CLI"
    )


@pytest.mark.parametrize("exit_code", [0, 1])
def test_text_instead_of_json_is_a_problem_that_names_the_option(
    parse: Parse, recorded: Recorded, exit_code: int
) -> None:
    parsed = parse("ruff", recorded("ruff-0.17-full.txt"), exit_code=exit_code)
    assert parsed.findings == ()
    assert f"exit code {exit_code} and its output cannot be read: it holds no JSON" in (parsed.problem or "")
    assert "--output-format=json" in (parsed.problem or "")


def test_what_is_printed_before_and_after_the_json_is_passed_over(parse: Parse, recorded: Recorded) -> None:
    output = (
        b"warning: [tool.ruff] is old\n[main] done\n{braces}\n" + recorded("ruff-0.17.json") + b"\nFound 20 errors.\n"
    )
    assert parse("ruff", output) == parse("ruff", recorded("ruff-0.17.json"))


def test_of_json_that_breaks_off_the_whole_entries_are_kept(parse: Parse, recorded: Recorded) -> None:
    output = recorded("ruff-0.17.json")
    parsed = parse("ruff", output[: len(output) // 2])
    assert 5 < len(parsed.findings) < 20
    assert parsed.findings == parse("ruff", output).findings[: len(parsed.findings)]
    assert parsed.problem == "ruff ended with exit code 1 and its output cannot be read: its JSON breaks off"


def test_an_entry_of_another_shape_is_a_problem_and_the_others_are_kept(parse: Parse) -> None:
    entry = b'{"filename": "/repo/a.py", "message": "m", "code": "E1", "location": {"row": 3, "column": 4}}'
    parsed = parse("ruff", b'[{"hello": 1}, ' + entry + b"]")
    assert [(f.path, f.line, f.column) for f in parsed.findings] == [("a.py", 3, 4)]
    assert "no finding of ruff's" in (parsed.problem or "")


def test_a_report_is_read_instead_of_stdout(parse: Parse, recorded: Recorded) -> None:
    assert parse("ruff", b"Found errors", report=recorded("ruff-0.17.json")).problem is None


def test_a_stated_severity_is_taken_over(parse: Parse) -> None:
    parsed = parse("ruff", b'{"filename": "/repo/a.py", "message": "m", "severity": "warning"}')
    assert [f.severity for f in parsed.findings] == [Severity.WARNING]
