"""What a component may do, as far as it does not promise the contrary."""

from typing import Any

import pytest

from omnibase.core.capabilities import CAPABILITIES, capabilities
from omnibase.core.expression import matches, parse
from omnibase.model.component import Command, Component


def component(*, fixes: bool = False, **declared: Any) -> Component:
    return Component("it", Command(("it",)), declared=declared, fixes=fixes)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "network write undeclared"),
        ({"network": "none"}, "write"),
        ({"network": "pypi.org"}, "network write"),
        ({"network": "None"}, "network write"),
        ({"write": []}, "network"),
        ({"write": ["build/**"]}, "network write"),
        ({"network": "none", "write": []}, ""),
        ({"network": "none", "write": ["build/**"]}, "write"),
        ("of another shape", "network write undeclared"),
        ({"network": ["none"], "write": 0}, "network write"),
    ],
)
def test_what_is_not_said_is_not_promised(said: Any, expected: str) -> None:
    assert capabilities(component(capabilities=said)) == tuple(expected.split())


def test_where_nothing_is_declared_everything_is_possible() -> None:
    assert capabilities(component()) == capabilities(component(cache={})) == CAPABILITIES


def test_what_changes_files_writes_whatever_it_declares() -> None:
    assert capabilities(component(fixes=True, capabilities={"network": "none", "write": []})) == ("write",)


@pytest.mark.parametrize(
    ("text", "said", "holds"),
    [
        ("capability=network", {"network": "none"}, False),
        ("capability!=network", {"network": "none"}, True),
        ("capability=network|write", {"network": "none"}, True),
        ("capability=undeclared", {}, True),
        ("capability!=undeclared", {"write": []}, True),
        ("capability=?*", {"network": "none", "write": []}, False),
        ("capability=*", {"network": "none", "write": []}, True),
        ("capability=net*", {"write": []}, True),
    ],
)
def test_a_filter_may_ask_for_capabilities(text: str, said: Any, holds: bool) -> None:
    assert (matches(parse(text), component(capabilities=said)) is None) is holds
