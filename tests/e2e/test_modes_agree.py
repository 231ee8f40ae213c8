"""The modes agree: of random plans, sync and async report the same, and a dry run leaves no trace and foresees the run.

`OMNIBASE_FAULTS=long pytest tests/e2e/test_modes_agree.py -n 2` tries 500 plans, else 100; others by
`OMNIBASE_FAULTS_SEED`.
"""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from omnibase.cli.formatters.document import document
from omnibase.model.component import Command
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.events import BatchEnded, Event, RunStarted
from omnibase.model.plan import KeepGoing, Plan
from omnibase.model.report import RunReport
from omnibase.orchestrators import orchestrator
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import open_workspace

Json = Any

PLANS = 500 if os.environ.get("OMNIBASE_FAULTS") == "long" else 100
PARTS = 5
SEED = int(os.environ.get("OMNIBASE_FAULTS_SEED", "1"))
pytestmark = [
    pytest.mark.timeout(3600 if PLANS > 100 else 120),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

SHIPPED = ("trailing-whitespace", "end-of-file", "check-json", "check-ast", "check-merge-conflict")
# What commands do with the files that they are given, and end with 0 whatever is in them; and what may end with 1.
HARMLESS = (["cat", "{files}"], ["ls", "--", "{files}"], ["wc", "-c", "{files}"], ["true"], ["echo", "two words"])
STRICT = (["false"], ["grep", "-L", "needle", "{files}"], ["sh", "-c", "echo out; echo err >&2; exit 1"])
MISSING = (["no-such-program", "{files}"], ["./not/here"])
CLEAN = ("needle\n", "a = 1\n", '{"a": 1}\n', "")
DIRTY = ("trailing \n", "no end", '{"a": ', "<<<<<<< HEAD\n")


class Made(NamedTuple):
    """A repository with a registry; `peaceful` where every program that is there ends well."""

    root: Path
    peaceful: bool


class Ran(NamedTuple):
    """A run: its report, its events, and the plan of it."""

    report: RunReport
    events: list[Event]

    @property
    def plan(self) -> Plan:
        return next(event.plan for event in self.events if isinstance(event, RunStarted))

    @property
    def results(self) -> dict[str, Json]:
        return {result["component"]["name"]: result for result in document(self.report)["results"]}


# Random repositories


def made(root: Path, random: Random) -> Made:
    """Anything that a registry can say of deterministic components, over a few files."""
    root.mkdir()
    peaceful = random.random() < 0.5
    contents = CLEAN if peaceful else CLEAN + DIRTY
    for number in range(random.randint(0, 7)):
        path = root / random.choice(("", "src/")) / f"f{number}{random.choice(('.py', '.txt', '.json'))}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}\n" if peaceful and path.suffix == ".json" else random.choice(contents))
        if peaceful and path.suffix == ".py":
            path.write_text("a = 1\n")
    (root / "registry.yaml").write_text(json.dumps(_registry(random, peaceful)))
    subprocess.run(["git", "init", "--quiet", root], check=True)
    subprocess.run(["git", "-C", root, "add", "--all"], check=True)
    return Made(root, peaceful)


def _registry(random: Random, peaceful: bool) -> Json:
    components: list[Json] = []
    for number in range(random.randint(1, 8)):
        components.append(_command(random, f"c{number}", components, peaceful))
    shipped = random.sample(SHIPPED, random.randint(0, 3))
    components += ({"name": name, "uses": "omnibase_files", "lifecycle": _lifecycle(random)} for name in shipped)
    database = {"database": random.randint(1, 2)}
    registry: Json = {"schema_version": "1", "components": components, "resources": database}
    if shipped:
        registry["plugins"] = ["omnibase_files"]
    if random.random() < 0.3:
        gate = {"stage": "ci", "deny": f"lifecycle={random.choice(('experimental', 'canary'))}"}
        registry["gates"] = [gate | {"enforce": random.choice(("block", "warn", "audit"))}]
    return registry


def _command(random: Random, name: str, before: list[Json], peaceful: bool) -> Json:
    programs = HARMLESS if peaceful else HARMLESS + STRICT
    earlier = [one["name"] for one in before]
    standing_in = [one["name"] for one in before if not one.get("needs")]  # else it would need what this one does not
    component: Json = {
        "name": name,
        "lifecycle": _lifecycle(random),
        "type": random.choice(("validator", "test")),
        "command": random.choice(MISSING if random.random() < 0.15 else programs),
        "idempotent": random.random() < 0.5,
    }
    chances: list[tuple[float, Json]] = [
        (0.4, {"needs": random.sample(earlier, min(len(earlier), random.randint(1, 2)))}),
        (0.3, {"after": random.sample(earlier, min(len(earlier), random.randint(1, 2)))}),
        (0.5, {"batch": {"files": random.randint(1, 3)}}),
        (0.3, {"files": {"types": [random.choice(("python", "json", "text"))]}}),
        (0.2, {"files": {"include": ["src/**"]}}),
        (0.2, {"fix": ["touch", "never", "{files}"]}),
        (0.2, {"always_run": True}),
        (0.2, {"required": False}),
        (0.2, {"degraded": "warn"}),
        (0.3, {"fallback": random.choice(standing_in)} if standing_in else {}),
        (0.2, {"tags": ["manual"]}),  # only where another one needs it, or falls back on it
        (0.2, {"cost": random.randint(1, 3)}),
        (0.1, {"exclusive": True}),
        (0.1, {"resources": ["database"]}),
    ]
    for chance, keys in chances:
        if random.random() < chance:
            component |= keys
    return component


