"""Which components a run has: chosen or left out, each with the reason."""

from collections.abc import Mapping, Sequence

from omnibase.core.expression import Expression, describe, keys, matches
from omnibase.core.gates import GateDecision, decide
from omnibase.core.nearest import nearest
from omnibase.model.component import Component, Lifecycle
from omnibase.model.errors import ProtocolError, RegistryError
from omnibase.model.plan import LeftOut
from omnibase.model.record import Record
from omnibase.model.registry import Gate
from omnibase.model.report import Choice, Selection
from omnibase.model.result import Cause


class Criteria(Record):
    """What selects. `default` is the stage's filter; a user's term replaces its terms of the same key.

    `names` replace all defaults but gates and archived; `skip` wins over everything. `gates` are the stage's, each
    with its filter. With `complete`, what the names need beyond themselves is not pulled in.
    """

    default: Expression
    filters: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    gates: Sequence[tuple[Gate, Expression]] = ()
    complete: bool = False


class Selected(Record):
    """The components of the run in the registry's order, each with the reason why it is not to be started, if any."""

    components: tuple[tuple[Component, LeftOut | None], ...]
    selection: Selection
    notices: tuple[str, ...] = ()


def select(components: Sequence[Component], criteria: Criteria) -> Selected:
    """Apply filters, needs, skips and gates to the registry's components.

    Raises RegistryError (3) for a name that does not exist, ProtocolError (4) where a gate blocks what was asked for
    by name.
    """
    by_name = {component.name: component for component in components}
    _check_names(criteria, by_name)
    reasons, wanted = _wanted(components, criteria)
    decisions, needed = _pull_in_needs(by_name, criteria, wanted, reasons)
    chosen: list[tuple[Component, LeftOut | None]] = []
    choices: list[Choice] = []
    notices: list[str] = []
    for component in components:
        name = component.name
        if name not in wanted:
            choices.append(Choice(name, chosen=False, reason=reasons[name]))
            continue
        decision = decisions[name]
        left_out = _left_out(component, criteria, decision)
        reason = left_out.reason if left_out else wanted[name]
        notices += decision.notices
        choices.append(Choice(name, chosen=left_out is None, reason=reason, gate=decision.gate))
        # A component that is gated away is a task only where another one waits for it.
        if left_out is None or left_out.cause is Cause.USER_SKIP or name in needed:
            chosen.append((component, left_out))
    unknown = sorted(set(criteria.skip) - set(by_name))
    if unknown:
        notices.append(f"nothing to skip: no component is called {', '.join(unknown)}")
    return Selected(tuple(chosen), Selection(tuple(choices)), tuple(notices))


def standing_by(components: Sequence[Component], selected: Selected, criteria: Criteria) -> tuple[Component, ...]:
    """The fallbacks of the run's components that are not among them, and theirs in turn.

    One that the user skips, that a gate blocks or that is archived stands in for nobody.
    """
    by_name = {component.name: component for component in components}
    running = [component for component, left_out in selected.components if left_out is None]
    known = {component.name for component, _ in selected.components}
    found: list[Component] = []
    for component in running:
        other = by_name.get(component.fallback or "")
        if other is None or other.name in known or other.name in criteria.skip:
            continue
        if other.lifecycle is Lifecycle.ARCHIVED or decide(other, criteria.gates).blocked:
            continue
        known.add(other.name)
        found.append(other)
        running.append(other)  # the loop goes on to it
    return tuple(found)


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
    return [*criteria.names, *(value for value in values if not set(value) & set("*?["))]


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
    by_name: Mapping[str, Component], criteria: Criteria, wanted: dict[str, str], reasons: dict[str, str]
) -> tuple[dict[str, GateDecision], set[str]]:
    """Add what the wanted need; what the gates say of each, and which of them another one waits for."""
    decisions: dict[str, GateDecision] = {}
    needed: set[str] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        decisions[name] = decide(by_name[name], criteria.gates)
        if name in criteria.skip or decisions[name].blocked:
            continue  # what does not run needs nothing
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
    return decisions, needed


def _left_out(component: Component, criteria: Criteria, decision: GateDecision) -> LeftOut | None:
    if component.name in criteria.skip:
        return LeftOut(Cause.USER_SKIP, "skipped on request")
    if not decision.blocked:
        return None
    if component.name in _asked(criteria):
        raise ProtocolError(
            f"{component.name!r} was asked for by name, and the gate {decision.gate} blocks it",
            place=decision.place,
            remedy="change the gate in the registry, or leave the component out",
        )
    return LeftOut(Cause.GATED, f"blocked by the gate {decision.gate}")
