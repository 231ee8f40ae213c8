"""Where the command begins: an interrupt counts from here on, also while the rest is imported."""

import os
import signal
from types import FrameType

from omnibase.cli.interrupts import code_of


def main() -> None:
    """The command `omnibase`. Ends the process with its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)
    try:
        from omnibase.cli.main import main as run

        run()
    except KeyboardInterrupt as error:  # before there was anything to report, or to report it with
        os._exit(code_of(error))


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
