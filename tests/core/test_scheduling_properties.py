"""What holds for every run, whatever the plan and whatever happens when."""

import json
from collections.abc import Callable
from random import Random

from hypothesis import given, note
from hypothesis import strategies as st

from omnibase.core.encoding import decode, encode
from omnibase.core.outcome import is_failure
from omnibase.core.reporting import report
from omnibase.core.scheduling import LOAD_IDLE, MEMORY_SHORT, SLOTS_FACTOR, STEP, STEP_FAILED, State, step
from omnibase.model.commands import Ask, CancelBatch, StartBatch, Tell, WaitUntil
from omnibase.model.events import (
    Answered,
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    Interrupted,
    RunEnded,
    Stimulus,
    TaskEnded,
    TimerFired,
)
from omnibase.model.plan import Batch, EdgeKind, KeepGoing, Task
from omnibase.model.result import Cause, Status
from tests.core.plans import random_plan
from tests.core.simulator import Habits, Run, is_stop, play

HARMLESS = (Cause.NO_FILES, Cause.USER_SKIP, Cause.DRY_RUN)
RUNS = 12  # for each example: to draw one costs more than to run it
CALM = Habits()
STORMY = Habits(fails=0.3, dies=0.3, interrupts=3)
DEADLY = Habits(fails=0.1, dies=0.7)
STEADY = Habits(passing=0.0)  # nothing is tried again


def over_runs(*keep_going: KeepGoing, habits: Habits = STORMY) -> Callable[[Callable[[Run], None]], Callable[[], None]]:
    """Make a test of what holds for a run: over any plans with one of these policies, and whatever happens."""

    def decorate(check: Callable[[Run], None]) -> Callable[[], None]:
        def test(tasks: int, seed: int) -> None:
            for number in range(seed, seed + RUNS):
                random = Random(number)
                plan = random_plan(random, tasks, keep_going or tuple(KeepGoing))
                try:
                    check(play(plan, random, habits))
                except Exception:
                    note(f"the run is that of Random({number})")
                    raise

        test.__name__ = check.__name__  # it is part of what hypothesis begins with, so that no two tests see the same
        return given(st.integers(0, 9), st.integers(0, 2**32))(test)

    return decorate


def starts(commands: tuple[object, ...]) -> set[int]:
    return {command.batch for command in commands if isinstance(command, StartBatch)}


def is_attempt_timeout(stimulus: Stimulus) -> bool:
    return isinstance(stimulus, TimerFired) and stimulus.timer in ("attempt", "deadline", "batch")


def is_plain(run: Run) -> bool:
    """Whether nothing but edges and slots decides what runs."""
    plain = not run.plan.hooks and not run.plan.guarded and not any(task.standby for task in run.plan.tasks)
    plain = plain and run.plan.breakpoints is None and all(is_modest(batch) for batch in run.plan.batches)
    return plain and not run.stopped and not any(is_attempt_timeout(stimulus) for stimulus in run.stimuli)


def is_modest(batch: Batch) -> bool:
    return batch.cost == 1 and not batch.exclusive and not batch.resources


def shown(run: Run) -> list[Task]:
    return [task for task in run.plan.tasks if not task.standby]


def standing_by(run: Run) -> set[int]:
    return {index for index, task in enumerate(run.plan.tasks) if task.standby}


def barred(run: Run) -> set[int]:
    """The tasks that may not run, from what became of those that they need."""
    found: set[int] = set()
    for _ in run.plan.tasks:
        for edge in run.plan.edges:
            result = run.results[edge.before]
            bad = is_failure(result, required=run.plan.tasks[edge.before].component.required) or (
                result.status is Status.SKIP and result.cause not in HARMLESS
            )
            if edge.kind is EdgeKind.NEEDS and (bad or edge.before in found):
                found.add(edge.after)
    return found


@over_runs()
def test_every_run_ends_and_so_does_each_of_its_tasks_once(run: Run) -> None:
    told = [command.event for command in run.commands if isinstance(command, Tell)]
    ended = [event.task for event in told if isinstance(event, TaskEnded)]
    assert sorted(ended) == list(range(len(run.plan.tasks)))
    assert [type(event) for event in told].count(RunEnded) == 1
    assert isinstance(told[-1], RunEnded)


@over_runs(habits=Habits(forgets=0.3, dies=0.3, interrupts=1))
def test_a_run_ends_although_an_executor_forgets_tasks(run: Run) -> None:
    assert len(run.results) == len(run.plan.tasks)


@over_runs()
def test_no_task_starts_before_all_that_it_comes_after_has_ended(run: Run) -> None:
    ended: set[int] = set()
    for command in run.commands:
        if isinstance(command, StartBatch):
            for edge in run.plan.edges:
                assert edge.after not in command.tasks or edge.before in ended
        elif isinstance(command, Tell) and isinstance(command.event, TaskEnded):
            ended.add(command.event.task)


