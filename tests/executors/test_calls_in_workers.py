"""Calls inside components, as the executor tells of them."""

import os
import select
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from omnibase.executors.python.calling import MOST_CALLS, Calling, split
from omnibase.executors.python.executor import PythonExecutor
from omnibase.model.component import Component
from omnibase.model.events import Outcome
from omnibase.model.result import Call, Cause, Status
from omnibase.storage.breakers import SqliteBreakers
from tests.executors import batches
from tests.executors.batches import check, taking_context

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

WORDS = "TransientError: busy"
Run = Callable[..., tuple[Outcome, ...]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def run(root: Path, scratch: Path, state: Path) -> Iterator[Run]:
    """Runs a batch of components over one file."""
    (root / "a.txt").write_text("a\n")
    executor = PythonExecutor(batches.WRITE, breakers=("omnibase.storage.breakers:SqliteBreakers", str(state)))

    def go(*components: Component, **fields: Any) -> tuple[Outcome, ...]:
        where = batches.place(root, scratch)
        return batches.run(executor, batches.assignment(where, *components, paths=["a.txt"], **fields))

    yield go
    executor.close()


def told(outcome: Outcome) -> list[tuple[str, int, str | None, str | None]]:
    assert all(0 <= call.duration < batches.SECONDS for call in outcome.calls)
    return [(call.name, call.number, call.error, call.why) for call in outcome.calls]


def test_the_attempts_of_a_call_are_in_the_outcome(run: Run) -> None:
    (outcome,) = run(taking_context("calls_again", settings={"times": 1}))
    assert outcome.status is Status.PASS
    assert told(outcome) == [("fetch", 1, WORDS, None), ("fetch", 2, None, WORDS)]


def test_a_call_that_fails_to_the_end_fails_its_component_in_passing(run: Run) -> None:
    (outcome,) = run(taking_context("calls_again", settings={"times": 9}))
    assert (outcome.cause, outcome.transient) == (Cause.CRASHED, "raised TransientError: busy")
    assert [call.number for call in outcome.calls] == [1, 2, 3]


def test_in_a_pass_each_check_has_its_own_calls(run: Run) -> None:
    first = check("checks_by_calls", name="first", settings={"times": 1})
    quiet = check("finds_nothing")
    second = check("checks_by_calls", name="second", settings={"times": 2})
    outcomes = run(first, quiet, second)
    assert [len(outcome.calls) for outcome in outcomes] == [2, 0, 3]


def test_the_calls_of_a_worker_that_died_are_known(run: Run) -> None:
    (outcome,) = run(taking_context("calls_and_dies"))
    assert outcome.cause is Cause.CRASHED
    assert told(outcome) == [("fetch", 1, WORDS, None), ("fetch", 2, None, WORDS)]


def test_what_writes_into_the_answer_s_pipe_is_no_answer(run: Run) -> None:
    (outcome,) = run(taking_context("writes_into_the_answer"))
    assert outcome.cause is Cause.CRASHED
    assert outcome.calls == ()


def test_a_breaker_is_shared_by_the_workers_of_a_component_and_kept(run: Run, state: Path) -> None:
    asking = taking_context("asks_a_service")
    outcomes = [run(asking)[0] for _ in range(3)]
    assert [outcome.transient for outcome in outcomes[:2]] == ["raised TimeoutError: no answer"] * 2
    assert (outcomes[2].transient or "").startswith("raised BreakerOpenError: ")
    assert [(call.name, call.error) for call in outcomes[2].calls] == [("service", "not made")]
    kept = SqliteBreakers(str(state))
    assert [(name, breaker.state.value) for name, breaker in kept.all().items()] == [("asks_a_service/service", "OPEN")]
    kept.close()
    other = taking_context("asks_a_service", name="other", settings={"fails": False})
    assert run(other)[0].status is Status.PASS


def test_a_worker_tells_of_a_bounded_number_of_calls_in_bounded_words() -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    calling = Calling(write, ["it"], None, lambda: 1)
    calling.tell(Call("fetch", 1, 0.0, "x" * 100_000, "y" * 100_000))
    line = os.read(read, 1 << 20)
    assert len(line) < 4096
    for number in range(MOST_CALLS + 10):
        calling.tell(Call("fetch", number + 2, 0.0))
        os.read(read, 4096) if number < MOST_CALLS - 1 else None
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    os.close(read)
    os.close(write)
    assert split(line + b"7")[0] == b"7"


def test_what_several_threads_tell_at_once_is_told_in_whole_lines() -> None:
    read, write = os.pipe()
    calling = Calling(write, ["it"], None, lambda: 1)
    call = Call("fetch", 1, 0.0, "\N{GRINNING FACE}" * 500, "\N{GRINNING FACE}" * 500)
    with open(read, "rb") as told, ThreadPoolExecutor(8) as threads:
        for _ in range(200):
            threads.submit(calling.tell, call)
        lines = [told.readline() for _ in range(200)]
        os.close(write)
        assert told.read() == b""
    assert len(lines[0]) > select.PIPE_BUF
    assert split(b"".join(lines)) == (b"", [(1, call)] * 200)


@pytest.mark.parametrize(
    "data", [b"x\n7", b"{}\n7", b'{"of": "1", "call": {}}\n7', b'{"of": 1, "call": 3}\n7', b"\xff\n7"]
)
def test_lines_that_tell_of_no_call_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        split(data)
