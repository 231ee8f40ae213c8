"""Circuit breakers for tests: a clock that is moved by hand, and a second implementation, in memory."""

from collections.abc import Mapping, Sequence

from omnibase.core import breaking
from omnibase.core.breaking import PRISTINE, Breaker, Moment
from omnibase.model.component import BreakerRule
from omnibase.model.ports import Lease

RULE = BreakerRule(failures=3, reset=60.0, probes=2)


class Clock:
    def __init__(self) -> None:
        self.now = Moment("boot", 1000.0, 1_700_000_000.0)

    def __call__(self) -> Moment:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now = Moment(self.now.boot, self.now.uptime + seconds, self.now.wall + seconds)


class MemoryBreakers:
    """The smallest `Breakers` that keep to the interface, with what is done by hand."""

    def __init__(self, clock: Clock) -> None:
        self.notice: str | None = None
        self._clock = clock
        self._kept: dict[str, Breaker] = {}

    def lease(self, name: str, rule: BreakerRule) -> Lease:
        after, answer = breaking.lease(self._kept.get(name, PRISTINE), rule, self._clock())
        self._keep(name, after)
        return answer

    def failed(self, name: str, rule: BreakerRule) -> Lease:
        after, answer = breaking.failed(self._kept.get(name, PRISTINE), rule, self._clock())
        self._keep(name, after)
        return answer

    def succeeded(self, name: str, rule: BreakerRule) -> None:
        self._keep(name, breaking.succeeded(self._kept.get(name, PRISTINE)))

    def all(self) -> Mapping[str, Breaker]:
        return dict(self._kept)

    def open_by_hand(self, name: str) -> None:
        self._keep(name, breaking.opened_by_hand(self._kept.get(name, PRISTINE), self._clock()))

    def close_by_hand(self, name: str) -> None:
        self._kept.pop(name, None)

    def reset(self, names: Sequence[str] | None = None) -> int:
        found = [name for name in self._kept if names is None or name in names]
        for name in found:
            del self._kept[name]
        return len(found)

    def close(self) -> None:
        """Nothing is held."""

    def _keep(self, name: str, breaker: Breaker) -> None:
        if breaker == PRISTINE:
            self._kept.pop(name, None)
        else:
            self._kept[name] = breaker
