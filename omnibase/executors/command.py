"""Batches that are commands: an argument list becomes a process, its output findings."""

import errno
import os
import signal as signals

from omnibase.core.redaction import visible
from omnibase.executors.capture import Capture
from omnibase.executors.ending import signal_name
from omnibase.executors.processes import Process
from omnibase.executors.programs import Program, find, search_path
from omnibase.executors.sentinel import Sentinel
from omnibase.executors.settled import Settled
from omnibase.model.component import FILES, Command, Component
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Parsed, Parser, ParserInput, Place, Running, Share
from omnibase.model.record import Record
from omnibase.model.result import Cause

REPORT = "{report}"
SHOWN_FILES = 20
MAX_REPORT = 64 * 1024 * 1024  # bytes of a report file that a parser is given


class Invocation(Record):
    """What is started for a share: arguments as they are shown, the folder, the environment, the report's path."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    report: str | None


class CommandExecutor:
    """Starts commands. `parsers` are those that components name, by name."""

    def __init__(self, parsers: dict[str, Parser]) -> None:
        self._parsers = parsers
        self._count = 0
        self._sentinel = Sentinel()

    def start(self, assignment: Assignment) -> Running:
        share = assignment.shares[0]
        self._count += 1
        scratch = assignment.place.scratch
        stem = os.path.join(scratch, f"{share.component.name}-{self._count}") if scratch else None
        call = invocation(share, assignment.place, stem)
        program = program_of(call, assignment.place)
        if program.path is None:
            spare = ", or declare `required: false`" if share.component.required else ""
            outcome = Outcome(share.task, cause=program.cause, reason=program.reason)
            outcome = outcome._replace(remedy=f"{program.remedy}{spare}")
            return Settled((outcome._replace(command=shown(share, call)),))
        parsing = share.component.findings
        parser = self._parsers[parsing.parser] if parsing else None
        writes = (share.component.fixes or assignment.fix) and assignment.place.home is None  # else a view is compared
        before = _contents(share, assignment.place.root) if writes else {}
        try:
            process = Process((program.path, *call.argv[1:]), call.cwd, call.env, Capture(stem), self._sentinel)
        except OSError as error:
            return Settled((_not_started(share, call, program.path, error),))
        except ValueError as error:  # a NUL, or "=" in a variable's name: no system call takes them
            outcome = Outcome(share.task, cause=Cause.NOT_STARTED, reason=f"it could not be started: {error}")
            return Settled((outcome._replace(command=shown(share, call), program=program.path),))
        return CommandRunning(share, call, program.path, process, parser, assignment.place.root, before)

    def close(self) -> None:
        self._sentinel.close()


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
        self.fds = process.fds

    def ready(self, fd: int) -> None:
        self._process.ready(fd)

    def cancel(self, cause: Cause, *, force: bool) -> None:
        if self._process.status is not None:
            return
        self._cancelled = cause
        self._process.signal(signals.SIGKILL if force else signals.SIGTERM)
        if not force:
            self._process.signal(signals.SIGCONT)  # one that is stopped has to hear it

    def outcomes(self) -> tuple[Outcome, ...] | None:
        if self._outcomes is None and self._process.status is not None:
            self._outcomes = (self._outcome(self._process.status),)
        return self._outcomes

    def _outcome(self, status: int) -> Outcome:
        capture = self._process.capture
        outcome = Outcome(
            self._share.task,
            exit_code=status if status >= 0 else None,
            output=capture.output(),
            command=shown(self._share, self._call),
            program=self._program,
            changed_files=self._changed(),
        )
        if self._cancelled is not None:
            outcome = outcome._replace(cause=self._cancelled, reason=self._why_cancelled())
        elif status < 0:
            outcome = outcome._replace(signal=-status, cause=Cause.SIGNAL, reason=f"ended by {signal_name(-status)}")
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
            report=_read_report(self._call.report),
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
        component = self._share.component
        limits = [limit for limit in (component.timeout, component.deadline) if limit is not None]
        if self._cancelled is Cause.TIMEOUT and limits:
            return f"no verdict after {min(limits):g} s"
        words = {
            Cause.TIMEOUT: "no verdict in the time allowed",
            Cause.RUN_TIMEOUT: "no verdict in the time allowed for the run",
            Cause.INTERRUPTED: "interrupted",
        }
        return words.get(self._cancelled or Cause.INTERRUPTED, "cancelled")

    def _changed(self) -> tuple[str, ...]:
        if not self._before:
            return ()
        after = _contents(self._share, self._root)
        return tuple(path for path, digest in self._before.items() if after.get(path) != digest)


def invocation(share: Share, place: Place, stem: str | None) -> Invocation:
    """What a share's command comes to. `stem` is the path below which its report goes; None: beside nothing."""
    component: Component = share.component
    assert isinstance(component.work, Command)  # noqa: S101 - planning gives only commands to this executor
    cwd = os.path.normpath(os.path.join(place.root, component.cwd))
    report = f"{stem}.report" if stem else os.devnull
    argv: list[str] = ["/bin/sh", "-c"] if component.work.shell else []
    for number, argument in enumerate(component.work.argv):
        if argument == FILES:
            argv += [_argument(path, place.root, cwd) for path in share.paths or ()]
        else:
            argv.append(argument.replace(REPORT, report))
        if component.work.shell and number == 0:
            argv.append(component.name)  # $0 of the shell
    env = {**place.env, "PATH": os.pathsep.join(folders_of(place)), "PWD": cwd, **component.env}
    uses_report = any(REPORT in argument for argument in component.work.argv)
    return Invocation(tuple(argv), cwd, env, report if uses_report else None)


