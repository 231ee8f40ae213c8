"""Circuit breakers as people and programs are shown them."""

import time
from typing import Any

from omnibase.cli.formatters.layout import columns, duration, padded, quantity
from omnibase.core.breaking import Breaker, BreakerState
from omnibase.core.redaction import visible
from omnibase.model.component import BreakerRule
from omnibase.model.record import Record

Json = Any
HEAD = ("NAME", "STATE", "FAILURES", "SINCE", "TRIED AGAIN")


class Shown(Record):
    """A breaker at one moment: `since` in seconds since 1970, `again` in seconds from now; None is not known.

    Where the `rule` is None, `unruled` says why in its place.
    """

    name: str
    it: Breaker
    rule: BreakerRule | None
    unruled: str
    since: float | None
    again: float | None


def cells(shown: Shown) -> tuple[str, ...]:
    """A row of the list, for people."""
    since = "-" if shown.since is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(shown.since))
    if shown.it.state is BreakerState.CLOSED:
        tried = "-"
    elif shown.again is not None:
        tried = f"in {duration(shown.again)}" if shown.again else "now"
    else:
        tried = "when it is closed by hand" if shown.it.held else "not known"
    return visible(shown.name), shown.it.state.value, str(shown.it.failures), since, tried


def table(shown: list[Shown]) -> list[str]:
    """The list, for people."""
    rows = [HEAD, *map(cells, shown)]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(padded, row, widths)).rstrip() for row in rows]


def sheet(shown: Shown) -> list[str]:
    """One, with its rule, for people."""
    lines = [f"{title.lower()}: {cell}" for title, cell in zip(HEAD, cells(shown), strict=True)]
    rule = shown.rule
    if rule is None:
        return [*lines, f"rule: {shown.unruled}"]
    opens = f"opens after {quantity(rule.failures, 'failure')} in a row, for {duration(rule.reset)}"
    return [*lines, f"rule: {opens}; then up to {quantity(rule.probes, 'attempt')} as probes"]


def document(shown: Shown) -> dict[str, Json]:
    """The same for programs: RFC 3339 in UTC, and seconds."""
    since = None if shown.since is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(shown.since))
    rule = shown.rule
    return {
        "name": shown.name,
        "state": shown.it.state.value,
        "failures": shown.it.failures,
        "held": shown.it.held,
        "since": since,
        "again_s": shown.again,
        "rule": rule and {"failures": rule.failures, "reset_s": rule.reset, "probes": rule.probes},
    }
