"""What a run does at its very end is done to its end."""

import signal
import subprocess
import sys
import threading

import pytest

from omnibase.engine.signals import Deferred, Signals

SCRIPT = """\
import os, signal, sys
from omnibase.engine.signals import Deferred, Signals

deferred = Deferred()
deferred.begin()
os.kill(os.getpid(), int(sys.argv[1]))
print("went on", deferred.end(), signal.pthread_sigmask(signal.SIG_BLOCK, ()) & Signals.ENDING)
"""


@pytest.mark.parametrize("number", sorted(Signals.ENDING))
def test_a_signal_waits_until_the_end_and_is_told_there(number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(int(number))], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, f"went on {int(number)} set()\n")


def test_without_a_signal_there_is_nothing_to_tell() -> None:
    deferred = Deferred()
    assert deferred.end() is None
    deferred.begin()
    deferred.begin()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) & Signals.ENDING == Signals.ENDING
    assert (deferred.end(), deferred.end()) == (None, None)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) & Signals.ENDING == set()


def test_outside_the_main_thread_nothing_is_changed() -> None:
    masks: list[set[signal.Signals]] = []

    def run() -> None:
        deferred = Deferred()
        deferred.begin()
        masks.append(set(signal.pthread_sigmask(signal.SIG_BLOCK, ())) & Signals.ENDING)  # type: ignore[arg-type]
        deferred.end()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert masks == [set()]


OVER = """\
import signal
from time import monotonic
from omnibase.core.planning import Conditions, plan
from omnibase.engine.driver import Driver
from omnibase.engine.observers import Observers
from omnibase.engine.signals import Signals
from omnibase.model.report import RepositoryState, RunHeader

before = {number: signal.getsignal(number) for number in Signals.ENDING}
def over():
    print([number.name for number in sorted(Signals.ENDING) if signal.getsignal(number) == before[number]])
header = RunHeader("run", "c" * 32, "ci", "async", 0.0, RepositoryState("/"))
Driver(plan([], Conditions()), header, None, None, None, Observers([])).run(monotonic(), over=over)
over()
"""


def test_a_run_says_that_it_is_over_while_it_still_hears_signals() -> None:
    done = subprocess.run([sys.executable, "-c", OVER], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n['SIGHUP', 'SIGINT', 'SIGTERM']\n", "")
