"""What an interrupt does outside the loop of a run."""

import subprocess
import sys

SCRIPT = """
import signal, time
from omnibase.cli import interrupts

class Dropped:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        print("dropped", end=" ")

interrupts.listen()
try:
    Dropped()
    time.sleep(60)
except KeyboardInterrupt as error:
    print(interrupts.code_of(error))
"""


def test_one_that_comes_while_an_object_is_finalized_is_not_lost() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("dropped 143\n", "")
