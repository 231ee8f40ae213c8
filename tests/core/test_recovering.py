"""What stands in where a component came to no verdict of its own."""

from typing import Any

import pytest

from omnibase.core.recovering import degraded, lacks_verdict, stood_in
from omnibase.model.component import Command, Component, Lifecycle
from omnibase.model.result import Attempt, Cause, Finding, Result, Status

TIMED_OUT = Result(Status.TIME, cause=Cause.TIMEOUT, reason="no verdict after 5 s", attempts=(Attempt(1, 0.0, 5.0),))
MISSING = Result(Status.SKIP, cause=Cause.NOT_INSTALLED, reason="ruff is not installed")


# What kept a component from a verdict of its own.
KEPT_FROM_IT = {
    Cause.TIMEOUT,
    Cause.SIGNAL,
    Cause.CRASHED,
    Cause.LIMIT,
    Cause.NO_REPORT,
    Cause.NOT_INSTALLED,
    Cause.NOT_EXECUTABLE,
    Cause.NOT_STARTED,
    Cause.BREAKER_OPEN,
    Cause.TRANSIENT,
}


def component(**fields: Any) -> Component:
    return Component("it", Command(("true",)), **{"degraded": True, "lifecycle": Lifecycle.STABLE, **fields})


@pytest.mark.parametrize("cause", sorted(KEPT_FROM_IT))
def test_what_kept_a_component_from_a_verdict_can_be_recovered_from(cause: Cause) -> None:
    assert lacks_verdict(Result(Status.FAIL, cause=cause))
    assert not lacks_verdict(Result(Status.FAIL, cause=cause, findings=(Finding("an error"),)))


@pytest.mark.parametrize("cause", sorted(set(Cause) - KEPT_FROM_IT))
def test_a_verdict_and_what_somebody_asked_for_stay(cause: Cause) -> None:
    assert not lacks_verdict(Result(Status.FAIL, cause=cause))
    assert degraded(component(), Result(Status.FAIL, cause=cause)) == Result(Status.FAIL, cause=cause)


def test_a_plain_failure_stays() -> None:
    assert not lacks_verdict(Result(Status.FAIL, reason="exit code 1"))


def test_a_fallback_s_result_counts_and_is_never_a_plain_one() -> None:
    result = stood_in(component(), TIMED_OUT, "other", Result(Status.PASS, value=7, attempts=(Attempt(1, 6.0, 1.0),)))
    assert (result.status, result.value, result.marked) == (Status.PASS, 7, ("fallback",))
    assert result.reason == "no verdict of its own (no verdict after 5 s): other stood in"
    assert result.attempts == TIMED_OUT.attempts


def test_a_fallback_that_finds_something_fails_the_component() -> None:
    found = Result(Status.FAIL, findings=(Finding("an error"),), reason="exit code 1")
    result = stood_in(component(), MISSING, "other", found)
    assert (result.status, result.findings, result.marked) == (Status.FAIL, found.findings, ("fallback",))
    assert result.reason == "no verdict of its own (ruff is not installed): other stood in (exit code 1)"


def test_the_lifecycle_of_a_component_holds_for_the_result_of_its_fallback() -> None:
    failed, passed = Result(Status.FAIL, reason="exit code 1"), Result(Status.PASS)
    new = component(lifecycle=Lifecycle.EXPERIMENTAL)
    old = component(lifecycle=Lifecycle.DEPRECATED, replaced_by="other")
    told = "no verdict of its own (no verdict after 5 s): other stood in"
    results = [stood_in(new, TIMED_OUT, "other", failed), stood_in(old, TIMED_OUT, "other", passed)]
    assert [(one.status, one.cause, one.marked) for one in results] == [
        (Status.WARN, Cause.EXPERIMENTAL, ("fallback",)),
        (Status.WARN, Cause.DEPRECATED, ("fallback",)),
    ]
    assert results[0].reason == f"experimental: would have failed ({told} (exit code 1))"
    assert results[1].reason == f"deprecated: use other instead; {told}"


@pytest.mark.parametrize("other", [MISSING, Result(Status.SKIP, cause=Cause.NO_FILES, reason="no files to check")])
def test_a_fallback_without_a_verdict_leaves_the_failure_as_it_was(other: Result) -> None:
    result = stood_in(component(), TIMED_OUT, "other", other)
    assert (result.status, result.cause, result.marked) == (Status.TIME, Cause.TIMEOUT, ())
    assert result.reason == f"no verdict after 5 s; other, its fallback, had no verdict either ({other.reason})"


@pytest.mark.parametrize("result", [TIMED_OUT, MISSING])
def test_a_degraded_component_warns_and_never_passes(result: Result) -> None:
    made = degraded(component(), result)
    assert (made.status, made.marked, made.cause) == (Status.WARN, ("degraded",), result.cause)
    assert made.reason == f"no verdict ({result.reason}), and the run goes on without"


def test_only_what_would_fail_the_run_is_degraded() -> None:
    assert degraded(component(required=False), MISSING) == MISSING
    assert degraded(component(degraded=False), TIMED_OUT) == TIMED_OUT
