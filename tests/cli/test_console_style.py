import pytest

from omnibase.cli.console import style_for


@pytest.mark.parametrize(
    ("tty", "env", "option", "color"),
    [
        (True, {}, "auto", True),
        (False, {}, "auto", False),
        (True, {}, "never", False),
        (False, {}, "always", True),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": "0"}, "auto", False),  # whatever its value
        (True, {"NO_COLOR": ""}, "auto", True),
        (True, {"NO_COLOR": "1"}, "always", True),  # an option wins over the environment
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, "auto", False),
        (False, {"FORCE_COLOR": "1"}, "auto", True),
        (False, {"FORCE_COLOR": "3"}, "auto", True),
        (False, {"FORCE_COLOR": ""}, "auto", False),
        (True, {"FORCE_COLOR": "0"}, "auto", False),
        (True, {"FORCE_COLOR": "false"}, "auto", False),
        (False, {"FORCE_COLOR": "1"}, "never", False),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, "auto", True),
        (False, {"CLICOLOR_FORCE": "1"}, "auto", True),
        (False, {"CLICOLOR_FORCE": "0"}, "auto", False),
        (True, {"CLICOLOR_FORCE": "0"}, "auto", True),
        (False, {"CLICOLOR_FORCE": ""}, "auto", False),
        (True, {"CLICOLOR": "0"}, "auto", False),
        (True, {"CLICOLOR": "1"}, "auto", True),
        (False, {"CLICOLOR": "1"}, "auto", False),
        (False, {"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, "auto", True),
        (True, {"TERM": "dumb"}, "auto", False),
        (True, {"TERM": "dumb"}, "always", True),
        (True, {"TERM": "xterm-256color"}, "auto", True),
        (True, {"CI": "true"}, "auto", True),
    ],
)
def test_colour_is_decided_by_option_environment_and_stream(
    tty: bool, env: dict[str, str], option: str, color: bool
) -> None:
    assert style_for(tty, env, option).color is color


@pytest.mark.parametrize(
    ("env", "encoding", "emoji"),
    [
        ({}, "utf-8", True),
        ({}, "UTF-8", True),
        ({}, "ascii", False),
        ({}, "latin-1", False),
        ({}, "no-such-encoding", False),
        ({}, None, False),
        ({"TERM": "dumb"}, "utf-8", False),
        ({"TERM": "xterm"}, "utf-8", True),
        ({"CI": "true"}, "utf-8", False),
        ({"CI": "1"}, "utf-8", False),
        ({"CI": "false"}, "utf-8", True),
        ({"CI": "0"}, "utf-8", True),
        ({"CI": ""}, "utf-8", True),
        ({"NO_COLOR": "1"}, "utf-8", True),  # about colour only
    ],
)
def test_emoji_are_decided_by_environment_and_encoding(env: dict[str, str], encoding: str | None, emoji: bool) -> None:
    assert style_for(True, env, encoding=encoding).emoji is emoji
    assert style_for(False, env, "never", encoding).emoji is emoji


@pytest.mark.parametrize(("width", "used"), [(None, 100), (0, 100), (80, 80), (100, 100), (240, 100), (3, 40)])
def test_at_most_100_columns_are_used(width: int | None, used: int) -> None:
    assert style_for(True, {}, width=width).width == used


def test_a_style_is_neither_quiet_nor_verbose() -> None:
    assert style_for(True, {}).verbosity == 0
