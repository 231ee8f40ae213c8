"""A dry run asks pure fixers what they would change, and starts nothing else."""

from pathlib import Path

import pytest

from omnibase.executors.nothing import NothingExecutor
from omnibase.executors.python.executor import PythonExecutor
from omnibase.executors.python.inline import InlineExecutor
from omnibase.model.events import Outcome
from omnibase.model.ports import Executor
from omnibase.model.result import Cause, Status
from tests.executors import batches
from tests.executors.batches import WRITE

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

PREVIEW = {"preview": True}
DIFF = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n one\n+one more\n"


@pytest.fixture(params=["in a worker", "in this process"])
def fixers(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, root: Path, python: PythonExecutor
) -> Executor:
    (root / "a.txt").write_text("one\n")
    if request.param == "in a worker":
        return python
    monkeypatch.syspath_prepend(batches.PLUGIN)
    monkeypatch.chdir(root)
    return InlineExecutor(WRITE)


def _would(executor: Executor, root: Path, fixer: str, terms: dict[str, bool] | None = None) -> Outcome:
    component = batches.check("finds_todo", fixer=fixer)
    batch = batches.assignment(batches.place(root), component, paths=("a.txt",), fix=True, terms=terms or PREVIEW)
    return batches.run_one(executor, batch)


def test_what_a_fixer_would_change_is_shown_and_nothing_is_written(fixers: Executor, root: Path) -> None:
    outcome = _would(NothingExecutor(fixers), root, "adds_a_line")
    assert (outcome.cause, outcome.reason, outcome.status) == (Cause.DRY_RUN, "would fix", None)
    (patch,) = outcome.patches
    assert (patch.path, patch.applied, outcome.changed_files) == ("a.txt", False, ())
    assert patch.diff.startswith("--- a/a.txt\n+++ b/a.txt\n@@")
    assert (root / "a.txt").read_text() == "one\n"
    assert [path.name for path in root.iterdir()] == ["a.txt"]


def test_a_fixer_that_would_change_nothing_shows_nothing(fixers: Executor, root: Path) -> None:
    outcome = _would(NothingExecutor(fixers), root, "leaves_alone")
    assert (outcome.cause, outcome.reason, outcome.patches) == (Cause.DRY_RUN, "would fix", ())


def test_a_fixer_that_fails_fails_in_a_dry_run_too(fixers: Executor, root: Path) -> None:
    outcome = _would(NothingExecutor(fixers), root, "no_such_fixer")
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.PROTOCOL)
    assert "sample_plugin:no_such_fixer cannot be imported" in (outcome.reason or "")


def test_without_anybody_to_ask_it_says_what_would_be_called(root: Path) -> None:
    outcome = _would(NothingExecutor(), root, "adds_a_line")
    assert (outcome.cause, outcome.reason) == (Cause.DRY_RUN, "would mend sample_plugin:adds_a_line")


def test_checks_are_not_run(fixers: Executor, root: Path) -> None:
    batch = batches.assignment(batches.place(root), batches.check("finds_todo"), paths=("a.txt",))
    outcome = batches.run_one(NothingExecutor(fixers), batch)
    assert (outcome.cause, outcome.reason) == (Cause.DRY_RUN, "would run sample_plugin:finds_todo")


def test_a_command_that_mends_is_only_named(fixers: Executor, root: Path) -> None:
    batch = batches.assignment(batches.place(root), batches.command("touch", "made"), paths=("a.txt",), fix=True)
    outcome = batches.run_one(NothingExecutor(fixers), batch)
    assert (outcome.cause, outcome.command) == (Cause.DRY_RUN, ("touch", "made"))
    assert not (root / "made").exists()
