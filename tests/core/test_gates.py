"""What the gates of a stage have against a component, and what comes of it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.expression import ExpressionError
from omnibase.core.gates import Judge, Objection, decision, label, rules, strictest, warnings
from omnibase.model.component import Command, Component, Lifecycle
from omnibase.model.errors import Location
from omnibase.model.registry import Gate
from omnibase.model.report import GateDecision

PLACE = Location("registry.yaml", 7)
TODAY = "2026-03-01"


def gate(enforce: str = "block", stage: str = "ci", **said: Any) -> Gate:
    return Gate(stage, enforce=enforce, place=PLACE, **said)  # type: ignore[arg-type]


def component(name: str = "lint", **fields: Any) -> Component:
    return Component(name, Command((name,)), **{"lifecycle": Lifecycle.EXPERIMENTAL, "tags": ("slow",), **fields})


LINT = component()


def objections(*gates: Gate, to: Component = LINT, among: list[Component] | None = None) -> tuple[Objection, ...]:
    return Judge(rules(gates), among or [to], TODAY).objections(to)


def reasons(*gates: Gate, to: Component = LINT, among: list[Component] | None = None) -> list[str]:
    return [one.reason for one in objections(*gates, to=to, among=among)]


# Which gates of a registry are a stage's


@pytest.mark.parametrize(
    ("stage", "expected"), [("ci", ["ci", "*"]), ("test", ["test", "*"]), ("x", ["*"]), (None, ["ci", "test", "*"])]
)
def test_a_stage_has_its_gates_and_those_of_all_stages(stage: str | None, expected: list[str]) -> None:
    gates = [gate(stage=one, deny="*") for one in ("ci", "test", "*")]
    assert [rule.gate.stage for rule in rules(gates, stage)] == expected


@pytest.mark.parametrize("said", [{}, {"deny": ""}, {"require": "x"}, {"require": "*", "only": "x=y"}])
def test_a_gate_without_a_filter_that_can_be_read_is_none(said: dict[str, str]) -> None:
    with pytest.raises(ExpressionError):
        rules([gate(**said)])


# Deny and require


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"deny": "tag=fast"}, []),
        ({"deny": "tag=slow"}, ["it matches 'tag=slow'"]),
        ({"deny": "tag=slow,lifecycle=stable"}, []),
        ({"deny": "*"}, ["it matches '*'"]),
        ({"require": "tag=slow"}, []),
        ({"require": "tag=slow,owner=?*"}, ["owner=?* does not hold"]),
        ({"require": "owner=?*", "only": "type=tool"}, []),
        ({"require": "owner=?*", "only": "type=validator"}, ["owner=?* does not hold"]),
        ({"require": "lifecycle=stable,owner=?*"}, ["lifecycle=stable does not hold"]),
    ],
)
def test_a_gate_denies_what_matches_and_requires_of_what_matches_only(said: Any, expected: list[str]) -> None:
    assert reasons(gate(**said)) == expected


# Limits


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-03-01", []),
        ("2026-01-30", []),  # 30 days
        ("2026-01-29", ["it has been there for 31 days, since 2026-01-29"]),
        ("0001-01-01", ["it has been there for 739675 days, since 0001-01-01"]),
        ("2026-03-02", []),  # tomorrow, which is today somewhere
        ("2026-03-03", ["its `since`, 2026-03-03, is still to come"]),
        (None, ["it has no `since`, so that its age is not known"]),
        ("1.2.0", ["its `since`, '1.2.0', is no day, so that its age is not known"]),
        ("", ["its `since`, '', is no day, so that its age is not known"]),
        ("2026-02-30", ["its `since`, '2026-02-30', is no day, so that its age is not known"]),
        ("20260301", ["its `since`, '20260301', is no day, so that its age is not known"]),
        ("2026-03-01\n", ["its `since`, '2026-03-01\\n', is no day, so that its age is not known"]),
    ],
)
def test_an_age_limit_is_passed_by_a_day_that_is_not_too_long_ago(since: str | None, expected: list[str]) -> None:
    assert reasons(gate(limit="*", age=30), to=component(since=since)) == expected


def test_without_a_day_of_the_run_no_limit_of_time_is_passed() -> None:
    young = component(since="2026-03-01", sunset="2027-01-01")
    judge = Judge(rules([gate(limit="*", age=30), gate(limit="*", sunset=True)]), [young], "")
    assert len(judge.objections(young)) == 2


@pytest.mark.parametrize(
    ("sunset", "expected"),
    [
        (None, []),
        ("2026-03-02", []),
        ("2026-03-01", ["its sunset, 2026-03-01, has come"]),
        ("2025-12-31", ["its sunset, 2025-12-31, has come"]),
        ("soon", ["its `sunset`, 'soon', is no day"]),
        ("9999-99-99", ["its `sunset`, '9999-99-99', is no day"]),
    ],
)
def test_a_sunset_ends_on_its_day(sunset: str | None, expected: list[str]) -> None:
    assert reasons(gate(limit="*", sunset=True), to=component(sunset=sunset)) == expected


def test_a_count_lets_through_the_first_of_the_registry_whatever_else_is_asked_for() -> None:
    among = [
        component("gone", lifecycle=Lifecycle.ARCHIVED),
        component("a"),
        component("other", tags=()),
        component("b"),
        component("c"),
    ]
    limits = gate(limit="tag=slow", most=2)
    assert [reasons(limits, to=one, among=among) for one in among] == [
        [],
        [],
        [],
        [],
        ["it is number 3 of them in the registry"],
    ]
    assert reasons(gate(limit="tag=slow", most=0), to=among[1], among=among) == [
        "it is number 1 of them in the registry"
    ]


def test_a_limit_is_about_what_matches_alone_and_names_each_bound_that_is_passed() -> None:
    old = component(since="2025-01-01", sunset="2026-01-01")
    assert reasons(gate(limit="tag=fast", age=1, most=0, sunset=True), to=old) == []
    assert reasons(gate(limit="tag=slow", age=1, most=0, sunset=True), to=old) == [
        "it has been there for 424 days, since 2025-01-01; it is number 1 of them in the registry; "
        "its sunset, 2026-01-01, has come"
    ]
    assert reasons(gate(limit="tag=slow", age=1000, most=0, sunset=True), to=old._replace(sunset=None)) == [
        "it is number 1 of them in the registry"
    ]


# What comes of it


@pytest.mark.parametrize(
    ("enforced", "first"),
    [
        ([], None),
        (["audit"], 0),
        (["audit", "warn"], 1),
        (["warn", "warn"], 0),
        (["warn", "audit", "block", "block"], 2),
    ],
)
def test_the_strictest_gate_decides_and_of_equals_the_first(enforced: list[str], first: int | None) -> None:
    found = objections(*(gate(one, deny="*" if number else "tag=slow") for number, one in enumerate(enforced)))
    assert len(found) == len(enforced)
    assert strictest(found) is (None if first is None else found[first])


def test_a_decision_names_the_gate_its_place_and_the_reason() -> None:
    (one,) = objections(gate("audit", require="owner=?*"))
    assert decision("lint", one) == GateDecision(
        "lint", "require 'owner=?*' at ci (audit)", "audited", "owner=?* does not hold", "registry.yaml:7"
    )
    assert decision("lint", one._replace(gate=one.gate._replace(enforce="warn", place=None)))[2:] == (
        "warned",
        "owner=?* does not hold",
        None,
    )
    assert decision("lint", one._replace(gate=one.gate._replace(enforce="block"))).decision == "blocked"


def test_each_gate_that_only_warns_tells_what_it_would_do_and_why() -> None:
    found = objections(gate("warn", deny="tag=slow"), gate("audit", deny="*"), gate("warn", require="owner=?*"))
    assert warnings([("lint", found)]) == [
        "lint: the gate deny 'tag=slow' at ci (warn) would leave it out",
        "lint: the gate require 'owner=?*' at ci (warn) would leave it out: owner=?* does not hold",
    ]


def test_there_is_no_warning_of_what_is_blocked_anyway() -> None:
    assert warnings([("lint", objections(gate("warn", deny="tag=slow"), gate(deny="*")))]) == []


def test_what_a_gate_has_against_many_for_the_same_reason_is_told_at_once() -> None:
    found = objections(gate("warn", require="owner=?*"))
    many = [f"c{number}" for number in range(12)]
    said = "the gate require 'owner=?*' at ci (warn) would leave them out: owner=?* does not hold"
    assert warnings([(name, found) for name in many[:2]]) == [f"c0, c1: {said}"]
    assert warnings([(name, found) for name in many]) == [f"c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more: {said}"]
    other = objections(gate("warn", require="owner=?*,tag=x"), to=component(owner="@a"))
    assert len(warnings([("a", found), ("b", other)])) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"deny": "*"}, "deny '*' at ci (block)"),
        ({"deny": "*", "stage": "*"}, "deny '*' at every stage (block)"),
        ({"require": "owner=?*", "enforce": "warn"}, "require 'owner=?*' at ci (warn)"),
        ({"require": "owner=?*", "only": "type=tool"}, "require 'owner=?*' of 'type=tool' at ci (block)"),
        ({"limit": "tag=x", "age": 90}, "limit 'tag=x' to 90 days at ci (block)"),
        ({"limit": "tag=x", "age": 1}, "limit 'tag=x' to 1 day at ci (block)"),
        ({"limit": "tag=x", "most": 0}, "limit 'tag=x' to the first 0 at ci (block)"),
        (
            {"limit": "tag=x", "most": 5, "age": 7, "sunset": True},
            "limit 'tag=x' to 7 days and the first 5 and its sunset at ci (block)",
        ),
    ],
)
def test_a_gate_is_shown_as_it_is_meant(said: Any, expected: str) -> None:
    assert label(gate(**said)) == expected


# What holds for all of them

days = st.dates().map(lambda day: day.isoformat())
gates = st.one_of(
    st.builds(gate, deny=st.sampled_from(["*", "tag=a", "tag!=a"])),
    st.builds(gate, require=st.sampled_from(["tag=a", "tag!=b"]), only=st.none() | st.sampled_from(["tag=b", "*"])),
    st.builds(
        gate, limit=st.sampled_from(["*", "tag=a"]), age=st.integers(1, 40_000), most=st.none() | st.integers(0, 3)
    ),
    st.builds(gate, limit=st.sampled_from(["*", "tag=a"]), sunset=st.just(True)),
)
components = st.builds(
    component,
    tags=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    since=st.none() | days | st.text(max_size=3),
    sunset=st.none() | days,
)


@settings(deadline=None)
@given(gates, components, days)
def test_a_require_is_the_opposite_of_a_deny_and_a_limit_is_never_against_more(
    one: Gate, it: Component, today: str
) -> None:
    def against(other: Gate) -> bool:
        return bool(Judge(rules([other]), [it], today).objections(it))

    if one.deny is not None:
        assert against(one) is not against(gate(require=one.deny))
    elif one.limit is not None and against(one):
        assert against(gate(deny=one.limit))


@settings(deadline=None)
@given(st.lists(st.sampled_from("ab"), max_size=8), st.integers(0, 4))
def test_as_many_pass_a_count_as_it_says_and_they_are_the_first(tags: list[str], most: int) -> None:
    registry = [component(f"c{number}", tags=(tag,)) for number, tag in enumerate(tags)]
    judge = Judge(rules([gate(limit="tag=a", most=most)]), registry, TODAY)
    passed = [one for one in registry if not judge.objections(one)]
    of_a = [one for one in registry if "a" in one.tags]
    assert passed == [one for one in registry if one not in of_a[most:]]


@settings(deadline=None)
@given(days, days, st.integers(1, 40_000))
def test_what_is_too_old_stays_so(since: str, today: str, age: int) -> None:
    it = component(since=since)

    def old(day: str) -> bool:
        return bool(Judge(rules([gate(limit="*", age=age)]), [it], day).objections(it))

    if since <= today and old(today):
        assert old("9999-12-31")
