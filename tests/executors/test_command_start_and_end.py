"""How commands begin and end: exit codes, signals, and all that keeps a program from starting."""

import os
import pty
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors.command import CommandExecutor
from omnibase.model.component import Retry
from omnibase.model.events import Outcome
from omnibase.model.result import Cause
from tests.executors import batches
from tests.executors.batches import command

Script = Callable[..., str]


def _run(commands: CommandExecutor, root: Path, *argv: str, **fields: object) -> Outcome:
    return batches.run_one(commands, batches.assignment(batches.place(root), command(*argv, **fields)))  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [0, 1, 2, 75, 127, 255])
def test_the_exit_code_is_told_as_it_is(commands: CommandExecutor, root: Path, code: int) -> None:
    outcome = _run(commands, root, f"exit {code}", shell=True)
    assert (outcome.exit_code, outcome.signal, outcome.cause) == (code, None, None)


def test_the_command_and_the_program_that_was_taken_are_told(
    commands: CommandExecutor, root: Path, script: Script
) -> None:
    program = script("#!/bin/sh\n")
    outcome = _run(commands, root, program, "--flag", "value")
    assert outcome.command == (program, "--flag", "value")
    assert outcome.program == program


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGPIPE])
def test_a_signal_that_ended_it_is_named(commands: CommandExecutor, root: Path, number: signal.Signals) -> None:
    outcome = _run(commands, root, f"kill -{number} $$", shell=True)
    assert (outcome.exit_code, outcome.signal, outcome.cause) == (None, number, Cause.SIGNAL)
    assert outcome.reason == f"ended by {number.name}"


def test_a_signal_without_a_name_is_told_by_its_number(commands: CommandExecutor, root: Path) -> None:
    number = signal.SIGRTMIN + 5
    outcome = _run(commands, root, f"kill -{number} $$", shell=True)
    assert (outcome.signal, outcome.cause, outcome.reason) == (number, Cause.SIGNAL, f"ended by signal {number}")


def test_a_program_that_is_not_installed_is_no_failure_to_start(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, "no-such-program", "--flag")
    assert outcome.cause is Cause.NOT_INSTALLED
    assert outcome.command == ("no-such-program", "--flag")
    assert "no-such-program is not installed" in (outcome.reason or "")
    assert "install it" in (outcome.remedy or "")


def test_a_path_to_nothing_is_not_installed(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, "./tools/check")
    assert outcome.cause is Cause.NOT_INSTALLED
    assert "./tools/check" in (outcome.reason or "")
    assert outcome.remedy


def test_a_file_that_may_not_be_executed(commands: CommandExecutor, root: Path, script: Script) -> None:
    program = script("#!/bin/sh\n", mode=0o644)
    outcome = _run(commands, root, program)
    assert outcome.cause is Cause.NOT_EXECUTABLE
    assert program in (outcome.reason or "")
    assert f"chmod +x {program}" in (outcome.remedy or "")


def test_a_script_that_does_not_name_its_interpreter(commands: CommandExecutor, root: Path, script: Script) -> None:
    program = script("echo no shebang\n")
    outcome = _run(commands, root, program)
    assert outcome.cause is Cause.NOT_EXECUTABLE
    assert outcome.reason == f"{program} is no program"
    assert "#!/bin/sh" in (outcome.remedy or "")


def test_a_script_whose_interpreter_does_not_exist(commands: CommandExecutor, root: Path, script: Script) -> None:
    program = script("#!/no/such/interpreter\n")
    outcome = _run(commands, root, program)
    assert outcome.cause is Cause.NOT_EXECUTABLE
    assert f"the interpreter that {program} names" in (outcome.reason or "")


def test_a_script_whose_interpreter_may_not_be_run(commands: CommandExecutor, root: Path, script: Script) -> None:
    interpreter = script("", name="interpreter", mode=0o644)
    program = script(f"#!{interpreter}\n")
    outcome = _run(commands, root, program)
    assert outcome.cause is Cause.NOT_EXECUTABLE
    assert "may not be run" in (outcome.reason or "")


def test_a_folder_that_does_not_exist(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, "true", cwd="sub/folder")
    assert outcome.cause is Cause.NOT_STARTED
    assert outcome.reason == "its folder 'sub/folder' does not exist"
    assert outcome.remedy


