"""Single-file checks of several tasks over one read of each file, in a worker: what they find and how they fail."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.python.inline import InlineExecutor
from omnibase.model.component import Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Place, Share
from omnibase.model.result import Cause, Finding, Severity, Status
from tests.executors import batches
from tests.executors.batches import WRITE, check

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

Run = Callable[..., tuple[Outcome, ...]]


@pytest.fixture
def where(root: Path) -> Place:
    (root / "a.txt").write_text("one\nTODO two\n")
    (root / "b.txt").write_text("TODO\nFIXME\n")
    return batches.place(root)


@pytest.fixture
def run(python: PythonExecutor, where: Place) -> Run:
    """Runs a pass of these checks over the files, in a worker."""

    def over(*checks: Component, paths: tuple[str, ...] = ("a.txt", "b.txt")) -> tuple[Outcome, ...]:
        return batches.run(python, batches.assignment(where, *checks, paths=paths))

    return over


def _found(outcome: Outcome) -> list[tuple[str | None, int | None]]:
    return [(finding.path, finding.line) for finding in outcome.findings]


def test_each_check_has_its_own_findings_with_their_files(run: Run) -> None:
    todo, nothing, fixme = run(
        check("finds_todo"), check("finds_nothing"), check("finds_todo", name="fixme", settings={"word": "FIXME"})
    )
    assert todo.findings == (
        Finding("TODO is left", "a.txt", 2, code="todo"),
        Finding("TODO is left", "b.txt", 1, code="todo"),
    )
    assert nothing.findings == ()
    assert _found(fixme) == [("b.txt", 2)]
    assert {outcome.status for outcome in (todo, nothing, fixme)} == {None}


def test_each_check_looks_only_at_its_own_files(python: PythonExecutor, where: Place) -> None:
    both, one, none = (check("finds_todo", name=name) for name in ("both", "one", "none"))
    shares = (Share(10, both, ("a.txt", "b.txt")), Share(11, one, ("b.txt",)), Share(12, none, None))
    outcomes = batches.run(python, Assignment(0, shares, where, batches.RUN_ID, "c" * 32))
    assert list(map(_found, outcomes)) == [[("a.txt", 2), ("b.txt", 1)], [("b.txt", 1)], []]


def test_a_check_is_told_of_its_file_what_can_be_known(python: PythonExecutor, where: Place) -> None:
    os.chmod(os.path.join(where.root, "b.txt"), 0o755)
    batch = batches.assignment(
        where, check("says_what_it_is_given"), paths=["a.txt", "b.txt"], added=frozenset({"b.txt"})
    )
    outcome = batches.run_one(python, batch)
    assert [finding.message for finding in outcome.findings] == [
        "size=13 executable=False added=False",
        "size=11 executable=True added=True",
    ]


def test_where_it_is_not_known_what_is_new_every_file_counts_as_new(run: Run) -> None:
    (outcome,) = run(check("says_what_it_is_given"))
    assert all(finding.message.endswith("added=True") for finding in outcome.findings)


def test_names_that_are_no_text_are_found_all_the_same(run: Run, where: Place) -> None:
    names = (os.fsdecode(b"not utf-8 \xff.txt"), "new\nline.txt", "-rf", "漢字.txt")
    for name in names:
        Path(where.root, name).write_text("TODO\n")
    (outcome,) = run(check("finds_todo"), paths=names)
    assert sorted(path or "" for path, _ in _found(outcome)) == sorted(names)


def test_an_answer_that_no_pipe_holds_arrives_whole(run: Run) -> None:
    (outcome,) = run(check("finds_much"))
    assert _found(outcome) == [(path, line) for path in ("a.txt", "b.txt") for line in range(1, 4001)]


# What checks do wrong is their own outcome


def test_a_check_that_raises_is_alone_to_blame(run: Run) -> None:
    before, raising, after = run(check("finds_todo", name="before"), check("raises"), check("finds_todo"))
    assert raising.served
    assert (raising.status, raising.cause) == (Status.FAIL, Cause.CRASHED)
    assert raising.reason == "raised ValueError for a.txt: cannot bear a.txt"
    assert _found(raising) == [("a.txt", None)]
    assert raising.output is not None
    assert "Traceback" in raising.output.text
    assert "sample_plugin.py" in raising.output.text
    assert _found(before) == _found(after) == [("a.txt", 2), ("b.txt", 1)]


@pytest.mark.parametrize(
    ("function", "cause", "reason"),
    [
        ("raises_at_once", Cause.CRASHED, "raised KeyError for a.txt: 'at once'"),
        ("stats_by_bytes", Cause.CRASHED, "raised FileNotFoundError for a.txt"),
        ("returns_none", Cause.PROTOCOL, "returned NoneType for a.txt, and a check yields findings"),
        ("yields_a_string", Cause.PROTOCOL, "yielded str for a.txt, and a check yields findings"),
        ("yields_what_is_not_well_formed", Cause.PROTOCOL, "yielded a finding for a.txt that is not well formed"),
        ("yields_what_is_no_json", Cause.PROTOCOL, "yielded a finding for a.txt that is not well formed"),
        ("is_not_there", Cause.PROTOCOL, "sample_plugin:is_not_there cannot be imported: AttributeError"),
    ],
)
def test_what_is_wrong_with_a_check_is_told_and_harms_no_other(
    run: Run, function: str, cause: Cause, reason: str
) -> None:
    wrong, other = run(check(function), check("finds_todo"))
    assert wrong.served
    assert (wrong.status, wrong.cause) == (Status.FAIL, cause)
    assert (wrong.reason or "").startswith(reason)
    assert _found(other) == [("a.txt", 2), ("b.txt", 1)]


def test_a_setting_that_a_check_does_not_have_is_its_failure(run: Run) -> None:
    (outcome,) = run(check("finds_nothing", settings={"unknown": 1}))
    assert outcome.cause is Cause.CRASHED
    assert "unexpected keyword argument 'unknown'" in (outcome.reason or "")


def test_a_module_that_cannot_be_imported_is_a_broken_protocol(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken_plugin.py").write_text("raise RuntimeError('not today \\x1b[31m')\n")
    broken, other = run(check("any", module="broken_plugin", path=str(tmp_path), name="broken"), check("finds_todo"))
    assert (broken.status, broken.cause) == (Status.FAIL, Cause.PROTOCOL)
    assert broken.reason == "broken_plugin:any cannot be imported: RuntimeError: not today "
    assert broken.output is not None
    assert "broken_plugin.py" in broken.output.text
    assert _found(other) == [("a.txt", 2), ("b.txt", 1)]


def test_plugins_are_imported_from_their_own_folders_and_only_in_the_worker(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        source = "from omnibase.api import Finding\ndef check(file):\n    yield Finding(__name__)\n"
        (tmp_path / name / f"plugin_{name}.py").write_text(source)
    outcomes = run(
        *(check("check", module=f"plugin_{name}", path=str(tmp_path / name), name=name) for name in ("one", "two")),
        paths=("a.txt",),
    )
    assert [outcome.findings[0].message for outcome in outcomes] == ["plugin_one", "plugin_two"]
    assert {"plugin_one", "plugin_two"}.isdisjoint(sys.modules)
    assert str(tmp_path / "one") not in sys.path


# What ends the worker is the fault of the check that was at work


def _blamed(outcomes: tuple[Outcome, ...]) -> list[int]:
    assert [outcome.task for outcome in outcomes] == [10, 11, 12]
    assert all(not outcome.findings for outcome in outcomes)
    return [outcome.task for outcome in outcomes if outcome.served]


@pytest.mark.parametrize(
    ("function", "number", "reason"),
    [
        ("exits", None, "its worker ended without an answer at a.txt"),
        ("exits_with_words", None, "its worker ended without an answer at a.txt"),
        ("kills_itself", signal.SIGKILL, "its worker was ended by SIGKILL at a.txt"),
        ("breaks_memory", signal.SIGSEGV, "its worker was ended by SIGSEGV at a.txt"),
        ("dies_of_a_signal_without_a_name", 39, "its worker was ended by signal 39 at a.txt"),
    ],
)
def test_a_check_that_ends_its_worker_is_alone_to_blame(
    run: Run, function: str, number: int | None, reason: str
) -> None:
    outcomes = run(check("finds_nothing"), check(function), check("finds_todo"))
    assert _blamed(outcomes) == [11]
    assert (outcomes[1].status, outcomes[1].cause) == (Status.FAIL, Cause.CRASHED)
    assert (outcomes[1].signal, outcomes[1].reason) == (number, reason)


def test_last_words_of_a_worker_are_its_output(run: Run) -> None:
    (outcome,) = run(check("exits_with_words"))
    assert outcome.output is not None
    assert outcome.output.text.startswith("last words\n")
    assert outcome.output.text.endswith("SystemExit: and an error")


def test_a_module_that_ends_the_worker_when_imported_is_alone_to_blame(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deadly_plugin.py").write_text("import os\nos._exit(0)\n")
    deadly = check("any", module="deadly_plugin", path=str(tmp_path), name="deadly")
    outcomes = run(check("finds_nothing"), deadly, check("finds_todo"))
    assert _blamed(outcomes) == [11]
    assert outcomes[1].reason == "its worker ended without an answer"


def test_a_check_that_hangs_is_the_one_that_is_out_of_time(python: PythonExecutor, where: Place) -> None:
    batch = batches.assignment(
        where, check("finds_nothing"), check("hangs"), check("finds_todo"), paths=["a.txt", "b.txt"]
    )
    running = python.start(batch)
    assert batches.wait_for(Path(where.root, "hanging"), running) == "a.txt"
    running.cancel(Cause.TIMEOUT, force=False)
    outcomes = batches.finish(running)
    assert _blamed(outcomes) == [11]
    assert (outcomes[1].cause, outcomes[1].reason) == (Cause.TIMEOUT, "no verdict in the time allowed at a.txt")
    assert {outcomes[0].cause, outcomes[2].cause} == {Cause.TIMEOUT}
    assert outcomes[1].duration > 0


def test_those_that_were_not_served_are_served_without_the_one_to_blame(run: Run, where: Place) -> None:
    checks = (check("finds_todo"), check("exits"), check("raises"))
    first = run(*checks)
    unserved = [one for one, outcome in zip(checks, first, strict=True) if not outcome.served]
    todo, raising = run(*unserved)
    assert _found(todo) == [("a.txt", 2), ("b.txt", 1)]
    assert raising.cause is Cause.CRASHED


def test_a_check_that_prints_much_is_not_held_up(run: Run) -> None:
    printing, other = run(check("prints_much"), check("finds_todo"))
    assert [finding.severity for finding in printing.findings] == [Severity.NOTE] * 2
    assert _found(other) == [("a.txt", 2), ("b.txt", 1)]


def test_no_git_variable_reaches_a_check(run: Run, monkeypatch: pytest.MonkeyPatch, python: PythonExecutor) -> None:
    (outcome,) = run(check("shows_git_variables"), paths=("a.txt",))
    assert outcome.findings[0].message == "none"


@pytest.fixture(autouse=True)
def in_a_git_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What git sets for a hook is there before the executor is made."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")


# Files that are not what they were


def test_a_file_that_vanished_is_no_file_to_look_at(run: Run, where: Place) -> None:
    (outcome,) = run(check("finds_todo"), paths=("a.txt", "gone.txt", "a.txt/below", "gone/folder.txt"))
    assert (_found(outcome), outcome.cause) == ([("a.txt", 2)], None)


def test_a_file_that_vanishes_before_it_is_read_is_no_failure(run: Run, where: Place) -> None:
    (outcome,) = run(check("removes_the_file_before_reading"))
    assert (outcome.findings, outcome.cause) == ((), None)
    assert not os.path.exists(os.path.join(where.root, "a.txt"))


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read even by root")
def test_a_file_that_cannot_be_read_is_a_finding_of_each_check(python: PythonExecutor) -> None:
    checks = (check("finds_todo"), check("finds_nothing"), check("raises_at_once"))
    batch = batches.assignment(batches.place(Path("/proc/self")), *checks, paths=["mem"])
    reading, not_reading, raising = batches.run(python, batch)
    assert reading.findings == (Finding("cannot be read: Input/output error", "mem", code="unreadable"),)
    assert reading.cause is None
    assert not_reading.findings == ()
    assert raising.cause is Cause.CRASHED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_finding(run: Run, where: Place) -> None:
    os.chmod(os.path.join(where.root, "a.txt"), 0)
    (outcome,) = run(check("finds_todo"))
    assert outcome.findings == (
        Finding("cannot be read: Permission denied", "a.txt", code="unreadable"),
        Finding("TODO is left", "b.txt", 1, code="todo"),
    )


def test_links_fifos_and_folders_are_not_looked_into(run: Run, where: Place) -> None:
    os.symlink("a.txt", os.path.join(where.root, "link"))
    os.symlink("nowhere", os.path.join(where.root, "broken link"))
    os.mkfifo(os.path.join(where.root, "fifo"))
    os.mkdir(os.path.join(where.root, "folder"))
    (outcome,) = run(check("finds_todo"), paths=("a.txt", "broken link", "fifo", "folder", "link"))
    assert (_found(outcome), outcome.cause) == ([("a.txt", 2)], None)


def test_an_empty_file_is_a_file(run: Run, where: Place) -> None:
    Path(where.root, "empty").touch()
    (outcome,) = run(check("says_what_it_is_given"), paths=("empty",))
    assert outcome.findings[0].message == "size=0 executable=False added=True"


def test_inline_a_check_that_raises_is_an_outcome_too(where: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(batches.PLUGIN)
    executor = InlineExecutor(WRITE)
    outcomes = batches.run(executor, batches.assignment(where, check("raises"), check("finds_todo"), paths=["a.txt"]))
    assert [outcome.cause for outcome in outcomes] == [Cause.CRASHED, None]
    executor.close()


def test_a_check_that_finds_without_end_is_asked_no_further(run: Run) -> None:
    (outcome,) = run(check("finds_endlessly"))
    assert len(outcome.findings) == 10_001
    assert outcome.findings[-1].message == "after 10,000 findings it looked no further"


@pytest.mark.parametrize(("number", "is_transient"), [(errno.ETIMEDOUT, True), (errno.EACCES, False)])
def test_a_check_that_failed_in_passing_is_told_as_such(
    python: PythonExecutor, where: Place, number: int, is_transient: bool
) -> None:
    failing = batches.check("check_that_raises", settings={"number": number})
    outcome = batches.run_one(python, batches.assignment(where, failing, paths=["a.txt"]))
    assert outcome.cause is Cause.CRASHED
    assert (outcome.transient is not None) is is_transient
