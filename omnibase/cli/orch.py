"""`omnibase orch` and `omnibase run`: from options to a run that is asked for."""

import os
import sys
from itertools import pairwise
from typing import Any

import click

from omnibase.cli.asked import Asked
from omnibase.cli.options import EXECUTION, INPUTS, OUTPUT, REGISTRY, SELECTION, complete_hooks, complete_names, shared
from omnibase.core.git_hooks import given
from omnibase.model.context import Filters, InputKind, InputsRequest, PipelineRequest, RegistryRequest, Request
from omnibase.model.errors import ConfigurationError, NoRegistryError

EXAMPLES = """\b
Examples:
  omnibase orch --stage ci
  omnibase orch --stage pre-commit --lifecycle canary,stable --fix --restage
  omnibase orch --stage pre-commit --fix --dry-run
  omnibase orch --stage ci --filter 'type=validator,tag!=slow' --jobs 4 --format json
  omnibase orch --stage ci --changed-since origin/main --output json=report.json
  omnibase orch --stage pipeline --from generate --to build --to publish
  omnibase orch --stage registry inspect ruff
"""


class OrchCommand(click.Command):
    """For the registry stage the action and all that comes after it are taken verbatim."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        joined = [f"{option}={value}" for option, value in pairwise(args)]
        ctx.allow_interspersed_args = "--stage=registry" not in (*args, *joined)
        return super().parse_args(ctx, args)


@click.command(cls=OrchCommand, epilog=EXAMPLES)
@click.option(
    "--stage",
    metavar="STAGE",
    help="pre-commit, ci, test, pipeline, registry, or a plugin's. [default: ci under a CI, else pre-commit]",
)
@click.option(
    "--hook",
    metavar="NAME",
    shell_complete=complete_hooks,
    help="Within pre-commit: for which git hook it runs, such as pre-push. ARGUMENTS are those that git gives it.",
)
@click.option("--if-registry", is_flag=True, hidden=True, help="Where there is no registry, say so and end with 0.")
@shared(SELECTION, INPUTS, EXECUTION, OUTPUT, REGISTRY)
@click.option("--from", "from_step", metavar="NAME", shell_complete=complete_names, help="Pipeline: the first step.")
@click.option(
    "--to",
    "to_steps",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_names,
    help="Pipeline: a further step; repeatable.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def orch(stage: str | None, arguments: tuple[str, ...], **options: Any) -> int:
    """Run a stage over the files that it is about, or over the paths in ARGUMENTS.

    For `--stage registry`, ARGUMENTS are the action (list, inspect, validate, schema) and what belongs to it.
    """
    from omnibase.cli.running import carry_out

    stage = stage or ("ci" if os.environ.get("CI") and not options["hook"] else "pre-commit")
    if options["hook"] and stage != "pre-commit":
        raise ConfigurationError("--hook belongs to the stage pre-commit", remedy="leave --stage out, or --hook")
    request: Request = None
    if stage == "registry":
        request = RegistryRequest(arguments[0] if arguments else "list", arguments[1:])
        inputs = InputsRequest()
    else:
        inputs = _inputs(arguments, options)
    if options["from_step"] or options["to_steps"]:
        if stage != "pipeline":
            raise ConfigurationError("--from and --to belong to a pipeline", remedy="add --stage pipeline")
        request = PipelineRequest(options["from_step"], options["to_steps"])
    asked = Asked(
        stage=stage,
        registry=options["registry"],
        filters=_filters(options),
        inputs=inputs,
        request=request,
        hook=options["hook"],
        options=options,
        outputs=options["outputs"],
    )
    try:
        return carry_out(asked)
    except NoRegistryError as error:
        if not options["if_registry"]:
            raise
        print(f"omnibase: {error.message}: nothing is checked", file=sys.stderr)  # noqa: T201 - there is no report
        return 0


@click.command(epilog="\b\nExamples:\n  omnibase run ruff src/\n  omnibase run trailing-whitespace --fix\n")
@shared(EXECUTION, OUTPUT, REGISTRY)
@click.argument("name", shell_complete=complete_names)
@click.argument("paths", nargs=-1, type=click.UNPROCESSED)
def run(name: str, paths: tuple[str, ...], **options: Any) -> int:
    """Run the component NAME over all of its files, or over PATHS."""
    from omnibase.cli.running import carry_out

    inputs = InputsRequest(InputKind.PATHS, paths) if paths else InputsRequest(InputKind.ALL)
    return carry_out(
        Asked(
            stage="ci",
            registry=options["registry"],
            filters=Filters(names=(name,)),
            inputs=inputs,
            options=options,
            outputs=options["outputs"],
        )
    )


def _filters(options: dict[str, Any]) -> Filters:
    expressions = [("--filter", text) for text in options["filters"]]
    # Repeated --tags all have to hold; of the other keys a component has but one value, so that any of them serves.
    expressions += [("--tags", f"tag={'|'.join(_split([text]))}") for text in options["tags"]]
    for name, key in (("lifecycle", "lifecycle"), ("types", "type")):
        if options[name]:
            expressions.append((f"--{key}", f"{key}={'|'.join(_split(options[name]))}"))
    skip = _split(options["skip"])
    for variable in ("OMNIBASE_SKIP", "SKIP"):
        skip += _split([os.environ.get(variable, "")])
    return Filters(tuple(expressions), tuple(_split(options["names"])), tuple(skip), options["suite"])


def _split(texts: Any) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _inputs(paths: tuple[str, ...], options: dict[str, Any]) -> InputsRequest:
    """The one way of naming files that was used. Raises ConfigurationError where there are several."""
    kind = given(options["hook"]) if options["hook"] else InputKind.STAGED
    chosen = {
        "paths": bool(paths) and kind is InputKind.STAGED,  # other hooks are given what is no path
        "--files-from": options["files_from"] is not None,
        "--all-files": options["all_files"],
        "--from-ref": options["from_ref"] is not None or options["to_ref"] is not None,
        "--changed-since": options["changed_since"] is not None,
    }
    used = [name for name, given in chosen.items() if given]
    if len(used) > 1:
        raise ConfigurationError(f"{' and '.join(used)} exclude each other", remedy="use one of them")
    if chosen["paths"]:
        return InputsRequest(InputKind.PATHS, paths)
    if chosen["--files-from"]:
        return InputsRequest(InputKind.PATHS, _listed(options["files_from"]))
    if chosen["--all-files"]:
        return InputsRequest(InputKind.ALL)
    if chosen["--from-ref"]:
        if options["from_ref"] is None:
            raise ConfigurationError("--to-ref wants --from-ref beside it", remedy="add --from-ref REF")
        return InputsRequest(InputKind.RANGE, from_ref=options["from_ref"], to_ref=options["to_ref"] or "HEAD")
    if chosen["--changed-since"]:
        return InputsRequest(InputKind.RANGE, from_ref=options["changed_since"])
    return _of_hook(kind, options["hook"], paths) if options["hook"] else InputsRequest()


def _of_hook(kind: InputKind, hook: str, arguments: tuple[str, ...]) -> InputsRequest:
    """What git gives to a hook, by its arguments or on standard input (githooks(5))."""
    if kind is InputKind.MESSAGE and not arguments:
        raise ConfigurationError(
            f"{hook} is about the file with a commit's message, and none is named",
            remedy=f"name it: `omnibase orch --hook {hook} .git/COMMIT_EDITMSG`",
        )
    if kind is not InputKind.PUSHED:
        return InputsRequest(kind, arguments[:1] if kind is InputKind.MESSAGE else ())
    from omnibase.inputs.pushed import AS_NEW, read_pushed

    # by hand, at a terminal: what a push of what is checked out would bring
    refs = (AS_NEW,) if sys.stdin.isatty() else read_pushed(sys.stdin.buffer.read())
    return InputsRequest(kind, pushed=refs, remote=arguments[0] if arguments else None)


def _listed(source: str) -> tuple[str, ...]:
    from omnibase.inputs.files import read_list

    if source == "-":
        return read_list(sys.stdin.buffer.read())
    try:
        with open(source, "rb") as file:
            return read_list(file.read())
    except OSError as error:
        raise ConfigurationError(f"--files-from {source}: {error.strerror}", remedy="name a file that exists") from None
