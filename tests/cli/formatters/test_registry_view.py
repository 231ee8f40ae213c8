"""How one component of the registry is shown to people: in the words and units of the registry's file."""

from typing import Any

import pytest

from omnibase.cli.formatters.registry_view import registry_view
from omnibase.core.encoding import encode
from omnibase.model.component import BreakerRule, Command, Component, Limits, Retry
from omnibase.model.ports import Style
from tests.cli.formatters import samples

MB = 1 << 20


def shown(component: Any) -> list[str]:
    text = registry_view(samples.registry({"action": "inspect", "component": component}), Style())
    assert text is not None
    return text.splitlines()


def inspected(**fields: Any) -> list[str]:
    """The lines that a component has because of these fields."""
    plain = encode(Component("a", Command(("x",))))
    return [line for line in shown(encode(Component("a", Command(("x",)), **fields))) if line not in shown(plain)]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        (
            {"retry": Retry(attempts=5, exit_codes=(75, 69), stderr="reset", on_timeout=True)},
            ["retry:", "  attempts: 5", "  exit_codes: 75, 69", "  stderr: reset", "  on_timeout: true"],
        ),
        ({"breaker": BreakerRule(failures=3)}, ["breaker:", "  failures: 3"]),
        ({"breaker": None}, ["breaker: false"]),
        ({"limits": Limits(cpu=2.0, files=9)}, ["limits:", "  cpu: 2.0", "  files: 9"]),
        (
            {"limits": Limits(memory=1536 * MB, output=MB // 2)},
            ["limits:", "  memory: 1,536 MB", "  output: 0.5 MB"],
        ),
        ({"fallback": "b", "degraded": True}, ["fallback: b", "degraded: true"]),
        ({"secrets": ("LOGIN", "KEY_ID")}, ["secrets: LOGIN, KEY_ID"]),
    ],
)
def test_how_failures_are_met_is_shown(fields: dict[str, Any], lines: list[str]) -> None:
    assert inspected(**fields) == lines


def test_settings_of_the_same_names_are_left_as_they_are() -> None:
    assert inspected(settings={"memory": 1048576, "breaker": None}) == ["settings:", "  memory: 1048576"]


@pytest.mark.parametrize("limits", [None, 3, "all", {"memory": "much"}, {"memory": None}])
def test_limits_of_any_value_are_shown(limits: Any) -> None:
    assert shown({"name": "a", "limits": limits})[0] == "name: a"
