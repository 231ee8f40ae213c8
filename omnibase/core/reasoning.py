"""What follows from the terms of filters for every component that can be run, whatever a registry holds.

| terms on | what is known |
|---|---|
| any key | `!=` excludes what `=` asks for in the same words, and `!=*` everything |
| `type`, `lifecycle`, `capability` | all, as they have few values; what is archived never runs |
| `name`, `owner`, `version`, `tag` | all, where an `=` asks for plain values: each is tried |
| `version` | a lower bound above an upper one |

What is not known to be impossible is possible: nothing here is a guess. Where the terms on one key have more than a
hundred values, only the first line of the table holds, so that no filters take long.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from omnibase.core import versions
from omnibase.core.expression import Expression, Term, is_glob, matches
from omnibase.model.component import Command, Component, ComponentType, Lifecycle

Json = Any
MOST = 100

_ANY = Component("any", Command(("any",)))
# One component for each value, or set of values, that these keys can have.
_DECLARED: Sequence[Json] = (
    {},
    {"network": "any"},
    {"network": "none"},
    {"write": []},
    {"network": "none", "write": []},
)
_CLOSED: Mapping[str, Sequence[Component]] = {
    "type": [_ANY._replace(type=kind) for kind in ComponentType],
    "lifecycle": [_ANY._replace(lifecycle=one) for one in Lifecycle if one is not Lifecycle.ARCHIVED],
    "capability": [_ANY._replace(declared={"capabilities": said}) for said in _DECLARED],
}


def possible(terms: Sequence[Term]) -> bool:
    """Whether all of the terms may hold for one component that can be run; False only where that is certain."""
    return all(_possible(key, _on(key, terms)) for key in dict.fromkeys(term.key for term in terms))


def implies(terms: Sequence[Term], term: Term) -> bool:
    """Whether the term holds wherever the others, which are possible, do; True only where that is certain."""
    if term in terms:
        return True
    return term.operator in ("=", "!=") and not _possible(term.key, [*_on(term.key, terms), opposite(term)])


def opposite(term: Term) -> Term:
    """The term that holds where this one does not, which only `=` and `!=` have."""
    return term._replace(operator="!=" if term.operator == "=" else "=")


def _on(key: str, terms: Sequence[Term]) -> list[Term]:
    return [term for term in terms if term.key == key]


def _possible(key: str, terms: Sequence[Term]) -> bool:
    excluded = {value for term in terms if term.operator == "!=" for value in term.values}
    asked = [term.values for term in terms if term.operator == "="]
    if "*" in excluded or any(excluded.issuperset(values) for values in asked):
        return False
    if sum(len(term.values) for term in terms) > MOST:
        return True
    if key in _CLOSED:
        return any(_hold(terms, one) for one in _CLOSED[key])
    plain = [values for values in asked if not any(map(is_glob, values))]
    if key == "version":
        return not _is_gap(terms) and _may_be_version(terms, plain)
    left = [] if key == "tag" else [term for term in terms if term.operator == "="]  # of tags there may be further ones
    if excluded:
        left.append(Term(key, "!=", tuple(excluded)))
    return all(any(_hold(left, _having(key, value)) for value in values if value not in excluded) for values in plain)


def _may_be_version(terms: Sequence[Term], plain: Sequence[Sequence[str]]) -> bool:
    if any(is_glob(value) and value != "*" for term in terms for value in term.values):
        return True  # of versions that count as equal it may hold for one and not for the other: 1.0.0 and 1.0.0+b
    tried = [[text for value in values for text in (value, str(versions.parse_operand(value)))] for values in plain]
    return all(any(_hold(terms, _having("version", text)) for text in texts) for texts in tried)


def _having(key: str, value: str) -> Component:
    """A component of which this is true, and nothing else that is asked."""
    if key == "tag":
        return _ANY._replace(tags=(value,))
    if key == "owner":
        return _ANY._replace(owner=value)
    return _ANY._replace(name=value) if key == "name" else _ANY._replace(version=value)


def _hold(terms: Sequence[Term], component: Component) -> bool:
    return matches(Expression(tuple(terms)), component) is None


def _is_gap(terms: Sequence[Term]) -> bool:
    """Whether no version is above the lower bounds and below the upper ones."""
    lower = [(_precedence(term), term.operator == ">") for term in terms if term.operator in (">", ">=")]
    upper = [(_precedence(term), term.operator == "<=") for term in terms if term.operator in ("<", "<=")]
    if not lower or not upper:
        return False
    (low, above), (high, included) = max(lower), min(upper)
    return low > high or (low == high and (above or not included))


def _precedence(term: Term) -> versions.Precedence:
    return versions.precedence(versions.parse_operand(term.values[0]))
