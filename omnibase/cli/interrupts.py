"""What an interrupt does outside the loop of a run, and what it is as an exit code."""

import signal
import sys
import time
from types import FrameType

# A signal that comes so shortly after another one means the same: what is put in order because of the first is not to
# be cut off by the second (seconds).
AGAIN = 2.0
# One that was lost comes again after so long (seconds).
SOON = 0.001


class _Heard:
    at = float("-inf")  # when the latest signal that ends something came, on the monotonic clock


def listen() -> None:
    """From now on INT, TERM and HUP raise KeyboardInterrupt with their number. One that is ignored stays so (nohup)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.unraisablehook = _lost


def heard() -> None:
    """A signal has been dealt with: those that follow in the next moment mean the same."""
    _Heard.at = time.monotonic()


def code_of(interrupt: KeyboardInterrupt) -> int:
    """128 + the signal's number, which is the interrupt's argument where it was not INT."""
    number: int = interrupt.args[0] if interrupt.args else signal.SIGINT
    return 128 + number


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if time.monotonic() < _Heard.at + AGAIN:
        return
    heard()
    raise KeyboardInterrupt(number)


def _lost(dropped: "sys.UnraisableHookArgs") -> None:
    """What is raised while an object is finalized, or in a callback, is printed by Python and ends nothing."""
    error = dropped.exc_value
    if not isinstance(error, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    number = code_of(error) - 128
    _Heard.at = float("-inf")
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(number))
    signal.setitimer(signal.ITIMER_REAL, SOON)
