"""Whether an attempt is made again, and when: the rules as tables, the waits as properties."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.retrying import Again, again, chance, delay
from omnibase.core.transience import counts, transience
from omnibase.model.component import Command, Component, Retry
from omnibase.model.events import Outcome
from omnibase.model.result import Cause, Finding, Status

RULE = Retry(jitter=0.0, exit_codes=(75,))
PASSING = Outcome(0, exit_code=75)
DECLARED = "exit code 75 is declared as transient"
RULES = st.builds(
    Retry,
    attempts=st.integers(1, 10),
    first_delay=st.floats(0.001, 100),
    factor=st.floats(1, 10),
    max_delay=st.floats(0.001, 1000),
    jitter=st.floats(0, 1),
)


def component(**fields: Any) -> Component:
    return Component("it", Command(("true",)), **{"idempotent": True, "retry": RULE, **fields})


def decided(*outcomes: Outcome, number: int = 1, elapsed: float = 1.0, **fields: Any) -> Again | None:
    return again(component(**fields), outcomes, number=number, elapsed=elapsed, seed=7)


# Which failures are in passing


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (PASSING, DECLARED),
        (Outcome(0, exit_code=75, cause=Cause.NO_REPORT), DECLARED),
        (Outcome(0, exit_code=1, transient="its error output has 'busy'"), "its error output has 'busy'"),
        (Outcome(0, status=Status.FAIL, cause=Cause.CRASHED, transient="TimeoutError"), "TimeoutError"),
        (Outcome(0, cause=Cause.NOT_STARTED, transient="Cannot allocate memory"), "Cannot allocate memory"),
        (Outcome(0, exit_code=1), None),
        (Outcome(0, exit_code=0), None),
        (Outcome(0, status=Status.PASS), None),
        (Outcome(0, status=Status.FAIL), None),
        (Outcome(0, exit_code=75, findings=(Finding("an error"),)), None),
        (Outcome(0, status=Status.FAIL, transient="ECONNRESET", findings=(Finding("an error"),)), None),
        (Outcome(0, cause=Cause.SIGNAL, signal=9), None),
        (Outcome(0, cause=Cause.TIMEOUT), None),
        (Outcome(0, exit_code=75, cause=Cause.INTERRUPTED), None),
        (Outcome(0, exit_code=75, cause=Cause.RUN_TIMEOUT), None),
        (Outcome(0, exit_code=75, cause=Cause.CHANGED_FILES), None),
        (Outcome(0, exit_code=75, cause=Cause.PROTOCOL), None),
        (Outcome(0, exit_code=75, cause=Cause.LIMIT, transient="EAGAIN"), None),
        (Outcome(0, cause=Cause.NOT_INSTALLED), None),
    ],
)
def test_a_failure_is_in_passing_only_by_what_is_declared_or_known(outcome: Outcome, why: str | None) -> None:
    assert transience(component(), outcome) == why


def test_a_timeout_is_in_passing_only_where_that_is_declared() -> None:
    late = Outcome(0, cause=Cause.TIMEOUT)
    assert transience(component(retry=RULE._replace(on_timeout=True)), late) == "no verdict in time"
    assert transience(component(), late) is None


def test_a_breaker_counts_failures_in_passing_and_every_timeout_and_never_findings() -> None:
    assert counts(component(), PASSING)
    assert counts(component(), Outcome(0, cause=Cause.TIMEOUT))
    assert not counts(component(), Outcome(0, exit_code=1))
    assert not counts(component(), Outcome(0, cause=Cause.TIMEOUT, findings=(Finding("an error"),)))
    assert not counts(component(), Outcome(0, cause=Cause.RUN_TIMEOUT))


# Whether there is another attempt


def test_what_failed_in_passing_is_tried_again_and_says_why() -> None:
    assert decided(PASSING) == Again(0.1, DECLARED)


@pytest.mark.parametrize(
    "other",
    [
        Outcome(0, exit_code=1),
        Outcome(0, status=Status.FAIL),
        Outcome(0, findings=(Finding("an error"),)),
        Outcome(0, cause=Cause.SIGNAL, signal=11),
        Outcome(0, cause=Cause.TIMEOUT),
        Outcome(0, cause=Cause.PROTOCOL),
    ],
)
def test_nothing_is_tried_again_where_another_batch_has_failed_for_good(other: Outcome) -> None:
    assert decided(PASSING, other) is None


def test_batches_that_passed_do_not_keep_the_others_from_another_attempt() -> None:
    assert decided(Outcome(0, exit_code=0), PASSING) == Again(0.1, DECLARED)


def test_what_passed_is_not_tried_again() -> None:
    assert decided(Outcome(0, exit_code=0)) is None
    assert decided(Outcome(0, exit_code=1)) is None


def test_what_is_not_idempotent_is_never_tried_again() -> None:
    assert decided(PASSING, idempotent=False) is None


@pytest.mark.parametrize("outcomes", [(PASSING,), (PASSING, Outcome(0, exit_code=0))])
def test_an_attempt_that_changed_files_is_never_retried(outcomes: tuple[Outcome, ...]) -> None:
    *others, last = outcomes
    assert decided(*others, last._replace(changed_files=("a.py",))) is None


def test_there_are_as_many_attempts_as_are_declared() -> None:
    assert decided(PASSING, number=2) is not None
    assert decided(PASSING, number=3) is None
    assert decided(PASSING, retry=RULE._replace(attempts=1)) is None


@pytest.mark.parametrize("limit", ["budget", "deadline"])
def test_no_attempt_begins_after_the_time_for_all_of_them(limit: str) -> None:
    def with_limit(seconds: float) -> Again | None:
        if limit == "budget":
            return decided(PASSING, elapsed=1.0, retry=RULE._replace(budget=seconds))
        return decided(PASSING, elapsed=1.0, deadline=seconds)

    assert with_limit(1.2) == Again(0.1, DECLARED)
    assert with_limit(1.1) is None
    assert with_limit(0.5) is None


# How long it waits


def test_the_wait_doubles_up_to_the_most() -> None:
    rule = Retry(jitter=0.0, first_delay=0.1, factor=2.0, max_delay=1.0)
    waits = [delay(rule, number, 0, "it") for number in range(1, 7)]
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


@given(RULES, st.integers(1, 2000), st.integers(0, 2**64 - 1), st.text(max_size=20))
def test_a_wait_is_bounded_and_chance_only_shortens_it(rule: Retry, number: int, seed: int, name: str) -> None:
    wait, longest = delay(rule, number, seed, name), delay(rule._replace(jitter=0.0), number, seed, name)
    assert 0.0 <= (1.0 - rule.jitter) * longest <= wait * (1 + 1e-9)
    assert wait <= longest <= rule.max_delay


@given(st.integers(0, 2**64 - 1), st.text(max_size=20), st.integers(1, 100))
def test_the_same_seed_gives_the_same_wait(seed: int, name: str, number: int) -> None:
    assert chance(seed, name, number) == chance(seed, name, number)
    assert 0.0 <= chance(seed, name, number) < 1.0


def test_chance_is_spread_over_seeds_components_and_attempts() -> None:
    drawn = sorted(chance(seed, f"c{name}", number) for seed in range(10) for name in range(10) for number in range(10))
    assert len(set(drawn)) == 1000
    widest = max(later - earlier for earlier, later in zip([0.0, *drawn], [*drawn, 1.0], strict=True))
    assert widest < 0.02
    assert sum(drawn) / 1000 == pytest.approx(0.5, abs=0.05)
