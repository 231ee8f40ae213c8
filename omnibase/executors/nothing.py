"""Batches of a dry run: what would be started is shown, and nothing is."""

import os

from omnibase.executors.command import invocation
from omnibase.executors.programs import find, search_path
from omnibase.executors.settled import Settled
from omnibase.model.component import Command
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Running, Share
from omnibase.model.result import Cause


class NothingExecutor:
    """Answers each batch with what it would do."""

    def start(self, assignment: Assignment) -> Running:
        return Settled(tuple(_would(share, assignment) for share in assignment.shares))

    def close(self) -> None:
        """Nothing is held."""


def _would(share: Share, assignment: Assignment) -> Outcome:
    if not isinstance(share.component.work, Command):
        doing = "mend" if assignment.fix else "run"
        reason = f"would {doing} {share.component.work.module}:{share.component.work.function}"
        return Outcome(share.task, cause=Cause.DRY_RUN, reason=reason)
    stem = os.path.join(assignment.place.scratch, share.component.name) if assignment.place.scratch else None
    call = invocation(share, assignment.place, stem)
    program = find(call.argv[0], search_path(assignment.place.root, assignment.place.env), call.cwd)
    outcome = Outcome(share.task, cause=Cause.DRY_RUN, command=call.argv, program=program.path)
    if program.path is None:
        return outcome._replace(reason=f"would be skipped: {program.reason}", remedy=program.remedy)
    return outcome._replace(reason="would run")