def _lifecycle(random: Random) -> str:
    return random.choice(("stable", "stable", "stable", "canary", "deprecated", "experimental"))


# Runs of them


def run(
    where: Made, mode: Mode, *, slots: int | None = 3, keep_going: KeepGoing = KeepGoing.INDEPENDENT, fix: bool = False
) -> Ran:
    """A run of the stage ci, or with mode dry-run a look at the one with so many slots."""
    workspace = open_workspace(str(where.root), None, os.environ, run=True)
    collected: list[Event] = []

    class Collector:
        def observe(self, event: Event) -> None:
            collected.append(event)

    ctx = ExecutionContext(
        stage="ci",
        mode=mode,
        root=workspace.root,
        start=workspace.start,
        run_id=f"20240501T100000000-{mode.value}-{os.urandom(4).hex()}",
        correlation_id="0" * 31 + "1",
        slots=slots,
        keep_going=keep_going,
        fix=fix,
        env=workspace.env,
        predicts=(Mode.ASYNC if slots != 1 else Mode.SYNC) if mode is Mode.DRY_RUN else None,
    )
    report = orchestrator("ci", workspace.registry)(Services(workspace, [Collector()])).run(ctx)
    assert report.error is None, report.error
    return Ran(report, collected)


def snapshot(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below the root, `.git` included, and the root itself: kind and mode, time of change, and content."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (".", *folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def agreed(ran: Ran) -> Json:
    """What has to be the same whatever the mode: all but ids, times, slots, and what was learnt from other runs."""
    told = document(ran.report)
    for key in ("run_id", "mode", "started_at", "finished_at", "duration_ms"):
        del told[key]
    del told["summary"]["slowest"]
    for key in ("estimated_ms", "estimated_speedup", "speedup", "critical_path", "strategy"):
        del told["plan"][key]
    told["metrics"] = {key: value for key, value in told["metrics"].items() if key not in ("slots", "waited_s")}
    for result in told["results"]:
        result["duration_ms"] = None
        for attempt in result["attempts"]:
            attempt["started_ms"] = attempt["duration_ms"] = None
        if result["output"] is not None:
            result["output"]["path"] = None  # it is in the run's folder
    return told


def started(ran: Ran, *, standby: bool) -> Iterator[tuple[str, ...]]:
    """The commands of a run, in the order in which they ended; of a dry run, those that it shows, in its order.

    Without `standby`, those are left out that only stand in for others: they begin when they are called upon.
    """
    for event in ran.events:
        for outcome in event.outcomes if isinstance(event, BatchEnded) else ():
            task = ran.plan.tasks[outcome.task]
            for preview in outcome.previews:
                if preview.command is not None and (standby or preview.fallback is None):
                    yield preview.command
            real = ran.report.header.mode != "dry-run" and isinstance(task.component.work, Command)
            if real and outcome.program and (standby or not task.standby):
                yield outcome.command or ()


def foreseen(result: Json) -> str:
    """What a dry run says would become of a component, in a word."""
    if result["cause"] != "dry-run":
        return "would be skipped" if result["cause"] == "dependency" else str(result["cause"])
    for words in ("would be skipped", "would stand in", "would go on without a verdict"):
        if words in result["reason"]:
            return words
    return "would run"


def became(result: Json) -> str:
    """What became of it, in the same words."""
    if "fallback" in result["marked"]:
        return "would stand in"
    if "degraded" in result["marked"]:
        return "would go on without a verdict"
    if result["cause"] in ("not-installed", "not-executable", "dependency"):
        return "would be skipped"
    return str(result["cause"]) if not result["attempts"] else "would run"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_modes_agree(part: int, tmp_path: Path) -> None:
    for number in range(part, PLANS, PARTS):
        random = Random(f"{SEED} {number}")
        where = made(tmp_path / str(number), random)
        policy = random.choice((KeepGoing.INDEPENDENT, KeepGoing.ALWAYS))
        try:
            _check(where, policy, random.randint(2, 4))
        except AssertionError as error:
            error.add_note(f"plan {number} of seed {SEED}: {(where.root / 'registry.yaml').read_text()}")
            raise


def _check(where: Made, policy: KeepGoing, slots: int) -> None:
    before = snapshot(where.root)
    dry = [run(where, Mode.DRY_RUN, slots=count, keep_going=policy) for count in (1, slots)]
    run(where, Mode.DRY_RUN, keep_going=policy, fix=True)
    assert snapshot(where.root) == before, "a dry run leaves no trace"

    one_by_one = run(where, Mode.SYNC, slots=1, keep_going=policy)
    at_once = run(where, Mode.ASYNC, slots=slots, keep_going=policy)
    assert agreed(at_once) == agreed(one_by_one)
    if not where.peaceful:
        return
    for shown, real in zip(dry, (one_by_one, at_once), strict=True):
        assert [foreseen(one) for one in shown.results.values()] == [became(one) for one in real.results.values()]
        assert sorted(started(shown, standby=True)) == sorted(started(real, standby=True))
    assert list(started(dry[0], standby=False)) == list(started(one_by_one, standby=False))


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    """Of the plans that are tried, enough have what could go wrong."""
    everything = [_registry(random := Random(f"{SEED} {number}"), random.random() < 0.5) for number in range(PLANS)]
    said = json.dumps(everything)
    for key in ("needs", "after", "batch", "fallback", "degraded", "gates", "no-such-program", "exclusive", "uses"):
        assert said.count(f'"{key}"') >= 2, key
