"""What the driver does where breakers are asked: other runs may hold them, and nobody waits for that for long."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from omnibase.core.planning import Conditions
from omnibase.core.scheduling import State
from omnibase.engine import driver
from omnibase.model.component import Retry
from omnibase.model.events import Answered, AttemptStarted, Noticed
from omnibase.model.ports import BusyError, Lease
from omnibase.model.result import Cause, Status
from omnibase.storage.breakers import SqliteBreakers
from tests.engine.driving import drive, planned
from tests.executors.batches import command

PASSING = Retry(attempts=2, first_delay=0.001, exit_codes=(75,))
ONCE = Conditions(guarded=True)


def _component(**fields: Any) -> Any:
    return command("exit 75", shell=True, name="it", idempotent=True, retry=PASSING, **fields)


class Held:
    """A store that another run holds for so many questions, or for ever."""

    def __init__(self, times: float) -> None:
        self.left = times
        self.asked: list[str] = []

    def answer(self, question: str, task: int, state: State) -> Any:
        if self.left:
            self.left -= 1
            raise BusyError
        self.asked.append(question)
        return Lease(True, "CLOSED")._asdict()


def test_a_store_that_is_held_is_asked_again_until_it_answers(tmp_path: Path) -> None:
    held = Held(5)
    run = drive(planned([_component()], ONCE), tmp_path, answer=held.answer)
    assert held.asked == ["lease", "failed", "lease", "failed"]
    assert len(run.of(AttemptStarted)) == 2
    assert run.of(Noticed) == []


def test_a_store_that_is_held_for_too_long_stands_in_nobody_s_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BUSY_MOST", 0.05)
    run = drive(planned([_component()], ONCE), tmp_path, answer=Held(float("inf")).answer)
    assert len(run.of(AttemptStarted)) == 2
    assert [event.message for event in run.of(Noticed)] == [
        "the circuit breakers could not be asked for 0.05 s: other runs hold their database"
    ]


def test_an_interrupt_does_not_wait_for_a_store_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "BUSY_MOST", 1000.0)
    held = Held(float("inf"))
    asked = []

    def answer(question: str, task: int, state: State) -> Any:
        asked.append(question)
        if len(asked) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return held.answer(question, task, state)

    run = drive(planned([_component()], ONCE), tmp_path, answer=answer)
    assert run.statuses() == {"it": Status.SKIP}
    assert [event.question for event in run.of(Answered)] == ["lease"]


def test_breakers_of_a_real_store_end_the_attempts_of_two_runs(tmp_path: Path) -> None:
    store = SqliteBreakers(str(tmp_path / "state"))
    component = _component()

    def answer(question: str, task: int, state: State) -> Any:
        rule = state.plan.tasks[task].component.breaker
        assert rule is not None
        if question == "succeeded":
            return store.succeeded("it", rule)
        return (store.lease if question == "lease" else store.failed)("it", rule)._asdict()

    attempts = []
    for _ in range(4):
        run = drive(planned([component], ONCE), tmp_path, answer=answer)
        attempts.append(len(run.of(AttemptStarted)))
    store.close()
    assert attempts == [2, 2, 1, 0]  # the fifth failure in a row opens it
    assert run.statuses() == {"it": Status.SKIP}
    assert run.events[-2].result.cause is Cause.BREAKER_OPEN


class Waking:
    """A batch that looks at something by itself, three times, and then has ended."""

    def __init__(self) -> None:
        self.fds: set[int] = set()
        self.looks = 0
        self.wake: float | None = 0.001

    def ready(self, fd: int) -> None:
        assert fd == -2
        self.looks += 1

    def cancel(self, cause: Cause, *, force: bool) -> None: ...

    def outcomes(self) -> Any:
        from omnibase.model.events import Outcome

        return (Outcome(0, exit_code=0),) if self.looks == 3 else None


def test_a_batch_that_wants_to_be_woken_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnibase.executors.command import CommandExecutor

    monkeypatch.setattr(CommandExecutor, "start", lambda *_: Waking())
    assert drive(planned([_component()], Conditions()), tmp_path).statuses() == {"it": Status.PASS}
