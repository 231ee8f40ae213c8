"""Circuit breakers: when they open, whom they let through, and by which clock."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.breaking import PRISTINE, TURNS, Breaker, BreakerState, Moment, Turn, again, elapsed, opened_by_hand
from omnibase.core.breaking import failed as after_failure
from omnibase.core.breaking import lease as ask
from omnibase.core.breaking import succeeded as after_success
from omnibase.model.component import BreakerRule
from omnibase.model.ports import Lease

RULE = BreakerRule(failures=3, reset=60.0, probes=2)
CLOSED, OPEN, HALF_OPEN = BreakerState
MONTH = 30 * 86400.0
START = Moment("a", 1000.0, 1_700_000_000.0)


def later(seconds: float, now: Moment = START, *, jump: float = 0.0) -> Moment:
    """A moment so much later; the wall clock has been set meanwhile."""
    return Moment(now.boot, now.uptime + seconds, now.wall + seconds + jump)


def opened(now: Moment = START) -> Breaker:
    it = PRISTINE
    for _ in range(RULE.failures):
        it, _ = after_failure(it, RULE, now)
    return it


# By hand


def test_it_opens_after_so_many_failures_in_a_row_and_says_when_it_is_worth_asking_again() -> None:
    it = PRISTINE
    answers = []
    for _ in range(3):
        it, answer = after_failure(it, RULE, START)
        answers.append(answer)
    assert answers == [Lease(True, "CLOSED", 1), Lease(True, "CLOSED", 2), Lease(False, "OPEN", 3, 60.0)]
    assert it == Breaker(OPEN, 3, START)


def test_a_success_in_between_begins_the_count_anew() -> None:
    it = PRISTINE
    for _ in range(10):
        it, _ = after_failure(it, RULE, START)
        it, _ = after_failure(it, RULE, START)
        it = after_success(it)
        assert it == PRISTINE


def test_after_the_reset_time_it_lets_through_so_many_probes_and_no_more() -> None:
    it = opened()
    it, early = ask(it, RULE, later(59.0))
    answers = []
    for _ in range(4):
        it, answer = ask(it, RULE, later(60.0))
        answers.append(answer.granted)
    assert early == Lease(False, "OPEN", 3, 1.0)
    assert answers == [True, True, False, False]
    assert (it.state, it.probes) == (HALF_OPEN, 2)


def test_a_probe_that_does_not_fail_closes_it() -> None:
    it, _ = ask(opened(), RULE, later(60.0))
    assert after_success(it) == PRISTINE


def test_a_probe_that_fails_opens_it_anew_for_the_whole_time() -> None:
    it, _ = ask(opened(), RULE, later(60.0))
    it, answer = after_failure(it, RULE, later(70.0))
    assert answer == Lease(False, "OPEN", 4, 60.0)
    assert not ask(it, RULE, later(129.0))[1].granted
    assert ask(it, RULE, later(130.0))[1].granted


def test_probes_that_died_give_way_to_new_ones() -> None:
    it, _ = ask(opened(), RULE, later(60.0))
    it, _ = ask(it, RULE, later(60.0))
    it, waiting = ask(it, RULE, later(119.0))
    assert waiting == Lease(False, "HALF_OPEN", 3, 1.0)
    it, answer = ask(it, RULE, later(120.0))
    assert answer.granted
    assert (it.state, it.probes) == (HALF_OPEN, 1)


def test_reports_that_come_late_change_nothing_while_it_is_open() -> None:
    it = opened()
    assert after_success(it) == it
    assert after_failure(it, RULE, later(30.0)) == (it, Lease(False, "OPEN", 3, 30.0))
    assert after_failure(it, RULE, later(90.0))[0] == it


def test_opened_by_hand_it_stays_open_whatever_happens() -> None:
    it = opened_by_hand(PRISTINE, START)
    for now in (START, later(60.0), later(MONTH), Moment("b", 5.0, START.wall + MONTH)):
        assert ask(it, RULE, now) == (it, Lease(False, "OPEN"))
        assert after_failure(it, RULE, now) == (it, Lease(False, "OPEN"))
        assert again(it, RULE, now) is None
    assert after_success(it) == it


@pytest.mark.parametrize("state", BreakerState)
@pytest.mark.parametrize("turn", Turn)
def test_the_table_names_no_other_turns(state: BreakerState, turn: Turn) -> None:
    """What is written here once more is what the documentation says."""
    expected = {
        (CLOSED, Turn.FAILED_TOO_OFTEN): OPEN,
        (OPEN, Turn.ASKED_IN_TIME): HALF_OPEN,
        (HALF_OPEN, Turn.ASKED_IN_TIME): HALF_OPEN,
        (HALF_OPEN, Turn.FAILED): OPEN,
        (HALF_OPEN, Turn.FAILED_TOO_OFTEN): OPEN,
        (HALF_OPEN, Turn.SUCCEEDED): CLOSED,
    }
    assert TURNS.get((state, turn)) == expected.get((state, turn))


def test_when_it_is_worth_asking_again_is_told_without_asking() -> None:
    it = opened()
    assert [again(it, RULE, later(seconds)) for seconds in (0.0, 45.0, 60.0, 99.0)] == [60.0, 15.0, 0.0, 0.0]
    assert again(PRISTINE, RULE, START) == 0.0


# Clocks


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (later(10.0), 10.0),
        (later(10.0, jump=MONTH), 10.0),
        (later(10.0, jump=-MONTH), 10.0),
        (later(1000.0), 60.0),
        (Moment("b", 3.0, START.wall + 10.0), 10.0),
        (Moment("b", 3.0, START.wall + MONTH), 60.0),
        (Moment("b", 3.0, START.wall - MONTH), 0.0),
        (Moment("a", 3.0, START.wall + 10.0), 10.0),  # a time namespace with a boot clock of its own
        (Moment("", 2000.0, START.wall + 10.0), 10.0),
    ],
)
def test_time_passes_by_the_boot_clock_or_after_a_reboot_by_the_wall_clock_within_bounds(
    now: Moment, seconds: float
) -> None:
    assert elapsed(START, 60.0, now) == seconds


def test_after_a_reboot_the_wall_clock_is_asked_once() -> None:
    booted = Moment("b", 5.0, START.wall + 20.0)
    it, answer = ask(opened(), RULE, booted)
    assert answer == Lease(False, "OPEN", 3, 40.0)
    assert it.since == Moment("b", -15.0, START.wall)
    for jump in (-MONTH, 0.0, MONTH):
        assert not ask(it, RULE, later(39.0, booted, jump=jump))[1].granted
        assert ask(it, RULE, later(40.0, booted, jump=jump))[1].granted


def test_where_boots_are_not_told_apart_a_clock_that_was_set_back_holds_it_no_longer_than_the_reset_time() -> None:
    it = opened(Moment("", 0.0, START.wall))
    it, answer = ask(it, RULE, Moment("", 0.0, START.wall - MONTH))
    assert answer.again == 60.0
    assert ask(it, RULE, Moment("", 0.0, START.wall - MONTH + 60.0))[1].granted


# Properties: many processes, clocks that jump, reboots

RULES = st.builds(
    BreakerRule, failures=st.integers(1, 4), reset=st.sampled_from([1.0, 60.0, 3600.0]), probes=st.integers(1, 4)
)
# Parts of the reset time, so that its end is often met exactly.
PAUSES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 1.5])
JUMPS = st.sampled_from([0.0, -MONTH, MONTH, -5.0, 5.0])
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "ask", "fail", "fail", "succeed", "reboot"]), PAUSES, JUMPS), max_size=60
)
Happenings = Sequence[tuple[str, float, float]]


class World:
    """One breaker shared by any number of processes, of which those that never report have died."""

    def __init__(self, rule: BreakerRule) -> None:
        self.rule = rule
        self.it = PRISTINE
        self.now = START
        self.said: list[tuple[str, BreakerState, Moment, Lease | None]] = []

    def play(self, happenings: Happenings, *, jumps: bool = True, reboots: bool = True) -> "World":
        for what, pause, jump in happenings:
            self.now = later(pause * self.rule.reset, self.now, jump=jump if jumps else 0.0)
            before, answer = self.it.state, None
            if what == "ask":
                self.it, answer = ask(self.it, self.rule, self.now)
            elif what == "fail":
                self.it, _ = after_failure(self.it, self.rule, self.now)
            elif what == "succeed":
                self.it = after_success(self.it)
            elif reboots:
                self.now = Moment(f"{self.now.boot}'", 1.0, self.now.wall)
            self.said.append((what, before, self.now, answer))
        return self


@given(RULES, HAPPENINGS)
def test_within_a_boot_it_does_not_matter_what_the_wall_clock_says(rule: BreakerRule, happenings: Happenings) -> None:
    jumping = World(rule).play(happenings, reboots=False)
    steady = World(rule).play(happenings, jumps=False, reboots=False)
    assert [answer for *_, answer in jumping.said] == [answer for *_, answer in steady.said]


@given(RULES, HAPPENINGS)
def test_no_set_has_more_probes_than_the_rule_allows(rule: BreakerRule, happenings: Happenings) -> None:
    probes: list[Moment] = []  # those let through since it was last open or closed
    for what, before, now, answer in World(rule).play(happenings).said:
        if before is not HALF_OPEN:
            probes = []
        if what == "ask" and answer is not None and answer.granted and answer.state == HALF_OPEN.value:
            probes.append(now)
            if len(probes) > rule.probes:
                first = probes[-rule.probes - 1]
                assert first.boot != now.boot or now.uptime - first.uptime >= rule.reset


@given(RULES, HAPPENINGS)
def test_nobody_is_let_through_before_the_reset_time_is_over(rule: BreakerRule, happenings: Happenings) -> None:
    world = World(rule)
    since = None
    for happening in happenings:
        before = world.it.state
        world.play([happening])
        *_, answer = world.said[-1]
        if before is not OPEN and world.it.state is OPEN:
            since = world.now
        if before is OPEN and answer is not None and answer.granted and since is not None:
            assert since.boot != world.now.boot or world.now.uptime - since.uptime >= rule.reset


@given(RULES, HAPPENINGS, JUMPS, st.booleans())
def test_who_asks_and_comes_back_when_told_is_let_through_whatever_died_before(
    rule: BreakerRule, happenings: Happenings, jump: float, reboots: bool
) -> None:
    world = World(rule).play(happenings)
    if reboots:
        world.play([("reboot", 0.0, jump)])
    world.play([("ask", 0.0, jump)])
    answer = world.said[-1][3]
    assert answer is not None
    if not answer.granted:
        assert answer.again is not None
        assert 0.0 < answer.again <= rule.reset
        world.now = later(answer.again, world.now, jump=-jump)
        world.play([("ask", 0.001, 0.0)])  # a little more: numbers this large are rounded
        answer = world.said[-1][3]
        assert answer is not None
        assert answer.granted


@given(RULES, HAPPENINGS)
def test_only_closed_is_it_without_a_moment_and_only_half_open_with_probes(
    rule: BreakerRule, happenings: Happenings
) -> None:
    world = World(rule)
    for happening in happenings:
        it = world.play([happening]).it
        assert (it.since is None) == (it.state is CLOSED)
        assert (it.probes > 0) == (it.state is HALF_OPEN)
        assert it.state is not CLOSED or it.failures < rule.failures


@given(RULES, HAPPENINGS)
def test_what_is_asked_for_by_the_way_changes_nothing_and_is_true(rule: BreakerRule, happenings: Happenings) -> None:
    world = World(rule).play(happenings)
    told = again(world.it, rule, world.now)
    _, answer = ask(world.it, rule, world.now)
    assert told == (0.0 if answer.granted else answer.again)
