"""Batches that are commands: an argument list becomes a process, its output findings."""

import os
from collections.abc import Callable, Mapping, Sequence
from subprocess import DEVNULL
from typing import TYPE_CHECKING

from omnibase.core.secrets import Secrets
from omnibase.executors.capture import Capture
from omnibase.executors.failing import not_started
from omnibase.executors.family import Family
from omnibase.executors.invoking import invocation, program_of, shown
from omnibase.executors.memory import file_of
from omnibase.executors.processes import Process
from omnibase.executors.running import CommandRunning, contents
from omnibase.executors.sentinel import Sentinel
from omnibase.executors.settled import Settled
from omnibase.executors.spawning import pass_nothing_on
from omnibase.executors.tree import BATCH, RUN, marks
from omnibase.model.component import NO_LIMITS, Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Observer, Parser, Running, Tap

if TYPE_CHECKING:
    from omnibase.executors.jobserver import JobServer
    from omnibase.executors.limits import Guard, Limiter
    from omnibase.executors.metering import Meter


class CommandExecutor:
    """Starts commands. `parsers` are those that components name, by name.

    With `alone` this process is there for the run and nothing else: orphans of commands come to it, and nothing that
    comes after the executor and is not ours outlives it. With `meter`, outcomes tell what was used. `tap` is
    given the output while it is read. The `jobserver` is for those that want one; it is among the `observers` that have
    to hear of the run, and is closed here. After `close`, `ended` says what had to be ended, `remarks` what else there
    is to know.
    """

    def __init__(
        self,
        parsers: dict[str, Parser],
        secrets: Secrets | None = None,
        *,
        alone: bool = False,
        meter: bool = False,
        tap: Tap | None = None,
        jobserver: "JobServer | None" = None,
    ) -> None:
        self._parsers = parsers
        self._secrets = secrets
        self._meter_of = _meter_of() if meter else None
        self._tap = tap
        self._jobserver = jobserver
        self.observers: tuple[Observer, ...] = (jobserver,) if jobserver is not None else ()
        self._count = 0
        if alone:
            pass_nothing_on()
        self._family = Family(alone)
        self._sentinel = Sentinel()
        if self._sentinel.pid is not None:
            self._family.begun(self._sentinel.pid)
        self._limiter: Limiter | None = None  # once a component has limits
        self._names: dict[bytes, str] = {}  # the components by the marks of their batches
        self.ended: list[str] = []
        self.remarks: list[str] = []

    def start(self, assignment: Assignment, event: bytes | None = None) -> Running:
        """As any executor; with an `event` it is a hook: it reads that, and its output is nobody's but its own."""
        share = assignment.shares[0]
        self._count += 1
        scratch = assignment.place.scratch
        stem = os.path.join(scratch, f"{share.component.name}-{self._count}") if scratch else None
        call = invocation(share, assignment.place, stem, assignment.given)
        program = program_of(call, assignment.place)
        if program.path is None:
            spare = ", or declare `required: false`" if share.component.required else ""
            outcome = Outcome(share.task, cause=program.cause, reason=program.reason)
            outcome = outcome._replace(remedy=f"{program.remedy}{spare}")
            return Settled((outcome._replace(command=shown(share, call)),))
        parsing = share.component.findings
        parser = self._parsers[parsing.parser] if parsing else None
        writes = (share.component.fixes or assignment.fix) and assignment.place.home is None  # else a view is compared
        before = contents(share, assignment.place.root) if writes else {}
        marked = self._marks(assignment, share.component)
        argv = (program.path, *call.argv[1:])
        inherited, flags = self._job_tokens(share.component, call.env)
        env = {**call.env, **flags, **marked}
        guard = self._guard(assignment, share.component)
        stdin = DEVNULL
        try:
            stdin = file_of(event) if event is not None else DEVNULL
            step = guard.step() if guard is not None else None
            capture = Capture(stem, self._secrets, self._teller(share.component.name) if event is None else None)
            meter = self._meter_of(adopting=self._family.alone) if self._meter_of and event is None else None
            process = Process(
                argv,
                call.cwd,
                env,
                capture,
                self._sentinel,
                self._family,
                assignment.batch,
                step,
                meter,
                stdin,
                inherited,
            )
        except (OSError, ValueError) as error:
            if guard is not None:
                guard.close()
            outcome = Outcome(share.task, command=shown(share, call), program=program.path)
            return Settled((not_started(outcome, share, call.cwd, error),))
        finally:
            if stdin != DEVNULL:
                os.close(stdin)
        if guard is not None:
            guard.begun()
            process.metered = True
        return CommandRunning(share, call, program.path, process, parser, assignment.place.root, before, guard)

    def close(self) -> None:
        """End what commands have left behind, within about a second."""
        self._family.end()
        self._sentinel.close()
        if self._jobserver is not None:
            self._jobserver.close()
        if self._limiter is not None:
            self._limiter.close()
            self.remarks = self._limiter.remarks()
        if self._family.ended:
            self.ended = self._told(self._family.ended)

    def _guard(self, assignment: Assignment, component: Component) -> "Guard | None":
        """What holds a command to its limits; None where it has none."""
        if component.limits == NO_LIMITS:
            return None
        if self._limiter is None:
            from omnibase.executors.limits import Limiter

            self._limiter = Limiter()
        return self._limiter.guard(component.limits, assignment.run_id, assignment.batch)

    def _job_tokens(self, component: Component, env: Mapping[str, str]) -> tuple[Sequence[int], Mapping[str, str]]:
        """The descriptors of the jobserver and the variable that names them, for a component that wants them."""
        if self._jobserver is None or not component.jobserver or "MAKEFLAGS" in component.env:
            return (), {}
        return self._jobserver.ends, self._jobserver.variables(env)

    def _teller(self, name: str) -> Callable[[str], None] | None:
        """What is told of a component's lines of output."""
        tap = self._tap
        return (lambda text: tap(name, text)) if tap is not None else None

    def _marks(self, assignment: Assignment, component: Component) -> dict[str, str]:
        marked = marks(assignment.run_id, assignment.batch, self._family.owner)
        if not self._names:
            self._sentinel.watch(f"{RUN}={assignment.run_id}")
        self._names[os.fsencode(f"{BATCH}={assignment.batch}")] = component.name
        return marked

    def _told(self, ended: list[frozenset[bytes]]) -> list[str]:
        """Whose processes they were, and how many."""
        counts: dict[str, int] = {}
        for variables in ended:
            name = next((self._names[one] for one in variables if one in self._names), "some component")
            counts[name] = counts.get(name, 0) + 1
        return [f"{name} ({count} process{'es' if count > 1 else ''})" for name, count in counts.items()]


def _meter_of() -> "type[Meter]":
    """What measures commands: imported before the first of them, lest it be charged with that."""
    from omnibase.executors.metering import Meter

    return Meter
