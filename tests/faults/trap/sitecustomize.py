"""Sends a signal to a run right before its change number FAULTS_STEP of a file, or its start of a program.

On PYTHONPATH of the command under test. The count is shared with all processes that it forks.
"""

import mmap
import os
import sys

CHANGES = frozenset(
    {
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.setxattr",
        "os.symlink",
        "os.truncate",
        "subprocess.Popen",
    }
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & WRITING) and arguments[0] != os.devnull
    return event in CHANGES


def _set() -> None:
    step = int(os.environ["FAULTS_STEP"])
    number = int(os.environ["FAULTS_SIGNAL"])
    group = os.environ["FAULTS_GROUP"] == "1"
    file = os.open(os.environ["FAULTS_COUNTER"], os.O_RDWR | os.O_CLOEXEC)
    shared = mmap.mmap(file, 16)
    os.close(file)
    shared[:8] = os.getpid().to_bytes(8, "little")

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if not _is_change(event, arguments):
            return
        at = int.from_bytes(shared[8:], "little") + 1
        shared[8:] = at.to_bytes(8, "little")
        if at == step:
            run = int.from_bytes(shared[:8], "little")
            if group:
                os.killpg(run, number)
            else:
                os.kill(run, number)

    sys.addaudithook(count)


if any(os.path.basename(argument) == "omnibase" for argument in sys.orig_argv) and "FAULTS_STEP" in os.environ:
    _set()
