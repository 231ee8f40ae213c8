"""Batches of a dry run: nothing is started, but pure fixers, which are asked what they would change."""

import os
from collections.abc import Mapping

from omnibase.core.previewing import Foresight, cache_expectation
from omnibase.executors.following import Following
from omnibase.executors.invoking import Invocation, invocation, program_of, shown
from omnibase.executors.settled import Settled
from omnibase.model.component import FILES, Command, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Executor, Place, Running, Share
from omnibase.model.result import Cause, Preview


class NothingExecutor:
    """Answers each batch with what it would do. `fixers` runs passes of fixers, whose terms let them write nothing.

    Where the `plan` is known, it tells what of it would be skipped, and is given the batches in the plan's order.
    """

    def __init__(self, fixers: Executor | None = None, plan: Plan | None = None) -> None:
        self._fixers = fixers
        self._plan = plan
        self._foresight = Foresight(plan) if plan is not None else None

    def start(self, assignment: Assignment) -> Running:
        if self._fixers is not None and isinstance(assignment.shares[0].component.work, PythonCall) and assignment.fix:
            previews = {share.task: _of_call(share, fix=True) for share in assignment.shares}
            return Following(self._fixers.start(assignment), lambda outcomes: _would_fix(outcomes, previews))
        return Settled(tuple(self._would(share, assignment) for share in assignment.shares))

    def close(self) -> None:
        if self._fixers is not None:
            self._fixers.close()

    def _would(self, share: Share, assignment: Assignment) -> Outcome:
        blocked = self._foresight.blocked(share.task) if self._foresight is not None else None
        if isinstance(share.component.work, Command):
            outcome = self._would_start(share, assignment)
        else:
            preview = _of_call(share, fix=assignment.fix)
            reason = f"would {'mend' if assignment.fix else 'run'} {preview.function}"
            outcome = Outcome(share.task, cause=Cause.DRY_RUN, reason=reason, previews=(preview,))
        return outcome if blocked is None else outcome._replace(reason=f"would be skipped: {blocked}", previews=())

    def _would_start(self, share: Share, assignment: Assignment) -> Outcome:
        place = assignment.place
        stem = os.path.join(place.scratch, share.component.name) if place.scratch else None
        call = invocation(share, place, stem, assignment.given)
        program = program_of(call, place)
        outcome = Outcome(share.task, cause=Cause.DRY_RUN, command=shown(share, call), program=program.path)
        if program.path is None:
            reason, other = self._without_program(share.task, program.reason or "its program is missing", place)
            first = self._plan is not None and assignment.batch == self._plan.tasks[share.task].batches[0]
            previews = self._in_its_place(other, place) if other is not None and first else ()
            return outcome._replace(reason=reason, remedy=program.remedy, previews=previews)
        preview = _of_command(share, call, fix=assignment.fix)
        return outcome._replace(reason="would fix" if assignment.fix else "would run", previews=(preview,))

    def _without_program(self, task: int, reason: str, place: Place) -> tuple[str, int | None]:
        """What would come of it that the task's program is missing, and the task that would stand in."""
        if self._foresight is None:
            return f"would be skipped: {reason}", None
        return self._foresight.without_program(task, reason, lambda other: self._lacking(other, place))

    def _lacking(self, task: int, place: Place) -> str | None:
        """Why the task's program is missing; None where it is there, or the task needs none."""
        component = self._plan.tasks[task].component if self._plan is not None else None
        if component is None or not isinstance(component.work, Command):
            return None
        return program_of(invocation(Share(task, component, ()), place, None), place).reason

    def _in_its_place(self, number: int, place: Place) -> tuple[Preview, ...]:
        """The batches of a task that would stand in; where it runs in any case, they are told of with it."""
        task = self._plan.tasks[number] if self._plan is not None else None
        if self._plan is None or task is None or not task.standby:
            return ()
        previews = []
        for batch in task.batches:
            (span,) = self._plan.batches[batch].spans
            paths = self._plan.inputs[task.files][span.start : span.stop] if task.files is not None else None
            share = Share(number, task.component, paths)
            if isinstance(task.component.work, Command):
                preview = _of_command(share, invocation(share, place, None), fix=False)
            else:
                preview = _of_call(share, fix=False)
            previews.append(preview._replace(fallback=task.component.name))
        return tuple(previews)


def _of_command(share: Share, call: Invocation, *, fix: bool) -> Preview:
    work = share.component.work
    assert isinstance(work, Command)  # noqa: S101 - it has an invocation
    files = len(share.paths) if share.paths is not None and FILES in work.argv else None
    at = work.argv.index(FILES) if files else None
    if at is not None and work.shell:
        at += 3  # /bin/sh, -c, and the name that stands behind the script
    cache, why = cache_expectation(share.component, fix=fix)
    return Preview(command=call.argv, files=files, fix=fix, cache=cache, why=why, files_at=at)


def _of_call(share: Share, *, fix: bool) -> Preview:
    work = share.component.work
    assert isinstance(work, PythonCall)  # noqa: S101 - all other work is commands
    function = work.fixer if fix and work.fixer else f"{work.module}:{work.function}"
    cache, why = cache_expectation(share.component, fix=fix)
    files = len(share.paths) if share.paths is not None else None
    return Preview(function=function, files=files, fix=fix, cache=cache, why=why)


def _would_fix(outcomes: tuple[Outcome, ...], previews: Mapping[int, Preview]) -> tuple[Outcome, ...]:
    """What a fixer comes to in a preview is no verdict, unless it failed."""
    return tuple(
        one
        if one.cause is not None
        else one._replace(cause=Cause.DRY_RUN, reason="would fix", previews=(previews[one.task],))
        for one in outcomes
    )
