"""Whether an attempt that failed is made again, and when."""

from binascii import crc32
from collections.abc import Sequence

from omnibase.core.outcome import verdict
from omnibase.core.transience import transience
from omnibase.model.component import Component, Retry
from omnibase.model.events import Outcome
from omnibase.model.record import Record
from omnibase.model.result import Status

MASK = (1 << 64) - 1


class Again(Record):
    """Another attempt is due in `delay` seconds; `why` says for people why it is made."""

    delay: float
    why: str


def again(component: Component, outcomes: Sequence[Outcome], *, number: int, elapsed: float, seed: int) -> Again | None:
    """What follows an attempt, the `number`th, whose batches came to these outcomes; None where it was the last one.

    `elapsed` is the time since the first attempt began, in seconds. Tried again is what is idempotent, and only where
    failures in passing are all that stands between it and a verdict; never after it changed files. `seed` is the run's,
    from which chance is drawn.
    """
    rule = component.retry
    if not component.idempotent or number >= rule.attempts or any(one.changed_files for one in outcomes):
        return None
    reasons = []
    for outcome in outcomes:
        why = transience(component, outcome)
        if why is not None:
            reasons.append(why)
        elif verdict(outcome, False, fix=False)[0] in (Status.FAIL, Status.TIME):
            return None
    if not reasons:
        return None
    wait = delay(rule, number, seed, component.name)
    limits = [limit for limit in (rule.budget, component.deadline) if limit is not None]
    if limits and elapsed + wait >= min(limits):
        return None
    return Again(wait, reasons[0])


def delay(rule: Retry, number: int, seed: int, name: str) -> float:
    """Seconds to wait after attempt `number` of the component before the next one.

    Exponential backoff with jitter: up to the share `rule.jitter` is taken off, so that what failed at the same moment
    does not come back at the same moment (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """
    wait = rule.first_delay
    for _ in range(number - 1):
        wait *= rule.factor
        if wait >= rule.max_delay:
            break
    return min(wait, rule.max_delay) * (1.0 - rule.jitter * chance(seed, name, number))


def chance(seed: int, name: str, number: int) -> float:
    """A number from 0 (included) to 1 (excluded) that is the same for the same seed, component and attempt.

    The mixing is that of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    state = (seed ^ crc32(name.encode()) ^ (number << 32)) * 0x9E3779B97F4A7C15 & MASK
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & MASK
    return ((state ^ (state >> 31)) >> 11) / (1 << 53)
