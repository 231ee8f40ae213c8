"""`omnibase registry`: the actions of the registry stage as commands of their own."""

from typing import Any

import click

from omnibase.cli.options import OUTPUT, REGISTRY, complete_names, shared


@click.group(epilog="\b\nExamples:\n  omnibase registry list\n  omnibase registry inspect ruff\n")
def registry() -> None:
    """List, inspect and validate the registry."""


@registry.command("list")
@shared(OUTPUT, REGISTRY)
def list_(**options: Any) -> int:
    """Show all components and plugins."""
    return _act("list", (), options)


@registry.command()
@shared(OUTPUT, REGISTRY)
@click.argument("name", shell_complete=complete_names)
def inspect(name: str, **options: Any) -> int:
    """Show all that the registry knows of the component NAME."""
    return _act("inspect", (name,), options)


@registry.command()
@shared(OUTPUT, REGISTRY)
def validate(**options: Any) -> int:
    """Check the registry; the exit code says what it came to."""
    return _act("validate", (), options)


@registry.command(epilog="\b\nExample:\n  omnibase registry schema > registry.schema.json\n")
def schema() -> None:
    """Print the JSON Schema of registry.yaml, for editors. It needs no registry."""
    import json

    from omnibase.registry.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, sort_keys=True))


def _act(action: str, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from omnibase.cli.asked import Asked
    from omnibase.cli.running import carry_out
    from omnibase.model.context import RegistryRequest

    return carry_out(
        Asked(
            stage="registry",
            registry=options["registry"],
            request=RegistryRequest(action, arguments),
            options=options,
            outputs=options["outputs"],
        )
    )
