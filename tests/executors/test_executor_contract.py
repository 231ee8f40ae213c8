"""What every executor keeps to, whatever its batches are made of."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.executors.nothing import NothingExecutor
from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.python.inline import InlineExecutor
from omnibase.model.component import Component
from omnibase.model.ports import Assignment, Executor, Place, Running
from omnibase.model.result import Cause, Status
from tests.executors import batches
from tests.executors.batches import WRITE

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
    pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="processes and files are counted in /proc"),
]


class Kind(NamedTuple):
    """An executor, and components that it can be given. Those that are over at once have none that wait."""

    make: Callable[[], Executor]
    quick: tuple[Component, ...]
    waiting: tuple[Component, ...] = ()
    deaf: tuple[Component, ...] = ()
    polite: tuple[Component, ...] = ()
    children_are_told: bool = False


def _shell(text: str) -> tuple[Component, ...]:
    return (batches.command(text, shell=True),)


def _commands() -> Executor:
    return CommandExecutor({})


PASS = (batches.check("finds_todo"), batches.check("finds_nothing"), batches.check("raises"))
GATE = os.path.join(batches.PLUGIN, "gate.py")
COMMAND = Kind(
    _commands,
    _shell("echo done"),
    *((batches.command(sys.executable, GATE, manner),) for manner in ("plain", "deaf", "polite")),
)
KINDS = {
    "command": COMMAND,
    "command without pidfd": COMMAND._replace(children_are_told=True),
    "command that cannot start": Kind(_commands, (batches.command("no-such-program"),)),
    "pass": Kind(
        lambda: PythonExecutor(WRITE),
        PASS,
        (batches.check("waits"), *PASS[:2]),
        (batches.check("waits_deaf"), *PASS),
        (batches.check("waits_politely"), *PASS),
    ),
    "context": Kind(
        lambda: PythonExecutor(WRITE),
        (batches.taking_context("passes"),),
        (batches.taking_context("context_waits"),),
        (batches.taking_context("context_waits_deaf"),),
        (batches.taking_context("context_waits_politely"),),
    ),
    "inline": Kind(lambda: InlineExecutor(WRITE), PASS),
    "nothing": Kind(NothingExecutor, PASS),
    "nothing of a command": Kind(NothingExecutor, _shell("touch made")),
}
ALL = pytest.mark.parametrize("kind", KINDS, indirect=True)
WITH_PROCESSES = pytest.mark.parametrize("kind", [name for name, one in KINDS.items() if one.waiting], indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    found: Kind = KINDS[request.param]
    if found.children_are_told:
        monkeypatch.delattr(os, "pidfd_open")
    if found.make is KINDS["inline"].make:
        monkeypatch.syspath_prepend(batches.PLUGIN)
    return found


@pytest.fixture
def executor(kind: Kind) -> Iterator[Executor]:
    made = kind.make()
    yield made
    made.close()


@pytest.fixture
def where(root: Path, scratch: Path) -> Place:
    (root / "a.txt").write_text("TODO\n")
    (root / "b.txt").write_text("done\n")
    os.mkfifo(root / "gate")
    return batches.place(root, scratch)


def _batch(where: Place, components: tuple[Component, ...]) -> Assignment:
    return batches.assignment(where, *components, paths=["a.txt", "b.txt"])


def _open_the_gate(where: Place) -> None:
    os.close(os.open(os.path.join(where.root, "gate"), os.O_WRONLY))


def _started(where: Place, running: Running) -> list[int]:
    """The processes of a waiting batch, once it has told them."""
    return [int(number) for number in batches.wait_for(Path(where.root, "pids"), running).split()]


@ALL
def test_there_is_one_outcome_for_each_share(kind: Kind, executor: Executor, where: Place) -> None:
    outcomes = batches.finish(executor.start(_batch(where, kind.quick)), children_are_told=kind.children_are_told)
    assert [outcome.task for outcome in outcomes] == [10 + index for index in range(len(kind.quick))]
    assert all(outcome.served for outcome in outcomes)


@ALL
def test_outcomes_are_the_same_however_often_they_are_asked_for(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.quick))
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    running.ready(-1)
    assert running.outcomes() == outcomes
    assert running.fds == set()


@WITH_PROCESSES
def test_there_are_no_outcomes_before_the_end(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.waiting))
    _started(where, running)
    assert running.outcomes() is None
    running.ready(-1)
    assert running.outcomes() is None
    _open_the_gate(where)
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    assert [outcome.cause for outcome in outcomes] == [None] * len(kind.waiting)


@WITH_PROCESSES
def test_the_descriptors_of_a_running_batch_can_be_selected_on(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.waiting))
    _started(where, running)
    assert running.fds
    assert select.select(list(running.fds), [], [], 0) == ([], [], [])
    running.cancel(Cause.INTERRUPTED, force=True)
    if not kind.children_are_told:
        assert select.select(list(running.fds), [], [], batches.SECONDS)[0]
    batches.finish(running, children_are_told=kind.children_are_told)


@WITH_PROCESSES
@pytest.mark.parametrize("force", [False, True], ids=["politely", "by force"])
@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.RUN_TIMEOUT, Cause.INTERRUPTED])
def test_a_cancelled_batch_ends_with_the_cause_of_the_cancel(
    kind: Kind, executor: Executor, where: Place, cause: Cause, force: bool
) -> None:
    running = executor.start(_batch(where, kind.waiting))
    pids = _started(where, running)
    running.cancel(cause, force=force)
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    assert len(outcomes) == len(kind.waiting)
    assert outcomes[0].served
    assert outcomes[0].cause is cause
    assert outcomes[0].reason
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), "its processes are gone")


@WITH_PROCESSES
def test_what_does_not_hear_a_polite_cancel_is_ended_by_force(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.deaf))
    pids = _started(where, running)
    running.cancel(Cause.TIMEOUT, force=False)
    batches.step(running, 0.2)
    running.ready(-1)
    assert running.outcomes() is None
    assert batches.is_alive(pids[-1])
    running.cancel(Cause.TIMEOUT, force=True)
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    assert outcomes[0].cause is Cause.TIMEOUT


@WITH_PROCESSES
def test_a_stopped_process_hears_a_polite_cancel(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.polite))
    pids = _started(where, running)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    running.cancel(Cause.INTERRUPTED, force=False)
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    assert outcomes[0].cause is Cause.INTERRUPTED
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), "its processes are gone")


@WITH_PROCESSES
def test_a_child_that_is_left_behind_does_not_outlive_the_batch(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.waiting))
    pids = _started(where, running)
    assert all(map(batches.is_alive, pids))
    group = os.getpgid(pids[-1])
    assert group != os.getpgid(0)
    _open_the_gate(where)
    batches.finish(running, children_are_told=kind.children_are_told)
    batches.wait_until(lambda: not batches.group(group), "its group is gone")


@ALL
def test_a_cancel_after_the_end_changes_nothing(kind: Kind, executor: Executor, where: Place) -> None:
    running = executor.start(_batch(where, kind.quick))
    outcomes = batches.finish(running, children_are_told=kind.children_are_told)
    running.cancel(Cause.TIMEOUT, force=False)
    running.cancel(Cause.INTERRUPTED, force=True)
    assert running.outcomes() == outcomes


@ALL
def test_no_file_is_left_open(kind: Kind, where: Place) -> None:
    with batches.no_file_left_open():
        executor = kind.make()
        for components in filter(None, (kind.quick, kind.quick, kind.waiting)):
            running = executor.start(_batch(where, components))
            if components is kind.waiting:
                _started(where, running)
                running.cancel(Cause.INTERRUPTED, force=True)
            batches.finish(running, children_are_told=kind.children_are_told)
        executor.close()


@ALL
def test_several_batches_are_under_way_at_once(kind: Kind, executor: Executor, where: Place) -> None:
    several = [executor.start(_batch(where, kind.quick)) for _ in range(5)]
    came_to = [batches.finish(running, children_are_told=kind.children_are_told) for running in several]
    told = [[one._replace(duration=0.0) for one in outcomes] for outcomes in came_to]
    assert told == [told[0]] * 5


@pytest.mark.parametrize("kind", ["nothing", "nothing of a command"], indirect=True)
def test_a_dry_run_starts_nothing_and_says_what_it_would_do(kind: Kind, executor: Executor, where: Place) -> None:
    outcomes = batches.run(executor, _batch(where, kind.quick))
    assert {outcome.cause for outcome in outcomes} == {Cause.DRY_RUN}
    assert all((outcome.reason or "").startswith("would ") for outcome in outcomes)
    assert sorted(os.listdir(where.root)) == ["a.txt", "b.txt", "gate"]


def test_a_pass_is_the_same_in_a_worker_and_in_this_process(
    monkeypatch: pytest.MonkeyPatch, python: PythonExecutor, where: Place
) -> None:
    monkeypatch.syspath_prepend(batches.PLUGIN)
    batch = _batch(where, PASS)
    there = batches.run(python, batch)
    here = batches.run(InlineExecutor(WRITE), batch)
    assert [one._replace(duration=0, output=None) for one in here] == [
        one._replace(duration=0, output=None) for one in there
    ]
    assert [one.status for one in here] == [None, None, Status.FAIL]
