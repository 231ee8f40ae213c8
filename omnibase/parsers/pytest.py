"""pytest's JUnit XML (`--junitxml={report}`) -> a part for each test and a finding for each failure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding, Part, Status
from omnibase.parsers.collecting import MAX_PARTS, Collector, ended, shortened
from omnibase.parsers.junit import Case, Verdict, read
from omnibase.parsers.nodes import Nodes, locations

# https://docs.pytest.org/en/stable/reference/exit-codes.html
_EXIT_CODES = {
    2: "it was interrupted",
    3: "an internal error of pytest",
    4: "wrong usage",
    5: "no tests were collected",
}
_WORST_FIRST = (Status.FAIL, Status.PASS, Status.SKIP)
_INSTALLED = ("site-packages", "dist-packages")
_SAID = re.compile(r"^E +(\S.*)$", re.MULTILINE)
_DOCTEST = re.compile(r"^(?:Expected|UNEXPECTED EXCEPTION)\b.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def parse(given: ParserInput) -> Parsed:
    """Parts are named as pytest names tests, findings stand at the last line of the traceback inside the repository.

    A case that failed and whose teardown failed too is one part and two findings. Without a report, or with one
    that breaks off, the problem says how pytest ended.
    """
    collector = Collector("pytest", given)
    if not given.report:
        hint = " (does its command have --junitxml={report}?)" if given.exit_code in (0, 1, 5) else ""
        return collector.parsed(f"pytest {_ended(given)} and left no report{hint}")
    cases, broken = read(given.report)
    nodes = Nodes(cases, given, collector.paths)
    parts: dict[str, Part] = {}
    left = 0
    failed = False
    for case in cases:
        findings = [_finding(verdict, case, nodes, collector) for verdict in case.verdicts if verdict.kind != "skipped"]
        for finding in dict.fromkeys(findings):  # a module that is collected twice is said to be broken twice
            collector.add(finding)
            failed = True
        if (case.classname, case.name) == ("pytest", "internal"):
            continue  # an internal error of pytest's is written as a case, and is no test
        name = nodes.name(case)
        part = Part(name, _status(case), _seconds(case.seconds), _message(case, findings))
        if name in parts:
            parts[name] = _merged(parts[name], part)
        elif len(parts) < MAX_PARTS:
            parts[name] = part
        else:
            left += 1
    problem = f"pytest {_ended(given)} and its report cannot be read to the end: {broken}" if broken else None
    if problem is None and given.exit_code != 0 and not failed:
        problem = f"pytest {_ended(given)} and its report has no failure"
    return collector.parsed(problem, parts.values(), left)


def _ended(given: ParserInput) -> str:
    meaning = _EXIT_CODES.get(given.exit_code if given.exit_code is not None else 0)
    return f"{ended(given)} ({meaning})" if meaning else ended(given)


def _status(case: Case) -> Status:
    kinds = {verdict.kind for verdict in case.verdicts}
    if kinds & {"failure", "error"}:
        return Status.FAIL
    return Status.SKIP if kinds else Status.PASS


def _seconds(written: str | None) -> float | None:
    try:
        seconds = float((written or "").replace(",", ""))
    except ValueError:
        return None
    return seconds if isfinite(seconds) and seconds >= 0 else None


def _message(case: Case, findings: Sequence[Finding]) -> str | None:
    """The first failure, or why it was skipped."""
    for finding in findings:
        return shortened(finding.message)
    return next((shortened(verdict.message) for verdict in case.verdicts if verdict.message), None)


def _merged(one: Part, other: Part) -> Part:
    worst, rest = sorted((one, other), key=lambda part: _WORST_FIRST.index(part.status))
    durations = [part.duration for part in (one, other) if part.duration is not None]
    return worst._replace(duration=sum(durations) if durations else None, message=worst.message or rest.message)


def _finding(verdict: Verdict, case: Case, nodes: Nodes, collector: Collector) -> Finding:
    path, line = _inside(locations(verdict.text), collector)
    if path is None and case.classname != "pytest":
        path, line = nodes.path(case), _line(case.line)
    code = "failed" if verdict.kind == "failure" else "error"
    return Finding(_said(verdict), path, line, code=code)


def _line(written: str | None) -> int | None:
    """xunit1 counts lines from 0."""
    if written is None or not (written.isascii() and written.isdigit() and len(written) < 10):
        return None
    return int(written) + 1


def _inside(places: Iterable[tuple[str, int]], collector: Collector) -> tuple[str | None, int | None]:
    """The last place of a traceback in the repository itself: what is installed is seldom where the fault is."""
    chosen: tuple[str | None, int | None] = (None, None)
    for printed, line in places:
        path = collector.paths.of(printed)
        if path and not path.startswith("/") and not any(folder in path.split("/") for folder in _INSTALLED):
            chosen = (path, line or None)
    return chosen


def _said(verdict: Verdict) -> str:
    """The first line of a failure that says something."""
    doctest = _DOCTEST.search(verdict.text) if "DocTestFailure" in verdict.text else None
    if doctest:
        return " ".join(doctest[0].split())
    message = next(_filled(verdict.message), "")
    if message and message not in ("collection failure", "internal error"):
        return message
    said = _SAID.search(verdict.text)
    if said:
        return said[1]
    text = list(_filled(verdict.text))
    if not text:
        return message or "(no message)"
    return text[-1] if text[0].startswith("Traceback") else text[0]


def _filled(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("\n") if line.strip())
