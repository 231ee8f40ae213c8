"""The report for people: a line a component, what went wrong in full, and a summary."""

from collections.abc import Iterator

from omnibase.cli.formatters.failures import (
    attempt_lines,
    call_lines,
    color_of,
    error_text,
    fails,
    failures,
    seen_line,
    telling_reason,
    warnings,
)
from omnibase.cli.formatters.layout import (
    COLORS,
    DIM,
    GREEN,
    RED,
    columns,
    duration,
    padded,
    painted,
    quantity,
    shell,
    shortened,
    symbol,
    wrapped,
)
from omnibase.cli.formatters.registry_view import registry_view
from omnibase.core.redaction import defused, shown_path, visible
from omnibase.model.component import ComponentType
from omnibase.model.ports import Style
from omnibase.model.report import Choice, GateDecision, ReportedResult, RunReport
from omnibase.model.result import Cause, Status

__all__ = ["failures", "format"]

# The words of the summary, in its order.
COUNTED = {
    Status.FAIL: "failed",
    Status.TIME: "timed out",
    Status.WARN: "warned",
    Status.PASS: "passed",
    Status.SKIP: "skipped",
}
# Its words for results that are not the component's own.
RECOVERED = {"fallback": "by a fallback", "degraded": "degraded"}
# What of a line stays for saying what was checked, however long a name is (columns); below half of it, on a narrow
# terminal, that goes to the next line.
CHECKED_WIDTH = 40


def format(report: RunReport, style: Style) -> str:  # noqa: A001 - the name of every formatter
    """The report in lines of at most `style.width` columns; paths, commands and tools' output are never cut.

    With `verbosity` -1 it is failures and the summary alone; with 1 also why each component was chosen or left out,
    the programs taken and all attempts.
    """
    # Once more over the whole: what is wrapped or put together may begin a line with what did not begin one before.
    return defused(_text(report, style))


def _text(report: RunReport, style: Style) -> str:
    if report.error is not None:
        return error_text(report.error, style)
    view = registry_view(report, style)
    if view is not None and report.exit_code == 0:
        return _joined([view, _notices(report, style)])
    quiet, verbose = style.verbosity < 0, style.verbosity > 0
    return _joined(
        [
            _selection(report, style) if verbose else "",
            "" if quiet else _plan(report, style),
            "" if quiet else view or _components(report, style),
            "" if quiet else warnings(report, style),
            failures(report, style),
            _patches(report, style),
            "" if quiet else _usage(report, style),
            "" if quiet else _notices(report, style),
            _summary(report, style),
        ]
    )


def _plan(report: RunReport, style: Style) -> str:
    """What a dry run tells of the plan; of another run, where all is to be shown, its shape and how fast it was."""
    plan = report.plan
    if plan is None or not plan.order:
        if plan is None or style.verbosity < 1 or plan.speedup is None:
            return ""
        expected = f" ({plan.estimated_speedup:.2f} expected)" if plan.estimated_speedup is not None else ""
        return f"plan: {plan.strategy}, {plan.speedup:.2f} times as fast as one at a time{expected}\n"
    from omnibase.cli.formatters.previews import plan_lines

    return "".join(f"{line}\n" for line in plan_lines(plan, style))


def _patches(report: RunReport, style: Style) -> str:
    if not any(entry.result.patches for entry in report.results):
        return ""
    from omnibase.cli.formatters.patches import patches

    return patches(report, style)


def _usage(report: RunReport, style: Style) -> str:
    if not any(attempt.usage for entry in report.results for attempt in entry.result.attempts):
        return ""
    from omnibase.cli.formatters.usage import usage_table

    return usage_table(report, style)


def _joined(blocks: list[str]) -> str:
    return "\n".join(block for block in blocks if block)


