"""What a command or a worker may use: what the kernel holds it to, what is watched, and how it is told."""

import errno
import os
import resource
import select
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnibase.executors import cgroups, limits
from omnibase.executors.capture import Capture
from omnibase.executors.command import CommandExecutor
from omnibase.executors.processes import Process
from omnibase.executors.python.executor import PythonExecutor
from omnibase.model.component import Component, Limits
from omnibase.model.events import Outcome
from omnibase.model.ports import WOKEN, Executor
from omnibase.model.result import Cause, Status
from tests.executors import batches
from tests.executors.batches import command, taking_context

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are set by prlimit"),
]

MB = 1024 * 1024
SPIN = "while True: pass"
# Memory is not the kernel's until it is written to.
FILL = (
    "import time\n"
    "held = [bytearray(b'x') * (8 << 20) for _ in range(25)]\n"
    "print(len(held), flush=True)\n"
    "time.sleep(1000)"
)
FORK = (
    "import os, time\n"
    "for _ in range(12):\n"
    "    try:\n        child = os.fork()\n    except OSError:\n        time.sleep(1000)\n"
    "    if not child: time.sleep(1000)\n"
    "time.sleep(1000)"
)

# 512 processes if nobody holds it, within milliseconds of its start; each of them prints a byte and stays.
BOMB = "for (1..9) { defined($child = fork) or last; $child or syswrite STDOUT, '.' } sleep 8"


def _run(executor: Executor, root: Path, component: Component) -> Outcome:
    """Wait for the end as the driver does: woken when the batch wants it."""
    running = executor.start(batches.assignment(batches.place(root), component))
    wake = getattr(running, "wake", None)
    while running.outcomes() is None:
        batches.step(running, wake if wake is not None else 1.0)
        running.ready(WOKEN)
    (outcome,) = running.outcomes() or ()
    return outcome


