"""Many runs at a time on one repository, with components that fail in passing: its state is used by all of them."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from omnibase.storage.database import NAME
from omnibase.storage.folders import KEPT_RUNS
from tests.e2e.driving import report
from tests.faults.killing import heed
from tests.faults.misbehaving import Place, report_of, under_way
from tests.faults.processes import completed
from tests.faults.survivors import runs_of

Json = Any

# Fails in passing in so many of a hundred cases.
FLAKY = f"#!{sys.executable}\nimport os, sys\nsys.exit(75 if os.urandom(1)[0] < 2.56 * int(sys.argv[1]) else 0)\n"
REGISTRY = """\
    defaults:
      retry: {{attempts: 3, first_delay: 5ms, max_delay: 20ms, transient_exit_codes: [75]}}
      breaker: {{failures: 3, reset: 1s}}
    stages: {{ci: {{mode: async}}}}
    components:
      - {{name: flaky, lifecycle: stable, idempotent: true, command: [./flaky, "20"]}}
      - {{name: shaky, lifecycle: stable, idempotent: true, command: [./flaky, "70"]}}
      - {{name: steady, lifecycle: stable, command: ["true"]}}
      - {{name: slow, lifecycle: stable, tags: [manual], command: [./child, "{met}"], after: [flaky, shaky]}}
    """
RUN = ("orch", "--stage", "ci", "--format", "json", "--jobs", "2")
SECONDS = 300.0


class Crowd(NamedTuple):
    """What became of so many runs. `problems` are what was not as it has to be, of runs and of the state afterwards.

    `served` are the seconds from a signal to the end of the runs that got one, while the others went on; `retried` and
    `refused` are how many attempts were made again, and how many components an open breaker kept from running.
    """

    runs: int
    at_once: int
    problems: tuple[str, ...]
    served: tuple[float, ...]
    retried: int
    refused: int
    seconds: float


def gathered(place: Place) -> None:
    """The repository."""
    place.write("flaky", FLAKY, mode=0o755)
    place.child("child", "stay()")
    place.registry(REGISTRY.format(met=place.met))
    place.commit()


def crowd(folder: Path, runs: int, at_once: int, interrupted: int) -> Crowd:
    """So many runs, so many at once; beside them a few that are interrupted, one after the other."""
    place = Place(folder)
    gathered(place)
    heed()
    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        waiting = [pool.submit(_one, place) for _ in range(runs)]
        served = []
        problems = []
        for _ in range(interrupted):
            seconds, problem = _interrupted(place)
            served.append(seconds)
            problems += [problem] if problem else []
        ended = [one.result() for one in waiting]
    seconds = time.monotonic() - began
    reports = []
    for done in ended:
        document, problem = _judged(done)
        reports += [document] if document is not None else []
        problems += [problem] if problem else []
    problems += _of_state(place, runs + interrupted)
    causes = Counter(result["cause"] for one in reports for result in one["results"])
    retried = sum(len(result["attempts"]) - 1 for one in reports for result in one["results"] if result["attempts"])
    return Crowd(runs, at_once, tuple(problems), tuple(served), retried, causes["breaker-open"], seconds)


def _one(place: Place) -> "subprocess.CompletedProcess[bytes]":
    return completed(place, [place.tool.program, *RUN], SECONDS)


def _judged(done: "subprocess.CompletedProcess[bytes]") -> tuple[Json, str | None]:
    """The report, and what is wrong with it."""
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if report_of(done.stdout) is None:
        return None, f"no report, exit code {done.returncode}: {said}"
    document = report(done.stdout)
    failed = any(
        result["status"] in ("FAIL", "TIME") or result["cause"] == "breaker-open" for result in document["results"]
    )
    if (done.returncode, document["exit_code"]) != (int(failed), int(failed)):
        return document, f"exit code {done.returncode}: {said}"
    for word in ("could not", "cannot", "Traceback", "damaged", "not kept", "not recorded"):
        if word in said:
            return document, f"{word!r} is said: {said}"
    return document, None


def _interrupted(place: Place) -> tuple[float, str | None]:
    """A run that is interrupted once its last component has begun: seconds until its end, and what is wrong."""
    with under_way(place, [place.tool.program, *RUN, "--name", "flaky,shaky,slow"]) as under:
        until = time.monotonic() + SECONDS
        while not place.sessions() and not under.wait(0.02):
            assert time.monotonic() < until
        since = time.monotonic()
        os.kill(under.process.pid, signal.SIGINT)
        under.process.wait(SECONDS)
        seconds = time.monotonic() - since
        found = report_of(under.out.read_bytes())
        if under.process.returncode != 128 + signal.SIGINT or found is None:
            return seconds, f"interrupted, exit code {under.process.returncode}: {under.err.read_bytes()!r}"
    return seconds, None


def _of_state(place: Place, runs: int) -> list[str]:
    """What is wrong with the state afterwards. The history has the latest runs, each once."""
    listed = place.run("runs", "list", "-n", "1000")
    problems = [] if (listed.code, listed.err) == (0, "") else [f"runs list: {listed.code}, {listed.err}"]
    names = [line.split()[0] for line in listed.text.splitlines()]
    folders = runs_of(place.state)
    if sorted(names) != folders or len(folders) != min(runs, KEPT_RUNS):
        odd = set(names) ^ set(folders)
        problems.append(f"{len(names)} runs in the history, {len(folders)} records; not in both: {sorted(odd)}")
    problems += [f"integrity: {told}" for told in unsound(place.state)]
    problems += [f"left: {path}" for path in place.state.glob(f"{NAME}.damaged*")]
    problems += [f"lock: {lock}" for lock in place.locks()]
    return problems


def unsound(state: Path) -> list[str]:
    """What SQLite says against the state database; nothing where it is sound or there is none."""
    path = state / NAME
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        told = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        return [] if told == ["ok"] else told
    except sqlite3.Error as error:
        return [str(error)]
    finally:
        connection.close()
