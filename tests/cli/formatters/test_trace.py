"""The report as a trace: what viewers take, and that it tells of every attempt at its time."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibase.cli.formatters import trace
from omnibase.model.ports import Style
from omnibase.model.report import RunReport
from omnibase.model.result import Attempt, Cause, Result, Status, Usage
from tests.cli.formatters import samples
from tests.cli.formatters.samples import entry, report
from tests.cli.formatters.strategies import REPORTS

VALIDATOR = jsonschema.Draft202012Validator(json.loads(Path(__file__).with_name("trace.schema.json").read_bytes()))

Json = Any


def made(report: RunReport) -> Json:
    """The trace, as a viewer reads it, valid by the format's schema."""
    document = json.loads(trace.format(report, Style()))
    VALIDATOR.validate(document)
    return document


def slices(document: Json) -> list[Json]:
    """The events of attempts."""
    return [event for event in document["traceEvents"] if event["ph"] == "X" and event["cat"] != "run"]


def attempts(*moments: tuple[float, float]) -> RunReport:
    """A report of components that ran then: start and end in seconds."""
    return report(
        *(
            entry(f"c{number}", Result(Status.PASS, attempts=(Attempt(1, start, end - start),)))
            for number, (start, end) in enumerate(moments)
        )
    )


def lanes(report: RunReport) -> dict[str, int]:
    return {event["name"]: event["tid"] for event in slices(made(report))}


@pytest.mark.parametrize("name", samples.REPORTS)
def test_every_report_is_a_trace(name: str) -> None:
    document = made(samples.REPORTS[name])
    assert document["displayTimeUnit"] == "ms"
    assert document["otherData"]["run_id"] == "01HWTEST"
    expected = sum(len(one.result.attempts) for one in samples.REPORTS[name].results)
    assert len(slices(document)) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_any_report_at_all_is_a_trace(report: RunReport) -> None:
    assert len(slices(made(report))) == sum(len(one.result.attempts) for one in report.results)


def test_times_are_microseconds_from_the_start_of_the_run() -> None:
    (event,) = slices(made(attempts((1.5, 1.7504))))
    assert (event["ts"], event["dur"]) == (1_500_000, 250_400)
    (run,) = [event for event in made(attempts((1.5, 1.75)))["traceEvents"] if event.get("cat") == "run"]
    assert (run["ts"], run["dur"]) == (0, 1_240_000)


def test_an_event_tells_what_came_of_the_attempt_and_what_it_took() -> None:
    usage = Usage(0.5, 0.25, 0.125, 4096, 512, 0, 0.0625)
    result = Result(
        Status.FAIL,
        cause=Cause.FINDINGS,
        reason="exit code 1",
        files=12,
        command=("ruff", "check"),
        attempts=(Attempt(1, 0.0, 0.5, 75, "exit code 75"), Attempt(2, 1.0, 0.5, 1, "exit code 1", "busy", usage)),
    )
    first, last = slices(made(report(entry("ruff", result), exit_code=1)))
    assert (first["name"], last["name"], first["cat"]) == ("ruff", "ruff (attempt 2)", "validator")
    assert first["args"] == {
        "number": 1,
        "exit_code": 75,
        "error": "exit code 75",
        "files": 12,
        "command": ["ruff", "check"],
    }
    assert last["args"]["usage"] == {
        "wall_ms": 500.0,
        "user_ms": 250.0,
        "system_ms": 125.0,
        "memory_bytes": 4096,
        "read_bytes": 512,
        "written_bytes": 0,
        "startup_ms": 62.5,
        "startup_share": 0.125,
    }
    told = {key: last["args"][key] for key in ("status", "cause", "exit_code", "why", "files", "findings")}
    assert told == {
        "status": "FAIL",
        "cause": "findings",
        "exit_code": 1,
        "why": "busy",
        "files": 12,
        "findings": 0,
    }


def test_what_ran_one_after_another_is_in_one_lane_and_what_ran_at_once_is_not() -> None:
    assert lanes(attempts((0, 1), (1, 2), (2, 3))) == {"c0": 2, "c1": 2, "c2": 2}
    assert lanes(attempts((0, 2), (1, 3), (2, 4), (3, 5))) == {"c0": 2, "c1": 3, "c2": 2, "c3": 3}


def test_lanes_have_names_and_stand_in_their_order() -> None:
    document = made(attempts(*[(0, 1)] * 12))
    named = {event["tid"]: event["args"]["name"] for event in document["traceEvents"] if event["name"] == "thread_name"}
    assert named == {1: "run", **{number + 1: f"lane {number}" for number in range(1, 13)}}
    sorts = [event for event in document["traceEvents"] if event["name"] == "thread_sort_index"]
    assert [(event["tid"], event["args"]["sort_index"]) for event in sorts] == [(n, n) for n in range(1, 14)]


@given(st.lists(st.floats(0, 100).flatmap(lambda start: st.tuples(st.just(start), st.floats(start, 101)))))
def test_no_two_attempts_of_a_lane_overlap_and_there_are_no_more_lanes_than_ran_at_once(
    moments: list[tuple[float, float]],
) -> None:
    events = slices(made(attempts(*moments)))
    assert {event["name"] for event in events} == {f"c{number}" for number in range(len(moments))}
    by_lane: dict[int, list[Json]] = {}
    for event in sorted(events, key=lambda event: (event["ts"], event["dur"])):
        by_lane.setdefault(event["tid"], []).append(event)
    for lane in by_lane.values():
        assert all(one["ts"] + one["dur"] <= other["ts"] for one, other in pairwise(lane))
    at_once = [sum(one["ts"] <= event["ts"] < one["ts"] + max(one["dur"], 1) for one in events) for event in events]
    assert len(by_lane) <= max(at_once, default=0)


def test_a_run_that_could_not_happen_is_a_trace_that_says_why() -> None:
    document = made(samples.REPORTS["configuration error"])
    assert slices(document) == []
    assert document["otherData"]["error"]["remedy"] == "did you mean `lifecycle`?"
