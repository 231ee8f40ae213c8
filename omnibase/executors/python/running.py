"""A worker under way: its job, its answer and its output, and its end."""

import os
import signal as signals
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from omnibase.executors.capture import Capture
from omnibase.executors.memory import file_of
from omnibase.executors.python import worker
from omnibase.executors.python.calling import split
from omnibase.executors.python.telling import Interpret, WorkerEnd, feed_refusal
from omnibase.executors.tree import below, entries
from omnibase.model.events import Outcome
from omnibase.model.ports import WOKEN
from omnibase.model.result import Call, Cause, Usage

if TYPE_CHECKING:
    from omnibase.executors.limits import Guard

Json = Any
CHUNK = 64 * 1024
MOST_ANSWER = 32 * 1024 * 1024  # bytes of an answer that a worker may give


class WorkerRunning:
    """A worker under way."""

    def __init__(
        self, zygote: Any, order: Json, capture: Capture, interpret: Interpret, guard: "Guard | None" = None
    ) -> None:
        import json

        self._zygote = zygote
        self._interpret = interpret
        self._capture = capture
        self._answer = bytearray()
        self._cancelled: Cause | None = None
        self._ended = bytearray()
        self._outcomes: tuple[Outcome, ...] | None = None
        self._began = monotonic()
        self._guard = guard
        self._broken: tuple[Cause, str] | None = None
        self.wake: float | None = guard.wake if guard is not None else None
        self._job = file_of(bytes(worker.HEAD) + json.dumps(order).encode("ascii"))
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
            pipes[0][0]: self._take_answer,
            pipes[1][0]: self._capture.stdout.feed,
            pipes[2][0]: self._capture.stderr.feed,
        }
        self._end = pipes[3][0]
        self.fds = {read for read, _ in pipes}

    def ready(self, fd: int) -> None:
        if fd == self._end:
            try:
                self._ended += os.read(fd, 64)
            except BlockingIOError:
                return  # woken for nothing
            self._finish()
            return
        if fd in self._sinks and self._drain(fd, 1):
            self.fds.discard(fd)
            del self._sinks[fd]
            os.close(fd)
        if self._guard is not None and self._outcomes is None and self._broken is None and self._cancelled is None:
            self._look(self._guard, fd)

    def last_line(self) -> str | None:
        """What it has printed last, without secrets and safe to show."""
        return self._capture.last_line()

    def doing(self) -> int:
        """Which of the job's components is at work, counted from 1; 0 where none has begun, or all is over."""
        if self._outcomes is not None:
            return 0
        doing: int = worker.PROGRESS.unpack(os.pread(self._job, worker.PROGRESS.size, 0))[0]
        return doing

    def cancel(self, cause: Cause, *, force: bool) -> None:
        if self._outcomes is None:
            self._cancelled = cause
            self._zygote.kill(self._number, signals.SIGKILL if force else signals.SIGTERM)
            if not force:
                self._zygote.kill(self._number, signals.SIGCONT)  # one that is stopped has to hear it

    def outcomes(self) -> tuple[Outcome, ...] | None:
        return self._outcomes

    def _take_answer(self, data: bytes) -> None:
        if len(self._answer) + len(data) <= MOST_ANSWER:
            self._answer += data
        elif self._broken is None:
            self._break(Cause.PROTOCOL, f"its answer is larger than {MOST_ANSWER // (1024 * 1024)} MB")

    def _look(self, guard: "Guard", fd: int) -> None:
        broken = guard.heard(self._capture.size)
        if broken is None and fd == WOKEN:
            pid, held = worker.WHO.unpack(os.pread(self._job, worker.WHO.size, worker.PROGRESS.size))
            if pid and not held:
                guard.watch()
            broken = guard.look(lambda: entries(below([pid])) if pid else ())
        if broken is not None:
            self._break(Cause.LIMIT, broken)

    def _break(self, cause: Cause, reason: str) -> None:
        self._broken = (cause, reason)
        self._answer.clear()
        self._zygote.kill(self._number, signals.SIGKILL)

    def _finish(self) -> None:
        import json

        from omnibase.executors.python.nursery import REFUSED, STATUS

        if len(self._ended) < STATUS.size:
            self._zygote.close()  # it was killed: no worker of its goes on beside what comes next
        for fd in list(self._sinks):
            self._drain(fd, 1 << 20 if self._sinks[fd] == self._take_answer else 32)
            os.close(fd)
        self._capture.close()
        os.close(self._end)
        self.fds.clear()
        head = os.pread(self._job, worker.HEAD, 0)
        doing, at = worker.PROGRESS.unpack_from(head)
        os.close(self._job)
        status = STATUS.unpack_from(self._ended)[0] if len(self._ended) >= STATUS.size else None
        answer, refused = None, None
        if status is not None and status >= REFUSED:
            number, status = status - REFUSED, None
            refused = feed_refusal(self._capture, OSError(number, os.strerror(number)))
        calls: list[tuple[int, Call]] = []
        try:
            last, calls = split(bytes(self._answer))
            answer = json.loads(last) if status == 0 and self._broken is None else None
        except ValueError:
            status = None  # what wrote into the answer's pipe was not the worker
        duration = monotonic() - self._began
        if self._guard is not None:
            if self._broken is None and self._cancelled is None:
                over = self._guard.heard(self._capture.size) or self._guard.verdict(status or 0, duration)
                self._broken = (Cause.LIMIT, over) if over else None
            elif self._broken is None and self._cancelled in (Cause.TIMEOUT, Cause.RUN_TIMEOUT):
                over = self._guard.told()
                self._broken = (Cause.LIMIT, over) if over else None
            self._guard.close()
        end = WorkerEnd(answer, status, doing, at, self._cancelled, self._capture, duration, self._broken, refused)
        outcomes = self._interpret(end._replace(calls=tuple(calls)))
        if len(self._ended) > STATUS.size and len(outcomes) == 1:  # of several, nobody knows who took what
            (began,) = worker.BEGAN.unpack_from(head, worker.HEAD - worker.BEGAN.size)
            usage = self._usage(bytes(self._ended[STATUS.size :]), duration, began)
            outcomes = (outcomes[0]._replace(usage=usage),)
        self._outcomes = outcomes

    def _usage(self, counted: bytes, wall: float, began: float) -> Usage:
        """What the worker took. `began` is when its function was called, or 0."""
        from omnibase.executors.metering import Counted

        user, system, memory, read, written = Counted.unpacked(counted)
        return Usage(wall, user, system, memory, read, written, began - self._began if began else None)

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
