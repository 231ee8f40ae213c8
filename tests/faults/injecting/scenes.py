"""What faults are injected into: a repository in a state that is always the same, and a command in it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.e2e.driving import COMMAND, Json, report
from tests.faults.allowed import Allowed, allowed, deviation
from tests.faults.processes import completed
from tests.faults.scenario import Scenario
from tests.faults.scenario import build as build_work
from tests.faults.snapshot import Snapshot, take
from tests.faults.tools import environment, omnibase

CHECKS = """\
from omnibase.api import FileSet, Result, Status, validator


@validator(name="counting", version="1.0.0", lifecycle="stable", files=FileSet(include=["*.txt"]))
def counting(ctx):
    sizes = [len(open(path, "rb").read()) for path in ctx.files]
    return Result(Status.FAIL, reason=f"{sum(sizes)} bytes", value={"bytes": sum(sizes)})


@validator(name="no-tabs", version="1.0.0", lifecycle="stable", files=FileSet(include=["*.txt"]))
def no_tabs(file):
    return ()
"""

REGISTRY = """\
schema_version: "1"
plugins: [omnibase_files, ./checks.py]
components:
  - {name: trailing-whitespace, uses: omnibase_files, lifecycle: stable}
  - {name: end-of-file, uses: omnibase_files, lifecycle: stable}
  - {name: passes, type: validator, lifecycle: stable, files: {include: ["*.txt"]}, command: [sh, pass.sh, "{files}"]}
  - {name: fails, type: validator, lifecycle: stable, files: {include: ["*.txt"]}, command: [sh, fail.sh, "{files}"]}
  - name: passing-fault
    type: validator
    lifecycle: stable
    idempotent: true
    retry: {attempts: 3, first_delay: 5ms, transient_exit_codes: [75]}
    command: [sh, flaky.sh]
  - name: broken
    type: validator
    lifecycle: stable
    idempotent: true
    retry: {attempts: 2, first_delay: 5ms, transient_exit_codes: [75]}
    command: [sh, broken.sh]
