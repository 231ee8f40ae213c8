"""What the scheduler asks the world: hooks, and whether there is room for more slots."""

import pytest

from omnibase.core.scheduling import LOAD_INTERVAL, LOAD_LONGEST, SLOTS_FACTOR
from omnibase.model.commands import Ask, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    Interrupted,
    Noticed,
    RunEnded,
    TimerFired,
)
from omnibase.model.plan import Edge, EdgeKind, LeftOut
from omnibase.model.result import Cause, Status
from tests.core.stepping import Scheduler, called, tasks, with_task

# Hooks


def test_nothing_starts_before_the_run_hook_has_answered() -> None:
    run = Scheduler(tasks(1, hooks=called("before_run", "after_run")))
    assert run.last == [Ask("before_run", None, 0)]
    run.feed(Answered(0.5, "before_run", problem="the hook raised", hook=0))
    assert run.started == [(0, (0,))]
    assert run.told(Noticed) == [Noticed(0.5, "the hook raised")]
    run.end(0)
    assert run.asked == [Ask("after_run", None, 1)]
    assert run.told(RunEnded) == []
    run.feed(Answered(2.0, "after_run", hook=1))
    assert [event.at for event in run.told(RunEnded)] == [2.0]


def test_a_task_hook_is_asked_before_each_task_and_the_run_waits_for_those_after() -> None:
    run = Scheduler(tasks(2, hooks=called("before_task", "after_task")))
    assert run.asked == [Ask("before_task", 0, 0), Ask("before_task", 1, 0)]
    run.feed(Answered(0.1, "before_task", 1, hook=0))
    assert run.started == [(1, (1,))]
    run.feed(Answered(0.2, "before_task", 0, hook=0))
    run.end(0)
    assert run.asked == [Ask("after_task", 0, 1)]
    run.end(1)
    run.feed(Answered(1.5, "after_task", 0, hook=1))
    assert run.told(RunEnded) == []
    run.feed(Answered(1.6, "after_task", 1, hook=1))
    assert len(run.told(RunEnded)) == 1


def test_a_hook_that_answers_after_an_interrupt_starts_nothing() -> None:
    run = Scheduler(tasks(2, hooks=called("before_run", "before_task")))
    run.feed(Answered(0.1, "before_run", hook=0))
    run.feed(Interrupted(0.2, 2))
    assert run.results.keys() == {0, 1}
    run.feed(Answered(0.3, "before_task", 0, hook=1))
    assert run.last == []
    run.feed(Answered(0.4, "before_task", 1, hook=1))
    assert [type(one.event) for one in run.last if isinstance(one, Tell)] == [RunEnded]


def test_hooks_are_not_asked_about_what_does_not_run() -> None:
    plan = with_task(
        tasks(1, hooks=called("before_task", "after_task")), 0, left_out=LeftOut(Cause.NO_FILES, "no files")
    )
    assert Scheduler(plan).asked == []


# Slots that grow


def idle(share: float | None, memory: float | None = None) -> dict[str, float | None]:
    return {"idle": share, "memory": memory}


def test_slots_are_added_while_the_machine_is_idle_and_something_waits() -> None:
    run = Scheduler(tasks(5, slots=1, adaptive=True))
    assert run.waits == [WaitUntil(LOAD_INTERVAL, "load")]
    run.feed(TimerFired(0.5, "load"))
    assert run.asked == [Ask("load")]
    run.feed(Answered(0.5, "load", answer=idle(0.9)))
    assert run.started == [(1, (1,))]
    assert run.waits == [WaitUntil(0.5 + LOAD_INTERVAL, "load")]
    for answer in (0.5, 0.0, None):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=idle(answer)))
        assert run.started == []
    run.feed(TimerFired(2.0, "load"))
    run.feed(Answered(2.0, "load", answer=idle(0.6)))
    assert run.started == [(2, (2,)), (3, (3,))]
    run.end(0)
    run.feed(TimerFired(3.0, "load"))
    assert run.last == []  # nothing waits any more


def test_a_busy_machine_is_looked_at_less_and_less_often_down_to_each_second() -> None:
    run = Scheduler(tasks(5, slots=1, adaptive=True))
    waits = []
    for _ in range(9):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=idle(0.1)))
        waits += [wait.at - 1.0 for wait in run.waits]
    assert [round(wait, 2) for wait in waits] == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0, 1.0]
    run.feed(Answered(1.0, "load", answer=idle(0.9)))
    assert run.waits == [WaitUntil(1.0 + LOAD_INTERVAL, "load")]


def test_a_busy_machine_is_looked_at_less_and_less_often_until_it_is_idle() -> None:
    run = Scheduler(tasks(9, slots=1, adaptive=True))
    seen = []
    for answer in (0.1, 0.1, None, *[0.1] * 5, 0.9):
        run.feed(TimerFired(0.0, "load"))
        run.feed(Answered(0.0, "load", answer=idle(answer)))
        seen += [wait.at for wait in run.waits]
    assert seen == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, LOAD_LONGEST, LOAD_LONGEST, LOAD_INTERVAL]


