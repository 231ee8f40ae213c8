"""What hooks are told: the JSON of commands, and the records of plugins."""

import json
from typing import Any

import pytest

from omnibase.core.hook_events import hook_event, hook_record
from omnibase.model.component import Command, Component, ComponentType, Lifecycle
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.plan import LeftOut, Moment, Plan, Task
from omnibase.model.ports import AfterRun, BeforeRun, TaskMoment
from omnibase.model.result import Attempt, Cause, Finding, Result, Status

CTX = ExecutionContext("ci", Mode.ASYNC, "/root", "/root/sub", "run-1", "c" * 32, env={"TOKEN": "hidden"})
COMMON = {"event_version": "1", "run_id": "run-1", "correlation_id": "c" * 32, "stage": "ci", "mode": "async"}
WORK = Command(("x",))
STYLE = Component(
    "style", WORK, version="1.2.0", lifecycle=Lifecycle.STABLE, tags=("a", "b"), owner="@us", env={"KEY": "hidden"}
)
UNIT = Component("unit", WORK, ComponentType.TEST, required=False)
# A fixer with its check, one that is left out, and one that only stands by.
PLAN = Plan(
    (
        Task(STYLE, fix=True),
        Task(STYLE),
        Task(UNIT, left_out=LeftOut(Cause.NO_FILES, "no files")),
        Task(Component("spare", WORK), standby=True),
    )
)
ATTEMPT = Attempt(1, 0.5, 0.25)
FIXED = Result(Status.PASS, attempts=(ATTEMPT,), files=2, changed_files=("a.py", "b.py"))
CHECKED = Result(
    Status.WARN, (Finding("odd"), Finding("odder")), reason="\x1b[31mred", attempts=(ATTEMPT, ATTEMPT), files=3
)
SKIPPED = Result(Status.SKIP, cause=Cause.NO_FILES, reason="no files")
NOTHING: list[Result | None] = [None] * 4
ALL = [FIXED, CHECKED, SKIPPED, Result(Status.FAIL)]


@pytest.mark.parametrize("moment", [Moment.BEFORE_RUN, Moment.BEFORE_STAGE])
def test_before_the_run_the_event_names_its_components(moment: Moment) -> None:
    event = hook_event(moment, None, CTX, PLAN, NOTHING, None)
    assert event == {**COMMON, "hook": moment.value, "components": ["style", "unit"]}


@pytest.mark.parametrize("moment", [Moment.AFTER_RUN, Moment.AFTER_STAGE])
def test_after_the_run_the_event_has_what_each_component_came_to_with_its_fixer(moment: Moment) -> None:
    assert hook_event(moment, None, CTX, PLAN, ALL, None) == {
        **COMMON,
        "hook": moment.value,
        "components": ["style", "unit"],
        "status": "WARN",
        "statuses": {"style": "WARN", "unit": "SKIP"},
        "failed": [],
        "signal": None,
    }


def test_who_fails_the_run_is_told_also_where_that_is_no_fail() -> None:
    missing = Result(Status.SKIP, cause=Cause.NOT_INSTALLED)
    event = hook_event(Moment.AFTER_RUN, None, CTX, PLAN, [None, missing, missing, None], 15)
    assert (event["status"], event["failed"], event["signal"]) == ("SKIP", ["style"], 15)
    failing_fixer = [Result(Status.FAIL), CHECKED, None, None]
    event = hook_event(Moment.AFTER_RUN, None, CTX, PLAN, failing_fixer, None)
    assert (event["status"], event["statuses"], event["failed"]) == ("FAIL", {"style": "FAIL"}, ["style"])


def test_a_run_of_nothing_has_no_status_of_its_own() -> None:
    event = hook_event(Moment.AFTER_RUN, None, CTX, Plan(()), [], None)
    assert (event["status"], event["statuses"], event["components"]) == ("SKIP", {}, [])


@pytest.mark.parametrize("task", [0, 1])
def test_before_a_task_the_event_has_the_component(task: int) -> None:
    component = {
        "name": "style",
        "type": "validator",
        "version": "1.2.0",
        "lifecycle": "stable",
        "tags": ["a", "b"],
        "owner": "@us",
    }
    event = hook_event(Moment.BEFORE_TASK, task, CTX, PLAN, NOTHING, None)
    assert event == {**COMMON, "hook": "before_task", "component": component}


def test_after_a_task_the_event_has_its_result_too() -> None:
    event = hook_event(Moment.AFTER_TASK, 1, CTX, PLAN, ALL, None)
    assert event["component"]["name"] == "style"
    assert event["result"] == {
        "status": "WARN",
        "cause": None,
        "reason": "red",
        "remedy": None,
        "failed": False,
        "duration_ms": 750.0,
        "attempts": 3,
        "findings": 2,
        "files": 3,
        "changed_files": 2,
    }


@pytest.mark.parametrize("moment", list(Moment))
def test_an_event_is_utf_8_and_has_nothing_of_an_environment(moment: Moment) -> None:
    odd = STYLE._replace(name="a\udcff", owner="\udcfe", version="\udcfd", tags=("\udcfc",))
    plan = Plan((Task(odd),))
    event: dict[str, Any] = hook_event(moment, 0, CTX, plan, [CHECKED._replace(reason="\udcfb")], None)
    text = json.dumps(event, ensure_ascii=False)
    assert text.encode("utf-8").decode("utf-8") == text
    assert "hidden" not in text


def test_plugins_are_given_records_of_the_same() -> None:
    before = BeforeRun("run-1", "ci", "async", ("style", "unit"))
    after = AfterRun("run-1", "ci", {"style": "WARN", "unit": "SKIP"})
    for moment in (Moment.BEFORE_RUN, Moment.BEFORE_STAGE):
        assert hook_record(moment, None, CTX, PLAN, NOTHING) == before
    for moment in (Moment.AFTER_RUN, Moment.AFTER_STAGE):
        assert hook_record(moment, None, CTX, PLAN, ALL) == after
    assert hook_record(Moment.BEFORE_TASK, 1, CTX, PLAN, ALL) == TaskMoment("run-1", "style", "before")
    assert hook_record(Moment.BEFORE_TASK, 0, CTX, PLAN, NOTHING) == TaskMoment("run-1", "style", "before")
    assert hook_record(Moment.AFTER_TASK, 1, CTX, PLAN, ALL) == TaskMoment("run-1", "style", "after", "WARN")
