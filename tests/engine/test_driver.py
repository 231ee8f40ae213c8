"""Whole plans through the real driver and the real executors: order, concurrency, limits, and what is left behind."""

import os
import selectors
import signal
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from omnibase.core.planning import Conditions, Wanted
from omnibase.core.scheduling import State, step
from omnibase.engine import driver
from omnibase.model.commands import Tell
from omnibase.model.component import Component, Lifecycle, Need
from omnibase.model.events import AttemptStarted, BatchStarted, Event, RunEnded, Stimulus, TaskEnded
from omnibase.model.plan import KeepGoing
from omnibase.model.result import Cause, Status
from omnibase.storage.journal import Journal, read
from tests.core.stepping import called
from tests.engine.driving import Run, drive, planned
from tests.executors import batches
from tests.executors.batches import check, command, taking_context

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
    pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="processes and files are counted in /proc"),
]

SYNC = Conditions(slots=1)
ASYNC = Conditions(slots=4)
DEAF = "trap '' TERM; sleep 1000 & echo $! $$ > pids.new; mv pids.new pids; wait; wait"


def _shell(name: str, text: str, **fields: Any) -> Component:
    return command(text, shell=True, name=name, **{"lifecycle": Lifecycle.STABLE, **fields})


def _pids(root: Path) -> list[int]:
    return [int(number) for number in (root / "pids").read_text().split()]


def _gone(pids: list[int]) -> None:
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), f"{pids} are gone")


# Order and concurrency


def test_in_sync_one_ends_before_the_next_starts_in_their_order(tmp_path: Path) -> None:
    names = ["c", "a", "b", "d"]
    components = [_shell(name, f"echo {name} begins >> log; echo {name} ends >> log") for name in names]
    run = drive(planned(components, SYNC), tmp_path)
    assert (tmp_path / "log").read_text().split("\n")[:-1] == [
        f"{name} {what}" for name in names for what in ("begins", "ends")
    ]
    assert run.most_at_once() == 1
    assert run.names(TaskEnded) == names
    assert set(run.statuses().values()) == {Status.PASS}


def test_in_async_batches_run_at_the_same_time(tmp_path: Path) -> None:
    """Each can end only when all others have started."""
    for name in ("one", "two"):
        os.mkfifo(tmp_path / name)
    components = [
        _shell("writes", "echo word > one; cat two", timeout=batches.SECONDS),
        _shell("reads", "cat one; echo word > two", timeout=batches.SECONDS),
    ]
    run = drive(planned(components, ASYNC), tmp_path)
    assert run.statuses() == {"writes": Status.PASS, "reads": Status.PASS}
    assert run.most_at_once() == 2


def test_commands_workers_and_passes_run_at_the_same_time(tmp_path: Path) -> None:
    """The command lets the two others go on, and each of these has told that it waits."""
    for name in ("context", "pass"):
        (tmp_path / name).mkdir()
        os.mkfifo(tmp_path / name / "gate")
    (tmp_path / "a.txt").touch()
    source = (
        "import os, gate\nfrom omnibase.api import Result, Status\n"
        "def in_a_context(ctx):\n    gate.wait('context')\n    return Result(Status.PASS)\n"
        "def in_a_pass(file):\n    gate.wait('pass')\n    return []\n"
    )
    (tmp_path / "meeting.py").write_text(f"import sys\nsys.path.append({batches.PLUGIN!r})\n{source}")
    opens = "while [ ! -e context/pids ] || [ ! -e pass/pids ]; do :; done; : > context/gate; : > pass/gate"
    where = {"module": "meeting", "path": str(tmp_path), "timeout": batches.SECONDS}
    wanted = [
        Wanted(taking_context("in_a_context", **where)),
        Wanted(check("in_a_pass", **where), ("a.txt",)),
        Wanted(_shell("opens", opens, timeout=batches.SECONDS)),
    ]
    run = drive(planned(wanted, ASYNC), tmp_path)
    assert run.statuses() == {"in_a_context": Status.PASS, "in_a_pass": Status.PASS, "opens": Status.PASS}
    assert run.most_at_once() == 3


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_no_more_batches_run_at_once_than_there_are_slots(tmp_path: Path, slots: int) -> None:
    components = [_shell(f"task-{number}", "true") for number in range(12)]
    run = drive(planned(components, Conditions(slots=slots)), tmp_path)
    assert run.most_at_once() == slots
    assert set(run.statuses().values()) == {Status.PASS}


