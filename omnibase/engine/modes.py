"""How a plan is carried out: a row for each mode."""

from typing import NamedTuple

from omnibase.model.context import Mode


class ModeRow(NamedTuple):
    """`executor` replaces every batch's own; `parallel` lets several batches run at once."""

    executor: str | None
    parallel: bool
    writes: bool = True


MODES = {
    Mode.SYNC: ModeRow(executor=None, parallel=False),
    Mode.ASYNC: ModeRow(executor=None, parallel=True),
    Mode.DRY_RUN: ModeRow(executor="nothing", parallel=False, writes=False),
}