@over_runs()
def test_never_more_batches_run_than_there_are_slots(run: Run) -> None:
    slots = run.plan.slots
    for turn in run.turns:
        stimulus = turn.stimulus
        load = stimulus.answer if isinstance(stimulus, Answered) and stimulus.question == "load" else {}
        idle = run.plan.adaptive and (load.get("idle") or 0.0) > LOAD_IDLE
        assert 1 <= turn.slots <= max(slots * 2 if idle else slots, run.plan.slots)
        assert turn.slots >= slots or (load.get("memory") or 1.0) < MEMORY_SHORT
        assert turn.slots <= run.plan.slots * SLOTS_FACTOR
        slots = turn.slots
        left = turn.running - ({stimulus.batch} if isinstance(stimulus, BatchEnded) else set())
        started = starts(turn.commands)
        taken = sum(min(run.plan.batches[batch].cost, run.plan.slots) for batch in left | started)
        assert not started or taken <= slots or len(left | started) == 1


@over_runs()
def test_never_more_of_a_resource_is_taken_than_there_is(run: Run) -> None:
    for turn in run.turns:
        left = turn.running - ({turn.stimulus.batch} if isinstance(turn.stimulus, BatchEnded) else set())
        taken = sum(run.plan.batches[batch].resources.get("database", 0) for batch in left | starts(turn.commands))
        assert taken <= run.plan.resources["database"]


@over_runs()
def test_what_is_to_be_alone_is(run: Run) -> None:
    for turn in run.turns:
        left = turn.running - ({turn.stimulus.batch} if isinstance(turn.stimulus, BatchEnded) else set())
        going = left | starts(turn.commands)
        assert len(going) < 2 or not any(run.plan.batches[batch].exclusive for batch in going)


@over_runs()
def test_nothing_starts_while_a_person_is_asked_and_nobody_is_asked_twice_at_once(run: Run) -> None:
    asking = False
    for turn in run.turns:
        if isinstance(turn.stimulus, Answered) and turn.stimulus.question in (STEP, STEP_FAILED):
            asking = False
        for command in turn.commands:
            if isinstance(command, Ask) and command.question in (STEP, STEP_FAILED):
                assert not asking
                asking = True
            assert not (asking and isinstance(command, StartBatch))


@over_runs(KeepGoing.INDEPENDENT, KeepGoing.ALWAYS, habits=STEADY)
def test_no_slot_is_empty_while_a_batch_could_run(run: Run) -> None:
    if not is_plain(run) or any(task.fallback is not None for task in run.plan.tasks):
        return
    ended: set[int] = set()
    running: set[int] = set()
    served: set[tuple[int, int]] = set()
    for turn in run.turns:
        if isinstance(turn.stimulus, BatchEnded):
            running.remove(turn.stimulus.batch)
            outcomes = turn.stimulus.outcomes
            reached = any(outcome.served for outcome in outcomes)
            served |= {(turn.stimulus.batch, outcome.task) for outcome in outcomes if outcome.served or not reached}
        running |= starts(turn.commands)
        told = [command.event for command in turn.commands if isinstance(command, Tell)]
        ended |= {event.task for event in told if isinstance(event, TaskEnded)}
        waiting = {edge.after for edge in run.plan.edges if edge.before not in ended}
        for number, batch in enumerate(run.plan.batches):
            alive = {span.task for span in batch.spans} - ended
            unserved = {task for task in alive if (number, task) not in served}
            assert len(running) == turn.slots or number in running or not unserved or alive & waiting


@over_runs()
def test_a_batch_runs_again_only_when_it_has_ended_and_for_whom_it_did_not_serve_or_who_is_tried_again(
    run: Run,
) -> None:
    running: set[int] = set()
    wanted = [{span.task for span in batch.spans} for batch in run.plan.batches]
    for turn in run.turns:
        if isinstance(turn.stimulus, BatchEnded):
            running.remove(turn.stimulus.batch)
            outcomes = turn.stimulus.outcomes
            wanted[turn.stimulus.batch] |= {outcome.task for outcome in outcomes if not outcome.served}
        for command in turn.commands:
            if isinstance(command, Tell) and isinstance(command.event, AttemptFailed):
                for batch in run.plan.tasks[command.event.task].batches:
                    wanted[batch].add(command.event.task)
            if isinstance(command, StartBatch):
                assert command.batch not in running
                assert set(command.tasks) - run.by_hand <= wanted[command.batch]
                running.add(command.batch)
                wanted[command.batch] -= set(command.tasks)


