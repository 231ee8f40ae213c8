"""What the person who steps through a run is shown of it, and what they change."""

import os
from collections.abc import Mapping

from omnibase.core.scheduling import STEP_FAILED, State
from omnibase.inputs import scratch, shadow
from omnibase.inputs.scratch import Scratch
from omnibase.model.commands import Ask
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, StepMoment
from omnibase.model.report import Selection
from omnibase.model.result import Where
from omnibase.orchestrators.assigning import Assigning
from omnibase.orchestrators.gathering import Staging
from omnibase.orchestrators.placing import Placing

ENTERED = "entered"  # the folder with copies that a person looks at


class Stepping:
    """Makes what is shown of the tasks of a run. `staging` and `root` are those of its inputs."""

    def __init__(
        self,
        plan: Plan,
        selection: Selection,
        assigning: Assigning,
        placing: Placing,
        staging: Staging | None,
        own: Scratch,
        root: str,
    ) -> None:
        self._plan = plan
        self._reasons = {choice.name: choice.reason for choice in selection.choices if choice.chosen}
        self._assigning = assigning
        self._placing = placing
        self._staging = staging
        self._own = own
        self._root = root
        self._entered: Where | None = None

    def moment(self, ask: Ask, state: State) -> StepMoment:
        """What is shown when `ask`, which is about a task, is put to the person."""
        index = ask.task or 0
        task, trying = self._plan.tasks[index], state.trying[index]
        batches = tuple(self._assigning.assignment(number, (index,), state) for number in task.batches)
        result = state.failed.get(index) if ask.question == STEP_FAILED else None
        return StepMoment(
            plan=self._plan,
            task=index,
            why=self._why(index, state),
            batches=batches,
            number=len(result.attempts if result else trying.earlier if trying else ()) + (result is None),
            where=self._placing.where(batches[0]),
            enter=lambda: self._enter(batches),
            leave=self._leave,
            result=result,
            results=tuple(state.results),
        )

    def _why(self, index: int, state: State) -> str:
        callers = [self._plan.tasks[caller].component.name for caller in state.summoned.get(index, ())]
        if callers:
            return f"stands in for {', '.join(callers)}"
        reason = self._reasons.get(self._plan.tasks[index].component.name, "selected")
        return "selected by the filters of this run" if reason == "selected" else reason

    def _enter(self, batches: tuple[Assignment, ...]) -> tuple[str, Where]:
        """The folder in which the task's inputs are as it sees them: the repository, the view, or a copy of its files.

        Raises OmnibaseError.
        """
        where = self._entered = self._placing.where(batches[0]).where
        if where is Where.VIEW:
            return self._placing.view(), where
        if where is Where.IN_PLACE or self._staging is None:
            return self._root, Where.IN_PLACE
        from omnibase.inputs.view import copying

        folder = self._own.below(ENTERED)
        paths = {path for batch in batches for share in batch.shares for path in share.paths or ()}
        for path in paths:  # as fixers left them
            copying.put(os.path.join(self._staging.shadow, path), folder, path)
        shadow.check_out(self._staging.kept, folder, paths, alone=self._staging.alone)
        return folder, where

    def _leave(self) -> tuple[str, ...]:
        """Undo what was changed where no verdict is to be about it; the paths. Raises OmnibaseError."""
        entered, self._entered = self._entered, None
        if entered is Where.STAGED:
            scratch.remove(self._own.below(ENTERED))
        return tuple(self._placing.put_in_order()) if entered is Where.VIEW else ()


def edited(assignment: Assignment, changes: Mapping[str, str | None]) -> Assignment:
    """The batch with variables that a person has set, or with None has taken away: they win over all others."""
    if not changes:
        return assignment
    share = assignment.shares[0]
    place = assignment.place._replace(env=_changed(assignment.place.env, changes))
    component = share.component._replace(env=_changed(share.component.env, changes))
    given = {name: value for name, value in assignment.given.items() if name not in changes}
    return assignment._replace(
        shares=(share._replace(component=component), *assignment.shares[1:]), place=place, given=given
    )


def _changed(env: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    kept = {name: value for name, value in env.items() if name not in changes}
    return kept | {name: value for name, value in changes.items() if value is not None}
