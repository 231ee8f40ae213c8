"""The life of a worker: it reads its job, does it, writes its answer, and ends.

A job is JSON: `target`, the "module:function" to call; `argument`, what it is given; `path`, folders to import from;
`env`, the environment to do it in (null: as it is); `limits`, what it may use (null: as much as it wants); `calls`, for
which components calls are told (null: for none); `meter`, whether it is told when the work begins.
The answer is JSON as well, behind a line for each call that is told of; nothing is ever unpickled. The first bytes of
the job's file are shared with the parent: the function notes there what it is at, so that a worker that hangs or dies
can say who is to blame.
"""

import json
import mmap
import os
import struct
import sys
from time import monotonic
from typing import Any

from omnibase.executors.python.resolving import Note, resolve

Json = Any

# Shared memory: the number of what is being done, and of what it is done to, both counted from 1; 0 is nothing yet.
PROGRESS = struct.Struct("<II")
# Then the worker's own number, and whether it is in the control group that its limits ask for.
WHO = struct.Struct("<II")
# Then when the component's own function was called, on the monotonic clock (seconds); 0 is not yet, or not told.
BEGAN = struct.Struct("<d")
HEAD = PROGRESS.size + WHO.size + BEGAN.size


def work(job: int, answer: int, stdout: int, stderr: int) -> None:
    """Do one job. All file descriptors are the worker's own."""
    _take_streams(stdout, stderr)
    memory = mmap.mmap(job, 0)
    order = json.loads(memory[HEAD:])

    def note(what: int, where: int) -> None:
        PROGRESS.pack_into(memory, 0, what, where)

    def note_first(what: int, where: int) -> None:
        if where and not BEGAN.unpack_from(memory, HEAD - BEGAN.size)[0]:
            BEGAN.pack_into(memory, HEAD - BEGAN.size, monotonic())
        note(what, where)

    if order["limits"] is not None:
        from omnibase.executors.limits import limit_this_process

        WHO.pack_into(memory, PROGRESS.size, os.getpid(), limit_this_process(order["limits"]))
    if order["env"] is not None:
        os.environ.clear()
        os.environ.update(order["env"])
    if order["calls"] is not None:
        from omnibase.executors.python.calling import serve

        serve(answer, order["calls"], lambda: PROGRESS.unpack_from(memory)[0])
    try:
        result = call(order["target"], order["argument"], order["path"], note_first if order["meter"] else note)
    except BaseException:
        import traceback

        traceback.print_exc()  # the zygote, to which it would go, tells nobody
        raise
    finally:
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


def _take_streams(stdout: int, stderr: int) -> None:
    """Everything that the job prints, in Python or below, goes where its output is read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, place in ((nothing, 0), (stdout, 1), (stderr, 2)):
        os.dup2(fd, place)
        os.close(fd)
    # They stay open as long as the process lives.
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    # A line is told as soon as it is printed: so people see how far the job is, and one that is killed has last words.
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = open(fd, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