def _components(report: RunReport, style: Style) -> str:
    names = max((columns(shown_path(entry.name)) for entry in report.results), default=0)
    name_width = min(names, max(style.width - CHECKED_WIDTH, CHECKED_WIDTH // 2))
    times = [duration(entry.duration) if entry.result.attempts else "" for entry in report.results]
    time_width = max(map(len, times), default=0)
    lines: list[str] = []
    for entry, time in zip(report.results, times, strict=True):
        lines += _component(entry, f"{time:>{time_width}}", name_width, style)
    return "".join(f"{line}\n" for line in lines)


def _component(entry: ReportedResult, time: str, name_width: int, style: Style) -> Iterator[str]:
    failing = fails(entry)
    sign = symbol(entry.result.status, style)
    name = shortened(shown_path(entry.name), name_width)
    start = f"{sign} {padded(name, name_width)} {time}  " if time else f"{sign} {padded(name, name_width)}  "
    taken = columns(start)
    below = style.width - taken < CHECKED_WIDTH // 2
    indent = " " * (4 if below else taken)
    room = style.width - len(indent)
    checked = wrapped(_checked(entry, telling_reason(entry.result)), room)
    if failing and len(checked) > 1:
        checked = wrapped(_checked(entry, None), room)  # what failed has its reason in full further down
    beside, *more = ["", *checked] if below else checked
    lines = [f"{start}{beside}".rstrip(), *(f"{indent}{line}" for line in more if line)]
    color = color_of(entry)
    if color == DIM:
        yield from (painted(line, color, style) for line in lines)
    else:
        label = sign if entry.result.status is Status.PASS else f"{sign} {name}"
        yield f"{painted(label, color, style)}{lines[0].removeprefix(label)}"
        yield from lines[1:]
    yield from (f"  {line}" for line in _beneath(entry, style))


def _checked(entry: ReportedResult, reason: str | None) -> str:
    """What was looked at and what came of it, in a few words."""
    result = entry.result
    words = []
    if result.parts:
        statuses = [part.status for part in result.parts]
        words.append(quantity(len(statuses), "test" if entry.type is ComponentType.TEST else "part"))
        bad = statuses.count(Status.FAIL) + statuses.count(Status.TIME)
        words += [f"{bad} failed"] if bad else []
        words += [f"{statuses.count(Status.SKIP)} skipped"] if Status.SKIP in statuses else []
    elif result.files and (result.status is not Status.SKIP or result.cause is Cause.DRY_RUN):
        words.append(quantity(result.files, "file"))
    if result.findings and not result.parts:
        words.append(quantity(len(result.findings), "finding"))
    if result.changed_files and result.cause is not Cause.CHANGED_FILES:
        words.append(f"{quantity(len(result.changed_files), 'file')} changed")
    words += dict.fromkeys([*map(shown_path, result.marked), *(["cached"] if result.cached else [])])
    if reason:
        todo = result.remedy if result.status is Status.SKIP else None
        words.append(f"{reason}: {visible(todo)}" if todo else reason)
    elif not words and result.cause is not None:
        words.append(result.cause.value)
    return ", ".join(words)


def _beneath(entry: ReportedResult, style: Style) -> Iterator[str]:
    """What belongs to a component's line and is no failure: what it changed or would do; if verbose, how it ran."""
    result = entry.result
    if fails(entry):
        return
    yield from (f"changed {shown_path(path)}" for path in result.changed_files)
    if result.seen is not None and result.seen.why is not None and style.verbosity > 0:
        yield seen_line(result.seen)
    if result.previews:
        from omnibase.cli.formatters.previews import preview_lines

        yield from preview_lines(result.previews, style)
    elif result.command is not None and (result.cause is Cause.DRY_RUN or style.verbosity > 0):
        yield f"$ {shell(result.command)}"
    if result.program and style.verbosity > 0:
        yield f"program: {shown_path(result.program)}"
    if len(result.attempts) > 1 or style.verbosity > 0:
        yield from attempt_lines(result.attempts, style)
    if style.verbosity > 0:
        yield from call_lines(result.calls, style)
    if result.output is not None and result.cause is Cause.DRY_RUN:
        yield from visible(result.output.text).rstrip("\n").split("\n")


def _selection(report: RunReport, style: Style) -> str:
    choices = report.header.selection.choices
    lines: list[str] = []
    for title, chosen in (("chosen:", True), ("left out:", False)):
        rows = [choice for choice in choices if choice.chosen is chosen]
        if rows:
            lines += [title, *(f"  {line}" for choice in rows for line in _choice(choice, style))]
    decisions = report.header.selection.decisions
    if decisions:
        lines += ["gates:", *(f"  {line}" for one in decisions for line in _decision(one, style))]
    return "".join(f"{line}\n" for line in lines)


def _choice(choice: Choice, style: Style) -> list[str]:
    gate = f" (gate: {visible(choice.gate)})" if choice.gate and choice.gate not in choice.reason else ""
    return wrapped(f"{shown_path(choice.name)}: {visible(choice.reason)}{gate}", style.width - 2, "  ")


def _decision(decision: GateDecision, style: Style) -> list[str]:
    place = f" ({shown_path(decision.place)})" if decision.place else ""
    said = f"{decision.decision} by {visible(decision.gate)}: {visible(decision.reason)}{place}"
    return wrapped(f"{shown_path(decision.name)}: {said}", style.width - 2, "  ")


def _notices(report: RunReport, style: Style) -> str:
    return "".join(
        f"{line}\n" for notice in report.notices for line in wrapped(f"notice: {visible(notice)}", style.width, "  ")
    )


def _summary(report: RunReport, style: Style) -> str:
    header = report.header
    if report.results:
        said = f"{_counted(report)} in {duration(report.duration)}"
    elif header.selection.choices:
        said = f"nothing was selected of {quantity(len(header.selection.choices), 'component')}"
        said += "" if style.verbosity > 0 else "; with `-v` it says why"
    else:
        said = "nothing was selected: the registry has no components"
    about = [shown_path(header.stage), shown_path(str(header.mode))]
    if report.summary.cache_hits:
        about.append(f"{report.summary.cache_hits} cached")
    said += f" ({', '.join(about)})"
    if report.signal is not None:
        said = f"ended by {_signal_name(report.signal)}: {said}"
    color = RED if report.exit_code and report.status not in (Status.FAIL, Status.TIME) else GREEN
    if color == GREEN and report.status is not None:
        color = COLORS[report.status]
    return "".join(f"{painted(line, color, style)}\n" for line in wrapped(said, style.width, "  "))


def _counted(report: RunReport) -> str:
    """How many have each status; a SKIP that fails the run is told apart from one that does not matter."""
    wanting = sum(entry.result.status is Status.SKIP and fails(entry) for entry in report.results)
    counts = {status: report.summary.counts.get(status, 0) for status in COUNTED}
    counts[Status.SKIP] -= wanting
    words = [f"{count} {COUNTED[status]}{_marked(report, status)}" for status, count in counts.items() if count > 0]
    if wanting:
        words.insert(sum(counts[status] > 0 for status in (Status.FAIL, Status.TIME)), f"{wanting} without a verdict")
    return ", ".join(words)


def _marked(report: RunReport, status: Status) -> str:
    """How many of them are no plain ones: another component stood in, or the run went on without a verdict."""
    marks = [mark for entry in report.results if entry.result.status is status for mark in entry.result.marked]
    words = [f"{marks.count(mark)} {said}" for mark, said in RECOVERED.items() if mark in marks]
    return f" ({', '.join(words)})" if words else ""


def _signal_name(number: int) -> str:
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
