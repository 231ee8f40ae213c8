"""What fixers changed, would change, or could not change, as diffs for people."""

from collections.abc import Iterable, Iterator, Sequence

from omnibase.cli.formatters.layout import BOLD, CYAN, GREEN, RED, painted
from omnibase.core.redaction import visible
from omnibase.model.ports import Style
from omnibase.model.report import RunReport
from omnibase.model.result import Cause, Patch

# Of what is in the user's files already, so many lines are shown: `git diff` has them all.
SHOWN_LINES = 300

COLORS = {"+": GREEN, "-": RED, "@": CYAN}


def patches(report: RunReport, style: Style) -> str:
    """The diffs of a run that failed or was dry, and in any case of those fixes that were not written.

    Text with a final newline, or nothing. With `verbosity` -1 only what was not written.
    """
    would: list[Patch] = []
    did: list[Patch] = []
    did_not: list[Patch] = []
    for entry in report.results:
        result = entry.result
        for patch in result.patches:
            if patch.applied:
                did.append(patch)
            else:
                (would if result.cause is Cause.DRY_RUN else did_not).append(patch)
    sections = [
        ("would change:", would, None),
        ("changed in the working tree:", did if report.exit_code and style.verbosity >= 0 else [], SHOWN_LINES),
        ("not written; `git apply` takes what is shown here:", did_not, None),
    ]
    return "\n".join(_section(title, found, limit, style) for title, found, limit in sections if found)


def _section(title: str, found: Sequence[Patch], limit: int | None, style: Style) -> str:
    lines = list(_lines(found))
    shown = lines if limit is None else lines[:limit]
    text = [painted(title, BOLD, style), *(painted(line, COLORS.get(line[:1], ""), style) for line in shown)]
    if len(shown) < len(lines):
        text.append(f"... {len(lines) - len(shown)} more lines; `git diff` shows them all")
    return "\n".join(text) + "\n"


def _lines(found: Iterable[Patch]) -> Iterator[str]:
    for patch in dict.fromkeys(found):
        yield from visible(patch.diff).removesuffix("\n").split("\n")
