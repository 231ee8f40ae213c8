"""No report makes a CI system do something: what it would take for a command is text in every format."""

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from omnibase.cli.formatters import FORMATTERS, formatter
from omnibase.cli.formatters.human import failures
from omnibase.cli.formatters.layout import shell
from omnibase.model.ports import Style
from omnibase.model.report import RunReport
from omnibase.model.result import Cause, Finding, Output, Part, Patch, Result, Status
from tests.cli.formatters.samples import entry, report
from tests.cli.formatters.strategies import REPORTS

ANYWHERE = ("##[", "##vso[", "##teamcity[")
DIFF = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n ::error::context\n-##[group]a\n+##vso[task.complete]a\n"


def commands(text: str) -> list[str]:
    """The lines that a runner of GitHub, Azure or TeamCity acts on, read as their own parsers do."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        start = line.lstrip()
        name, end, _ = start[2:].partition("::")
        is_command = start.startswith("::") and end and re.fullmatch(r"[a-z-]+", name.split(" ")[0])
        if is_command or any(sign in line for sign in ANYWHERE):
            found.append(line)
    return found


def _hostile() -> RunReport:
    text = "::error file=a::one\n  ::warning::two\n##[group]three\nfour ##vso[task.setvariable variable=PATH]five"
    wrapped = " ".join(["::notice::six"] * 30)
    result = Result(
        Status.FAIL,
        findings=(Finding(text, "::error::/a.py", 1, fix=text), Finding("::x", code="::error a")),
        value={"::error key": "a::b", "##[error]": [text]},
        reason=wrapped,
        cause=Cause.NO_REPORT,
        parts=(Part("##teamcity[testStarted]", Status.FAIL, None, text),),
        output=Output(text, 100),
        command=("::error::", "##[add-path]x", text),
        patches=(Patch("x", DIFF, applied=False),),
        remedy=wrapped,
    )
    return report(entry("sample", result), exit_code=1, notices=(wrapped,))


@pytest.mark.parametrize("name", FORMATTERS)
@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_no_format_prints_a_command(name: str, verbosity: int) -> None:
    write = formatter(name)
    assert write is not None
    text = write(_hostile(), Style(verbosity=verbosity))
    assert commands(text) == []
    assert "::error" in text


def test_failures_beside_a_document_print_no_command() -> None:
    assert commands(failures(_hostile(), Style())) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_no_report_at_all_prints_a_command(report: Any) -> None:
    for name in FORMATTERS:
        write = formatter(name)
        assert write is not None
        assert commands(write(report, Style())) == []
    assert commands(failures(report, Style(color=True))) == []


def test_documents_hold_diffs_and_values_as_they_are() -> None:
    for name, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        write = formatter(name)
        assert write is not None
        (result,) = read(write(_hostile(), Style()))["results"]
        assert result["patches"][0]["diff"] == DIFF
        assert result["value"]["::error key"] == "a::b"
        assert result["value"]["##[error]"][0].startswith("::error file=a::one\n")


@pytest.mark.parametrize("argument", ["##[error]x", "::error::x", "###[x", "##vso[a]##[b]"])
def test_a_command_line_with_a_command_in_it_can_still_be_typed(argument: str) -> None:
    import subprocess

    shown = shell(["printf", "%s", argument])
    assert commands(shown) == []
    assert subprocess.run(["bash", "-c", shown], capture_output=True, check=True).stdout.decode() == argument
