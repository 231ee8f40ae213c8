"""mypy's text and JSON in their versions and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown

STRICT = [
    "pkg/typed.py:4:1 error import-not-found"
    ' Cannot find implementation or library stub for module named "nothing_there"',
    "pkg/typed.py:4:1 note import-not-found"
    " See https://mypy.readthedocs.io/en/stable/running_mypy.html#missing-imports",
    'pkg/typed.py:15:1 error call-overload No overload variant of "g" matches argument type "bytes"',
    "pkg/typed.py:15:1 note call-overload Possible overload variants:",
    "pkg/typed.py:15:1 note call-overload def g(a: int) -> int",
    "pkg/typed.py:15:1 note call-overload def g(a: str) -> str",
    'pkg/typed.py:16:13 note - Revealed type is "int"',
    'pkg/typed.py:17:1 error var-annotated Need type annotation for "items" (hint: "items: list[<type>] = ...")',
    'pkg/app.py:6:16 error operator Unsupported operand types for + ("int" and "str")',
    "pkg/app.py:9:1 error no-untyped-def Function is missing a type annotation",
    'pkg/app.py:12:12 error name-defined Name "undefined_name" is not defined',
    "pkg/app.py:15:10 error assignment"
    ' Incompatible types in assignment (expression has type "int", variable has type "str")',
]


@pytest.mark.parametrize("variant", ["columns", "ends"])
def test_text_with_columns_gives_places_codes_and_notes(
    parse: Parse, recorded: Recorded, shown: Shown, variant: str
) -> None:
    parsed = parse("mypy", recorded(f"mypy-2.4-{variant}.txt"))
    assert parsed.problem is None
    assert shown(parsed.findings) == STRICT


@pytest.mark.parametrize("variant", ["", "-pretty"])
def test_text_without_columns_and_wrapped_text_differ_in_the_columns_only(
    parse: Parse, recorded: Recorded, variant: str
) -> None:
    findings = parse("mypy", recorded(f"mypy-2.4{variant}.txt")).findings
    with_columns = parse("mypy", recorded("mypy-2.4-columns.txt")).findings
    assert findings == tuple(finding._replace(column=None) for finding in with_columns)


def test_json_gives_the_same_findings_as_text(parse: Parse, recorded: Recorded) -> None:
    findings = parse("mypy", recorded("mypy-2.4.jsonl")).findings
    text = parse("mypy", recorded("mypy-2.4-columns.txt")).findings
    assert tuple(f._replace(code=None) if f.code == "misc" else f for f in findings) == text


@pytest.mark.parametrize("name", ["mypy-1.0.txt", "mypy-1.11.jsonl"])
def test_older_versions_are_read(parse: Parse, recorded: Recorded, name: str) -> None:
    findings = parse("mypy", recorded(name)).findings
    assert [f.line for f in findings] == [4, 4, 15, 15, 15, 15, 16, 17, 6, 9, 12, 15]
    assert findings[0].code in ("import", "import-not-found")


def test_hidden_codes_leave_the_message_whole(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    findings = parse("mypy", recorded("mypy-2.4-no-codes.txt")).findings
    assert 'pkg/app.py:6:- error - Unsupported operand types for + ("int" and "str")' in shown(findings)


def test_absolute_paths_become_relative(parse: Parse, recorded: Recorded) -> None:
    assert {f.path for f in parse("mypy", recorded("mypy-2.4-space.txt")).findings} == {"pkg/with space/módulo.py"}


def test_a_program_given_as_text_has_no_path(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("mypy", recorded("mypy-2.4-string.txt")).findings) == [
        '-:1:- error assignment Incompatible types in assignment (expression has type "str", variable has type "int")'
    ]


def test_a_clean_run_has_no_findings(parse: Parse, recorded: Recorded) -> None:
    assert parse("mypy", recorded("mypy-2.4-clean.txt"), exit_code=0) == ((), (), None)


def test_syntax_errors_are_findings(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("mypy", recorded("mypy-2.4-syntax.txt"), exit_code=2).findings) == [
        "pkg/broken.py:1:- error syntax Expected a parameter or the end of the parameter list",
        "pkg/broken.py:1:- error syntax Expected `)`, found newline",
    ]


def test_what_mypy_says_of_a_file_on_stderr_is_a_finding(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    stdout, stderr = recorded("mypy-2.4-missing.stdout.txt"), recorded("mypy-2.4-missing.stderr.txt")
    parsed = parse("mypy", stdout, stderr, exit_code=2)
    assert shown(parsed.findings) == ["nosuch.py:-:- error - Cannot read file: No such file or directory"]
    assert parsed.problem is None


def test_an_internal_error_is_a_finding_at_its_file(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("mypy", b"", recorded("mypy-2.4-bad-name.stderr.txt"), exit_code=2)
    assert shown(parsed.findings)[0].endswith("error - INTERNAL ERROR -- Please try using mypy master on GitHub:")


def test_a_wrong_option_is_a_problem_with_what_mypy_says(parse: Parse, recorded: Recorded) -> None:
    parsed = parse("mypy", b"", recorded("mypy-2.4-bad-option.stderr.txt"), exit_code=2)
    assert parsed == (
        (),
        (),
        "mypy ended with exit code 2 and reported nothing: mypy: error: unrecognized arguments: --nope",
    )


def test_a_json_line_that_breaks_off_is_a_problem_and_the_others_are_kept(parse: Parse, recorded: Recorded) -> None:
    output = recorded("mypy-2.4.jsonl")
    parsed = parse("mypy", output[:-50])
    assert len(parsed.findings) == 11
    assert (parsed.problem or "").startswith("mypy ended with exit code 1 and a line of its output is no JSON")


def test_a_note_about_another_line_has_no_code(parse: Parse, shown: Shown) -> None:
    output = b"a.py:1: error: wrong  [misc]\na.py:2: note: by the way\n"
    assert shown(parse("mypy", output).findings)[1] == "a.py:2:- note - by the way"


def test_colours_do_not_hide_a_finding(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("mypy", recorded("mypy-2.4-colour.txt")).findings) == STRICT
