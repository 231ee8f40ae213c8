"""A pass: the single-file checks of several tasks over one read of each file."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.core.redaction import visible
from omnibase.core.transience import of_error
from omnibase.executors.python.resolving import Note, resolve
from omnibase.model.component import PythonCall
from omnibase.model.events import Outcome
from omnibase.model.files import SourceFile
from omnibase.model.ports import Assignment
from omnibase.model.record import Record
from omnibase.model.result import Cause, Finding, Output, Patch, Severity, Status

Json = Any
TARGET = "omnibase.executors.python.passes:run"

# A check that has found so much has its verdict: it is not asked about further files.
MOST_FINDINGS = 10_000
# What one fixer makes another may want to mend again; fixers that never agree stop here.
MOST_ROUNDS = 5
# There is no file to look at: it vanished meanwhile, its folder did, or it is a link or something else.
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Check(Record):
    """One task of a pass: the function, the fixer where it is one that mends, and its settings."""

    task: int
    function: str
    settings: Mapping[str, Json]


class PassJob(Record):
    """All that a pass needs. `files` are paths with the positions of the checks that look at them.

    With `write`, a "module:function" of the door by which files are changed, the checks are fixers: each is given
    what the one before it made, and the file is written once, on `terms`. `added` are the paths new in what is checked.
    What the folder `shadow` has of the files is read there.
    """

    root: str
    checks: tuple[Check, ...]
    files: tuple[tuple[str, tuple[int, ...]], ...]
    write: str | None = None
    added: tuple[str, ...] | None = None
    shadow: str | None = None
    terms: Mapping[str, Json] = {}


def job_of(assignment: Assignment, door: str) -> PassJob:
    """The job of a pass over the files of its shares. `door` is what fixers' changes go through."""
    write = door if assignment.fix else None
    checks = []
    lookers: dict[str, list[int]] = {}
    for position, share in enumerate(assignment.shares):
        work = share.component.work
        assert isinstance(work, PythonCall)  # noqa: S101 - planning puts nothing else into a pass
        function = work.fixer if write and work.fixer else f"{work.module}:{work.function}"
        checks.append(Check(share.task, function, dict(share.component.settings)))
        for path in share.paths or ():
            lookers.setdefault(path, []).append(position)
    files = tuple((path, tuple(lookers[path])) for path in sorted(lookers))
    added = tuple(assignment.added) if assignment.added is not None else None
    root = assignment.place.root
    return PassJob(root, tuple(checks), files, write, added, assignment.shadow, assignment.terms)


def run(argument: Json, note: Note) -> Json:
    """Carry out a pass in a worker. One that writes ends the file that it has begun when it is asked to stop (TERM)."""
    os.chdir(argument["root"])  # what a check does beside reading its file must not depend on where the user stands
    job = decode(PassJob, argument)
    asked: list[int] = []
    if job.write is not None:
        import signal

        signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    return [encode(outcome) for outcome in carry_out(job, note, asked)]


def carry_out(job: PassJob, note: Note, asked: Sequence[int] = ()) -> list[Outcome]:
    """One outcome for each check. What a check raises is its own outcome; the others go on.

    No further file is begun once there is anything in `asked`: then the outcomes are of the files before.
    """
    sheets = []
    for position, check in enumerate(job.checks, start=1):
        note(position, 0)
        sheets.append(_Sheet(check, position))
    write = resolve(job.write) if job.write else None
    reading = _Reading()
    added = frozenset(job.added) if job.added is not None else None
    for number, (path, positions) in enumerate(job.files, start=1):
        if asked:
            break
        try:
            file = _open(job, path, added is None or path in added, reading)
        except OSError as error:
            for position in positions:
                sheets[position].unreadable(path, error)
            continue
        if write is None:
            for position in positions:
                note(position + 1, number)
                sheets[position].check(file, reading)
        else:
            _fix(job, file, [sheets[position] for position in positions], write, note, number)
    return [sheet.outcome() for sheet in sheets]


