"""How the end of a process is told."""

import signal


def signal_name(number: int) -> str:
    """The signal's name; most real-time signals have none in Python."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
