"""One run from the command line: settings resolved, carried out, put out."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from omnibase.cli import settings as reading
from omnibase.cli.asked import Asked
from omnibase.cli.interrupts import code_of, heard
from omnibase.cli.output import Emission, emit
from omnibase.cli.progress import Progress
from omnibase.core.git_hooks import given
from omnibase.core.settings import Value, resolve
from omnibase.model.context import ExecutionContext, InputKind, Mode, Setting
from omnibase.model.plan import KeepGoing
from omnibase.model.registry import Registry
from omnibase.orchestrators import orchestrator
from omnibase.orchestrators.base import Orchestrator
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import Workspace, open_workspace


def carry_out(asked: Asked) -> int:
    """Run what is asked for and put out the report; the exit code. Raises OmnibaseError before the run begins."""
    env = os.environ
    workspace = open_workspace(os.getcwd(), asked.registry, env, run=asked.stage != "registry")
    stage = orchestrator(asked.stage, workspace.registry)
    settings = _settings(asked, workspace.registry, stage)
    ctx = context(asked, workspace, settings)
    emission = Emission.of(settings, asked.options, asked.outputs, workspace.registry)
    services = Services(workspace, [Progress(sys.stderr, quiet=emission.quiet)], alone=True)
    report = stage(services).run(ctx)
    heard()  # the run is over: a signal in the next moment is not to cut off its report
    of_git = asked.hook if asked.options.get("if_registry") else None
    if of_git and given(of_git) is not InputKind.STAGED and not report.results and report.error is None:
        return report.exit_code  # nothing is meant for this hook, and git runs some of them often
    try:
        code = emit(report, emission)
        services.settle()
    except KeyboardInterrupt as error:  # nobody waits for the rest of it, or for a history that others hold
        return code_of(error)
    try:
        for notice in services.late_notices:
            print(f"omnibase: {notice}", file=sys.stderr)  # noqa: T201 - the report is out already
    except OSError:
        pass  # nobody can be told, and an error would be a second report
    return code


def context(asked: Asked, workspace: Workspace, settings: dict[str, Setting]) -> ExecutionContext:
    """The run as an orchestrator is given it."""
    mode = Mode(str(settings["mode"].value))
    jobs = settings["jobs"].value
    return ExecutionContext(
        stage=asked.stage,
        mode=mode,
        root=workspace.root,
        start=workspace.start,
        run_id=run_id(),
        correlation_id=correlation_id(workspace.env.get("TRACEPARENT", "")),
        inputs=asked.inputs,
        filters=asked.filters,
        request=asked.request,
        settings=settings,
        slots=jobs if isinstance(jobs, int) else None,
        keep_going=KeepGoing(str(settings["keep_going"].value)),
        deadline=_number(settings, "timeout"),
        fix=bool(settings["fix"].value),
        restage=bool(settings["restage"].value),
        hook=asked.hook,
        env=workspace.env,
    )


def run_id() -> str:
    """An id whose order is that of time, such as "20240501T100000123-9f86d081"."""
    now = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    return f"{stamp}{int(now * 1000) % 1000:03d}-{os.urandom(4).hex()}"


def correlation_id(traceparent: str) -> str:
    """The trace id of a TRACEPARENT (W3C Trace Context, version 00), or a new one."""
    parts = traceparent.split("-")
    if len(parts) == 4 and len(parts[1]) == 32 and set(parts[1]) <= set("0123456789abcdef") and set(parts[1]) != {"0"}:
        return parts[1]
    return os.urandom(16).hex()


def _settings(asked: Asked, registry: Registry, stage: type[Orchestrator]) -> dict[str, Setting]:
    path, user = reading.from_user(os.environ)
    declared = registry.stages.get(asked.stage)
    built_in: dict[str, Value] = {
        "mode": stage.mode.value,
        "jobs": "auto",
        "fix": False,
        "restage": False,
        "keep_going": KeepGoing.INDEPENDENT.value,
        "color": "auto",
    }
    return resolve(
        [
            ("command line", _command_line(asked.options)),
            ("environment", reading.from_environment(os.environ)),
            (path, user),
            (f"registry, stages.{asked.stage}", declared.settings if declared else {}),
            ("registry, defaults", registry.settings),
            ("default", built_in),
        ]
    )


def _command_line(options: Mapping[str, Any]) -> dict[str, Value]:
    given: dict[str, Value] = {}
    for option in ("mode", "keep_going", "fix", "restage", "color"):
        given[option] = options.get(option)
    given["format"] = options.get("format_")
    for option in ("jobs", "timeout"):
        if options.get(option) is not None:
            given[option] = reading.check(option, options[option], f"--{option}")
    if options.get("jobs") is not None and given["mode"] is None:
        given["mode"] = Mode.ASYNC.value
    if options.get("dry_run"):
        given["mode"] = Mode.DRY_RUN.value
    if options.get("fail_fast"):
        given["keep_going"] = KeepGoing.NEVER.value
    if options.get("no_color"):
        given["color"] = "never"
    return given


def _number(settings: dict[str, Setting], name: str) -> float | None:
    value = settings[name].value if name in settings else None
    return float(value) if isinstance(value, int | float) else None
