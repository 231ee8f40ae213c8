"""How workers end, and what outcomes that makes."""

from collections.abc import Callable
from typing import Any

from omnibase.core.encoding import decode
from omnibase.core.redaction import visible
from omnibase.executors.capture import Capture
from omnibase.executors.ending import signal_name
from omnibase.executors.failing import BUSY, last_words
from omnibase.executors.python.context import ContextJob
from omnibase.executors.python.passes import PassJob
from omnibase.model.events import Outcome
from omnibase.model.record import Record
from omnibase.model.result import Call, Cause, Status

Json = Any


class WorkerEnd(Record):
    """How a worker ended: its answer, or its exit code (negative for a signal; None where its zygote died, too).

    `doing` and `at` are what it noted last, counted from 1; `duration` is in seconds. `broken` is what it was ended
    for, `refused` says what the system lacked to start it.
    """

    answer: Json
    status: int | None
    doing: int
    at: int
    cancelled: Cause | None
    capture: Capture
    duration: float = 0.0
    broken: tuple[Cause, str] | None = None
    refused: str | None = None
    calls: tuple[tuple[int, Call], ...] = ()  # and of which component, counted from 1


Interpret = Callable[[WorkerEnd], tuple[Outcome, ...]]


def of_context(job: ContextJob) -> Interpret:
    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        answered = end.answer is not None and end.cancelled is None and end.broken is None
        outcome = decode(Outcome, end.answer[0]) if answered else _blamed(job.task, end, "")
        calls = tuple(call for _, call in end.calls)
        return (outcome._replace(output=end.capture.output(), duration=end.duration, calls=calls),)

    return interpret


def of_pass(job: PassJob) -> Interpret:
    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        outcomes = without_calls(end)
        if not end.calls:
            return outcomes
        made: dict[int, list[Call]] = {}
        for position, call in end.calls:
            made.setdefault(position, []).append(call)
        return tuple(
            outcome._replace(calls=tuple(made.get(position, ()))) for position, outcome in enumerate(outcomes, start=1)
        )

    def without_calls(end: WorkerEnd) -> tuple[Outcome, ...]:
        if end.answer is not None and end.cancelled is None and end.broken is None:
            return tuple(decode(Outcome, outcome) for outcome in end.answer)
        if end.answer is not None and end.broken is None and job.write is not None:
            # It was asked to stop and has ended the file that it had begun: what it changed by then has to be told.
            told = [decode(Outcome, outcome) for outcome in end.answer]
            return tuple(one._replace(cause=end.cancelled, reason=_blamed(one.task, end, "").reason) for one in told)
        # Only the check that was at work is to blame; the others are served by another worker, without it.
        path = job.files[end.at - 1][0] if 0 < end.at <= len(job.files) else ""
        return tuple(
            _blamed(check.task, end, path)._replace(output=end.capture.output(), duration=end.duration)
            if end.doing in (0, position)
            else Outcome(check.task, served=False, cause=end.cancelled or Cause.CRASHED)
            for position, check in enumerate(job.checks, start=1)
        )

    return interpret


def _blamed(task: int, end: WorkerEnd, path: str) -> Outcome:
    at = f" at {visible(path)}" if path else ""
    if end.broken is not None:
        cause, reason = end.broken
        return Outcome(task, status=Status.FAIL, cause=cause, reason=f"{reason}{at}")
    if end.cancelled is Cause.TIMEOUT:
        reason = f"no verdict in the time allowed{at}{last_words(end.capture)}"
        return Outcome(task, cause=Cause.TIMEOUT, reason=reason)
    if end.cancelled is Cause.RUN_TIMEOUT:
        reason = f"no verdict in the time allowed for the run{at}{last_words(end.capture)}"
        return Outcome(task, cause=Cause.RUN_TIMEOUT, reason=reason)
    if end.cancelled is not None:
        return Outcome(task, cause=end.cancelled, reason=f"interrupted{at}")
    if end.status is not None and end.status < 0:
        reason = f"its worker was ended by {signal_name(-end.status)}{at}"
        return Outcome(task, status=Status.FAIL, signal=-end.status, cause=Cause.CRASHED, reason=reason)
    reason = f"its worker ended without an answer{at}"
    return Outcome(task, status=Status.FAIL, cause=Cause.CRASHED, reason=reason, transient=end.refused)


def refused(error: OSError) -> WorkerEnd:
    """The end of a worker that could not be started."""
    capture = Capture(None)
    return WorkerEnd(None, None, 0, 0, None, capture, refused=feed_refusal(capture, error))


def feed_refusal(capture: Capture, error: OSError) -> str | None:
    """Say so in its output; the words, where the system may have room for it later."""
    capture.stderr.feed(f"its worker could not be started: {error.strerror}".encode())
    return error.strerror if error.errno in BUSY else None
