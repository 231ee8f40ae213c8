"""A program that runs one hostile command as a run does, and tells what it came to as a line of JSON.

Arguments: the kind, the folder, "alone", "measured" (and alone) or "shared", and "cancel", "force" or "wait".
"""

import json
import os
import sys
import time
from pathlib import Path

from omnibase.executors.command import CommandExecutor
from omnibase.model.result import Cause
from tests.executors import batches

PROGRAM = os.path.join(batches.PLUGIN, "hostile.py")


def main() -> None:
    kind, root, company, manner = sys.argv[1:]
    executor = CommandExecutor({}, alone=company != "shared", meter=company == "measured")
    component = batches.command(sys.executable, PROGRAM, kind, name="hostile")
    running = executor.start(batches.assignment(batches.place(Path(root)), component))
    end = time.monotonic() + batches.SECONDS
    while manner != "wait" and not _is_there(os.path.join(root, "ready")) and running.outcomes() is None:
        assert time.monotonic() < end
        batches.step(running, 0.005)
    if manner == "cancel":
        running.cancel(Cause.TIMEOUT, force=False)
        grace = time.monotonic() + 0.1
        while running.outcomes() is None and time.monotonic() < grace:
            batches.step(running, 0.01)
    if manner != "wait":
        running.cancel(Cause.TIMEOUT, force=True)
    (outcome,) = batches.finish(running)
    alive = _alive(root)
    executor.close()
    print(json.dumps({"cause": outcome.cause, "code": outcome.exit_code, "alive": alive, "ended": executor.ended}))


def _is_there(path: str) -> bool:
    return os.path.exists(path) or not os.access(os.path.dirname(path), os.X_OK)


def _alive(root: str) -> list[int]:
    return [pid for pid in map(int, os.listdir(os.path.join(root, "pids"))) if batches.is_alive(pid)]


if __name__ == "__main__":
    main()
