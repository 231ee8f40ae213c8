"""Batches of Python: each is a job for a worker of the zygote."""

import os
from collections.abc import Callable, Mapping, Sequence
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING, Any

from omnibase.core.encoding import encode
from omnibase.core.secrets import Secrets
from omnibase.executors.capture import Capture
from omnibase.executors.python import context, passes, worker
from omnibase.executors.python.running import WorkerRunning
from omnibase.executors.python.telling import Interpret, WorkerEnd, of_context, of_pass, refused
from omnibase.executors.settled import Settled
from omnibase.executors.tree import marks
from omnibase.model.component import NO_LIMITS, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Running, Tap
from omnibase.model.result import Cause

if TYPE_CHECKING:
    from omnibase.executors.limits import Guard, Limiter

__all__ = ["PythonExecutor", "WorkerEnd", "wait"]

Json = Any


class PythonExecutor:
    """Workers. `write` names the door by which fixers' changes reach files; `secrets` are in no output that is kept.

    `breakers` are the "module:class" of the store of circuit breakers, and its folder, for calls inside components.
    With `meter`, outcomes tell what was used. `tap` is given what components print while it is read.
    """

    def __init__(
        self,
        write: str,
        secrets: Secrets | None = None,
        breakers: tuple[str, str] | None = None,
        *,
        meter: bool = False,
        tap: Tap | None = None,
    ) -> None:
        from omnibase.executors.python.zygote import Zygote

        self._write = write
        self._secrets = secrets
        self._breakers = breakers
        self._meters = meter
        self._tap = tap
        self._zygote = Zygote(worker.work, meter=meter)
        self._bereaved = False  # whether a zygote was killed
        self._count = 0
        self._owner = f"{os.getpid()}.{monotonic_ns()}"
        self._limiter: Limiter | None = None  # once a component has limits
        self.remarks: list[str] = []  # after `close`, what there is to know

    def start(self, assignment: Assignment) -> Running:
        work = assignment.shares[0].component.work
        if isinstance(work, PythonCall) and work.takes == "context":
            folders = [work.path] if work.path else []
            job = context.job_of(assignment)
            return self.call(context.TARGET, encode(job), folders, assignment, of_context(job), job.env)
        calls = [share.component.work for share in assignment.shares]
        folders = sorted({call.path for call in calls if isinstance(call, PythonCall) and call.path})
        pass_job = passes.job_of(assignment, self._write)
        env = {**assignment.place.env, **assignment.given}
        return self.call(passes.TARGET, encode(pass_job), folders, assignment, of_pass(pass_job), env)

    def call(
        self,
        target: str,
        argument: Json,
        folders: list[str],
        assignment: Assignment | None,
        interpret: Interpret,
        env: Mapping[str, str] | None = None,
    ) -> Running:
        """Have any function called in a worker; `interpret` makes outcomes of how that ended.

        The worker's environment is `env`, else that of the assignment's place, else our own.
        """
        self._count += 1
        place = assignment.place if assignment else None
        # No component's command has an output of this name.
        stem = os.path.join(place.scratch, f"worker.{self._count}") if place and place.scratch else None
        env = env if env is not None or place is None else place.env
        order = {"target": target, "argument": argument, "path": folders, "env": dict(env) if env is not None else None}
        if order["env"] is not None and assignment is not None:
            order["env"] |= marks(assignment.run_id, assignment.batch, self._owner)
        guard = self._guard(assignment)
        order["limits"] = guard.order() if guard is not None else None
        names = [share.component.name for share in assignment.shares] if assignment is not None else []
        order["meter"] = self._meters and assignment is not None
        order["calls"] = {"names": names, "breakers": self._breakers} if names else None
        try:
            if self._zygote.has_ended:  # a worker has killed its parent: that is no matter of those that come later
                self._renew()
            listener = Listener(self._tap, names) if self._tap is not None and names else None
            capture = Capture(stem, self._secrets, listener.tell if listener is not None else None)
            running = WorkerRunning(self._zygote, order, capture, interpret, guard)
            if listener is not None:
                listener.at = running.doing
            return running
        except OSError as error:  # no descriptor or process is left, or the zygote was killed just now
            if guard is not None:
                guard.close()
            return Settled(interpret(refused(error)))

    def close(self) -> None:
        self._zygote.close()
        if self._bereaved or self._zygote.was_killed:
            from omnibase.executors.python.remains import end_owned

            end_owned(self._owner)  # what would have come to the zygote, and ended with it
        if self._limiter is not None:
            self._limiter.close()
            self.remarks = self._limiter.remarks()

    def _renew(self) -> None:
        """Have a new zygote in place of one that has ended. Raises OSError where there can be none."""
        from omnibase.executors.python.zygote import Zygote

        self._zygote.close()
        self._bereaved = True
        self._zygote = Zygote(worker.work, late=True, meter=self._meters)

    def _guard(self, assignment: Assignment | None) -> "Guard | None":
        """What holds a worker to its component's limits. A pass of several has none: whose would they be?"""
        if assignment is None or len(assignment.shares) > 1 or assignment.shares[0].component.limits == NO_LIMITS:
            return None
        if self._limiter is None:
            from omnibase.executors.limits import Limiter

            self._limiter = Limiter()
        return self._limiter.guard(assignment.shares[0].component.limits, assignment.run_id, assignment.batch)


class Listener:
    """Hands what a worker prints to a tap, under the name of the component that is at work."""

    def __init__(self, tap: Tap, names: Sequence[str]) -> None:
        self._tap = tap
        self._names = names
        self.at: Callable[[], int] = lambda: 0  # which of them is at work, counted from 1

    def tell(self, text: str) -> None:
        self._tap(self._names[max(self.at(), 1) - 1], text)


def wait(running: Running, seconds: float) -> tuple[Outcome, ...] | None:
    """Wait for one batch without a driver. None, and the batch ended, where it takes longer than `seconds`."""
    import select

    left: float | None = seconds
    end = monotonic() + seconds
    while (outcomes := running.outcomes()) is None:
        if left is not None and (left := end - monotonic()) <= 0:
            running.cancel(Cause.TIMEOUT, force=True)
            left = None
        for fd in select.select(list(running.fds), [], [], left)[0]:
            if fd in running.fds:
                running.ready(fd)
    return outcomes if left is not None else None
