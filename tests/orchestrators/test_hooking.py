"""Hooks, called: whatever a command or a plugin does, its hook ends with one outcome, and nothing is left of it."""

import json
import os
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from omnibase.core.scheduling import State
from omnibase.core.secrets import Secrets
from omnibase.executors.command import CommandExecutor
from omnibase.executors.python.executor import PythonExecutor
from omnibase.inputs.git import clean_environment
from omnibase.model.commands import Ask
from omnibase.model.component import Command, Component
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.errors import Location
from omnibase.model.events import Outcome
from omnibase.model.plan import HookCall, Moment, Plan, Task
from omnibase.model.ports import Place, Running
from omnibase.model.registry import Hook, PluginInfo, Registry
from omnibase.model.result import Cause, Result, Status
from omnibase.orchestrators.hooking import Hooking, hook_calls, not_called
from tests.executors import batches

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

SECRET = "correct-horse-battery"
MODULE = "hooked_by_a_test"
KINDS = ["command", "plugin"]
RUN = ("before_run", "before_stage", "after_stage", "after_run")

# A process that waits for ever and hears no polite signal, and its child, which may have a session of its own.
WAITS = """
    import os, signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = os.fork()
    if child:
        with open("pids.new", "w") as file:
            file.write(f"{child} {os.getpid()}")
        os.rename("pids.new", "pids")
    elif LEAVES:
        os.setsid()
    while True:
        signal.pause()
"""
# A process that has left its group and its session, and holds on to the streams that it was given.
DAEMON = """
    import os, signal
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, str(os.getpid()).encode())
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    with open("pids", "w") as file:
        file.write(os.read(reading, 100).decode())
"""


class Case:
    """A plan with one hook, which is a command or of a plugin, in a repository."""

    def __init__(self, root: Path, site: Path) -> None:
        self.root = root
        self.site = site
        self.python = PythonExecutor(batches.WRITE, Secrets((SECRET,)))  # first, as it inherits what is open
        self.commands = CommandExecutor({}, Secrets((SECRET,)))
        self.plan = Plan((_task("one"), _task("two")))
        self.state = State(self.plan)
        self.state.results = [Result(Status.PASS), Result(Status.PASS)]  # as if they had ended
        self.registry = Registry()
        self._hooking: Hooking | None = None

    def hook(self, kind: str, body: str, moment: Moment = Moment.BEFORE_RUN, **fields: Any) -> None:
        """The next hook of the plan does what the body says."""
        body = dedent(body)
        place = Location("registry.yaml", 4, 5)
        if kind == "command":
            program = self.site / f"program-{len(self.plan.hooks)}"
            program.write_text(f"#!{sys.executable}\n{body}")
            program.chmod(0o755)
            self.add(HookCall(moment, f"{moment.value} it", (str(program),), 5.0, place=place)._replace(**fields))
            return
        argument = "task" if moment.value.endswith("_task") else "run"
        source = f"from omnibase.api import hookimpl, VetoError\n@hookimpl\ndef omnibase_{moment.value}({argument}):\n"
        module = f"{MODULE}_{len(self.registry.plugins)}"
        (self.site / f"{module}.py").write_text(source + indent(body, "    "))
        self.plugin(module, moment)

    def plugin(self, module: str, moment: Moment) -> None:
        info = PluginInfo(module.replace("_", "-"), module, hooks=(f"omnibase_{moment.value}",))
        self.registry = self.registry._replace(plugins=(*self.registry.plugins, info))
        self.add(HookCall(moment, f"omnibase_{moment.value} of {info.name}"))

    def add(self, call: HookCall) -> None:
        self.plan = self.plan._replace(hooks=(*self.plan.hooks, call))

    def start(self, task: int | None = None, hook: int = 0) -> Running:
        """Have the hook called. Further ones are of the same run."""
        if self._hooking is None:
            env = {**clean_environment(os.environ), "OF_THE_RUN": "1"}
            executors = {"command": self.commands, "python": self.python}
            ctx = ExecutionContext("ci", Mode.SYNC, str(self.root), str(self.root), batches.RUN_ID, "c" * 32)
            place = Place(str(self.root), env, str(self.site))
            self._hooking = Hooking(executors, ctx, self.registry, self.plan, place, {"TRACEPARENT": "00-x"})
        return self._hooking.call(Ask(self.plan.hooks[hook].moment.value, task, hook), self.state)

    def run(self, task: int | None = None, hook: int = 0) -> Outcome:
        (outcome,) = batches.finish(self.start(task, hook))
        return outcome

    def pids(self, running: Running) -> list[int]:
        return [int(pid) for pid in batches.wait_for(self.root / "pids", running).split()]

    def close(self) -> None:
        self.commands.close()
        self.python.close()


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    root, site = tmp_path / "root", tmp_path / "site"
    root.mkdir()
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    made = Case(root, site)
    yield made
    made.close()


