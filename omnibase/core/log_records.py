"""A run's events as the records of a log: what happened when, to which component (docs/commands.md, "Logs")."""

from datetime import UTC, datetime
from typing import Any

from omnibase.core.outcome import is_failure
from omnibase.core.redaction import shown_path, visible
from omnibase.core.tracing import span_of_batch, span_of_run
from omnibase.model.events import (
    Answered,
    AttemptFailed,
    AttemptStarted,
    BatchEnded,
    BatchStarted,
    Event,
    Interrupted,
    Noticed,
    RunStarted,
    TaskEnded,
)
from omnibase.model.plan import Plan
from omnibase.model.record import Record
from omnibase.model.report import RunReport
from omnibase.model.result import Result, Status

Json = Any

DEBUG, INFO, WARNING, ERROR = "debug", "info", "warning", "error"
LEVELS = {Status.FAIL: ERROR, Status.TIME: ERROR, Status.WARN: WARNING, Status.PASS: INFO, Status.SKIP: INFO}


class _Batch(Record):
    """A batch under way: when it was started, in seconds since the run was, for which attempt and whom, as what."""

    at: float
    attempt: int
    components: list[str]
    span: str


class LogRecords:
    """Makes the records of one run. What is in them was cleared of secrets already; text is made safe to show.

    `began` is when the run was started, in seconds since 1970; `parent_id` is the span that it is in.
    """

    def __init__(self, run_id: str, correlation_id: str, began: float, parent_id: str | None = None) -> None:
        self._run_id = run_id
        self._correlation_id = correlation_id
        self._began = began
        self._parent_id = parent_id
        self._plan = Plan(())
        self._is_under_way = False
        self._attempts: dict[int, int] = {}  # by task, the number of the latest
        self._batches: dict[int, _Batch] = {}

    def of(self, event: Event) -> list[dict[str, Json]]:
        """The records of an event, in order; none where it says nothing that is worth it."""
        made: list[dict[str, Json]] = []
        match event:
            case RunStarted():
                self._began = event.header.started_at
                self._plan, self._is_under_way = event.plan, True
                made.append(self._started(event))
                made += (self._notice(event.at, WARNING, text) for text in event.header.notices)
            case Noticed():
                # Before the run starts it is said what takes long.
                made.append(self._notice(event.at, WARNING if self._is_under_way else INFO, event.message))
            case Interrupted():
                made.append(self._record(event.at, WARNING, "interrupted", signal=event.signal))
            case Answered(hook=int(index)):
                made.append(self._hook(event, index))
            case AttemptStarted():
                self._attempts[event.task] = event.number
                made.append(self._attempt_started(event))
            case AttemptFailed():
                made.append(self._attempt_failed(event))
            case BatchStarted():
                made.append(self._batch_started(event))
            case BatchEnded() if event.batch in self._batches:
                made.append(self._batch_ended(event))
            case TaskEnded():
                made.append(self._task_ended(event))
        return made

    def end(self, report: RunReport) -> dict[str, Json]:
        """The last record of the log, also of a run that could not happen."""
        error = report.error
        return self._record(
            report.finished_at - self._began,
            ERROR if report.exit_code else INFO,
            "run.ended",
            status=report.status.value if report.status is not None else None,
            exit_code=report.exit_code,
            duration_ms=_milliseconds(report.duration),
            signal=report.signal,
            message=visible(error.message) if error is not None else None,
            span_id=span_of_run(self._run_id),
        )

    # One method for each kind

    def _started(self, event: RunStarted) -> dict[str, Json]:
        header, plan = event.header, event.plan
        return self._record(
            event.at,
            INFO,
            "run.started",
            stage=shown_path(header.stage),
            mode=shown_path(header.mode),
            tasks=sum(not task.fix and not task.standby for task in plan.tasks),
            slots=plan.slots,
            strategy=plan.strategy.value,
            span_id=span_of_run(self._run_id),
            parent_id=self._parent_id,
        )

    def _notice(self, at: float, level: str, text: str) -> dict[str, Json]:
        return self._record(at, level, "notice", message=visible(text))

    def _hook(self, event: Answered, index: int) -> dict[str, Json]:
        hook = self._plan.hooks[index]
        return self._record(
            event.at,
            DEBUG,  # a problem is a notice, too
            "hook.ended",
            component=self._name(event.task) if event.task is not None else None,
            hook=visible(hook.name),
            moment=hook.moment.value,
            reason=_text(event.problem),
        )

    def _attempt_started(self, event: AttemptStarted) -> dict[str, Json]:
        return self._record(
            event.at,
            DEBUG,
            "attempt.started",
            component=self._name(event.task),
            attempt=event.number,
            reason=_text(event.why),
            fix=self._plan.tasks[event.task].fix or None,
        )

    def _attempt_failed(self, event: AttemptFailed) -> dict[str, Json]:
        attempt = event.attempt
        return self._record(
            event.at,
            WARNING,
            "attempt.failed",
            component=self._name(event.task),
            attempt=attempt.number,
            exit_code=attempt.exit_code,
            duration_ms=_milliseconds(attempt.duration),
            reason=_text(attempt.error),
            again_ms=_milliseconds(max(event.again - event.at, 0.0)),
        )

    def _batch_started(self, event: BatchStarted) -> dict[str, Json]:
        attempt = max(self._attempts.get(task, 1) for task in event.tasks)
        span = span_of_batch(self._run_id, event.batch, attempt, event.tasks)
        batch = _Batch(event.at, attempt, [self._name(task) for task in event.tasks], span)
        self._batches[event.batch] = batch
        return self._of_batch(event.at, "batch.started", event.batch, batch)

    def _batch_ended(self, event: BatchEnded) -> dict[str, Json]:
        batch = self._batches.pop(event.batch)
        codes = [outcome.exit_code for outcome in event.outcomes if outcome.exit_code is not None]
        return self._of_batch(
            event.at,
            "batch.ended",
            event.batch,
            batch,
            exit_code=max(codes, default=None),
            duration_ms=_milliseconds(event.at - batch.at),
        )

    def _of_batch(self, at: float, event: str, number: int, batch: _Batch, **more: Json) -> dict[str, Json]:
        return self._record(
            at,
            DEBUG,
            event,
            components=batch.components,
            attempt=batch.attempt,
            batch=number,
            **more,
            span_id=batch.span,
            parent_id=span_of_run(self._run_id),
        )

    def _task_ended(self, event: TaskEnded) -> dict[str, Json]:
        result, task = event.result, self._plan.tasks[event.task]
        last = result.attempts[-1] if result.attempts else None
        failed = is_failure(result, required=task.component.required)
        return self._record(
            event.at,
            ERROR if failed else LEVELS[result.status],
            "task.ended",
            component=self._name(event.task),
            attempt=last.number if last is not None else None,
            status=result.status.value,
            cause=result.cause.value if result.cause is not None else None,
            reason=_text(result.reason),
            exit_code=last.exit_code if last is not None else None,
            duration_ms=_milliseconds(_seconds(result)) if result.attempts else None,
            findings=len(result.findings) or None,
            fix=task.fix or None,
        )

    def _name(self, task: int) -> str:
        return shown_path(self._plan.tasks[task].component.name)

    def _record(self, at: float, level: str, event: str, **details: Json) -> dict[str, Json]:
        """Those of the details that there are, behind what every record has."""
        always = {
            "time": _time(self._began + at),
            "level": level,
            "run_id": shown_path(self._run_id),
            "correlation_id": shown_path(self._correlation_id),
            "event": event,
        }
        return always | {name: value for name, value in details.items() if value is not None}


def _seconds(result: Result) -> float:
    return sum(attempt.duration for attempt in result.attempts)


def _text(text: str | None) -> str | None:
    return visible(text) if text is not None else None


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000.0, 3)


def _time(seconds: float) -> str:
    """RFC 3339 in UTC with microseconds, from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
