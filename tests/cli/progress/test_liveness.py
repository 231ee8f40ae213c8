"""Whether progress is live, lines, or nothing: a decision of its own, whatever is said of colours."""

import pytest

from omnibase.cli.console import style_for
from omnibase.cli.progress import liveness

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("tty", "env", "option", "expected"),
    [
        (True, XTERM, "auto", "live"),
        (False, XTERM, "auto", "lines"),
        (True, XTERM, "lines", "lines"),
        (True, XTERM, "off", "off"),
        (False, XTERM, "off", "off"),
        # Terminals that cannot, or nobody knows
        (True, {"TERM": "dumb"}, "auto", "lines"),
        (True, {"TERM": "unknown"}, "auto", "lines"),
        (True, {"TERM": ""}, "auto", "lines"),
        (True, {}, "auto", "lines"),
        (True, {"TERM": "dumb"}, "live", "lines"),
        (True, {}, "live", "lines"),
        # Where nobody looks on
        (True, {**XTERM, "CI": "true"}, "auto", "lines"),
        (True, {**XTERM, "CI": "1"}, "auto", "lines"),
        (True, {**XTERM, "CI": "false"}, "auto", "live"),
        (True, {**XTERM, "CI": ""}, "auto", "live"),
        (True, {**XTERM, "CI": "true"}, "live", "live"),
        # No terminal, no cursor movements
        (False, XTERM, "live", "lines"),
        (False, {**XTERM, "FORCE_COLOR": "1"}, "auto", "lines"),
        (False, {**XTERM, "CLICOLOR_FORCE": "1"}, "live", "lines"),
        # Colours are another matter
        (True, {**XTERM, "NO_COLOR": "1"}, "auto", "live"),
        (True, {**XTERM, "CLICOLOR": "0"}, "auto", "live"),
    ],
)
def test_how_progress_is_shown(tty: bool, env: dict[str, str], option: str, expected: str) -> None:
    assert liveness(tty, env, option) == expected


def test_forced_colours_and_a_live_view_are_decided_apart() -> None:
    """No terminal with colours, and a terminal without any."""
    forced, none = {**XTERM, "FORCE_COLOR": "1"}, {**XTERM, "NO_COLOR": "1"}
    assert (liveness(False, forced), style_for(False, forced).color) == ("lines", True)
    assert (liveness(True, none), style_for(True, none).color) == ("live", False)
