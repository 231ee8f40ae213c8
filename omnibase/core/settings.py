"""Settings: the first layer that has one decides, and the origin is kept."""

from collections.abc import Mapping, Sequence

from omnibase.model.context import Setting

Value = str | int | float | bool | None


def resolve(layers: Sequence[tuple[str, Mapping[str, Value]]]) -> dict[str, Setting]:
    """Every setting that any layer has, from the first that has it. A layer is its origin and its values.

    The order of the layers is the command line, the environment, the user's file, the registry's stage, the
    registry's defaults, what the stage has built in (docs/commands.md, "Settings").
    """
    settings: dict[str, Setting] = {}
    for origin, values in layers:
        for name, value in values.items():
            if value is not None and name not in settings:
                settings[name] = Setting(value, origin)
    return settings
