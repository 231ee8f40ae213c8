"""The report as a trace that Perfetto and chrome://tracing open: which attempt ran when, and beside which others.

The format is the "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
"""

from collections.abc import Iterator
from typing import Any

from omnibase.cli.formatters.document import document
from omnibase.cli.formatters.json import canonical
from omnibase.model.ports import Style
from omnibase.model.record import Record
from omnibase.model.report import RunReport

Json = Any

# A viewer keeps number 0 for the system's own. The first thread shows the run, each further one a lane of attempts.
PROCESS = 1
RUN = 1


class Slice(Record):
    """An attempt in microseconds from the start of the run."""

    start: int
    stop: int
    result: Json
    attempt: Json


def format(report: RunReport, _style: Style) -> str:  # noqa: A001 - the name of every formatter
    """The trace in JSON, the same for every style."""
    return canonical(trace(report))


def trace(report: RunReport) -> dict[str, Json]:
    """The trace in plain JSON types: an event for the run and for each attempt, in lanes in which none overlap."""
    made = document(report)
    lanes = _lanes(made)
    events = [_named("process_name", RUN, name=f"omnibase {made['stage']}")]
    events += _thread(RUN, "run")
    run = {key: made[key] for key in ("run_id", "status", "exit_code")}
    events.append(
        _complete(f"{made['stage']} ({made['mode']})", "run", RUN, 0, _microseconds(made["duration_ms"]), run)
    )
    for thread, lane in enumerate(lanes, start=RUN + 1):
        events += _thread(thread, f"lane {thread - RUN}")
        events += (_attempt(thread, one) for one in lane)
    about = ("run_id", "correlation_id", "stage", "mode", "status", "exit_code", "started_at", "notices", "error")
    return {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {**{key: made[key] for key in about}, "omnibase": made["environment"].get("omnibase")},
    }


def _lanes(made: Json) -> list[list[Slice]]:
    """The attempts in as few lanes as hold them: each in the first that is free when it starts."""
    slices = []
    for result in made["results"]:
        for attempt in result["attempts"]:
            start = _microseconds(attempt["started_ms"])
            slices.append(Slice(start, start + _microseconds(attempt["duration_ms"]), result, attempt))
    lanes: list[list[Slice]] = []
    for one in sorted(slices, key=lambda one: (one.start, one.stop)):
        free = next((lane for lane in lanes if lane[-1].stop <= one.start), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes


def _attempt(thread: int, one: Slice) -> dict[str, Json]:
    result, attempt = one.result, one.attempt
    number = attempt["number"]
    arguments = {key: attempt[key] for key in ("number", "exit_code", "error", "why", "usage")}
    arguments |= {key: result[key] for key in ("files", "command")}
    if attempt is result["attempts"][-1]:
        arguments |= {key: result[key] for key in ("status", "cause", "reason")}
        arguments["findings"] = len(result["findings"])
    name = result["component"]["name"] + (" (fix)" if attempt["fix"] else "")
    name += f" (attempt {number})" if number > 1 else ""
    known = {key: value for key, value in arguments.items() if value is not None}
    return _complete(name, result["component"]["type"], thread, one.start, one.stop - one.start, known)


def _complete(name: str, category: str, thread: int, start: int, length: int, arguments: Json) -> dict[str, Json]:
    """What began and has ended. Times are in microseconds."""
    where = {"pid": PROCESS, "tid": thread}
    return {"ph": "X", "name": name, "cat": category, **where, "ts": start, "dur": length, "args": arguments}


def _thread(number: int, name: str) -> Iterator[dict[str, Json]]:
    yield _named("thread_name", number, name=name)
    yield _named("thread_sort_index", number, sort_index=number)


def _named(what: str, thread: int, **arguments: Json) -> dict[str, Json]:
    return {"ph": "M", "name": what, "pid": PROCESS, "tid": thread, "args": arguments}


def _microseconds(milliseconds: float | None) -> int:
    """A whole number, so that what ends when another begins does not overlap with it by rounding."""
    return round((milliseconds or 0.0) * 1000)
