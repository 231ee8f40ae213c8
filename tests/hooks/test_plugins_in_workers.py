"""What workers do for plugins: look at one inside the repository, and call run and task hooks."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.core.encoding import decode, encode
from omnibase.executors.python.executor import PythonExecutor, WorkerEnd, wait
from omnibase.hooks.manager import find
from omnibase.hooks.working import CALL, COLLECT
from omnibase.model.component import Component, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.ports import AfterRun, BeforeRun, TaskMoment
from omnibase.model.registry import PluginInfo

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

Install = Callable[..., Path]
SECONDS = 30.0


def _in_a_worker(target: str, argument: Any, folders: list[str] | None = None) -> Outcome:
    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        return (Outcome(0, value=end.answer, exit_code=end.status),)

    executor = PythonExecutor("")
    try:
        outcomes = wait(executor.call(target, argument, folders or [], None, interpret), SECONDS)
    finally:
        executor.close()
    assert outcomes is not None
    return outcomes[0]


def _collect(folder: Path, source: str, module: str = "inside_plugin") -> Any:
    (folder / f"{module}.py").write_text(source)
    argument = {"name": f"./{module}", "module": module, "path": str(folder)}
    return _in_a_worker(COLLECT, argument, [str(folder)]).value


def test_the_components_of_a_plugin_inside_the_repository_are_told_with_its_folder(tmp_path: Path) -> None:
    source = (
        "from omnibase.api import FileSet, fixer, tool, validator\n"
        "@validator(name='checks', version='1.0.0', files=FileSet(types=('python',)))\n"
        "def checks(file, *, limit=3): ...\n"
        "@fixer(of='checks')\ndef mends(file, *, limit=3): ...\n"
        "@tool(name='makes', version='2.0.0', needs=['checks'])\nasync def makes(ctx): ...\n"
    )
    answer = _collect(tmp_path, source)
    checks, makes = (decode(Component, one) for one in answer["components"])
    assert checks.plugin == makes.plugin == "./inside_plugin"
    assert checks.work == PythonCall(
        "inside_plugin", "checks", "file", "./inside_plugin", str(tmp_path), "inside_plugin:mends"
    )
    assert checks.settings == {"limit": 3}
    assert (makes.name, makes.version, [need.name for need in makes.needs]) == ("makes", "2.0.0", ["checks"])


def test_a_plugin_without_components_brings_none(tmp_path: Path) -> None:
    assert _collect(tmp_path, "") == {"components": []}


@pytest.mark.parametrize(
    ("source", "problem", "code"),
    [
        ("import not_there", "it cannot be imported: ModuleNotFoundError: No module named 'not_there'", 3),
        ("def broken(:", "it cannot be imported: SyntaxError", 3),
        ("from omnibase.api import validator\n@validator(name='a', version='1')\ndef check(x): ...\n", "check in ", 4),
        ("from omnibase.api import RegistryError\nraise RegistryError('not found')\n", "not found", 3),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_exit_code(tmp_path: Path, source: str, problem: str, code: int) -> None:
    answer = _collect(tmp_path, source)
    assert answer["problem"].startswith(problem)
    assert answer["code"] == code


@pytest.mark.parametrize("source", ["import os; os._exit(0)", "raise SystemExit", "import os; os.kill(os.getpid(), 9)"])
def test_one_that_ends_the_worker_ends_nothing_else(tmp_path: Path, source: str) -> None:
    assert _collect(tmp_path, source) is None
    assert _collect(tmp_path, "", "other_plugin") == {"components": []}


def test_its_code_is_not_run_in_this_process(tmp_path: Path) -> None:
    _collect(tmp_path, f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n")
    assert int((tmp_path / "pid").read_text()) != os.getpid()


# Run and task hooks

RECORDING = """
from omnibase.api import hookimpl

def record(*what):
    with open({log!r}, "a") as log:
        print(*what, file=log)

