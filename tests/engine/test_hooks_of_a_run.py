"""Run and task hooks of plugins: each in a process of its own, and none can fail or hang a run."""

import os
from pathlib import Path

import pytest

from omnibase.core.planning import Conditions, Wanted
from omnibase.model.component import Component
from omnibase.model.events import Answered, AttemptStarted, RunEnded, TaskEnded
from omnibase.model.plan import LeftOut
from omnibase.model.result import Cause, Status
from tests.core.stepping import called
from tests.engine.driving import Run, drive, planned
from tests.executors import batches
from tests.executors.batches import command

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

ALL = ("before_run", "after_run", "before_task", "after_task")
LOG = "".join(
    f"def {hook}(task, note):\n    with open({{log!r}}, 'a') as log:\n        log.write(f'{hook} {{{{task}}}}\\n')\n"
    for hook in ALL
)


def _run(
    root: Path,
    source: str,
    *hooks: str,
    components: tuple[Component | Wanted, ...] = (),
    slots: int = 1,
    timeout: float = 10.0,
) -> Run:
    file = root / "hooks_of_a_run.py"
    file.write_text(source)
    given = components or (command("true", name="one"), command("true", name="two"))
    made = planned(given, Conditions(slots=slots))._replace(hooks=called(*hooks, timeout=timeout))
    return drive(made, root, hooks=file)


def test_hooks_are_called_around_the_run_and_around_each_task(tmp_path: Path) -> None:
    log = tmp_path / "log"
    components = tuple(command(f"echo task {name} >> log", shell=True, name=name) for name in ("a", "b"))
    run = _run(tmp_path, LOG.format(log=str(log)), *ALL, components=components)
    lines = log.read_text().splitlines()
    assert lines[0] == "before_run None"
    assert lines[-1] == "after_run None"
    for number, name in enumerate("ab"):
        places = [lines.index(line) for line in (f"before_task {number}", f"task {name}", f"after_task {number}")]
        assert places == sorted(places)
    assert len(lines) == 8
    assert run.report.notices == ()
    assert isinstance(run.events[-1], RunEnded)


def test_only_tasks_that_are_started_have_hooks(tmp_path: Path) -> None:
    log = tmp_path / "log"
    left_out = Wanted(command("true", name="left"), (), LeftOut(Cause.NO_FILES, "no files"))
    run = _run(tmp_path, LOG.format(log=str(log)), "before_task", "after_task", components=(left_out,))
    assert not log.exists()
    assert run.result("left").cause is Cause.NO_FILES


@pytest.mark.parametrize("hook", ALL)
@pytest.mark.parametrize(
    ("body", "notice"),
    [
        ("return 'it did not like it'", "it did not like it"),
        ("raise RuntimeError('no')", "{hook} did not come to an end"),
        ("import os; os._exit(0)", "{hook} did not come to an end"),
        ("import os; os.kill(os.getpid(), 9)", "{hook} did not come to an end"),
    ],
)
def test_a_hook_that_fails_is_a_notice_and_the_run_goes_on(tmp_path: Path, hook: str, body: str, notice: str) -> None:
    run = _run(tmp_path, f"def {hook}(task, note):\n    {body}\n", hook)
    assert run.statuses() == {"one": Status.PASS, "two": Status.PASS}
    assert set(run.report.notices) == {notice.format(hook=hook)}
    assert run.report.exit_code == 0


@pytest.mark.parametrize("hook", ALL)
def test_a_hook_that_hangs_is_ended_with_its_children(tmp_path: Path, hook: str) -> None:
    os.mkfifo(tmp_path / "gate")
    source = (
        f"import os, sys\nsys.path.append({batches.PLUGIN!r})\nimport gate\n"
        f"def {hook}(task, note):\n    gate.be_deaf()\n    gate.wait({str(tmp_path)!r})\n"
    )
    run = _run(tmp_path, source, hook, components=(command("true", name="one"),), timeout=0.5)
    assert run.statuses() == {"one": Status.PASS}
    assert run.report.notices == (f"{hook} did not come to an end",)
    pids = [int(number) for number in (tmp_path / "pids").read_text().split()]
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), "it is gone")


def test_a_task_waits_for_its_hook(tmp_path: Path) -> None:
    source = f"def before_task(task, note):\n    open({str(tmp_path)!r} + f'/allowed-{{task}}', 'w').close()\n"
    components = tuple(command(f"test -e allowed-{number}", shell=True, name=f"task-{number}") for number in range(3))
    run = _run(tmp_path, source, "before_task", components=components, slots=3)
    assert set(run.statuses().values()) == {Status.PASS}


def test_the_run_ends_after_the_last_hook(tmp_path: Path) -> None:
    run = _run(tmp_path, "def after_task(task, note):\n    pass\n", "after_task", slots=2)
    order = [type(event) for event in run.events if isinstance(event, TaskEnded | Answered | RunEnded)]
    assert order.count(Answered) == 2
    assert order[-1] is RunEnded
    assert len(run.of(AttemptStarted)) == 2


def test_hooks_of_many_tasks_do_not_use_up_what_the_system_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of many tasks asks for many hooks at once, and a worker takes five descriptors."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    components = tuple(command("true", name=f"task-{number}") for number in range(60))
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        run = _run(tmp_path, "def before_task(task, note):\n    pass\n", "before_task", components=components, slots=4)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert set(run.statuses().values()) == {Status.PASS}
    assert run.report.notices == ()
