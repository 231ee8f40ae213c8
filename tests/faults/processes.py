"""A whole run as a process, and which processes one has left, found by a mark in their environment."""

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

VARIABLE = "FAULTS_MARK"
SECONDS = 3.0  # what may still end by itself once it sees that the run is gone
WHOLE = 60.0  # no run takes so long, whatever fails in it, also where many others are under way


class Where(Protocol):
    """A repository, and the whole environment of what runs in it."""

    @property
    def root(self) -> Path: ...

    @property
    def environment(self) -> Mapping[str, str]: ...


def completed(
    where: Where,
    command: Sequence[str],
    seconds: float = WHOLE,
    *,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> "subprocess.CompletedProcess[bytes]":
    """A run that has come to its end. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        command,
        cwd=where.root,
        env=where.environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        timeout=seconds,
        check=False,
    )


def mark() -> dict[str, str]:
    """The variable that all processes of one run have."""
    return {VARIABLE: uuid.uuid4().hex}


def alive(marked: dict[str, str], session: int | None = None) -> dict[int, str]:
    """The processes with the mark or of the session, and their command lines.

    One that is about to end has no environment any more, but may still hold its files and locks.
    """
    wanted = f"{VARIABLE}={marked[VARIABLE]}".encode()
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, _, _, its = file.read().rpartition(b") ")[2].split()[:4]
            with open(f"/proc/{name}/environ", "rb") as file:
                is_marked = wanted in file.read().split(b"\0")
            if is_marked or (int(its) == session and state not in b"ZX"):
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    found[int(name)] = file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


def outlived(marked: dict[str, str], session: int, seconds: float = SECONDS) -> list[str]:
    """The command lines of those that are there after some seconds; they are ended."""
    until = time.monotonic() + seconds
    while (found := alive(marked, session)) and time.monotonic() < until:
        time.sleep(0.02)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return sorted(found.values())
