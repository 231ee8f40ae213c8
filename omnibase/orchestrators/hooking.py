"""Hooks of a run, called: commands of the registry as processes, hooks of plugins in workers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from omnibase.core.redaction import visible
from omnibase.core.scheduling import State
from omnibase.executors.following import Following
from omnibase.model.commands import Ask
from omnibase.model.component import Command, Component
from omnibase.model.context import ExecutionContext
from omnibase.model.events import Outcome
from omnibase.model.plan import HookCall, Plan, Task
from omnibase.model.ports import Assignment, Executor, Place, Running, Share
from omnibase.model.registry import Registry
from omnibase.model.result import Cause, Status

if TYPE_CHECKING:
    from omnibase.executors.python.executor import WorkerEnd

# How plugins call the hooks of a run; they have others.
OF_A_RUN = ("omnibase_before_", "omnibase_after_")


def hook_calls(registry: Registry, stage: str, tasks: Sequence[Task]) -> tuple[HookCall, ...]:
    """The hooks of a run: see `core.hooking`, which a run without any does not load."""
    if not registry.hooks and not any(one.startswith(OF_A_RUN) for plugin in registry.plugins for one in plugin.hooks):
        return ()
    from omnibase.core import hooking

    return hooking.hook_calls(registry, stage, tasks)


def not_called(calls: Sequence[HookCall]) -> tuple[str, ...]:
    """What a dry run says of hooks: one notice, or none where there are no hooks."""
    if not calls:
        return ()
    return (f"hooks are not called in a dry run: {', '.join(dict.fromkeys(call.name for call in calls))}",)


class Hooking:
    """Calls the hooks of a plan. `place` is the repository: no hook runs in a view. `given` are further variables."""

    def __init__(
        self,
        executors: Mapping[str, Executor],
        ctx: ExecutionContext,
        registry: Registry,
        plan: Plan,
        place: Place,
        given: Mapping[str, str] | None = None,
    ) -> None:
        self._executors = executors
        self._ctx = ctx
        self._registry = registry
        self._plan = plan
        self._place = place
        self._given = given or {}
        self._told: set[tuple[int, str | None]] = set()  # notices, whomever the hook was called for

    def call(self, ask: Ask, state: State) -> Running:
        """Have the hook called that `ask` is about. Its one outcome is as `core.hooking.judged` has it."""
        from omnibase.core.hooking import judged

        index = ask.hook or 0
        call = self._plan.hooks[index]
        hurried = state.stopping in (Cause.INTERRUPTED, Cause.RUN_TIMEOUT)
        if call.argv is None:
            return self._call_plugins(index, call, ask.task, state, hurried=hurried)
        running = self._start(index, call, call.argv, ask.task, state)

        def judge(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
            return self._once(index, ask.task, lambda about: judged(call, outcomes[0], about, hurried=hurried))

        return Following(running, judge)

    def _start(self, index: int, call: HookCall, argv: tuple[str, ...], task: int | None, state: State) -> Running:
        from json import dumps

        from omnibase.core.hook_events import hook_event
        from omnibase.executors.command import CommandExecutor

        executor = self._executors["command"]
        assert isinstance(executor, CommandExecutor)  # noqa: S101 - made for every plan with such hooks
        event = hook_event(call.moment, task, self._ctx, self._plan, state.results, state.signal)
        component = Component(call.name, Command(argv), required=False, env=call.env, timeout=call.timeout)
        # It is a batch like those of components' commands, with a number that is no other's.
        number = index * (len(self._plan.tasks) + 1) + (0 if task is None else task + 1)
        assignment = Assignment(
            batch=-1 - number,
            shares=(Share(task or 0, component),),
            place=self._place._replace(env=self._env(call), scratch=None),
            run_id=self._ctx.run_id,
            correlation_id=self._ctx.correlation_id,
        )
        return executor.start(assignment, f"{dumps(event, ensure_ascii=False)}\n".encode())

    def _call_plugins(self, index: int, call: HookCall, task: int | None, state: State, *, hurried: bool) -> Running:
        from omnibase.core.encoding import encode
        from omnibase.core.hook_events import hook_record
        from omnibase.core.hooking import judged_plugins
        from omnibase.executors.python.executor import PythonExecutor
        from omnibase.hooks.working import CALL

        executor = self._executors["python"]
        assert isinstance(executor, PythonExecutor)  # noqa: S101 - likewise
        hook = f"omnibase_{call.moment.value}"
        argument = {
            "hook": hook,
            "plugins": [encode(plugin) for plugin in self._registry.plugins if hook in plugin.hooks],
            "argument": encode(hook_record(call.moment, task, self._ctx, self._plan, state.results)),
            "root": self._place.root,
        }

        def interpret(end: "WorkerEnd") -> tuple[Outcome, ...]:
            answer = end.answer if end.cancelled is None else None
            if answer is None:
                answer = {"problems": [f"{call.name} {_why_none(call, end, hurried=hurried)}"], "vetoes": []}
            problems, vetoes = ([visible(text) for text in answer[key]] for key in ("problems", "vetoes"))
            return self._once(index, task, lambda about: judged_plugins(task or 0, problems, vetoes, about))

        return executor.call(CALL, argument, [], None, interpret, self._env(call))

    def _env(self, call: HookCall) -> dict[str, str]:
        own = {"OMNIBASE_HOOK": call.moment.value, "OMNIBASE_RUN_ID": self._ctx.run_id}
        return {**self._place.env, **self._given, **own}

    def _once(self, index: int, task: int | None, judge: Callable[[str | None], Outcome]) -> tuple[Outcome, ...]:
        """What the hook's end means. One that fails in the same way for many components is one notice."""
        found = judge(None if task is None else self._plan.tasks[task].component.name)
        how = (index, judge(None).reason)
        if found.status is Status.FAIL and how in self._told:
            return (found._replace(reason=None, value=found.value or {"failed": found.reason}),)
        self._told.add(how)
        return (found,)


def _why_none(call: HookCall, end: "WorkerEnd", *, hurried: bool) -> str:
    """Why hooks of plugins gave no answer."""
    from omnibase.core.hooking import late
    from omnibase.executors.ending import signal_name

    if end.cancelled is Cause.TIMEOUT:
        return late(call, hurried=hurried)
    if end.cancelled is not None:
        return "was ended with the run"
    line = end.capture.last_line()
    said = f": {line}" if line else ""
    if end.status is None:
        return f"could not be called{said}"
    how = f"was ended by {signal_name(-end.status)}" if end.status < 0 else f"ended with exit code {end.status}"
    return f"did not come to an end: its process {how}{said}"
