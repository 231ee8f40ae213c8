"""Batches of a dry run: nothing is started, but pure fixers, which are asked what they would change."""

import os

from omnibase.executors.following import Following
from omnibase.executors.invoking import invocation, program_of
from omnibase.executors.settled import Settled
from omnibase.model.component import Command, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Executor, Running, Share
from omnibase.model.result import Cause


class NothingExecutor:
    """Answers each batch with what it would do. `fixers` runs passes of fixers, whose terms let them write nothing."""

    def __init__(self, fixers: Executor | None = None) -> None:
        self._fixers = fixers

    def start(self, assignment: Assignment) -> Running:
        if self._fixers is not None and isinstance(assignment.shares[0].component.work, PythonCall) and assignment.fix:
            return Following(self._fixers.start(assignment), _would_fix)
        return Settled(tuple(_would(share, assignment) for share in assignment.shares))

    def close(self) -> None:
        if self._fixers is not None:
            self._fixers.close()


def _would_fix(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """What a fixer comes to in a preview is no verdict, unless it failed."""
    return tuple(
        one if one.cause is not None else one._replace(cause=Cause.DRY_RUN, reason="would fix") for one in outcomes
    )


def _would(share: Share, assignment: Assignment) -> Outcome:
    if not isinstance(share.component.work, Command):
        doing = "mend" if assignment.fix else "run"
        reason = f"would {doing} {share.component.work.module}:{share.component.work.function}"
        return Outcome(share.task, cause=Cause.DRY_RUN, reason=reason)
    stem = os.path.join(assignment.place.scratch, share.component.name) if assignment.place.scratch else None
    call = invocation(share, assignment.place, stem)
    program = program_of(call, assignment.place)
    outcome = Outcome(share.task, cause=Cause.DRY_RUN, command=call.argv, program=program.path)
    if program.path is None:
        return outcome._replace(reason=f"would be skipped: {program.reason}", remedy=program.remedy)
    return outcome._replace(reason="would run")
