"""Batches of Python: each is a job for a worker of the zygote."""

import os
import signal as signals
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.core.redaction import visible
from omnibase.executors.capture import Capture
from omnibase.executors.ending import signal_name
from omnibase.executors.python import context, passes, worker
from omnibase.executors.settled import Settled
from omnibase.model.component import PythonCall
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Running
from omnibase.model.record import Record
from omnibase.model.result import Cause, Status

Json = Any
CHUNK = 64 * 1024


class WorkerEnd(Record):
    """How a worker ended: its answer, or its exit code (negative for a signal; None where its zygote died, too).

    `doing` and `at` are what it noted last, counted from 1; `duration` is in seconds.
    """

    answer: Json
    status: int | None
    doing: int
    at: int
    cancelled: Cause | None
    capture: Capture
    duration: float = 0.0


Interpret = Callable[[WorkerEnd], tuple[Outcome, ...]]


class PythonExecutor:
    """Workers. `write` names the door by which fixers' changes reach files."""

    def __init__(self, write: str) -> None:
        from omnibase.executors.python.zygote import Zygote

        self._write = write
        self._zygote = Zygote(worker.work)
        self._count = 0

    def start(self, assignment: Assignment) -> Running:
        work = assignment.shares[0].component.work
        if isinstance(work, PythonCall) and work.takes == "context":
            folders = [work.path] if work.path else []
            job = context.job_of(assignment)
            return self.call(context.TARGET, encode(job), folders, assignment, _of_context(job), job.env)
        calls = [share.component.work for share in assignment.shares]
        folders = sorted({call.path for call in calls if isinstance(call, PythonCall) and call.path})
        pass_job = passes.job_of(assignment, self._write)
        return self.call(passes.TARGET, encode(pass_job), folders, assignment, _of_pass(pass_job))

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
        try:
            return WorkerRunning(self._zygote, order, stem, interpret)
        except OSError as error:  # no descriptor is left, or the zygote was killed
            capture = Capture(None)
            capture.stderr.feed(f"its worker could not be started: {error.strerror}".encode())
            return Settled(interpret(WorkerEnd(None, None, 0, 0, None, capture)))

    def close(self) -> None:
        self._zygote.close()


class WorkerRunning:
    """A worker under way."""

    def __init__(self, zygote: Any, order: Json, stem: str | None, interpret: Interpret) -> None:
        import json

        self._zygote = zygote
        self._interpret = interpret
        self._capture = Capture(stem)
        self._answer = bytearray()
        self._cancelled: Cause | None = None
        self._ended = bytearray()
        self._outcomes: tuple[Outcome, ...] | None = None
        self._began = monotonic()
        self._job = _memory(bytes(worker.PROGRESS.size) + json.dumps(order).encode("ascii"))
        pipes: list[tuple[int, int]] = []
        try:
            pipes += (os.pipe() for _ in range(4))
            self._number = zygote.spawn(self._job, *(write for _, write in pipes))
        except OSError:
            for fd in (self._job, *(fd for pipe in pipes for fd in pipe)):
                os.close(fd)
            raise
        for read, write in pipes:
            os.close(write)
            os.set_blocking(read, False)
        self._sinks: dict[int, Callable[[bytes], object]] = {
            pipes[0][0]: self._answer.extend,
            pipes[1][0]: self._capture.stdout.feed,
            pipes[2][0]: self._capture.stderr.feed,
        }
        self._end = pipes[3][0]
        self.fds = {read for read, _ in pipes}

    def ready(self, fd: int) -> None:
        if fd == self._end:
            try:
                self._ended += os.read(fd, 16)
            except BlockingIOError:
                return  # woken for nothing
            self._finish()
        elif fd in self._sinks and self._drain(fd, 1):
            self.fds.discard(fd)
            del self._sinks[fd]
            os.close(fd)

    def cancel(self, cause: Cause, *, force: bool) -> None:
        if self._outcomes is None:
            self._cancelled = cause
            self._zygote.kill(self._number, signals.SIGKILL if force else signals.SIGTERM)
            if not force:
                self._zygote.kill(self._number, signals.SIGCONT)  # one that is stopped has to hear it

    def outcomes(self) -> tuple[Outcome, ...] | None:
        return self._outcomes

    def _finish(self) -> None:
        import json

        from omnibase.executors.python.zygote import STATUS

        for fd in list(self._sinks):
            self._drain(fd, 1 << 20 if self._sinks[fd] == self._answer.extend else 32)
            os.close(fd)
        self._capture.close()
        os.close(self._end)
        self.fds.clear()
        doing, at = worker.PROGRESS.unpack(os.pread(self._job, worker.PROGRESS.size, 0))
        os.close(self._job)
        status = STATUS.unpack(self._ended)[0] if len(self._ended) == STATUS.size else None
        answer = None
        if status == 0:
            try:
                answer = json.loads(self._answer)
            except ValueError:
                status = None  # what wrote into the answer's pipe was not the worker
        duration = monotonic() - self._began
        self._outcomes = self._interpret(WorkerEnd(answer, status, doing, at, self._cancelled, self._capture, duration))

    def _drain(self, fd: int, chunks: int) -> bool:
        """Read what is there, so many chunks at most. True at the end of the stream."""
        for _ in range(chunks):
            try:
                data = os.read(fd, CHUNK)
            except BlockingIOError:
                return False
            if not data:
                return True
            self._sinks[fd](data)
        return False


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


