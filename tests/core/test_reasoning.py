"""What follows from filters: nothing is called impossible that is not, and little that is goes unseen."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.expression import Expression, Term, matches, parse
from omnibase.core.reasoning import MOST, implies, opposite, possible
from omnibase.model.component import Command, Component, ComponentType, Lifecycle

LIVING = [one for one in Lifecycle if one is not Lifecycle.ARCHIVED]
SAID = ({}, {"network": "none"}, {"write": []}, {"network": "none", "write": []}, {"network": "any", "write": ["a"]})


def terms(text: str) -> tuple[Term, ...]:
    return parse(text).terms


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "type=tool",
        "type=tool|test,type!=test",
        "type=t*,type!=tool",
        "lifecycle=archived|stable",
        "lifecycle!=archived",
        "capability!=network,capability!=write",
        "capability=network,capability!=undeclared",
        "tag=a,tag=b",
        "tag=a|b,tag!=a",
        "tag=a*,tag!=ab*",
        "tag!=?*",
        "name=a*,name=b*",  # nothing has such a name, and it is not looked for
        "owner=@a|@b,owner!=@a",
        "owner!=?*",
        "version>=1,version<2",
        "version>=1,version<=1",
        "version=1|2,version>1",
        "version=1.2,version!=1.2.0",  # a plugin's component may have called its version 1.2
        "version=1.0.0,version!=*+b",
        "version=1.0.0,version=*+b",
        "version!=1,version!=2",
        "type=tool,tag=a,owner=@a,version>1,capability=write,lifecycle=stable,name=x",
    ],
)
def test_what_may_hold_is_possible(text: str) -> None:
    assert possible(terms(text))


@pytest.mark.parametrize(
    "text",
    [
        "type=tool,type=test",
        "type=tool,type!=tool",
        "type!=tool|validator|test",
        "type=tool*,type=t?st",
        "type!=t*,type!=v*",
        "lifecycle=archived",
        "lifecycle!=experimental|canary|stable|deprecated",
        "capability=undeclared,capability!=network",
        "capability=undeclared,capability!=write",
        "tag=a,tag!=a",
        "tag=a|b,tag!=b,tag!=a|c",
        "tag=a*,tag!=b|a*",
        "tag=ab|ac,tag!=a*",
        "tag=x,tag=ab|ac,tag!=a*",
        "tag!=*",
        "owner!=*",
        "owner=@a,owner=@b",
        "owner=@a|@b,owner=@c|@d",
        "owner=@a,owner!=@*",
        "owner=@a,owner=b*",
        "name=a,name=b",
        "name=a*,name!=a*",
        "version=1,version=2",
        "version=1,version!=1",
        "version=1.0.0,version!=1",
        "version=1|2,version>2",
        "version>2,version<2",
        "version>2,version<=2",
        "version>=2,version<2",
        "version>=2,version<1.9.9",
        "version=2.0.0-rc.1,version<2",
        "type=tool,owner=@a,type=test",
    ],
)
def test_what_cannot_hold_is_impossible(text: str) -> None:
    assert not possible(terms(text))


@pytest.mark.parametrize(
    ("given_terms", "term", "expected"),
    [
        ("type=tool", "type=tool|test", True),
        ("type=tool|test", "type=tool", False),
        ("type=tool", "type!=test", True),
        ("*", "owner=*", True),
        ("*", "type=tool|validator|test", True),
        ("*", "lifecycle!=archived", True),
        ("*", "capability=*", True),
        ("*", "tag=a", False),
        ("owner=@a", "owner=?*", True),
        ("owner=@a|@b", "owner=@b|@a", True),
        ("owner=@a", "owner=@*", True),
        ("tag=a,tag=b", "tag=b", True),
        ("tag=a", "tag!=b", False),
        ("capability=undeclared", "capability=network", True),
        ("version>=2", "version>=2", True),
        ("version>=3", "version>=2", False),  # true, and not worked out
    ],
)
def test_a_term_follows_from_others(given_terms: str, term: str, expected: bool) -> None:
    (one,) = terms(term)
    assert implies(terms(given_terms), one) is expected


def test_of_very_many_values_only_equal_words_are_compared() -> None:
    many = [f"n{number}" for number in range(MOST)]
    asked, other = Term("name", "=", tuple(many)), Term("name", "=", ("x",))
    assert possible([asked, other])
    assert not possible([asked._replace(values=tuple(many[1:])), other])
    assert not possible([asked, Term("name", "!=", (*many, "more"))])


# What holds for all filters

VALUES = {
    "type": st.sampled_from([*ComponentType, "t*", "?est", "*"]),
    "lifecycle": st.sampled_from([*Lifecycle, "*a*", "st*"]),
    "capability": st.sampled_from(["network", "write", "undeclared", "*", "?*", "n*"]),
    "tag": st.sampled_from(["a", "b", "ab", "a*", "?", "*", "?*"]),
    "name": st.sampled_from(["a", "b", "ab", "a*", "?", "*"]),
    "owner": st.sampled_from(["a", "b", "ab", "a*", "?", "*", "?*"]),
    "version": st.sampled_from(["1", "1.0.0", "1.0.0+b", "2", "2.0.0-rc.1", "2.0.0-rc.*", "1.*", "*+b", "*"]),
}
LIMITS = st.sampled_from(["1", "1.0.0", "2", "2.0.0-rc.1", "1.5"])


def terms_of(key: str) -> st.SearchStrategy[Term]:
    values = st.lists(VALUES[key], min_size=1, max_size=3).map(tuple)
    plain = st.builds(Term, st.just(key), st.sampled_from(["=", "!="]), values)
    if key != "version":
        return plain
    return plain | st.builds(Term, st.just(key), st.sampled_from([">", ">=", "<", "<="]), st.tuples(LIMITS))


def several(*keys: str, least: int = 0) -> st.SearchStrategy[list[Term]]:
    return st.lists(st.sampled_from(keys).flatmap(terms_of), min_size=least, max_size=5)


PLAIN = Component("x", Command(("x",)))
WORDS = ["".join(letters) for length in (1, 2, 3) for letters in product("ab", repeat=length)]
VERSIONS = (
    "1",
    "1.0",
    "1.0.0",
    "1.0.0+b",
    "1.5.0",
    "2.0.0-rc.1",
    "2.0.0-rc.2+b",
    "2.0.0",
    "2.0.0+b",
    "3.0.0",
    "nightly",
)
# A component for every fact that may matter to the terms above: what holds of one key has nothing to do with another.
FACTS = {
    "type": [PLAIN._replace(type=kind) for kind in ComponentType],
    "lifecycle": [PLAIN._replace(lifecycle=one) for one in LIVING],
    "capability": [PLAIN._replace(declared={"capabilities": said}) for said in SAID],
    "tag": [PLAIN, *(PLAIN._replace(tags=tags) for tags in product(WORDS, repeat=2))],
    "name": [PLAIN._replace(name=word) for word in WORDS],
    "owner": [PLAIN, *(PLAIN._replace(owner=word) for word in WORDS)],
    "version": [PLAIN._replace(version=version) for version in VERSIONS],
}


def holds(those: list[Term], component: Component) -> bool:
    return matches(Expression(tuple(those)), component) is None


of_one_key = st.sampled_from(list(VALUES)).flatmap(lambda key: several(key, least=1))


@settings(deadline=None, max_examples=300)
@given(of_one_key)
def test_nothing_that_holds_for_a_component_is_called_impossible(those: list[Term]) -> None:
    if not possible(those):
        assert not any(holds(those, one) for one in FACTS[those[0].key])


@settings(deadline=None)
@given(st.sampled_from(["type", "lifecycle", "capability"]).flatmap(lambda key: several(key, least=1)))
def test_of_keys_with_few_values_all_is_known(those: list[Term]) -> None:
    assert possible(those) is any(holds(those, one) for one in FACTS[those[0].key])


@settings(deadline=None)
@given(several(*VALUES))
def test_what_is_said_of_one_key_has_nothing_to_do_with_another(those: list[Term]) -> None:
    apart = [[term for term in those if term.key == key] for key in VALUES]
    assert possible(those) is all(possible(some) for some in apart)


@settings(deadline=None, max_examples=300)
@given(of_one_key)
def test_what_follows_holds_wherever_the_others_do(those: list[Term]) -> None:
    *others, one = those
    if possible(others) and implies(others, one):
        assert all(holds([one], component) for component in FACTS[one.key] if holds(others, component))


@given(st.sampled_from(list(VALUES)).flatmap(terms_of))
def test_of_a_term_and_its_opposite_exactly_one_holds(term: Term) -> None:
    if term.operator in ("=", "!="):
        assert all(holds([term], one) is not holds([opposite(term)], one) for one in FACTS[term.key])
