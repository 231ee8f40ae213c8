"""Why a command could not be started, and whether it failed in passing."""

import errno
import os

from omnibase.core.redaction import visible
from omnibase.executors.capture import Capture, Stream
from omnibase.model.events import Outcome
from omnibase.model.ports import Share
from omnibase.model.result import Cause

# What the system refuses for now: too many processes or open files, too little memory, a program just being written.
BUSY = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETXTBSY)
# A pattern is looked for in so many bytes of a stream at most, in lines cut at so many (bytes).
MOST_SEARCHED = 1024 * 1024
LONGEST_LINE = 4000


def not_started(outcome: Outcome, share: Share, cwd: str, error: OSError | ValueError) -> Outcome:
    """The outcome of what the system did not start; its program is known by then."""
    if isinstance(error, ValueError):  # a NUL, or "=" in a variable's name: no system call takes them
        return outcome._replace(cause=Cause.NOT_STARTED, reason=f"it could not be started: {error}")
    program = outcome.program
    if not os.path.isdir(cwd):
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
    busy = error.strerror if error.errno in BUSY else None
    reason = f"it could not be started: {error.strerror}"
    return outcome._replace(cause=Cause.NOT_STARTED, reason=reason, transient=busy)


def in_passing(pattern: str | None, stderr: Stream) -> str | None:
    """Why a failed command is worth another attempt: a line of its error output has the pattern that says so.

    Of a long output, what was kept in memory is looked at. A pattern that takes too long is taken not to be there.
    """
    if pattern is None or not stderr.size:
        return None
    import re

    from omnibase.parsers.regex import within

    search = re.compile(pattern).search
    found: list[str] = []

    def look() -> None:
        for line in stderr.excerpt(MOST_SEARCHED).split(b"\n"):
            if search(line[:LONGEST_LINE].decode("utf-8", "replace")):
                found.append(line.decode("utf-8", "replace"))
                return

    within(1.0, look)
    return f"its error output has {visible(pattern)!r}" if found else None


def last_words(capture: Capture) -> str:
    """How far a batch had come that took too long: what it printed last, to be put after the reason."""
    line = capture.last_line()
    return f"; last output: {line}" if line else ""
