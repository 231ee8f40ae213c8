"""`omnibase completion`: the script by which a shell completes commands, options and component names."""

import click
from click.shell_completion import get_completion_class


@click.command(
    epilog="\b\nExamples:\n"
    '  eval "$(omnibase completion bash)"                  in ~/.bashrc\n'
    '  eval "$(omnibase completion zsh)"                   in ~/.zshrc\n'
    "  omnibase completion fish > ~/.config/fish/completions/omnibase.fish\n"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL."""
    from omnibase.cli.main import omnibase

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(omnibase, {}, "omnibase", "_OMNIBASE_COMPLETE").source())
