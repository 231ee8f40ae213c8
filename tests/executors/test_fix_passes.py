"""Fixers of several checks, folded over each file in a worker and written once, through the real door."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.python.inline import InlineExecutor
from omnibase.model.component import Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Executor, Place
from omnibase.model.result import Cause, Finding, Severity, Status
from tests.executors import batches
from tests.executors.batches import WRITE

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

Fix = Callable[..., tuple[Outcome, ...]]


def _fixer(name: str) -> Component:
    return batches.check("finds_todo", fixer=name, name=name)


@pytest.fixture
def where(root: Path) -> Place:
    (root / "a.txt").write_text("one\n")
    (root / "b.txt").write_text("TWO\n")
    return batches.place(root)


@pytest.fixture(params=["in a worker", "in this process"])
def executor(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, where: Place, python: PythonExecutor
) -> Executor:
    if request.param == "in a worker":
        return python
    monkeypatch.syspath_prepend(batches.PLUGIN)
    monkeypatch.chdir(where.root)
    return InlineExecutor(WRITE)


@pytest.fixture
def fix(executor: Executor, where: Place) -> Fix:
    def over(*names: str, paths: tuple[str, ...] = ("a.txt", "b.txt")) -> tuple[Outcome, ...]:
        batch = batches.assignment(where, *map(_fixer, names), paths=paths, fix=True)
        return batches.run(executor, batch)

    return over


def _content(where: Place, path: str = "a.txt") -> str:
    return Path(where.root, path).read_text()


def test_each_fixer_is_given_what_the_one_before_it_made(fix: Fix, where: Place) -> None:
    adding, upper, alone = fix("adds_a_line", "makes_upper", "leaves_alone")
    assert (_content(where), _content(where, "b.txt")) == ("ONE\nONE MORE\n", "TWO\nONE MORE\n")
    assert adding.changed_files == upper.changed_files == ("a.txt", "b.txt")
    assert alone.changed_files == ()
    assert {outcome.cause for outcome in (adding, upper, alone)} == {None}


def test_what_one_fixer_makes_is_mended_by_those_before_it_too(fix: Fix, where: Place) -> None:
    fix("makes_upper", "adds_a_line")
    assert _content(where) == "ONE\nONE MORE\n"


def test_fixers_that_never_agree_come_to_an_end(fix: Fix, where: Place) -> None:
    (swapping,) = fix("swaps_case", paths=("a.txt",))
    assert _content(where) == "ONE\n"  # an odd number of rounds
    assert swapping.changed_files == ("a.txt",)


def test_a_file_that_no_fixer_changes_is_not_written(fix: Fix, where: Place) -> None:
    def state() -> tuple[int, int, int]:
        status = os.stat(os.path.join(where.root, "b.txt"))
        return status.st_ino, status.st_mtime_ns, status.st_ctime_ns

    before = state()
    (outcome,) = fix("makes_upper")
    assert outcome.changed_files == ("a.txt",)
    assert state() == before


def test_the_mode_of_a_file_stays(fix: Fix, where: Place) -> None:
    os.chmod(os.path.join(where.root, "a.txt"), 0o751)
    fix("makes_upper")
    assert os.stat(os.path.join(where.root, "a.txt")).st_mode & 0o777 == 0o751


@pytest.mark.parametrize(
    ("name", "cause", "reason"),
    [
        ("makes_a_string", Cause.PROTOCOL, "returned str for a.txt, and a fixer returns bytes"),
        ("raises_when_fixing", Cause.CRASHED, "raised RuntimeError for a.txt: cannot mend"),
        ("is_not_there", Cause.PROTOCOL, "sample_plugin:is_not_there cannot be imported"),
    ],
)
def test_what_is_wrong_with_a_fixer_harms_no_other(
    fix: Fix, where: Place, name: str, cause: Cause, reason: str
) -> None:
    upper, wrong, adding = fix("makes_upper", name, "adds_a_line")
    assert (wrong.status, wrong.cause) == (Status.FAIL, cause)
    assert (wrong.reason or "").startswith(reason)
    assert wrong.changed_files == ()
    assert _content(where) == "ONE\nONE MORE\n"
    assert upper.changed_files == ("a.txt", "b.txt")
    assert adding.changed_files == ("a.txt", "b.txt")


def test_a_file_that_has_several_names_is_left_alone_and_a_warning_says_so(fix: Fix, where: Place) -> None:
    os.link(os.path.join(where.root, "a.txt"), os.path.join(where.root, "other"))
    upper, alone = fix("makes_upper", "leaves_alone", paths=("a.txt",))
    (finding,) = upper.findings
    assert (finding.path, finding.code, finding.severity) == ("a.txt", "not-fixed", Severity.WARNING)
    assert finding.message.startswith("it has several names")
    assert (upper.changed_files, upper.cause) == ((), None)
    assert alone.findings == ()
    assert _content(where) == "one\n"


def test_what_the_user_typed_meanwhile_is_not_overwritten(fix: Fix, where: Place) -> None:
    (outcome,) = fix("is_overtaken", paths=("a.txt",))
    assert outcome.findings == (Finding("it changed meanwhile", "a.txt", code="not-fixed", severity=Severity.WARNING),)
    assert outcome.changed_files == ()
    assert _content(where) == "typed meanwhile\n"
    assert sorted(os.listdir(where.root)) == ["a.txt", "b.txt"]


def test_vanished_files_links_and_folders_are_passed_over(fix: Fix, where: Place) -> None:
    os.symlink("a.txt", os.path.join(where.root, "link"))
    (outcome,) = fix("makes_upper", paths=("a.txt", "gone.txt", "link", "a.txt/below"))
    assert (outcome.changed_files, outcome.findings, outcome.cause) == (("a.txt",), (), None)
    assert os.path.islink(os.path.join(where.root, "link"))


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read even by root")
def test_a_file_that_cannot_be_read_is_a_finding_and_not_the_end(executor: Executor) -> None:
    batch = batches.assignment(
        batches.place(Path("/proc/self")), _fixer("makes_upper"), _fixer("leaves_alone"), paths=["mem"], fix=True
    )
    for outcome in batches.run(executor, batch):
        assert outcome.findings == (Finding("cannot be read: Input/output error", "mem", code="unreadable"),)
        assert outcome.cause is None


def test_a_fixer_that_hangs_is_alone_to_blame(python: PythonExecutor, where: Place) -> None:
    names = ("makes_upper", "hangs_when_fixing", "adds_a_line")
    running = python.start(batches.assignment(where, *map(_fixer, names), paths=["a.txt", "b.txt"], fix=True))
    batches.wait_for(Path(where.root, "hanging"), running)
    running.cancel(Cause.TIMEOUT, force=False)  # it may end the file that it has begun
    running.cancel(Cause.TIMEOUT, force=True)
    outcomes = batches.finish(running)
    assert [outcome.served for outcome in outcomes] == [False, True, False]
    assert outcomes[1].reason == "no verdict in the time allowed at a.txt"
    assert _content(where) == "one\n"


def test_a_pass_that_is_asked_to_stop_ends_its_file_and_tells_what_it_changed(
    python: PythonExecutor, where: Place
) -> None:
    running = python.start(batches.assignment(where, _fixer("mends_when_let"), paths=["a.txt", "b.txt"], fix=True))
    batches.wait_for(Path(where.root, "mending"), running)
    running.cancel(Cause.INTERRUPTED, force=False)
    Path(where.root, "go").touch()
    (outcome,) = batches.finish(running)
    assert (outcome.cause, outcome.reason) == (Cause.INTERRUPTED, "interrupted")
    assert outcome.changed_files == ("a.txt",)
    assert (_content(where), _content(where, "b.txt")) == ("ONE\n", "TWO\n")  # the second was not begun


def test_a_check_that_has_no_fixer_is_not_asked_to_mend(python: PythonExecutor, where: Place) -> None:
    """In a rewriting pass its own function would be taken for a fixer: planning puts none into one."""
    batch = batches.assignment(where, batches.check("finds_todo"), paths=["a.txt"], fix=True)
    outcome = batches.run_one(python, batch)
    assert outcome.cause is Cause.PROTOCOL
    assert _content(where) == "one\n"
