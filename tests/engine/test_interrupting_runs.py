"""Signals during a run: everything that runs ends, the run says so, and nothing is left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnibase.engine.driver import HOOKS_AT_ONCE
from tests.executors import batches

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="processes are looked for in /proc")

Start = Callable[..., subprocess.Popen[bytes]]
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
LONG = "1000"  # seconds of grace that no test waits for


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a run in a process of its own."""
    (tmp_path / "a.txt").write_text("TODO\n")
    os.mkfifo(tmp_path / "gate")
    started: list[subprocess.Popen[bytes]] = []

    def run(plan: str, *, grace: str = LONG, ignored: int = 0, before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        module = "tests.engine.interrupted"
        argv = [*before, sys.executable, "-m", module, str(tmp_path), plan, grace, str(int(ignored))]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        started.append(subprocess.Popen(argv, stdout=subprocess.PIPE, env=env))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _pids(root: Path) -> list[int]:
    """The processes that wait, once they have told their numbers."""
    return [int(number) for number in batches.wait_for(root / "pids").split()]


def _told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=batches.SECONDS)
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(output)
    return told


def _gone(pids: list[int]) -> None:
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), f"{pids} are gone")


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("plan", ["command", "context", "pass"])
def test_a_signal_ends_all_that_runs_and_the_run_says_so(
    start: Start, tmp_path: Path, plan: str, number: signal.Signals
) -> None:
    process = start(plan)
    pids = _pids(tmp_path)
    process.send_signal(number)
    told = _told(process)
    assert told["heard"] == told["ended"] == [number]
    assert told["exit_code"] == 128 + number
    assert told["results"].pop("first") == ["PASS", None]
    assert set(map(tuple, told["results"].values())) == {("SKIP", "interrupted")}
    assert told["restored"]
    assert not (tmp_path / "started").exists()
    _gone(pids)


def test_a_signal_from_a_child_of_the_run_is_heard(start: Start, tmp_path: Path) -> None:
    told = _told(start("child"))
    assert told["heard"] == [signal.SIGINT]
    assert told["results"]["child"] == ["SKIP", "interrupted"]
    if (tmp_path / "pids").exists():
        _gone(_pids(tmp_path))


@pytest.mark.parametrize("plan", ["deaf", "deaf worker"])
def test_what_ignores_it_is_killed_after_the_grace(start: Start, tmp_path: Path, plan: str) -> None:
    process = start(plan, grace="0.1")
    pids = _pids(tmp_path)
    process.terminate()
    told = _told(process)
    assert told["exit_code"] == 128 + signal.SIGTERM
    assert set(map(tuple, told["results"].values())) == {("PASS", None), ("SKIP", "interrupted")}
    _gone(pids)


@pytest.mark.parametrize("plan", ["deaf", "deaf worker"])
@pytest.mark.parametrize("times", [2, 10])
def test_a_second_signal_kills_at_once_and_more_do_no_harm(start: Start, tmp_path: Path, plan: str, times: int) -> None:
    process = start(plan)
    pids = _pids(tmp_path)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
    told = _told(process)
    assert told["ended"] == [told["heard"][0]]
    assert len(told["heard"]) >= 2
    assert told["restored"]
    _gone(pids)


def test_a_component_may_clean_up_in_its_grace(start: Start, tmp_path: Path) -> None:
    process = start("polite")
    _pids(tmp_path)
    process.terminate()
    assert _told(process)["results"]["polite"] == ["SKIP", "interrupted"]


def test_a_run_started_with_nohup_goes_on_when_the_terminal_goes(start: Start, tmp_path: Path) -> None:
    process = start("command", ignored=signal.SIGHUP)
    pids = _pids(tmp_path)
    process.send_signal(signal.SIGHUP)
    os.close(os.open(tmp_path / "gate", os.O_WRONLY))
    told = _told(process)
    assert told["heard"] == []
    assert told["results"] == {name: ["PASS", None] for name in ("first", "plain", "last")}
    _gone(pids)


def _hooks(root: Path, waiting: str) -> None:
    """Writes hooks, of which one waits and hears no polite signal."""
    (root / "hooks_of_a_run.py").write_text(
        f"import os, sys\nsys.path.append({batches.PLUGIN!r})\nimport gate\n"
        "def after_run(task, note):\n    pass\n"
        f"def {waiting}(task, note):\n    gate.be_deaf()\n    gate.wait({str(root)!r}, str(task))\n"
    )


def test_a_signal_while_a_hook_runs_ends_the_hook_and_the_run(start: Start, tmp_path: Path) -> None:
    _hooks(tmp_path, "before_run")
    process = start("run hook")
    pids = [int(number) for number in batches.wait_for(tmp_path / "pids-None").split()]
    process.send_signal(signal.SIGINT)
    told = _told(process)
    assert told["results"] == {"last": ["SKIP", "interrupted"]}
    assert told["notices"] == ["before_run did not come to an end"]
    _gone(pids)


def test_a_hook_after_an_interrupted_run_has_no_longer_than_what_is_interrupted(start: Start, tmp_path: Path) -> None:
    _hooks(tmp_path, "after_run")
    process = start("late hook", grace="0.3")
    pids = _pids(tmp_path)
    process.send_signal(signal.SIGINT)
    told = _told(process)
    assert told["results"] == {"plain": ["SKIP", "interrupted"]}
    assert told["notices"] == ["after_run did not come to an end"]
    _gone([*pids, *(int(number) for number in batches.wait_for(tmp_path / "pids-None").split())])


def test_a_signal_ends_the_hooks_of_many_tasks_and_those_that_wait_for_them(start: Start, tmp_path: Path) -> None:
    _hooks(tmp_path, "before_task")
    process = start("task hooks")
    batches.wait_until(lambda: len(list(tmp_path.glob("pids-*"))) == HOOKS_AT_ONCE, "so many hooks run")
    process.send_signal(signal.SIGINT)
    told = _told(process)
    assert told["results"] == {f"task-{number}": ["SKIP", "interrupted"] for number in range(20)}
    assert told["notices"] == ["before_task did not come to an end"] * HOOKS_AT_ONCE
    _gone([int(number) for file in tmp_path.glob("pids-*") for number in file.read_text().split()])


@pytest.mark.parametrize("plan", ["context", "pass", "deaf worker"])
def test_when_the_run_itself_is_killed_its_workers_are_gone(start: Start, tmp_path: Path, plan: str) -> None:
    process = start(plan)
    pids = _pids(tmp_path)
    process.kill()
    _gone(pids)


IGNORING = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("plan", ["fails", "context"])
def test_a_parent_that_ignores_its_children_does_not_turn_failures_green(
    start: Start, tmp_path: Path, plan: str
) -> None:
    """That is inherited (`trap "" CHLD` in bash), and the kernel then throws exit codes away."""
    process = start(plan, before=(sys.executable, "-c", IGNORING))
    if plan == "context":
        _pids(tmp_path)
        os.close(os.open(tmp_path / "gate", os.O_WRONLY))
    told = _told(process)
    assert (
        told["results"]
        == {
            "fails": {"fails": ["WARN", "experimental"]},
            "context": {name: ["PASS", None] for name in ("first", "context_waits", "last")},
        }[plan]
    )
    assert told["restored"]