def _task(name: str) -> Task:
    return Task(Component(name, Command(("true",))))


def _gone(pids: list[int]) -> None:
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), f"{pids} are gone")


# Which hooks there are


def test_a_run_has_the_hooks_of_its_registry_and_of_plugins() -> None:
    tasks = (_task("one"),)
    several = PluginInfo("a", "a", hooks=("omnibase_components", "omnibase_after_task"))
    assert [call.name for call in hook_calls(Registry(plugins=(several,)), "ci", tasks)] == ["omnibase_after_task of a"]
    assert [call.name for call in hook_calls(Registry(hooks=(Hook("before_run", ("x",)),)), "ci", tasks)] == [
        "before_run x"
    ]
    assert hook_calls(Registry(plugins=(several._replace(hooks=("omnibase_components",)),)), "ci", tasks) == ()


def test_a_dry_run_names_in_one_notice_the_hooks_that_it_does_not_call() -> None:
    calls = (
        HookCall(Moment.BEFORE_RUN, "omnibase_before_run of one"),
        HookCall(Moment.AFTER_TASK, "after_task ./notify.py", ("./notify.py",)),
        HookCall(Moment.AFTER_TASK, "after_task ./notify.py", ("./notify.py",)),
    )
    said = "hooks are not called in a dry run: omnibase_before_run of one, after_task ./notify.py"
    assert not_called(calls) == (said,)
    assert not_called(()) == ()


# The contract of both kinds

