"""`omnibase breaker`: the circuit breakers of this repository, shown and moved by hand."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from omnibase.cli.formatters.layout import duration, quantity
from omnibase.cli.options import REGISTRY, shared
from omnibase.core.breaking import PRISTINE, Breaker, BreakerState, again
from omnibase.core.nearest import nearest
from omnibase.core.redaction import visible
from omnibase.model.component import BreakerRule
from omnibase.model.errors import ConfigurationError, ExecutionError, OmnibaseError, RegistryError
from omnibase.model.ports import BusyError
from omnibase.model.record import Record

if TYPE_CHECKING:
    from omnibase.orchestrators.workspace import Workspace
    from omnibase.storage.breakers import SqliteBreakers

Json = Any
NO_BREAKER = "it has no breaker, the registry says `breaker: false`"
HEAD = ("NAME", "STATE", "FAILURES", "SINCE", "TRIED AGAIN")
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
  omnibase breaker list                what is open, or has failures counted
  omnibase breaker show ruff           one, with its rule
  omnibase breaker open deploy         keep it from being run, until it is closed
  omnibase breaker close deploy        let it run again
  omnibase breaker reset               all as new
"""


class Shown(Record):
    """A breaker at one moment: `since` in seconds since 1970, `again` in seconds from now."""

    name: str
    it: Breaker
    rule: BreakerRule | None
    since: float | None
    again: float | None


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


@breaker.command("list")
@shared(FORMAT, REGISTRY)
def list_(format_: str | None, registry: str | None) -> None:
    """List the breakers that are open, or have counted failures; all others are closed."""
    with _breakers(registry) as (workspace, breakers):
        shown = [_looked_at(workspace, name, it) for name, it in sorted(breakers.all().items())]
    if _is_json(format_):
        _put({"breakers": [_document(one) for one in shown]})
    elif not shown:
        click.echo("all breakers are closed, and no failures are counted")
    else:
        rows = [HEAD, *map(_cells, shown)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@breaker.command()
@shared(FORMAT, REGISTRY)
@click.argument("name", shell_complete=complete)
def show(name: str, format_: str | None, registry: str | None) -> None:
    """Show the breaker of the component NAME, and the rule by which it opens."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, [name])
        shown = _looked_at(workspace, name, breakers.all().get(name, PRISTINE))
    if _is_json(format_):
        _put({"breaker": _document(shown)})
        return
    for title, cell in zip(HEAD, _cells(shown), strict=True):
        click.echo(f"{title.lower()}: {cell}")
    rule = shown.rule
    told = f"opens after {rule.failures} failures in a row, for {duration(rule.reset)}" if rule else NO_BREAKER
    click.echo(f"rule: {told}" + (f"; then up to {quantity(rule.probes, 'attempt')} as probes" if rule else ""))


@breaker.command("open")
@shared(REGISTRY)
@NAMES
def open_(names: tuple[str, ...], registry: str | None) -> None:
    """Open the breakers of the components NAME..., until they are closed by hand."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, names)
        for name in names:
            if _rule(workspace, name) is None:
                raise ConfigurationError(
                    f"{name}: {NO_BREAKER}",
                    remedy=f"take that out of the registry, or leave it out of a run: `--skip {name}`",
                )
        for name in names:
            breakers.open_by_hand(name)
            click.echo(f"{name}: open, and stays so until `omnibase breaker close {name}`")


@breaker.command()
@shared(REGISTRY)
@NAMES
def close(names: tuple[str, ...], registry: str | None) -> None:
    """Close the breakers of the components NAME..., and forget the failures they have counted."""
    with _breakers(registry) as (workspace, breakers):
        _check(workspace, breakers, names)
        for name in names:
            breakers.close_by_hand(name)
            click.echo(f"{name}: closed")


@breaker.command()
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
    known = _known(workspace, breakers)
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise RegistryError(
                f"no component is called {name!r}",
                remedy=f"did you mean {close!r}?" if close else "`omnibase registry list` shows all components",
            )


def _rule(workspace: "Workspace", name: str) -> BreakerRule | None:
    rules = {component.name: component.breaker for component in workspace.registry.components}
    return rules.get(name, BreakerRule())


def _looked_at(workspace: "Workspace", name: str, it: Breaker) -> Shown:
    from omnibase.storage import boot

    now = boot.now()
    rule = _rule(workspace, name)
    since = None
    if it.since is not None:  # by the boot clock, where that is still the same: the wall clock may have been set since
        since = now.wall - (now.uptime - it.since.uptime) if it.since.boot == now.boot else it.since.wall
    return Shown(name, it, rule, since, None if _is_closed(it) else again(it, rule or BreakerRule(), now))


def _cells(shown: Shown) -> tuple[str, ...]:
    """A row of the list, for people."""
    since = "-" if shown.since is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(shown.since))
    if _is_closed(shown.it):
        tried = "-"
    elif shown.again is None:
        tried = "when it is closed by hand"
    else:
        tried = f"in {duration(shown.again)}" if shown.again else "now"
    return visible(shown.name), shown.it.state.value, str(shown.it.failures), since, tried


def _document(shown: Shown) -> dict[str, Json]:
    """The same for programs: RFC 3339 in UTC, and seconds."""
    since = None if shown.since is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(shown.since))
    return {
        "name": shown.name,
        "state": shown.it.state.value,
        "failures": shown.it.failures,
        "held": shown.it.held,
        "since": since,
        "again_s": shown.again,
        "rule": shown.rule
        and {"failures": shown.rule.failures, "reset_s": shown.rule.reset, "probes": shown.rule.probes},
    }


def _is_closed(it: Breaker) -> bool:
    return it.state is BreakerState.CLOSED


def _is_json(format_: str | None) -> bool:
    return (format_ or ("human" if sys.stdout.isatty() else "json")) == "json"


def _put(document: Json) -> None:
    from omnibase.cli.formatters.json import canonical

    click.echo(canonical(document), nl=False)
