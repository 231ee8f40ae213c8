"""What went wrong, in full and for people: findings, output, reason, remedy, and how to run it again."""

from collections import Counter
from collections.abc import Iterator, Sequence

from omnibase.cli.formatters.layout import (
    BOLD,
    COLORS,
    DIM,
    RED,
    duration,
    painted,
    quantity,
    shell,
    symbol,
    wrapped,
)
from omnibase.core.outcome import in_order, is_failure
from omnibase.core.redaction import defused, shown_path, visible
from omnibase.model.ports import Style
from omnibase.model.report import ReportedError, ReportedResult, RunReport
from omnibase.model.result import Attempt, Call, Cause, Finding, Output, Result, Seen, Status, Where

SEEN = {Where.IN_PLACE: "in place", Where.STAGED: "over staged contents", Where.VIEW: "in a view of what is staged"}

# From so many findings on, a line says how many there are of each code.
MANY = 20


def failures(report: RunReport, style: Style) -> str:
    """All that made the run fail, and nothing else: text with a final newline, or nothing."""
    if report.error is not None:
        return defused(error_text(report.error, style))
    blocks = [_failure(entry, style) for entry in report.results if fails(entry)]
    return defused("\n".join(blocks))


def warnings(report: RunReport, style: Style) -> str:
    """The findings of what did not fail the run: those of WARN and of a dry run, with `verbosity` 1 all of them."""
    blocks = []
    for entry in report.results:
        result = entry.result
        worth = result.status is Status.WARN or result.cause is Cause.DRY_RUN or style.verbosity > 0
        if result.findings and worth and not fails(entry):
            heading = _heading(entry, _found(result), style)
            blocks.append("\n".join([*heading, *_findings(result.findings, style)]) + "\n")
    return "\n".join(blocks)


def fails(entry: ReportedResult) -> bool:
    """Whether the run fails by this result."""
    return is_failure(entry.result, required=entry.required)


def color_of(entry: ReportedResult) -> str:
    """The status's colour; a SKIP that fails the run is as red as a FAIL."""
    skipped = entry.result.status is Status.SKIP
    return RED if skipped and fails(entry) else COLORS[entry.result.status]


def telling_reason(result: Result) -> str | None:
    """The reason, made visible, unless findings say it all: "exit code 1" is how a tool says that it has some."""
    if not result.reason or (result.status is Status.FAIL and _findings_decide(result)):
        return None
    return visible(result.reason)


def error_text(error: ReportedError, style: Style) -> str:
    """Why the run could not happen: what, where, and what to do."""
    first, *more = visible(error.message).split("\n")
    lines = [f"{painted('error:', RED, style)} {first}", *(f"  {line}" for line in more)]
    if error.place:
        lines.append(f"  at {shown_path(error.place)}")
    if error.remedy:
        lines += [f"  {line}" for line in visible(error.remedy).split("\n")]
    return "\n".join(lines) + "\n"


def seen_line(seen: Seen) -> str:
    """Where the inputs were looked at, where that is not simply the working tree."""
    return f"{SEEN[seen.where]}: {visible(seen.why or '')}"


def attempt_lines(attempts: Sequence[Attempt], style: Style) -> Iterator[str]:
    """One line for each attempt."""
    for attempt in attempts:
        words = [duration(attempt.duration)]
        if attempt.exit_code is not None:
            words.append(f"exit code {attempt.exit_code}")
        if attempt.error and attempt.error != words[-1]:
            words.append(attempt.error)
        if attempt.why:
            words.append(f"tried again: {attempt.why}")
        of = "fix, attempt" if attempt.fix else "attempt"
        yield from wrapped(f"{of} {attempt.number}: {visible(', '.join(words))}", style.width - 2, "  ")


def call_lines(calls: Sequence[Call], style: Style) -> Iterator[str]:
    """One line for each attempt of a call inside a component."""
    for call in calls:
        words = [duration(call.duration), call.error or "done"]
        if call.why:
            words.append(f"tried again: {call.why}" if call.number > 1 else call.why)
        yield from wrapped(
            f"call {shown_path(call.name)}, attempt {call.number}: {visible(', '.join(words))}", style.width - 2, "  "
        )


