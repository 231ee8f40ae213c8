"""Breakpoints: whom the scheduler asks, when, and what follows from the answers."""

import pytest

from omnibase.core.scheduling import STEP, STEP_FAILED
from omnibase.model.commands import Ask
from omnibase.model.events import Answered, Interrupted, Outcome, RunEnded, TaskEnded
from omnibase.model.plan import Breakpoints, Edge
from omnibase.model.result import Cause, Status
from tests.core.stepping import Scheduler, tasks

EVERY = Breakpoints(every=True)
FAILURES = Breakpoints(on_failure=True)


def say(run: Scheduler, question: str, task: int, done: str) -> None:
    assert run.state.asking
    run.feed(Answered(1.0, question, task, answer={"do": done}))


def test_before_each_task_the_person_is_asked_and_nothing_starts_meanwhile() -> None:
    run = Scheduler(tasks(2, slots=1, breakpoints=EVERY))
    assert (run.asked, run.started) == ([Ask(STEP, 0)], [])
    say(run, STEP, 0, "run")
    assert run.started == [(0, (0,))]
    run.end(0)
    assert run.asked == [Ask(STEP, 1)]
    say(run, STEP, 1, "run")
    run.end(1)
    assert run.told(RunEnded)


def test_one_that_is_skipped_is_not_run_and_does_not_fail_the_run() -> None:
    run = Scheduler(tasks(2, slots=1, breakpoints=EVERY, edges=(Edge(0, 1),)))
    say(run, STEP, 0, "skip")
    assert run.verdict(0) == (Status.SKIP, Cause.USER_SKIP, "skipped at a breakpoint")
    assert run.asked == [Ask(STEP, 1)]  # what needs it runs as after any skip that was asked for


def test_who_continues_is_asked_no_more_but_at_what_was_named() -> None:
    run = Scheduler(tasks(3, slots=1, breakpoints=Breakpoints(every=True, names=("c2",))))
    say(run, STEP, 0, "continue")
    assert run.started == [(0, (0,))]
    run.end(0)
    assert run.started == [(1, (1,))]
    run.end(1)
    assert run.asked == [Ask(STEP, 2)]


def test_without_every_only_what_was_named_is_asked_about() -> None:
    run = Scheduler(tasks(2, slots=1, breakpoints=Breakpoints(names=("c1",))))
    assert run.started == [(0, (0,))]
    run.end(0, exit_code=1)
    assert run.results[0].status is Status.FAIL
    assert run.asked == [Ask(STEP, 1)]


def test_after_a_failure_another_attempt_can_be_had_and_the_first_stays_in_the_record() -> None:
    run = Scheduler(tasks(1, breakpoints=FAILURES))
    run.end(0, exit_code=3)
    assert run.asked == [Ask(STEP_FAILED, 0)]
    assert run.state.failed[0].status is Status.FAIL
    assert run.told(TaskEnded) == []
    say(run, STEP_FAILED, 0, "retry")
    assert run.started == [(0, (0,))]
    run.end(0, at=2.0)
    result = run.results[0]
    assert (result.status, [attempt.exit_code for attempt in result.attempts]) == (Status.PASS, [3, 0])
    assert result.attempts[1].why == "asked for at a breakpoint"
    assert result.marked == ("retried",)


@pytest.mark.parametrize("done", ["accept", "continue", ""])
def test_a_failure_that_is_accepted_is_the_result(done: str) -> None:
    run = Scheduler(tasks(1, breakpoints=FAILURES))
    run.end(0, exit_code=3)
    say(run, STEP_FAILED, 0, done)
    assert run.verdict(0) == (Status.FAIL, None, "exit code 3")


def test_what_passes_or_only_warns_is_not_asked_about() -> None:
    run = Scheduler(tasks(2, slots=1, breakpoints=FAILURES))
    run.end(0)
    run.end(1, Outcome(1, status=Status.WARN))
    assert run.told(RunEnded)


@pytest.mark.parametrize(("question", "done"), [(STEP, "quit"), (STEP_FAILED, "quit")])
def test_who_quits_ends_the_run_as_an_interrupt_does(question: str, done: str) -> None:
    breakpoints = EVERY if question == STEP else FAILURES
    run = Scheduler(tasks(2, slots=1, breakpoints=breakpoints))
    if question == STEP_FAILED:
        run.end(0, exit_code=1)
    say(run, question, 0, done)
    assert run.verdict(1)[1] is Cause.INTERRUPTED
    assert run.results[0].status is (Status.FAIL if question == STEP_FAILED else Status.SKIP)
    assert [event.signal for event in run.told(RunEnded)] == [2]


def test_an_interrupt_while_a_person_looks_at_a_failure_keeps_what_they_saw() -> None:
    run = Scheduler(tasks(2, slots=1, breakpoints=FAILURES))
    run.end(0, exit_code=1)
    run.feed(Interrupted(2.0, 15))
    assert run.results[0].status is Status.FAIL
    run.feed(Answered(2.1, STEP_FAILED, 0))
    assert [event.signal for event in run.told(RunEnded)] == [15]


def test_a_person_who_cannot_be_asked_is_taken_to_want_the_run_to_go_on() -> None:
    run = Scheduler(tasks(1, breakpoints=EVERY))
    run.feed(Answered(1.0, STEP, 0, problem="the terminal is gone"))
    assert run.started == [(0, (0,))]
