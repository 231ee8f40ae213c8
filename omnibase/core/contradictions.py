"""Gates that cannot be meant: against nothing, against everything, or such that nothing can pass all of them."""

from collections.abc import Iterable, Sequence

from omnibase.core.expression import Expression, Term
from omnibase.core.gates import Rule
from omnibase.core.reasoning import implies, opposite, possible
from omnibase.model.record import Record

MAY_LACK = ("tag", "owner", "capability")  # keys of which a component may have no value


class Nonsense(Record):
    """What of a gate cannot be meant: the key, what is wrong with its filter, and what to do."""

    key: str
    message: str
    remedy: str


class Contradiction(Record):
    """Gates that together let nothing pass of what matches `scope`, though none of them does so alone."""

    rules: tuple[Rule, ...]
    scope: Expression


def nonsense(rule: Rule) -> Nonsense | None:
    """Why a gate by itself is against nothing, or against everything that it is about, where that is certain."""
    gate, about, only = rule
    remedy = "change the filter, or remove the gate"
    if not possible(only.terms):
        return Nonsense("only", f"{gate.only!r} holds for nothing that can run: the gate is against nothing", remedy)
    if gate.require is None:
        key = "limit" if gate.deny is None else "deny"
        if possible(about.terms):
            return None
        said = gate.limit if gate.deny is None else gate.deny
        return Nonsense(key, f"{said!r} holds for nothing that can run: the gate is against nothing", remedy)
    among = "that can run" if gate.only is None else f"that matches {gate.only!r}"
    if not possible([*only.terms, *about.terms]):
        message = f"{gate.require!r} holds for nothing {among}: the gate is against everything"
        return Nonsense("require", message, "change the filter, or deny what is meant")
    if all(implies(only.terms, term) for term in about.terms):
        message = f"{gate.require!r} holds for everything {among}: the gate is against nothing"
        meant = next((term.key for term in about.terms if "*" in term.values and term.key in MAY_LACK), None)
        if meant is not None:
            remedy = f"write {meant}=?* for what has any {meant} at all"
        return Nonsense("require", message, remedy)
    return None


def contradiction(rules: Iterable[Rule]) -> Contradiction | None:
    """The first gates of one stage that contradict each other, in their order; None where none do for certain.

    They block, and each is about all that one of them is about. What they demand together is impossible, or is what
    one of them denies. A gate that lets nothing pass by itself says so plainly, and contradicts no other.
    """
    blocking = [rule for rule in rules if rule.gate.enforce == "block" and (_demands(rule) or _denied(rule))]
    scopes = dict.fromkeys(Expression(tuple(sorted(rule.only.terms))) for rule in blocking)
    for scope in scopes:
        about = [rule for rule in blocking if _covers(rule.only, scope) and not _block([rule], scope)]
        wider = [rule for rule in about if not _covers(scope, rule.only)]
        if _block(wider, scope) or not _block(about, scope):
            continue
        for rule in tuple(about):
            rest = [one for one in about if one is not rule]
            if _block(rest, scope):
                about = rest
        return Contradiction(tuple(about), scope)
    return None


def _covers(wide: Expression, narrow: Expression) -> bool:
    return all(implies(narrow.terms, term) for term in wide.terms)


def _block(rules: Sequence[Rule], scope: Expression) -> bool:
    """Whether all that is in the scope is blocked by one of the gates; each of them is about all of it."""
    demanded = [*scope.terms, *(term for rule in rules for term in _demands(rule))]
    if not possible(demanded):
        return True
    return any(all(implies(demanded, term) for term in denied) for rule in rules if (denied := _denied(rule)))


def _demands(rule: Rule) -> tuple[Term, ...]:
    """What has to hold for all that passes: to deny one term is to require its opposite."""
    if rule.gate.require is not None:
        return rule.about.terms
    denied = _denied(rule)
    return (opposite(denied[0]),) if len(denied) == 1 and denied[0].operator in ("=", "!=") else ()


def _denied(rule: Rule) -> tuple[Term, ...]:
    """The terms of a filter, all that matches which is denied."""
    return rule.about.terms if rule.gate.deny is not None or rule.gate.most == 0 else ()
