"""What is asked before something begins or after it ended: hooks, which may veto, and the person who steps through."""

from collections.abc import Mapping

from omnibase.core.outcome import is_failure
from omnibase.core.scheduling.state import State, ask
from omnibase.model.commands import Ask, SchedulerCommand
from omnibase.model.events import Answered
from omnibase.model.plan import Moment
from omnibase.model.result import Result

STEP = "step"
STEP_FAILED = "step_failed"


def call_hooks(
    state: State, moment: Moment, task: int | None, commands: list[SchedulerCommand], after: int = -1
) -> bool:
    """Ask the first hook of a moment behind the one with the index `after`; whether there is one."""
    for index in state.hooks.get(moment, ()):
        tasks = state.hook_tasks[index]
        if index > after and (tasks is None or task in tasks):
            ask(state, Ask(moment.value, task, index), commands)
            return True
    return False


def veto_of(event: Answered) -> str | None:
    """Why a hook does not let begin what is about to."""
    if event.question.startswith("before_") and isinstance(event.answer, Mapping) and event.answer.get("veto"):
        return str(event.answer["veto"])
    return None


def stops_before(state: State, index: int) -> bool:
    """Whether a breakpoint is in front of the task, and was not asked about."""
    breakpoints = state.plan.breakpoints
    if breakpoints is None or index in state.stepped:
        return False
    return state.stepping or state.plan.tasks[index].component.name in breakpoints.names


def stops_after(state: State, index: int, result: Result) -> bool:
    """Whether a breakpoint is behind the task, because it failed."""
    breakpoints = state.plan.breakpoints
    if breakpoints is None or state.stopping is not None or not result.attempts:
        return False
    wanted = state.stepping or breakpoints.on_failure or state.plan.tasks[index].component.name in breakpoints.names
    return wanted and is_failure(result, required=state.plan.tasks[index].component.required)


def ask_person(state: State, question: str, index: int, commands: list[SchedulerCommand]) -> None:
    """Ask what is to be done with the task, once no other question is open. Nothing starts until it is answered."""
    if state.asking:  # a breaker has answered, and with that a further task has failed
        state.unasked.append((question, index))
        return
    state.asking = True
    ask(state, Ask(question, index), commands)


def ask_next(state: State, commands: list[SchedulerCommand]) -> None:
    """The person has answered: ask what waits for that."""
    state.asking = False
    if state.unasked:
        ask_person(state, *state.unasked.popleft(), commands)


def said(event: Answered) -> str:
    """What the person wants done; one who cannot be asked wants it to go on."""
    return str(event.answer.get("do", "")) if isinstance(event.answer, Mapping) else ""
