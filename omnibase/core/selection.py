"""Which components a run has: chosen or left out, each with the reason."""

from collections.abc import Iterator, Mapping, Sequence

from omnibase.core.expression import Expression, describe, is_glob, keys, matches
from omnibase.core.gates import Judge, Objection, Rule, decision, label, strictest, warnings
from omnibase.core.nearest import nearest
from omnibase.model.component import Component, Lifecycle
from omnibase.model.errors import ProtocolError, RegistryError
from omnibase.model.plan import LeftOut
from omnibase.model.record import Record
from omnibase.model.report import Choice, Selection
from omnibase.model.result import Cause


class Criteria(Record):
    """What selects. `default` is the stage's filter; a user's term replaces its terms of the same key.

    `names` replace all defaults but gates and archived; `skip` wins over everything. `gates` are the stage's, and
    `today` is the day (ISO 8601) that they measure by. With `complete`, what the names need beyond themselves is not
    pulled in.
    """

    default: Expression
    filters: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    gates: Sequence[Rule] = ()
    complete: bool = False
    today: str = ""


class Selected(Record):
    """The components of the run in the registry's order, each with the reason why it is not to be started, if any.

    `standby` are the fallbacks of those that run which are not among them, and theirs in turn.
    """

    components: tuple[tuple[Component, LeftOut | None], ...]
    selection: Selection
    notices: tuple[str, ...] = ()
    standby: tuple[Component, ...] = ()


def select(components: Sequence[Component], criteria: Criteria) -> Selected:
    """Apply filters, needs, skips and gates to the registry's components.

    Raises RegistryError (3) for a name that does not exist, ProtocolError (4) where a gate blocks what was asked for
    by name.
    """
    by_name = {component.name: component for component in components}
    _check_names(criteria, by_name)
    reasons, wanted = _wanted(components, criteria)
    judge = Judge(criteria.gates, components, criteria.today)
    objections, needed = _pull_in_needs(by_name, criteria, judge, wanted, reasons)
    meant = _meant(by_name, criteria)
    chosen: list[tuple[Component, LeftOut | None]] = []
    choices: list[Choice] = []
    for component in components:
        name = component.name
        if name not in wanted:
            choices.append(Choice(name, chosen=False, reason=reasons[name]))
            continue
        against = strictest(objections.get(name, ()))
        left_out = _left_out(component, criteria, against, meant)
        reason = left_out.reason if left_out else wanted[name]
        choices.append(Choice(name, left_out is None, reason, label(against.gate) if against else None))
        # A component that is gated away is a task only where another one waits for it.
        if left_out is None or left_out.cause is Cause.USER_SKIP or name in needed:
            chosen.append((component, left_out))
    standby = tuple(_standing_by(by_name, chosen, criteria, judge, objections))
    told = [(component.name, objections.get(component.name, ())) for component in components]
    notices = warnings(told)
    unknown = sorted(set(criteria.skip) - set(by_name))
    if unknown:
        notices.append(f"nothing to skip: no component is called {', '.join(unknown)}")
    decisions = tuple(decision(name, one) for name, against in told for one in against)
    return Selected(tuple(chosen), Selection(tuple(choices), decisions), tuple(notices), standby)


def effective(default: Expression, filters: Sequence[Expression]) -> Expression:
    """The stage's terms, but for those of a key that the user's filters name, and then the user's.

    A filter by name leaves none of the stage's terms: who names components wants these, as with `--name`.
    """
    named = frozenset().union(*(keys(expression) for expression in filters))
    by_name = any(term.key == "name" and term.operator == "=" for one in filters for term in one.terms)
    kept = tuple(term for term in default.terms if term.key not in named and not by_name)
    return Expression(kept + tuple(term for expression in filters for term in expression.terms))


def _asked(criteria: Criteria) -> list[str]:
    """The names that were asked for, by `--name` or in a filter."""
    terms = [term for expression in criteria.filters for term in expression.terms]
    values = [value for term in terms if term.key == "name" and term.operator == "=" for value in term.values]
    return [*criteria.names, *(value for value in values if not is_glob(value))]


def _check_names(criteria: Criteria, by_name: Mapping[str, Component]) -> None:
    for name in _asked(criteria):
        if name not in by_name:
            close = nearest(name, by_name)
            raise RegistryError(
                f"no component is called {name!r}",
                remedy=f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components",
            )
        if by_name[name].lifecycle is Lifecycle.ARCHIVED:
            raise RegistryError(
                f"{name!r} is archived, and an archived component is never selected",
                place=by_name[name].origin,
                remedy="give it another lifecycle in the registry to run it again",
            )


