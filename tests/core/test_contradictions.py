"""Gates that cannot be meant: what is called contradictory lets nothing pass, and nothing less is called so."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.contradictions import Contradiction, contradiction, nonsense
from omnibase.core.expression import Expression, matches, parse
from omnibase.core.gates import Judge, Rule, rules
from omnibase.model.component import Command, Component, ComponentType, Lifecycle
from omnibase.model.registry import Gate


def gate(said: str) -> Gate:
    """A gate as "require owner=@a of type=tool, warn", "deny *", "limit tag=x to 3"."""
    said, _, enforce = said.partition(", ")
    kind, rest = said.split(" ", 1)
    about, _, only = rest.partition(" of ")
    about, _, most = about.partition(" to ")
    return Gate("ci", only=only or None, most=int(most) if most else None, enforce=enforce or "block", **{kind: about})  # type: ignore[arg-type]


def ruled(*said: str) -> tuple[Rule, ...]:
    return rules([gate(one) for one in said])


# One gate


@pytest.mark.parametrize(
    "said",
    [
        "deny *",
        "deny lifecycle=experimental",
        "deny lifecycle=archived|canary",
        "limit * to 3",
        "require owner=?*",
        "require owner=?* of *",
        "require tag=a of tag=b",
        "require type=tool of type=tool|test",
        "require version>=1",
    ],
)
def test_a_gate_that_can_be_meant_is_left_alone(said: str) -> None:
    assert nonsense(*ruled(said)) is None


AGAINST_NOTHING = "the gate is against nothing"
HOLDS_FOR_NOTHING = f"holds for nothing that can run: {AGAINST_NOTHING}"
HOLDS_FOR_ALL = f"holds for everything that can run: {AGAINST_NOTHING}"


@pytest.mark.parametrize(
    ("said", "key", "message", "remedy"),
    [
        ("deny lifecycle=archived", "deny", f"'lifecycle=archived' {HOLDS_FOR_NOTHING}", ""),
        ("deny type=tool,type=test", "deny", f"'type=tool,type=test' {HOLDS_FOR_NOTHING}", ""),
        ("limit tag=a,tag!=a to 3", "limit", f"'tag=a,tag!=a' {HOLDS_FOR_NOTHING}", ""),
        ("require tag=a of tag!=*", "only", f"'tag!=*' {HOLDS_FOR_NOTHING}", ""),
        (
            "require lifecycle=archived",
            "require",
            "'lifecycle=archived' holds for nothing that can run: the gate is against everything",
            "change the filter, or deny what is meant",
        ),
        (
            "require type=test of type=tool",
            "require",
            "'type=test' holds for nothing that matches 'type=tool': the gate is against everything",
            "change the filter, or deny what is meant",
        ),
        (
            "require owner=*",
            "require",
            f"'owner=*' {HOLDS_FOR_ALL}",
            "write owner=?* for what has any owner at all",
        ),
        ("require type=*", "require", f"'type=*' {HOLDS_FOR_ALL}", ""),
        ("require *", "require", f"'*' {HOLDS_FOR_ALL}", ""),
        ("require lifecycle!=archived", "require", f"'lifecycle!=archived' {HOLDS_FOR_ALL}", ""),
        (
            "require type=tool|test of type=tool",
            "require",
            f"'type=tool|test' holds for everything that matches 'type=tool': {AGAINST_NOTHING}",
            "",
        ),
    ],
)  # fmt: skip
def test_a_gate_that_cannot_be_meant_is_told(said: str, key: str, message: str, remedy: str) -> None:
    found = nonsense(*ruled(said))
    assert found == (key, message, remedy or "change the filter, or remove the gate")


# Several

CONTRADICTORY = [
    (["require owner=@a", "require owner=@b"], "0 1", "*"),
    (["require owner=@a of type=tool", "require owner=@b of type=tool"], "0 1", "type=tool"),
    (["require owner=@a of type=tool,tag=x", "require owner=@b of tag=x,type=tool"], "0 1", "tag=x,type=tool"),
    (["require owner=@a of type=tool", "require owner=@b"], "0 1", "type=tool"),
    (["require owner=@b", "require owner=@a of type=tool"], "0 1", "type=tool"),
    (["require owner=@a of type=tool", "require owner=@b of type=tool|test"], "0 1", "type=tool"),
    (["require tag=a", "deny tag=a"], "0 1", "*"),
    (["deny tag=a*", "require tag=a*"], "0 1", "*"),
    (["deny tag=a,owner=@a", "require owner=@a,tag=a"], "0 1", "*"),
    (["require owner=@a,tag=a", "deny tag=a"], "0 1", "*"),
    (["require type=tool", "deny type=tool|test"], "0 1", "*"),
    (["require owner=@a of type=tool", "deny owner=@a,type=tool"], "0 1", "type=tool"),
    (["require owner=@a", "limit owner=@a to 0"], "0 1", "*"),
    (["deny type=tool", "deny type!=tool"], "0 1", "*"),
    (["deny type=tool", "deny type=test", "deny tag=x", "deny type=validator"], "0 1 3", "*"),
    (["require lifecycle=canary|stable", "deny tag=x", "require lifecycle=stable|deprecated", "deny lifecycle=stable"],
     "0 2 3", "*"),
    (["require version>=2", "require version<2"], "0 1", "*"),
    (["require version>=2", "deny version>=2"], "0 1", "*"),
    (["deny *", "require tag=a", "deny tag=a"], "1 2", "*"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "which", "scope"), CONTRADICTORY)
def test_gates_that_let_nothing_pass_together_contradict_each_other(said: list[str], which: str, scope: str) -> None:
    of_all = ruled(*said)
    found = contradiction(of_all)
    assert found is not None
    assert [of_all.index(rule) for rule in found.rules] == [int(one) for one in which.split()]
    assert str(found.scope) == scope


@pytest.mark.parametrize(
    "said",
    [
        [],
        ["require owner=@a"],
        ["require owner=@a", "require owner=@a|@b"],
        ["require owner=@a", "require tag=a"],
        ["require tag=a", "require tag=b"],  # a component may have both
        ["require owner=@a, warn", "require owner=@b"],
        ["require owner=@a, audit", "deny owner=@a"],
        ["require owner=@a of type=tool", "require owner=@b of type=test"],
        ["require owner=@a of type=tool", "require owner=@b of tag=x"],  # other tools pass, and so does what else has x
        ["deny tag=a", "require owner=@a"],
        ["deny tag=a,owner=@a", "require owner=@a"],
        ["deny *", "require owner=@a"],  # a stage that is closed for a while keeps its other gates
        ["deny type=tool", "require owner=@a of type=tool"],  # likewise
        ["deny type=tool", "deny type=test"],
        ["require owner=@a", "limit owner=@a to 1"],
        ["require owner=@a", "deny owner=@a,type=tool", "require tag=t of type=tool"],  # no gate of tools is to blame
    ],
)
def test_gates_that_something_passes_do_not(said: list[str]) -> None:
    assert contradiction(ruled(*said)) is None


# What holds for all gates

LIVING = [one for one in Lifecycle if one is not Lifecycle.ARCHIVED]
UNIVERSE = [
    Component("it", Command(("it",)), type=kind, lifecycle=lifecycle, tags=tuple(tags - {""}), owner=owner)
    for kind, lifecycle, tags, owner in product(
        ComponentType, LIVING, [set(tags) for tags in product(("", "a"), ("", "b"), ("", "ab"))], [None, "a", "b"]
    )
]
TERMS = [
    f"{key}{operator}{'|'.join(values)}"
    for key, possible in {
        "type": [("tool",), ("test",), ("tool", "test")],
        "lifecycle": [("stable",), ("canary", "stable")],
        "tag": [("a",), ("b",), ("a*",), ("a", "b")],
        "owner": [("a",), ("b",), ("?*",)],
    }.items()
    for operator in ("=", "!=")
    for values in possible
]
filters = st.lists(st.sampled_from(TERMS), min_size=1, max_size=2).map(",".join)
enforced = st.sampled_from(["block", "block", "block", "warn", "audit"])
said_of_gates = st.one_of(
    st.fixed_dictionaries({"deny": filters | st.just("*"), "enforce": enforced}),
    st.fixed_dictionaries({"require": filters, "only": st.none() | st.sampled_from(TERMS), "enforce": enforced}),
    st.fixed_dictionaries({"limit": filters, "most": st.integers(0, 1), "enforce": enforced}),
)
gates = said_of_gates.map(lambda said: Gate("ci", **said))


def blocked(those: tuple[Rule, ...], component: Component) -> bool:
    found = Judge(those, [component], "2026-01-01").objections(component)
    return any(one.gate.enforce == "block" for one in found)


def about(found: Contradiction) -> list[Component]:
    return [one for one in UNIVERSE if matches(found.scope, one) is None]


@settings(deadline=None, max_examples=500)
@given(st.lists(gates, max_size=5))
def test_what_is_called_contradictory_blocks_everything_that_one_of_the_gates_is_about(said: list[Gate]) -> None:
    found = contradiction(rules(said))
    if found is not None:
        assert len(found.rules) > 1
        assert all(blocked(found.rules, one) for one in about(found))
        assert any(rule.only == Expression() or set(rule.only.terms) == set(found.scope.terms) for rule in found.rules)


@settings(deadline=None, max_examples=500)
@given(st.lists(gates, max_size=5))
def test_no_gate_is_named_that_the_others_do_not_need(said: list[Gate]) -> None:
    found = contradiction(rule for rule in rules(said) if nonsense(rule) is None)
    for left in found.rules if found else ():
        assert found is not None
        rest = tuple(rule for rule in found.rules if rule is not left)
        assert not all(blocked(rest, one) for one in about(found)) or not about(found)


@settings(deadline=None, max_examples=300)
@given(gates)
def test_what_is_called_nonsense_is_against_nothing_or_everything(said: Gate) -> None:
    (rule,) = rules([said])
    found = nonsense(rule)
    scope = [one for one in UNIVERSE if matches(rule.only, one) is None]
    judge = Judge([rule], [], "2026-01-01")
    against: list[Any] = [bool(judge.objections(one)) for one in scope]
    if found is not None:
        assert not any(against) or all(against)
    elif said.require is not None and "owner" not in said.require:
        assert any(against) and not all(against)


def test_the_terms_of_a_scope_have_one_order() -> None:
    found = contradiction(ruled("require owner=@a of type=tool,tag=x", "require owner=@b of type=tool,tag=x"))
    assert found is not None
    assert found.scope == parse("tag=x,type=tool")