def test_slots_do_not_grow_beyond_a_multiple() -> None:
    run = Scheduler(tasks(100, slots=2, adaptive=True))
    for _ in range(20):
        run.feed(TimerFired(1.0, "load"))
        run.feed(Answered(1.0, "load", answer=idle(1.0)))
    assert len(run.state.running) == 2 * SLOTS_FACTOR


def test_slots_that_are_fixed_are_not_asked_about() -> None:
    assert Scheduler(tasks(5, slots=1)).waits == []


# Hooks that are about a stage, about some tasks, and that veto


def test_the_hooks_of_a_stage_are_inside_those_of_the_run() -> None:
    order = ("after_run", "before_stage", "before_run", "after_stage")
    run = Scheduler(tasks(1, hooks=called(*order)))
    seen = []
    while not run.told(RunEnded):
        seen += [ask.question for ask in run.asked]
        if run.asked:
            run.feed(Answered(1.0, run.asked[0].question, hook=run.asked[0].hook))
        else:
            run.end(0)
    assert seen == ["before_run", "before_stage", "after_stage", "after_run"]


def test_hooks_of_a_moment_are_called_one_after_another() -> None:
    run = Scheduler(tasks(1, hooks=called("before_task", "before_task", "before_task")))
    for hook in range(3):
        assert (run.asked, run.started) == ([Ask("before_task", 0, hook)], [])
        run.feed(Answered(0.1, "before_task", 0, hook=hook))
    assert run.started == [(0, (0,))]


def test_a_hook_about_some_tasks_is_called_for_them_alone() -> None:
    run = Scheduler(tasks(3, hooks=called("before_task", tasks=(1,))))
    assert run.asked == [Ask("before_task", 1, 0)]
    assert run.started == [(0, (0,)), (2, (2,))]


@pytest.mark.parametrize("moment", ["before_run", "before_stage"])
def test_a_veto_before_the_run_keeps_all_tasks_from_beginning_and_fails_it(moment: str) -> None:
    run = Scheduler(tasks(2, hooks=called(moment, "before_stage", "before_task", "after_run")))
    run.feed(Answered(0.1, moment, answer={"veto": "a freeze"}, hook=0))
    assert [run.verdict(task) for task in (0, 1)] == [(Status.SKIP, Cause.VETOED, "vetoed by a freeze")] * 2
    assert run.asked == [Ask("after_run", None, 3)]


def test_a_veto_before_a_task_is_about_it_and_what_needs_it() -> None:
    run = Scheduler(tasks(3, hooks=called("before_task"), edges=(Edge(0, 1),)))
    run.feed(Answered(0.1, "before_task", 0, answer={"veto": "not now"}, problem="exit code 1", hook=0))
    assert run.verdict(0) == (Status.SKIP, Cause.VETOED, "vetoed by not now")
    assert run.verdict(1) == (Status.SKIP, Cause.DEPENDENCY, "c0 was skipped")
    run.feed(Answered(0.2, "before_task", 2, hook=0))
    assert run.started == [(2, (2,))]
    assert run.told(Noticed) == [Noticed(0.1, "exit code 1")]


def test_what_comes_after_cannot_veto_and_says_so_in_a_notice() -> None:
    run = Scheduler(tasks(1, hooks=called("after_task")))
    run.end(0)
    run.feed(Answered(1.0, "after_task", 0, answer={"veto": "too late"}, problem="exit code 1", hook=0))
    assert run.verdict(0)[0] is Status.PASS
    assert run.told(Noticed) == [Noticed(1.0, "exit code 1")]


def test_a_component_s_hooks_are_called_once_before_its_fixer_and_once_after_its_check() -> None:
    plan = tasks(2, hooks=called("before_task", "after_task"), edges=(Edge(0, 1, EdgeKind.AFTER),))
    plan = with_task(with_task(plan, 0, fix=True), 1, component=plan.tasks[0].component)
    run = Scheduler(plan)
    assert run.asked == [Ask("before_task", 0, 0)]
    run.feed(Answered(0.1, "before_task", 0, hook=0))
    run.end(0)
    assert (run.asked, run.started) == ([], [(1, (1,))])
    run.end(1)
    assert run.asked == [Ask("after_task", 1, 1)]


def test_a_veto_before_a_fixer_is_one_for_its_check() -> None:
    plan = tasks(2, hooks=called("before_task"), edges=(Edge(0, 1, EdgeKind.AFTER),))
    plan = with_task(with_task(plan, 0, fix=True), 1, component=plan.tasks[0].component)
    run = Scheduler(plan)
    run.feed(Answered(0.1, "before_task", 0, answer={"veto": "no"}, hook=0))
    assert [run.verdict(task)[1] for task in (0, 1)] == [Cause.VETOED] * 2
