"""What holds for attempts, breakers, limits and fallbacks in any run over any plan, whatever happens."""

from omnibase.core.transience import counts, transience
from omnibase.model.commands import Ask, CancelBatch, StartBatch, Tell
from omnibase.model.events import (
    Answered,
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    Outcome,
    TaskEnded,
)
from omnibase.model.plan import KeepGoing
from omnibase.model.result import Cause, Status
from tests.core.simulator import Habits, Run, is_stop
from tests.core.test_scheduling_properties import over_runs

SHAKY = Habits(fails=0.2, dies=0.2, passing=0.6)
SHAKY_AND_INTERRUPTED = SHAKY._replace(interrupts=3)


def outcomes_of_attempts(run: Run) -> dict[tuple[int, int], dict[int, Outcome]]:
    """The outcomes by batch that each attempt (task, number) ended with, those of earlier attempts included."""
    found: dict[tuple[int, int], dict[int, Outcome]] = {}
    number: dict[int, int] = {}
    for event in run.events:
        if isinstance(event, AttemptStarted):
            before = found.get((event.task, event.number - 1), {})
            number[event.task] = event.number
            found[event.task, event.number] = dict(before)
        elif isinstance(event, BatchEnded):
            for outcome in event.outcomes:
                if outcome.served:
                    found[outcome.task, number[outcome.task]][event.batch] = outcome
    return found


@over_runs(habits=SHAKY_AND_INTERRUPTED)
def test_no_task_runs_twice_at_once(run: Run) -> None:
    serving: dict[int, tuple[int, ...]] = {}
    for turn in run.turns:
        if isinstance(turn.stimulus, BatchEnded):
            del serving[turn.stimulus.batch]
        for command in turn.commands:
            if isinstance(command, Tell) and isinstance(command.event, AttemptStarted):
                assert not any(command.event.task in tasks for tasks in serving.values())
            elif isinstance(command, StartBatch):
                assert command.batch not in serving
                serving[command.batch] = command.tasks


@over_runs(habits=SHAKY)
def test_only_what_is_idempotent_and_failed_in_passing_is_tried_again(run: Run) -> None:
    for (task, number), outcomes in outcomes_of_attempts(run).items():
        component = run.plan.tasks[task].component
        if (task, number + 1) not in outcomes_of_attempts(run) or task in run.by_hand:
            continue
        assert component.idempotent
        assert number < component.retry.attempts
        assert any(transience(component, outcome) for outcome in outcomes.values())
        for outcome in outcomes.values():
            assert not outcome.changed_files
            assert not (outcome.findings and outcome.exit_code == 75)
            assert outcome.cause not in (Cause.PROTOCOL, Cause.LIMIT, Cause.CHANGED_FILES)


@over_runs(KeepGoing.INDEPENDENT, KeepGoing.ALWAYS, habits=SHAKY)
def test_an_attempt_begins_no_earlier_than_its_wait_and_none_after_the_budget(run: Run) -> None:
    due: dict[int, float] = {}
    began: dict[int, float] = {}
    for event in run.events:
        if isinstance(event, AttemptStarted):
            began.setdefault(event.task, event.at)
            assert event.at >= due.pop(event.task, 0.0)
            assert (event.why is None) == (event.number == 1)
        elif isinstance(event, AttemptFailed):
            due[event.task] = event.again
            component = run.plan.tasks[event.task].component
            for limit in (component.retry.budget, component.deadline):
                assert limit is None or event.again - began[event.task] < limit


@over_runs(habits=SHAKY_AND_INTERRUPTED)
def test_the_attempts_of_a_result_are_those_that_were_told_of(run: Run) -> None:
    told: dict[int, list[float]] = {}
    for event in run.events:
        if isinstance(event, AttemptStarted):
            told.setdefault(event.task, []).append(event.at)
        elif isinstance(event, TaskEnded):
            attempts = event.result.attempts
            assert [attempt.number for attempt in attempts] == list(range(1, len(attempts) + 1))
            started = [attempt.started for attempt in attempts]
            assert started == told.get(event.task, [])[: len(started)]
            assert len(told.get(event.task, [])) - len(attempts) in (0, 1)  # one that no batch had an outcome of
            assert ("retried" in event.result.marked) <= (len(attempts) > 1)


