"""The process that forks every worker: what becomes of workers when it, they, or we are killed."""

import errno
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.executors.python.executor import PythonExecutor, WorkerEnd, wait
from omnibase.executors.tree import children, entry
from omnibase.model.component import Component, Limits
from omnibase.model.events import Outcome
from omnibase.model.ports import Place, Running
from omnibase.model.result import Cause, Status
from tests.executors import batches
from tests.executors.batches import WRITE, taking_context

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")


@pytest.fixture
def where(root: Path) -> Place:
    os.mkfifo(root / "gate")
    return batches.place(root)


def _zygote(executor: PythonExecutor) -> int:
    return executor._zygote.pid


def _waiting(executor: PythonExecutor, where: Place, component: Component | None = None) -> tuple[Running, list[int]]:
    """A worker that waits, and the numbers of its child and of itself."""
    running = executor.start(batches.assignment(where, component or taking_context("context_waits"), paths=[]))
    told = Path(where.root, "pids")
    pids = [int(number) for number in batches.wait_for(told, running).split()]
    told.unlink()
    return running, pids


def _gone(pids: list[int]) -> None:
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), f"{pids} are gone")


def test_a_worker_is_a_child_of_the_zygote_in_a_group_of_its_own(python: PythonExecutor, where: Place) -> None:
    running, (child, worker) = _waiting(python, where)
    stat = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    assert int(stat[1]) == _zygote(python)
    assert os.getpgid(worker) == os.getpgid(child) == worker
    assert os.getsid(worker) == os.getsid(child) != os.getsid(0)  # and so without a terminal
    running.cancel(Cause.INTERRUPTED, force=True)
    batches.finish(running)


def test_when_the_zygote_is_killed_what_runs_has_an_outcome_and_not_a_hang(
    python: PythonExecutor, where: Place
) -> None:
    running, pids = _waiting(python, where)
    try:
        os.kill(_zygote(python), signal.SIGKILL)
        (outcome,) = batches.finish(running)
    finally:
        for pid in pids:
            batches.end_by_force(pid)
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.CRASHED)
    assert outcome.reason == "its worker ended without an answer"
    running.cancel(Cause.TIMEOUT, force=True)
    assert running.outcomes() == (outcome,)


def _kill(executor: PythonExecutor) -> int:
    """Kill the zygote, so that it is a zombie of ours; its number."""
    pid = _zygote(executor)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def _passes(executor: PythonExecutor, where: Place) -> bool:
    outcome = batches.run_one(executor, batches.assignment(where, taking_context("passes")))
    return outcome.status is Status.PASS


def test_when_the_zygote_was_killed_before_what_is_started_has_a_new_one(python: PythonExecutor, where: Place) -> None:
    before = len(batches.open_files())
    for component in (taking_context("passes"), batches.check("finds_nothing")):
        killed = _kill(python)
        outcome = batches.run_one(python, batches.assignment(where, component, paths=[]))
        assert outcome.cause is None, outcome
        assert _zygote(python) != killed
        with pytest.raises(ChildProcessError):  # it was reaped
            os.waitpid(killed, os.WNOHANG)
    assert len(batches.open_files()) == before


KILLS_ITS_PARENT = """
import os, time
from omnibase.model.result import Result, Status

def kills(ctx):
    os.kill(os.getppid(), 9)
    time.sleep(1000)

def killing(argument, note):
    os.kill(os.getppid(), 9)
"""


def test_a_component_that_kills_its_parent_takes_those_beside_it_with_it_and_none_that_come_later(
    python: PythonExecutor, where: Place
) -> None:
    Path(where.root, "killing.py").write_text(KILLS_ITS_PARENT)
    for _ in range(3):
        beside, pids = _waiting(python, where, taking_context("context_waits_deaf"))
        kills = taking_context("kills", module="killing", path=where.root)
        for running in (python.start(batches.assignment(where, kills)), beside):
            (outcome,) = batches.finish(running)
            assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.CRASHED)
            assert outcome.reason == "its worker ended without an answer"
        assert not any(map(batches.is_alive, pids))  # it is over, and goes on beside nothing
        assert _passes(python, where)


