"""The pieces put together: the one place that names concrete rooms, and hands them to each orchestrator."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from omnibase import __version__
from omnibase.core.batching import Limits
from omnibase.core.encoding import encode
from omnibase.core.nearest import nearest
from omnibase.core.planning import Conditions, Wanted
from omnibase.core.reporting import report
from omnibase.core.scheduling import State
from omnibase.engine.driver import Driver
from omnibase.engine.modes import MODES
from omnibase.engine.observers import Collector, Observers
from omnibase.model.component import Component, PythonCall
from omnibase.model.context import ExecutionContext, InputKind
from omnibase.model.errors import ConfigurationError, RegistryError
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import (
    AfterRun,
    Assignment,
    BeforeRun,
    Executor,
    Observer,
    Parser,
    Place,
    Running,
    Share,
    TaskMoment,
)
from omnibase.model.registry import Registry
from omnibase.model.report import RepositoryState, RunHeader, RunReport, Selection
from omnibase.model.result import Status
from omnibase.orchestrators import history
from omnibase.orchestrators.gathering import Gathered, gather
from omnibase.orchestrators.workspace import Workspace
from omnibase.parsers import parser as shipped_parser

Json = Any
WRITE = "omnibase.inputs.writing:write"
RUN_HOOKS = ("before_run", "after_run", "before_task", "after_task")

# A pass runs in this process when it is shipped code over no more than this.
INLINE_FILES = 64
INLINE_BYTES = 256 * 1024
# Of the system's limit for arguments, what is left for auxiliary data of the loader (bytes); and the most that is used.
ARGUMENTS_SPARE = 8 * 1024
ARGUMENTS_MOST = 1024 * 1024


class Services:
    """What an orchestrator has at hand. `observers` hear every event of the run, after the journal."""

    def __init__(self, workspace: Workspace, observers: Sequence[Observer] = ()) -> None:
        self.workspace = workspace
        self.registry: Registry = workspace.registry
        self.late_notices: list[str] = []  # what came up after the report was made
        self._observers = observers
        self._started_at = time.time()
        self._began = time.monotonic()
        self._folder: str | None = None

    # What a run is told

    def now(self) -> float:
        """Seconds since 1970, from the start of the run and the monotonic clock."""
        return self._started_at + time.monotonic() - self._began

    def header(
        self,
        ctx: ExecutionContext,
        repository: RepositoryState | None = None,
        selection: Selection = Selection(),
        notices: Sequence[str] = (),
    ) -> RunHeader:
        """What is known of the run when it starts."""
        return RunHeader(
            run_id=ctx.run_id,
            correlation_id=ctx.correlation_id,
            stage=ctx.stage,
            mode=ctx.mode.value,
            started_at=self._started_at,
            repository=repository or RepositoryState(ctx.root),
            selection=selection,
            environment={
                "omnibase": __version__,
                "python": ".".join(str(part) for part in sys.version_info[:3]),
                "platform": sys.platform,
                "ci": bool(ctx.env.get("CI")),
                "settings": {name: setting._asdict() for name, setting in sorted(ctx.settings.items())},
            },
            notices=tuple(notices),
        )

    def gather(self, ctx: ExecutionContext, kind: InputKind) -> Gathered:
        """The run's inputs. Raises OmnibaseError."""
        return gather(ctx, kind, self.workspace.repository)

    def files_of(self, component: Component, gathered: Gathered) -> tuple[str, ...] | None:
        """The files of a component at a stage without inputs: all that are its own, where it takes any."""
        work = component.work
        takes_files = isinstance(work, PythonCall) or "{files}" in work.argv
        return gathered.select(component.matcher, gathered.everything) if takes_files else None

    def suite(self, name: str) -> str:
        """The filter of a suite. Raises ConfigurationError."""
        suites = self.registry.suites
        if name not in suites:
            close = nearest(name, suites)
            known = f"the registry has {', '.join(suites)}" if suites else "the registry declares no suites"
            raise ConfigurationError(
                f"there is no suite {name!r}", remedy=f"did you mean {close!r}?" if close else known
            )
        return suites[name]

    def conditions(self, ctx: ExecutionContext, wanted: Sequence[Wanted], gathered: Gathered) -> Conditions:
        """What the machine and the history say of a plan."""
        row = MODES[ctx.mode]
        slots = (ctx.slots or processors()) if row.parallel else 1
        names = [want.component.name for want in wanted if want.left_out is None]
        learns = row.parallel and len(names) > 1
        durations = history.durations(self.workspace, names) if learns else {}
        hooks = {hook.removeprefix("omnibase_") for plugin in self.registry.plugins for hook in plugin.hooks}
        return Conditions(
            slots=slots,
            durations=durations,
            usual=_median(durations.values()),
            limits=Limits(_argument_bytes(self.workspace.env), min(slots, processors())),
            unfixable=gathered.unstaged,
            inline=row.executor is None and _is_small(wanted, self.workspace.root),
            hooks=tuple(hook for hook in RUN_HOOKS if hook in hooks) if row.writes else (),
        )

    # Carrying it out

    def drive(self, ctx: ExecutionContext, plan: Plan, header: RunHeader, gathered: Gathered) -> RunReport:
        """Carry out a plan, recorded as it happens. Raises OmnibaseError only before anything is started."""
        writes = MODES[ctx.mode].writes
        executors = self._executors(ctx, plan)
        try:
            collector = Collector()
            recorder, self._folder, notices = history.record(self.workspace, ctx.run_id) if writes else (None, None, ())
            header = header._replace(notices=(*header.notices, *notices))
            temporary = None if self._folder or not writes else _temporary_folder()
            place = Place(self.workspace.root, self.workspace.env, self._folder or temporary)
            assigning = _Assigning(ctx, plan, gathered, place)

            def start(batch: int, tasks: tuple[int, ...], state: State) -> Running:
                name = MODES[ctx.mode].executor or plan.batches[batch].executor
                return executors[name].start(assigning.assignment(batch, tasks, state))

            def hook(question: str, task: int | None, state: State) -> Running:
                return self._hook(executors["python"], ctx, plan, question, task, state)

            listeners = [*([recorder] if recorder else ()), collector, *self._plugin_observers(), *self._observers]
            try:
                Driver(plan, header, start, hook, Observers(listeners)).run(self._began)
            finally:
                if recorder is not None:
                    recorder.close()
                if temporary is not None:
                    import shutil

                    shutil.rmtree(temporary, ignore_errors=True)
        finally:
            for executor in executors.values():
                executor.close()
        return report(collector.events)

    def settle(self) -> None:
        """Fold what was recorded into the history, when it is worth it; called when the report is out."""
        if self._folder is not None and history.is_due(self.workspace, time.monotonic() - self._began):
            self.late_notices += history.fold(self.workspace)

    def _executors(self, ctx: ExecutionContext, plan: Plan) -> dict[str, Executor]:
        replaced = MODES[ctx.mode].executor
        wanted = {replaced} if replaced else {batch.executor for batch in plan.batches}
        made: dict[str, Executor] = {}
        # The workers' zygote comes first: it must not inherit what the others hold.
        if "python" in wanted or plan.hooks:
            from omnibase.executors.python.executor import PythonExecutor

            made["python"] = PythonExecutor(WRITE)
        if "inline" in wanted:
            from omnibase.executors.python.inline import InlineExecutor

            made["inline"] = InlineExecutor(WRITE)
        if "command" in wanted:
            from omnibase.executors.command import CommandExecutor

            made["command"] = CommandExecutor(self._parsers(plan))
        if "nothing" in wanted:
            from omnibase.executors.nothing import NothingExecutor

            made["nothing"] = NothingExecutor()
        missing = wanted - set(made)
        if missing:
            rows = self._plugin_table("omnibase_executors")
            for name in sorted(missing):
                if name not in rows:
                    close = nearest(name, {*made, *rows})
                    raise RegistryError(
                        f"no executor is called {name!r}", remedy=f"did you mean {close!r}?" if close else None
                    )
                made[name] = rows[name]()
        return made

    def _parsers(self, plan: Plan) -> dict[str, Parser]:
        names = {task.component.findings.parser for task in plan.tasks if task.component.findings is not None}
        found = {name: parser for name in names if (parser := shipped_parser(name)) is not None}
        if names - set(found):
            rows = self._plugin_table("omnibase_parsers")
            found.update({name: rows[name] for name in names - set(found)})
        return found

    def _plugin_table(self, hook: str) -> Mapping[str, Any]:
        from omnibase.hooks.manager import table

        return table([plugin for plugin in self.registry.plugins if hook in plugin.hooks], hook)

    def _plugin_observers(self) -> Sequence[Observer]:
        plugins = [plugin for plugin in self.registry.plugins if "omnibase_observers" in plugin.hooks]
        if not plugins:
            return ()
        from omnibase.hooks.manager import listed

        return listed(plugins, "omnibase_observers")

    def _hook(
        self, executor: Any, ctx: ExecutionContext, plan: Plan, question: str, task: int | None, state: State
    ) -> Running:
        from omnibase.executors.python.executor import WorkerEnd
        from omnibase.hooks.working import CALL

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
        plugins = [plugin for plugin in self.registry.plugins if f"omnibase_{question}" in plugin.hooks]
        argument = {
            "hook": f"omnibase_{question}",
            "plugins": [encode(plugin) for plugin in plugins],
            "argument": encode(moment),
        }
        brought = ", ".join(plugin.name for plugin in plugins)

        def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
            problem = end.answer if end.status == 0 else f"omnibase_{question} of {brought} did not come to an end"
            return (Outcome(task or 0, status=Status.FAIL if problem else Status.PASS, reason=problem),)

        running: Running = executor.call(CALL, argument, [], None, interpret)
        return running


