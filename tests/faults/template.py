"""A scenario that is built once and copied for each run, and what a run of it takes."""

import shutil
import tempfile
import time
from pathlib import Path

from tests.faults import processes
from tests.faults.allowed import Allowed, allowed
from tests.faults.scenario import Scenario, build
from tests.faults.snapshot import Snapshot, take
from tests.faults.tools import Tool


class Template:
    """A scenario, what may become of it (`rule`), and what a whole run makes of it, how and in how many seconds."""

    def __init__(
        self, tool: Tool, folder: Path, environment: dict[str, str], *, each: int = 6, conflicting: bool = True
    ) -> None:
        self.tool = tool
        self.folder = folder
        self.scenario = build(folder / "template", environment, each=each, conflicting=conflicting)
        if tool.before:
            code, said, _ = run(self.scenario, [*tool.before])
            assert code == 0, said.decode("utf-8", "replace")
        self.rule: Allowed = allowed(self.scenario, take(self.scenario), restage=tool.restage, exact=tool.exact)
        times = []
        for _ in range(2):
            scenario, _ = self.fresh()
            self.code, self.said, seconds = run(scenario, tool.command)
            times.append(seconds)
            self.whole: Snapshot = take(scenario)
            discard(scenario)
            assert b"Traceback (most recent call last)" not in self.said, self.said.decode("utf-8", "replace")
        self.seconds = max(times)

    def fresh(self) -> tuple[Scenario, Allowed]:
        """A copy, always in the same place, and what may become of it: git has written its index anew.

        What omnibase keeps in the user's cache for a repository in this place is there from earlier runs, killed ones
        among them.
        """
        scenario = self.scenario.copy(self.folder / "repo")
        return scenario, self.rule._replace(before=take(scenario))

    def keep(self, scenario: Scenario, said: bytes) -> str:
        """Put a copy elsewhere, with what the run printed, to be looked at; its new place."""
        place = tempfile.mkdtemp(prefix="kept-", dir=self.folder)
        scenario.root.rename(Path(place, "repo"))
        Path(place, "said").write_bytes(said)
        for left in Path(scenario.environment["TMPDIR"]).glob("omnibase-*"):
            left.rename(Path(place, left.name))
        return place


def discard(scenario: Scenario) -> None:
    shutil.rmtree(scenario.root, ignore_errors=True)


def run(scenario: Scenario, command: list[str]) -> tuple[int, bytes, float]:
    """A whole run: its exit code, what it prints, and its time (seconds)."""
    began = time.monotonic()
    done = processes.completed(scenario, command)
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began
