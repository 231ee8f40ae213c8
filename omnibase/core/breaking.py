"""The rules of circuit breakers: what opens them, whom they let through, and how time passes for them."""

from collections.abc import Mapping
from enum import StrEnum

from omnibase.model.component import BreakerRule
from omnibase.model.ports import Lease
from omnibase.model.record import Record


class BreakerState(StrEnum):
    CLOSED = "CLOSED"  # attempts are let through, and those in a row that failed in passing are counted
    OPEN = "OPEN"  # no attempt is let through
    HALF_OPEN = "HALF_OPEN"  # a few are, as probes


class Turn(StrEnum):
    """What may turn a breaker to another state."""

    FAILED = "an attempt failed in passing"
    FAILED_TOO_OFTEN = "the last of too many in a row failed in passing"
    SUCCEEDED = "an attempt did not fail in passing"
    ASKED_IN_TIME = "leave is asked for, the reset time being over"


# What is not in the table changes no state: a report that comes while OPEN is of an attempt that began before.
TURNS: Mapping[tuple[BreakerState, Turn], BreakerState] = {
    (BreakerState.CLOSED, Turn.FAILED_TOO_OFTEN): BreakerState.OPEN,
    (BreakerState.OPEN, Turn.ASKED_IN_TIME): BreakerState.HALF_OPEN,
    (BreakerState.HALF_OPEN, Turn.FAILED): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, Turn.FAILED_TOO_OFTEN): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, Turn.SUCCEEDED): BreakerState.CLOSED,
    (BreakerState.HALF_OPEN, Turn.ASKED_IN_TIME): BreakerState.HALF_OPEN,  # its probes died: a new set of them begins
}


class Moment(Record):
    """A moment by two clocks: seconds on the boot clock of the boot with this id, and seconds since 1970.

    An empty id is that of a system that does not tell its boots apart.
    """

    boot: str
    uptime: float
    wall: float


class Breaker(Record):
    """A breaker as it is kept. `failures` are those in a row; `held` is one that was opened by hand.

    `since` is when it opened, or when the set of probes began of which `probes` were let through; None while CLOSED.
    """

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    since: Moment | None = None
    probes: int = 0
    held: bool = False


PRISTINE = Breaker()


def lease(breaker: Breaker, rule: BreakerRule, now: Moment) -> tuple[Breaker, Lease]:
    """Ask for leave to begin an attempt: the breaker from now on, and the answer."""
    if breaker.state is BreakerState.CLOSED or breaker.since is None:
        return breaker, Lease(True, breaker.state.value, breaker.failures)
    if breaker.held:
        return breaker, Lease(False, breaker.state.value, breaker.failures)
    breaker = _rebased(breaker, breaker.since, rule.reset, now)
    left = rule.reset - elapsed(breaker.since, rule.reset, now)
    if left <= 0:
        turned = TURNS[breaker.state, Turn.ASKED_IN_TIME]
        breaker = breaker._replace(state=turned, since=now, probes=1)
    elif breaker.state is BreakerState.HALF_OPEN and breaker.probes < rule.probes:
        breaker = breaker._replace(probes=breaker.probes + 1)
    else:
        return breaker, Lease(False, breaker.state.value, breaker.failures, left)
    return breaker, Lease(True, breaker.state.value, breaker.failures)


def failed(breaker: Breaker, rule: BreakerRule, now: Moment) -> tuple[Breaker, Lease]:
    """An attempt failed in passing: the breaker from now on, and whether it would let another one through now."""
    if breaker.state is not BreakerState.OPEN:
        failures = breaker.failures + 1
        turn = Turn.FAILED_TOO_OFTEN if failures >= rule.failures else Turn.FAILED
        turned = TURNS.get((breaker.state, turn), breaker.state)
        breaker = Breaker(turned, failures, None if turned is BreakerState.CLOSED else now)
    _, answer = lease(breaker, rule, now)
    return breaker, answer


def succeeded(breaker: Breaker) -> Breaker:
    """An attempt did not fail in passing: the breaker from now on."""
    turned = TURNS.get((breaker.state, Turn.SUCCEEDED), breaker.state)
    return PRISTINE if turned is BreakerState.CLOSED else breaker


def opened_by_hand(breaker: Breaker, now: Moment) -> Breaker:
    """The breaker from now on: OPEN until it is closed by hand."""
    return Breaker(BreakerState.OPEN, breaker.failures, now, held=True)


def again(breaker: Breaker, rule: BreakerRule, now: Moment) -> float | None:
    """In how many seconds an attempt would be let through; None for one that is held open by hand."""
    answer = lease(breaker, rule, now)[1]
    return 0.0 if answer.granted else answer.again


def elapsed(since: Moment | None, reset: float, now: Moment) -> float:
    """The seconds since then, held between 0 and `reset`.

    Within one boot the boot clock tells, so that no change of the time of day matters. Where it cannot, the wall clock
    has to do: after a reboot, on a system that does not tell its boots apart, and where a namespace has another clock.
    """
    if since is None:
        return reset
    return min(max(now.uptime - since.uptime if _by_uptime(since, now) else now.wall - since.wall, 0.0), reset)


def _by_uptime(since: Moment, now: Moment) -> bool:
    return bool(now.boot) and since.boot == now.boot and since.uptime <= now.uptime


def _rebased(breaker: Breaker, since: Moment, reset: float, now: Moment) -> Breaker:
    """The breaker with its time on the clock of this boot, so that the wall clock is asked only once.

    Where boots are not told apart it is asked again, and has to go back at each look to hold the breaker any longer.
    """
    if _by_uptime(since, now):
        return breaker
    passed = elapsed(since, reset, now)
    return breaker._replace(since=Moment(now.boot, now.uptime - passed, now.wall - passed))
