"""The life of a worker: it reads its job, does it, writes its answer, and ends.

A job is JSON: `target`, the "module:function" to call; `argument`, what it is given; `path`, folders to import from.
The answer is JSON as well; nothing is ever unpickled. The first bytes of the job's file are shared with the parent:
the function notes there what it is at, so that a worker that hangs or dies can say who is to blame.
"""

import json
import mmap
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

Json = Any

# Shared memory: the number of what is being done, and of what it is done to, both counted from 1; 0 is nothing yet.
PROGRESS = struct.Struct("<II")
Note = Callable[[int, int], None]


def work(job: int, answer: int, stdout: int, stderr: int) -> None:
    """Do one job. All file descriptors are the worker's own."""
    _take_streams(stdout, stderr)
    memory = mmap.mmap(job, 0)
    order = json.loads(memory[PROGRESS.size :])

    def note(what: int, where: int) -> None:
        PROGRESS.pack_into(memory, 0, what, where)

    result = call(order["target"], order["argument"], order["path"], note)
    sys.stdout.flush()
    sys.stderr.flush()
    data = json.dumps(result, allow_nan=False).encode("ascii")
    view = memoryview(data)
    while view:
        view = view[os.write(answer, view) :]
    os.close(answer)


def call(target: str, argument: Json, path: list[str], note: Note) -> Json:
    """Import and call the target."""
    sys.path[:0] = [folder for folder in path if folder not in sys.path]
    return resolve(target)(argument, note)


def resolve(target: str) -> Callable[..., Any]:
    """The function that "module:function" names. Raises ImportError or AttributeError."""
    module, _, name = target.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function


def _take_streams(stdout: int, stderr: int) -> None:
    """Everything that the job prints, in Python or below, goes where its output is read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, place in ((nothing, 0), (stdout, 1), (stderr, 2)):
        os.dup2(fd, place)
        os.close(fd)
    # They stay open as long as the process lives.
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