@over_runs(habits=SHAKY_AND_INTERRUPTED)
def test_no_attempt_begins_without_leave_where_a_breaker_has_to_be_asked(run: Run) -> None:
    leave: set[int] = set()
    for turn in run.turns:
        answer = turn.stimulus
        if isinstance(answer, Answered) and answer.question == "lease" and answer.task is not None:
            if answer.answer is None or answer.answer["granted"]:
                leave.add(answer.task)
            else:
                assert answer.task not in leave
        for command in turn.commands:
            if isinstance(command, Tell) and isinstance(command.event, AttemptStarted):
                task, first = run.plan.tasks[command.event.task], command.event.number == 1
                asked = (run.plan.guarded or not first) and command.event.task not in run.by_hand
                if task.component.breaker is not None and asked:
                    assert command.event.task in leave
                leave.discard(command.event.task)


@over_runs(habits=SHAKY)
def test_each_attempt_that_counts_is_told_to_its_breaker_once(run: Run) -> None:
    asked: dict[int, int] = {}
    for command in run.commands:
        if isinstance(command, Ask) and command.question == "failed" and command.task is not None:
            asked[command.task] = asked.get(command.task, 0) + 1
    expected: dict[int, int] = {}
    attempts = outcomes_of_attempts(run)
    for (task, _), outcomes in attempts.items():
        component = run.plan.tasks[task].component
        if component.breaker is not None and any(counts(component, outcome) for outcome in outcomes.values()):
            expected[task] = expected.get(task, 0) + 1
    if not run.stopped and run.plan.keep_going is not KeepGoing.NEVER:
        assert asked == expected


@over_runs(habits=SHAKY)
def test_a_task_that_its_breaker_keeps_from_running_is_a_skip_that_says_so(run: Run) -> None:
    for task, result in run.results.items():
        if result.cause is Cause.BREAKER_OPEN:
            assert result.status is Status.SKIP or "degraded" in result.marked
            assert task not in run.ran
            assert "circuit breaker" in (result.reason or "")


@over_runs(habits=SHAKY_AND_INTERRUPTED)
def test_a_cancelled_batch_starts_again_only_for_another_attempt_or_for_others(run: Run) -> None:
    cancelled: dict[int, tuple[int, ...]] = {}
    running: dict[int, tuple[int, ...]] = {}
    tried_again: set[int] = set()
    unserved: set[tuple[int, int]] = set()
    for turn in run.turns:
        if isinstance(turn.stimulus, BatchEnded):
            batch = turn.stimulus.batch
            del running[batch]
            unserved |= {(batch, outcome.task) for outcome in turn.stimulus.outcomes if not outcome.served}
        for command in turn.commands:
            if isinstance(command, CancelBatch):
                cancelled[command.batch] = running[command.batch]
            elif isinstance(command, Tell) and isinstance(command.event, AttemptStarted) and command.event.number > 1:
                tried_again.add(command.event.task)
            elif isinstance(command, StartBatch):
                running[command.batch] = command.tasks
                for task in set(cancelled.get(command.batch, ())) & set(command.tasks):
                    assert task in tried_again or (command.batch, task) in unserved


@over_runs(habits=SHAKY_AND_INTERRUPTED)
def test_after_a_stop_no_attempt_begins_and_none_is_promised(run: Run) -> None:
    stopped = False
    for turn in run.turns:
        stopped |= is_stop(turn.stimulus)
        told = [command.event for command in turn.commands if isinstance(command, Tell)]
        assert not (stopped and any(isinstance(event, AttemptStarted | AttemptFailed) for event in told))


@over_runs(habits=SHAKY)
def test_what_stands_by_runs_only_for_a_component_without_a_verdict(run: Run) -> None:
    for index, task in enumerate(run.plan.tasks):
        if task.standby:
            callers = [run.results[one] for one, other in enumerate(run.plan.tasks) if other.fallback == index]
            called = any("fallback" in result.marked or "fallback" in (result.reason or "") for result in callers)
            assert (index in run.ran) <= (called or run.stopped or run.plan.keep_going is KeepGoing.NEVER)
            assert run.results[index].cause is Cause.NOT_NEEDED or index in run.ran or run.results[index].reason


@over_runs(habits=SHAKY)
def test_neither_a_fallback_nor_a_degraded_result_is_a_plain_pass(run: Run) -> None:
    for task, result in run.results.items():
        if task not in run.ran and run.plan.tasks[task].left_out is None and result.status is Status.PASS:
            assert "fallback" in result.marked
        if "degraded" in result.marked:
            assert result.status is Status.WARN
            assert run.plan.tasks[task].component.degraded
