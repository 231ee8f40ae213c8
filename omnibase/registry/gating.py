"""The gates of a registry: that each is against something, and that something can pass all of them."""

from collections.abc import Iterator, Sequence

from omnibase.core.contradictions import Contradiction, contradiction, nonsense
from omnibase.core.gates import EVERY_STAGE, label, rules
from omnibase.model.errors import ConfigurationError
from omnibase.model.registry import Gate
from omnibase.registry.filters import check_named, check_stage, expression, joined
from omnibase.registry.gate_entries import FILTERS
from omnibase.registry.reading import Document

UNGATED = "registry"  # a stage at which no component runs


def gates_of(document: Document, known: Sequence[str] | None, names: Sequence[str] | None) -> tuple[Gate, ...]:
    """The gates in the file's order. `known` stages and `names` of components are None where not all are known yet.

    Raises ConfigurationError (2) for a stage or filter that is none, and for gates that cannot be meant;
    RegistryError (3) for a component that does not exist.
    """
    gates = tuple(_gates(document, known, names))
    for stage in dict.fromkeys(gate.stage for gate in gates):
        found = contradiction(rules(gates, stage))
        if found is not None:
            raise _contradict(found, stage)
    return gates


def _gates(document: Document, known: Sequence[str] | None, names: Sequence[str] | None) -> Iterator[Gate]:
    for index, entry in enumerate(document.model.gates):
        if entry.stage != EVERY_STAGE:
            check_stage(entry.stage, known, document.place("gates", index, "stage"))
        if entry.stage == UNGATED:
            raise ConfigurationError(
                f"{joined(('gates', index, 'stage'))}: no component runs at the stage {entry.stage!r}",
                place=document.place("gates", index, "stage"),
                remedy="name another stage, or remove the gate",
            )
        for key in (*FILTERS, "only"):
            text = getattr(entry, key)
            if text is not None:
                expression(document, text, "gates", index, key)
                check_named(text, names, document.place("gates", index, key))
        gate = Gate(
            stage=entry.stage,
            deny=entry.deny,
            require=entry.require,
            limit=entry.limit,
            only=entry.only,
            most=entry.count,
            age=entry.age,
            sunset=bool(entry.sunset),
            enforce=entry.enforce,
            place=document.place("gates", index),
        )
        (rule,) = rules([gate])
        wrong = nonsense(rule)
        if wrong is not None:
            raise ConfigurationError(
                f"{joined(('gates', index, wrong.key))}: {wrong.message}",
                place=document.place("gates", index, wrong.key),
                remedy=wrong.remedy,
            )
        yield gate


def _contradict(found: Contradiction, stage: str) -> ConfigurationError:
    """All gates that contradict each other, each with its place; the error stands at the last of them."""
    where = "at any stage" if stage == EVERY_STAGE else f"at {stage}"
    what = f"that matches {str(found.scope)!r} " if found.scope.terms else ""
    lines = [f"  {label(rule.gate)} ({rule.gate.place})" for rule in found.rules]
    return ConfigurationError(
        "\n".join([f"these gates contradict each other: nothing {what}passes all of them {where}", *lines]),
        place=found.rules[-1].gate.place,
        remedy="change one of them, or write `enforce: warn` in it",
    )