@hookimpl
def omnibase_before_run(run): record("before", run)
@hookimpl
def omnibase_after_run(run): record("after", run.statuses)
@hookimpl
def omnibase_before_stage(run): record("before the stage", run)
@hookimpl
def omnibase_after_stage(run): record("after the stage", run.statuses)
@hookimpl
def omnibase_before_task(task): record(task)
@hookimpl
def omnibase_after_task(): record("no argument wanted")
"""
BEFORE = BeforeRun("run", "ci", "async", ("a", "b"))
AFTER = AfterRun("run", "ci", {"a": "PASS"})
MOMENT = TaskMoment("run", "a", "before")
HOOK = (
    "import os\nfrom omnibase.api import TransientError, VetoError, hookimpl\n@hookimpl\ndef omnibase_before_run(run): "
)
WELL: dict[str, list[str]] = {"problems": [], "vetoes": []}


def _call(hook: str, argument: Any, *infos: PluginInfo, root: str = "/") -> Outcome:
    order = {"hook": hook, "plugins": [encode(info) for info in infos], "argument": encode(argument), "root": root}
    return _in_a_worker(CALL, order)


@pytest.mark.parametrize(
    ("hook", "argument", "line"),
    [
        ("omnibase_before_run", BEFORE, f"before {BEFORE}"),
        ("omnibase_after_run", AFTER, "after {'a': 'PASS'}"),
        ("omnibase_before_stage", BEFORE, f"before the stage {BEFORE}"),
        ("omnibase_after_stage", AFTER, "after the stage {'a': 'PASS'}"),
        ("omnibase_before_task", MOMENT, f"{MOMENT}"),
        ("omnibase_after_task", MOMENT._replace(moment="after", status="PASS"), "no argument wanted"),
    ],
)
def test_a_hook_is_called_with_what_its_specification_says(
    install: Install, tmp_path: Path, hook: str, argument: Any, line: str
) -> None:
    install(RECORDING.format(log=str(tmp_path / "log")))
    info = find("sample_plugin_one").info
    assert _call(hook, argument, info) == Outcome(0, value=WELL, exit_code=0)
    assert (tmp_path / "log").read_text() == f"{line}\n"


def test_the_hooks_of_all_plugins_are_called_in_their_order(install: Install, tmp_path: Path) -> None:
    names = ("sample_plugin_two", "sample_plugin_one")
    for name in names:
        install(f"{HOOK}open({str(tmp_path / 'log')!r}, 'a').write('{name} ')", name)
    assert _call("omnibase_before_run", BEFORE, *(find(name).info for name in names)).value == WELL
    assert (tmp_path / "log").read_text() == "sample_plugin_two sample_plugin_one "


def test_they_are_called_in_the_root_of_the_repository(install: Install, tmp_path: Path) -> None:
    install(f"{HOOK}raise OSError(os.getcwd())")
    outcome = _call("omnibase_before_run", BEFORE, find("sample_plugin_one").info, root=str(tmp_path))
    assert outcome.value["problems"] == [f"omnibase_before_run of sample_plugin_one raised OSError: {tmp_path}"]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("KeyError(run.stage)", "KeyError: 'ci'"),
        ("SystemExit(3)", "SystemExit: 3"),
        ("TransientError()", "TransientError: "),
    ],
)
def test_a_hook_that_raises_is_told_and_the_next_one_is_called(install: Install, raised: str, told: str) -> None:
    install(f"{HOOK}raise {raised}")
    install(f"{HOOK}raise VetoError('not today')", "sample_plugin_two")
    infos = [find(name).info for name in ("sample_plugin_one", "sample_plugin_two")]
    assert _call("omnibase_before_run", BEFORE, *infos).value == {
        "problems": [f"omnibase_before_run of sample_plugin_one raised {told}"],
        "vetoes": ["omnibase_before_run of sample_plugin_two: not today"],
    }


def test_a_plugin_that_cannot_be_imported_any_more_is_told() -> None:
    outcome = _call("omnibase_before_run", BEFORE, PluginInfo("gone", "gone_since_yesterday"))
    (problem,) = outcome.value["problems"]
    assert "the plugin 'gone' cannot be imported" in problem


def test_a_hook_that_ends_its_worker_gives_no_answer(install: Install) -> None:
    install(f"{HOOK}os._exit(3)")
    outcome = _call("omnibase_before_run", BEFORE, find("sample_plugin_one").info)
    assert (outcome.value, outcome.exit_code) == (None, 3)
