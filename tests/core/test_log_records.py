"""What a log has of the events of a run."""

import json
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.log_records import LogRecords
from omnibase.core.reporting import error_report, report
from omnibase.core.tracing import span_of_batch, span_of_run
from omnibase.model.component import Command, Component
from omnibase.model.errors import ConfigurationError
from omnibase.model.events import (
    Answered,
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    Interrupted,
    Noticed,
    Outcome,
    RunEnded,
    RunStarted,
    TaskEnded,
)
from omnibase.model.plan import Batch, HookCall, Moment, Plan, Span, Task
from omnibase.model.report import RepositoryState, RunHeader
from omnibase.model.result import Attempt, Cause, Finding, Result, Status
from tests.core.plans import random_plan
from tests.core.simulator import play
from tests.storage.recorded import EVERY_KIND

Json = Any

BEGAN = 1_700_000_000.0
HEADER = RunHeader("run-1", "c" * 32, "ci", "async", BEGAN, RepositoryState("/repo"), notices=("a notice",))
PLAN = Plan(
    tasks=(
        Task(Component("ruff", Command(("ruff",))), batches=(0,)),
        Task(Component("ruff", Command(("ruff", "--fix"))), batches=(1,), fix=True),
        Task(Component("mypy", Command(("mypy",)), required=False), batches=(2,)),
    ),
    batches=(Batch((Span(0),), "command"), Batch((Span(1),), "command"), Batch((Span(2),), "command")),
    slots=2,
    hooks=(HookCall(Moment.BEFORE_TASK, "a hook"),),
)
# The schema of a record (docs/commands.md, "Logs").
SCHEMA = {
    "type": "object",
    "required": ["time", "level", "run_id", "correlation_id", "event"],
    "properties": {
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
        "level": {"enum": ["debug", "info", "warning", "error"]},
        "run_id": {"type": "string"},
        "correlation_id": {"type": "string"},
        "event": {
            "enum": [
                "run.started", "run.ended", "attempt.started", "attempt.failed", "batch.started", "batch.ended",
                "task.ended", "hook.ended", "interrupted", "notice",
            ]
        },
        "component": {"type": "string"},
        "components": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "attempt": {"type": "integer", "minimum": 1},
        "batch": {"type": "integer", "minimum": 0},
        "span_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "parent_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "status": {"enum": ["PASS", "FAIL", "WARN", "SKIP", "TIME"]},
        "cause": {"type": "string"},
        "reason": {"type": "string"},
        "message": {"type": "string"},
        "exit_code": {"type": "integer"},
        "signal": {"type": "integer"},
        "duration_ms": {"type": "number", "minimum": 0},
        "again_ms": {"type": "number", "minimum": 0},
        "findings": {"type": "integer", "minimum": 1},
        "fix": {"const": True},
        "hook": {"type": "string"},
        "moment": {"type": "string"},
        "stage": {"type": "string"},
        "mode": {"type": "string"},
        "tasks": {"type": "integer"},
        "slots": {"type": "integer"},
        "strategy": {"type": "string"},
    },
    "additionalProperties": False,
}  # fmt: skip
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def records(*events: Event, parent: str | None = None, start: bool = True) -> list[Json]:
    """The records of these events, after the start of the run."""
    log = LogRecords("run-1", "c" * 32, BEGAN, parent)
    first = log.of(RunStarted(0.0, HEADER, PLAN)) if start else []
    made = [record for event in events for record in log.of(event)]
    for record in (*first, *made):
        VALIDATOR.validate(record)
    return made if events else first


def one(*events: Event) -> Json:
    """The last record, without what every one has."""
    record = records(*events)[-1]
    assert (record.pop("run_id"), record.pop("correlation_id")) == ("run-1", "c" * 32)
    return record


def at(seconds: str) -> str:
    return f"2023-11-14T22:13:{seconds}Z"


def test_the_start_tells_of_the_plan_and_the_trace_and_is_followed_by_notices() -> None:
    started, notice = records(parent="b" * 16)
    assert started == {
        "time": at("20.000000"),
        "level": "info",
        "run_id": "run-1",
        "correlation_id": "c" * 32,
        "event": "run.started",
        "stage": "ci",
        "mode": "async",
        "tasks": 2,
        "slots": 2,
        "strategy": "sequential",
        "span_id": span_of_run("run-1"),
        "parent_id": "b" * 16,
    }
    assert (notice["event"], notice["level"], notice["message"]) == ("notice", "warning", "a notice")


def test_a_batch_is_joined_with_its_attempt_and_with_what_it_started() -> None:
    begun = (AttemptStarted(0.5, 0, 2, "exit code 75"), BatchStarted(0.5, 0, (0,)))
    span = span_of_batch("run-1", 0, 2, (0,))
    attempt, batch = records(*begun)
    assert (attempt["component"], attempt["attempt"], attempt["reason"]) == ("ruff", 2, "exit code 75")
    assert (batch["components"], batch["attempt"], batch["batch"]) == (["ruff"], 2, 0)
    assert (batch["span_id"], batch["parent_id"]) == (span, span_of_run("run-1"))
    assert one(*begun, BatchEnded(0.75, 0, (Outcome(0, exit_code=1),))) == {
        "time": at("20.750000"),
        "level": "debug",
        "event": "batch.ended",
        "components": ["ruff"],
        "attempt": 2,
        "batch": 0,
        "exit_code": 1,
        "duration_ms": 250.0,
        "span_id": span,
        "parent_id": span_of_run("run-1"),
    }


