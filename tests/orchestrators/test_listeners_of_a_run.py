"""Whoever listens to a run, or is asked by it, can fail without ending it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from omnibase.engine.observers import Collector
from omnibase.model.context import ExecutionContext, Mode
from omnibase.model.events import Event, Noticed, RunStarted
from omnibase.model.plan import Breakpoints
from omnibase.model.ports import Running, StepMoment
from omnibase.model.report import RunReport
from omnibase.orchestrators import orchestrator
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import Workspace, open_workspace

REGISTRY = """\
schema_version: "1"
components:
  - {name: one, type: validator, lifecycle: stable, command: [echo, hello]}
  - {name: two, type: validator, lifecycle: stable, command: [echo, hello]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / "registry.yaml").write_text(REGISTRY)
    subprocess.run(["git", "-C", root, "add", "-A"], check=True)
    return open_workspace(str(root), None, os.environ, run=True)


def carried_out(services: Services, workspace: Workspace, breakpoints: Breakpoints | None = None) -> RunReport:
    context = ExecutionContext(
        stage="ci",
        mode=Mode.ASYNC,
        root=workspace.root,
        start=workspace.start,
        run_id="20240501T100000000-1",
        correlation_id="0" * 31 + "1",
        slots=None,
        breakpoints=breakpoints,
    )
    return orchestrator("ci", workspace.registry)(services).run(context)


def test_what_follows_the_output_and_fails_hears_no_more_and_is_told_of_once(workspace: Workspace) -> None:
    heard: list[str] = []

    def tap(name: str, text: str) -> None:
        heard.append(name)
        raise ZeroDivisionError("no")

    services = Services(workspace, tap=tap)
    assert carried_out(services, workspace).exit_code == 0
    assert len(heard) == 1
    assert services.late_notices == ["what follows the output failed: ZeroDivisionError: no"]


class Early:
    """Cannot hear what is said before a run begins."""

    def __init__(self) -> None:
        self.begun = False

    def observe(self, event: Event) -> None:
        self.begun |= isinstance(event, RunStarted)
        if isinstance(event, Noticed) and not self.begun:
            raise ZeroDivisionError("too early")


def test_who_cannot_hear_what_is_said_before_the_run_keeps_it_from_nothing(workspace: Workspace) -> None:
    early = Early()
    services = Services(workspace, [early])
    services._say("checking out a view")
    assert services.late_notices == ["Early failed: ZeroDivisionError: too early"]
    assert carried_out(services, workspace).exit_code == 0
    assert early.begun


class Speechless:
    """A stepper who cannot ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, question: str, moment: StepMoment) -> Running:
        self.asked.append(moment.plan.tasks[moment.task].component.name)
        raise OSError(5, "Input/output error")

    def env_of(self, task: int) -> Mapping[str, str | None]:
        return {}


def test_a_person_who_cannot_be_asked_wants_the_run_to_go_on(workspace: Workspace) -> None:
    stepper = Speechless()
    report = carried_out(Services(workspace, stepper=stepper), workspace, Breakpoints(every=True))
    assert (report.exit_code, stepper.asked) == (0, ["one", "two"])
    assert report.notices == ("nobody could be asked: OSError: [Errno 5] Input/output error",) * 2


def test_breakpoints_without_anybody_to_ask_are_refused_before_the_run(workspace: Workspace) -> None:
    report = carried_out(Services(workspace), workspace, Breakpoints(every=True))
    assert report.error is not None
    assert (report.exit_code, report.error.message) == (2, "breakpoints want somebody to be asked")
    assert not Path(workspace.state, "runs").exists()


def test_with_breakpoints_one_runs_at_a_time_whatever_the_context_says(workspace: Workspace) -> None:
    heard = Collector()
    carried_out(Services(workspace, [heard], stepper=Speechless()), workspace, Breakpoints(names=("two",)))
    (plan,) = [event.plan for event in heard.events if isinstance(event, RunStarted)]
    assert (plan.slots, plan.adaptive) == (1, False)