def test_a_function_that_kills_its_parent_spoils_no_other_call(python: PythonExecutor, tmp_path: Path) -> None:
    (tmp_path / "killing.py").write_text(KILLS_ITS_PARENT)
    (tmp_path / "anything.py").write_text("def call(argument, note):\n    return argument\n")
    assert _call(python, "killing:killing", None, [str(tmp_path)]) == Outcome(0)
    assert _call(python, "anything:call", 1, [str(tmp_path)]) == Outcome(0, value=1, exit_code=0)


def test_a_zygote_that_is_killed_while_it_starts_makes_an_outcome_and_is_followed_by_another(
    python: PythonExecutor, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = os.fork

    def killed_at_once() -> int:
        if pid := fork():
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return pid

    _kill(python)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fork", killed_at_once)
        for _ in range(2):
            outcome = batches.run_one(python, batches.assignment(where, taking_context("passes")))
            assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.CRASHED)
            assert outcome.output is not None
            assert outcome.output.text == "its worker could not be started: Broken pipe"
    assert _passes(python, where)


def test_where_there_is_no_process_for_a_new_zygote_what_is_started_failed_in_passing(
    python: PythonExecutor, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    killed = _kill(python)
    before = len(batches.open_files())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fork", refused)
        for _ in range(2):
            outcome = batches.run_one(python, batches.assignment(where, taking_context("passes")))
            assert (outcome.cause, outcome.transient) == (Cause.CRASHED, "Resource temporarily unavailable")
            assert outcome.output is not None
            assert outcome.output.text == "its worker could not be started: Resource temporarily unavailable"
    assert len(batches.open_files()) == before - 1  # the killed one's socket
    with pytest.raises(ChildProcessError):
        os.waitpid(killed, os.WNOHANG)
    assert _passes(python, where)


def test_a_new_zygote_keeps_nothing_open_that_we_have_opened_since(python: PythonExecutor, where: Place) -> None:
    read, write = os.pipe()
    _kill(python)
    running, _ = _waiting(python, where)
    os.close(write)
    assert select.select([read], [], [], batches.SECONDS)[0]
    assert os.read(read, 1) == b""
    os.close(read)
    running.cancel(Cause.INTERRUPTED, force=False)
    (outcome,) = batches.finish(running)
    assert outcome.cause is Cause.INTERRUPTED


def test_a_kill_meant_for_a_worker_of_a_killed_zygote_hits_none_of_the_new_one(
    python: PythonExecutor, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = _waiting(python, where)
    _kill(python)
    new, pids = _waiting(python, where)
    signalled: list[tuple[int, int]] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", lambda *call: signalled.append(call))
        old.cancel(Cause.TIMEOUT, force=True)
    assert signalled == []  # the number of the killed one may be any process's by now
    (outcome,) = batches.finish(old)
    assert outcome.cause is Cause.TIMEOUT
    assert _passes(python, where)
    assert all(map(batches.is_alive, pids))
    new.cancel(Cause.TIMEOUT, force=True)
    batches.finish(new)
    _gone(pids)


def test_a_worker_of_a_new_zygote_is_held_to_its_limits(python: PythonExecutor, where: Place) -> None:
    _kill(python)
    component = taking_context("fills_memory", limits=Limits(memory=100 << 20))
    outcome = batches.run_one(python, batches.assignment(where, component))
    assert outcome.cause is Cause.LIMIT, outcome


@needs_proc
@pytest.mark.parametrize("is_replaced", [True, False])
def test_what_the_workers_of_a_killed_zygote_have_left_behind_ends_with_the_run(
    where: Place, is_replaced: bool
) -> None:
    text = (
        "import subprocess\nfrom omnibase.model.result import Result, Status\n"
        "def leaves(ctx):\n"
        "    left = subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "    return Result(Status.PASS, value=left.pid)\n"
    )
    Path(where.root, "leaving.py").write_text(text)
    executor = PythonExecutor(WRITE)
    leaves = batches.assignment(where, taking_context("leaves", module="leaving", path=where.root))
    left: Any = batches.run_one(executor, leaves).value
    _, pids = _waiting(executor, where, taking_context("context_waits_deaf"))
    killed = _kill(executor)
    if is_replaced:
        assert _passes(executor, where)
        assert batches.is_alive(left)  # what ended well may leave it until the end
        assert not any(map(batches.is_alive, pids))
    zygote = _zygote(executor)
    executor.close()
    assert [pid for pid in (killed, zygote, left, *pids) if batches.is_alive(pid)] == []


def test_a_zygote_that_its_worker_has_stopped_goes_on_when_that_is_cancelled(
    python: PythonExecutor, where: Place
) -> None:
    running, pids = _waiting(python, where)
    os.kill(_zygote(python), signal.SIGSTOP)
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.cause is Cause.TIMEOUT
    _gone(pids)


def test_a_zygote_that_was_stopped_does_not_hold_up_the_end(where: Place) -> None:
    python = PythonExecutor(WRITE)
    batches.run_one(python, batches.assignment(where, taking_context("passes"), paths=[]))
    os.kill(_zygote(python), signal.SIGSTOP)
    python.close()
    assert not batches.is_alive(_zygote(python))


def test_a_cancel_that_the_zygote_cannot_hear_any_more_is_no_failure(python: PythonExecutor, where: Place) -> None:
    running, pids = _waiting(python, where)
    try:
        os.kill(_zygote(python), signal.SIGKILL)
        batches.wait_until(lambda: not batches.is_alive(_zygote(python)), "the zygote is gone")
        running.cancel(Cause.INTERRUPTED, force=False)
        (outcome,) = batches.finish(running)
    finally:
        for pid in pids:
            batches.end_by_force(pid)
    assert outcome.cause is Cause.INTERRUPTED


def test_when_we_close_all_workers_are_gone_with_their_children(where: Place) -> None:
    executor = PythonExecutor(WRITE)
    deaf = taking_context("context_waits_deaf")
    pids = [pid for _ in range(3) for pid in _waiting(executor, where, deaf)[1]]
    zygote = _zygote(executor)
    executor.close()
    _gone([zygote, *pids])


def test_a_copy_of_our_end_in_another_process_does_not_keep_the_zygote(where: Place) -> None:
    """A second zygote inherits what the first one's owner holds."""
    first, second = PythonExecutor(WRITE), PythonExecutor(WRITE)
    _, pids = _waiting(first, where)
    first.close()
    _gone(pids)
    assert batches.run_one(second, batches.assignment(where, taking_context("passes"))).status is Status.PASS
    second.close()


OWNER = """
import os, sys
from pathlib import Path
from omnibase.executors.python.executor import PythonExecutor
from tests.executors import batches

executor = PythonExecutor("")
where = batches.place(Path(sys.argv[1]))
component = batches.taking_context("context_waits_deaf")
running = executor.start(batches.assignment(where, component, paths=[]))
pids = batches.wait_for(Path(where.root, "pids"), running)
print(executor._zygote.pid, pids, flush=True)
{then}
"""


def _pids_of(script: str, where: Place) -> list[int]:
    """The numbers of the zygote and of two processes of a worker, which the owner's script has printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, where.root],
        stdout=subprocess.PIPE,
        timeout=batches.SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pids = [int(number) for number in done.stdout.split()]
    assert len(pids) == 3
    return pids


STOPPED = "os.kill(executor._zygote.pid, 19); os.kill(os.getpid(), 9)"


@pytest.mark.parametrize("then", ["os.kill(os.getpid(), 9)", "os._exit(0)", "raise SystemExit", STOPPED])
def test_when_we_are_killed_nothing_of_ours_is_left(where: Place, then: str) -> None:
    _gone(_pids_of(OWNER.format(then=then), where))


@pytest.mark.parametrize("then", ["os.kill(os.getpid(), 9)", "raise SystemExit"])
def test_when_we_are_killed_nothing_of_a_new_zygote_is_left(where: Place, then: str) -> None:
    made = 'executor = PythonExecutor("")\n'
    script = OWNER.format(then=then).replace(made, f"{made}os.kill(executor._zygote.pid, 9)\nos.wait()\n")
    _gone(_pids_of(script, where))


def test_signals_that_end_a_run_are_not_for_the_zygote(python: PythonExecutor, where: Place) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(_zygote(python), number)
    outcome = batches.run_one(python, batches.assignment(where, taking_context("passes")))
    assert outcome.status is Status.PASS


def test_many_workers_end_at_once_and_each_is_heard_of(python: PythonExecutor, tmp_path: Path) -> None:
    (tmp_path / "anything.py").write_text("def call(argument, note):\n    return argument\n")
    running = [python.call("anything:call", number, [str(tmp_path)], None, _value) for number in range(40)]
    assert [batches.finish(one)[0].value for one in running] == list(range(40))


def test_a_kill_meant_for_an_ended_worker_hits_no_other(python: PythonExecutor, where: Place) -> None:
    ended = python.start(batches.assignment(where, taking_context("passes")))
    batches.finish(ended)
    running, pids = _waiting(python, where)
    python._zygote.kill(1, signal.SIGKILL)
    python._zygote.kill(99, signal.SIGKILL)
    assert batches.run_one(python, batches.assignment(where, taking_context("passes"))).status is Status.PASS
    assert all(map(batches.is_alive, pids))
    running.cancel(Cause.INTERRUPTED, force=True)
    batches.finish(running)


def test_out_of_descriptors_a_batch_has_an_outcome_and_leaks_none(
    python: PythonExecutor, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, int]] = []
    pipe = os.pipe

    def running_out() -> tuple[int, int]:
        if len(made) == 2:
            raise OSError(24, "Too many open files")
        made.append(pipe())
        return made[-1]

    monkeypatch.setattr(os, "pipe", running_out)
    with batches.no_file_left_open():
        outcome = batches.run_one(python, batches.assignment(where, taking_context("passes")))
    assert outcome.cause is Cause.CRASHED
    assert outcome.output is not None
    assert outcome.output.text == "its worker could not be started: Too many open files"


def _escaping(executor: PythonExecutor, where: Place, then: str) -> tuple[Running, int]:
    """A worker that has let a process escape, and the number of that."""
    component = taking_context("escapes", settings={"then": then})
    running = executor.start(batches.assignment(where, component, paths=[]))
    escaped, _ = batches.wait_for(Path(where.root, "pids"), running).split()
    return running, int(escaped)


@needs_proc
@pytest.mark.parametrize("then", ["wait", "kill"])
def test_what_has_escaped_from_a_worker_goes_when_that_is_killed(
    python: PythonExecutor, where: Place, then: str
) -> None:
    running, escaped = _escaping(python, where, then)
    if then == "wait":
        running.cancel(Cause.TIMEOUT, force=True)
    batches.finish(running)
    assert not batches.is_alive(escaped)
    assert batches.run_one(python, batches.assignment(where, taking_context("passes"))).status is Status.PASS


@needs_proc
def test_what_has_escaped_from_a_worker_that_ended_well_may_stay_until_the_end(where: Place) -> None:
    executor = PythonExecutor(WRITE)
    running, escaped = _escaping(executor, where, "end")
    (outcome,) = batches.finish(running)
    assert outcome.status is Status.PASS
    assert batches.is_alive(escaped)
    second = batches.run_one(executor, batches.assignment(where, taking_context("context_exits")))
    assert second.cause is Cause.CRASHED
    other, pids = _waiting(executor, where._replace(root=_folder_beside(where)))
    other.cancel(Cause.TIMEOUT, force=True)
    batches.finish(other)
    assert batches.is_alive(escaped)  # it was another worker's
    executor.close()
    assert [pid for pid in (escaped, *pids) if batches.is_alive(pid)] == []


def _folder_beside(where: Place) -> str:
    folder = Path(where.root).with_name("beside")
    folder.mkdir()
    os.mkfifo(folder / "gate")
    return str(folder)


@needs_proc
def test_what_has_escaped_ends_with_the_zygote_when_we_are_killed(where: Place) -> None:
    script = OWNER.format(then="os.kill(os.getpid(), 9)").replace(
        '"context_waits_deaf"', '"escapes", settings={"then": "wait"}'
    )
    zygote, escaped, _ = _pids_of(script, where)
    _gone([zygote, escaped])


def test_orphans_that_have_died_are_reaped(python: PythonExecutor, where: Place) -> None:
    text = "import subprocess\ndef call(argument, note):\n    subprocess.run(['sh', '-c', '(setsid true &)'])\n"
    Path(where.root, "orphaning.py").write_text(text)
    for _ in range(5):
        assert _call(python, "orphaning:call", None, [where.root]) is not None

    def left() -> list[int]:
        return [pid for pid in children(_zygote(python)) if (one := entry(pid)) is not None and not one.is_alive]

    batches.wait_until(lambda: not left(), "no zombie is left")


def test_a_worker_has_no_terminal_and_the_marks_of_its_batch(python: PythonExecutor, where: Place) -> None:
    outcome = batches.run_one(python, batches.assignment(where, taking_context("tells_its_marks")))
    assert outcome.value == [{"OMNIBASE_RUN": batches.RUN_ID, "OMNIBASE_BATCH": "0"}, errno.ENXIO]


def test_a_worker_for_which_there_is_no_process_failed_in_passing(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zygote is a copy of us, and cannot fork."""
    fork, forks = os.fork, []

    def only_once() -> int:
        forks.append(1)
        if len(forks) > 1:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", only_once)
    executor = PythonExecutor(WRITE)
    outcome = batches.run_one(executor, batches.assignment(where, taking_context("passes")))
    executor.close()
    assert (outcome.cause, outcome.transient) == (Cause.CRASHED, "Resource temporarily unavailable")
    assert outcome.output is not None
    assert outcome.output.text == "its worker could not be started: Resource temporarily unavailable"


def test_an_answer_that_is_too_large_ends_the_worker_and_fills_no_memory(python: PythonExecutor, where: Place) -> None:
    outcome = batches.run_one(python, batches.assignment(where, taking_context("answers_too_much")))
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.PROTOCOL)
    assert outcome.reason == "its answer is larger than 32 MB"


# Any function, and waiting without a driver


def _value(end: WorkerEnd) -> tuple[Outcome, ...]:
    return (Outcome(0, value=end.answer, exit_code=end.status),)


def _call(executor: PythonExecutor, target: str, argument: Any, folders: list[str]) -> Outcome | None:
    outcomes = wait(executor.call(target, argument, folders, None, _value), batches.SECONDS)
    return outcomes[0] if outcomes else None


def test_any_function_can_be_called_in_a_worker(python: PythonExecutor, tmp_path: Path) -> None:
    (tmp_path / "anything.py").write_text("def call(argument, note):\n    return [argument, __name__]\n")
    outcome = _call(python, "anything:call", {"a": [1, "\udcff"]}, [str(tmp_path)])
    assert outcome == Outcome(0, value=[{"a": [1, "\udcff"]}, "anything"], exit_code=0)


def test_a_function_whose_answer_is_no_json_has_none(python: PythonExecutor, tmp_path: Path) -> None:
    (tmp_path / "anything.py").write_text("def call(argument, note):\n    return object()\n")
    assert _call(python, "anything:call", None, [str(tmp_path)]) == Outcome(0, value=None, exit_code=1)


def test_who_waits_too_long_is_given_nothing_and_the_worker_is_ended(
    python: PythonExecutor, where: Place, tmp_path: Path
) -> None:
    source = (
        "import os, time\n"
        "def call(argument, note):\n    open(argument, 'w').write(str(os.getpid()))\n    time.sleep(1000)\n"
    )
    (tmp_path / "hanging.py").write_text(source)
    told = tmp_path / "pid"
    running = python.call("hanging:call", str(told), [str(tmp_path)], None, _value)
    batches.wait_until(lambda: told.exists() and told.read_text(), "it hangs")
    assert wait(running, 0.01) is None
    assert running.fds == set()
    _gone([int(told.read_text())])


@pytest.mark.parametrize("given", [{"NAME": "value"}, None])
def test_a_worker_has_the_environment_that_it_is_given(
    python: PythonExecutor, tmp_path: Path, given: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    source = (
        "import os\n"
        "def call(argument, note):\n"
        "    return {name: text for name, text in os.environ.items() if name != 'PYTEST_CURRENT_TEST'}\n"
    )
    (tmp_path / "showing.py").write_text(source)
    call: Callable[..., Running] = python.call
    outcomes = wait(call("showing:call", None, [str(tmp_path)], None, _value, given), batches.SECONDS)
    assert outcomes is not None
    assert outcomes[0].value == (dict(os.environ) if given is None else given)
