"""Runs that get INT, TERM or HUP at random moments, while components go on that would rather not end."""

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.faults import processes
from tests.faults.children import WORKER
from tests.faults.killing import moments
from tests.faults.misbehaving import AFTERWARDS, ALL, Came, Place, came, in_lanes, under_way
from tests.faults.tools import Tool

# A run that is only so long ends by itself, too: some signals come when it is over. The other half goes on until it is
# made to end (seconds).
SHORT, LONG = 0.6, 60.0
# Moments are spread over so many seconds, which is a little longer than a short run takes.
SPREAD = 1.2
BURST, APART = 10, 0.005

DEAF = """\
deaf()
for _ in range(2):
    if not os.fork():
        break
meet()
time.sleep(float(sys.argv[2]))
"""
REGISTRY = """\
    plugins: [./plugin.py]
    defaults: {{timeout: 90s}}
    components:
      - {{name: quick, lifecycle: stable, command: [./child, "{met}"]}}
      - {{name: failing, lifecycle: stable, command: ["false"]}}
      - {{name: deaf, lifecycle: stable, command: [./deaf, "{met}", "{seconds}"]}}
      - {{name: daemon, lifecycle: stable, command: [./daemon, "{met}"]}}
      - {{name: later, lifecycle: stable, command: ["true"], after: [deaf]}}
    """
HOOKS = """\
repos:
  - repo: local
    hooks:
      - &hook
        id: quick
        name: quick
        language: system
        entry: ./child {met}
        always_run: true
        pass_filenames: false
      - {{<<: *hook, id: daemon, name: daemon, entry: ./daemon {met}}}
      - {{<<: *hook, id: deaf, name: deaf, entry: ./deaf {met} {seconds}}}
"""


def stubborn(place: Place, seconds: float) -> None:
    """Components that hear no signal and that leave daemons, among others; the deaf one goes on for some seconds."""
    place.child("child", "")
    place.child("deaf", DEAF)
    script = place.child("daemon", "daemon()")
    if place.tool.is_ours:
        place.write("plugin.py", WORKER.format(met=str(place.met), script=str(script)))
        place.registry(REGISTRY.format(met=place.met, seconds=seconds))
    else:
        place.write(".pre-commit-config.yaml", HOOKS.format(met=place.met, seconds=seconds))
    place.stage()


def ended(place: Place, number: signal.Signals, moment: float, times: int, patience: float) -> Came:
    """A run that gets the signal after so many seconds, or so many times; it has `patience` seconds to end."""
    command = [*ALL, "--jobs", "4"] if place.tool.is_ours else ["run", "--all-files"]
    with under_way(place, [place.tool.program, *command]) as under:
        landed = not under.wait(moment)
        since = time.monotonic()
        for _ in range(times if landed else 0):
            with contextlib.suppress(ProcessLookupError):
                os.kill(under.process.pid, number)
            if times > 1 and under.wait(APART):
                break
        if not under.wait(patience):
            under.process.kill()
            under.process.wait()
            return came(place, under, f"{moment * 1000:.0f} ms, does not end", since, landed=landed)
        return came(place, under, f"{moment * 1000:.0f} ms", since, landed=landed, seconds=_patience(number))


def series(
    folder: Path,
    number: signal.Signals,
    runs: int,
    seed: int,
    *,
    times: int = 1,
    lanes: int = 1,
    tool: Tool | None = None,
) -> list[Came]:
    """So many runs that got the signal while they went on. In every other lane, the run ends by itself."""

    def lane(turn: int) -> list[Came]:
        place = Place(folder / str(turn), tool)
        stubborn(place, SHORT if turn % 2 else LONG)
        at = moments(max(runs // lanes, 1), SPREAD, seed + turn + number)
        share = runs // lanes + (turn < runs % lanes)
        landed: list[Came] = []
        for tries, moment in enumerate(at):
            if len(landed) == share or tries > 5 * share:
                break
            one = ended(place, number, moment, times, 20.0)
            landed += [one] if one.landed else []
        if place.tool.is_ours:
            listed = place.run("runs", "list", "-n", "1000")
            assert listed.code == 0, listed.err
        return landed

    return in_lanes(lane, lanes, folder)


def wrong(number: signal.Signals, one: Came) -> str | None:
    """What is not as it has to be. A report is wanted of what has begun to run anything."""
    problems = [f"it left {left}" for left in (*one.survivors.marked, *one.survivors.others, *one.groups, *one.locks)]
    if is_early(number, one):
        return "; ".join(problems) or None
    if one.code not in (128 + number, 1):
        problems.append(f"exit code {one.code}")
    if one.crashed:
        problems.append("it crashed")
    if one.report is None and (one.begun or one.code == 1 or one.out):
        problems.append("there is no report")
    if one.report is not None and one.report["exit_code"] != one.code:
        problems.append(f"exit code {one.code}, and {one.report['exit_code']} in the report")
    return "; ".join(problems) or None


def is_early(number: signal.Signals, one: Came) -> bool:
    """Whether it came to the Python interpreter before there was an omnibase, which INT ends with a traceback."""
    return (
        number == signal.SIGINT
        and one.crashed
        and not one.out
        and not one.begun
        and b"omnibase/cli/main" not in one.err
    )


def _patience(number: signal.Signals) -> float:
    """What a killed run has started sees for itself that it is gone."""
    return processes.SECONDS if number == signal.SIGKILL else AFTERWARDS