@pytest.mark.skipif(not os.path.exists("/proc/stat"), reason="only Linux tells how busy it is")
def test_while_all_that_runs_waits_more_is_started_than_there_were_slots(tmp_path: Path) -> None:
    """Each waits for the one that is started after it."""
    for number in range(3):
        os.mkfifo(tmp_path / f"after-{number}")
    waits = [f"cat after-{number}" for number in range(3)] + ["true"]
    tells = ["true"] + [f"echo > after-{number}" for number in range(3)]
    components = [
        _shell(f"task-{number}", f"{wait}; {tell}", timeout=batches.SECONDS)
        for number, (wait, tell) in enumerate(zip(waits, tells, strict=True))
    ]
    run = drive(planned(components, Conditions(slots=1, adaptive=True)), tmp_path)
    assert set(run.statuses().values()) == {Status.PASS}
    assert run.most_at_once() == 4
    assert run.of(RunEnded)[0].metrics["slots"] >= 4


def test_what_is_needed_ends_first_and_its_value_arrives(tmp_path: Path) -> None:
    source = (
        "from omnibase.api import Result, Status\n"
        "def gives(ctx):\n    return Result(Status.PASS, value=[1, 2])\n"
        "def takes(ctx):\n    return Result(Status.PASS, value=ctx.values)\n"
    )
    (tmp_path / "values.py").write_text(source)
    where = {"module": "values", "path": str(tmp_path)}
    components = [taking_context("takes", needs=(Need("gives"),), **where), taking_context("gives", **where)]
    run = drive(planned(components, ASYNC), tmp_path)
    assert run.names(TaskEnded) == ["gives", "takes"]
    assert run.result("takes").value == {"gives": [1, 2]}


def test_a_command_over_many_files_is_one_task_of_several_batches(tmp_path: Path) -> None:
    paths = tuple(f"file-{number}" for number in range(10))
    component = _shell("many", 'echo "$#" >> counts; test "$1" != file-4', batch_files=4)
    component = component._replace(work=component.work._replace(argv=(*component.work.argv, "{files}")))
    run = drive(planned([Wanted(component, paths)], SYNC), tmp_path)
    assert len(run.of(BatchStarted)) == 3
    assert len(run.of(AttemptStarted)) == 1
    assert sum(map(int, (tmp_path / "counts").read_text().split())) == 10
    assert run.result("many").status is Status.FAIL
    assert run.result("many").files == 10


def test_findings_of_a_pass_and_of_a_command_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("TODO\n")
    stable = {"lifecycle": Lifecycle.STABLE}
    wanted = [Wanted(check(name, **stable), ("a.txt",)) for name in ("finds_todo", "finds_nothing")]
    run = drive(planned([*wanted, _shell("fails", "echo no; exit 3")], SYNC), tmp_path)
    assert run.statuses() == {"finds_todo": Status.FAIL, "finds_nothing": Status.PASS, "fails": Status.FAIL}
    assert [finding.path for finding in run.result("finds_todo").findings] == ["a.txt"]
    assert run.result("fails").attempts[0].exit_code == 3


def test_a_check_that_ends_its_worker_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("TODO\n")
    (tmp_path / "b.txt").write_text("TODO\n")
    paths = ("a.txt", "b.txt")
    names = ["finds_todo", "exits", "kills_itself", "finds_nothing"]
    checks = [Wanted(check(name, lifecycle=Lifecycle.STABLE), paths) for name in names]
    run = drive(planned(checks, SYNC), tmp_path)
    assert [len(event.tasks) for event in run.of(BatchStarted)] == [4, 3, 2]
    assert len(run.result("finds_todo").findings) == 2
    assert run.result("finds_nothing").status is Status.PASS
    for name in ("exits", "kills_itself"):
        assert (run.result(name).status, run.result(name).cause) == (Status.FAIL, Cause.CRASHED)


def test_what_could_not_be_started_is_a_result_like_any_other(tmp_path: Path) -> None:
    components = [command("no-such-program", name="missing"), command("true", name="here")]
    run = drive(planned(components, SYNC), tmp_path)
    assert run.result("missing").cause is Cause.NOT_INSTALLED
    assert run.result("here").status is Status.PASS
    assert run.report.exit_code == 1


