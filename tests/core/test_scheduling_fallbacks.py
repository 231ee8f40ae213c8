"""Components that stand in for others, and those that the run goes on without."""

from omnibase.core.reporting import report
from omnibase.model.events import Interrupted, Outcome, RunEnded, RunStarted, TaskEnded
from omnibase.model.plan import Edge, KeepGoing, Plan
from omnibase.model.result import Cause, Status
from tests.core.simulator import HEADER
from tests.core.stepping import Scheduler, component, tasks, with_task

KILLED = Outcome(0, signal=9, cause=Cause.SIGNAL, reason="ended by SIGKILL")


def standing_by(count: int = 2, **fields: object) -> Plan:
    """The last task stands by for the first one."""
    plan = with_task(tasks(count, **fields), 0, fallback=count - 1)
    return with_task(plan, count - 1, standby=True)


def test_what_stands_by_does_not_run_where_it_is_not_called_upon() -> None:
    run = Scheduler(standing_by())
    assert run.started == [(0, (0,))]
    run.end(0)
    assert run.started == []
    assert run.verdict(1) == (Status.SKIP, Cause.NOT_NEEDED, "it was not called upon")
    assert len(run.told(RunEnded)) == 1


def test_a_finding_calls_upon_nobody() -> None:
    run = Scheduler(standing_by())
    run.end(0, exit_code=1)
    assert run.started == []
    assert run.results[0].status is Status.FAIL


def test_a_component_without_a_verdict_ends_with_that_of_its_fallback() -> None:
    run = Scheduler(standing_by())
    run.end(0, KILLED)
    assert run.results == {}
    assert run.started == [(1, (1,))]
    run.end(1, at=2.0)
    assert run.results[0].status is Status.PASS
    assert run.results[0].marked == ("fallback",)
    assert run.results[0].reason == "no verdict of its own (ended by SIGKILL): c1 stood in"


def test_what_needs_the_component_waits_for_its_fallback() -> None:
    run = Scheduler(standing_by(3, edges=(Edge(0, 1),)))
    run.end(0, KILLED)
    assert run.started == [(2, (2,))]
    run.end(2, at=2.0)
    assert run.started == [(1, (1,))]


def test_a_fallback_that_fails_fails_the_component_once() -> None:
    run = Scheduler(standing_by(3, edges=(Edge(0, 1),), keep_going=KeepGoing.NEVER))
    run.end(0, KILLED)
    run.end(2, exit_code=1, at=2.0)
    assert run.results[0].status is Status.FAIL
    assert run.verdict(1)[:2] == (Status.SKIP, Cause.FAIL_FAST)


def test_several_components_share_one_fallback() -> None:
    run = Scheduler(with_task(standing_by(3), 1, fallback=2))
    run.end(0, KILLED)
    assert run.started == [(2, (2,))]
    run.end(2, at=2.0)
    run.end(1, KILLED._replace(task=1), at=3.0)
    assert run.started == []
    assert [run.results[task].marked for task in (0, 1)] == [("fallback",), ("fallback",)]


def test_a_fallback_may_have_a_fallback() -> None:
    plan = with_task(with_task(standing_by(3), 0, fallback=1), 1, fallback=2, standby=True)
    run = Scheduler(plan)
    run.end(0, KILLED)
    assert run.started == [(1, (1,))]
    run.end(1, KILLED._replace(task=1), at=2.0)
    assert run.started == [(2, (2,))]
    run.end(2, at=3.0)
    assert run.results[0].status is Status.PASS


def test_a_chain_that_is_not_called_upon_ends_as_a_whole() -> None:
    plan = with_task(with_task(standing_by(3), 0, fallback=1), 1, fallback=2, standby=True)
    run = Scheduler(plan)
    run.end(0)
    assert [run.results[task].cause for task in (1, 2)] == [Cause.NOT_NEEDED, Cause.NOT_NEEDED]
    assert len(run.told(RunEnded)) == 1


def test_a_fallback_that_runs_anyway_is_not_run_twice() -> None:
    run = Scheduler(with_task(tasks(2), 0, fallback=1))
    assert run.started == [(0, (0,)), (1, (1,))]
    run.end(0, KILLED)
    assert run.results == {}
    run.end(1, at=2.0)
    assert run.results[0].marked == ("fallback",)
    assert run.results[1].marked == ()


def test_an_interrupt_does_not_wait_for_a_fallback() -> None:
    run = Scheduler(standing_by())
    run.end(0, KILLED)
    run.feed(Interrupted(1.5, 2))
    assert run.verdict(0) == (Status.FAIL, Cause.SIGNAL, "ended by SIGKILL")
    run.end(1, Outcome(1, cause=Cause.INTERRUPTED, reason="interrupted"), at=1.6)
    assert len(run.told(RunEnded)) == 1


def test_a_task_with_neither_verdict_nor_fallback_left_may_be_degraded() -> None:
    plan = standing_by()
    run = Scheduler(with_task(plan, 0, component=component(0, degraded=True)))
    run.end(0, KILLED)
    run.end(1, KILLED._replace(task=1), at=2.0)
    assert run.results[0].status is Status.WARN
    assert run.results[0].marked == ("degraded",)


def test_what_stands_by_is_no_line_of_the_report() -> None:
    plan = standing_by()
    run = Scheduler(plan)
    run.end(0, KILLED)
    run.end(1, exit_code=1, at=2.0)
    made = report([RunStarted(0.0, HEADER, plan), *run.told(TaskEnded), *run.told(RunEnded)])
    assert [entry.name for entry in made.results] == ["c0"]
    assert (made.status, made.exit_code) == (Status.FAIL, 1)
    assert made.plan is not None
    assert made.plan.tasks == 1
