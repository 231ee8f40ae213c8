"""Whose processes are whose: what a run may end and reap, and what belongs to somebody else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.prctl import adopt_orphans
from omnibase.model.result import Cause
from tests.executors import batches
from tests.executors.batches import command

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")

# Runs text within a process of its own, as that becomes the parent of orphans; it prints JSON.
BEGIN = """
import json, os, subprocess, sys, time
from pathlib import Path
from omnibase.executors.command import CommandExecutor
from omnibase.executors.tree import children, entry
from tests.executors import batches

def run(executor, text, **fields):
    batch = batches.assignment(batches.place(Path(sys.argv[1])), batches.command(text, shell=True))
    return batches.run_one(executor, batch._replace(**fields))

def daemon(name):
    told = f"echo $$ > {name}.new; mv {name}.new {name}"
    return f"(setsid sh -c '{told}; exec sleep 1000' >/dev/null 2>&1 &); while [ ! -e {name} ]; do :; done"
"""


def _in_a_process(root: Path, text: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + text, str(root)],
        stdout=subprocess.PIPE,
        timeout=batches.SECONDS,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return json.loads(done.stdout)


def test_orphans_come_to_a_process_that_is_there_for_the_run(root: Path) -> None:
    text = """
executor = CommandExecutor({}, alone=True)
run(executor, daemon("pid"))
pid = int(batches.wait_for(Path(sys.argv[1], "pid")))
print(json.dumps([entry(pid).parent == os.getpid(), batches.is_alive(pid)]))
executor.close()
"""
    assert _in_a_process(root, text) == [True, True]
    assert not batches.is_alive(int((root / "pid").read_text()))


def test_a_host_keeps_its_children_and_gets_no_orphans(root: Path) -> None:
    text = """
own = subprocess.Popen(["sleep", "1000"], start_new_session=True)
executor = CommandExecutor({})
later = subprocess.Popen(["sleep", "1000"], start_new_session=True)
run(executor, daemon("pid"))
pid = int(batches.wait_for(Path(sys.argv[1], "pid")))
parent = entry(pid).parent
executor.close()
alive = [batches.is_alive(one) for one in (own.pid, later.pid, pid)]
own.kill(); later.kill()
print(json.dumps([parent != os.getpid(), alive, executor.ended]))
"""
    assert _in_a_process(root, text) == [True, [True, True, False], ["sample (1 process)"]]


def test_what_was_there_before_the_run_is_left_alone_and_so_are_helpers_of_our_own_session(root: Path) -> None:
    text = """
before = subprocess.Popen(["sleep", "1000"], start_new_session=True)
executor = CommandExecutor({}, alone=True)
helper = subprocess.Popen(["sleep", "1000"])
run(executor, "true")
executor.close()
alive = [batches.is_alive(one.pid) for one in (before, helper)]
before.kill(); helper.kill()
print(json.dumps([alive, executor.ended]))
"""
    assert _in_a_process(root, text) == [[True, True], []]


def test_zombies_that_came_to_us_are_reaped_and_those_of_others_are_not(root: Path) -> None:
    text = """
executor = CommandExecutor({}, alone=True)
ended = [subprocess.Popen(["sh", "-c", "exit 3"], start_new_session=new) for new in (True, False)]
for one in ended:
    os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
for number in range(20):
    run(executor, "touch new; setsid sh -c '(sleep 0.01 &); rm new' & while [ -e new ]; do :; done", batch=number)
executor.close()
left = [one for pid in children(os.getpid()) if (one := entry(pid)) and one.pid not in {one.pid for one in ended}]
assert [one for one in left if one.session != one.pid] == [], left
print(json.dumps([one.wait() for one in ended]))
"""
    assert _in_a_process(root, text) == [3, 3]


def test_another_run_with_the_same_id_is_left_alone(root: Path) -> None:
    first, second = CommandExecutor({}), CommandExecutor({})
    waiting = command("echo; exec sleep 1000", shell=True)
    running = first.start(batches.assignment(batches.place(root), waiting))
    batches.step(running, batches.SECONDS)
    batches.run_one(second, batches.assignment(batches.place(root), command("true")))
    second.close()
    assert running.outcomes() is None
    assert running.fds
    running.ready(-1)
    assert running.outcomes() is None
    first._family.end()  # what it runs itself is no remnant either
    running.ready(-1)
    assert running.outcomes() is None
    running.cancel(Cause.INTERRUPTED, force=True)
    batches.finish(running)
    first.close()


def test_where_there_is_no_such_call_orphans_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not adopt_orphans()


def test_a_python_without_ctypes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_ctypes", None)
    assert not adopt_orphans()