def test_a_failed_attempt_says_when_the_next_one_begins() -> None:
    failed = AttemptFailed(1.0, 2, Attempt(1, 0.25, 0.75, 75, "exit code 75"), 1.1)
    assert one(failed) == {
        "time": at("21.000000"),
        "level": "warning",
        "event": "attempt.failed",
        "component": "mypy",
        "attempt": 1,
        "exit_code": 75,
        "duration_ms": 750.0,
        "reason": "exit code 75",
        "again_ms": 100.0,
    }


def test_the_end_of_a_task_has_its_verdict() -> None:
    result = Result(
        Status.FAIL,
        cause=Cause.FINDINGS,
        reason="exit code 1",
        findings=(Finding("a"), Finding("b")),
        attempts=(Attempt(1, 0.0, 0.5, 75), Attempt(2, 0.75, 0.25, 1)),
    )
    assert one(TaskEnded(1.000001, 0, result)) == {
        "time": at("21.000001"),
        "level": "error",
        "event": "task.ended",
        "component": "ruff",
        "attempt": 2,
        "status": "FAIL",
        "cause": "findings",
        "reason": "exit code 1",
        "exit_code": 1,
        "duration_ms": 750.0,
        "findings": 2,
    }
    assert one(TaskEnded(1.0, 1, Result(Status.PASS)))["fix"] is True


@pytest.mark.parametrize(
    ("task", "result", "level"),
    [
        (0, Result(Status.PASS), "info"),
        (0, Result(Status.WARN), "warning"),
        (0, Result(Status.TIME), "error"),
        (0, Result(Status.SKIP, cause=Cause.NO_FILES), "info"),
        pytest.param(0, Result(Status.SKIP, cause=Cause.NOT_INSTALLED), "error", id="a skip that fails the run"),
        pytest.param(2, Result(Status.SKIP, cause=Cause.NOT_INSTALLED), "info", id="and one that does not"),
    ],
)
def test_the_level_is_what_it_means_for_the_run(task: int, result: Result, level: str) -> None:
    assert one(TaskEnded(1.0, task, result))["level"] == level


def test_what_is_no_task_is_told_of_too() -> None:
    assert one(Noticed(1.0, "something"))["message"] == "something"
    assert one(Interrupted(1.0, 15)) == {
        "time": at("21.000000"), "level": "warning", "event": "interrupted", "signal": 15,
    }  # fmt: skip
    assert one(Answered(1.0, "before_task", 0, problem="it failed", hook=0)) == {
        "time": at("21.000000"),
        "level": "debug",
        "event": "hook.ended",
        "component": "ruff",
        "hook": "a hook",
        "moment": "before_task",
        "reason": "it failed",
    }


def test_what_is_said_before_the_start_is_no_warning() -> None:
    (record,) = records(Noticed(-0.5, "this takes long"), start=False)
    assert (record["level"], record["time"]) == ("info", at("19.500000"))


def test_the_last_record_has_what_the_run_came_to() -> None:
    log = LogRecords("run-1", "c" * 32, BEGAN)
    events = (RunStarted(0.0, HEADER, PLAN), TaskEnded(1.0, 0, Result(Status.FAIL)), RunEnded(2.5))
    for event in events:
        log.of(event)
    record = log.end(report(events))
    VALIDATOR.validate(record)
    assert (record["event"], record["level"], record["status"], record["exit_code"]) == (
        "run.ended", "error", "FAIL", 1,
    )  # fmt: skip
    assert (record["time"], record["duration_ms"]) == (at("22.500000"), 2500.0)


def test_a_run_that_could_not_happen_says_why() -> None:
    log = LogRecords("run-1", "c" * 32, BEGAN)
    record = log.end(error_report(HEADER, ConfigurationError("no such suite"), BEGAN + 0.5))
    VALIDATOR.validate(record)
    assert (record["message"], record["exit_code"], "status" in record) == ("no such suite", 2, False)


def test_no_record_has_output_or_environment_or_what_acts_on_a_terminal() -> None:
    log = LogRecords("run-1", "c" * 32, BEGAN)
    said = json.dumps([record for event in EVERY_KIND for record in log.of(event)])
    assert "caf" not in said, "no environment of a component"
    assert "text" not in said, "no output"
    assert one(TaskEnded(1.0, 0, Result(Status.FAIL, reason="\x1b[31m::error::x\x07")))["reason"] == r"\::error::x\x07"


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_every_run_has_a_log_of_valid_records_in_which_all_that_begins_ends(seed: int, count: int) -> None:
    random = Random(seed)
    made = random_plan(random, count)
    run = play(made, random)
    log = LogRecords("run", "0" * 32, 0.0)
    told = [record for event in run.events for record in log.of(event)]
    for record in (*told, log.end(report(run.events))):
        VALIDATOR.validate(record)
    times = [record["time"] for record in told]
    assert times == sorted(times)
    spans = [record["span_id"] for record in told if record["event"] == "batch.started"]
    assert sorted(spans) == sorted(record["span_id"] for record in told if record["event"] == "batch.ended")
    assert len(set(spans)) == len(spans)
    assert sum(record["event"] == "task.ended" for record in told) == len(made.tasks)
