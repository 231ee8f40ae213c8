"""Times whole processes, with an environment in which no setting of the user takes part."""

import glob
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Run(NamedTuple):
    """One process: seconds on the wall, and seconds of processors by it and the children it waited for."""

    wall: float
    cpu: float


Contender = tuple[list[str], Mapping[str, str]]  # a command to be timed, and its environment


class RunError(Exception):
    """A process that did not do what it is timed for; the text says which, and what it printed."""


PATIENCE = 60  # seconds until a process counts as hanging

# What a shell sets for its own Python would tilt the comparison: with PYTHONDONTWRITEBYTECODE a tool in Python that
# was never run before compiles its modules at every start, with PYTHONUNBUFFERED it writes piece by piece. The rest
# changes what the tools run, read or print.
DROPPED = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "CI", "SKIP", "FORCE_COLOR", "CLICOLOR_FORCE")
DROPPED_FAMILIES = ("GIT_", "LEFTHOOK", "OMNIBASE_", "PRE_COMMIT_", "PREK_", "XDG_")


def timed(contender: Contender, folder: str, output: int = subprocess.DEVNULL, *, patience: float = PATIENCE) -> Run:
    """Run a command to its end. Raises RunError if it exits with anything but 0, or had to be killed as hanging."""
    nothing, (arguments, environment) = subprocess.DEVNULL, contender
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            arguments, cwd=folder, env=environment, stdin=nothing, stdout=output, stderr=errors, process_group=0
        )
        watch = threading.Timer(patience, os.killpg, (process.pid, signal.SIGKILL))
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace")
            raise RunError(f"{' '.join(arguments)}: ended with {process.returncode} in {wall:.1f} s, and said:\n{said}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def print_table(runs: Mapping[str, Sequence[Run]]) -> None:
    """A line for each contender, with the first one's time as a multiple of it."""
    print(f"{'':20}{'median':>11}{'minimum':>11}{'CPU, median':>14}   time of the first: median, minimum")
    own: tuple[float, float] | None = None
    for tool, those in runs.items():
        median, least = statistics.median(run.wall for run in those), min(run.wall for run in those)
        ratio = f"   {own[0] / median:6.2f} x, {own[1] / least:.2f} x" if own else ""
        own = own or (median, least)
        cpu = statistics.median(run.cpu for run in those)
        print(f"{tool:20}{median * 1000:8.1f} ms{least * 1000:8.1f} ms{cpu * 1000:11.1f} ms{ratio}", flush=True)


def describe_machine(programs: Mapping[str, str], folder: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The versions of the programs, and what the figures were taken on."""
    tools = {}
    for name, program in {**programs, "git": "git"}.items():
        asked = subprocess.run([program, "--version"], cwd=folder, env=environment, capture_output=True, check=False)
        words = asked.stdout.decode("utf-8", "replace").split()
        version = next((word for word in words if word.lstrip("v")[:1].isdigit()), "unknown")
        tools[name] = f"{version.lstrip('v')[:10]:11}{program}"
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f"{os.getloadavg()[0]:.2f} (of the last minute; figures from a busy machine say little)"
    return {**tools, "processors": str(processors), "system": platform.platform(), "load": load}


def find_program(name: str, folders: Sequence[str]) -> str | None:
    """The path of a program: in the folders, beside the interpreter, or on PATH. None if there is none."""
    places = [*map(os.path.abspath, folders), os.path.dirname(sys.executable), *os.get_exec_path()]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None or name != "lefthook":
        return found
    # From PyPI it is a script that starts the real one, and would be timed with it.
    package = os.path.join(os.path.dirname(os.path.dirname(found)), "lib", "python3*", "site-packages", "lefthook")
    return next(iter(glob.glob(os.path.join(package, "bin", "*", "lefthook"))), found)


def make_environment(folder: str) -> dict[str, str]:
    """The variables of every process: with a home of its own, so that no setting or cache of the user takes part."""
    home = os.path.join(folder, "home")
    os.mkdir(home)
    kept = {key: os.environ[key] for key in os.environ if key not in DROPPED and not key.startswith(DROPPED_FAMILIES)}
    return {**kept, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}
