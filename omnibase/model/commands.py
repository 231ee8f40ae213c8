"""What the scheduler wants done next. Words, not deeds: `engine/driver` carries them out."""

from omnibase.model.events import Decision
from omnibase.model.record import Record
from omnibase.model.result import Cause


class StartBatch(Record):
    """Start a batch of the plan for these of its tasks; a `BatchEnded` has to follow."""

    batch: int
    tasks: tuple[int, ...]


class CancelBatch(Record):
    """End the batch's processes: asked politely, then by force, or with `force` at once. `BatchEnded` still follows.

    `cause` is what the outcomes of the batch will have as theirs.
    """

    batch: int
    cause: Cause
    force: bool = False


class WaitUntil(Record):
    """Post `TimerFired` with this timer and key (a task or a batch) at `at` seconds since the run started."""

    at: float
    timer: str
    key: int = 0


class Ask(Record):
    """Post `Answered` with what only the world knows. `hook` is the one of the plan's that is called."""

    question: str
    task: int | None = None
    hook: int | None = None


class Tell(Record):
    """Publish a decision to the journal and the observers."""

    event: Decision


SchedulerCommand = StartBatch | CancelBatch | WaitUntil | Ask | Tell
