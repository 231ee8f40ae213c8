"""Orchestrators as a caller from Python has them."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest

from omnibase.model.context import ExecutionContext, Filters, Mode
from omnibase.model.report import RunReport
from omnibase.model.result import Status
from omnibase.orchestrators import ORCHESTRATORS, orchestrator
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import Workspace, open_workspace

REGISTRY = """\
schema_version: "1"
components:
  - {name: good, type: validator, lifecycle: stable, command: ["true"]}
  - {name: bad, type: validator, lifecycle: stable, command: ["false"]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / "registry.yaml").write_text(REGISTRY)
    subprocess.run(["git", "-C", root, "add", "-A"], check=True)
    return open_workspace(str(root), None, os.environ, run=True)


def context(workspace: Workspace, *names: str, stage: str = "ci") -> ExecutionContext:
    return ExecutionContext(
        stage=stage,
        mode=Mode.ASYNC,
        root=workspace.root,
        start=workspace.start,
        run_id=f"20240501T100000000-{'-'.join(names) or 'all'}",
        correlation_id="0" * 31 + "1",
        filters=Filters(names=names),
    )


def run(workspace: Workspace, *names: str) -> RunReport:
    return orchestrator("ci", workspace.registry)(Services(workspace)).run(context(workspace, *names))


def test_run_returns_the_report(workspace: Workspace) -> None:
    report = run(workspace)
    assert (report.status, report.exit_code) == (Status.FAIL, 1)
    assert {entry.name: entry.result.status for entry in report.results} == {"good": Status.PASS, "bad": Status.FAIL}


def test_what_keeps_a_run_from_happening_is_in_the_report(workspace: Workspace) -> None:
    report = run(workspace, "goood")
    assert report.error is not None
    assert (report.status, report.exit_code, report.error.family) == (None, 3, "registry")


def test_arun_serves_callers_inside_an_event_loop(workspace: Workspace) -> None:
    async def both() -> tuple[RunReport, list[int]]:
        beats: list[int] = []

        async def beat() -> None:
            while True:
                beats.append(len(beats))
                await asyncio.sleep(0)

        beating = asyncio.create_task(beat())
        stage = orchestrator("ci", workspace.registry)(Services(workspace))
        report = await stage.arun(context(workspace, "good"))
        beating.cancel()
        return report, beats

    report, beats = asyncio.run(both())
    assert report.exit_code == 0
    assert beats, "the loop went on while the run was under way"


def test_a_caller_keeps_its_own_signal_handlers(workspace: Workspace) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    run(workspace, "good")
    assert {number: signal.getsignal(number) for number in before} == before


@pytest.mark.parametrize("stage", ORCHESTRATORS)
def test_each_stage_of_the_table_has_a_class_of_its_name(stage: str, workspace: Workspace) -> None:
    assert orchestrator(stage, workspace.registry).stage == stage