def program_of(call: Invocation, place: Place) -> Program:
    """The program to be started. What a view lacks, such as one that is not tracked, is taken from the repository."""
    program = find(call.argv[0], folders_of(place), call.cwd)
    if program.path is None and place.home is not None:
        there = os.path.normpath(os.path.join(place.home, os.path.relpath(call.cwd, place.root)))
        found = find(call.argv[0], folders_of(place), there)
        return found if found.path is not None else program
    return program


def folders_of(place: Place) -> list[str]:
    """Where a batch's programs are looked for: a view has none of its own."""
    return search_path(place.home or place.root, place.env)


def shown(share: Share, call: Invocation) -> tuple[str, ...]:
    """The command as a report has it: as it was started, or as it is declared where its files would drown it."""
    assert isinstance(share.component.work, Command)  # noqa: S101 - as above
    many = len(share.paths or ()) > SHOWN_FILES and FILES in share.component.work.argv
    return share.component.work.argv if many else call.argv


def _argument(path: str, root: str, cwd: str) -> str:
    """A path as an argument: relative to the command's folder, and never one that reads as an option."""
    if cwd != root:
        path = os.path.relpath(os.path.join(root, path), cwd)
    return f"./{path}" if path.startswith("-") else path


def _not_started(share: Share, call: Invocation, program: str, error: OSError) -> Outcome:
    outcome = Outcome(share.task, command=shown(share, call), program=program)
    if not os.path.isdir(call.cwd):
        reason = f"its folder {share.component.cwd!r} does not exist"
        return outcome._replace(cause=Cause.NOT_STARTED, reason=reason, remedy="make the folder, or mend `cwd`")
    if error.errno == errno.ENOEXEC:
        remedy = f"begin {program} with a line such as #!/bin/sh"
        return outcome._replace(cause=Cause.NOT_EXECUTABLE, reason=f"{program} is no program", remedy=remedy)
    if error.errno == errno.ENOENT:
        reason = f"the interpreter that {program} names in its first line does not exist"
        return outcome._replace(cause=Cause.NOT_EXECUTABLE, reason=reason, remedy="install it, or mend the line")
    if error.errno == errno.EACCES:
        remedy = f"chmod +x {program}"
        return outcome._replace(cause=Cause.NOT_EXECUTABLE, reason=f"{program} may not be run", remedy=remedy)
    return outcome._replace(cause=Cause.NOT_STARTED, reason=f"it could not be started: {error.strerror}")


def _contents(share: Share, root: str) -> dict[str, bytes]:
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


def _read_report(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            return file.read(MAX_REPORT)
    except OSError:
        return None
