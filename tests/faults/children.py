"""The kinds of hostile children, each as what a component runs."""

import sys
from typing import NamedTuple

# What all of them begin with. Whoever stays ends by itself one day, so that a test which fails leaves nothing for good.
# The first argument is a file: there each says its number and its session, and by the file's name it is found.
PRELUDE = f"""\
#!{sys.executable}
import os, signal, sys, time

MET = sys.argv[1]


def meet():
    with open(MET, "a") as file:
        file.write(f"{{os.getpid()}} {{os.getsid(0)}}\\n")


def stay():
    time.sleep(60)
    os._exit(0)


def daemon(then=stay):
    heard, told = os.pipe()
    if not os.fork():
        os.setsid()
        if not os.fork():
            meet()
            os.write(told, b"x")
            then()
        os._exit(0)
    os.wait()
    os.read(heard, 1)


def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def without_environment():
    os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", MET], {{}})


def end_run(number):
    # a run in a group of its own, and nobody else who may have become the parent meanwhile
    run = os.getppid()
    with open(f"/proc/{{run}}/cmdline", "rb") as file:
        is_run = b"/omnibase\\0" in file.read()
    if is_run and os.getpgid(run) == run:
        os.killpg(run, number)


meet()
"""

# Forks on and on, also in its children; at 2,000 it stops by itself, or when it could not fork so often.
BOMB = """\
import mmap
tries = mmap.mmap(-1, 8)
while (count := int.from_bytes(tries[:8], "little")) < 2000:
    tries[:8] = (count + 1).to_bytes(8, "little")
    try:
        os.fork()
    except OSError:
        time.sleep(0.001)
stay()
"""

WITHOUT_ENVIRONMENT = """\
if not os.fork():
    os.setsid()
    meet()
    without_environment()
daemon(without_environment)
stay()
"""

# A component in Python, of the repository: the same in a worker.
WORKER = """\
import sys
from omnibase.api import Result, Status, tool

@tool(name="it", version="1.0.0", lifecycle="stable")
def it(ctx):
    sys.argv[1:] = [{met!r}]
    with open({script!r}) as file:
        exec(compile(file.read(), {script!r}, "exec"), {{}})
    return Result(Status.PASS)
"""


class Kind(NamedTuple):
    """A kind of hostile child: what it does, and what is further declared of its component.

    Then what the run has to come to: the component's status and cause, and the exit code; at least so many `processes`
    are made. `marked`: all that it starts keeps the environment. `ends_run`: it signals the run itself.
    """

    name: str
    body: str
    status: str
    cause: str | None
    code: int
    processes: int
    declared: str = "timeout: 1s"
    marked: bool = True
    in_worker: bool = False

    @property
    def ends_run(self) -> bool:
        return self.code > 128


KINDS = (
    Kind("leaves a daemon", "daemon()", "PASS", None, 0, 2),
    Kind("waits beside its daemon", "daemon()\nstay()", "TIME", "timeout", 1, 2),
    Kind(
        "is deaf, with deaf children",
        "deaf()\nfor _ in range(3):\n    if not os.fork():\n        meet()\n        stay()\nstay()",
        "TIME",
        "timeout",
        1,
        4,
    ),
    Kind("forks on and on", BOMB, "FAIL", "limit", 1, 1, "timeout: 20s, limits: {pids: 64}"),
    Kind(
        "closes its streams",
        "if not os.fork():\n    meet()\nos.closerange(0, 3)\nstay()",
        "TIME",
        "timeout",
        1,
        2,
    ),
    Kind(
        "stops itself",
        "if not os.fork():\n    meet()\nos.kill(os.getpid(), signal.SIGSTOP)\nstay()",
        "TIME",
        "timeout",
        1,
        2,
    ),
    Kind("asks its parent's group to end", "daemon()\nend_run(signal.SIGTERM)\nstay()", "SKIP", "interrupted", 143, 2),
    Kind("kills its parent's group", "daemon()\nend_run(signal.SIGKILL)\nstay()", "", None, 137, 2),
    Kind("wipes its environment", WITHOUT_ENVIRONMENT, "TIME", "timeout", 1, 3, marked=False),
    Kind("leaves a deaf daemon, in Python", "deaf()\ndaemon()", "PASS", None, 0, 2, in_worker=True),
    Kind(
        "kills its own parent",
        "if not os.fork():\n    meet()\n    os.kill(os.getppid(), signal.SIGKILL)\nstay()",
        "FAIL",
        "signal",
        1,
        2,
    ),
)
