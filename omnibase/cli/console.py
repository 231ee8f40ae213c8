"""How text may look where it goes: a decision about the stream, the environment and the options."""

import os
import sys
from collections.abc import Mapping

from omnibase.cli.formatters.layout import EMOJI
from omnibase.model.ports import Style

# At most this many columns are used, however wide the terminal is; fewer than the narrowest are not believed.
WIDEST = 100
NARROWEST = 40

OFF = ("", "0", "false", "no", "off")


def style_for(
    stream_is_tty: bool,
    env: Mapping[str, str],
    color_option: str = "auto",
    encoding: str | None = "utf-8",
    width: int | None = None,
) -> Style:
    """The style for one stream. `color_option` is auto, always or never; `width` is the terminal's, in columns.

    Emoji give way to ASCII words where TERM is dumb, under a CI, and where the encoding has none.
    """
    return Style(
        color=_color(stream_is_tty, env, color_option),
        emoji=env.get("TERM") != "dumb" and not _is_on(env.get("CI")) and _has_emoji(encoding),
        width=min(max(width, NARROWEST), WIDEST) if width else WIDEST,
    )


def _color(stream_is_tty: bool, env: Mapping[str, str], option: str) -> bool:
    """The option decides; with auto the first of these that says anything.

    NO_COLOR, when not empty, whatever its value: no colour (https://no-color.org). FORCE_COLOR, when not empty:
    colour (https://force-color.org), but for "0" and "false", which Node.js and its tools take for no colour.
    CLICOLOR_FORCE, other than "0": colour; CLICOLOR=0: none (https://bixense.com/clicolors). TERM=dumb: none.
    Else a terminal has colour, and nothing else has.
    """
    if option != "auto":
        return option == "always"
    force, clicolor_force = env.get("FORCE_COLOR", ""), env.get("CLICOLOR_FORCE", "0")
    if env.get("NO_COLOR"):
        return False
    if force:
        return force not in ("0", "false")
    if clicolor_force not in ("", "0"):
        return True
    return stream_is_tty and env.get("CLICOLOR") != "0" and env.get("TERM") != "dumb"


def _is_on(value: str | None) -> bool:
    """Most services say CI=true, some CI=1; who says CI=false or CI=0 means that this is none."""
    return value is not None and value.lower() not in OFF


def _has_emoji(encoding: str | None) -> bool:
    try:
        "".join(EMOJI.values()).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def here() -> str | None:
    """The folder that the user stands in; None where it was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def open_closed_streams() -> None:
    """What is written to a standard stream that is closed goes nowhere, and not to what is opened next."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            fd = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: that of the stream
            os.set_inheritable(fd, True)
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def close_quietly(fd: int = 1) -> None:
    """Whoever read our output has gone (`| head`): what is left of it goes nowhere, and no one is told."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, fd)
    os.close(nowhere)