def _failure(entry: ReportedResult, style: Style) -> str:
    result = entry.result
    found, reason = _found(result), telling_reason(result)
    lines = _heading(entry, f"{found} ({reason})" if found and reason else found or reason or _named(result), style)
    lines += _findings(result.findings, style)
    if not _findings_decide(result):
        lines += _parts(result)
        if result.output is not None and result.output.text.strip():
            lines += _output(result.output, style)
    if result.changed_files:
        lines += ["  changed:", *(f"    {shown_path(path)}" for path in result.changed_files)]
    lines += [f"  {line}" for line in _what_to_do(entry, style)]
    return "\n".join(lines) + "\n"


def _heading(entry: ReportedResult, headline: str, style: Style) -> list[str]:
    result = entry.result
    title = f"{symbol(result.status, style)} {shown_path(entry.name)}: {headline}"
    first, *more = wrapped(title, style.width, "  ")
    color = color_of(entry)
    lines = [painted(first, f"{BOLD};{color}", style), *(painted(line, color, style) for line in more)]
    if len(result.findings) >= MANY:
        codes = Counter(finding.code for finding in result.findings if finding.code)
        tally = ", ".join(f"{visible(code)} {count}" for code, count in codes.most_common())
        lines += [f"  {line}" for line in wrapped(tally, style.width - 2)] if tally else []
    return lines


def _found(result: Result) -> str:
    """What there is of findings or failed tests, in numbers; nothing where there are none."""
    if result.findings:
        paths = {finding.path for finding in result.findings if finding.path is not None}
        where = f" in {quantity(len(paths), 'file')}" if paths else ""
        return f"{quantity(len(result.findings), 'finding')}{where}"
    bad = sum(part.status in (Status.FAIL, Status.TIME) for part in result.parts)
    return f"{bad} of {len(result.parts)} failed" if bad else ""


def _named(result: Result) -> str:
    return result.cause.value if result.cause is not None else result.status.value


def _findings_decide(result: Result) -> bool:
    return bool(result.findings) and result.cause in (None, Cause.FINDINGS)


def _findings(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """As compilers print them, so that editors and terminals find the place: `path:line:column: code message`."""
    for finding in in_order(findings):
        place = [shown_path(finding.path)] if finding.path is not None else []
        if place and finding.line:
            place += [str(finding.line), *([str(finding.column)] if finding.column else [])]
        first, *more = visible(finding.message).split("\n")
        words = [":".join(place) + ":"] if place else []
        words += [visible(finding.code)] if finding.code else []
        words.append(first)
        if finding.severity != "error":
            words.append(f"({finding.severity})")
        yield " ".join(words)
        yield from (f"    {line}".rstrip() for line in more)
        if finding.fix and ("\n" in finding.fix.rstrip("\n") or style.verbosity > 0):
            # Not a blank is lost: patch(1) takes what is indented evenly.
            yield from (f"    {line}" for line in visible(finding.fix).rstrip("\n").split("\n"))


def _parts(result: Result) -> Iterator[str]:
    for part in result.parts:
        if part.status in (Status.FAIL, Status.TIME):
            yield f"{part.status.value} {shown_path(part.name)}"
            if part.message:
                yield from (f"    {line}".rstrip() for line in visible(part.message).split("\n"))


def _output(output: Output, style: Style) -> Iterator[str]:
    """The tool's own output, untouched but for what `visible` takes out."""
    where = f"; more of it: {shown_path(output.path)}" if output.path else ""
    yield painted(f"  output ({quantity(output.size, 'byte')}{where}):", DIM, style)
    yield from visible(output.text).strip("\n").split("\n")


def _what_to_do(entry: ReportedResult, style: Style) -> Iterator[str]:
    result = entry.result
    if result.remedy:
        yield from wrapped(f"remedy: {visible(result.remedy)}", style.width - 2, "  ")
    if result.command is not None:
        code = result.attempts[-1].exit_code if result.attempts else None
        yield f"command{f' (exit code {code})' if code else ''}: {shell(result.command)}"
    if result.seen is not None and result.seen.why is not None and style.verbosity > 0:
        yield seen_line(result.seen)
    if result.program and style.verbosity > 0:
        yield f"program: {shown_path(result.program)}"
    if len(result.attempts) > 1 or style.verbosity > 0:
        yield from attempt_lines(result.attempts, style)
    if style.verbosity > 0:
        yield from call_lines(result.calls, style)
    yield f"run again: {shell(('omnibase', 'run', entry.name))}"