class _Sheet:
    """What one check came to so far."""

    def __init__(self, check: Check, position: int) -> None:
        self.task = check.task
        self.position = position
        self.settings = check.settings
        self.findings: list[Finding] = []
        self.changed: list[str] = []
        self.patches: list[Patch] = []
        self.duration = 0.0
        self.problem: tuple[Cause, str, str] | None = None  # cause, reason, trace
        self.transient: str | None = None
        self.function: Callable[..., Any] | None = None
        try:
            self.function = resolve(check.function)
        except Exception as error:  # noqa: BLE001 - whatever importing a plugin's module raises is its fault
            reason = f"{check.function} cannot be imported: {type(error).__name__}: {error}"
            self.problem = (Cause.PROTOCOL, reason, _trace())

    def check(self, file: SourceFile, reading: "_Reading") -> None:
        began, read = perf_counter(), reading.seconds
        found = self.call(file)
        try:
            for finding in found if isinstance(found, Iterable) else ():
                self.take(finding, file)
                if self.problem is not None or len(self.findings) >= MOST_FINDINGS:
                    break
        except Exception as error:  # noqa: BLE001 - a check's fault is its own outcome
            self.failed(file, error)
        if self.problem is None and not isinstance(found, Iterable):
            self.violated(f"returned {type(found).__name__} for {file.path}, and a check yields findings")
        # The first check to look at a file has it read for all of them: that is nobody's own time.
        self.duration += perf_counter() - began - (reading.seconds - read)

    def take(self, finding: object, file: SourceFile) -> None:
        if not isinstance(finding, Finding):
            self.violated(f"yielded {type(finding).__name__} for {file.path}, and a check yields findings")
            return
        try:
            finding = decode(Finding, encode(finding))
        except ValueError as error:
            self.violated(f"yielded a finding for {file.path} that is not well formed: {error}")
            return
        self.findings.append(finding if finding.path is not None else finding._replace(path=file.path))

    def call(self, file: SourceFile) -> Any:
        if self.problem is not None or self.function is None or len(self.findings) >= MOST_FINDINGS:
            return ()
        try:
            return self.function(file, **self.settings)
        except Exception as error:  # noqa: BLE001 - a check's fault is its own outcome
            self.failed(file, error)
            return ()

    def mend(self, file: SourceFile) -> bytes:
        """The content as the fixer would have it; as it is where the fixer has a problem."""
        began = perf_counter()
        made = self.call(file)
        self.duration += perf_counter() - began
        if isinstance(made, bytes):
            return made
        if self.problem is None and made != ():
            self.violated(f"returned {type(made).__name__} for {file.path}, and a fixer returns bytes")
        return file.data

    def failed(self, file: SourceFile, error: Exception) -> None:
        if isinstance(error, OSError) and isinstance(error.filename, str) and error.filename.endswith(file.path):
            self.unreadable(file.path, error)
            return
        reason = f"raised {type(error).__name__} for {file.path}: {error}"
        self.problem = (Cause.CRASHED, reason, _trace())
        self.transient = of_error(error)

    def violated(self, reason: str) -> None:
        self.problem = (Cause.PROTOCOL, reason, "")

    def unreadable(self, path: str, error: OSError) -> None:
        if error.errno in GONE:
            return
        message = f"cannot be read: {error.strerror}"
        self.findings.append(Finding(message, path, code="unreadable"))

    def outcome(self) -> Outcome:
        if len(self.findings) >= MOST_FINDINGS:
            message = f"after {MOST_FINDINGS:,} findings it looked no further"
            self.findings.append(Finding(message, severity=Severity.NOTE))
        outcome = Outcome(
            self.task,
            findings=tuple(self.findings),
            changed_files=tuple(self.changed),
            patches=tuple(self.patches),
            duration=self.duration,
        )
        if self.problem is None:
            return outcome
        cause, reason, trace = self.problem
        output = Output(visible(trace), len(trace)) if trace else None
        transient = visible(self.transient) if self.transient is not None else None
        outcome = outcome._replace(status=Status.FAIL, cause=cause, reason=visible(reason), output=output)
        return outcome._replace(transient=transient)


def _fix(
    job: PassJob, file: SourceFile, sheets: Sequence[_Sheet], write: Callable[..., Any], note: Note, number: int
) -> None:
    """Fold the fixers over the content until none changes it any more, and write what came out of it once."""
    try:
        content = before = file.data
    except OSError as error:
        for sheet in sheets:
            sheet.unreadable(file.path, error)
        return
    by: list[_Sheet] = []
    for _ in range(MOST_ROUNDS):
        start = content
        for sheet in sheets:
            note(sheet.position, number)
            made = sheet.mend(SourceFile.of(file.path, content, executable=file.executable, added=file.added))
            if made != content:
                content = made
                by += [sheet] if sheet not in by else []
        if content == start:
            break
    if content == before:
        return
    mended = write(job.root, file.path, before, content, job.terms)
    by[0].patches.append(Patch(file.path, mended.patch, mended.changed))
    for sheet in by:
        if mended.changed:
            sheet.changed.append(file.path)
        elif mended.problem:
            message = mended.problem
            sheet.findings.append(Finding(message, file.path, code="not-fixed", severity=Severity.WARNING))


def _trace() -> str:
    import traceback

    return traceback.format_exc()


class _Reading:
    """How long files took to be read, in seconds."""

    seconds = 0.0


def _open(job: PassJob, path: str, added: bool, reading: _Reading) -> SourceFile:
    """A regular file, not read yet. Raises OSError; a link is ELOOP, and a file of another kind counts as none."""
    full = os.path.join(job.shadow or job.root, path)
    try:
        status = os.lstat(full)
    except (FileNotFoundError, NotADirectoryError):
        if job.shadow is None:
            raise
        full = os.path.join(job.root, path)
        status = os.lstat(full)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), full)

    def read() -> bytes:
        began = perf_counter()
        fd = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as opened:
            try:
                return opened.read()
            except OSError as error:
                raise OSError(error.errno, error.strerror, full) from None  # by its name it is told from other files
            finally:
                reading.seconds += perf_counter() - began

    return SourceFile(path, read, size=status.st_size, executable=bool(status.st_mode & 0o100), added=added)
