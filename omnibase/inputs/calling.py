"""Starts git: never through a shell, never waiting for a person, free of the user's settings; names what went wrong."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence

from omnibase.model.errors import ExecutionError

SMALLEST_GIT = (2, 18)  # the first whose `git status` knows --no-renames; all else used here is older

# An empty core.fsmonitor is off for every version: before 2.36 its value was a program, "false" among them.
# A diff.orderFile that is not there would end `git status`.
_ALWAYS = ("git", "--no-optional-locks", "-c", "core.fsmonitor=", "-c", "diff.orderFile=/dev/null")


def call(
    folder: str,
    arguments: Iterable[str],
    *,
    env: Mapping[str, str] | None = None,
    feed: bytes | None = None,
    hold: Sequence[int] = (),
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, with `feed` as its standard input and `env` over our own environment.

    It keeps the files `hold` open: a lock on one of them is held as long as git runs, should this process be killed.
    Raises ExecutionError where git cannot be started; what git itself says is left to the caller.
    """
    try:
        return subprocess.run(
            [*_ALWAYS, "-C", folder, *arguments],
            input=feed or b"",  # nothing to read rather than a terminal to wait at
            capture_output=True,
            check=False,
            pass_fds=hold,
            env={**os.environ, **(env or {}), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        )
    except FileNotFoundError:
        message, remedy = "git is not installed, or not on PATH", "install git, or add its folder to PATH"
    except OSError as error:
        message, remedy = f"git cannot be started: {error.strerror}", "see that the git on PATH can be run"
    raise ExecutionError(message, remedy=remedy)


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git gives as the reason of its failure, in one line that can be printed."""
    lines = done.stderr.decode("utf-8", "backslashreplace").splitlines()
    reasons = [line.partition(": ")[2] for line in lines if line.startswith(("fatal: ", "error: "))]
    if reasons:
        return "; ".join(reasons)
    return lines[-1].strip() if lines else f"exit code {done.returncode}"


def failure(done: subprocess.CompletedProcess[bytes], *, remedy: str | None = None) -> ExecutionError:
    """The error for a call that failed. Asks for git's version only now, as an old one is a likely reason."""
    command = _command(done.args[len(_ALWAYS) + 2 :])
    version = call(".", ("--version",)).stdout.decode("ascii", "replace").removeprefix("git version ").strip()
    smallest = ".".join(map(str, SMALLEST_GIT))
    if _numbers(version) < SMALLEST_GIT:
        remedy = f"install git {smallest} or later; this is {version or 'of an unknown version'}"
    return ExecutionError(f"git {command} failed: {said(done)}", remedy=remedy)


def _command(arguments: Sequence[str]) -> str:
    at = 0
    while arguments[at] == "-c":
        at += 2
    return arguments[at]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split(".")[:2]:
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)
