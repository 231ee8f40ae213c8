"""Starting what the scheduler wants: batches where they are to run, hooks, and questions to a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnibase.core.scheduling import State
from omnibase.core.secrets import Secrets, redacted, values
from omnibase.engine.modes import MODES
from omnibase.executors.following import Follow, Following
from omnibase.executors.settled import Settled
from omnibase.model.commands import Ask
from omnibase.model.context import ExecutionContext
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import Executor, Running, Stepper
from omnibase.model.result import Status
from omnibase.orchestrators.assigning import Assigning
from omnibase.orchestrators.hooking import Hooking
from omnibase.orchestrators.placing import Placing

if TYPE_CHECKING:  # only a run with breakpoints loads it
    from omnibase.orchestrators.stepping import Stepping


class Starting:
    """Starts batches, hooks and questions of one run. With `kept` False, what is kept of output ends with it."""

    def __init__(
        self,
        ctx: ExecutionContext,
        plan: Plan,
        executors: Mapping[str, Executor],
        secrets: Secrets,
        assigning: Assigning,
        placing: Placing,
        hooking: Hooking,
        *,
        kept: bool,
    ) -> None:
        self._plan = plan
        self._replaced = MODES[ctx.mode].executor
        self._executors = executors
        self._assigning = assigning
        self._placing = placing
        self._hooking = hooking
        self._person: tuple[Stepper, Stepping] | None = None
        self._steps: list[Follow] = []
        self._secrets = secrets
        if secrets or plan.breakpoints is not None:  # a person may name others
            self._steps.append(lambda outcomes: tuple(redacted(secrets, outcome) for outcome in outcomes))
        if not kept:
            self._steps.append(_without_files)

    def ask_of(self, stepper: Stepper, stepping: "Stepping") -> None:
        """Put the questions of breakpoints to a person."""
        self._person = stepper, stepping

    def start(self, batch: int, tasks: tuple[int, ...], state: State) -> Running:
        """Start a batch for some of its tasks."""
        name = self._replaced or self._plan.batches[batch].executor
        assignment = self._assigning.assignment(batch, tasks, state)
        if self._person is not None:
            from omnibase.orchestrators.stepping import edited

            changes = self._person[0].env_of(tasks[0])
            typed = {name: value for name, value in changes.items() if value is not None}
            self._secrets.learn(values(typed, assignment.shares[0].component.secrets))
            assignment = edited(assignment, changes)
        return self._followed(self._placing.start(self._executors[name], assignment))

    def ask(self, ask: Ask, state: State) -> Running:
        """Call a hook, or ask the person; one who cannot be asked wants it to go on."""
        if ask.hook is not None:
            return self._followed(self._hooking.call(ask, state))
        assert self._person is not None  # noqa: S101 - no run with breakpoints begins without
        stepper, stepping = self._person
        try:
            return stepper.ask(ask.question, stepping.moment(ask, state))
        except Exception as error:  # noqa: BLE001 - whoever asks must not end the run
            reason = f"nobody could be asked: {type(error).__name__}: {error}"
            return Settled((Outcome(ask.task or 0, status=Status.FAIL, reason=reason),))

    def _followed(self, running: Running) -> Running:
        for step in self._steps:
            running = Following(running, step)
        return running


def _without_files(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    return tuple(
        one._replace(output=one.output._replace(path=None)) if one.output is not None else one for one in outcomes
    )
