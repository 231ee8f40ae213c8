"""The end of what a killed zygote leaves: its workers, and what they have started. Without /proc nothing is found."""

import signal
from collections.abc import Callable
from time import monotonic, sleep

from omnibase.executors.tree import OWNER, Entry, Sweep, below, entries, everyone, send, variables

# What is left has so long to end by itself, for the sake of a file that it is writing, and we to see it gone (seconds).
FAREWELL = 0.2
PATIENCE = 1.0
PAUSE = 0.005  # between looks at what has been asked to end (seconds)


def end_session(session: int) -> None:
    """End the processes of a session with all that is below them. Its leader must not be reaped before."""
    _end(lambda one: one.session == session)


def end_owned(owner: str) -> None:
    """End what has the mark of this executor in its environment, with all that is below it."""
    mark = f"{OWNER}={owner}".encode("ascii")
    _end(lambda one: mark in variables(one.pid))


def _end(belongs: Callable[[Entry], bool]) -> None:
    def find() -> list[Entry]:
        return entries(below([one.pid for one in everyone() if one.is_alive and belongs(one)]))

    left = [one for one in find() if one.is_alive]
    if not left:
        return
    for number in (signal.SIGTERM, signal.SIGCONT):
        for one in left:
            send(one, number)
    until = monotonic() + FAREWELL
    while any(one.is_alive for one in entries(one.pid for one in left)) and monotonic() < until:
        sleep(PAUSE)
    Sweep(find).run(PATIENCE)
