"""One run from the command line: settings resolved, carried out, put out."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omnibase.cli import settings as reading
from omnibase.cli.asked import Asked
from omnibase.cli.interrupts import code_of, heard
from omnibase.cli.output import Emission, emit
from omnibase.cli.watching import progress
from omnibase.core.git_hooks import given
from omnibase.core.settings import Value, resolve
from omnibase.core.tracing import SAMPLED, TRACEPARENT, received
from omnibase.model.context import ExecutionContext, InputKind, Mode, Setting
from omnibase.model.plan import KeepGoing
from omnibase.model.registry import Registry
from omnibase.orchestrators import orchestrator
from omnibase.orchestrators.base import Orchestrator
from omnibase.orchestrators.services import Services
from omnibase.orchestrators.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from omnibase.cli.stepping.stepper import TerminalStepper
    from omnibase.storage.log_file import LogFile


def carry_out(asked: Asked) -> int:
    """Run what is asked for and put out the report; the exit code. Raises OmnibaseError before the run begins."""
    env = os.environ
    workspace = open_workspace(os.getcwd(), asked.registry, env, run=asked.stage != "registry")
    stage = orchestrator(asked.stage, workspace.registry)
    layers = _layers(asked, workspace.registry, stage)
    settings = resolve(layers)
    stops = None
    if asked.stage != "registry" and (asked.options.get("step") or asked.options.get("breaks")):
        from omnibase.cli.stepping.breakpoints import breakpoints, one_at_a_time

        settings, stops = one_at_a_time(settings, asked.options), breakpoints(asked.options, workspace.registry)
    ctx = context(asked, workspace, settings)._replace(breakpoints=stops)
    if ctx.mode is Mode.DRY_RUN:
        ctx = ctx._replace(predicts=_predicted(asked, layers))
    emission = Emission.of(settings, asked.options, asked.outputs, workspace.registry)
    stepper = _stepper(emission, workspace.registry) if stops is not None else None
    shown = progress(settings, emission, asked.options.get("follow") or (), workspace)
    log = _log(settings, ctx)
    listeners = [stepper or shown, *([log] if log is not None else [])]
    services = Services(workspace, listeners, alone=True, stepper=stepper, tap=shown.tap_or_none)
    try:
        report = stage(services).run(ctx)
    except BaseException:
        if log is not None:
            log.close()
        raise
    finally:
        shown.close()
        if stepper is not None:
            stepper.close()
    if log is not None and (problem := log.end(report)) is not None:
        services.late_notices.append(problem)
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


def _log(settings: dict[str, Setting], ctx: ExecutionContext) -> "LogFile | None":
    """The log, where one is wanted. Raises ConfigurationError where it cannot be written."""
    if "log_file" not in settings:
        return None
    from omnibase.core.log_records import LogRecords
    from omnibase.storage.log_file import LogFile

    path = os.path.abspath(str(settings["log_file"].value))
    return LogFile(path, LogRecords(ctx.run_id, ctx.correlation_id, time.time(), ctx.parent_id))


def _stepper(emission: Emission, registry: Registry) -> "TerminalStepper":
    """Who asks the person that steps through. Raises ConfigurationError where there is no terminal to ask at."""
    from omnibase.cli.stepping.stepper import TerminalStepper
    from omnibase.cli.stepping.terminal import Terminal

    known = [component.name for component in registry.components]
    return TerminalStepper(Terminal.found(sys.stderr.encoding), emission, os.environ, known)


def context(asked: Asked, workspace: Workspace, settings: dict[str, Setting]) -> ExecutionContext:
    """The run as an orchestrator is given it."""
    mode = Mode(str(settings["mode"].value))
    jobs = settings["jobs"].value
    trace = received(workspace.env.get(TRACEPARENT, ""))
    return ExecutionContext(
        stage=asked.stage,
        mode=mode,
        root=workspace.root,
        start=workspace.start,
        run_id=run_id(),
        correlation_id=trace.trace_id if trace is not None else os.urandom(16).hex(),
        parent_id=trace.parent_id if trace is not None else None,
        trace_flags=trace.flags if trace is not None else SAMPLED,
        inputs=asked.inputs,
        filters=asked.filters,
        request=asked.request,
        settings=settings,
        slots=jobs if isinstance(jobs, int) else None,
        keep_going=KeepGoing(str(settings["keep_going"].value)),
        shuffle=str(settings["shuffle"].value) if "shuffle" in settings else None,
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


def _predicted(asked: Asked, layers: Sequence[tuple[str, Mapping[str, Value]]]) -> Mode:
    """The mode of the run that a dry run shows: the one that it would have if nobody had asked for a dry run."""
    options = {**asked.options, "dry_run": False}
    if options.get("mode") == Mode.DRY_RUN.value:
        options["mode"] = None
    modes = [_command_line(options).get("mode"), *(values.get("mode") for _, values in layers[1:])]
    return Mode(str(next(mode for mode in (*modes, Mode.SYNC.value) if mode not in (None, Mode.DRY_RUN.value))))


def _layers(asked: Asked, registry: Registry, stage: type[Orchestrator]) -> list[tuple[str, Mapping[str, Value]]]:
    """Where settings come from, the first that has one decides (docs/commands.md, "Settings")."""
    path, user = reading.from_user(os.environ)
    declared = registry.stages.get(asked.stage)
    built_in: dict[str, Value] = {
        "mode": stage.mode.value,
        "jobs": "auto",
        "fix": False,
        "restage": False,
        "keep_going": KeepGoing.INDEPENDENT.value,
        "color": "auto",
        "progress": "auto",
    }
    return [
        ("command line", _command_line(asked.options)),
        ("environment", reading.from_environment(os.environ)),
        (path, user),
        (f"registry, stages.{asked.stage}", declared.settings if declared else {}),
        ("registry, defaults", registry.settings),
        ("default", built_in),
    ]


def _command_line(options: Mapping[str, Any]) -> dict[str, Value]:
    given: dict[str, Value] = {}
    for option in ("mode", "keep_going", "fix", "restage", "color", "progress"):
        given[option] = options.get(option)
    given["format"] = options.get("format_")
    for option in ("jobs", "log_file", "shuffle", "timeout"):
        if options.get(option) is not None:
            given[option] = reading.check(option, options[option], f"--{option.replace('_', '-')}")
    if options.get("jobs") is not None and given["mode"] is None:
        given["mode"] = Mode.ASYNC.value
    if options.get("profile"):
        given["mode"] = Mode.PROFILE.value
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
