"""What an interrupt does outside the loop of a run."""

import subprocess
import sys

import pytest

SCRIPT = """
import signal, sys, time, weakref
from omnibase.cli import interrupts

class Dropped:
    def __del__(self):
        if sys.argv[1] == "finalized":
            signal.raise_signal(signal.SIGTERM)

interrupts.listen()
try:
    dropped = Dropped()
    called = weakref.ref(dropped, lambda _: sys.argv[1] == "called" and signal.raise_signal(signal.SIGTERM))
    del dropped
    time.sleep(60)
except KeyboardInterrupt as error:
    print(interrupts.code_of(error))
"""


@pytest.mark.parametrize("where", ["finalized", "called"])
def test_one_that_python_drops_because_an_object_is_finalized_comes_again(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, where], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("143\n", "")
