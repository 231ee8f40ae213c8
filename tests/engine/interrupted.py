"""A run in a process of its own, to be sent signals; prints what it came to as JSON.

python -m tests.engine.interrupted ROOT PLAN GRACE [SIGNAL]

The SIGNAL is ignored, as by nohup; no other is, whatever is inherited.
"""

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from omnibase.core.planning import Conditions, Wanted
from omnibase.engine import driver
from omnibase.model.component import Component
from omnibase.model.events import Interrupted, RunEnded, TaskEnded
from omnibase.model.plan import Plan
from tests.core.stepping import called
from tests.engine.driving import drive, planned
from tests.executors.batches import PLUGIN, check, command, taking_context

HOOKS = {"run hook": ("before_run", "after_run"), "task hooks": ("before_task",), "late hook": ("after_run",)}
GATE = os.path.join(PLUGIN, "gate.py")


def _gate(manner: str) -> Component:
    return command(sys.executable, GATE, manner, name=manner)


def _plan(name: str) -> Plan:
    first = command("true", name="first")
    last = command("touch", "started", name="last")
    wanted: dict[str, list[Component | Wanted]] = {
        "command": [first, _gate("plain"), last],
        "deaf": [first, _gate("deaf"), last],
        "polite": [first, _gate("polite"), last],
        "context": [first, taking_context("context_waits"), last],
        "deaf worker": [first, taking_context("context_waits_deaf"), last],
        "pass": [first, Wanted(check("waits"), ("a.txt",)), Wanted(check("finds_todo"), ("a.txt",)), last],
        "child": [
            first,
            command(f"kill -INT $PPID; exec {sys.executable} {GATE} plain", shell=True, name="child"),
            last,
        ],
        "fails": [command("exit 3", shell=True, name="fails")],
        "run hook": [last],
        "late hook": [_gate("plain")],
        "task hooks": [command("touch", "started", name=f"task-{number}") for number in range(20)],
    }
    return planned(wanted[name], Conditions(slots=1))._replace(hooks=called(*HOOKS.get(name, ()), timeout=1000.0))


def _too_late(number: int, frame: FrameType | None) -> None:
    """A signal that comes after the run does not keep it from being told."""


def main(root: str, name: str, grace: str, ignored: str = "0") -> None:
    driver.GRACE = driver.GRACE_OF_AN_INTERRUPT = float(grace)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN if number == int(ignored) else _too_late)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]
    hooks = Path(root, "hooks_of_a_run.py") if name in HOOKS else None
    run = drive(_plan(name), Path(root), hooks=hooks)
    after = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]
    results = {run.plan.tasks[event.task].component.name: event.result for event in run.of(TaskEnded)}
    told = {
        "heard": [int(event.signal) for event in run.of(Interrupted)],
        "ended": [event.signal for event in run.of(RunEnded)],
        "exit_code": run.report.exit_code,
        "results": {name: [result.status, result.cause] for name, result in results.items()},
        "notices": list(run.report.notices),
        "restored": before == after,
    }
    print(json.dumps(told), flush=True)
    os._exit(0)  # while Python ends, it hears signals as if there were no handlers


if __name__ == "__main__":
    main(*sys.argv[1:])