def _of_context(job: context.ContextJob) -> Interpret:
    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        answered = end.answer is not None and end.cancelled is None
        outcome = decode(Outcome, end.answer[0]) if answered else _blamed(job.task, end, "")
        return (outcome._replace(output=end.capture.output(), duration=end.duration),)

    return interpret


def _of_pass(job: passes.PassJob) -> Interpret:
    def interpret(end: WorkerEnd) -> tuple[Outcome, ...]:
        if end.answer is not None and end.cancelled is None:
            return tuple(decode(Outcome, outcome) for outcome in end.answer)
        if end.answer is not None and job.write is not None:
            # It was asked to stop and has ended the file that it had begun: what it changed by then has to be told.
            told = [decode(Outcome, outcome) for outcome in end.answer]
            return tuple(one._replace(cause=end.cancelled, reason=_blamed(one.task, end, "").reason) for one in told)
        # Only the check that was at work is to blame; the others are served by another worker, without it.
        path = job.files[end.at - 1][0] if 0 < end.at <= len(job.files) else ""
        return tuple(
            _blamed(check.task, end, path)._replace(output=end.capture.output(), duration=end.duration)
            if end.doing in (0, position)
            else Outcome(check.task, served=False, cause=end.cancelled or Cause.CRASHED)
            for position, check in enumerate(job.checks, start=1)
        )

    return interpret


def _blamed(task: int, end: WorkerEnd, path: str) -> Outcome:
    at = f" at {visible(path)}" if path else ""
    if end.cancelled is Cause.TIMEOUT:
        return Outcome(task, cause=Cause.TIMEOUT, reason=f"no verdict in the time allowed{at}")
    if end.cancelled is not None:
        why = "no verdict in the time allowed for the run" if end.cancelled is Cause.RUN_TIMEOUT else "interrupted"
        return Outcome(task, cause=end.cancelled, reason=f"{why}{at}")
    if end.status is not None and end.status < 0:
        reason = f"its worker was ended by {signal_name(-end.status)}{at}"
        return Outcome(task, status=Status.FAIL, signal=-end.status, cause=Cause.CRASHED, reason=reason)
    return Outcome(task, status=Status.FAIL, cause=Cause.CRASHED, reason=f"its worker ended without an answer{at}")


def _memory(data: bytes) -> int:
    """A file without a name that holds the data; both processes see what is written to it."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("omnibase-job", os.MFD_CLOEXEC)
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    return fd