"""

FILES = {
    "checks.py": CHECKS,
    "pass.sh": "echo all is well\n",
    "fail.sh": "echo this is bad >&2\nexit 1\n",
    "flaky.sh": 'if [ -e "$HOME/passed" ]; then rm "$HOME/passed"; exit 0; fi\n: >"$HOME/passed"\nexit 75\n',
    "broken.sh": "echo not now >&2\nexit 75\n",
    "clean.txt": "clean\n",
    "good.txt": "good\n",
    "bad.txt": "bad  \n",
    "deep/worse.txt": "worse \n",
}


class Came(NamedTuple):
    """What a command came to."""

    code: int
    out: bytes
    err: bytes


class Scene:
    """A repository, copied for each run to the same place, and the command; `whole` is what it does undisturbed.

    With `reports`, its standard output is a report, in `report`. Of files only those may change, by completed fixes,
    that `--restage` is given for.
    """

    def __init__(self, name: str, base: Scenario, folder: Path, arguments: list[str], *, reports: bool) -> None:
        self.name = name
        self.folder = folder
        self.command = [str(COMMAND), *arguments]
        self.reports = reports
        self._base = base
        self._home = Path(base.environment["HOME"])
        self._kept = folder / "home as it was"
        scenario = self._copy()
        self._rule: Allowed = self._allowed(scenario)
        for _ in range(2):  # so that caches are warm
            self.whole = Came(*run(scenario, self.command))
        shutil.rmtree(scenario.root)
        shutil.copytree(self._home, self._kept, symlinks=True)
        self.whole = self._undisturbed()
        self.report: Json = report(self.whole.out) if reports else None

    def fresh(self) -> tuple[Scenario, Allowed]:
        """A copy, with the home as it was, and what may become of it."""
        shutil.rmtree(self._home)
        shutil.copytree(self._kept, self._home, symlinks=True)
        scenario = self._copy()
        return scenario, self._rule._replace(before=take(scenario))

    def discard(self, scenario: Scenario) -> None:
        """Remove a copy."""
        shutil.rmtree(scenario.root)

    def _copy(self) -> Scenario:
        return self._base.copy(self.folder / "repo")

    def _undisturbed(self) -> Came:
        scenario, rule = self.fresh()
        came = Came(*run(scenario, self.command))
        assert came.code in (0, 1), came
        assert b"Traceback" not in came.err, came
        assert not deviation(rule, take(scenario))
        shutil.rmtree(scenario.root)
        return came

    def _allowed(self, scenario: Scenario) -> Allowed:
        before: Snapshot = take(scenario)
        if "--restage" in self.command:
            return allowed(scenario, before, restage=True, exact=False)
        return Allowed(before, {}, {}, exact=True)


def run(scenario: Scenario, command: list[str]) -> tuple[int, bytes, bytes]:
    done = completed(scenario, command)
    return done.returncode, done.stdout, done.stderr


def _checked(folder: Path, *, large: bool = False, runs: int = 1) -> Scenario:
    """A repository whose checks are of every kind; some runs were before. `large`: checks go to workers."""
    scenario = Scenario(folder / "template", environment(folder / "home"))
    scenario.root.mkdir(parents=True)
    scenario.write("registry.yaml", REGISTRY)
    for name, content in FILES.items():
        scenario.write(name, content)
    if large:
        scenario.write("large.txt", "a line that is nothing to worry about\n" * 8000)
    scenario.git("init", "--quiet")
    scenario.git("add", "--all")
    scenario.git("commit", "--quiet", "-m", "start")
    for _ in range(runs):
        run(scenario, [str(COMMAND), "orch", "--stage", "ci", "--format", "json"])
    return scenario


CI = ["orch", "--stage", "ci", "--format", "json"]
IN_PROCESS = ["--skip", "no-tabs"]  # a plugin's check of single files goes to a worker, and all others with it


def _ci(folder: Path) -> Scene:
    return Scene("ci", _checked(folder), folder, [*CI, *IN_PROCESS], reports=True)


def _workers(folder: Path) -> Scene:
    return Scene("workers", _checked(folder, large=True), folder, CI, reports=True)


def _due(folder: Path) -> Scene:
    """A run that folds the history, as enough wait for it."""
    base = _checked(folder)
    for _ in range(21):
        run(base, [str(COMMAND), "run", "passes", "--format", "json"])
    for folded in (base.root / ".git/omnibase/runs").glob("*/folded"):
        folded.unlink()
    return Scene("due", base, folder, ["run", "passes", "--format", "json"], reports=True)


def _commit(folder: Path) -> Scene:
    base = build_work(folder / "template", environment(folder / "home"), each=1)
    tool = omnibase(restage=True)
    return Scene("commit", base, folder, [*tool.arguments, "--fix", "--skip", "reading"], reports=True)


def _asking(name: str, arguments: list[str], *, reports: bool = False) -> Callable[[Path], Scene]:
    def make(folder: Path) -> Scene:
        return Scene(name, _checked(folder, runs=2), folder, arguments, reports=reports)

    return make


SCENES: dict[str, Callable[[Path], Scene]] = {
    "ci": _ci,
    "workers": _workers,
    "due": _due,
    "commit": _commit,
    "runs list": _asking("runs list", ["runs", "list"]),
    "runs show": _asking("runs show", ["runs", "show", "last", "--format", "json"], reports=True),
    "breaker list": _asking("breaker list", ["breaker", "list", "--format", "json"]),
    "breaker open": _asking("breaker open", ["breaker", "open", "passes"]),
    "registry validate": _asking("registry validate", ["registry", "validate", "--format", "json"], reports=True),
}


def make(name: str, folder: Path) -> Scene:
    """A scene by its name, in a new folder."""
    folder.mkdir(parents=True)
    return SCENES[name](folder)


def without_times(out: bytes) -> bytes:
    """What a command prints, without what differs between equal runs."""
    text = re.sub(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\d{8}T\d{9}-[0-9a-f]{8}|\d+\.\d+", b"#", out)
    return re.sub(rb" +", b" ", text)


def results(document: Json) -> dict[str, Json]:
    return {result["component"]["name"]: result for result in document["results"]}
