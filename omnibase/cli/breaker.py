"""`omnibase breaker`: the circuit breakers of this repository, shown and moved by hand."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from omnibase.cli.formatters.breaker_view import Shown, document, sheet, table
from omnibase.cli.formatters.layout import quantity, shell
from omnibase.cli.options import REGISTRY, shared
from omnibase.core.breaking import PRISTINE, Breaker, BreakerState, again
from omnibase.core.nearest import nearest
from omnibase.model.component import BreakerRule, PythonCall
from omnibase.model.errors import ConfigurationError, ExecutionError, OmnibaseError, RegistryError
from omnibase.model.ports import BusyError

if TYPE_CHECKING:
    from omnibase.orchestrators.workspace import Workspace
    from omnibase.storage.breakers import SqliteBreakers

Json = Any
NO_BREAKER = "it has no breaker, the registry says `breaker: false`"
IN_CODE = "as its component's code says"
NO_COMPONENT = "not known, as the registry has no such component"
FORMAT = [
    click.option(
        "--format",
        "format_",
        type=click.Choice(["human", "json"]),
        help="How to show it. [default: human on a terminal, else json]",
    )
]
EXAMPLES = """\b
Examples:
  omnibase breaker list                      what is open, or has failures counted
  omnibase breaker show ruff                 one, with its rule
  omnibase breaker open deploy               keep it from being run, until it is closed
  omnibase breaker close deploy              let it run again
  omnibase breaker show check-mirror/mirror  the one called "mirror" in the code of check-mirror
  omnibase breaker reset                     all as new
"""


def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names that have a breaker, for the shell."""
    try:
        with _breakers(ctx.params.get("registry"), tell=False) as (workspace, breakers):
            return [CompletionItem(name) for name in _known(workspace, breakers) if name.startswith(incomplete)]
    except OmnibaseError:
        return []  # a shell that waits for a completion is no place for an error


NAMES = click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete)


@click.group(epilog=EXAMPLES)
def breaker() -> None:
    """Circuit breakers: which components are not run for now, because they failed in passing again and again."""


@breaker.command("list", epilog="\b\nExamples:\n  omnibase breaker list\n  omnibase breaker list --format json\n")
@shared(FORMAT, REGISTRY)
def list_(format_: str | None, registry: str | None) -> None:
    """List the breakers that are open, or have counted failures; all others are closed."""
    with _breakers(registry) as (workspace, breakers):
        shown = [_looked_at(workspace, name, it) for name, it in sorted(breakers.all().items())]
    if _is_json(format_):
        _put({"breakers": [document(one) for one in shown]})
    elif not shown:
        click.echo("all breakers are closed, and no failures are counted")
    else:
        click.echo("\n".join(table(shown)))


@breaker.command(
    epilog="\b\nExamples:\n  omnibase breaker show ruff\n  omnibase breaker show check-mirror/mirror --format json\n"
)
@shared(FORMAT, REGISTRY)
@click.argument("name", shell_complete=complete)
def show(name: str, format_: str | None, registry: str | None) -> None:
    """Show the breaker of the component NAME, and the rule by which it opens.

    NAME may be COMPONENT/NAME, too, for a breaker in the code of a component.
    """
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, [name])
        shown = _looked_at(workspace, name, breakers.all().get(name, PRISTINE))
    if _is_json(format_):
        _put({"breaker": document(shown)})
    else:
        click.echo("\n".join(sheet(shown)))


@breaker.command(
    "open", epilog="\b\nExamples:\n  omnibase breaker open deploy\n  omnibase breaker open check-mirror/mirror\n"
)
@shared(REGISTRY)
@NAMES
def open_(names: tuple[str, ...], registry: str | None) -> None:
    """Open the breakers of the components NAME..., until they are closed by hand."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, names)
        for name in names:
            if _rule(workspace, name)[1] == NO_BREAKER:
                raise ConfigurationError(
                    f"{name}: {NO_BREAKER}",
                    remedy=f"take that out of the registry, or leave it out of a run: `--skip {name}`",
                )
        for name in names:
            breakers.open_by_hand(name)
            click.echo(f"{name}: open, and stays so until `omnibase breaker close {shell([name])}`")


@breaker.command(epilog="\b\nExample:\n  omnibase breaker close deploy check-mirror/mirror\n")
@shared(REGISTRY)
@NAMES
def close(names: tuple[str, ...], registry: str | None) -> None:
    """Close the breakers of the components NAME..., and forget the failures they have counted."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, names)
        for name in names:
            breakers.close_by_hand(name)
            click.echo(f"{name}: closed")


