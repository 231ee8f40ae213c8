"""What a dry run knows beforehand: the order, what would be skipped, and what is remembered."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.core.previewing import Foresight, cache_expectation, order_of
from omnibase.model.component import Command, Component, Need
from omnibase.model.plan import KeepGoing, LeftOut, Plan
from omnibase.model.report import PlannedTask
from omnibase.model.result import Cause
from tests.core.plans import random_plan

GONE = "lint is not installed"


def component(name: str, *needs: str, after: tuple[str, ...] = (), **fields: object) -> Component:
    return Component(name, Command((name, "{files}")), needs=tuple(map(Need, needs)), after=after, **fields)  # type: ignore[arg-type]


def planned(*components: Component, left_out: str = "", standby: str = "", **conditions: object) -> Plan:
    why = LeftOut(Cause.NO_FILES, "no files to check")
    wanted = [
        Wanted(one, ("a.py",), why if one.name == left_out else None, standby=one.name == standby) for one in components
    ]
    return plan(wanted, Conditions(**conditions))  # type: ignore[arg-type]


def task(made: Plan, name: str, *, fix: bool = False) -> int:
    return next(n for n, one in enumerate(made.tasks) if one.component.name == name and one.fix is fix)


def there(_task: int) -> None:
    """All programs are."""


# The order


def test_waves_have_the_tasks_that_run_by_the_order_of_their_start() -> None:
    made = planned(
        component("long"),
        component("test", "short"),
        component("short", fix=("short", "--fix", "{files}")),
        component("none"),
        left_out="none",
        fix=True,
        slots=2,
        durations={"test": 9.0, "short": 1.0, "long": 2.0},
        usual=0.0,
    )
    # What needs the fix waits for it; of the rest, the one with the longest path behind it comes first.
    assert [[(one.name, one.fix) for one in wave] for wave in order_of(made)] == [
        [("short", True)],
        [("short", False), ("long", False)],
        [("test", False)],
    ]


def test_what_only_stands_by_has_no_place_in_it() -> None:
    made = planned(component("a", fallback="b"), component("b"), standby="b")
    assert order_of(made) == ((PlannedTask("a"),),)


@given(st.integers(0, 2**32), st.integers(1, 14))
def test_everything_that_runs_is_in_a_wave_behind_what_it_waits_for(seed: int, count: int) -> None:
    made = random_plan(Random(seed), count)
    waves = order_of(made)
    running = [one for one in made.tasks if one.left_out is None and not one.standby]
    assert sorted(one.name for wave in waves for one in wave) == sorted(one.component.name for one in running)
    places = sorted(one.place for wave in waves for one in wave)
    assert places == list(range(1, len(running) + 1))
    level = {one.name: number for number, wave in enumerate(waves) for one in wave}
    for edge in made.edges:
        before, after = (made.tasks[one].component.name for one in (edge.before, edge.after))
        if before in level and after in level:
            assert level[before] < level[after]


# What would be skipped


def test_a_missing_program_skips_the_task_and_all_that_needs_it() -> None:
    made = planned(component("lint"), component("test", "lint"), component("publish", "test"), component("apart"))
    foresight = Foresight(made)
    assert foresight.blocked(task(made, "lint")) is None
    assert foresight.without_program(task(made, "lint"), GONE, there) == (f"would be skipped: {GONE}", None)
    assert foresight.blocked(task(made, "test")) == "lint would be skipped"
    assert foresight.blocked(task(made, "publish")) == "test would be skipped"
    assert foresight.blocked(task(made, "apart")) is None


def test_order_alone_skips_nothing() -> None:
    made = planned(component("lint"), component("test", after=("lint",)))
    foresight = Foresight(made)
    foresight.without_program(task(made, "lint"), GONE, there)
    assert foresight.blocked(task(made, "test")) is None


def test_what_is_left_out_passes_on_what_would_have_skipped_it() -> None:
    made = planned(component("lint"), component("none", "lint"), component("test", "none"), left_out="none")
    foresight = Foresight(made)
    foresight.without_program(task(made, "lint"), GONE, there)
    assert foresight.blocked(task(made, "test")) == "lint would be skipped"


def test_nothing_is_skipped_for_another_where_the_run_goes_on_in_any_case() -> None:
    made = planned(component("lint"), component("test", "lint"), keep_going=KeepGoing.ALWAYS)
    foresight = Foresight(made)
    foresight.without_program(task(made, "lint"), GONE, there)
    assert foresight.blocked(task(made, "test")) is None


@pytest.mark.parametrize(
    ("fields", "missing", "told", "other"),
    [
        pytest.param({"fallback": "one"}, "", f"one would stand in: {GONE}", "one", id="another one stands in"),
        pytest.param(
            {"fallback": "one"},
            "one",
            f"two would stand in: {GONE}; for one, its fallback, it is missing",
            "two",
            id="or the one that stands in for that",
        ),
        pytest.param(
            {"fallback": "one"},
            "one two",
            f"would be skipped: {GONE}; for one, its fallback, it is missing; for two, its fallback, it is missing",
            None,
            id="nobody stands in",
        ),
        pytest.param({"degraded": True}, "", f"would go on without a verdict: {GONE}", None, id="it goes on without"),
        pytest.param(
            {"degraded": True, "required": False}, "", f"would be skipped: {GONE}", None, id="which is nothing to it"
        ),
        pytest.param(
            {"degraded": True, "fallback": "two"},
            "two",
            f"would go on without a verdict: {GONE}; for two, its fallback, it is missing",
            None,
            id="it goes on without either",
        ),
    ],
)
def test_who_is_provided_for_is_not_skipped(
    fields: dict[str, object], missing: str, told: str, other: str | None
) -> None:
    lint = component("lint", **fields)  # type: ignore[arg-type]
    made = planned(lint, component("test", "lint"), component("one", fallback="two"), component("two"))
    foresight = Foresight(made)

    def lacking(number: int) -> str | None:
        return "it is missing" if made.tasks[number].component.name in missing.split() else None

    reason, number = foresight.without_program(task(made, "lint"), GONE, lacking)
    assert (reason, None if number is None else made.tasks[number].component.name) == (told, other)
    blocked = foresight.blocked(task(made, "test"))
    assert blocked == ("lint would be skipped" if "skipped" in told else None)


def test_a_fixer_without_its_program_does_not_fix_and_skips_nothing() -> None:
    made = planned(component("lint", fix=("mend", "{files}")), component("test", "lint"), fix=True)
    foresight = Foresight(made)
    assert foresight.without_program(task(made, "lint", fix=True), GONE, there) == (f"would not fix: {GONE}", None)
    assert foresight.blocked(task(made, "lint")) is None
    assert foresight.blocked(task(made, "test")) is None


# What is remembered


@pytest.mark.parametrize(
    ("fields", "fix", "why"),
    [
        ({}, False, "not idempotent"),
        ({"idempotent": True}, False, "verdicts are not remembered by this version"),
        ({"idempotent": True}, True, "it writes"),
        ({"idempotent": True, "fixes": True}, False, "it writes"),
    ],
)
def test_the_cache_is_off_and_it_is_said_why(fields: dict[str, object], fix: bool, why: str) -> None:
    assert cache_expectation(component("a", **fields), fix=fix) == ("off", why)  # type: ignore[arg-type]
