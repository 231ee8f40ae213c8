"""Hooks of a run: which are called at which moment, and what follows from how one ended."""

from collections.abc import Iterator, Sequence

from omnibase.core.expression import matches, parse
from omnibase.core.redaction import shown_path
from omnibase.model.events import Outcome
from omnibase.model.plan import HookCall, Moment, Task
from omnibase.model.registry import Hook, Registry
from omnibase.model.result import Cause, Output, Status

# A hook's name shows so much of its command, and a notice so much of what it printed last (characters, lines), or of
# what plugins say.
NAME = 80
LINE = 200
LINES = 3
WORDS = 1000

LEAVE_IT_OUT = "mend it, or leave it out"
MORE_TIME = "give it a longer `timeout`, or see to what it waits for"
# The moments in the order in which they come.
IN_ORDER = (
    Moment.BEFORE_RUN,
    Moment.BEFORE_STAGE,
    Moment.BEFORE_TASK,
    Moment.AFTER_TASK,
    Moment.AFTER_STAGE,
    Moment.AFTER_RUN,
)


def hook_calls(registry: Registry, stage: str, tasks: Sequence[Task]) -> tuple[HookCall, ...]:
    """The hooks of a run in the order in which they are called: at each moment first plugins', then the registry's.

    One with a filter is about the tasks of the components that match, and is left out where there are none.
    """
    return tuple(call for moment in IN_ORDER for call in _calls(moment, registry, stage, tasks))


def judged(call: HookCall, outcome: Outcome, about: str | None, *, hurried: bool) -> Outcome:
    """What it means for the run how the command of a hook ended: nothing, a veto, or a notice.

    `about` is the component that it was called for. One that is `hurried` had less time than it declares, because the
    run was being ended.
    """
    problem, remedy = _problem(call, outcome, hurried=hurried)
    if problem is None:
        return Outcome(outcome.task, status=Status.PASS)
    words = _last_lines(outcome.output)
    if call.veto and outcome.cause not in (Cause.INTERRUPTED, Cause.RUN_TIMEOUT):
        said = f": {words[-1]}" if words else ""
        hint = f" ({remedy})" if remedy != LEAVE_IT_OUT else ""
        return _vetoed(outcome.task, f"{call.name}: {problem}{said}{hint}")
    said = f": {' | '.join(words)}" if words else ""
    whom = f" for {about}" if about is not None else ""
    where = f"{call.place}; " if call.place is not None else ""
    notice = f"the hook {call.name} failed{whom}: {problem}{said} ({where}{remedy})"
    return Outcome(outcome.task, status=Status.FAIL, reason=notice)


def judged_plugins(task: int, problems: Sequence[str], vetoes: Sequence[str], about: str | None) -> Outcome:
    """The same for the hooks of plugins: what each of those had that failed, and why each of those vetoes that does."""
    found = _vetoed(task, _cut("; ".join(vetoes), WORDS)) if vetoes else Outcome(task, status=Status.PASS)
    if not problems:
        return found
    whom = f" ({about})" if about is not None else ""
    notice = f"{_cut('; '.join(problems), WORDS)}{whom}; mend the plugin, or take it out of the registry"
    return found._replace(status=Status.FAIL, reason=notice)


def late(call: HookCall, *, hurried: bool) -> str:
    """What is said of a hook whose time is up."""
    return f"did not come to an end {'before the run did' if hurried else f'in {call.timeout:g} s'}"


def _calls(moment: Moment, registry: Registry, stage: str, tasks: Sequence[Task]) -> Iterator[HookCall]:
    specification = f"omnibase_{moment.value}"
    plugins = [plugin.name for plugin in registry.plugins if specification in plugin.hooks]
    if plugins:
        yield HookCall(moment, f"{specification} of {', '.join(plugins)}")
    for hook in registry.hooks:
        if hook.at != moment.value or hook.stage not in (None, stage):
            continue
        about = None
        if hook.filter is not None:
            expression = parse(hook.filter)
            about = tuple(index for index, task in enumerate(tasks) if matches(expression, task.component) is None)
        if about != ():
            yield HookCall(
                moment, _name(hook), hook.argv, hook.timeout, hook.veto, about, dict(hook.env), place=hook.place
            )


def _name(hook: Hook) -> str:
    from shlex import join  # only who has hooks pays for it

    return f"{hook.at} {_cut(shown_path(join(hook.argv)), NAME)}"


def _problem(call: HookCall, outcome: Outcome, *, hurried: bool) -> tuple[str | None, str]:
    """What was wrong, None where nothing was, and what to do."""
    if outcome.cause is Cause.TIMEOUT:
        return late(call, hurried=hurried), MORE_TIME if not hurried else LEAVE_IT_OUT
    if outcome.cause in (Cause.INTERRUPTED, Cause.RUN_TIMEOUT):
        return "it was ended with the run", LEAVE_IT_OUT
    if outcome.cause is not None:
        return outcome.reason or outcome.cause.value, outcome.remedy or LEAVE_IT_OUT
    return f"exit code {outcome.exit_code}" if outcome.exit_code else None, LEAVE_IT_OUT


def _vetoed(task: int, why: str) -> Outcome:
    """What is about to begin does not. That is the answer; the result of what it was says why, and no notice."""
    return Outcome(task, status=Status.PASS, value={"veto": why})


def _last_lines(output: Output | None) -> list[str]:
    lines = [line.strip() for line in output.text.splitlines() if line.strip()] if output is not None else []
    return [_cut(line, LINE) for line in lines[-LINES:]]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
