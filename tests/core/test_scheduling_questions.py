"""What the scheduler asks the world: hooks, and whether there is room for more slots."""

from omnibase.core.scheduling import LOAD_INTERVAL, LOAD_LONGEST, SLOTS_FACTOR
from omnibase.model.commands import Ask, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    Interrupted,
    Noticed,
    RunEnded,
    TimerFired,
)
from omnibase.model.plan import LeftOut
from omnibase.model.result import Cause
from tests.core.stepping import Scheduler, tasks, with_task

# Hooks


def test_nothing_starts_before_the_run_hook_has_answered() -> None:
    run = Scheduler(tasks(1, hooks=("before_run", "after_run")))
    assert run.last == [Ask("before_run")]
    run.feed(Answered(0.5, "before_run", problem="the hook raised"))
    assert run.started == [(0, (0,))]
    assert run.told(Noticed) == [Noticed(0.5, "the hook raised")]
    run.end(0)
    assert run.asked == [Ask("after_run")]
    assert run.told(RunEnded) == []
    run.feed(Answered(2.0, "after_run"))
    assert [event.at for event in run.told(RunEnded)] == [2.0]


def test_a_task_hook_is_asked_before_each_task_and_the_run_waits_for_those_after() -> None:
    run = Scheduler(tasks(2, hooks=("before_task", "after_task")))
    assert run.asked == [Ask("before_task", 0), Ask("before_task", 1)]
    run.feed(Answered(0.1, "before_task", 1))
    assert run.started == [(1, (1,))]
    run.feed(Answered(0.2, "before_task", 0))
    run.end(0)
    assert run.asked == [Ask("after_task", 0)]
    run.end(1)
    run.feed(Answered(1.5, "after_task", 0))
    assert run.told(RunEnded) == []
    run.feed(Answered(1.6, "after_task", 1))
    assert len(run.told(RunEnded)) == 1


def test_a_hook_that_answers_after_an_interrupt_starts_nothing() -> None:
    run = Scheduler(tasks(2, hooks=("before_run", "before_task")))
    run.feed(Answered(0.1, "before_run"))
    run.feed(Interrupted(0.2, 2))
    assert run.results.keys() == {0, 1}
    run.feed(Answered(0.3, "before_task", 0))
    assert run.last == []
    run.feed(Answered(0.4, "before_task", 1))
    assert [type(one.event) for one in run.last if isinstance(one, Tell)] == [RunEnded]


def test_hooks_are_not_asked_about_what_does_not_run() -> None:
    plan = with_task(tasks(1, hooks=("before_task", "after_task")), 0, left_out=LeftOut(Cause.NO_FILES, "no files"))
    assert Scheduler(plan).asked == []


# Slots that grow


def test_slots_are_added_while_the_machine_is_idle_and_something_waits() -> None:
    run = Scheduler(tasks(5, slots=1, adaptive=True))
    assert run.waits == [WaitUntil(LOAD_INTERVAL, "load")]
    run.feed(TimerFired(0.5, "load"))
    assert run.asked == [Ask("load")]
    run.feed(Answered(0.5, "load", answer=0.9))
    assert run.started == [(1, (1,))]
    assert run.waits == [WaitUntil(0.5 + LOAD_INTERVAL, "load")]
    for answer in (0.5, 0.0, None):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=answer))
        assert run.started == []
    run.feed(TimerFired(2.0, "load"))
    run.feed(Answered(2.0, "load", answer=0.6))
    assert run.started == [(2, (2,)), (3, (3,))]
    run.end(0)
    run.feed(TimerFired(3.0, "load"))
    assert run.last == []  # nothing waits any more


def test_a_busy_machine_is_looked_at_less_and_less_often_down_to_each_second() -> None:
    run = Scheduler(tasks(5, slots=1, adaptive=True))
    waits = []
    for _ in range(9):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=0.1))
        waits += [wait.at - 1.0 for wait in run.waits]
    assert [round(wait, 2) for wait in waits] == [0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0, 1.0, 1.0]
    run.feed(Answered(1.0, "load", answer=0.9))
    assert run.waits == [WaitUntil(1.0 + LOAD_INTERVAL, "load")]


def test_a_busy_machine_is_looked_at_less_and_less_often_until_it_is_idle() -> None:
    run = Scheduler(tasks(9, slots=1, adaptive=True))
    seen = []
    for answer in (0.1, 0.1, None, *[0.1] * 5, 0.9):
        run.feed(TimerFired(0.0, "load"))
        run.feed(Answered(0.0, "load", answer=answer))
        seen += [wait.at for wait in run.waits]
    assert seen == [0.04, 0.08, 0.16, 0.32, 0.64, LOAD_LONGEST, LOAD_LONGEST, LOAD_LONGEST, LOAD_INTERVAL]


def test_slots_do_not_grow_beyond_a_multiple() -> None:
    run = Scheduler(tasks(100, slots=2, adaptive=True))
    for _ in range(20):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=1.0))
    assert len(run.state.running) == 2 * SLOTS_FACTOR


def test_slots_that_are_fixed_are_not_asked_about() -> None:
    assert Scheduler(tasks(5, slots=1)).waits == []
