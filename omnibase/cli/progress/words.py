"""The words of progress: what has ended, what is under way, how far the run is."""

from collections.abc import Sequence

from omnibase.cli.formatters.failures import telling_reason
from omnibase.cli.formatters.layout import quantity
from omnibase.cli.progress.course import Course, Ended
from omnibase.core.outcome import in_order
from omnibase.core.redaction import shown_path, visible
from omnibase.model.result import Finding, Severity, Status

# Of many names, so many are told.
NAMED = 3


def outcome(ended: Ended) -> str:
    """What it came to beside its status, in one line: why it failed and the first thing to see, or what was looked at.

    Empty where there is nothing to be said.
    """
    result = ended.result
    words = []
    if ended.number > 1:
        words.append(f"{ended.number} attempts")
    if result.findings:
        words.append(f"{quantity(len(result.findings), 'finding')}: {_finding(_worst(result.findings))}")
    elif reason := telling_reason(result):
        words.append(f"{reason}: {last}" if ended.failed and (last := _last_line(ended)) else reason)
    elif result.files and result.status is not Status.SKIP:
        words.append(quantity(result.files, "file"))
    return one_line(", ".join(words))


def together(names: Sequence[str]) -> str:
    """Tasks that one worker serves: "a, b, c and 5 more"."""
    more = len(names) - NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:NAMED])} and {more} more"


def files(course: Course, tasks: Sequence[int]) -> str:
    """How many files these look at, in parentheses; nothing where they were planned without files."""
    inputs = course.plan.inputs
    lists = {found for task in tasks if (found := course.plan.tasks[task].files) is not None}
    count = len(set().union(*(inputs[one] for one in lists)))
    return f" ({quantity(count, 'file')})" if count else ""


def counts(course: Course, at: float) -> list[tuple[str, int]]:
    """How far the run is, in pieces; those with the lowest number stay where there is no room for all of them."""
    pieces = [(f"{course.done}/{course.total} done", 0)]
    if course.failed:
        pieces.append((f"{course.failed} failed", 1))
    if course.interrupted:
        pieces.append(("interrupted", 1))
    if course.running:
        pieces.append((f"{course.running} running", 3))
    pieces.append((clock(at), 2))
    left = course.left(at) if not course.interrupted else None
    if left is not None:
        pieces.append((f"about {clock(_rounded(left)).removeprefix('0')} left", 4))
    return pieces


def clock(seconds: float) -> str:
    """00:32, 12:05 or 1:02:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def elapsed(seconds: float) -> str:
    """In whole seconds: 7s, 2m 05s or 1h 02m 05s."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m {rest:02}s"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def one_line(text: str) -> str:
    """Text of others in one line without tabs; `visible` is applied again, as what was put together may be new."""
    return " ".join(visible(text).split())


def _rounded(seconds: float) -> float:
    """An estimate to no more digits than it is worth."""
    step = next(step for most, step in ((10, 1), (60, 5), (600, 10), (float("inf"), 60)) if seconds < most)
    return max(round(seconds / step) * step, 1)


def _worst(findings: Sequence[Finding]) -> Finding:
    """The first that is an error, or the first."""
    ordered = in_order(findings)
    return next((finding for finding in ordered if finding.severity is Severity.ERROR), ordered[0])


def _finding(finding: Finding) -> str:
    place = shown_path(finding.path) if finding.path is not None else ""
    place += f":{finding.line}" if place and finding.line else ""
    return " ".join(filter(None, (place, visible(finding.code or ""), visible(finding.message).partition("\n")[0])))


def _last_line(ended: Ended) -> str:
    """The last line that it printed."""
    output = ended.result.output
    lines = visible(output.text).splitlines() if output is not None else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
