"""Passes in this process: only for shipped checks over few bytes, which can neither hang nor crash it."""

from omnibase.executors.python import passes
from omnibase.executors.settled import Settled
from omnibase.model.ports import Assignment, Running


class InlineExecutor:
    """Done as soon as it is started. `write` names the door by which fixers' changes reach files."""

    def __init__(self, write: str) -> None:
        self._write = write

    def start(self, assignment: Assignment) -> Running:
        job = passes.job_of(assignment, self._write)
        return Settled(tuple(passes.carry_out(job, _ignore)))

    def close(self) -> None:
        """Nothing is held."""


def _ignore(_what: int, _where: int) -> None:
    """Who works in this process has no parent to tell how far it is."""
