"""mypy's output, as text or with `--output=json`, -> findings. Exit codes: 0 clean, 1 findings, 2 no full check."""

import re
from collections.abc import Iterator, Sequence

from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding, Severity
from omnibase.parsers.collecting import Collector, ended, printed, severity
from omnibase.parsers.decoding import LINE_LIMIT, count, lines, mapping, string

_LINE = re.compile(
    r"(?P<path>\S.*?):(?:(?P<line>\d+):(?:(?P<column>\d+):(?:\d+:\d+:)?)?)?"
    r" (?P<severity>error|warning|note): (?P<message>.*)"
)
_CODE = re.compile(r"  \[([a-z][a-z0-9-]*)\]$")
_CARET = re.compile(r"\s+\^~*$")
_CONTEXT = re.compile(r"(?:In (?:function|member|class)\b.*|At top level):$")
_SUMMARY = re.compile(r"(?:Found \d+ errors? |Success: )")


def parse(given: ParserInput) -> Parsed:
    """Errors and notes; a note has the code of the error that it explains. Columns count from 1 in both formats.

    What mypy says on stderr about a file, that it cannot be read or that mypy failed on it, is a finding too.
    """
    collector = Collector("mypy", given)
    problem = None
    before: Finding | None = None
    for line in _joined(list(lines(printed(given), limit=None))):
        findings = _from_json(line, collector) if line.startswith('{"') else _from_text(line[:LINE_LIMIT], collector)
        if findings is None:
            problem = f"mypy {ended(given)} and a line of its output is no JSON: {line[:200]}"
            continue
        for finding in findings:
            before = _related(finding, before)
            collector.add(before)
    for line in lines(given.stderr):
        if not line.startswith("mypy: "):  # its own name stands before a wrong option
            for finding in _from_text(line, collector):
                collector.add(finding)
    return collector.parsed(problem)


def _joined(printed_lines: list[str]) -> Iterator[str]:
    """The lines, with those put together that `--pretty` has wrapped; the source it shows is left out."""
    if not any(_CARET.match(line) for line in printed_lines):
        yield from printed_lines
        return
    whole = ""
    for line in printed_lines:
        if _LINE.match(line) or _SUMMARY.match(line):
            yield whole
            whole = line
        elif line.startswith("    "):
            yield whole
            whole = ""
        elif whole:
            whole = f"{whole.rstrip()}{'  ' if line.startswith('[') else ' '}{line}"
    yield whole


def _from_text(line: str, collector: Collector) -> Sequence[Finding]:
    found = _LINE.match(line)
    if found is None or (found["line"] is None and _CONTEXT.match(found["message"])):
        return ()
    message = found["message"]
    code = _CODE.search(message)
    finding = Finding(
        message=message[: code.start()] if code else message,
        path=collector.paths.of(found["path"]),
        line=count(found["line"]),
        column=count(found["column"]),
        code=code[1] if code else None,
        severity=severity(found["severity"]),
    )
    return (finding,)


def _from_json(line: str, collector: Collector) -> Sequence[Finding] | None:
    """The finding of a line and the notes that it brings along; None where it is not as mypy writes it."""
    import json

    try:
        entry = mapping(json.loads(line))
    except (ValueError, RecursionError):
        return None
    message, column = string(entry.get("message")), entry.get("column")
    if message is None:
        return None
    finding = Finding(
        message=message,
        path=collector.paths.of(string(entry.get("file"))),
        line=count(entry.get("line")),
        column=count(column + 1) if isinstance(column, int) else None,  # counted from 0 here
        code=string(entry.get("code")),
        severity=severity(string(entry.get("severity"))),
    )
    hints = (string(entry.get("hint")) or "").split("\n")
    notes = (finding._replace(message=hint, severity=Severity.NOTE) for hint in hints if hint.strip())
    return (finding, *notes)


def _related(finding: Finding, before: Finding | None) -> Finding:
    """A note without a code gets that of the finding before it, if it is about the same line."""
    if before is None or finding.severity is not Severity.NOTE or finding.code is not None:
        return finding
    same = (finding.path, finding.line) == (before.path, before.line)
    return finding._replace(code=before.code) if same else finding
