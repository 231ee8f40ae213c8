"""Components that take the run's context: what they are given, what they may return, and how they fail."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.core.secrets import Secrets
from omnibase.core.transience import PASSING, of_error
from omnibase.executors.capture import MEMORY
from omnibase.executors.python.executor import PythonExecutor
from omnibase.model.errors import TransientError
from omnibase.model.events import Outcome
from omnibase.model.result import Cause, Finding, Part, Status
from tests.executors import batches
from tests.executors.batches import taking_context

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

Call = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def in_a_git_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What git sets for a hook is there before the executor is made."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")


@pytest.fixture
def call(python: PythonExecutor, root: Path, scratch: Path) -> Call:
    """Calls a component in a worker; keywords that no component has go to the batch."""

    def run(function: str, *, batch: dict[str, Any] | None = None, **fields: Any) -> Outcome:
        component = taking_context(function, **fields)
        return batches.run_one(python, batches.assignment(batches.place(root, scratch), component, **(batch or {})))

    return run


def test_its_result_is_the_outcome(call: Call) -> None:
    outcome = call("passes")
    assert (outcome.status, outcome.value, outcome.cause) == (Status.PASS, {"answer": 42}, None)
    outcome = call("has_findings")
    assert (outcome.status, outcome.reason, outcome.remedy) == (Status.FAIL, "it is wrong", "mend it")
    assert outcome.findings == (Finding("wrong", "a.txt", 3),)


def test_an_async_one_is_awaited(call: Call) -> None:
    outcome = call("awaits")
    assert (outcome.status, outcome.reason) == (Status.WARN, "seen later")
    assert outcome.parts == (Part("one", Status.PASS, 0.5),)


def test_its_time_is_measured(call: Call) -> None:
    assert 0 < call("passes").duration < batches.SECONDS
    assert call("context_exits").duration > 0


def test_it_is_given_its_context_and_nothing_of_the_hook_it_runs_in(call: Call, root: Path) -> None:
    paths = ["a.txt", os.fsdecode(b"not utf-8 \xff")]
    batch = {"paths": paths, "values": {"other": {"deep": [1, None, "x"]}}, "deadline": 60.0}
    outcome = call("tells_all_it_is_given", name="its-name", env={"SAMPLE": "declared"}, batch=batch)
    assert outcome.value == {
        "name": "its-name",
        "root": str(root),
        "cwd": str(root),
        "files": [os.fsencode(path).hex() for path in paths],
        "values": {"other": {"deep": [1, None, "x"]}},
        "settings": {},
        "env": "declared",
        "environ": "declared",
        "git": [],
        "correlation_id": "c" * 32,
        "deadline": True,
        "stdin": "",
    }
    assert outcome.output is not None
    assert outcome.output.text == "working"


def test_without_a_limit_there_is_no_deadline(call: Call) -> None:
    assert call("tells_all_it_is_given", env={"SAMPLE": ""}).value["deadline"] is False


def test_its_settings_are_its_keywords(call: Call) -> None:
    assert call("takes_settings").value == [1, []]
    assert call("takes_settings", settings={"level": 3, "words": ["a", {"b": None}]}).value == [3, ["a", {"b": None}]]


def test_it_reads_files_of_the_run_as_single_file_checks_do(call: Call, root: Path) -> None:
    (root / "a.py").write_text("print()\n")
    (root / "folder").mkdir()
    os.symlink("a.py", root / "link.py")
    outcome = call("reads_source_files", batch={"paths": ["a.py", "gone.py", "folder", "link.py"]})
    assert outcome.value == [["a.py", 8, "print()\n", ["file", "non-executable", "python", "text"]]]


@pytest.mark.parametrize("function", ["context_raises", "async_raises"])
def test_what_it_raises_is_its_failure(call: Call, function: str) -> None:
    outcome = call(function)
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.CRASHED)
    assert (outcome.reason or "").startswith("raised LookupError: nothing there")
    assert outcome.output is not None
    assert "Traceback" in outcome.output.text


def test_what_it_printed_before_it_raised_is_kept_beside_the_trace(call: Call) -> None:
    output = call("context_raises").output
    assert output is not None
    assert output.text.startswith("printed before\nTraceback")
    assert output.text.endswith("LookupError: nothing there")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("context_returns_none", "returned NoneType, and a component returns a Result"),
        ("context_returns_a_dict", "returned dict, and a component returns a Result"),
        ("value_is_a_set", "not JSON"),
        ("value_is_nan", "not JSON"),
        ("value_is_a_circle", "not JSON"),
        ("status_is_unknown", "not well formed: 'FINE'"),
        ("findings_are_strings", "not well formed"),
        ("is_not_there", "sample_plugin:is_not_there cannot be imported: AttributeError"),
    ],
)
def test_what_no_result_is_breaks_the_protocol(call: Call, function: str, words: str) -> None:
    outcome = call(function)
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.PROTOCOL)
    assert words in (outcome.reason or "")
    assert outcome.value is None


def test_one_that_ends_its_worker_has_crashed_and_its_last_words_are_kept(call: Call) -> None:
    outcome = call("context_exits")
    assert (outcome.status, outcome.cause) == (Status.FAIL, Cause.CRASHED)
    assert outcome.reason == "its worker ended without an answer"
    assert outcome.output is not None
    assert outcome.output.text.startswith("last words\nTraceback")


def test_all_that_it_and_its_children_print_is_its_output(call: Call) -> None:
    outcome = call("context_prints")
    assert outcome.status is Status.PASS
    assert outcome.output is not None
    lines = outcome.output.text.splitlines()
    assert sorted(lines) == [r"\xff\xfered", "from a child", "to standard error", "to standard output"]


def test_output_that_memory_does_not_hold_goes_to_a_file(
    python: PythonExecutor, root: Path, scratch: Path, tmp_path: Path
) -> None:
    source = (
        "from omnibase.api import Result, Status\n"
        f"def much(ctx):\n    print('x' * {MEMORY + 1})\n    return Result(Status.PASS)\n"
    )
    (tmp_path / "printing_plugin.py").write_text(source)
    component = taking_context("much", module="printing_plugin", path=str(tmp_path))
    outcome = batches.run_one(python, batches.assignment(batches.place(root, scratch), component))
    assert outcome.output is not None
    assert outcome.output.size == MEMORY + 2
    assert outcome.output.path is not None
    assert Path(outcome.output.path).parent == scratch
    assert os.path.getsize(outcome.output.path) == MEMORY + 2


def test_a_child_that_it_leaves_behind_does_not_outlive_it(call: Call, root: Path) -> None:
    outcome = call("leaves_a_child")
    assert outcome.status is Status.PASS
    pids = [int(number) for number in (root / "pids").read_text().split()]
    batches.wait_until(lambda: not any(map(batches.is_alive, pids)), "its child is gone")


def test_each_has_a_worker_of_its_own(python: PythonExecutor, root: Path, tmp_path: Path) -> None:
    source = (
        "import os\nfrom omnibase.api import Result, Status\ncalls = []\n"
        "def count(ctx):\n    calls.append(1)\n    os.environ['LEFT'] = 'behind'\n"
        "    return Result(Status.PASS, value=[len(calls), os.getpid(), ctx.env.get('LEFT')])\n"
    )
    (tmp_path / "counting_plugin.py").write_text(source)
    component = taking_context("count", module="counting_plugin", path=str(tmp_path))
    values = [batches.run_one(python, batches.assignment(batches.place(root), component)).value for _ in range(3)]
    assert [(count, left) for count, _, left in values] == [(1, None)] * 3
    assert len({pid for _, pid, _ in values} - {os.getpid()}) == 3


def test_a_secret_that_it_prints_is_in_no_output(root: Path, scratch: Path) -> None:
    executor = PythonExecutor("", Secrets(["correct horse battery"]))
    telling = taking_context("prints_what_it_is_told", settings={"text": "correct horse battery"})
    outcome = batches.run_one(executor, batches.assignment(batches.place(root, scratch), telling))
    executor.close()
    assert outcome.output is not None
    assert outcome.output.text == "it is ***"


# Failures in passing, and time that is over


@pytest.mark.parametrize(
    ("settings", "transient"),
    [
        ({"error": "transient"}, "raised TransientError: told so"),
        ({"error": "os", "number": errno.ECONNRESET}, "raised ConnectionResetError: [Errno 104] told so"),
        ({"error": "os", "number": errno.EBUSY}, "raised OSError: [Errno 16] told so"),
        ({"error": "os", "number": errno.ENOENT}, None),
        ({"error": "os"}, None),
        ({"error": "value"}, None),
    ],
)
def test_an_error_that_is_in_passing_is_told_as_such(
    call: Call, settings: dict[str, Any], transient: str | None
) -> None:
    outcome = call("raises_what_it_is_told", settings=settings)
    assert (outcome.status, outcome.cause, outcome.transient) == (Status.FAIL, Cause.CRASHED, transient)


@pytest.mark.parametrize("number", sorted(PASSING))
def test_each_error_of_the_passing_kind(number: int) -> None:
    assert of_error(OSError(number, "words")) is not None


@pytest.mark.parametrize("error", [TimeoutError("late"), ConnectionError("lost"), TransientError("as it says")])
def test_errors_of_the_passing_kind_without_a_number(error: Exception) -> None:
    assert of_error(error) == f"raised {type(error).__name__}: {error}"


def test_one_that_took_too_long_tells_what_it_printed_last(python: PythonExecutor, root: Path, scratch: Path) -> None:
    os.mkfifo(root / "gate")
    where = batches.place(root, scratch)
    running = python.start(batches.assignment(where, taking_context("tells_how_far_it_is")))
    batches.wait_for(root / "pids", running)
    running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    assert outcome.reason == "no verdict in the time allowed; last output: step two"
