"""`omnibase runs`: what earlier runs came to, told again from their records."""

import os
import time
from typing import Any

import click

from omnibase.cli.options import OUTPUT, REGISTRY, shared
from omnibase.model.errors import ConfigurationError


@click.group(epilog="\b\nExamples:\n  omnibase runs list\n  omnibase runs show last --format json\n")
def runs() -> None:
    """The history of runs."""


@runs.command("list", epilog="\b\nExamples:\n  omnibase runs list\n  omnibase runs list -n 5\n")
@shared(REGISTRY)
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="So many at the most.")
def list_(registry: str | None, limit: int) -> None:
    """List the latest runs, newest first."""
    from omnibase.orchestrators import history
    from omnibase.orchestrators.workspace import open_workspace

    workspace = open_workspace(os.getcwd(), registry, os.environ, run=False)
    listed, notices = history.runs(workspace, limit)
    for notice in notices:
        click.echo(f"omnibase: {notice}", err=True)
    for run in listed:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started_at))
        came_to = f"{run.status or '-':4}  {run.exit_code:3}  {run.duration:8.2f} s"
        click.echo(f"{run.run_id}  {when}  {came_to}  {run.stage}, {run.mode}")


@runs.command(epilog="\b\nExamples:\n  omnibase runs show last\n  omnibase runs show last --format json\n")
@shared(OUTPUT, REGISTRY)
@click.argument("run")
def show(run: str, registry: str | None, **options: Any) -> int:
    """Show the report of RUN again: an id, the beginning of one, or `last`.

    The exit code is that of the run.
    """
    from omnibase.cli import settings as reading
    from omnibase.cli.output import Emission, emit
    from omnibase.core.reporting import report
    from omnibase.core.settings import resolve
    from omnibase.orchestrators.workspace import open_workspace
    from omnibase.storage import folders, journal

    workspace = open_workspace(os.getcwd(), registry, os.environ, run=False)
    folder = folders.find(workspace.state, run)
    if folder is None:
        raise ConfigurationError(f"there is no one run {run!r}", remedy="`omnibase runs list` shows those there are")
    path, user = reading.from_user(os.environ)
    given = {"format": options["format_"], "color": "never" if options["no_color"] else options["color"]}
    layers = [("command line", given), ("environment", reading.from_environment(os.environ)), (path, user)]
    settings = resolve([*layers, ("default", {"color": "auto"})])
    emission = Emission.of(settings, options, options["outputs"], workspace.registry)
    try:
        return emit(report(journal.read(folder)), emission)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the record of {run!r} cannot be read: {error}", remedy="take another run") from None
