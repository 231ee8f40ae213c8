"""The report as a fold over events, and the one place where an outcome becomes a number."""

from typing import Any

import pytest

from omnibase.core.reporting import SLOWEST, error_report, report
from omnibase.model.component import Command, Component, ComponentType, Lifecycle
from omnibase.model.errors import (
    ConfigurationError,
    ExecutionError,
    Location,
    OmnibaseError,
    ProtocolError,
    RegistryError,
    SecurityError,
)
from omnibase.model.events import AttemptStarted, Event, Noticed, RunEnded, RunStarted, TaskEnded
from omnibase.model.plan import Plan, Strategy, Task
from omnibase.model.report import ReportedError, RunReport
from omnibase.model.result import Attempt, Cause, Finding, Output, Patch, Result, Severity, Status
from tests.core.simulator import HEADER

PASS, FAIL, WARN, SKIP, TIME = Status.PASS, Status.FAIL, Status.WARN, Status.SKIP, Status.TIME
OK = Result(PASS)
BAD = Result(FAIL)
SLOW = Result(TIME, cause=Cause.TIMEOUT)
BROKEN = Result(FAIL, cause=Cause.PROTOCOL)
MISSING = Result(SKIP, cause=Cause.NOT_INSTALLED)
NOTHING = Result(SKIP, cause=Cause.NO_FILES)


def component(number: int, **fields: Any) -> Component:
    return Component(f"c{number}", Command(("true",)), **fields)


def told(*results: Result, signal: int | None = None, **fields: Any) -> RunReport:
    """The report of a run that came to these results; fields are of each component."""
    plan = Plan(tuple(Task(component(number, **fields)) for number in range(len(results))))
    events: list[Event] = [RunStarted(0.0, HEADER, plan)]
    events += [TaskEnded(1.0, number, result) for number, result in enumerate(results)]
    return report([*events, RunEnded(2.5, signal, {"attempts": 3})])


def fixed(check: Result, fix: Result) -> Result:
    """What is reported of a check whose fixer ran before it."""
    plan = Plan((Task(component(0), fix=True), Task(component(0))))
    made = report([RunStarted(0.0, HEADER, plan), TaskEnded(1.0, 0, fix), TaskEnded(2.0, 1, check), RunEnded(3.0)])
    (entry,) = made.results
    return entry.result


# Status and exit code


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([], SKIP),
        ([NOTHING], SKIP),
        ([NOTHING, OK], PASS),
        ([OK, Result(WARN)], WARN),
        ([Result(WARN), SLOW], TIME),
        ([SLOW, BAD, OK], FAIL),
    ],
)
def test_the_run_s_status_is_the_first_that_occurs(results: list[Result], status: Status) -> None:
    assert told(*results).status is status
    assert told(*reversed(results)).status is status


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 0),
        ([OK, Result(WARN), NOTHING], 0),
        ([Result(SKIP, cause=Cause.GATED), Result(SKIP, cause=Cause.USER_SKIP)], 0),
        ([OK, BAD], 1),
        ([SLOW], 1),
        ([MISSING], 1),
        ([OK, BROKEN], 4),
        ([BROKEN, BAD, MISSING], 4),
        ([BAD, BROKEN], 4),
    ],
)
def test_the_highest_exit_code_wins(results: list[Result], code: int) -> None:
    assert told(*results).exit_code == code


def test_what_is_not_required_may_be_missing_but_not_fail() -> None:
    assert told(MISSING, required=False).exit_code == 0
    assert told(BAD, required=False).exit_code == 1


@pytest.mark.parametrize(("signal", "code"), [(2, 130), (15, 143), (1, 129)])
def test_a_signal_gives_the_exit_code_whatever_the_results(signal: int, code: int) -> None:
    for results in ([], [OK], [BAD, BROKEN]):
        made = told(*results, signal=signal)
        assert (made.exit_code, made.signal) == (code, signal)


# What a report holds


def test_a_report_has_the_checks_in_the_order_of_the_plan_with_what_is_known_of_them() -> None:
    attempts = (Attempt(1, 0.5, 2.0), Attempt(2, 4.0, 1.0))
    made = told(
        OK, Result(PASS, attempts=attempts), version="1.2.3", lifecycle=Lifecycle.CANARY, type=ComponentType.TEST
    )
    first, second = made.results
    assert [entry.name for entry in made.results] == ["c0", "c1"]
    assert (first.started, first.duration) == (None, 0.0)
    assert (second.started, second.duration) == (0.5, 3.0)
    assert (second.version, second.lifecycle, second.type) == ("1.2.3", Lifecycle.CANARY, ComponentType.TEST)


