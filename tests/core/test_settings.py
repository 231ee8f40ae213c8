"""Where a setting comes from: the first layer that has it."""

from omnibase.core.settings import Value, resolve
from omnibase.model.context import Setting


def test_the_first_layer_that_has_a_setting_decides_and_is_named() -> None:
    layers: list[tuple[str, dict[str, Value]]] = [
        ("command line", {"jobs": 4, "format": None}),
        ("environment", {"jobs": 8, "format": "yaml"}),
        ("default", {"jobs": "auto", "format": "human", "fix": False}),
    ]
    assert resolve(layers) == {
        "jobs": Setting(4, "command line"),
        "format": Setting("yaml", "environment"),
        "fix": Setting(False, "default"),
    }


def test_what_is_false_zero_or_empty_is_a_decision_and_nothing_is_not() -> None:
    layers: list[tuple[str, dict[str, Value]]] = [
        ("first", {"fix": False, "timeout": 0, "color": "", "jobs": None}),
        ("second", {"fix": True, "timeout": 60, "color": "auto", "jobs": None}),
    ]
    assert resolve(layers) == {
        "fix": Setting(False, "first"),
        "timeout": Setting(0, "first"),
        "color": Setting("", "first"),
    }


def test_without_layers_there_are_no_settings() -> None:
    assert resolve([]) == {}
