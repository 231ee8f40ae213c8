"""eslint's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown

APP = [
    "js/app.js:1:1 warning no-var Unexpected var, use let or const instead.",
    "js/app.js:2:12 error eqeqeq Expected '===' and instead saw '=='. => Use '===' instead of '=='.",
    "js/app.js:3:3 error no-debugger Unexpected 'debugger' statement.",
]


def test_messages_of_all_files_are_findings(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("eslint", recorded("eslint-9.json"))
    assert parsed.problem is None
    assert shown(parsed.findings) == [
        *APP,
        "js/broken.js:1:1 error fatal Parsing error: The keyword 'let' is reserved",
        "js/dis.js:1:1 warning - Unused eslint-disable directive (no problems were reported from 'no-alert').",
        "js/dis.js:2:8 warning - Unused eslint-disable directive (no problems were reported).",
    ]


def test_json_with_metadata_is_read(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("eslint", recorded("eslint-9-metadata.json")).findings) == APP


def test_an_older_version_is_read(parse: Parse, recorded: Recorded) -> None:
    findings = parse("eslint", recorded("eslint-8.json")).findings
    assert [f.code for f in findings] == ["no-var", "eqeqeq", "no-debugger", "fatal"]


def test_a_file_that_eslint_ignores_is_a_warning_without_a_place(
    parse: Parse, recorded: Recorded, shown: Shown
) -> None:
    parsed = parse("eslint", recorded("eslint-9-ignored.json"), exit_code=0)
    assert shown(parsed.findings)[0].startswith("node_modules/eslint/lib/api.js:-:- warning - File ignored by default")


@pytest.mark.parametrize("stdout", [b"", None])
def test_a_clean_run_has_no_findings(parse: Parse, recorded: Recorded, stdout: bytes | None) -> None:
    output = recorded("eslint-9-clean.json") if stdout is None else stdout
    assert parse("eslint", output, exit_code=0) == ((), (), None)


def test_a_failure_of_eslint_itself_is_a_problem(parse: Parse, recorded: Recorded) -> None:
    parsed = parse("eslint", b"", recorded("eslint-9-missing.stderr.txt"), exit_code=2)
    assert parsed.problem == (
        "eslint ended with exit code 2 and reported nothing: "
        'No files matching the pattern "nosuch.js" were found. / Please check for typing mistakes in the pattern.'
    )


def test_another_format_is_a_problem_that_names_the_option(parse: Parse, recorded: Recorded) -> None:
    parsed = parse("eslint", recorded("eslint-9-stylish.txt"))
    assert parsed.findings == ()
    assert "exit code 1 and its output cannot be read: it holds no JSON" in (parsed.problem or "")
    assert "--format json" in (parsed.problem or "")


def test_what_npx_prints_before_the_json_is_passed_over(parse: Parse, recorded: Recorded) -> None:
    output = b"npm warn exec The following package was not found\n\n" + recorded("eslint-9.json")
    assert parse("eslint", output) == parse("eslint", recorded("eslint-9.json"))


def test_an_entry_of_another_shape_is_a_problem(parse: Parse) -> None:
    assert "no result of eslint's" in (parse("eslint", b'[{"file": "a.js"}]').problem or "")