def test_after_a_failure_nothing_new_starts_when_asked_to_fail_fast(tmp_path: Path) -> None:
    components = [
        _shell("first", "exit 1"),
        _shell("second", "touch started"),
    ]
    run = drive(planned(components, SYNC._replace(keep_going=KeepGoing.NEVER)), tmp_path)
    assert run.result("second").cause is Cause.FAIL_FAST
    assert not (tmp_path / "started").exists()


# Limits of time


def test_a_batch_that_is_out_of_time_has_no_verdict_and_nothing_left(tmp_path: Path) -> None:
    components = [_shell("hangs", "echo $$ > pids; sleep 1000", timeout=1.0), _shell("next", "true")]
    run = drive(planned(components, SYNC), tmp_path)
    assert (run.result("hangs").status, run.result("hangs").cause) == (Status.TIME, Cause.TIMEOUT)
    assert run.result("hangs").reason == "no verdict after 1 s"
    assert run.result("next").status is Status.PASS
    assert run.of(RunEnded)[0].metrics["timeouts"] == 1
    _gone(_pids(tmp_path))


def test_a_command_that_ignores_a_polite_end_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "GRACE", 0.05)
    run = drive(planned([_shell("deaf", DEAF, timeout=1.0)], SYNC), tmp_path)
    assert run.result("deaf").cause is Cause.TIMEOUT
    _gone(_pids(tmp_path))


def test_a_command_that_ends_in_its_grace_may_clean_up(tmp_path: Path) -> None:
    text = "trap 'touch cleaned; exit 0' TERM; sleep 1000 & wait"
    run = drive(planned([_shell("cleans", text, timeout=1.0)], SYNC), tmp_path)
    assert run.result("cleans").cause is Cause.TIMEOUT
    assert (tmp_path / "cleaned").exists()


def test_a_worker_that_ignores_a_polite_end_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "GRACE", 0.05)
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "a.txt").write_text("TODO\n")
    wanted = [Wanted(check(name, timeout=3.0), ("a.txt",)) for name in ("waits_deaf", "finds_todo")]
    run = drive(planned(wanted, SYNC), tmp_path)
    assert run.result("waits_deaf").cause is Cause.TIMEOUT
    assert len(run.result("finds_todo").findings) == 1
    _gone(_pids(tmp_path))


def test_an_attempt_of_several_batches_is_out_of_time_as_a_whole(tmp_path: Path) -> None:
    component = _shell("many", "sleep 1000", batch_files=1, timeout=0.3)
    component = component._replace(work=component.work._replace(argv=(*component.work.argv, "{files}")))
    run = drive(planned([Wanted(component, ("a", "b", "c"))], SYNC), tmp_path)
    assert len(run.of(BatchStarted)) == 1
    assert run.result("many").status is Status.TIME


def test_when_the_run_is_out_of_time_what_runs_ends_and_nothing_new_starts(tmp_path: Path) -> None:
    components = [
        _shell("quick", "true"),
        _shell("hangs", "echo $$ > pids; sleep 1000"),
        _shell("never", "touch started"),
    ]
    run = drive(planned(components, SYNC._replace(timeout=2.0)), tmp_path)
    assert run.statuses() == {"quick": Status.PASS, "hangs": Status.TIME, "never": Status.TIME}
    assert {run.result(name).cause for name in ("hangs", "never")} == {Cause.RUN_TIMEOUT}
    assert not (tmp_path / "started").exists()
    _gone(_pids(tmp_path))