def _python(text: str, **allowed: Any) -> Component:
    return command(sys.executable, "-c", text, limits=Limits(**allowed))


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that lets us make no groups."""
    monkeypatch.setattr(cgroups, "bases", dict)


@pytest.fixture
def needs_groups() -> Iterator[None]:
    """Groups are for us to make, and none is left afterwards."""
    bases = cgroups.bases()
    if set(bases) != {cgroups.MEMORY, cgroups.PIDS}:
        pytest.skip("no control groups are delegated to us")
    yield
    own = f"{cgroups.PREFIX}-{os.getpid()}-"
    left = [name for base in bases.values() for name in os.listdir(base.folder) if name.startswith(own)]
    assert left == []


def test_processor_time(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, _python(SPIN, cpu=0.5))
    assert (outcome.cause, outcome.exit_code) == (Cause.LIMIT, None)
    assert outcome.reason == "used more than 0.5 s of processor time (limit `cpu_s`)"


def test_processor_time_of_what_does_not_heed_the_warning(commands: CommandExecutor, root: Path) -> None:
    deaf = f"import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n{SPIN}"
    outcome = _run(commands, root, _python(deaf, cpu=1))
    assert outcome.reason == "used more than 1 s of processor time (limit `cpu_s`)"


def test_processor_time_of_a_child_of_a_shell(commands: CommandExecutor, root: Path) -> None:
    spinning = command("sh -c 'while :; do :; done'; exit $?", shell=True, limits=Limits(cpu=1))
    outcome = _run(commands, root, spinning)
    assert (outcome.cause, outcome.exit_code) == (Cause.LIMIT, 128 + signal.SIGXCPU)


def test_a_kill_without_much_processor_time_is_no_limit(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, command("kill -9 $$", shell=True, limits=Limits(cpu=60)))
    assert (outcome.cause, outcome.signal) == (Cause.SIGNAL, signal.SIGKILL)


def test_open_files(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, _python("files = [open('/dev/null') for _ in range(100)]", files=40))
    assert outcome.exit_code == 1
    assert outcome.output is not None
    assert "Too many open files" in outcome.output.text


def test_what_is_printed(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, command("yes", limits=Limits(output=2 * MB)))
    assert (outcome.cause, outcome.reason) == (Cause.LIMIT, "printed more than 2 MB (limit `output_mb`)")
    assert outcome.output is not None
    assert outcome.output.size < 64 * MB


def test_what_was_printed_too_much_counts_also_when_it_has_ended_before_it_was_read(
    commands: CommandExecutor, root: Path
) -> None:
    outcome = _run(commands, root, command("printf 123456789", shell=True, limits=Limits(output=8)))
    assert (outcome.cause, outcome.reason) == (Cause.LIMIT, "printed more than 1 MB (limit `output_mb`)")


def test_a_file_that_is_too_large(commands: CommandExecutor, root: Path) -> None:
    writing = command("exec cat /dev/zero > large", shell=True, limits=Limits(output=MB))
    outcome = _run(commands, root, writing)
    assert (outcome.cause, outcome.reason) == (Cause.LIMIT, "wrote a file of more than 1 MB (limit `output_mb`)")
    assert (root / "large").stat().st_size <= MB


def test_a_hard_limit_that_is_lower_already_stays(commands: CommandExecutor, root: Path) -> None:
    assert limits._lowered(100, 200, 50) == (50, 50)
    assert limits._lowered(100, 200, 150) == (100, 150)
    assert limits._lowered(100, 200, resource.RLIM_INFINITY) == (100, 200)


@pytest.mark.usefixtures("watching")
def test_memory_of_all_processes_together_by_watching(commands: CommandExecutor, root: Path) -> None:
    both = command(f'{sys.executable} -c "{FILL}" & {sys.executable} -c "{FILL}"', shell=True)
    outcome = _run(commands, root, both._replace(limits=Limits(memory=300 * MB)))
    assert outcome.cause is Cause.LIMIT
    assert (outcome.reason or "").endswith(" MB of memory, 300 are allowed (limit `mem_mb`, seen by watching)")


@pytest.mark.usefixtures("watching")
def test_processes_by_watching(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, _python(FORK, processes=5))
    assert outcome.cause is Cause.LIMIT
    assert (outcome.reason or "").endswith("5 are allowed (limit `pids`, seen by watching)")


@pytest.mark.usefixtures("needs_groups")
def test_memory_of_all_processes_together_by_a_group(root: Path) -> None:
    executor = CommandExecutor({})
    outcome = _run(executor, root, _python(FILL, memory=64 * MB))
    executor.close()
    assert outcome.cause is Cause.LIMIT
    assert outcome.reason == "needed more than 64 MB of memory (limit `mem_mb`, held by a cgroup)"


@pytest.mark.usefixtures("needs_groups")
def test_an_exit_code_that_tells_of_a_kill_by_the_group_is_a_limit(root: Path) -> None:
    executor = CommandExecutor({})
    text = f'{sys.executable} -c "{FILL}"; exit $?'
    outcome = _run(executor, root, command(text, shell=True, limits=Limits(memory=64 * MB)))
    executor.close()
    assert outcome.cause is Cause.LIMIT


@pytest.mark.usefixtures("needs_groups")
def test_processes_by_a_group(root: Path) -> None:
    executor = CommandExecutor({})
    outcome = _run(executor, root, _python(FORK, processes=5))
    executor.close()
    assert (outcome.cause, outcome.reason) == (
        Cause.LIMIT,
        "wanted more than 5 processes (limit `pids`, held by a cgroup)",
    )


@pytest.mark.usefixtures("needs_groups")
@pytest.mark.skipif(shutil.which("perl") is None, reason="nothing else starts and forks as fast")
def test_there_are_never_more_processes_than_a_group_allows_however_fast_they_are_made(root: Path) -> None:
    executor = CommandExecutor({})
    outcome = _run(executor, root, command("perl", "-e", BOMB, limits=Limits(processes=20)))
    executor.close()
    assert outcome.cause is Cause.LIMIT
    assert outcome.output is not None
    assert outcome.output.size + 1 <= 20


@pytest.mark.usefixtures("needs_groups")
def test_a_command_is_in_its_group_before_it_is_its_program(root: Path) -> None:
    executor = CommandExecutor({})
    allowed = Limits(memory=512 * MB, processes=50)
    outcome = _run(executor, root, command("cat", "/proc/self/cgroup", limits=allowed))
    executor.close()
    assert outcome.output is not None
    groups = dict(line.split(":", 2)[1:] for line in outcome.output.text.splitlines())
    for controller, base in cgroups.bases().items():
        name = groups[controller if base.version == 1 else ""].rpartition("/")[2]
        assert name.startswith(f"{cgroups.PREFIX}-{os.getpid()}-")


@pytest.mark.usefixtures("needs_groups")
@pytest.mark.parametrize(
    ("ended", "cause"),
    [
        (Cause.TIMEOUT, Cause.LIMIT),
        (Cause.RUN_TIMEOUT, Cause.LIMIT),
        (Cause.INTERRUPTED, Cause.INTERRUPTED),
    ],
)
def test_what_reached_its_limit_and_was_ended_for_time_broke_its_limit(root: Path, ended: Cause, cause: Cause) -> None:
    executor = CommandExecutor({})
    hanging = FORK.replace("OSError:\n        time", "OSError:\n        print('refused', flush=True); time")
    running = executor.start(batches.assignment(batches.place(root), _python(hanging, processes=5)))
    batches.step(running, batches.SECONDS)
    running.cancel(ended, force=True)
    (outcome,) = batches.finish(running)
    executor.close()
    assert outcome.cause is cause


@pytest.mark.usefixtures("needs_groups")
@pytest.mark.parametrize(
    ("text", "cwd", "cause"),
    [
        ("no program", ".", Cause.NOT_EXECUTABLE),
        ("#!/no/such/interpreter\n", ".", Cause.NOT_EXECUTABLE),
        ("#!/bin/sh\n", "nowhere", Cause.NOT_STARTED),
    ],
)
def test_of_a_limited_command_that_cannot_be_started_nothing_is_left(
    root: Path, text: str, cwd: str, cause: Cause
) -> None:
    executor = CommandExecutor({})
    program = root / "program"
    program.write_text(text)
    program.chmod(0o755)
    limited = command(str(program), cwd=cwd, limits=Limits(files=50, processes=50))
    with batches.no_file_left_open():
        outcome = _run(executor, root, limited)
    executor.close()
    assert outcome.cause is cause


@pytest.mark.usefixtures("needs_groups")
def test_a_command_enters_its_group_also_where_we_have_more_files_open_than_it_may(root: Path) -> None:
    executor = CommandExecutor({})
    ours = [os.open(os.devnull, os.O_RDONLY) for _ in range(40)]
    outcome = _run(executor, root, _python(FORK, processes=5, files=30))
    for fd in ours:
        os.close(fd)
    executor.close()
    assert (outcome.cause, executor.remarks) == (Cause.LIMIT, [])


def test_a_signal_that_comes_before_a_command_is_its_program_is_not_heard_by_us(root: Path) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    heard: list[int] = []
    handler = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    wakeup = signal.set_wakeup_fd(write)
    try:
        early = Process(("true",), str(root), {}, Capture(None), step=lambda: os.kill(os.getpid(), signal.SIGTERM))
        while early.status is None:
            assert select.select(list(early.fds), [], [], batches.SECONDS)[0]
            early.ready(WOKEN)
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGTERM, handler)
        os.close(read)
        os.close(write)
    assert (early.status, heard) == (-signal.SIGTERM, [])
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.usefixtures("needs_groups")
def test_a_command_within_its_limits_has_its_verdict(root: Path) -> None:
    executor = CommandExecutor({})
    allowed = Limits(cpu=60, memory=512 * MB, processes=50, files=100, output=MB)
    outcome = _run(executor, root, command("echo fine; exit 3", shell=True, limits=allowed))
    executor.close()
    assert (outcome.exit_code, outcome.cause) == (3, None)


@pytest.mark.usefixtures("needs_groups")
def test_a_group_that_something_lives_in_is_removed_when_the_executor_is_closed(root: Path) -> None:
    executor = CommandExecutor({})
    leaving = command("setsid sleep 1000 >/dev/null 2>&1 & sleep 0.1", shell=True, limits=Limits(memory=512 * MB))
    assert _run(executor, root, leaving).exit_code == 0
    executor.close()


def test_what_forks_faster_than_we_look_is_held_by_the_count_of_all_that_the_user_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = limits.Guard(Limits(processes=5), None, [])
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(limits, "_is_own", lambda pid: pid == os.getpid())
    (kind, soft, hard), *others = guard._rlimits()
    assert (kind, soft == hard > 5, others) == (resource.RLIMIT_NPROC, True, [])
    monkeypatch.setattr(limits, "everyone", list)  # a system that does not tell
    assert guard._rlimits() == []


def test_components_without_limits_pay_nothing(commands: CommandExecutor, root: Path) -> None:
    running = commands.start(batches.assignment(batches.place(root), command("true")))
    batches.finish(running)
    assert commands._limiter is None
    assert getattr(running, "wake", None) is None


# Workers


@pytest.mark.parametrize(
    ("function", "allowed", "reason"),
    [
        ("spins", {"cpu": 1}, "used more than 1 s of processor time (limit `cpu_s`)"),
        ("prints_on", {"output": MB}, "printed more than 1 MB (limit `output_mb`)"),
    ],
)
def test_a_worker_is_held_to_its_limits(
    python: PythonExecutor, root: Path, function: str, allowed: dict[str, Any], reason: str
) -> None:
    outcome = _run(python, root, taking_context(function, limits=Limits(**allowed)))
    assert (outcome.status, outcome.cause, outcome.reason) == (Status.FAIL, Cause.LIMIT, reason)


def test_a_worker_has_as_many_files_as_it_may(python: PythonExecutor, root: Path) -> None:
    outcome = _run(python, root, taking_context("opens_files", limits=Limits(files=60)))
    assert (outcome.status, outcome.value) == (Status.PASS, errno.EMFILE)


@pytest.mark.usefixtures("watching")
def test_memory_of_a_worker_by_watching(root: Path, python: PythonExecutor) -> None:
    outcome = _run(python, root, taking_context("fills_memory", limits=Limits(memory=128 * MB)))
    assert outcome.cause is Cause.LIMIT
    assert "(limit `mem_mb`, seen by watching)" in (outcome.reason or "")


@pytest.mark.usefixtures("needs_groups")
def test_memory_of_a_worker_by_a_group(root: Path) -> None:
    executor = PythonExecutor("")
    outcome = _run(executor, root, taking_context("fills_memory", limits=Limits(memory=64 * MB)))
    executor.close()
    assert (outcome.cause, outcome.reason) == (
        Cause.LIMIT,
        "needed more than 64 MB of memory (limit `mem_mb`, held by a cgroup)",
    )


@pytest.mark.usefixtures("needs_groups")
def test_a_worker_that_cannot_enter_its_group_is_watched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups.Group, "doors", ["/no/such/door"])
    executor = PythonExecutor("")
    outcome = _run(executor, root, taking_context("fills_memory", limits=Limits(memory=128 * MB)))
    executor.close()
    assert "(limit `mem_mb`, seen by watching)" in (outcome.reason or "")


@pytest.mark.usefixtures("needs_groups")
def test_a_command_that_cannot_be_put_into_its_group_is_watched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups.Group, "doors", ["/no/such/door"])
    executor = CommandExecutor({})
    outcome = _run(executor, root, _python(FILL, memory=100 * MB))
    executor.close()
    assert "(limit `mem_mb`, seen by watching)" in (outcome.reason or "")
    assert executor.remarks == ["no control group could be had: the limits mem_mb were watched, not held"]


def test_limits_that_nothing_could_hold_are_remarked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "bases", dict)
    executor = CommandExecutor({})
    limited = command("true", limits=Limits(memory=1 << 30, processes=50))
    batches.run_one(executor, batches.assignment(batches.place(root), limited))
    executor.close()
    assert executor.remarks == ["no control group could be had: the limits mem_mb and pids were watched, not held"]


def test_a_limit_of_each_process_needs_no_remark(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "bases", dict)
    executor = CommandExecutor({})
    batches.run_one(executor, batches.assignment(batches.place(root), command("true", limits=Limits(cpu=60.0))))
    executor.close()
    assert executor.remarks == []
