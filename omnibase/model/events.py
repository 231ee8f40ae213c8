"""The facts of a run, each with its time: seconds since the run started.

Stimuli are what the world reports; decisions are what the scheduler makes of them. Both are in the journal, in
the order in which they happened, so that the stimuli give the same decisions again.
"""

from collections.abc import Mapping
from typing import Any

from omnibase.model.plan import Plan
from omnibase.model.record import Record
from omnibase.model.report import RunHeader
from omnibase.model.result import (
    Attempt,
    Call,
    Cause,
    Finding,
    Output,
    Part,
    Patch,
    Preview,
    Result,
    Seen,
    Status,
    Usage,
)

Json = Any


class Outcome(Record):
    """What one batch came to for one task.

    `served` is False where the batch ended before it reached the task, through no fault of the task's.
    `status` is the component's own verdict where it gives one; else `exit_code`, `signal` and `cause` decide.
    `transient` says why it failed in passing, where the executor knows. `duration` is in seconds. `calls` are those
    inside the component that were tried again or not let through. `changed_files` hold what it changed; `staged_files`
    are those that were staged, too. `usage` is known in profile mode, `previews` in a dry run.
    """

    task: int
    served: bool = True
    exit_code: int | None = None
    signal: int | None = None
    status: Status | None = None
    cause: Cause | None = None
    reason: str | None = None
    remedy: str | None = None
    transient: str | None = None
    findings: tuple[Finding, ...] = ()
    parts: tuple[Part, ...] = ()
    value: Json = None
    output: Output | None = None
    command: tuple[str, ...] | None = None
    program: str | None = None
    changed_files: tuple[str, ...] = ()
    staged_files: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    seen: Seen | None = None
    calls: tuple[Call, ...] = ()
    duration: float = 0.0
    usage: Usage | None = None
    previews: tuple[Preview, ...] = ()


class RunStarted(Record):
    """Promises a `TaskEnded` for every task of the plan and a `RunEnded`."""

    at: float
    header: RunHeader
    plan: Plan


class BatchEnded(Record):
    at: float
    batch: int
    outcomes: tuple[Outcome, ...]


class Answered(Record):
    """The answer to an `Ask` with the same `question`; `problem` says why there is none, or what a hook had."""

    at: float
    question: str
    task: int | None = None
    answer: Json = None
    problem: str | None = None
    hook: int | None = None


class TimerFired(Record):
    """The moment that a `WaitUntil` with the same `timer` and `key` named has come."""

    at: float
    timer: str
    key: int = 0


class Interrupted(Record):
    """A signal that asks for the end arrived."""

    at: float
    signal: int


class BatchStarted(Record):
    """Decision: the batch holds a slot from now on, for these tasks."""

    at: float
    batch: int
    tasks: tuple[int, ...]


class AttemptStarted(Record):
    """Decision: the task is tried. `why` says why it is tried again."""

    at: float
    task: int
    number: int
    why: str | None = None


class AttemptFailed(Record):
    """Decision: the attempt failed in passing, and the next one begins at `again`. The last one is in the result."""

    at: float
    task: int
    attempt: Attempt
    again: float


class TaskEnded(Record):
    at: float
    task: int
    result: Result


class Noticed(Record):
    """Something the user should know that is no task's result."""

    at: float
    message: str


class RunEnded(Record):
    """All promises are kept. `signal` is the one that ended the run early; `metrics` are counts."""

    at: float
    signal: int | None = None
    metrics: Mapping[str, Json] = {}


Stimulus = RunStarted | BatchEnded | Answered | TimerFired | Interrupted
Decision = BatchStarted | AttemptStarted | AttemptFailed | TaskEnded | Noticed | RunEnded
Event = Stimulus | Decision
