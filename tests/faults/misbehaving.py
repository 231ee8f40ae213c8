"""Runs of components that misbehave, to their end or until they are killed, and what each has left."""

import contextlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tests.e2e.driving import Repo
from tests.faults import processes
from tests.faults.children import PRELUDE, WORKER, Kind
from tests.faults.killing import heed, moments
from tests.faults.survivors import Survivors, groups, locks, survivors
from tests.faults.tools import Tool, environment, omnibase

Json = Any
T = TypeVar("T")

ALL = ("orch", "--stage", "ci", "--type", "*", "--format", "json")
# So long a run may take, which is long for any of them; and so long what it has started may outlive it, and may outlive
# one that was killed (seconds).
AFTERWARDS = 0.5


class Place(Repo):
    """A repository for runs that misbehave. `met` is the file in which their processes say their sessions."""

    def __init__(self, folder: Path, tool: Tool | None = None) -> None:
        folder.mkdir(parents=True)
        super().__init__(folder / "repo", environment(folder / "home"))
        self.tool = tool or omnibase()
        self.root.mkdir()
        self.git("init", "--quiet")
        self.met = self.root / ".git" / "met"
        self.state = self.root / ".git" / "omnibase"

    def child(self, path: str, body: str) -> Path:
        """A program that begins as all hostile children do, and goes on as the text says."""
        return self.write(path, (PRELUDE + body).encode(), mode=0o755)

    def sessions(self) -> list[int]:
        """The sessions of the processes that have said so; one entry for each process."""
        try:
            return [int(line.split()[1]) for line in self.met.read_text().splitlines() if len(line.split()) == 2]
        except FileNotFoundError:
            return []

    def locks(self) -> tuple[str, ...]:
        return locks(self.root / ".git")


class Under(NamedTuple):
    """A run under way."""

    process: "subprocess.Popen[bytes]"
    marked: dict[str, str]
    out: Path
    err: Path
    began: float

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        try:
            self.process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return False
        return True


class Came(NamedTuple):
    """What a run came to. `code` is as a shell shows it; `own` says that it is the run's own and no signal's.

    `report` is the one document on standard output, None where there is none that is whole. `seconds` are those from
    its start, or from the signal that it got. `begun` are the processes of components that said that they are there.
    """

    what: str
    landed: bool
    code: int
    own: bool
    out: bytes
    err: bytes
    report: Json
    seconds: float
    begun: int
    survivors: Survivors
    groups: tuple[str, ...]
    locks: tuple[str, ...]

    @property
    def crashed(self) -> bool:
        return b"Traceback (most recent call last)" in self.out + self.err

    def __repr__(self) -> str:
        told = self._asdict() | {"out": self.out[-3000:], "err": self.err[-3000:], "report": self.report is not None}
        return f"Came({told})"


@contextlib.contextmanager
def under_way(place: Place, command: Collection[str], env: Mapping[str, str] | None = None) -> Iterator[Under]:
    """A run in a session of its own, with a mark in its environment."""
    place.met.unlink(missing_ok=True)
    heed()
    out, err = place.root.with_suffix(".out"), place.root.with_suffix(".err")
    marked = processes.mark()
    with out.open("wb") as out_file, err.open("wb") as err_file:
        began = time.monotonic()
        process = subprocess.Popen(
            list(command),
            cwd=place.root,
            env={**place.environment, **marked, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=err_file,
            start_new_session=True,
        )
    try:
        yield Under(process, marked, out, err, began)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        survivors(marked, str(place.met), (), 0.0)


def came(place: Place, under: Under, what: str, since: float, *, landed: bool, seconds: float = AFTERWARDS) -> Came:
    """Look at a run that has ended; what it started may still be there for some seconds."""
    took = time.monotonic() - since
    code = under.process.returncode
    sessions = place.sessions()
    left = survivors(under.marked, str(place.met), {under.process.pid, *sessions}, seconds)
    out = under.out.read_bytes()
    return Came(
        what=what,
        landed=landed,
        code=128 - code if code < 0 else code,
        own=code >= 0,
        out=out,
        err=under.err.read_bytes(),
        report=report_of(out),
        seconds=took,
        begun=len(sessions),
        survivors=left,
        groups=groups(place.state),
        locks=place.locks(),
    )


def hostile(place: Place, kind: Kind) -> None:
    """Make the place's one component, `it`, be of the kind."""
    script = place.child("child", kind.body)
    (place.root / "sub").mkdir()
    if kind.in_worker:
        place.write("plugin.py", WORKER.format(met=str(place.met), script=str(script)))
        place.registry("plugins: [./plugin.py]")
    else:
        place.only(f'command: ["{script}", "{place.met}"], breaker: false, {kind.declared}')


def run_to_its_end(place: Place, kind: Kind) -> Came:
    """A run with a hostile child."""
    with under_way(place, [place.tool.program, *ALL]) as under:
        under.wait(processes.WHOLE)
        ended = under.process.poll() is not None
        if not ended:
            under.process.kill()
            under.process.wait()
        killed = kind.code == 128 + signal.SIGKILL
        return came(
            place, under, kind.name, under.began, landed=ended, seconds=processes.SECONDS if killed else AFTERWARDS
        )


def killed(place: Place, kind: Kind, moment: float) -> Came:
    """A run with a hostile child that is killed after so many seconds."""
    with under_way(place, [place.tool.program, *ALL]) as under:
        landed = not under.wait(moment)
        since = time.monotonic()
        under.process.kill()
        under.process.wait()
        return came(place, under, kind.name, since, landed=landed, seconds=processes.SECONDS)


def of_kind(folder: Path, kind: Kind, runs: int, seed: int | None = None, *, lanes: int = 1) -> list[Came]:
    """So many runs of a kind, in as many repositories as `lanes` at once. With a seed, each is killed at random."""
    at = None if seed is None else moments(runs, 1.5, seed)
    when = [next(at) if at is not None else None for _ in range(runs)]

    def lane(number: int) -> list[Came]:
        place = Place(folder / str(number))
        hostile(place, kind)
        mine = when[number::lanes]
        return [run_to_its_end(place, kind) if one is None else killed(place, kind, one) for one in mine]

    return in_lanes(lane, lanes, folder)


def in_lanes(lane: Callable[[int], list[T]], lanes: int, folder: Path) -> list[T]:
    """What several lanes give at once; most of a run's time is waiting. The folder is removed."""
    heed()
    try:
        with ThreadPoolExecutor(lanes) as pool:
            return [one for found in pool.map(lane, range(lanes)) for one in found]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def result(one: Came) -> tuple[str, str | None]:
    """Status and cause of the component `it`."""
    for entry in one.report["results"] if one.report else ():
        if entry["component"]["name"] == "it":
            return entry["status"], entry["cause"]
    return "", None


def wrong(kind: Kind, one: Came) -> str | None:
    """What is not as it has to be of a run to its end."""
    if not one.landed:
        return "it does not end"
    if one.code != kind.code or result(one) != (kind.status, kind.cause):
        return f"exit code {one.code}, {result(one)}"
    if one.begun < kind.processes:
        return f"it made only {one.begun} processes"
    left = (*one.survivors.marked, *one.survivors.others, *one.groups, *one.locks)
    if left and kind.code == 128 + signal.SIGKILL:  # a group that was left is removed by the next run
        left = (*one.survivors.marked, *one.survivors.others)
    return f"it left {left}" if left else "it crashed" if one.crashed else None


def report_of(out: bytes) -> Json:
    """The report that the output is, None where it is not one document and nothing else."""
    try:
        document = json.loads(out)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "exit_code" in document else None
