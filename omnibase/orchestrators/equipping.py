"""The makers of batches and the listeners that a plan needs, omnibase's own and those that plugins bring."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omnibase.core.encoding import encode
from omnibase.core.nearest import nearest
from omnibase.core.scheduling import State
from omnibase.core.secrets import Secrets, values
from omnibase.engine.modes import MODES
from omnibase.executors.settled import Settled
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.errors import ProtocolError, RegistryError
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import AfterRun, Assignment, BeforeRun, Executor, Observer, Parser, Running, TaskMoment
from omnibase.model.registry import Registry
from omnibase.model.result import Cause, Status
from omnibase.parsers import parser as shipped_parser

WRITE = "omnibase.inputs.fixing.mending:mend"
BREAKERS = "omnibase.storage.breakers:SqliteBreakers"


def secrets_of(plan: Plan, env: Mapping[str, str]) -> Secrets:
    """The values that are to be in no record of a run: of its environment, and of what its components declare."""
    everything = dict(env)
    declared: set[str] = set()
    for task in plan.tasks:
        everything |= task.component.env
        declared.update(task.component.secrets)
    return Secrets(values(everything, declared))


def make_executors(
    plan: Plan, mode: Mode, registry: Registry, secrets: Secrets, *, state: str, alone: bool
) -> dict[str, Executor]:
    """The executors that a plan needs, by name. `state` is the state folder; with `alone` the process is the run's.

    Raises RegistryError for one that nobody brings, ProtocolError for a plugin's that cannot be made.
    """
    replaced = MODES[mode].executor
    own = {batch.executor for batch in plan.batches if batch.fix or not replaced}
    wanted = {replaced} if replaced else own
    made: dict[str, Executor] = {}
    # The workers' zygote comes first: it must not inherit what the others hold.
    if "python" in wanted or plan.hooks:
        from omnibase.executors.python.executor import PythonExecutor

        made["python"] = PythonExecutor(WRITE, secrets, (BREAKERS, state))
    if "inline" in wanted:
        from omnibase.executors.python.inline import InlineExecutor

        made["inline"] = InlineExecutor(WRITE)
    if "command" in wanted:
        from omnibase.executors.command import CommandExecutor

        made["command"] = CommandExecutor(_parsers(plan, registry), secrets, alone=alone)
    if "nothing" in wanted:
        from omnibase.executors.nothing import NothingExecutor

        made["nothing"] = NothingExecutor(_previewing(own, secrets))
    missing = wanted - set(made)
    if missing:
        rows = _rows(registry, "omnibase_executors")
        for name in sorted(missing):
            if name not in rows:
                close = nearest(name, {*made, *rows})
                raise RegistryError(
                    f"no executor is called {name!r}", remedy=f"did you mean {close!r}?" if close else None
                )
            made[name] = _Theirs(name, rows[name])
    return made


def _previewing(own: set[str], secrets: Secrets) -> Executor | None:
    """What asks pure fixers for what they would change."""
    if "python" in own:
        from omnibase.executors.python.executor import PythonExecutor

        return PythonExecutor(WRITE, secrets)
    if "inline" in own:
        from omnibase.executors.python.inline import InlineExecutor

        return InlineExecutor(WRITE)
    return None


def remarks(executors: Iterable[Executor]) -> list[str]:
    """Notices of executors that are closed: what components had left running and had to be ended, and what else."""
    found: dict[str, None] = {}
    for executor in executors:
        for told in getattr(executor, "ended", ()):
            found[f"left running at the end of the run, and ended: {told}"] = None
        found.update(dict.fromkeys(getattr(executor, "remarks", ())))
    return list(found)


def observers(registry: Registry) -> Sequence[Observer]:
    """The observers that plugins bring."""
    plugins = [plugin for plugin in registry.plugins if "omnibase_observers" in plugin.hooks]
    if not plugins:
        return ()
    from omnibase.hooks.manager import listed

    return listed(plugins, "omnibase_observers")


def call_hook(
    executor: Executor, ctx: ExecutionContext, registry: Registry, plan: Plan, ask: tuple[str, int | None], state: State
) -> Running:
    """Have a run or task hook of the plugins called in a worker; `ask` is the question and the task it is about."""
    from omnibase.executors.python.executor import PythonExecutor, WorkerEnd
    from omnibase.hooks.working import CALL

    question, task = ask
    moment: BeforeRun | AfterRun | TaskMoment
    names = [task.component.name for task in plan.tasks]
    statuses = {name: result.status.value for name, result in zip(names, state.results, strict=True) if result}
    if question == "before_run":
        moment = BeforeRun(ctx.run_id, ctx.stage, ctx.mode.value, tuple(names))
    elif question == "after_run":
        moment = AfterRun(ctx.run_id, ctx.stage, statuses)
    else:
        name = names[task or 0]
        before = question == "before_task"
        moment = TaskMoment(ctx.run_id, name, "before" if before else "after", statuses.get(name))
    plugins = [plugin for plugin in registry.plugins if f"omnibase_{question}" in plugin.hooks]
    argument = {
        "hook": f"omnibase_{question}",
        "plugins": [encode(plugin) for plugin in plugins],
        "argument": encode(moment),
    }
    brought = ", ".join(plugin.name for plugin in plugins)

    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        problem = end.answer if end.status == 0 else f"omnibase_{question} of {brought} did not come to an end"
        return (Outcome(task or 0, status=Status.FAIL if problem else Status.PASS, reason=problem),)

    assert isinstance(executor, PythonExecutor)  # noqa: S101 - made for every plan that has hooks
    return executor.call(CALL, argument, [], None, interpret)


class _Theirs:
    """A plugin's executor. Where it raises instead of starting a batch, that is the batch's outcome."""

    def __init__(self, name: str, kind: type[Executor]) -> None:
        self._name = name
        self._problems: list[str] = []
        try:
            self._made = kind()
        except Exception as error:
            raise ProtocolError(f"the executor {name!r} cannot be made: {type(error).__name__}: {error}") from error

    def start(self, assignment: Assignment) -> Running:
        try:
            return self._made.start(assignment)
        except Exception as error:  # noqa: BLE001 - a plugin's fault is its component's, not the run's
            reason = f"the executor {self._name!r} raised {type(error).__name__}: {error}"
            return Settled(
                tuple(Outcome(share.task, cause=Cause.PROTOCOL, reason=reason) for share in assignment.shares)
            )

    def close(self) -> None:
        try:
            self._made.close()
        except Exception as error:  # noqa: BLE001 - likewise; what has come to a verdict stands
            self._problems.append(f"the executor {self._name!r} cannot be closed: {type(error).__name__}: {error}")

    @property
    def remarks(self) -> list[str]:
        """What is to be said of it in the report."""
        return [*getattr(self._made, "remarks", ()), *self._problems]


def _parsers(plan: Plan, registry: Registry) -> dict[str, Parser]:
    names = {task.component.findings.parser for task in plan.tasks if task.component.findings is not None}
    found = {name: parser for name in names if (parser := shipped_parser(name)) is not None}
    if names - set(found):
        rows = _rows(registry, "omnibase_parsers")
        found.update({name: rows[name] for name in names - set(found)})
    return found


def _rows(registry: Registry, hook: str) -> Mapping[str, Any]:
    from omnibase.hooks.manager import table

    return table([plugin for plugin in registry.plugins if hook in plugin.hooks], hook)
