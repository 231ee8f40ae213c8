"""Which components a run has, and the reason for each."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from omnibase.core.expression import Expression, parse
from omnibase.core.gates import Rule, rules
from omnibase.core.selection import Criteria, Selected, effective, select
from omnibase.model.component import Command, Component, ComponentType, Lifecycle, Need
from omnibase.model.errors import Location, ProtocolError, RegistryError
from omnibase.model.plan import LeftOut
from omnibase.model.registry import Gate
from omnibase.model.result import Cause

ALL = Expression()
PLACE = Location("registry.yaml", 7)
USER_SKIP = LeftOut(Cause.USER_SKIP, "skipped on request")


def component(name: str, **fields: Any) -> Component:
    """A stable component; `needs` are names."""
    needs = tuple(Need(need) for need in fields.pop("needs", ()))
    return Component(name, Command((name,)), needs=needs, **{"lifecycle": Lifecycle.STABLE, **fields})


def gate(deny: str, enforce: str = "block") -> Rule:
    return ruled(deny=deny, enforce=enforce)


def ruled(**said: Any) -> Rule:
    """A gate of stage ci, with its filters read."""
    (rule,) = rules([Gate("ci", place=PLACE, **said)])
    return rule


def chosen(selected: Selected) -> list[str]:
    """The names of what will run."""
    return [one.name for one, left_out in selected.components if left_out is None]


def reasons(selected: Selected) -> dict[str, str]:
    return {choice.name: choice.reason for choice in selected.selection.choices}


# The default selection of each stage (docs/commands.md)

GRID = [
    component(f"{kind}-{lifecycle}-{'-'.join(tags) or 'untagged'}", type=kind, lifecycle=lifecycle, tags=tags)
    for kind, lifecycle, tags in product(ComponentType, Lifecycle, [(), ("pre-commit",), ("pre-commit", "manual")])
]
CURRENT = (Lifecycle.CANARY, Lifecycle.STABLE, Lifecycle.DEPRECATED)


@pytest.mark.parametrize(
    ("default", "types", "lifecycles", "tag", "not_tag"),
    [
        ("type=validator,lifecycle=canary,tag=pre-commit", ("validator",), ("canary",), "pre-commit", None),
        (
            "type=validator|test,lifecycle=canary|stable|deprecated,tag!=manual",
            ("validator", "test"),
            CURRENT,
            None,
            "manual",
        ),
        ("type=test,lifecycle=canary|stable|deprecated,tag!=manual", ("test",), CURRENT, None, "manual"),
        ("type=tool|validator,lifecycle=canary|stable|deprecated", ("tool", "validator"), CURRENT, None, None),
    ],
    ids=["pre-commit", "ci", "test", "pipeline"],
)
def test_the_default_of_a_stage_selects_its_row_of_the_table(
    default: str, types: Sequence[str], lifecycles: Sequence[str], tag: str | None, not_tag: str | None
) -> None:
    expected = [
        one.name
        for one in GRID
        if one.type in types
        and one.lifecycle in lifecycles
        and (tag is None or tag in one.tags)
        and (not_tag is None or not_tag not in one.tags)
    ]
    assert expected
    assert chosen(select(GRID, Criteria(parse(default)))) == expected


# Filters and names


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], "type=validator,lifecycle=canary,tag=pre-commit"),
        (["lifecycle=stable"], "type=validator,tag=pre-commit,lifecycle=stable"),
        (["lifecycle=stable,lifecycle!=canary"], "type=validator,tag=pre-commit,lifecycle=stable,lifecycle!=canary"),
        (["tag=slow", "tag=python"], "type=validator,lifecycle=canary,tag=slow,tag=python"),
        (["type=*", "lifecycle=*", "tag=*"], "type=*,lifecycle=*,tag=*"),
        (["owner=me"], "type=validator,lifecycle=canary,tag=pre-commit,owner=me"),
        (["version>=1"], "type=validator,lifecycle=canary,tag=pre-commit,version>=1"),
    ],
)
def test_a_term_takes_the_place_of_the_default_s_terms_of_its_key(filters: list[str], expected: str) -> None:
    default = parse("type=validator,lifecycle=canary,tag=pre-commit")
    assert str(effective(default, [parse(one) for one in filters])) == expected


def test_each_component_has_the_reason_why_it_is_in_or_out_in_the_registry_s_order() -> None:
    registry = [
        component("old", lifecycle=Lifecycle.ARCHIVED),
        component("slow", tags=("slow",)),
        component("in", needs=["pulled"]),
        component("skipped"),
        component("pulled", tags=("slow",)),
    ]
    selected = select(registry, Criteria(parse("tag!=slow,lifecycle=stable"), skip=("skipped",)))
    assert [(choice.name, choice.chosen, choice.reason) for choice in selected.selection.choices] == [
        ("old", False, "archived"),
        ("slow", False, "tag!=slow does not hold"),
        ("in", True, "selected"),
        ("skipped", False, "skipped on request"),
        ("pulled", True, "needed by in"),
    ]
    assert selected.components == ((registry[2], None), (registry[3], USER_SKIP), (registry[4], None))


def test_names_take_the_place_of_the_default() -> None:
    registry = [component("a", lifecycle=Lifecycle.EXPERIMENTAL), component("b"), component("c")]
    selected = select(registry, Criteria(parse("lifecycle=canary,type=test"), names=("c", "a")))
    assert chosen(selected) == ["a", "c"]
    assert reasons(selected) == {"a": "named", "b": "not named", "c": "named"}


@pytest.mark.parametrize("text", ["name=b", "name=b*", "name=x*|b"])
def test_a_filter_by_name_takes_the_place_of_the_default_too(text: str) -> None:
    components = [component("a"), component("b", lifecycle=Lifecycle.EXPERIMENTAL, tags=("manual",))]
    default = parse("type=validator,lifecycle=stable,tag!=manual")
    assert chosen(select(components, Criteria(default, (parse(text),)))) == ["b"]
    assert chosen(select(components, Criteria(default, (parse("name!=b"),)))) == ["a"]


def test_a_gate_forbids_what_a_filter_asks_for_by_name() -> None:
    with pytest.raises(ProtocolError, match="'a' was asked for by name"):
        select([component("a")], Criteria(ALL, (parse("name=a"),), gates=[gate("name=a")]))


def test_names_and_filters_have_to_hold_together() -> None:
    registry = [component("a"), component("b", tags=("slow",))]
    selected = select(registry, Criteria(parse("type=test"), filters=(parse("tag!=slow"),), names=("a", "b")))
    assert chosen(selected) == ["a"]
    assert reasons(selected)["b"] == "tag!=slow does not hold"


def test_what_is_archived_is_never_selected() -> None:
    registry = [component("a", lifecycle=Lifecycle.ARCHIVED), component("b")]
    assert chosen(select(registry, Criteria(ALL, filters=(parse("lifecycle=archived|stable"),)))) == ["b"]


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(ALL, names=("ruf",)),
        Criteria(ALL, filters=(parse("name=ruf"),)),
        Criteria(ALL, filters=(parse("type=test"), parse("tag=x,name=mypy|ruf"))),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest_one(criteria: Criteria) -> None:
    with pytest.raises(RegistryError) as caught:
        select([component("mypy"), component("ruff")], criteria)
    assert caught.value.message == "no component is called 'ruf'"
    assert caught.value.remedy == "did you mean 'ruff'?"


def test_a_name_that_is_like_no_other_is_refused_with_where_to_look() -> None:
    with pytest.raises(RegistryError) as caught:
        select([component("mypy")], Criteria(ALL, names=("xyz",)))
    assert caught.value.remedy == "`omnibase registry list` shows all components"


@pytest.mark.parametrize("text", ["name=ru*", "name!=ruf", "name=r?ff|*"])
def test_a_pattern_and_an_exclusion_may_name_what_does_not_exist(text: str) -> None:
    assert chosen(select([component("mypy")], Criteria(ALL, filters=(parse(text),)))) in ([], ["mypy"])


def test_an_archived_component_asked_for_by_name_is_refused() -> None:
    registry = [component("a", lifecycle=Lifecycle.ARCHIVED, origin=PLACE)]
    for criteria in (Criteria(ALL, names=("a",)), Criteria(ALL, filters=(parse("name=a"),))):
        with pytest.raises(RegistryError, match="archived") as caught:
            select(registry, criteria)
        assert caught.value.place == PLACE


# Skips


@pytest.mark.parametrize(
    "criteria", [Criteria(ALL), Criteria(ALL, names=("a",)), Criteria(ALL, filters=(parse("name=a"),))]
)
def test_a_skip_wins_over_every_selector(criteria: Criteria) -> None:
    selected = select([component("a")], criteria._replace(skip=("a",), gates=[gate("*")]))
    assert selected.components[0][1] == USER_SKIP
    assert selected.selection.choices[0].chosen is False


def test_a_skip_of_what_is_not_selected_adds_nothing() -> None:
    selected = select([component("a"), component("b")], Criteria(ALL, names=("b",), skip=("a",)))
    assert [one.name for one, _ in selected.components] == ["b"]
    assert reasons(selected)["a"] == "not named"


def test_a_skip_of_what_does_not_exist_is_a_notice() -> None:
    selected = select([component("a")], Criteria(ALL, skip=("zzz", "bbb", "a")))
    assert selected.notices == ("nothing to skip: no component is called bbb, zzz",)


# Needs


def test_needs_are_pulled_in_with_theirs_and_what_only_comes_after_is_not() -> None:
    registry = [
        component("a", needs=["b"], after=("d",)),
        component("b", needs=["c"], lifecycle=Lifecycle.EXPERIMENTAL),
        component("c", type=ComponentType.TOOL),
        component("d"),
    ]
    selected = select(registry, Criteria(ALL, names=("a",)))
    assert chosen(selected) == ["a", "b", "c"]
    assert reasons(selected) == {"a": "named", "b": "needed by a", "c": "needed by b", "d": "not named"}


def test_names_that_are_complete_pull_nothing_in() -> None:
    registry = [component("a", needs=["b", "c"]), component("b"), component("c", needs=["d"]), component("d")]
    criteria = Criteria(ALL, names=("a", "c"), complete=True)
    assert chosen(select(registry, criteria)) == ["a", "c"]
    skipped = select(registry, criteria._replace(skip=("c",)))
    assert skipped.components == ((registry[0], None), (registry[2], USER_SKIP))


def test_a_need_that_is_archived_is_refused() -> None:
    registry = [component("a", needs=["b"], origin=PLACE), component("b", lifecycle=Lifecycle.ARCHIVED)]
    with pytest.raises(RegistryError, match="'a' needs 'b', which is archived") as caught:
        select(registry, Criteria(ALL))
    assert caught.value.place == PLACE


def test_a_need_may_be_skipped_on_request() -> None:
    registry = [component("a", needs=["b"]), component("b")]
    selected = select(registry, Criteria(ALL, names=("a",), skip=("b",)))
    assert selected.components == ((registry[0], None), (registry[1], USER_SKIP))


@pytest.mark.parametrize("left_out", [{"skip": ("a",)}, {"gates": [gate("name=a")]}])
def test_what_does_not_run_pulls_nothing_in(left_out: dict[str, Any]) -> None:
    registry = [
        component("a", needs=["b"]),
        component("b", needs=["c"], tags=("slow",)),
        component("c", tags=("slow",)),
    ]
    selected = select(registry, Criteria(parse("tag!=slow"), **left_out))
    assert chosen(selected) == []
    assert reasons(selected)["b"] == "tag!=slow does not hold"


def test_what_another_one_needs_is_pulled_in_although_one_that_needs_it_is_skipped() -> None:
    registry = [component("a", needs=["c"]), component("b", needs=["c"]), component("c", tags=("slow",))]
    selected = select(registry, Criteria(parse("tag!=slow"), skip=("a",)))
    assert reasons(selected)["c"] == "needed by b"


# Gates


@pytest.mark.parametrize(
    ("enforce", "runs", "notices"),
    [("block", False, 0), ("warn", True, 1), ("audit", True, 0)],
)
def test_a_gate_leaves_out_or_tells(enforce: str, runs: bool, notices: int) -> None:
    registry = [component("a", tags=("slow",)), component("b")]
    selected = select(registry, Criteria(ALL, gates=[gate("tag=slow", enforce)]))
    label = f"deny 'tag=slow' at ci ({enforce})"
    assert chosen(selected) == (["a", "b"] if runs else ["b"])
    assert [(choice.name, choice.gate) for choice in selected.selection.choices] == [("a", label), ("b", None)]
    assert reasons(selected)["a"] == ("selected" if runs else f"blocked by the gate {label}")
    assert len(selected.notices) == notices
    assert [one.name for one, _ in selected.components] == chosen(selected)


def test_a_gate_forbids_what_is_asked_for_by_name() -> None:
    with pytest.raises(ProtocolError, match="'a' was asked for by name") as caught:
        select([component("a")], Criteria(ALL, names=("a",), gates=[gate("*")]))
    assert caught.value.place == PLACE
    for enforce in ("warn", "audit"):
        assert chosen(select([component("a")], Criteria(ALL, names=("a",), gates=[gate("*", enforce)]))) == ["a"]


def test_what_is_gated_is_a_task_where_another_one_waits_for_it() -> None:
    registry = [component("a", needs=["b"]), component("b", needs=["c"]), component("c", tags=("slow",))]
    criteria = Criteria(parse("tag!=slow"), gates=[gate("name=b")])
    left_out = LeftOut(Cause.GATED, "blocked by the gate deny 'name=b' at ci (block)")
    assert select(registry, criteria).components == ((registry[0], None), (registry[1], left_out))


def test_each_decision_of_a_gate_is_told_in_the_registry_s_order() -> None:
    registry = [component("a", tags=("slow",), needs=["c"]), component("b"), component("c", tags=("slow",))]
    gates = [gate("tag=slow", "audit"), ruled(require="owner=?*", enforce="warn"), gate("name=c")]
    selected = select(registry, Criteria(parse("name=a"), gates=gates))
    assert [(one.name, one.decision, one.reason, one.place) for one in selected.selection.decisions] == [
        ("a", "audited", "it matches 'tag=slow'", "registry.yaml:7"),
        ("a", "warned", "owner=?* does not hold", "registry.yaml:7"),
        ("c", "audited", "it matches 'tag=slow'", "registry.yaml:7"),
        ("c", "warned", "owner=?* does not hold", "registry.yaml:7"),
        ("c", "blocked", "it matches 'name=c'", "registry.yaml:7"),
    ]
    assert selected.notices == (
        "a: the gate require 'owner=?*' at ci (warn) would leave it out: owner=?* does not hold",
    )


@pytest.mark.parametrize("left_out", [{"skip": ("a",)}, {"names": ("b",)}])
def test_no_gate_decides_about_what_is_not_to_run(left_out: dict[str, Any]) -> None:
    selected = select([component("a"), component("b")], Criteria(ALL, gates=[gate("name=a", "warn")], **left_out))
    assert selected.selection.decisions == ()
    assert selected.notices == ()


def test_what_a_gate_says_of_a_fallback_is_a_decision_too() -> None:
    registry = [
        component("a", fallback="b"),
        component("b", tags=("slow",), fallback="c"),
        component("c", tags=("slow", "x")),
    ]
    warned = select(registry, Criteria(ALL, names=("a",), gates=[gate("tag=slow", "warn")]))
    assert [one.name for one in warned.standby] == ["b", "c"]
    assert [(one.name, one.decision) for one in warned.selection.decisions] == [("b", "warned"), ("c", "warned")]
    blocked = select(registry, Criteria(ALL, names=("a",), gates=[gate("tag=x")]))
    assert [one.name for one in blocked.standby] == ["b"]
    assert [(one.name, one.decision) for one in blocked.selection.decisions] == [("c", "blocked")]
    assert chosen(blocked) == ["a"]


@pytest.mark.parametrize("not_there", [{"skip": ("b",)}, {"names": ("a", "b")}], ids=["skipped", "selected itself"])
def test_what_is_skipped_or_runs_itself_does_not_stand_by(not_there: dict[str, Any]) -> None:
    registry = [component("a", fallback="b"), component("b", fallback="c"), component("c")]
    standby = select(registry, Criteria(ALL, **{"names": ("a",), **not_there})).standby
    assert [one.name for one in standby] == (["c"] if "names" in not_there else [])


def test_what_is_archived_does_not_stand_by() -> None:
    registry = [component("a", fallback="b"), component("b", lifecycle=Lifecycle.ARCHIVED)]
    assert select(registry, Criteria(ALL)).standby == ()


def test_a_gate_that_limits_blocks_what_was_asked_for_by_name_with_its_reason() -> None:
    registry = [component("a", since="2026-01-01")]
    criteria = Criteria(ALL, names=("a",), gates=[ruled(limit="*", age=30)], today="2026-03-01")
    with pytest.raises(ProtocolError) as caught:
        select(registry, criteria)
    assert caught.value.message == (
        "'a' was asked for by name, and is blocked by the gate limit '*' to 30 days at ci (block): "
        "it has been there for 59 days, since 2026-01-01"
    )
    assert (caught.value.place, caught.value.exit_code) == (PLACE, 4)
    assert chosen(select(registry, criteria._replace(today="2026-01-31"))) == ["a"]


def test_nothing_is_selected_of_nothing() -> None:
    assert select([], Criteria(ALL)) == Selected((), select([], Criteria(ALL)).selection, ())


def test_a_gate_on_what_is_needed_forbids_what_was_asked_for_by_name() -> None:
    """Skipped with its need, it would be green although it never ran."""
    components = [component("a"), component("b", needs=("a",)), component("c", needs=("b",))]
    gates = rules([Gate("ci", deny="name=a")], "ci")
    with pytest.raises(ProtocolError, match="'c' was asked for by name, and needs 'a', which is blocked by"):
        select(components, Criteria(parse("*"), names=("c",), gates=gates))
    chosen = select(components, Criteria(parse("*"), gates=gates))
    assert [left_out is None for _, left_out in chosen.components] == [False, True, True]