@over_runs(KeepGoing.INDEPENDENT, KeepGoing.ALWAYS, habits=DEADLY)
def test_when_a_worker_dies_those_that_it_did_not_reach_are_served_by_another(run: Run) -> None:
    if run.stopped or any(is_attempt_timeout(stimulus) for stimulus in run.stimuli):
        return
    again: dict[int, set[int]] = {}
    for turn in run.turns:
        for command in turn.commands:
            if isinstance(command, StartBatch) and command.batch in again:
                assert set(command.tasks) >= again.pop(command.batch)
        if isinstance(turn.stimulus, BatchEnded):
            left = {outcome.task for outcome in turn.stimulus.outcomes if not outcome.served}
            if 0 < len(left) < len(turn.stimulus.outcomes) and turn.stimulus.batch not in starts(turn.commands):
                again[turn.stimulus.batch] = left
    assert not again


@over_runs()
def test_no_batch_starts_for_an_attempt_that_is_out_of_time(run: Run) -> None:
    late: set[int] = set()
    began: dict[int, float] = {}
    for turn in run.turns:
        stimulus = turn.stimulus
        if isinstance(stimulus, TimerFired) and stimulus.timer == "attempt" and stimulus.key in began:
            timeout = run.plan.tasks[stimulus.key].timeout
            late |= {stimulus.key} if timeout and stimulus.at >= began[stimulus.key] + timeout else set()
        for command in turn.commands:
            if isinstance(command, Tell) and isinstance(command.event, AttemptStarted):
                late.discard(command.event.task)
                began[command.event.task] = command.event.at
            assert not (isinstance(command, StartBatch) and late & set(command.tasks))


@over_runs()
def test_after_an_interrupt_or_the_run_s_timeout_nothing_starts(run: Run) -> None:
    stopped = False
    for turn in run.turns:
        stopped |= is_stop(turn.stimulus)
        assert not (stopped and starts(turn.commands))


@over_runs()
def test_an_interrupt_cancels_all_that_runs_and_a_further_one_by_force(run: Run) -> None:
    heard = 0
    for turn in run.turns:
        if isinstance(turn.stimulus, Interrupted):
            expected = {CancelBatch(batch, Cause.INTERRUPTED, force=heard > 0) for batch in turn.running}
            assert {command for command in turn.commands if isinstance(command, CancelBatch)} == expected
        heard += is_stop(turn.stimulus) and not isinstance(turn.stimulus, TimerFired)


@over_runs()
def test_the_run_s_timeout_cancels_all_that_runs(run: Run) -> None:
    interrupted = False
    for turn in run.turns:
        if isinstance(turn.stimulus, TimerFired) and is_stop(turn.stimulus):
            expected = set() if interrupted else {CancelBatch(batch, Cause.RUN_TIMEOUT) for batch in turn.running}
            assert {command for command in turn.commands if isinstance(command, CancelBatch)} == expected
        interrupted |= is_stop(turn.stimulus) and not isinstance(turn.stimulus, TimerFired)


@over_runs(KeepGoing.INDEPENDENT, habits=CALM)
def test_all_runs_but_what_is_left_out_or_needs_what_failed(run: Run) -> None:
    if not run.stopped and not run.plan.guarded and not run.vetoed and run.plan.breakpoints is None:
        wanted = {index for index, task in enumerate(run.plan.tasks) if task.left_out is None and not task.standby}
        assert run.ran - standing_by(run) == wanted - barred(run)
        for task in wanted & barred(run):
            assert (run.results[task].status, run.results[task].cause) == (Status.SKIP, Cause.DEPENDENCY)
            assert run.results[task].reason


@over_runs(KeepGoing.ALWAYS, habits=CALM)
def test_with_always_all_runs_but_what_is_left_out(run: Run) -> None:
    if not run.stopped and not run.plan.guarded and not run.vetoed and run.plan.breakpoints is None:
        wanted = {index for index, task in enumerate(run.plan.tasks) if task.left_out is None and not task.standby}
        assert run.ran - standing_by(run) == wanted


@over_runs(KeepGoing.NEVER)
def test_with_never_nothing_starts_after_a_failure_and_what_runs_may_end(run: Run) -> None:
    failed = False
    for turn in run.turns:
        for command in turn.commands:
            if isinstance(command, Tell) and isinstance(command.event, TaskEnded):
                task = run.plan.tasks[command.event.task]
                failed |= is_failure(command.event.result, required=task.component.required) and not task.standby
            assert not (failed and isinstance(command, StartBatch))
            assert not (isinstance(command, CancelBatch) and command.cause is Cause.FAIL_FAST)


@over_runs(KeepGoing.NEVER, habits=Habits(fails=0.3, dies=0.5))
def test_with_never_only_what_ran_can_have_failed(run: Run) -> None:
    for task, result in run.results.items():
        if not run.stopped and task not in run.ran and "fallback" not in result.marked:
            assert result.status is Status.SKIP or "degraded" in result.marked
    for stimulus in run.stimuli:
        if isinstance(stimulus, BatchEnded):
            for outcome in stimulus.outcomes:
                result = run.results[outcome.task]
                if not outcome.served and not result.attempts and "fallback" not in result.marked:
                    assert run.results[outcome.task].cause in (Cause.FAIL_FAST, Cause.TIMEOUT, Cause.RUN_TIMEOUT)