FAILS = {
    "command": ("import sys; print('so far'); sys.exit('oh')", "exit code 1: so far | oh"),
    "plugin": ("raise ValueError('oh')", "raised ValueError: oh"),
}
VETOES = {"command": "import sys; sys.exit('no')", "plugin": "raise VetoError('no')"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", list(Moment))
def test_a_hook_that_does_nothing_wrong_has_nothing_to_say(case: Case, kind: str, moment: Moment) -> None:
    case.hook(kind, "print('all is well')", moment)
    task = None if moment.value in RUN else 1
    assert case.run(task) == Outcome(task or 0, status=Status.PASS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", list(Moment))
def test_a_hook_that_fails_is_a_notice_with_its_name(case: Case, kind: str, moment: Moment) -> None:
    body, words = FAILS[kind]
    case.hook(kind, body, moment)
    outcome = case.run(None if moment.value in RUN else 1)
    assert (outcome.status, outcome.value) == (Status.FAIL, None)
    assert outcome.reason is not None
    assert words in outcome.reason
    assert moment.value in outcome.reason
    assert ("two" in outcome.reason) is (moment.value not in RUN)
    assert ("registry.yaml:4:5" if kind == "command" else "hooked-by-a-test-0") in outcome.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", [Moment.BEFORE_RUN, Moment.BEFORE_STAGE, Moment.BEFORE_TASK])
def test_a_hook_that_may_veto_does_so(case: Case, kind: str, moment: Moment) -> None:
    case.hook(kind, VETOES[kind], moment, veto=True)
    outcome = case.run(None if moment.value in RUN else 1)
    plugin = f"omnibase_{moment.value} of hooked-by-a-test-0: no"
    assert (outcome.status, outcome.reason) == (Status.PASS, None)
    assert outcome.value == {"veto": f"{moment.value} it: exit code 1: no" if kind == "command" else plugin}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("child_leaves", [False, True])
def test_a_hook_that_hangs_is_ended_with_its_children(case: Case, kind: str, child_leaves: bool) -> None:
    case.hook(kind, WAITS.replace("LEAVES", str(child_leaves)))
    running = case.start()
    pids = case.pids(running)
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.status is Status.FAIL
    assert outcome.reason is not None
    assert f"did not come to an end in {5 if kind == 'command' else 10} s" in outcome.reason
    _gone(pids)


def test_a_hook_that_hangs_vetoes_where_it_may(case: Case) -> None:
    case.hook("command", "import signal\nprint('asking', flush=True)\nsignal.pause()", veto=True)
    running = case.start()
    batches.step(running, batches.SECONDS)
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    said = "give it a longer `timeout`, or see to what it waits for"
    assert outcome.value == {"veto": f"before_run it: did not come to an end in 5 s: asking ({said})"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_is_interrupted_is_ended_and_vetoes_nothing(case: Case, kind: str) -> None:
    case.hook(kind, WAITS.replace("LEAVES", "False"), veto=True)
    running = case.start()
    pids = case.pids(running)
    running.cancel(Cause.INTERRUPTED, force=True)
    (outcome,) = batches.finish(running)
    assert (outcome.status, outcome.value) == (Status.FAIL, None)
    assert outcome.reason is not None
    assert "was ended with the run" in outcome.reason
    _gone(pids)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_dies_by_a_signal_is_told_so(case: Case, kind: str) -> None:
    case.hook(kind, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    outcome = case.run()
    assert outcome.status is Status.FAIL
    assert outcome.reason is not None
    assert "ended by SIGKILL" in outcome.reason


def test_a_plugin_s_hook_that_leaves_its_process_is_told_with_what_it_said_last(case: Case) -> None:
    case.hook("plugin", "import os; print('good bye', flush=True); os._exit(3)")
    reason = case.run().reason
    assert reason is not None
    assert "did not come to an end: its process ended with exit code 3: good bye; mend the plugin" in reason


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_megabytes_of_output_are_read_in_bounded_memory(case: Case, kind: str) -> None:
    body = "import sys\nfor _ in range(800):\n    sys.stdout.write('0123456789abcde\\n' * 4096)\n"
    case.hook(kind, body + "raise SystemExit('the last line')")
    running = case.start()
    tracemalloc.start()
    try:
        (outcome,) = batches.finish(running)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert outcome.status is Status.FAIL
    assert outcome.reason is not None
    assert "the last line" in outcome.reason
    assert len(outcome.reason) < 1000
    assert os.listdir(case.root) == []
    assert [name for name in os.listdir(case.site) if name.endswith((".out", ".err"))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_hook_leaves_running_holds_nobody_up_and_ends_with_the_run(case: Case, kind: str) -> None:
    case.hook(kind, DAEMON)
    outcome = case.run()
    assert outcome.status is Status.PASS
    pids = [int(pid) for pid in (case.root / "pids").read_text().split()]
    case.close()
    _gone(pids)
    if kind == "command":
        assert case.commands.ended == ["before_run it (1 process)"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_runs_in_the_root_with_the_environment_of_the_run_and_of_its_moment(case: Case, kind: str) -> None:
    body = """\
        import json, os
        with open("told", "w") as file:
            json.dump([os.getcwd(), dict(os.environ)], file)
        """
    case.hook(kind, body, Moment.AFTER_STAGE)
    assert case.run().status is Status.PASS
    folder, env = json.loads((case.root / "told").read_text())
    assert folder == str(case.root)
    assert (env["OMNIBASE_HOOK"], env["OMNIBASE_RUN_ID"]) == ("after_stage", batches.RUN_ID)
    assert (env["OF_THE_RUN"], env["TRACEPARENT"]) == ("1", "00-x")


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_fails_in_the_same_way_for_many_components_is_one_notice(case: Case, kind: str) -> None:
    case.hook(kind, "raise SystemExit('oh')", Moment.AFTER_TASK)
    case.hook(kind, "raise SystemExit('oh')", Moment.AFTER_TASK)
    first, second = case.run(0), case.run(1)
    assert first.reason is not None
    assert "one" in first.reason
    assert (second.status, second.reason) == (Status.FAIL, None)
    assert second.value == {"failed": first.reason.replace("one", "two")}
    assert case.run(1, hook=1).reason is not None


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_not_in_what_is_told_of_a_hook_s_output(case: Case, kind: str) -> None:
    case.hook(kind, f"import os, sys; print('key {SECRET}', flush=True); os._exit(3)")
    reason = case.run().reason
    assert reason is not None
    assert "key ***" in reason
    assert SECRET not in reason


# Commands


def test_a_command_reads_one_document_and_then_the_end(case: Case) -> None:
    body = """\
        import sys
        with open("told", "w") as file:
            file.write(sys.stdin.read())
        """
    case.hook("command", body, Moment.BEFORE_TASK)
    assert case.run(1).status is Status.PASS
    text = (case.root / "told").read_text()
    assert text.endswith("}\n")
    event = json.loads(text)
    assert (event["hook"], event["component"]["name"], event["stage"]) == ("before_task", "two", "ci")


@pytest.mark.parametrize("body", ["pass", "import os; os.close(0)", "import sys; sys.stdin.read(1)"])
def test_a_command_need_not_read_what_it_is_told_however_long_that_is(case: Case, body: str) -> None:
    case.plan = Plan(tuple(_task(f"component-{'x' * 80}-{number}") for number in range(5_000)))
    case.state = State(case.plan)
    case.hook("command", body)
    assert case.run().status is Status.PASS


def test_nobody_is_told_of_the_output_of_a_command_as_of_that_of_a_component(case: Case) -> None:
    told: list[tuple[str, str]] = []
    case.commands.close()
    case.commands = CommandExecutor({}, tap=lambda name, text: told.append((name, text)))
    case.hook("command", "print('hello')")
    assert case.run().status is Status.PASS
    assert told == []


def test_what_a_command_declares_of_its_environment_wins(case: Case) -> None:
    program = 'test "$OF_THE_RUN$CHANNEL$OMNIBASE_HOOK" = 2buildsbefore_run'
    env = {"OF_THE_RUN": "2", "CHANNEL": "builds"}
    case.add(HookCall(Moment.BEFORE_RUN, "it", ("sh", "-c", program), env=env))
    assert case.run().status is Status.PASS


def test_a_program_is_looked_for_as_those_of_components_are(case: Case) -> None:
    tool = case.root / "node_modules/.bin/tool-of-a-hook"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    case.add(HookCall(Moment.BEFORE_RUN, "it", ("tool-of-a-hook",)))
    assert case.run().status is Status.PASS


@pytest.mark.parametrize("veto", [False, True])
@pytest.mark.parametrize(
    ("name", "content", "mode", "words"),
    [
        ("missing", None, 0, "./missing is not installed"),
        ("plain", "#!/bin/sh\n", 0o644, "plain is not executable"),
        ("no-program", "hello\n", 0o755, "is no program"),
        ("no-interpreter", "#!/no/such/shell\n", 0o755, "the interpreter that"),
    ],
)
def test_a_command_that_cannot_be_started_is_told_with_what_to_do(
    case: Case, name: str, content: str | None, mode: int, words: str, veto: bool
) -> None:
    if content is not None:
        (case.root / name).write_text(content)
        (case.root / name).chmod(mode)
    case.add(HookCall(Moment.BEFORE_RUN, "before_run it", (f"./{name}",), veto=veto))
    outcome = case.run()
    told = outcome.value["veto"] if veto else outcome.reason
    assert (outcome.status is Status.PASS) is veto
    assert words in told
    assert ("chmod +x" in told) or ("install it" in told) or ("begin " in told)
    assert "required" not in told


def test_no_descriptor_is_left_behind(case: Case) -> None:
    case.hook("command", "pass")
    case.hook("plugin", "pass")
    case.add(HookCall(Moment.BEFORE_RUN, "it", ("./missing",)))
    with batches.no_file_left_open():
        for hook in range(3):
            case.run(hook=hook)


# Plugins


def test_a_plugin_s_hook_that_fails_keeps_no_other_from_being_called(case: Case) -> None:
    case.hook("plugin", "raise ValueError('oh')")
    case.hook("plugin", "open('called', 'w').close(); raise VetoError('no')")
    outcome = case.run()
    assert (case.root / "called").exists()
    assert outcome.status is Status.FAIL
    assert outcome.value == {"veto": "omnibase_before_run of hooked-by-a-test-1: no"}
    assert outcome.reason is not None
    assert outcome.reason.startswith("omnibase_before_run of hooked-by-a-test-0 raised ValueError: oh; mend the plugin")


@pytest.mark.parametrize("moment", [Moment.AFTER_RUN, Moment.AFTER_STAGE, Moment.AFTER_TASK])
def test_nothing_that_has_ended_can_be_vetoed(case: Case, moment: Moment) -> None:
    case.hook("plugin", "raise VetoError('no')", moment)
    outcome = case.run(1)
    assert (outcome.status, outcome.value) == (Status.FAIL, None)
    assert outcome.reason is not None
    assert "raised VetoError: no" in outcome.reason


def test_a_plugin_that_cannot_be_imported_any_more_is_told(case: Case) -> None:
    case.plugin("gone_since_yesterday", Moment.BEFORE_RUN)
    outcome = case.run()
    assert outcome.status is Status.FAIL
    assert outcome.reason is not None
    assert "cannot be imported" in outcome.reason


@pytest.mark.parametrize(
    ("moment", "given"),
    [
        (Moment.BEFORE_RUN, "BeforeRun({run!r}, 'ci', 'sync', ('one', 'two'))"),
        (Moment.AFTER_STAGE, "AfterRun({run!r}, 'ci', {{'one': 'PASS', 'two': 'PASS'}})"),
        (Moment.BEFORE_TASK, "TaskMoment({run!r}, 'two', 'before')"),
    ],
)
def test_a_plugin_s_hook_is_given_what_its_specification_says(case: Case, moment: Moment, given: str) -> None:
    name = "task" if moment is Moment.BEFORE_TASK else "run"
    wanted = given.format(run=batches.RUN_ID)
    body = f"from omnibase.api import AfterRun, BeforeRun, TaskMoment\nassert {name} == {wanted}, {name}"
    case.hook("plugin", body, moment)
    assert case.run(1) == Outcome(1, status=Status.PASS)
