"""A command under way, what it is held to, and what it came to."""

import os
from typing import TYPE_CHECKING

from omnibase.core.redaction import visible
from omnibase.core.secrets import Secrets
from omnibase.executors.ending import signal_name
from omnibase.executors.failing import in_passing, last_words
from omnibase.executors.invoking import Invocation, shown
from omnibase.executors.processes import Process
from omnibase.model.events import Outcome
from omnibase.model.ports import WOKEN, Parsed, Parser, ParserInput, Share
from omnibase.model.result import Cause

if TYPE_CHECKING:
    from omnibase.executors.limits import Guard

MAX_REPORT = 64 * 1024 * 1024  # bytes of a report file that a parser is given


class CommandRunning:
    """A command under way, and what it came to."""

    def __init__(
        self,
        share: Share,
        call: Invocation,
        program: str,
        process: Process,
        parser: Parser | None,
        root: str,
        before: dict[str, bytes],
        guard: "Guard | None",
    ) -> None:
        self._share = share
        self._call = call
        self._program = program
        self._process = process
        self._parser = parser
        self._root = root
        self._cancelled: Cause | None = None
        self._outcomes: tuple[Outcome, ...] | None = None
        self._before = before  # the digests of the files that it may change
        self._guard = guard
        self._broken: str | None = None  # how it broke one
        self.wake: float | None = guard.wake if guard is not None else None
        self.fds = process.fds

    def ready(self, fd: int) -> None:
        self._process.ready(fd)
        if self._guard is not None and self._process.status is None and self._cancelled is None:
            broken = self._guard.heard(self._process.capture.size)
            if broken is None and fd == WOKEN:
                broken = self._guard.look(self._process.entries)
            if broken is not None:
                self._broken = broken
                self.cancel(Cause.LIMIT, force=True)

    def last_line(self) -> str | None:
        """What it has printed last, without secrets and safe to show."""
        return self._process.capture.last_line()

    def cancel(self, cause: Cause, *, force: bool) -> None:
        if self._process.status is not None:
            return
        self._cancelled = cause
        if force:
            self._process.kill()
        else:
            self._process.end()

    def outcomes(self) -> tuple[Outcome, ...] | None:
        if self._outcomes is None and self._process.status is not None:
            if self._guard is not None:
                self._judge(self._guard, self._process.status)
            self._outcomes = (self._outcome(self._process.status),)
        return self._outcomes

    def _judge(self, guard: "Guard", status: int) -> None:
        """Whether it was a limit that ended it, or that it reached before its end."""
        if self._cancelled is None:
            self._broken = guard.heard(self._process.capture.size) or guard.verdict(status, self._process.seconds)
        elif self._cancelled in (Cause.TIMEOUT, Cause.RUN_TIMEOUT):
            self._broken = guard.told()  # what is refused processes or memory may hang on that
        if self._broken is not None:
            self._cancelled = Cause.LIMIT
        guard.close()

    def _outcome(self, status: int) -> Outcome:
        capture = self._process.capture
        outcome = Outcome(
            self._share.task,
            exit_code=status if status >= 0 else None,
            output=capture.output(),
            command=shown(self._share, self._call),
            program=self._program,
            changed_files=self._changed(),
            usage=self._process.usage,
        )
        if self._cancelled is not None:
            outcome = outcome._replace(cause=self._cancelled, reason=self._why_cancelled())
        elif status < 0:
            outcome = outcome._replace(signal=-status, cause=Cause.SIGNAL, reason=f"ended by {signal_name(-status)}")
        if status != 0 and self._cancelled is None:
            outcome = outcome._replace(transient=in_passing(self._share.component.retry.stderr, capture.stderr))
        if self._parser is not None:
            outcome = self._with_findings(outcome, self._parser)
        return outcome

    def _with_findings(self, outcome: Outcome, parser: Parser) -> Outcome:
        capture = self._process.capture
        parsing = self._share.component.findings
        given = ParserInput(
            stdout=capture.stdout.data(),
            stderr=capture.stderr.data(),
            exit_code=outcome.exit_code,
            root=self._root,
            report=_read_report(self._call.report, capture.secrets),
            options=parsing.options if parsing else {},
            cwd=self._share.component.cwd,
        )
        try:
            parsed = parser(given)
        except Exception as error:  # noqa: BLE001 - a plugin's parser; its fault is the component's, not the run's
            parsed = Parsed(problem=f"the parser {parsing and parsing.parser} raised {type(error).__name__}: {error}")
        outcome = outcome._replace(findings=parsed.findings, parts=parsed.parts)
        if parsed.problem is None or outcome.cause is not None:
            return outcome
        return outcome._replace(cause=Cause.NO_REPORT, reason=visible(parsed.problem))

    def _why_cancelled(self) -> str:
        if self._broken is not None:
            return self._broken
        component = self._share.component
        limits = [limit for limit in (component.timeout, component.deadline) if limit is not None]
        late = f"no verdict after {min(limits):g} s" if limits else "no verdict in the time allowed"
        if component.deadline is not None and component.idempotent and component.retry.attempts > 1:
            late = "no verdict in the time allowed"  # of a deadline for all attempts, what the others had left
        words = {
            Cause.TIMEOUT: late,
            Cause.RUN_TIMEOUT: "no verdict in the time allowed for the run",
            Cause.INTERRUPTED: "interrupted",
        }
        why = words.get(self._cancelled or Cause.INTERRUPTED, "cancelled")
        if self._cancelled in (Cause.TIMEOUT, Cause.RUN_TIMEOUT):
            why += last_words(self._process.capture)
        return why

    def _changed(self) -> tuple[str, ...]:
        if not self._before:
            return ()
        after = contents(self._share, self._root)
        return tuple(path for path, digest in self._before.items() if after.get(path) != digest)


def contents(share: Share, root: str) -> dict[str, bytes]:
    """A digest of each file that a writing command may change, so that its changes are seen and not assumed."""
    import hashlib

    digests = {}
    for path in share.paths or ():
        try:
            with open(os.path.join(root, path), "rb") as file:
                digests[path] = hashlib.file_digest(file, "blake2b").digest()
        except OSError:
            digests[path] = b""
    return digests


def _read_report(path: str | None, secrets: Secrets) -> bytes | None:
    if path is None:
        return None
    from omnibase.executors.recording import report_data

    return report_data(path, MAX_REPORT, secrets)
