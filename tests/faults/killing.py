"""Ends runs by signals, at random moments and at each of their steps."""

import contextlib
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.faults import processes
from tests.faults.looking import Ended, Started, look
from tests.faults.processes import WHOLE
from tests.faults.template import Template, discard

TRAP = Path(__file__).with_name("trap")


def moments(count: int, seconds: float, seed: int) -> Iterator[float]:
    """Random moments without an end, of which each `count` are spread over all of a run's time."""
    chance = random.Random(seed)
    while True:
        order = list(range(count))
        chance.shuffle(order)
        for number in order:
            yield (number + chance.random()) / count * seconds


def kill_at(template: Template, number: signal.Signals, delay: float, *, group: bool, times: int = 1) -> Ended:
    """Start a run, send the signal to it (or to its process group, as a terminal does) after a time, and look.

    More `times` than one are a few milliseconds apart, as of someone who holds the key down.
    """
    with _run(template, {}) as (process, started):
        landed = _goes_on(process, delay)
        for _ in range(times if landed else 0):
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(process.pid, number)
            if times > 1 and not _goes_on(process, 0.005):
                break
        code = process.wait(WHOLE)
    return look(template, started, process.pid, f"{delay * 1000:.1f} ms, {times} times {_whom(group)}", landed, code)


def kill_at_step(template: Template, number: signal.Signals, step: int, *, group: bool) -> Ended:
    """Start a run that gets the signal right before its change number `step` of a file or start of a program."""
    with _stepping(template, step, number, group=group) as (process, started, counter):
        code = process.wait(WHOLE)
        landed = _steps(counter) >= step
    return look(template, started, process.pid, f"step {step}, {_whom(group)}", landed, code)


def count_of_steps(template: Template) -> int:
    """How many steps a whole run has."""
    with _stepping(template, 0, signal.SIGTERM, group=False) as (process, started, counter):
        process.wait(WHOLE)
        counted = _steps(counter)
    discard(started.scenario)
    return counted


def _whom(group: bool) -> str:
    return "to its group" if group else "to it alone"


def heed() -> None:
    """Who started this may ignore signals, as a shell does for what it starts in the background: runs inherit that.

    Outside the main thread nothing is changed: there, it has to have been done before.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def _run(template: Template, env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Started]]:
    """A run under way in a copy of its own, in a session and process group of its own."""
    heed()
    scenario, rule = template.fresh()
    started = Started(
        scenario, rule, processes.mark(), scenario.root.with_suffix(".out"), scenario.root.with_suffix(".err")
    )
    with started.out.open("wb") as out, started.err.open("wb") as err:
        process = subprocess.Popen(
            template.tool.command,
            cwd=scenario.root,
            env={**scenario.environment, **started.marked, **env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            yield process, started
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


@contextlib.contextmanager
def _stepping(
    template: Template, step: int, number: signal.Signals, *, group: bool
) -> Iterator[tuple[subprocess.Popen[bytes], Started, Path]]:
    """A run that counts its steps."""
    counter = template.folder / "steps"
    counter.write_bytes(bytes(16))
    env = {
        "PYTHONPATH": str(TRAP),
        "FAULTS_COUNTER": str(counter),
        "FAULTS_STEP": str(step),
        "FAULTS_SIGNAL": str(int(number)),
        "FAULTS_GROUP": str(int(group)),
    }
    with _run(template, env) as (process, started):
        yield process, started, counter


def _steps(counter: Path) -> int:
    return int.from_bytes(counter.read_bytes()[8:], "little")


def _goes_on(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a process still goes on after some seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False