@over_runs()
def test_what_is_left_out_has_the_reason_that_it_was_planned_with(run: Run) -> None:
    for index, task in enumerate(run.plan.tasks):
        if task.left_out is not None:
            result = run.results[index]
            assert (result.status, result.cause, result.reason) == (Status.SKIP, *task.left_out)
            assert index not in run.ran


@over_runs()
def test_every_skip_and_every_missing_verdict_has_a_reason(run: Run) -> None:
    for result in run.results.values():
        assert result.reason or result.status not in (Status.SKIP, Status.TIME)


@over_runs()
def test_attempts_are_told_of_in_order_before_their_batches_and_the_counts_are_right(run: Run) -> None:
    told: dict[int, int] = {}
    for event in run.events:
        if isinstance(event, AttemptStarted):
            assert event.number == told.get(event.task, 0) + 1
            told[event.task] = event.number
        elif isinstance(event, BatchStarted):
            assert set(event.tasks) <= set(told)
    assert set(told) == run.ran
    assert {task for task, result in run.results.items() if result.attempts} <= run.ran
    ended = run.events[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.metrics["attempts"], ended.metrics["batches"]) == (sum(told.values()), len(run.starts))
    assert ended.metrics["retries"] == sum(number - 1 for number in told.values())


@over_runs()
def test_each_limit_has_its_timer(run: Run) -> None:
    plan = run.plan
    for turn in run.turns:
        waits = [command for command in turn.commands if isinstance(command, WaitUntil) and command.timer != "load"]
        told = [command.event for command in turn.commands if isinstance(command, Tell)]
        begun = [event for event in told if isinstance(event, AttemptStarted)]
        at = turn.stimulus.at
        expected = [
            WaitUntil(at + timeout, "batch", batch)
            for batch in starts(turn.commands)
            if (timeout := plan.batches[batch].timeout) is not None
        ]
        expected += [
            WaitUntil(at + timeout, "attempt", event.task)
            for event in begun
            if (timeout := plan.tasks[event.task].timeout) is not None
        ]
        expected += [
            WaitUntil(at + deadline, "deadline", event.task)
            for event in begun
            if event.number == 1 and (deadline := plan.tasks[event.task].deadline) is not None
        ]
        expected += [WaitUntil(event.again, "retry", event.task) for event in told if isinstance(event, AttemptFailed)]
        expected += [WaitUntil(plan.timeout, "run")] if turn is run.turns[0] and plan.timeout is not None else []
        assert sorted(waits) == sorted(expected)


@over_runs()
def test_what_happens_after_the_end_changes_nothing(run: Run) -> None:
    state = State(run.plan)
    for stimulus in run.stimuli:
        step(state, stimulus)
    assert state.finished
    assert [step(state, stimulus) for stimulus in run.late] == [[] for _ in run.late]


@over_runs()
def test_the_same_events_give_the_same_decisions(run: Run) -> None:
    state = State(run.plan)
    assert [tuple(step(state, turn.stimulus)) for turn in run.turns] == [turn.commands for turn in run.turns]


@over_runs()
def test_a_record_of_the_run_gives_the_same_report_and_the_same_decisions(run: Run) -> None:
    lines = [json.dumps(encode(event, Event)) for event in run.events]
    read = [decode(Event, json.loads(line)) for line in lines]
    assert report(read) == report(run.events)
    state = State(read[0].plan)
    assert [command for event in read if isinstance(event, Stimulus) for command in step(state, event)] == run.commands


@over_runs()
def test_a_report_has_every_task_and_fails_when_one_does(run: Run) -> None:
    made = report(run.events)
    assert [entry.name for entry in made.results] == [task.component.name for task in shown(run)]
    signals = [getattr(one, "signal", 2) for one in run.stimuli if is_stop(one) and not isinstance(one, TimerFired)]
    needed = {task: run.plan.tasks[task].component.required for task in run.results}
    hidden = standing_by(run)
    failed = any(is_failure(one, required=needed[task]) for task, one in run.results.items() if task not in hidden)
    if signals:
        assert made.exit_code == 128 + signals[0]
    else:
        assert (made.exit_code != 0) is failed


@over_runs()
def test_a_record_that_breaks_off_gives_a_report_that_is_no_success(run: Run) -> None:
    for count in range(1, len(run.events), 3):
        made = report(run.events[:count])
        assert len(made.results) == len(shown(run))
        assert made.exit_code != 0
        assert any("ends early" in notice for notice in made.notices)
