"""The pieces put together: the one place that names concrete rooms, and hands them to each orchestrator."""

import sys
import time
from binascii import crc32
from collections.abc import Mapping, Sequence
from typing import Any

from omnibase import __version__
from omnibase.core.batching import Limits
from omnibase.core.nearest import nearest
from omnibase.core.planning import Conditions, Wanted, learnt
from omnibase.core.reporting import report
from omnibase.engine.driver import Driver
from omnibase.engine.modes import MODES
from omnibase.engine.observers import Collector, Observers
from omnibase.engine.signals import Deferred
from omnibase.inputs.scratch import Scratch
from omnibase.model.component import FILES, Component, PythonCall
from omnibase.model.context import ExecutionContext, InputKind
from omnibase.model.errors import ConfigurationError
from omnibase.model.events import Noticed
from omnibase.model.plan import Plan
from omnibase.model.ports import Observer, Place, Stepper, Tap
from omnibase.model.registry import Registry
from omnibase.model.report import RepositoryState, RunHeader, RunReport, Selection
from omnibase.orchestrators import history
from omnibase.orchestrators.assigning import Assigning
from omnibase.orchestrators.equipping import listening, make_executors, observers, remarks, secrets_of
from omnibase.orchestrators.gathering import Gathered, gather
from omnibase.orchestrators.guarding import Guarding
from omnibase.orchestrators.hooking import Hooking, hook_calls, not_called
from omnibase.orchestrators.leftovers import left_behind, let_go
from omnibase.orchestrators.machine import argument_bytes, is_small, most_at_once, processors
from omnibase.orchestrators.placing import Placing
from omnibase.orchestrators.starting import Starting
from omnibase.orchestrators.workspace import Workspace
from omnibase.storage.breakers import is_guarded

Json = Any


