"""The options that several commands share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

from omnibase.core.git_hooks import HOOKS
from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.context import Mode
from omnibase.model.plan import KeepGoing

F = TypeVar("F", bound=Callable[..., Any])


def shared(*groups: list[Callable[[Any], Any]]) -> Callable[[F], F]:
    """Decorate a command with groups of options, shown in this order."""

    def decorate(function: F) -> F:
        for add in reversed([add for group in groups for add in group]):
            function = add(function)
        return function

    return decorate


def complete_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The names of the registry's components, for the shell."""
    import os

    from click.shell_completion import CompletionItem

    from omnibase.model.errors import OmnibaseError
    from omnibase.orchestrators.workspace import open_workspace

    try:
        registry = open_workspace(os.getcwd(), ctx.params.get("registry"), os.environ, run=False).registry
    except OmnibaseError:
        return []  # a shell that waits for a completion is no place for an error
    return [
        CompletionItem(component.name, help=component.description)
        for component in registry.components
        if component.name.startswith(incomplete)
    ]


def complete_breakpoints(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """What `--break` takes, for the shell."""
    from click.shell_completion import CompletionItem

    failures = [CompletionItem(name) for name in ("on-failure",) if name.startswith(incomplete)]
    return [*complete_names(ctx, param, incomplete), *failures]


def complete_hooks(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The hooks of git that omnibase serves, for the shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(hook) for hook in HOOKS if hook.startswith(incomplete)]


def complete_formats(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The formats that ship with omnibase, for the shell."""
    from click.shell_completion import CompletionItem

    from omnibase.cli.formatters import FORMATTERS

    return [CompletionItem(name) for name in FORMATTERS if name.startswith(incomplete)]


def complete_outputs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The beginnings of further reports; once the format is written, the files to write it to."""
    from click.shell_completion import CompletionItem

    from omnibase.cli.formatters import FORMATTERS

    if "=" in incomplete:
        return [CompletionItem(incomplete, type="file")]
    return [CompletionItem(f"{name}=") for name in FORMATTERS if name.startswith(incomplete)]


OUTPUT = [
    click.option(
        "--format",
        "format_",
        metavar="FORMAT",
        shell_complete=complete_formats,
        help="human, json, yaml or trace, or a plugin's. [default: human on a terminal, else json]",
    ),
    click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT=PATH",
        shell_complete=complete_outputs,
        help="Write a further report to a file, such as trace=trace.json; repeatable.",
    ),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), help="When to colour. [default: auto]"),
    click.option("--no-color", is_flag=True, help="No colours, and ASCII words for symbols."),
    click.option("-q", "--quiet", is_flag=True, help="Only failures and the summary."),
    click.option("-v", "--verbose", count=True, help="Also why each component is in or out, programs, attempts."),
]

REGISTRY = [
    click.option("--registry", metavar="PATH", help="The registry. [default: registry.yaml, searched upward]"),
]

EXECUTION = [
    click.option(
        "--mode", type=click.Choice([mode.value for mode in Mode]), help="How to carry it out. [default: per stage]"
    ),
    click.option("--profile", is_flag=True, help="Run one at a time, and measure each; short for --mode profile."),
    click.option("--dry-run", is_flag=True, help="Show what would run; start nothing, write nothing."),
    click.option("--step", is_flag=True, help="Stop before every task, and ask at the terminal what to do."),
    click.option(
        "--break",
        "breaks",
        multiple=True,
        metavar="NAME|on-failure",
        shell_complete=complete_breakpoints,
        help="Stop likewise before NAME and if it fails, or after any failure; repeatable.",
    ),
    click.option("-j", "--jobs", metavar="N|auto", help="Run N batches at once (implies async)."),
    click.option("--fix/--no-fix", default=None, help="Let fixers mend what checks find."),
    click.option("--restage/--no-restage", default=None, help="At commit, stage what fixers changed, and only that."),
    click.option(
        "--keep-going",
        type=click.Choice([policy.value for policy in KeepGoing]),
        help="What runs on after a failure. [default: independent]",
    ),
    click.option("--fail-fast", is_flag=True, help="The same as --keep-going never."),
    click.option(
        "--shuffle",
        metavar="SEED|random",
        help="Run what is ready in an order by chance, the same for the same SEED, to find hidden dependencies.",
    ),
    click.option("--timeout", metavar="DURATION", help="Bound the run, such as 90s or 10m."),
    click.option("--log-file", metavar="PATH", help="Append what happens to a file, as JSON lines."),
    click.option(
        "--progress",
        type=click.Choice(["auto", "live", "lines", "off"]),
        help="How the run is shown while it goes on. [default: live on a terminal, else lines]",
    ),
    click.option(
        "--follow",
        multiple=True,
        metavar="NAME,...",
        shell_complete=complete_names,
        help="Show the output of NAME while it comes; repeatable.",
    ),
]

SELECTION = [
    click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="EXPR",
        help="Such as 'type=validator,tag!=slow,version>=1.2'; repeatable (and).",
    ),
    click.option("--tags", multiple=True, metavar="TAG,...", help="Any of these tags; repeated: all of them."),
    click.option("--lifecycle", multiple=True, metavar=",".join(Lifecycle), help="Any of these lifecycles."),
    click.option("--type", "types", multiple=True, metavar=",".join(ComponentType), help="Any of these types."),
    click.option(
        "--name",
        "names",
        multiple=True,
        metavar="NAME,...",
        shell_complete=complete_names,
        help="These components, whatever the stage's defaults.",
    ),
    click.option("--suite", metavar="NAME", help="A suite of the registry."),
    click.option(
        "--skip",
        multiple=True,
        metavar="NAME,...",
        shell_complete=complete_names,
        help="Leave these out; wins over every selector.",
    ),
]

INPUTS = [
    click.option("--files-from", metavar="FILE|-", help="Take paths from a NUL separated list."),
    click.option("-a", "--all-files", is_flag=True, help="All files of the repository."),
    click.option("--from-ref", metavar="REF", help="With --to-ref: the files changed between two commits."),
    click.option("--to-ref", metavar="REF"),
    click.option("--changed-since", metavar="REF", help="The files changed since the working tree left REF."),
]
