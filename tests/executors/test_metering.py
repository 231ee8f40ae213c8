"""What batches took of the machine: theirs, and nothing of ours."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnibase.executors.metering import left_by
from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.tree import Entry
from omnibase.model.result import Cause, Usage
from tests.executors import batches, measuring
from tests.executors.batches import WRITE, check, taking_context

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")
needs_setsid = pytest.mark.skipif(
    not any(os.access(f"{folder}/setsid", os.X_OK) for folder in os.defpath.split(":")),
    reason="nothing starts it small",
)

Json = Any
MB = 1024 * 1024
BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"
HOLD = "held = b'x' * {size}\n"


def measured(root: Path, company: str, *commands: list[str]) -> Json:
    """What such commands came to, run one after another by a process that holds much memory itself."""
    host = subprocess.run(
        [sys.executable, "-m", "tests.executors.measuring", str(root), company, *map(json.dumps, commands)],
        stdout=subprocess.PIPE,
        timeout=2 * batches.SECONDS,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return json.loads(host.stdout)


def usages(root: Path, company: str, *commands: list[str]) -> list[Usage]:
    return [Usage(**outcome["usage"]) for outcome in measured(root, company, *commands)["outcomes"]]


@needs_proc
@needs_setsid
def test_a_small_command_is_not_charged_with_the_memory_of_who_started_it(root: Path) -> None:
    for usage in usages(root, "alone", *[["true"]] * 20):
        assert usage.memory is not None
        assert 0 < usage.memory < 8 * MB


def test_where_commands_are_not_ours_to_wait_for_memory_is_unknown_rather_than_wrong(root: Path) -> None:
    small, large = usages(root, "shared", ["true"], [sys.executable, "-c", HOLD.format(size=4 * measuring.BALLAST)])
    assert small.memory is None
    assert large.memory is not None
    assert large.memory > 4 * measuring.BALLAST


@needs_proc
@pytest.mark.parametrize("company", ["alone", "shared"])
def test_what_a_command_started_and_waited_for_counts_too(root: Path, company: str) -> None:
    inner = BURN.format(seconds=0.2) + HOLD.format(size=2 * measuring.BALLAST)
    (usage,) = usages(root, company, ["sh", "-c", f'"{sys.executable}" -c "{inner}"; exit 0'])
    assert usage.user + usage.system >= 0.2
    assert usage.memory is not None
    assert 2 * measuring.BALLAST < usage.memory < 4 * measuring.BALLAST


@pytest.mark.parametrize("company", ["alone", "shared"])
def test_a_start_is_a_part_of_the_time_that_a_command_takes(root: Path, company: str) -> None:
    for usage in usages(root, company, ["true"], ["sleep", "0.2"]):
        assert usage.startup is not None
        assert 0 < usage.startup <= usage.wall
    assert usage.wall >= 0.2


@needs_proc
def test_a_command_comes_to_the_same_whether_it_is_measured_or_not(root: Path, tmp_path: Path) -> None:
    programs = {
        "no shebang": "echo it ran\n",
        "no such interpreter": "#!/no/such/interpreter\n",
        "for another machine": "\x7fELF\x01\x01\x01" + 9 * "\0" + "\x02\0\x63\0",
        "a script": '#!/bin/sh\necho "$0" "$@"; exit 3\n',
        "-x": "#!/bin/sh\nexit 4\n",
    }
    commands = [["sh", "-c", "exit 7"], ["sh", "-c", "kill -9 $$"], ["sh", "-c", "echo out; echo err >&2"]]
    leads = "read -r pid name state parent group session rest < /proc/$$/stat; echo $((pid == session)); cat; tty"
    commands += [["sh", "-c", leads]]
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
        commands.append([str(tmp_path / name), "one", "two words"])
    told = [measured(root, company, *commands)["outcomes"] for company in ("unmeasured", "alone", "shared")]
    for outcomes in told:
        for outcome in outcomes:
            del outcome["usage"]
    assert told[0] == told[1] == told[2]
    assert [outcome["exit_code"] for outcome in told[0]] == [7, None, 0, 1, None, None, None, 3, 4]
    assert told[0][3]["output"] == "1\nnot a tty"


@needs_proc
def test_a_command_is_told_from_what_it_starts_at_once(root: Path) -> None:
    daemon = "(setsid sh -c 'exec sleep 1000' &) ; (setsid true &) ; exit 7"
    told = measured(root, "alone", *[["sh", "-c", daemon]] * 20)
    assert {outcome["exit_code"] for outcome in told["outcomes"]} == {7}


@pytest.mark.parametrize(
    ("starter", "newcomers", "command"),
    [
        (100, [(101, 101)], 101),
        (100, [(101, 100)], 101),
        (100, [(103, 103), (101, 101)], 101),  # what the command has started, and left
        (100, [(99, 99), (101, 101)], 101),  # what an earlier command has left
        (32767, [(32760, 32760), (302, 302), (300, 300)], 300),  # numbers have begun anew
        (100, [(101, 50), (102, 102)], 102),  # what has a session of somebody else
        (100, [(101, 50)], None),
        (100, [], None),
    ],
)
def test_the_command_is_what_was_born_first_after_its_starter(
    starter: int, newcomers: list[tuple[int, int]], command: int | None
) -> None:
    one = Entry(0, b"S", 1, 0, 0, 0, 0, 1, is_ending=False, is_copy=False)
    found = left_by(starter, [one._replace(pid=pid, session=session) for pid, session in newcomers])
    assert (found and found.pid) == command


# Workers


@pytest.fixture
def workers() -> Iterator[PythonExecutor]:
    executor = PythonExecutor(WRITE, meter=True)
    yield executor
    executor.close()


@pytest.fixture
def heavy(root: Path) -> str:
    """A folder with a module that takes its time."""
    (root / "heavy.py").write_text(
        "import os, time\n"
        "began = time.monotonic()\n"
        "while time.monotonic() < began + 0.2: time.sleep(0.01)\n"
        "from omnibase.model.result import Result, Status\n"
        "def burns(ctx):\n"
        f"    held = b'x' * {80 * MB}\n"
        "    until = time.process_time() + 0.2\n"
        "    while time.process_time() < until: pass\n"
        "    return Result(Status.PASS)\n"
        "def waits(ctx):\n"
        "    until = time.monotonic() + 0.3\n"
        "    while time.monotonic() < until: time.sleep(0.01)\n"
        "    return Result(Status.PASS)\n"
        "def dies(ctx):\n"
        "    os.kill(os.getpid(), 9)\n"
        "def looks(file):\n"
        "    waits(None)\n"
        "    return ()\n"
    )
    return str(root)


def _usage(workers: PythonExecutor, root: Path, component: Any) -> Usage:
    for name in ("a.txt", "b.txt"):
        (root / name).write_text("a\n")
    outcome = batches.run_one(workers, batches.assignment(batches.place(root), component, paths=["a.txt", "b.txt"]))
    assert outcome.usage is not None
    return outcome.usage


def test_a_worker_is_charged_with_what_its_component_took(workers: PythonExecutor, root: Path, heavy: str) -> None:
    usage = _usage(workers, root, taking_context("burns", module="heavy", path=heavy))
    assert usage.user + usage.system >= 0.2
    assert usage.memory is not None
    assert 80 * MB < usage.memory < 80 * MB + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_the_start_of_a_component_in_python_ends_when_its_function_is_called(
    workers: PythonExecutor, root: Path, heavy: str
) -> None:
    usage = _usage(workers, root, taking_context("waits", module="heavy", path=heavy))
    assert usage.startup is not None
    assert 0.2 <= usage.startup <= usage.wall - 0.3
    usage = _usage(workers, root, check("looks", module="heavy", path=heavy))
    assert usage.startup is not None
    assert 0.2 <= usage.startup <= usage.wall - 2 * 0.3  # for the first of two files


def test_a_function_that_is_never_called_has_no_start(workers: PythonExecutor, root: Path, heavy: str) -> None:
    usage = _usage(workers, root, taking_context("no_such_function", module="heavy", path=heavy))
    assert usage.startup is None
    assert usage.wall >= 0.2


def test_a_worker_that_was_killed_took_something_too(workers: PythonExecutor, root: Path, heavy: str) -> None:
    component = taking_context("dies", module="heavy", path=heavy)
    outcome = batches.run_one(workers, batches.assignment(batches.place(root), component))
    assert (outcome.cause, outcome.signal) == (Cause.CRASHED, signal.SIGKILL)
    assert outcome.usage is not None
    assert outcome.usage.memory


def test_workers_are_measured_too_when_what_forks_them_was_killed(
    workers: PythonExecutor, root: Path, heavy: str
) -> None:
    killed = workers._zygote.pid
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)
    assert _usage(workers, root, check("looks", module="heavy", path=heavy)).memory
    assert workers._zygote.pid != killed


def test_of_what_several_share_nobody_is_charged_with_all(workers: PythonExecutor, root: Path, heavy: str) -> None:
    (root / "a.txt").write_text("a\n")
    shares = [check("looks", module="heavy", path=heavy, name=name) for name in "ab"]
    outcomes = batches.run(workers, batches.assignment(batches.place(root), *shares, paths=["a.txt"]))
    assert [outcome.usage for outcome in outcomes] == [None, None]


def test_nothing_is_measured_where_nobody_wants_it(python: PythonExecutor, root: Path, heavy: str) -> None:
    component = taking_context("burns", module="heavy", path=heavy)
    assert batches.run_one(python, batches.assignment(batches.place(root), component)).usage is None