class Services:
    """What an orchestrator has at hand. `observers` hear every event of the run, after the journal.

    With `alone` the process is there for this run and nothing else: orphans of components come to it, and are ended.
    The `stepper` is asked at breakpoints; `tap` is given what components print while they do.
    """

    def __init__(
        self,
        workspace: Workspace,
        observers: Sequence[Observer] = (),
        *,
        alone: bool = False,
        stepper: Stepper | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._alone = alone
        self._stepper = stepper
        self._tap = self._guarded(tap) if tap is not None else None
        self.workspace = workspace
        self.registry: Registry = workspace.registry
        self.late_notices: list[str] = []  # what came up after the report was made
        self._early_notices: list[str] = []  # what came up while the plan was made
        self._observers = observers
        self._started_at = time.time()
        self._began = time.monotonic()
        self._folder: str | None = None
        self._scratch = Scratch(None, "")
        self._placing: Placing | None = None
        self._deferred = Deferred()

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

    def gather(self, ctx: ExecutionContext, kind: InputKind, *, around: bool) -> Gathered:
        """The run's inputs; `around` says that some component may look at others. Raises OmnibaseError."""
        state = self.workspace.state if MODES[ctx.mode].writes else None
        repository = self.workspace.repository
        found = left_behind(repository, state) if state is not None and repository is not None else ()
        self._scratch = Scratch(state, ctx.run_id)
        gathered = gather(ctx, kind, repository, self._scratch, around=around)
        gathered.notices += tuple(found)
        return gathered

    def files_of(self, component: Component, gathered: Gathered) -> tuple[str, ...] | None:
        """The files of a component at a stage without inputs: all that are its own, where it takes any."""
        work = component.work
        takes_files = isinstance(work, PythonCall) or FILES in work.argv
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
        row, shape = MODES[ctx.mode], MODES[ctx.predicts or ctx.mode]
        there = processors(self.workspace.env)
        slots = (ctx.slots or there) if shape.parallel and ctx.breakpoints is None else 1
        most = most_at_once()
        if slots > most:
            self._early_notices.append(f"--jobs {slots}: {most} run at once, as the limit of open files allows no more")
            slots = most
        names = [want.component.name for want in wanted if want.left_out is None]
        found: Mapping[str, float]
        if row.writes and shape.parallel and len(names) > 1:
            found, notices = history.durations(self.workspace, names)
            self.late_notices += notices
        else:  # no order hangs on them
            found = history.peeked(self.workspace, names)
        durations, usual = learnt(found)
        return Conditions(
            slots=slots,
            most_slots=most,
            durations=durations,
            usual=usual,
            limits=Limits(argument_bytes(self.workspace.env), min(slots, there)),
            inline=row.executor is None and is_small(wanted, self.workspace.root),
            apart=shape.meter or ctx.breakpoints is not None,
            resources=self.registry.resources,
            breakpoints=ctx.breakpoints,
            retry=row.retry,
            shuffle=ctx.shuffle,
            guarded=row.writes and is_guarded(self.workspace.state),
            seed=crc32(ctx.run_id.encode()),
        )

    def _guarded(self, tap: Tap) -> Tap:
        """The tap, which hears no more once it has failed."""
        failed = False

        def tell(name: str, text: str) -> None:
            nonlocal failed
            if failed:
                return
            try:
                tap(name, text)
            except Exception as error:  # noqa: BLE001 - who follows only listens
                failed = True
                self.late_notices.append(f"what follows the output failed: {type(error).__name__}: {error}")

        return tell

    def _say(self, message: str) -> None:
        """Tell whoever shows progress of what takes long before the run starts; it is no event of the run."""
        for observer in self._observers:
            try:
                observer.observe(Noticed(self.now() - self._started_at, message))
            except Exception as error:  # noqa: BLE001 - a listener's fault must not end the run
                self.late_notices.append(f"{type(observer).__name__} failed: {type(error).__name__}: {error}")

    # Carrying it out

    def drive(self, ctx: ExecutionContext, plan: Plan, header: RunHeader, gathered: Gathered) -> RunReport:
        """Carry out a plan, recorded as it happens. Raises OmnibaseError only before anything is started."""
        if plan.breakpoints is not None and self._stepper is None:
            raise ConfigurationError("breakpoints want somebody to be asked", remedy="give `Services` a stepper")
        writes = MODES[ctx.mode].writes
        header = header._replace(notices=(*header.notices, *self._early_notices))
        hooks = hook_calls(self.registry, ctx.stage, plan.tasks)
        secrets = secrets_of(plan._replace(hooks=hooks), self.workspace.env)
        hooks = tuple(hook._replace(name=secrets.text(hook.name)) for hook in hooks)  # their words may have one
        if writes:
            plan = plan._replace(hooks=hooks)
        else:
            header = header._replace(notices=(*header.notices, *map(secrets.text, not_called(hooks))))
        env, state = self.workspace.env, self.workspace.state
        executors = make_executors(
            plan, ctx.mode, self.registry, secrets, env=env, state=state, alone=self._alone, tap=self._tap
        )
        guarding = Guarding(self.workspace.state)
        collector = Collector()
        everyone = Observers([collector])
        recorder = temporary = None
        try:
            recorder, self._folder, notices = history.record(self.workspace, ctx.run_id) if writes else (None, None, ())
            header = header._replace(notices=(*header.notices, *notices))
            temporary = None if self._folder or not writes else Scratch(None, ctx.run_id).folder
            place = Place(self.workspace.root, self.workspace.env, self._folder or temporary)
            assigning = Assigning(ctx, plan, gathered, place)
            placing = Placing(ctx, self.workspace, gathered, self._scratch, self._say)
            self._placing = placing
            placing.prepare(plan)

            hooking = Hooking(executors, ctx, self.registry, plan, place, assigning.of_run)
            starting = Starting(ctx, plan, executors, secrets, assigning, placing, hooking, kept=not temporary)
            if self._stepper is not None:
                from omnibase.orchestrators.stepping import Stepping

                shown = (plan, header.selection, assigning, placing, gathered.staging, self._scratch)
                starting.ask_of(self._stepper, Stepping(*shown, self.workspace.root))
            first = [history.Recorder(recorder, secrets)] if recorder else []
            everyone = Observers(
                [*first, collector, *listening(executors.values()), *observers(self.registry), *self._observers],
                secrets.text,
            )
            driver = Driver(plan, header, starting.start, starting.ask, guarding.answer, everyone)
            driver.run(self._began, over=self._deferred.begin)
        finally:
            self._deferred.begin()
            for executor in executors.values():
                executor.close()
            for notice in (*guarding.close(), *remarks(executors.values())):
                everyone.publish(Noticed(time.monotonic() - self._began, notice))
            if recorder is not None:
                recorder.close()
            if temporary is not None:
                import shutil

                shutil.rmtree(temporary, ignore_errors=True)
        return report(collector.events)

    def close(self) -> int | None:
        """Give back what the run held for itself alone: its view, and its scratch folder.

        Gives the number of a signal that came since the run has ended.
        """
        self._deferred.begin()
        try:
            if self._placing is not None:
                self._placing.close()
            self.late_notices += let_go(self._scratch, self.workspace.state)
        finally:
            signal = self._deferred.end()
        return signal

    def settle(self) -> None:
        """Fold what was recorded into the history, when it is worth it; called when the report is out."""
        if self._folder is not None and history.is_due(self.workspace, time.monotonic() - self._began):
            self.late_notices += history.fold(self.workspace, history.IN_A_RUN)
