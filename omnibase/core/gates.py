"""Stage gating by policy: which gates are against a component, and why."""

import re
from collections.abc import Iterable, Iterator, Sequence

from omnibase.core.expression import Expression, describe, matches, parse
from omnibase.model.component import Component, Lifecycle
from omnibase.model.record import Record
from omnibase.model.registry import Gate
from omnibase.model.report import GateDecision

EVERY_STAGE = "*"
STRICTEST_FIRST = ("block", "warn", "audit")
NAMED = 10  # components in a notice
DECISIONS = {"block": "blocked", "warn": "warned", "audit": "audited"}


class Rule(Record):
    """A gate with its filters read: `about` is that of its `deny`, `require` or `limit`."""

    gate: Gate
    about: Expression
    only: Expression = Expression()


class Objection(Record):
    """What a gate has against a component."""

    gate: Gate
    reason: str

    def __str__(self) -> str:
        """The gate, and why, where the gate itself does not say it."""
        said = f"the gate {label(self.gate)}"
        return said if self.gate.deny is not None else f"{said}: {self.reason}"


def rules(gates: Iterable[Gate], stage: str | None = None) -> tuple[Rule, ...]:
    """The gates of the stage, or all, in their order. Raises ExpressionError for a filter that is none."""
    of_stage = (gate for gate in gates if stage is None or gate.stage in (stage, EVERY_STAGE))
    return tuple(
        Rule(gate, parse(gate.deny or gate.require or gate.limit or ""), parse(gate.only or "*")) for gate in of_stage
    )


class Judge:
    """Asks the rules of a component of the registry. `today` is the day as ISO 8601 has it, such as "2026-01-31".

    The first so many that a gate lets through are the first of the registry, whatever the run has selected: to be let
    through is not to depend on what else is asked for. What is archived never runs, and takes no place.
    """

    __slots__ = ("_numbers", "_rules", "_today")

    def __init__(self, rules: Sequence[Rule], components: Iterable[Component], today: str) -> None:
        self._rules = rules
        self._today = today
        self._numbers: dict[int, dict[str, int]] = {}  # which of those that a limit is about each is, from 1 on
        if any(rule.gate.most is not None for rule in rules):
            living = [component for component in components if component.lifecycle is not Lifecycle.ARCHIVED]
            for index, rule in enumerate(rules):
                if rule.gate.most is not None:
                    about = [one.name for one in living if matches(rule.about, one) is None]
                    self._numbers[index] = {name: number for number, name in enumerate(about, 1)}

    def objections(self, component: Component) -> tuple[Objection, ...]:
        """What each gate that is against the component has against it, in the registry's order."""
        found = ((rule.gate, self._reason(index, rule, component)) for index, rule in enumerate(self._rules))
        return tuple(Objection(gate, reason) for gate, reason in found if reason)

    def _reason(self, index: int, rule: Rule, component: Component) -> str | None:
        if matches(rule.only, component) is not None:
            return None
        failing = matches(rule.about, component)
        if rule.gate.require is not None:
            return None if failing is None else f"{describe(failing)} does not hold"
        if failing is not None:
            return None
        if rule.gate.deny is not None:
            return f"it matches {rule.gate.deny!r}"
        return "; ".join(self._beyond(index, rule.gate, component)) or None

    def _beyond(self, index: int, gate: Gate, component: Component) -> Iterator[str]:
        """Which bounds of a limit the component is beyond."""
        if gate.age is not None:
            yield from _too_old(component.since, self._today, gate.age)
        if gate.most is not None:
            number = self._numbers[index].get(component.name, 0)
            if number > gate.most:
                yield f"it is number {number} of them in the registry"
        if gate.sunset and component.sunset is not None:
            if _day(component.sunset) is None:
                yield f"its `sunset`, {component.sunset!r}, is no day"
            elif not self._today or component.sunset <= self._today:
                yield f"its sunset, {component.sunset}, has come"


def label(gate: Gate) -> str:
    """The gate in words: what it says, where, and how it is enforced."""
    if gate.deny is not None:
        said = f"deny {gate.deny!r}"
    elif gate.require is not None:
        said = f"require {gate.require!r}" + (f" of {gate.only!r}" if gate.only is not None else "")
    else:
        bounds = [f"{gate.age} day{'' if gate.age == 1 else 's'}"] if gate.age is not None else []
        bounds += [f"the first {gate.most}"] if gate.most is not None else []
        bounds += ["its sunset"] if gate.sunset else []
        said = f"limit {gate.limit!r} to {' and '.join(bounds)}"
    return f"{said} at {'every stage' if gate.stage == EVERY_STAGE else gate.stage} ({gate.enforce})"


def strictest(objections: Sequence[Objection]) -> Objection | None:
    """The one that decides: of several that are as strict, the first."""
    return min(objections, key=lambda one: STRICTEST_FIRST.index(one.gate.enforce), default=None)


def decision(name: str, objection: Objection) -> GateDecision:
    """The objection to the component of that name, for the report."""
    gate, reason = objection
    return GateDecision(name, label(gate), DECISIONS[gate.enforce], reason, str(gate.place) if gate.place else None)


def warnings(objections: Iterable[tuple[str, Sequence[Objection]]]) -> list[str]:
    """What the user is told of the components, by their names, that run although gates are against them."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, against in objections:
        if any(one.gate.enforce == "block" for one in against):
            continue
        for one in against:
            if one.gate.enforce == "warn":
                why = "" if one.gate.deny is not None else f": {one.reason}"
                found.setdefault((label(one.gate), why), []).append(name)
    return [
        f"{_some(names)}: the gate {gate} would leave {'it' if len(names) == 1 else 'them'} out{reason}"
        for (gate, reason), names in found.items()
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _too_old(since: str | None, today: str, most: int) -> Iterator[str]:
    """What is wrong with an age. One that cannot be known is wrong, too: no limit is passed by leaving a key out."""
    day, now = _day(since or ""), _day(today)
    if since is None:
        yield "it has no `since`, so that its age is not known"
    elif day is None:
        yield f"its `since`, {since!r}, is no day, so that its age is not known"
    elif now is None:
        yield "its age is not known, because the day of the run is not"
    elif day > now + 1:  # who is ahead of UTC writes tomorrow
        yield f"its `since`, {since}, is still to come"
    elif now - day > most:
        yield f"it has been there for {now - day} days, since {since}"


def _day(text: str) -> int | None:
    """The number of a day that is written as ISO 8601 has it; None for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    from datetime import date  # few registries have one

    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None