@breaker.command(epilog="\b\nExamples:\n  omnibase breaker reset\n  omnibase breaker reset deploy\n")
@shared(REGISTRY)
@click.argument("names", metavar="[NAME...]", nargs=-1, shell_complete=complete)
def reset(names: tuple[str, ...], registry: str | None) -> None:
    """Make the breakers of the components NAME... as new; without names, all."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, names)
        count = breakers.reset(names or None)
        click.echo(f"{quantity(count, 'breaker')} reset")


@contextmanager
def _breakers(registry: str | None, *, tell: bool = True) -> Iterator[tuple["Workspace", "SqliteBreakers"]]:
    """The workspace and its breakers. Where some could not be read, that is told.

    Raises ExecutionError where they cannot be used.
    """
    from omnibase.orchestrators.workspace import open_workspace
    from omnibase.storage.breakers import SqliteBreakers
    from omnibase.storage.database import BUSY_SECONDS, StateError

    workspace = open_workspace(os.getcwd(), registry, os.environ, run=False)
    breakers = SqliteBreakers(workspace.state, BUSY_SECONDS)
    try:
        yield workspace, breakers
    except BusyError as error:
        raise ExecutionError(str(error), remedy="try again when it has ended") from error
    except StateError as error:
        remedy = "see who may write it, and whether its disk has room"
        raise ExecutionError(f"the circuit breakers cannot be used: {error}", remedy=remedy) from error
    finally:
        breakers.close()
        if breakers.notice and tell:
            click.echo(f"omnibase: {breakers.notice}", err=True)


def _known(workspace: "Workspace", breakers: "SqliteBreakers") -> list[str]:
    """The registry's components, and what has a breaker from other times, or by `omnibase.api.breaker`."""
    return sorted({component.name for component in workspace.registry.components} | set(breakers.all()))


def _check(workspace: "Workspace", breakers: "SqliteBreakers", names: Sequence[str]) -> None:
    """Raises RegistryError for a name that no breaker has, or can get from the code of a component."""
    from omnibase.hooks.arguments import is_breaker_name

    known = _known(workspace, breakers)
    components = {component.name: component for component in workspace.registry.components}
    in_python = [name for name, component in components.items() if isinstance(component.work, PythonCall)]
    for name in names:
        owner, slash, inner = name.partition("/")
        if name in known or (owner in in_python and is_breaker_name(inner)):
            continue
        if owner in components:
            raise RegistryError(f"there is no breaker {name!r}", remedy=f"did you mean {owner!r}?")
        close = nearest(owner, in_python if slash else known)
        raise RegistryError(
            f"no component is called {owner!r}",
            remedy=f"did you mean {close + slash + inner!r}?" if close else _all_shown(workspace),
        )


def _waiting(workspace: "Workspace") -> str:
    """The plugins inside the repository that no run has looked at since they were changed."""
    return ", ".join(plugin.name for plugin in workspace.registry.plugins if not plugin.loaded)


def _all_shown(workspace: "Workspace") -> str:
    waiting = _waiting(workspace)
    more = f"; what {waiting} brings is known after a run" if waiting else ""
    return f"`omnibase registry list` shows all components{more}"


def _rule(workspace: "Workspace", name: str) -> tuple[BreakerRule | None, str]:
    """The rule of a breaker, or None and why there is none, or none that is known here."""
    for component in workspace.registry.components:
        if component.name == name:
            return component.breaker, "" if component.breaker else NO_BREAKER
    if "/" in name:
        return None, IN_CODE
    waiting = _waiting(workspace)
    return None, f"not known before a run has looked at {waiting}" if waiting else NO_COMPONENT


def _looked_at(workspace: "Workspace", name: str, it: Breaker) -> Shown:
    from omnibase.storage import boot

    now = boot.now()
    rule, unruled = _rule(workspace, name)
    since = None
    if it.since is not None:  # by the boot clock, where that is still the same: the wall clock may have been set since
        since = now.wall - (now.uptime - it.since.uptime) if it.since.boot == now.boot else it.since.wall
    left = None
    if it.state is not BreakerState.CLOSED:
        left = again(it, rule, now) if rule else 0.0 if unruled == NO_BREAKER else None
    return Shown(name, it, rule, unruled, since, left)


def _is_json(format_: str | None) -> bool:
    return (format_ or ("human" if sys.stdout.isatty() else "json")) == "json"


def _put(document: Json) -> None:
    from omnibase.cli.formatters.json import canonical

    click.echo(canonical(document), nl=False)
