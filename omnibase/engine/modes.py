"""How a plan is carried out: a row for each mode."""

from omnibase.model.context import Mode
from omnibase.model.record import Record


class ModeRow(Record):
    """`executor` replaces every batch's own; `parallel` lets several batches run at once.

    With `retry`, attempts that fail in passing are made again; with `meter`, what each attempt takes of the machine is
    measured, and every component has batches of its own. What does not `write` leaves no trace.
    """

    executor: str | None = None
    parallel: bool = False
    retry: bool = True
    writes: bool = True
    meter: bool = False


MODES = {
    Mode.SYNC: ModeRow(),
    Mode.ASYNC: ModeRow(parallel=True),
    Mode.DRY_RUN: ModeRow(executor="nothing", retry=False, writes=False),
    Mode.PROFILE: ModeRow(retry=False, meter=True),
}
