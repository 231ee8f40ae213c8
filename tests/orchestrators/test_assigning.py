"""What each batch of a run is given: its trace, and its share of the processors."""

import pytest

from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.core.scheduling import State, step
from omnibase.core.sharing import SLOTS
from omnibase.core.tracing import received, span_of_batch, span_of_run
from omnibase.inputs.matching import Tags
from omnibase.model.component import Command, Component, Retry
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.events import BatchEnded, Outcome, RunStarted, TimerFired
from omnibase.model.plan import Plan
from omnibase.model.ports import Place
from omnibase.model.report import RepositoryState
from omnibase.orchestrators import assigning
from omnibase.orchestrators.assigning import Assigning
from omnibase.orchestrators.gathering import Gathered
from tests.core.simulator import HEADER

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
PLAN = plan(
    [
        Wanted(Component(name, Command(("true",)), idempotent=True, retry=Retry(exit_codes=(75,)), breaker=None))
        for name in ("a", "b")
    ],
    Conditions(slots=2),
)


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigning, "processors", lambda env: 8)
    monkeypatch.setattr(assigning, "available", lambda: 8)


def made(
    made_plan: Plan = PLAN, *, parent: str | None = CALLER, flags: int = 0, env: dict[str, str] | None = None
) -> Assigning:
    env = env or {}
    ctx = ExecutionContext(
        "ci", Mode.ASYNC, "/repo", "/repo", "run-1", TRACE, parent_id=parent, trace_flags=flags, env=env
    )
    gathered = Gathered((), (), Tags("/repo", None), RepositoryState("/repo"))
    return Assigning(ctx, made_plan, gathered, Place("/repo", env))


def begun() -> State:
    state = State(PLAN)
    step(state, RunStarted(0.0, HEADER, PLAN))
    return state


def test_a_batch_is_given_a_span_of_its_own_in_the_trace_of_the_run() -> None:
    headers = [made().assignment(number, (number,), begun()).given["TRACEPARENT"] for number in (0, 1)]
    assert headers == [f"00-{TRACE}-{span_of_batch('run-1', number, 1, (number,))}-00" for number in (0, 1)]
    assert all(received(header) is not None for header in headers)


def test_another_attempt_has_another_span() -> None:
    state = begun()
    first = made().assignment(0, (0,), state).given["TRACEPARENT"]
    step(state, BatchEnded(1.0, 0, (Outcome(0, exit_code=75),)))
    step(state, TimerFired(2.0, "retry", 0))
    second = made().assignment(0, (0,), state).given["TRACEPARENT"]
    assert second == f"00-{TRACE}-{span_of_batch('run-1', 0, 2, (0,))}-00" != first


def test_the_same_is_given_however_often_it_is_asked_for() -> None:
    state, maker = begun(), made()
    assert maker.assignment(0, (0,), state) == maker.assignment(0, (0,), state)


def test_hooks_are_given_the_span_of_the_run() -> None:
    assert made(flags=1).of_run == {"TRACEPARENT": f"00-{TRACE}-{span_of_run('run-1')}-01"}


@pytest.mark.parametrize(
    ("parent", "state", "expected"),
    [(CALLER, "vendor=value", None), (None, "vendor=value", ""), (None, "", None), (None, None, None)],
)
def test_the_state_of_a_trace_is_passed_on_or_taken_away(
    parent: str | None, state: str | None, expected: str | None
) -> None:
    env = {} if state is None else {"TRACESTATE": state}
    given = made(parent=parent, env=env).assignment(0, (0,), begun()).given
    assert given.get("TRACESTATE") == expected


def test_a_batch_is_told_of_its_share() -> None:
    given = made(env={"GOMAXPROCS": "3"}).assignment(0, (0,), begun()).given
    assert (given[SLOTS], given["RAYON_NUM_THREADS"], "GOMAXPROCS" in given) == ("4", "4", False)
    one = plan([Wanted(Component("a", Command(("true",))))], Conditions(slots=2))
    assert made(one).assignment(0, (0,), begun()).given.keys() == {SLOTS, "TRACEPARENT"}