def _wanted(components: Sequence[Component], criteria: Criteria) -> tuple[dict[str, str], dict[str, str]]:
    """Why each component that is left out is, and why each that is wanted is."""
    reasons: dict[str, str] = {}
    wanted: dict[str, str] = {}
    if criteria.names:
        expression = Expression(tuple(term for one in criteria.filters for term in one.terms))
    else:
        expression = effective(criteria.default, criteria.filters)
    for component in components:
        if component.lifecycle is Lifecycle.ARCHIVED:
            reasons[component.name] = "archived"
        elif criteria.names and component.name not in criteria.names:
            reasons[component.name] = "not named"
        elif failing := matches(expression, component):
            reasons[component.name] = f"{describe(failing)} does not hold"
        else:
            wanted[component.name] = "named" if criteria.names else "selected"
    return reasons, wanted


def _pull_in_needs(
    by_name: Mapping[str, Component],
    criteria: Criteria,
    judge: Judge,
    wanted: dict[str, str],
    reasons: dict[str, str],
) -> tuple[dict[str, tuple[Objection, ...]], set[str]]:
    """Add what the wanted need; what the gates have against each, and which of them another one waits for."""
    objections: dict[str, tuple[Objection, ...]] = {}
    needed: set[str] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name in criteria.skip:
            continue  # what does not run needs nothing, and no gate has to keep it out
        objections[name] = judge.objections(by_name[name])
        if _blocks(objections[name]):
            continue
        for need in by_name[name].needs:
            if criteria.complete and need.name not in criteria.names:
                continue
            needed.add(need.name)
            if need.name in wanted:
                continue
            if by_name[need.name].lifecycle is Lifecycle.ARCHIVED:
                raise RegistryError(
                    f"{name!r} needs {need.name!r}, which is archived",
                    place=by_name[name].origin,
                    remedy=f"remove the need, or give {need.name!r} another lifecycle",
                )
            wanted[need.name] = f"needed by {name}"
            reasons.pop(need.name, None)
            pending.append(need.name)
    return objections, needed


def _standing_by(
    by_name: Mapping[str, Component],
    chosen: Sequence[tuple[Component, LeftOut | None]],
    criteria: Criteria,
    judge: Judge,
    objections: dict[str, tuple[Objection, ...]],
) -> Iterator[Component]:
    """The fallbacks that are not chosen; what the gates have against each is added.

    One that the user skips, that a gate blocks or that is archived stands in for nobody.
    """
    known = {component.name for component, _ in chosen}
    running = [component for component, left_out in chosen if left_out is None]
    for component in running:
        other = by_name.get(component.fallback or "")
        if other is None or other.name in known or other.name in criteria.skip or other.lifecycle is Lifecycle.ARCHIVED:
            continue
        known.add(other.name)
        objections[other.name] = judge.objections(other)
        if not _blocks(objections[other.name]):
            yield other
            running.append(other)  # the loop goes on to it


def _blocks(objections: Sequence[Objection]) -> bool:
    return any(one.gate.enforce == "block" for one in objections)


def _meant(by_name: Mapping[str, Component], criteria: Criteria) -> dict[str, str]:
    """What was asked for by name and all that this needs, each with the one that was named."""
    meant: dict[str, str] = {}
    for named in dict.fromkeys(_asked(criteria)):
        pending = [named]
        while pending:
            name = pending.pop()
            if name in by_name and name not in meant and name not in criteria.skip:
                meant[name] = named
                pending += [] if criteria.complete else [need.name for need in by_name[name].needs]
    return meant | {name: name for name in _asked(criteria)}


def _left_out(
    component: Component, criteria: Criteria, against: Objection | None, meant: Mapping[str, str]
) -> LeftOut | None:
    """Why it is not to be started. `against` is the strictest objection, `meant` what was asked for by name."""
    if component.name in criteria.skip:
        return LeftOut(Cause.USER_SKIP, "skipped on request")
    if against is None or not _blocks([against]):
        return None
    named = meant.get(component.name)
    if named is not None:
        needs = "" if named == component.name else f" and needs {component.name!r}, which"
        raise ProtocolError(
            f"{named!r} was asked for by name,{needs or ' and'} is blocked by {against}",
            place=against.gate.place,
            remedy="change the gate in the registry, or leave the component out",
        )
    return LeftOut(Cause.GATED, f"blocked by {against}")
