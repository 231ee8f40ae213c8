"""Processes are found by their parents, and ended so that none is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.executors import tree
from omnibase.executors.tree import Sweep, below, children, entries, entry, everyone, send, variables
from tests.executors import batches

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")

Child = subprocess.Popen[bytes]
SLEEP = ["sleep", "1000"]


@pytest.fixture
def child() -> Iterator[Child]:
    """A shell with a child that has a child; the whole of it ends with the test."""
    text = "sh -c 'sleep 1000 & echo; wait' & wait"
    with subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE, start_new_session=True) as made:
        assert made.stdout is not None
        made.stdout.readline()
        yield made
        os.killpg(made.pid, signal.SIGKILL)


def test_a_process_is_told_as_the_system_has_it(child: Child) -> None:
    found = entry(child.pid)
    assert found is not None
    assert (found.pid, found.parent, found.group, found.session) == (child.pid, os.getpid(), child.pid, child.pid)
    assert found.is_alive
    assert found.memory > 0
    assert found.threads == 1


def test_a_name_with_blanks_and_brackets_is_no_trouble(tmp_path: Path) -> None:
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "1000"]) as odd:
        found = entry(odd.pid)
        odd.kill()
    assert found is not None
    assert found.parent == os.getpid()


def test_there_is_nobody_with_a_number_that_is_not_taken() -> None:
    assert entry(2**22 + 1) is None
    assert entries([2**22 + 1]) == []
    assert children(2**22 + 1) == []
    assert variables(2**22 + 1) == {b""}


def test_a_process_that_has_ended_and_is_not_reaped_is_not_alive() -> None:
    done = subprocess.Popen(["true"])
    os.waitid(os.P_PID, done.pid, os.WEXITED | os.WNOWAIT)
    found = entry(done.pid)
    done.wait()
    assert found is not None
    assert not found.is_alive


def test_all_that_is_below_a_process_is_found(child: Child) -> None:
    found = below([child.pid])
    assert len(found) == 3
    assert set(found) == set(batches.group(child.pid))
    assert below([child.pid, *found]) == [child.pid, *found[1:]]


def test_children_of_any_thread_are_found() -> None:
    text = (
        "import subprocess, threading, sys\n"
        "def start():\n"
        "    global child\n"
        "    child = subprocess.Popen(['sleep', '1000'])\n"
        "    print(child.pid, flush=True)\n"
        "    child.wait()\n"
        "threading.Thread(target=start).start()\n"
    )
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        found = children(parent.pid)
        os.kill(number, signal.SIGKILL)
    assert found == [number]


def test_a_kernel_without_lists_of_children_is_asked_for_parents(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = sorted(below([child.pid]))
    real_open, real_exists = os.open, os.path.exists

    def without(path: str, *rest: int) -> int:
        if str(path).endswith("/children"):
            raise FileNotFoundError(path)
        return real_open(path, *rest)

    monkeypatch.setattr(os, "open", without)
    monkeypatch.setattr(os.path, "exists", lambda path: not path.endswith("/children") and real_exists(path))
    assert sorted(below([child.pid])) == expected


def test_a_system_without_proc_finds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*_: object) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(os, "listdir", without)
    assert everyone() == []
    assert children(os.getpid()) == []


def test_the_environment_is_the_one_that_it_was_started_with() -> None:
    with subprocess.Popen(SLEEP, env={"A": "1", "B": "x y"}) as sleeping:
        # For a moment within execve(2) it has none yet.
        batches.wait_until(lambda: {b"A=1", b"B=x y"} <= variables(sleeping.pid), "its variables are seen")
        sleeping.kill()


@pytest.mark.parametrize("has_pidfd", [True, False])
def test_a_signal_is_for_the_process_that_was_seen(has_pidfd: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_pidfd:
        monkeypatch.delattr(os, "pidfd_open")
    with subprocess.Popen(SLEEP) as sleeping:
        found = entry(sleeping.pid)
        assert found is not None
        with batches.no_file_left_open():
            send(found._replace(started=found.started - 1), signal.SIGKILL)  # one that had the number before
            assert batches.is_alive(sleeping.pid)
            send(found, signal.SIGTERM)
        assert sleeping.wait() == -signal.SIGTERM
        send(found, signal.SIGKILL)  # it is gone, and nothing happens


def test_a_sweep_ends_all_that_it_finds_however_it_forks() -> None:
    """Every process of the bomb starts another one and ends."""
    text = 'if [ "$1" -gt 0 ]; then sh -c "$0" "$0" $(($1 - 1)) & fi; sleep 0.01; [ "$1" -gt 0 ] && sleep 1000'
    with subprocess.Popen(["sh", "-c", text, text, "200"], start_new_session=True) as bomb:
        batches.wait_until(lambda: len(batches.group(bomb.pid)) > 5, "it has forked")
        sweep = Sweep(lambda: [one for one in everyone() if one.session == bomb.pid])
        batches.wait_until(lambda: sweep.run(0.5), "all of it is gone")
        assert batches.group(bomb.pid) == []


def test_a_sweep_takes_no_longer_than_it_may_and_goes_on_where_it_was() -> None:
    with subprocess.Popen(SLEEP) as sleeping:
        sweep = Sweep(lambda: entries([sleeping.pid]))
        assert not sweep.run(0)
        batches.wait_until(lambda: sweep.run(0), "it is gone")
        assert sleeping.wait() == -signal.SIGKILL


def test_marks_name_the_run_the_batch_and_who_owns_them() -> None:
    assert tree.marks("r", 7, "o") == {"OMNIBASE_RUN": "r", "OMNIBASE_BATCH": "7", "OMNIBASE_OWNER": "o"}