def test_when_the_run_is_out_of_time_its_hooks_are_ended_too(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks_out_of_time.py"
    hooks.write_text("import time\ndef before_task(task, note):\n    time.sleep(1000)\n")
    components = [_shell(f"task-{number}", "touch started") for number in range(20)]
    run = drive(
        planned(components, ASYNC._replace(timeout=1.0))._replace(hooks=called("before_task", timeout=1000.0)),
        tmp_path,
        hooks=hooks,
    )
    assert {run.result(name).cause for name in run.statuses()} == {Cause.RUN_TIMEOUT}
    assert not (tmp_path / "started").exists()


def test_what_ended_before_its_time_was_noticed_to_be_over_has_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where this process was stopped meanwhile: both show at once, and the end came first."""

    class Late(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout is None or timeout < 1.0:
                return super().select(timeout)
            child = batches.wait_for(tmp_path / "pids")
            batches.wait_until(lambda: not batches.is_alive(int(child)), "it has ended")
            late.append(timeout + 1.0)
            return []

    late: list[float] = []
    monkeypatch.setattr(driver.selectors, "DefaultSelector", Late)
    monkeypatch.setattr(driver, "monotonic", lambda: monotonic() + sum(late))
    run = drive(planned([_shell("quick", "echo $$ > pids.new; mv pids.new pids", timeout=500.0)], SYNC), tmp_path)
    assert late
    assert run.result("quick").status is Status.PASS


# What is left behind


def _some_of_everything(root: Path) -> list[Component | Wanted]:
    (root / "a.txt").write_text("TODO\n")
    return [
        _shell("prints", "echo out; echo err >&2"),
        _shell("leaves-a-child", "sleep 1000 & echo $! > pids"),
        _shell("hangs", "sleep 1000", timeout=0.2),
        command("no-such-program", name="missing"),
        taking_context("passes"),
        Wanted(check("exits"), ("a.txt",)),
        Wanted(check("finds_todo"), ("a.txt",)),
    ]


def _children() -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if stat.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_no_file_and_no_process_is_left_behind(tmp_path: Path) -> None:
    before = _children()
    with batches.no_file_left_open():
        run = drive(planned(_some_of_everything(tmp_path), ASYNC), tmp_path)
    assert len(run.of(TaskEnded)) == 7
    assert _children() <= before
    _gone(_pids(tmp_path))


def test_the_signals_are_as_they_were(tmp_path: Path) -> None:
    def handlers() -> list[object]:
        ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
        wakeup = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(wakeup)
        return [*map(signal.getsignal, ours), wakeup]

    before = handlers()
    drive(planned([command("true")], SYNC), tmp_path)
    assert handlers() == before


@pytest.mark.parametrize("why", ["the system has none", "they are forbidden"])
def test_without_pidfds_the_end_of_children_is_heard_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def forbidden(pid: int, flags: int = 0) -> int:
        raise PermissionError(1, "Operation not permitted")

    if why == "the system has none":
        monkeypatch.delattr(os, "pidfd_open")
    else:
        monkeypatch.setattr(os, "pidfd_open", forbidden)
    components = [
        _shell("closes", "exec > /dev/null 2>&1; exit 3", timeout=batches.SECONDS),
        *(_shell(f"task-{number}", "echo done", timeout=batches.SECONDS) for number in range(10)),
    ]
    run = drive(planned(components, ASYNC), tmp_path)
    assert run.result("closes").attempts[0].exit_code == 3
    assert {run.result(f"task-{number}").status for number in range(10)} == {Status.PASS}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # who gives up does not reap
def test_when_starting_goes_wrong_what_runs_is_ended(tmp_path: Path) -> None:
    """Whoever starts batches must not raise: nothing of the run is left for all that."""
    components = [
        _shell("hangs", DEAF),
        _shell("sees-it", "while [ ! -e pids ]; do :; done"),
        _shell("cannot-start", "true", needs=(Need("sees-it"),)),
    ]
    made = planned(components, ASYNC)
    made = made._replace(batches=(*made.batches[:2], made.batches[2]._replace(executor="no such executor")))
    with pytest.raises(KeyError, match="no such executor"):
        drive(made, tmp_path)
    _gone(_pids(tmp_path))


# The record


def test_the_journal_holds_every_event_and_leads_to_the_same_decisions(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    recorder = Journal(str(folder))
    made = planned(_some_of_everything(tmp_path), ASYNC)
    run = drive(made, tmp_path, observers=[recorder])
    recorder.close()
    recorded = list(read(str(folder)))
    assert recorded == run.events
    assert Run(made, recorded).report == run.report

    state = State(made)
    decided: list[Event] = []
    for event in recorded:
        if isinstance(event, Stimulus):
            decided.append(event)
            decided += [command.event for command in step(state, event) if isinstance(command, Tell)]
    assert decided == recorded
    assert state.finished


def test_a_timer_that_is_months_away_is_waited_for_like_any_other(tmp_path: Path) -> None:
    """epoll(7) takes no more than 2**31 milliseconds; a registry allows a year."""
    run = drive(planned([command("true", name="a")], Conditions(timeout=8784 * 3600.0)), tmp_path)
    assert run.statuses() == {"a": Status.PASS}
