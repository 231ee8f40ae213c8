"""SARIF 2.1.0, from real tools and by the standard's own rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from omnibase.model.ports import Json
from omnibase.model.result import Severity

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse, Recorded, Shown

REGION = {"startLine": 3, "startColumn": 4}


def log(*results: Json, version: str = "2.1.0", **run: Json) -> bytes:
    run.setdefault("tool", {"driver": {"name": "t"}})
    return json.dumps({"version": version, "runs": [{**run, "results": list(results)}]}).encode()


def result(uri: Json = "a.py", region: Json = REGION, **other: Json) -> Json:
    artifact = uri if isinstance(uri, dict) else {"uri": uri}
    location = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    return {"message": {"text": "m"}, "ruleId": "R1", "locations": [location], **other}


def test_ruffs_sarif_is_read(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    parsed = parse("sarif", recorded("ruff-0.17.sarif"))
    assert parsed.problem is None
    assert shown(parsed.findings) == [
        "pkg/app.py:1:1 error E401 Multiple imports on one line => Split imports",
        "pkg/app.py:1:8 error F401 `os` imported but unused => Remove unused import",
        "pkg/app.py:1:12 error F401 `sys` imported but unused => Remove unused import",
        "pkg/app.py:10:5 error F841 Local variable `password` is assigned to but never used"
        " => Remove assignment to unused variable `password`",
        "pkg/app.py:12:12 error F821 Undefined name `undefined_name`",
        "pkg/broken.py:1:7 error invalid-syntax Expected a parameter or the end of the parameter list",
        "pkg/broken.py:1:8 error invalid-syntax Expected `)`, found newline",
    ]


def test_bandits_sarif_is_read_with_the_file_it_could_not_read(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("sarif", recorded("bandit-1.9.sarif")).findings) == [
        "pkg/app.py:2:1 note B404 Consider possible security implications associated with the subprocess module.",
        "pkg/app.py:10:16 note B105 Possible hardcoded password: 'hunter2'",
        "pkg/app.py:11:5 error B602 subprocess call with shell=True identified, security issue.",
        "pkg/with space/módulo.py:2:1 note B404"
        " Consider possible security implications associated with the subprocess module.",
        "pkg/with space/módulo.py:10:16 note B105 Possible hardcoded password: 'hunter2'",
        "pkg/with space/módulo.py:11:5 error B602 subprocess call with shell=True identified, security issue.",
        "pkg/broken.py:-:- error - syntax error while parsing AST from file",
    ]


def test_eslints_sarif_is_read_with_its_notifications(parse: Parse, recorded: Recorded, shown: Shown) -> None:
    assert shown(parse("sarif", recorded("eslint-9.sarif")).findings) == [
        "js/app.js:1:1 warning no-var Unexpected var, use let or const instead.",
        "js/app.js:2:12 error eqeqeq Expected '===' and instead saw '=='.",
        "js/app.js:3:3 error no-debugger Unexpected 'debugger' statement.",
        "js/broken.js:1:1 error ESL0999 Parsing error: The keyword 'let' is reserved",
        "js/dis.js:1:1 warning ESL0999 Unused eslint-disable directive (no problems were reported from 'no-alert').",
        "js/dis.js:2:8 warning ESL0999 Unused eslint-disable directive (no problems were reported).",
    ]


def test_zizmors_sarif_is_read(parse: Parse, recorded: Recorded) -> None:
    findings = parse("sarif", recorded("zizmor-1.32.sarif"), exit_code=0).findings
    assert [(f.path, f.line, f.column, f.code, f.severity.value) for f in findings] == [
        (".github/workflows/ci.yml", 6, 9, "zizmor/artipacked", "warning"),
        (".github/workflows/ci.yml", 3, 3, "zizmor/excessive-permissions", "warning"),
        (".github/workflows/ci.yml", 1, 1, "zizmor/dangerous-triggers", "error"),
        (".github/workflows/ci.yml", 7, 24, "zizmor/template-injection", "error"),
        (".github/workflows/ci.yml", 6, 15, "zizmor/unpinned-uses", "error"),
    ]


RULES = [
    {"id": "R0"},
    {"id": "R1", "defaultConfiguration": {"level": "note"}},
    {"id": "CA2101", "defaultConfiguration": {"level": "error"}},
]
DRIVER = {"driver": {"name": "t", "rules": RULES}}
OVERRIDE = [{"ruleConfigurationOverrides": [{"descriptor": {"id": "R1"}, "configuration": {"level": "error"}}]}]


@pytest.mark.parametrize(
    ("one", "run", "severity"),
    [
        ({"level": "error"}, {}, Severity.ERROR),
        ({"level": "warning"}, {}, Severity.WARNING),
        ({"level": "note"}, {}, Severity.NOTE),
        ({"level": "none"}, {}, Severity.NOTE),
        ({}, {}, Severity.WARNING),
        ({}, {"tool": DRIVER}, Severity.NOTE),
        ({"ruleId": "R0"}, {"tool": DRIVER}, Severity.WARNING),
        ({"ruleId": "CA2101/2"}, {"tool": DRIVER}, Severity.ERROR),
        ({"ruleId": None, "ruleIndex": 2}, {"tool": DRIVER}, Severity.ERROR),
        ({"ruleId": None, "rule": {"id": "R1"}}, {"tool": DRIVER}, Severity.NOTE),
        ({"rule": {"index": 2}}, {"tool": DRIVER}, Severity.ERROR),
        (
            {"rule": {"index": 0, "toolComponent": {"index": 0}}},
            {"tool": {"driver": {}, "extensions": [{"rules": [RULES[2]]}]}},
            Severity.ERROR,
        ),
        ({}, {"tool": {"driver": {}, "extensions": [{"rules": RULES}]}}, Severity.NOTE),
        ({}, {"tool": DRIVER, "invocations": OVERRIDE}, Severity.ERROR),
        ({"level": "warning"}, {"tool": DRIVER, "invocations": OVERRIDE}, Severity.WARNING),
        ({"kind": "review"}, {}, Severity.NOTE),
        ({"kind": "open", "level": "none"}, {}, Severity.NOTE),
    ],
)
def test_a_level_is_the_results_own_or_its_rules_or_a_warning(
    parse: Parse, one: dict[str, Json], run: dict[str, Json], severity: Severity
) -> None:
    assert [f.severity for f in parse("sarif", log(result(**one), **run)).findings] == [severity]


@pytest.mark.parametrize(
    "one",
    [
        {"kind": "pass"},
        {"kind": "notApplicable"},
        {"baselineState": "absent"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
    ],
)
def test_what_passed_or_is_suppressed_is_no_finding(parse: Parse, one: dict[str, Json]) -> None:
    assert parse("sarif", log(result(**one)), exit_code=0) == ((), (), None)


@pytest.mark.parametrize("status", ["underReview", "rejected"])
def test_a_suppression_that_is_not_accepted_does_not_count(parse: Parse, status: str) -> None:
    assert len(parse("sarif", log(result(suppressions=[{"kind": "external", "status": status}]))).findings) == 1


BASES = {
    "ROOT": {"uri": "file:///repo/"},
    "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
    "BARE": {"uri": "src"},
    "OUT": {"uri": "file:///other"},
    "LOOP": {"uri": "x/", "uriBaseId": "LOOP"},
    "UNKNOWN": {"description": {"text": "somewhere"}},
}


@pytest.mark.parametrize(
    ("artifact", "path"),
    [
        ({"uri": "a.py"}, "a.py"),
        ({"uri": "./sub/../a.py"}, "a.py"),
        ({"uri": "with%20space/m%C3%B3dulo.py"}, "with space/módulo.py"),
        ({"uri": "módulo.py"}, "módulo.py"),
        ({"uri": "bad%FF.py"}, "bad\udcff.py"),
        ({"uri": "100%.py"}, "100%.py"),
        ({"uri": "file:///repo/sub/a.py"}, "sub/a.py"),
        ({"uri": "file:///repo/with%20space.py"}, "with space.py"),
        ({"uri": "file://localhost/repo/a.py"}, "a.py"),
        ({"uri": "file:/repo/a.py"}, "a.py"),
        ({"uri": "FILE:///repo/a.py"}, "a.py"),
        ({"uri": "file:///usr/include/a.h"}, "/usr/include/a.h"),
        ({"uri": "file:///repository/a.h"}, "/repository/a.h"),
        ({"uri": "/repo/a.py"}, "a.py"),
        ({"uri": "a.py", "uriBaseId": "ROOT"}, "a.py"),
        ({"uri": "a.py", "uriBaseId": "SRC"}, "src/a.py"),
        ({"uri": "a.py", "uriBaseId": "BARE"}, "src/a.py"),
        ({"uri": "a.py", "uriBaseId": "OUT"}, "/other/a.py"),
        ({"uri": "a.py", "uriBaseId": "LOOP"}, "x/a.py"),
        ({"uri": "a.py", "uriBaseId": "UNKNOWN"}, "a.py"),
        ({"uri": "a.py", "uriBaseId": "%SRCROOT%"}, "a.py"),
        ({"uri": "file:///repo/a.py", "uriBaseId": "OUT"}, "a.py"),
        ({"index": 1}, "second.py"),
        ({"index": 9}, None),
        ({"index": -1}, None),
        ({}, None),
    ],
)
def test_an_artifact_location_is_a_path_relative_to_the_root(
    parse: Parse, artifact: dict[str, Json], path: str | None
) -> None:
    artifacts = [{"location": {"uri": "first.py"}}, {"location": {"uri": "second.py", "uriBaseId": "ROOT"}}]
    output = log(result(artifact), originalUriBaseIds=BASES, artifacts=artifacts)
    assert [f.path for f in parse("sarif", output).findings] == [path]


def test_a_relative_uri_is_meant_from_the_folder_where_the_tool_ran(parse: Parse) -> None:
    assert parse("sarif", log(result("a.py")), cwd="sub").findings[0].path == "sub/a.py"


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ({"startLine": 3, "startColumn": 4}, (3, 4)),
        ({"startLine": 3}, (3, None)),
        ({"charOffset": 30, "charLength": 2}, (None, None)),
        ({"startLine": 0, "startColumn": 4}, (None, None)),
        ({"startLine": "3"}, (3, None)),
        ({"startLine": 1e300}, (None, None)),
    ],
)
def test_a_region_is_a_line_and_a_column(
    parse: Parse, region: dict[str, Json], place: tuple[int | None, int | None]
) -> None:
    [finding] = parse("sarif", log(result(region=region))).findings
    assert (finding.line, finding.column) == place


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "plain {0}"}, "plain {0}"),
        ({"text": "a {0} and {1} {{x}} {7}", "arguments": ["b", "c"]}, "a b and c {x} {7}"),
        ({"id": "default", "arguments": ["b"]}, "of the rule: b"),
        ({"id": "global"}, "of the driver"),
        ({"id": "nowhere"}, "what the rule is about"),
        ({"markdown": "**bold**"}, "**bold**"),
        ({}, "what the rule is about"),
    ],
)
def test_a_message_may_be_named_and_filled_in(parse: Parse, message: dict[str, Json], text: str) -> None:
    rule = {
        "id": "R1",
        "shortDescription": {"text": "what the rule is about"},
        "messageStrings": {"default": {"text": "of the rule: {0}"}},
    }
    driver = {"name": "t", "rules": [rule], "globalMessageStrings": {"global": {"text": "of the driver"}}}
    output = log(result(message=message), tool={"driver": driver})
    assert [f.message for f in parse("sarif", output).findings] == [text]


def test_all_runs_are_read(parse: Parse) -> None:
    one, other = json.loads(log(result("a.py"))), json.loads(log(result("b.py")))
    one["runs"] += other["runs"]
    assert [f.path for f in parse("sarif", json.dumps(one).encode()).findings] == ["a.py", "b.py"]


@pytest.mark.parametrize("kind", ["toolExecutionNotifications", "toolConfigurationNotifications"])
def test_notifications_are_findings_unless_they_are_notes(parse: Parse, shown: Shown, kind: str) -> None:
    said = [
        {"level": "error", "message": {"text": "cannot read"}, "descriptor": {"id": "N1"}},
        {"message": {"text": "odd"}},
        {"level": "note", "message": {"text": "took 3 s"}},
    ]
    assert shown(parse("sarif", log(invocations=[{kind: said}])).findings) == [
        "-:-:- error N1 cannot read",
        "-:-:- warning - odd",
    ]


def test_no_results_with_exit_code_0_are_no_problem(parse: Parse) -> None:
    assert parse("sarif", log(), exit_code=0) == ((), (), None)
    assert parse("sarif", b"", exit_code=0) == ((), (), None)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (log(version="2.0.0"), "it is no SARIF 2.1.0 (its version is 2.0.0)"),
        (b'{"version": "2.1.0"}', "it is no SARIF 2.1.0"),
        (b"[]", "reported nothing"),
        (b"All good!", "it holds no JSON (its command needs an option that makes it print SARIF)"),
        (log(result())[:-20], "its JSON breaks off"),
        (b'{"version": "2.1.0", "runs": ' + b"[" * 100_000, "nested too deeply"),
        (
            b'{"version": "2.1.0", "runs": [{"externalPropertyFileReferences": {"results": [{}]}}]}',
            "results are in files of their own",
        ),
    ],
)
def test_what_is_no_sarif_is_a_problem_with_the_exit_code(parse: Parse, output: bytes, problem: str) -> None:
    parsed = parse("sarif", output, b"", exit_code=2)
    assert problem in (parsed.problem or "")
    assert "exit code 2" in (parsed.problem or "")


def test_a_report_is_read_instead_of_stdout(parse: Parse) -> None:
    assert [f.path for f in parse("sarif", b"scanning...", report=log(result())).findings] == ["a.py"]