class _Assigning:
    """Makes assignments of batches."""

    def __init__(self, ctx: ExecutionContext, plan: Plan, gathered: Gathered, place: Place) -> None:
        self._ctx = ctx
        self._plan = plan
        self._gathered = gathered
        self._place = place
        self._numbers = {task.component.name: index for index, task in enumerate(plan.tasks) if not task.fix}

    def assignment(self, number: int, tasks: tuple[int, ...], state: State) -> Assignment:
        batch = self._plan.batches[number]
        shares = []
        for span in batch.spans:
            if span.task not in tasks:
                continue
            task = self._plan.tasks[span.task]
            paths = self._plan.inputs[task.files][span.start : span.stop] if task.files is not None else None
            shares.append(Share(span.task, task.component, paths, self._values(task.component, state)))
        return Assignment(
            batch=number,
            shares=tuple(shares),
            place=self._place,
            run_id=self._ctx.run_id,
            correlation_id=self._ctx.correlation_id,
            fix=batch.fix,
            deadline=batch.timeout,
            added=self._gathered.added,
        )

    def _values(self, component: Component, state: State) -> Mapping[str, Json]:
        values = {}
        for need in component.needs:
            result = state.results[self._numbers[need.name]]
            if result is not None:
                values[need.name] = result.value
        return values


def _temporary_folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="omnibase-")


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _median(values: Any) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 1.0


def _argument_bytes(env: Mapping[str, str]) -> int:
    """Bytes that a command's arguments may take together, beside the environment (execve(2))."""
    try:
        limit = os.sysconf("SC_ARG_MAX")
    except (OSError, ValueError):
        limit = 256 * 1024
    used = sum(len(os.fsencode(name)) + len(os.fsencode(value)) + 10 for name, value in env.items())
    return max(min(limit - used - ARGUMENTS_SPARE, ARGUMENTS_MOST), 4096)


def _is_small(wanted: Sequence[Wanted], root: str) -> bool:
    """Whether the passes are shipped code over few bytes."""
    paths: set[str] = set()
    for want in wanted:
        work = want.component.work
        if isinstance(work, PythonCall) and work.takes == "file" and want.left_out is None:
            if not work.shipped:
                return False
            paths.update(want.paths or ())
            if len(paths) > INLINE_FILES:
                return False
    size = 0
    for path in paths:
        try:
            size += os.lstat(os.path.join(root, path)).st_size
        except OSError:
            continue  # it vanished: there is nothing of it to read
    return size <= INLINE_BYTES
