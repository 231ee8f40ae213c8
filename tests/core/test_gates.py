"""What the gates of a stage make of a component."""

import pytest

from omnibase.core.expression import Expression, parse
from omnibase.core.gates import GateDecision, decide
from omnibase.model.component import Command, Component, Lifecycle
from omnibase.model.errors import Location
from omnibase.model.registry import Gate

LINT = Component("lint", Command(("lint",)), lifecycle=Lifecycle.EXPERIMENTAL, tags=("slow",))
PLACE = Location("registry.yaml", 7)


def gates(*declared: tuple[str, str]) -> list[tuple[Gate, Expression]]:
    """Gates of what they deny and how they are enforced."""
    return [(Gate("ci", deny, enforce, PLACE), parse(deny)) for deny, enforce in declared]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("declared", "blocked", "gate", "notices"),
    [
        ([], False, None, 0),
        ([("tag=fast", "block")], False, None, 0),
        ([("tag=slow", "block")], True, "deny 'tag=slow' at ci (block)", 0),
        ([("tag=slow", "warn")], False, "deny 'tag=slow' at ci (warn)", 1),
        ([("tag=slow", "audit")], False, "deny 'tag=slow' at ci (audit)", 0),
        ([("tag=slow,lifecycle=stable", "block")], False, None, 0),
        ([("tag=slow", "audit"), ("*", "warn"), ("tag=fast", "block")], False, "deny '*' at ci (warn)", 1),
        ([("tag=slow", "warn"), ("*", "audit"), ("name=lint", "block")], True, "deny 'name=lint' at ci (block)", 0),
        ([("tag=slow", "block"), ("*", "block")], True, "deny 'tag=slow' at ci (block)", 0),
    ],
)
def test_the_strictest_gate_wins(
    declared: list[tuple[str, str]], blocked: bool, gate: str | None, notices: int
) -> None:
    decision = decide(LINT, gates(*declared))
    assert (decision.blocked, decision.gate, len(decision.notices)) == (blocked, gate, notices)
    assert decision.place == (PLACE if gate else None)


def test_a_gate_that_only_warns_tells_what_it_would_do() -> None:
    (notice,) = decide(LINT, gates(("tag=slow", "warn"))).notices
    assert notice == "lint: the gate deny 'tag=slow' at ci (warn) would leave it out"


def test_without_a_gate_that_denies_it_a_component_is_free() -> None:
    assert decide(LINT, gates(("name=other", "block"))) == GateDecision()
