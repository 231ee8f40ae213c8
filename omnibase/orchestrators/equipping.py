"""The makers of batches and the listeners that a plan needs, omnibase's own and those that plugins bring."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omnibase.core.nearest import nearest
from omnibase.core.secrets import Secrets, values
from omnibase.engine.modes import MODES
from omnibase.executors.settled import Settled
from omnibase.model.context import Mode
from omnibase.model.errors import ProtocolError, RegistryError
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Executor, Observer, Parser, Running, Tap
from omnibase.model.registry import Registry
from omnibase.model.result import Cause
from omnibase.orchestrators.machine import processors
from omnibase.parsers import parser as shipped_parser

if TYPE_CHECKING:
    from omnibase.executors.jobserver import JobServer

WRITE = "omnibase.inputs.fixing.mending:mend"
BREAKERS = "omnibase.storage.breakers:SqliteBreakers"


def secrets_of(plan: Plan, env: Mapping[str, str]) -> Secrets:
    """The values that are to be in no record of a run: of its environment, and of what components and hooks declare."""
    declared = {name for task in plan.tasks for name in task.component.secrets}
    own = [one for one in (*(task.component.env for task in plan.tasks), *(hook.env for hook in plan.hooks)) if one]
    return Secrets(dict.fromkeys(value for one in (env, *own) for value in values(one, declared)))


def make_executors(
    plan: Plan,
    mode: Mode,
    registry: Registry,
    secrets: Secrets,
    *,
    env: Mapping[str, str],
    state: str,
    alone: bool,
    tap: Tap | None = None,
) -> dict[str, Executor]:
    """The executors that a plan needs, by name. `state` is the state folder; with `alone` the process is the run's.

    Raises RegistryError for one that nobody brings, ProtocolError for a plugin's that cannot be made.
    """
    made: dict[str, Executor] = {}
    try:
        _make(made, plan, mode, registry, secrets, env=env, state=state, alone=alone, tap=tap)
    except BaseException:
        for executor in made.values():
            executor.close()
        raise
    return made


def _make(
    made: dict[str, Executor],
    plan: Plan,
    mode: Mode,
    registry: Registry,
    secrets: Secrets,
    *,
    env: Mapping[str, str],
    state: str,
    alone: bool,
    tap: Tap | None,
) -> None:
    replaced, meter = MODES[mode].executor, MODES[mode].meter
    own = {batch.executor for batch in plan.batches if batch.fix or not replaced}
    wanted = {replaced} if replaced else own
    # The workers' zygote comes first: it must not inherit what the others hold.
    if "python" in wanted or any(hook.argv is None for hook in plan.hooks):
        from omnibase.executors.python.executor import PythonExecutor

        made["python"] = PythonExecutor(WRITE, secrets, (BREAKERS, state), meter=meter, tap=tap)
    if "inline" in wanted:
        from omnibase.executors.python.inline import InlineExecutor

        made["inline"] = InlineExecutor(WRITE)
    if "command" in wanted or any(hook.argv is not None for hook in plan.hooks):
        from omnibase.executors.command import CommandExecutor

        made["command"] = CommandExecutor(
            _parsers(plan, registry), secrets, alone=alone, meter=meter, tap=tap, jobserver=_jobserver(plan, env)
        )
    if "nothing" in wanted:
        from omnibase.executors.nothing import NothingExecutor

        made["nothing"] = NothingExecutor(_previewing(own, secrets), plan)
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


def _jobserver(plan: Plan, env: Mapping[str, str]) -> "JobServer | None":
    """Tokens for makes, where some component wants them."""
    if not any(task.component.jobserver for task in plan.tasks):
        return None
    from omnibase.core.job_tokens import wants_tokens
    from omnibase.executors.jobserver import JobServer

    if not any(wants_tokens(plan, batch) for batch in plan.batches):
        return None
    try:
        return JobServer(plan, max(processors(env), plan.slots))
    except OSError:  # no room for a pipe: makes go on without tokens, as they do without a run
        return None


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


def listening(executors: Iterable[Executor]) -> list[Observer]:
    """What executors have that has to hear of the run."""
    return [one for executor in executors for one in getattr(executor, "observers", ())]


def observers(registry: Registry) -> Sequence[Observer]:
    """The observers that plugins bring."""
    plugins = [plugin for plugin in registry.plugins if "omnibase_observers" in plugin.hooks]
    if not plugins:
        return ()
    from omnibase.hooks.manager import listed

    return listed(plugins, "omnibase_observers")


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
