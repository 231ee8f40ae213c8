"""What an interrupt is as an exit code."""

import signal


def code_of(interrupt: KeyboardInterrupt) -> int:
    """128 + the signal's number, which is the interrupt's argument where it was not INT."""
    number: int = interrupt.args[0] if interrupt.args else signal.SIGINT
    return 128 + number
