"""Stage gating by policy: what a gate makes of a component."""

from collections.abc import Sequence

from omnibase.core.expression import Expression, matches
from omnibase.model.component import Component
from omnibase.model.errors import Location
from omnibase.model.record import Record
from omnibase.model.registry import Gate

STRICTEST_FIRST = ("block", "warn", "audit")


class GateDecision(Record):
    """What the gates say of one component: blocked or not, by which gate, and what to tell the user."""

    blocked: bool = False
    gate: str | None = None
    place: Location | None = None
    notices: tuple[str, ...] = ()


def decide(component: Component, gates: Sequence[tuple[Gate, Expression]]) -> GateDecision:
    """The strictest of the gates that deny the component wins."""
    denying = [gate for gate, expression in gates if matches(expression, component) is None]
    if not denying:
        return GateDecision()
    gate = min(denying, key=lambda gate: STRICTEST_FIRST.index(gate.enforce))
    label = f"deny {gate.deny!r} at {gate.stage} ({gate.enforce})"
    notices = (f"{component.name}: the gate {label} would leave it out",) if gate.enforce == "warn" else ()
    return GateDecision(gate.enforce == "block", label, gate.place, notices)
