"""Whoever kills a run does not have to look for its commands."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omnibase.executors.sentinel import Sentinel
from tests.executors import batches

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")

# Starts commands that would go on for ever, says which, and waits to be killed.
STARTER = """\
import os, sys, time
from omnibase.executors.capture import Capture
from omnibase.executors.processes import Process
from omnibase.executors.sentinel import Sentinel

sentinel = Sentinel()
sleeping = ("sh", "-c", "sleep 1000 & sleep 1000")
processes = [Process(sleeping, ".", {"PATH": os.environ["PATH"]}, Capture(None), sentinel) for _ in range(3)]
ended = Process(("true",), ".", {"PATH": os.environ["PATH"]}, Capture(None), sentinel)
while ended.status is None:
    for fd in list(ended.fds):
        ended.ready(fd)
if "close" in sys.argv:
    sentinel.close()
print(sentinel.pid, *(process.pid for process in processes), flush=True)
time.sleep(1000)
"""


def gone(pid: int) -> bool:
    """Wait until nothing of the group is alive; False where that never comes."""
    end = time.monotonic() + batches.SECONDS
    while time.monotonic() < end:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("whole_group", [False, True], ids=["alone", "with its process group"])
def test_the_commands_of_a_killed_run_end_with_it(whole_group: bool, tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER], cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert starter.stdout is not None
    with starter.stdout:
        sentinel, *groups = map(int, starter.stdout.readline().split())
        assert all(batches.is_alive(group) for group in groups)
        (os.killpg if whole_group else os.kill)(starter.pid, signal.SIGKILL)
        starter.wait()
        assert [gone(group) for group in groups] == [True, True, True]
        assert gone(sentinel)  # it has a group of its own


ESCAPED = """\
import os, sys
from pathlib import Path
from omnibase.executors.command import CommandExecutor
from tests.executors import batches

root = Path(sys.argv[1])
executor = CommandExecutor({}, alone="alone" in sys.argv)
escape = "setsid sh -c 'echo $$ > pid.new; mv pid.new pid; trap \\"\\" TERM; while :; do sleep 0.1; done' &"
executor.start(batches.assignment(batches.place(root), batches.command(f"{escape} exec sleep 1000", shell=True)))
print(batches.wait_for(root / "pid"), executor._sentinel.pid, flush=True)
"""


def _escaped(tmp_path: Path, company: str, then: str) -> list[int]:
    """What a run has let escape, and its sentinel; the run is over."""
    done = subprocess.run(
        [sys.executable, "-c", ESCAPED + then, str(tmp_path), company],
        stdout=subprocess.PIPE,
        timeout=batches.SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return [int(number) for number in done.stdout.split()]


@needs_proc
@pytest.mark.parametrize("company", ["alone", "shared"])
def test_what_has_left_the_group_of_a_killed_run_ends_too(company: str, tmp_path: Path) -> None:
    pids = _escaped(tmp_path, company, "os.kill(os.getpid(), 9)")
    assert len(pids) == 2
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), "they are gone")


@needs_proc
def test_a_run_that_ends_well_does_not_have_its_processes_looked_for(tmp_path: Path) -> None:
    """That is the executor's business, and takes its time."""
    executor_forgets = "executor._family.end = lambda: None; executor.close()"
    escaped, sentinel = _escaped(tmp_path, "shared", executor_forgets)
    try:
        assert batches.is_alive(escaped)
        assert not batches.is_alive(sentinel)
    finally:
        batches.end_by_force(escaped)


def test_a_sentinel_that_was_stopped_does_not_hold_up_the_end_of_the_run() -> None:
    sentinel = Sentinel()
    assert sentinel.pid is not None
    os.kill(sentinel.pid, signal.SIGSTOP)
    sentinel.close()
    assert sentinel.pid is None


def test_a_run_that_ends_takes_its_sentinel_with_it(tmp_path: Path) -> None:
    before = batches.open_files()
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER.replace("time.sleep(1000)", "[p.signal(9) for p in processes]"), "close"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    out, _ = starter.communicate(timeout=batches.SECONDS)
    sentinel, *groups = out.split()
    assert (sentinel, len(groups)) == ("None", 3)
    assert batches.open_files() == before
