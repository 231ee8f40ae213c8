"""Where the command begins: an interrupt counts from here on, also while the rest is imported."""

import gc
import os

from omnibase.cli.interrupts import code_of, listen


def main() -> None:
    """The command `omnibase`. Ends the process with its exit code."""
    listen()
    # A run, and what it imports, makes much data and few circles; most are over before one is looked for.
    gc.set_threshold(100_000, 50, 50)
    try:
        from omnibase.cli.main import main as run

        run()
    except KeyboardInterrupt as error:  # before there was anything to report, or to report it with
        os._exit(code_of(error))
