"""Gates as a registry declares them: every form, and how many there may be."""

from collections.abc import Callable

import pytest

from omnibase.model.errors import Location
from omnibase.model.registry import Gate, PluginInfo, Registry
from omnibase.registry.reading import Document
from omnibase.registry.resolving import LoadedPlugin

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("deny: 'tag=x'", Gate("ci", deny="tag=x")),
        ("deny: '*', enforce: audit", Gate("ci", deny="*", enforce="audit")),
        ("require: 'owner=?*'", Gate("ci", require="owner=?*")),
        (
            "require: 'owner=?*', only: 'type=tool', enforce: warn",
            Gate("ci", require="owner=?*", only="type=tool", enforce="warn"),
        ),
        ("limit: 'lifecycle=canary', age: 90d", Gate("ci", limit="lifecycle=canary", age=90)),
        ("limit: 'lifecycle=canary', age: '7 d'", Gate("ci", limit="lifecycle=canary", age=7)),
        ("limit: 'lifecycle=canary', age: 36525", Gate("ci", limit="lifecycle=canary", age=36525)),
        ("limit: 'lifecycle=canary', count: 0", Gate("ci", limit="lifecycle=canary", most=0)),
        (
            "limit: '*', count: 5, age: 1, sunset: true",
            Gate("ci", limit="*", most=5, age=1, sunset=True),
        ),
        ("deny: 'capability=network|undeclared'", Gate("ci", deny="capability=network|undeclared")),
    ],
)
def test_each_form_of_a_gate_is_read(resolving: Resolving, said: str, expected: Gate) -> None:
    (gate,) = resolving(f"gates: [{{stage: ci, {said}}}]\n").gates
    assert gate == expected._replace(place=Location("registry.yaml", 2, 9))


def test_a_gate_may_stand_at_all_stages(resolving: Resolving) -> None:
    assert [gate.stage for gate in resolving("gates: [{stage: '*', deny: 'tag=a'}]\n").gates] == ["*"]


def test_gates_of_different_stages_and_those_that_only_warn_may_say_the_contrary(resolving: Resolving) -> None:
    registry = resolving(
        """\
gates:
  - {stage: ci, require: "owner=@a"}
  - {stage: test, require: "owner=@b"}
  - {stage: ci, deny: "owner=@a", enforce: warn}
  - {stage: ci, require: "owner=@b", enforce: audit}
"""
    )
    assert len(registry.gates) == 4


def test_while_a_plugin_is_not_loaded_a_gate_may_name_what_it_brings(
    resolving: Resolving, plugin: Callable[..., LoadedPlugin]
) -> None:
    text = "plugins: [./checks]\ngates: [{stage: theirs, deny: 'name=unheard-of'}]\n"
    waiting = plugin("./checks", info=PluginInfo("./checks", "checks", path="checks", loaded=False))
    assert len(resolving(text, [waiting]).gates) == 1


def test_there_are_at_most_fifty_gates(told: Told, reading: Callable[[str], Document]) -> None:
    def gates(count: int) -> str:
        return 'schema_version: "1"\ngates:\n' + "- {stage: ci, deny: 'tag=a'}\n" * count

    assert len(reading(gates(50)).model.gates) == 50
    assert told(lambda: reading(gates(51))) == (
        2,
        "registry.yaml:3:1: gates: expected at most 50 gates, found 51\n-> say more in one filter",
    )


def test_the_filter_of_a_gate_has_at_most_a_thousand_characters(told: Told, reading: Callable[[str], Document]) -> None:
    def gate(filter: str) -> str:
        return f'schema_version: "1"\ngates: [{{stage: ci, deny: "{filter}"}}]\n'

    assert reading(gate("tag=" + "a" * 996)).model.gates
    assert told(lambda: reading(gate("tag=" + "a" * 997))) == (
        2,
        "registry.yaml:2:27: gates[0].deny: expected a filter of at most 1,000 characters, found 1,001",
    )


def test_gates_that_are_hard_to_see_through_are_read_all_the_same(told: Told, resolving: Resolving) -> None:
    """Each is about some of what the one before is about, and says much; two of them contradict each other."""
    gates = []
    for number in range(49):
        only = "|".join(f"t{one}" for one in range(49 - number))
        names = ",".join(f"tag!={number}x{one}*" for one in range(20))
        gates.append(f'  - {{stage: ci, require: "{names}", only: "tag={only}"}}\n')
    assert len(resolving(f"gates:\n{''.join(gates)}").gates) == 49
    code, said = told(lambda: resolving(f"gates:\n{''.join(gates)}  - {{stage: ci, require: 'tag=0x7b'}}\n"))
    assert code == 2
    assert said.startswith("registry.yaml:52:5: these gates contradict each other")