def test_more_arguments_than_the_system_takes(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, "true", "x" * (4 * 1024 * 1024))
    assert outcome.cause is Cause.NOT_STARTED
    assert "Argument list too long" in (outcome.reason or "")


@pytest.mark.parametrize(
    ("argv", "env"), [(("true", "a\0b"), {}), (("true",), {"NAME": "a\0b"}), (("true",), {"A=B": "c"})]
)
def test_what_no_system_call_takes_is_an_outcome_and_no_exception(
    commands: CommandExecutor, root: Path, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    outcome = _run(commands, root, *argv, env=env)
    assert outcome.cause is Cause.NOT_STARTED
    assert outcome.reason


def test_a_process_whose_end_could_not_be_heard_of_is_not_left_running(
    commands: CommandExecutor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_descriptors(pid: int) -> int:
        started.append(pid)
        raise OSError(24, "Too many open files")

    started: list[int] = []
    monkeypatch.setattr(os, "pidfd_open", out_of_descriptors)
    with batches.no_file_left_open():
        outcome = _run(commands, root, "sleep", "1000")
    assert outcome.cause is Cause.NOT_STARTED
    assert "Too many open files" in (outcome.reason or "")
    assert [pid for pid in started if batches.is_alive(pid)] == []
    assert len(started) == 1


def test_a_system_without_pidfds_hears_of_ended_children(
    commands: CommandExecutor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(pid: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", unknown)
    running = commands.start(batches.assignment(batches.place(root), command("exit 3", shell=True)))
    (outcome,) = batches.finish(running, children_are_told=True)
    assert outcome.exit_code == 3


def test_standard_input_is_empty(commands: CommandExecutor, root: Path) -> None:
    outcome = _run(commands, root, "wc", "-c")
    assert outcome.output is not None
    assert outcome.output.text.strip() == "0"


def test_it_runs_in_its_own_folder_with_its_own_environment(
    commands: CommandExecutor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/elsewhere/index")
    (root / "sub").mkdir()
    component = command("pwd; env", shell=True, cwd="sub", env={"DECLARED": "by the component", "BOTH": "component"})
    outcome = batches.run_one(commands, batches.assignment(batches.place(root, BOTH="run", RUN="run"), component))
    assert outcome.output is not None
    lines = outcome.output.text.splitlines()
    assert lines[0] == str(root / "sub")
    assert {"DECLARED=by the component", "BOTH=component", "RUN=run"} <= set(lines)
    assert [line for line in lines if line.startswith("GIT_")] == []


def test_its_path_begins_with_the_folders_that_programs_are_looked_for_in(
    commands: CommandExecutor, root: Path
) -> None:
    outcome = batches.run_one(
        commands, batches.assignment(batches.place(root, PATH="/usr/bin:/bin"), command('echo "$PATH"', shell=True))
    )
    assert outcome.output is not None
    own = os.path.dirname(sys.executable)
    assert outcome.output.text == f"{own}:{root}/.venv/bin:{root}/node_modules/.bin:/usr/bin:/bin"


def _outside(tmp_path: Path, text: str) -> str:
    """Shell text that starts a grandchild outside the group, and goes on when that has told its number."""
    told = tmp_path / "pid"
    return f"setsid sh -c 'echo $$ > {told}.new; mv {told}.new {told}; {text}' & while [ ! -e {told} ]; do :; done"


def test_the_end_is_the_end_of_the_process_and_not_of_its_output(
    commands: CommandExecutor, root: Path, tmp_path: Path
) -> None:
    """The grandchild holds the pipes open, and goes on."""
    outcome = _run(commands, root, f"{_outside(tmp_path, 'exec sleep 1000')}; exit 3", shell=True)
    grandchild = int((tmp_path / "pid").read_text())
    try:
        assert batches.is_alive(grandchild)
        assert outcome.exit_code == 3
    finally:
        batches.end_by_force(grandchild)


def test_what_was_printed_just_before_the_end_is_not_lost(commands: CommandExecutor, root: Path) -> None:
    for _ in range(20):
        outcome = _run(commands, root, "echo first; echo last >&2", shell=True)
        assert outcome.output is not None
        assert outcome.output.text == "first\nlast"


def test_a_grandchild_that_goes_on_printing_does_not_hold_up_the_end(
    commands: CommandExecutor, root: Path, tmp_path: Path
) -> None:
    outcome = _run(commands, root, f"{_outside(tmp_path, 'exec yes')}; exit 4", shell=True)
    batches.end_by_force(int((tmp_path / "pid").read_text()))
    assert outcome.exit_code == 4


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [({"timeout": 60.0}, "60"), ({"deadline": 0.5}, "0.5"), ({"timeout": 60.0, "deadline": 10.0}, "10")],
)
def test_a_timeout_is_told_with_the_limit_that_was_reached(
    commands: CommandExecutor, root: Path, limits: dict[str, float], seconds: str
) -> None:
    running = commands.start(batches.assignment(batches.place(root), command("sleep", "1000", **limits)))
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.reason == f"no verdict after {seconds} s"


def test_of_a_deadline_for_several_attempts_no_single_one_is_said_to_have_had_it_all(
    commands: CommandExecutor, root: Path
) -> None:
    again = command("sleep", "1000", timeout=60.0, deadline=90.0, idempotent=True, retry=Retry(attempts=2))
    running = commands.start(batches.assignment(batches.place(root), again))
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.reason == "no verdict in the time allowed"


def test_a_program_that_ends_well_when_cancelled_has_no_verdict_all_the_same(
    commands: CommandExecutor, root: Path
) -> None:
    waiting = command("trap 'echo cleaned up; exit 0' TERM; echo ready; sleep 1000 & wait", shell=True)
    running = commands.start(batches.assignment(batches.place(root), waiting))
    batches.step(running, batches.SECONDS)
    running.cancel(Cause.TIMEOUT, force=False)
    (outcome,) = batches.finish(running)
    assert (outcome.cause, outcome.exit_code) == (Cause.TIMEOUT, 0)
    assert outcome.output is not None
    assert outcome.output.text == "ready\ncleaned up"


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.RUN_TIMEOUT])
def test_a_timeout_tells_what_was_printed_last(commands: CommandExecutor, root: Path, cause: Cause) -> None:
    printing = command("printf 'step one\\nstep two\\n'; exec sleep 1000", shell=True, timeout=5.0)
    running = commands.start(batches.assignment(batches.place(root), printing))
    batches.step(running, batches.SECONDS)
    running.cancel(cause, force=True)
    (outcome,) = batches.finish(running)
    why = "no verdict after 5 s" if cause is Cause.TIMEOUT else "no verdict in the time allowed for the run"
    assert outcome.reason == f"{why}; last output: step two"


def test_it_has_a_session_of_its_own_and_no_terminal(root: Path) -> None:
    """A program that asks for a password is refused at once. It is tried from a process that has a terminal."""
    text = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from omnibase.executors.command import CommandExecutor\n"
        "from tests.executors import batches\n"
        "os.close(os.open('/dev/tty', os.O_RDWR))\n"
        "executor = CommandExecutor({})\n"
        "asking = batches.command('cat < /dev/tty; ps -o sid= -p $$; echo $$', shell=True)\n"
        "outcome = batches.run_one(executor, batches.assignment(batches.place(Path(sys.argv[1])), asking))\n"
        "Path(sys.argv[1], 'told').write_text(outcome.output.text)\n"
        "executor.close()\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        os.execv(sys.executable, [sys.executable, "-c", text, str(root)])
    batches.wait_until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), "it has ended")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    session, shell, *complaint = (root / "told").read_text().split()
    assert session == shell
    assert "No such device or address" in " ".join(complaint)


def test_its_environment_tells_whose_it_is(commands: CommandExecutor, root: Path) -> None:
    where = batches.place(root, OMNIBASE_RUN="of another run", OMNIBASE_BATCH="9")
    showing = command("env", env={"OMNIBASE_BATCH": "10"})
    outcome = batches.run_one(commands, batches.assignment(where, showing)._replace(batch=7))
    assert outcome.output is not None
    assert {f"OMNIBASE_RUN={batches.RUN_ID}", "OMNIBASE_BATCH=7"} <= set(outcome.output.text.splitlines())