def test_a_report_has_the_times_the_notices_and_the_metrics_of_the_run() -> None:
    header = HEADER._replace(notices=("before the run",))
    events: list[Event] = [
        RunStarted(0.0, header, Plan(())),
        Noticed(1.0, "during the run"),
        RunEnded(2.5, None, {"attempts": 0}),
    ]
    made = report(events)
    assert (made.duration, made.finished_at) == (2.5, HEADER.started_at + 2.5)
    assert made.notices == ("before the run", "during the run")
    assert made.metrics == {"attempts": 0}
    assert made.header is header


def test_a_summary_counts_and_names_the_slowest() -> None:
    ran = [Result(PASS, attempts=(Attempt(1, 0.0, float(seconds)),)) for seconds in (1, 7, 3, 5, 2, 4)]
    found = Result(WARN, findings=(Finding("one"), Finding("two")), cached=True)
    summary = told(*ran, found, BAD, NOTHING).summary
    assert summary.counts == {"FAIL": 1, "TIME": 0, "WARN": 1, "PASS": 6, "SKIP": 1}
    assert (summary.findings, summary.cache_hits) == (2, 1)
    assert summary.slowest == (("c1", 7.0), ("c3", 5.0), ("c5", 4.0), ("c2", 3.0), ("c4", 2.0))
    assert len(summary.slowest) == SLOWEST


def test_a_file_that_several_look_at_is_counted_once() -> None:
    plan = Plan((), inputs=(("a", "b"), ("b", "c")))
    assert report([RunStarted(0.0, HEADER, plan), RunEnded(1.0)]).summary.files == 3


def test_a_report_tells_of_the_plan() -> None:
    tasks = (Task(component(0), fix=True), Task(component(0), learnt=True), Task(component(1)))
    plan = Plan(tasks, strategy=Strategy.STAGED_PARALLEL, waves=(1, 2), critical_path=(0, 2))
    plan = plan._replace(expected_makespan=3.5, expected_seconds=7.0)
    made = report([RunStarted(0.0, HEADER, plan), RunEnded(1.0)]).plan
    assert made is not None
    assert (made.strategy, made.tasks, made.waves) == ("staged_parallel", 2, (1, 2))
    assert (made.critical_path, made.estimated, made.estimated_speedup) == (("c0", "c1"), 3.5, 2.0)
    assert made.speedup is None


def test_where_no_earlier_run_is_known_nothing_is_estimated() -> None:
    plan = Plan((Task(component(0)),), critical_path=(0,), expected_makespan=1.0, expected_seconds=1.0)
    made = report([RunStarted(0.0, HEADER, plan), RunEnded(1.0)]).plan
    assert made is not None
    assert (made.estimated, made.estimated_speedup) == (None, None)


def test_the_speedup_is_the_time_of_all_attempts_over_the_time_they_were_in() -> None:
    plan = Plan((Task(component(0)), Task(component(1)), Task(component(2))))
    times = ((1.0, 2.0), (1.0, 2.0), (2.5, 0.5))
    ended = [
        TaskEnded(5.0, index, Result(PASS, attempts=(Attempt(1, started, duration),)))
        for index, (started, duration) in enumerate(times)
    ]
    made = report([RunStarted(0.0, HEADER, plan), *ended, RunEnded(6.0)]).plan
    assert made is not None
    assert made.speedup == 4.5 / 2.0


# Fixers


def test_what_a_fixer_did_is_told_with_its_check() -> None:
    fix = Result(PASS, marked=("fixed",), changed_files=("b", "a"))
    result = fixed(Result(PASS, changed_files=("a", "c"), files=2), fix)
    assert (result.status, result.marked, result.changed_files, result.files) == (PASS, ("fixed",), ("a", "b", "c"), 2)


