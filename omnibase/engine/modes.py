"""How a plan is carried out: a row for each mode."""

from omnibase.model.context import Mode
from omnibase.model.record import Record


class ModeRow(Record):
    """`executor` replaces every batch's own; `parallel` lets several batches run at once."""

    executor: str | None
    parallel: bool
    writes: bool = True


MODES = {
    Mode.SYNC: ModeRow(executor=None, parallel=False),
    Mode.ASYNC: ModeRow(executor=None, parallel=True),
    Mode.DRY_RUN: ModeRow(executor="nothing", parallel=False, writes=False),
}