@pytest.mark.parametrize(
    ("check", "fix", "status", "cause"),
    [
        (OK, Result(FAIL, cause=Cause.CHANGED_FILES), FAIL, Cause.CHANGED_FILES),
        (Result(FAIL, cause=Cause.FINDINGS), Result(FAIL, cause=Cause.CHANGED_FILES), FAIL, Cause.FINDINGS),
        (Result(FAIL, cause=Cause.FINDINGS), BROKEN, FAIL, Cause.PROTOCOL),
        (Result(FAIL, cause=Cause.FINDINGS), OK, FAIL, Cause.FINDINGS),
        (OK, SLOW, TIME, Cause.TIMEOUT),
        (Result(WARN, cause=Cause.FINDINGS), OK, WARN, Cause.FINDINGS),
    ],
)
def test_the_worse_of_check_and_fixer_counts(check: Result, fix: Result, status: Status, cause: Cause) -> None:
    result = fixed(check, fix)
    assert (result.status, result.cause) == (status, cause)


def test_what_could_not_be_fixed_is_among_the_findings() -> None:
    unreadable = Finding("cannot be read", "b")
    not_fixed = Finding("not fixed: the file changed meanwhile", "a", code="not-fixed", severity=Severity.WARNING)
    check = Result(FAIL, cause=Cause.FINDINGS, findings=(Finding("trailing", "a", 1), unreadable))
    result = fixed(check, Result(WARN, cause=Cause.FINDINGS, findings=(not_fixed, unreadable)))
    assert result.findings == (not_fixed, Finding("trailing", "a", 1), unreadable)


def test_a_fixer_that_crashed_shows_its_output() -> None:
    crashed = Result(
        FAIL, cause=Cause.CRASHED, reason="raised ValueError", output=Output("Traceback"), remedy="mend it"
    )
    result = fixed(Result(PASS, output=Output("checked")), crashed)
    assert (result.output, result.reason, result.remedy) == (Output("Traceback"), "raised ValueError", "mend it")
    assert fixed(Result(PASS, output=Output("checked")), OK).output == Output("checked")


def test_patches_of_the_fixer_come_before_those_of_the_check() -> None:
    one, other = Patch("b", "diff of b", True), Patch("a", "diff of a", False)
    result = fixed(Result(FAIL, patches=(other,)), Result(FAIL, patches=(one,)))
    assert result.patches == (one, other)


def test_a_dry_run_says_how_it_would_mend_before_it_would_check() -> None:
    check = Result(SKIP, cause=Cause.DRY_RUN, reason="would run", command=("lint", "a"))
    fix = Result(SKIP, cause=Cause.DRY_RUN, reason="would fix", command=("lint", "--fix", "a b"))
    result = fixed(check, fix)
    assert (result.status, result.cause, result.command) == (SKIP, Cause.DRY_RUN, ("lint", "a"))
    assert result.reason == "would fix, and then would run"


def test_a_dry_run_of_a_pure_fixer_has_no_command_to_tell_of() -> None:
    check = Result(SKIP, cause=Cause.DRY_RUN, reason="would run m:check")
    patch = Patch("a", "diff of a", False)
    result = fixed(check, Result(SKIP, cause=Cause.DRY_RUN, reason="would fix", patches=(patch,)))
    assert (result.status, result.cause, result.patches) == (SKIP, Cause.DRY_RUN, (patch,))


# Records that are not whole


def test_a_record_that_breaks_off_says_so_and_is_no_success() -> None:
    plan = Plan((Task(component(0)), Task(component(1))))
    made = report([RunStarted(0.0, HEADER, plan), AttemptStarted(0.5, 0, 1), TaskEnded(1.0, 0, OK)])
    assert [entry.result.status for entry in made.results] == [PASS, SKIP]
    assert made.results[1].result.reason == "no end is recorded"
    assert (made.exit_code, made.duration) == (1, 1.0)
    assert made.notices == ("the record ends early: the run was killed, or is still going on",)


def test_a_record_without_a_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="how the run began"):
        report([RunEnded(1.0)])


# Runs that could not happen


@pytest.mark.parametrize(
    ("error", "family", "code"),
    [
        (ExecutionError, "execution", 1),
        (ConfigurationError, "configuration", 2),
        (RegistryError, "registry", 3),
        (ProtocolError, "protocol", 4),
        (SecurityError, "security", 5),
    ],
)
def test_a_run_that_could_not_happen_reports_why(error: type[OmnibaseError], family: str, code: int) -> None:
    raised = error("what happened", place=Location("registry.yaml", 3, 5), remedy="what to do")
    made = error_report(HEADER, raised, HEADER.started_at + 0.5)
    assert made.error == ReportedError(family, code, "what happened", "registry.yaml:3:5", "what to do")
    assert (made.exit_code, made.status, made.duration, made.results) == (code, None, 0.5, ())
    assert error_report(HEADER, error("what happened"), 0.0).duration == 0.0
