"""`omnibase install` and `omnibase uninstall`: the hooks by which git runs the stage pre-commit."""

import os
import sys
from collections.abc import Iterator, Sequence

import click

from omnibase.cli.options import complete_hooks
from omnibase.core.git_hooks import PRE_COMMIT, given
from omnibase.core.redaction import visible
from omnibase.inputs import hook_files
from omnibase.inputs.git import Repository, discover
from omnibase.inputs.hook_files import Change, Folder, Hook
from omnibase.model.errors import ConfigurationError, ExecutionError, Location

INSTALL_EXAMPLES = """\b
Examples:
  omnibase install
  omnibase install --hook pre-commit --hook pre-push --hook commit-msg
  omnibase install --registry tools/registry.yaml
"""
UNINSTALL_EXAMPLES = """\b
Examples:
  omnibase uninstall
  omnibase uninstall --hook pre-push
"""


@click.command(epilog=INSTALL_EXAMPLES)
@click.option(
    "--hook",
    "hooks",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_hooks,
    help="For this git hook, such as pre-push; repeatable. [default: pre-commit]",
)
@click.option("--registry", metavar="PATH", help="The registry of the hooks. [default: registry.yaml, in the root]")
def install(hooks: tuple[str, ...], registry: str | None) -> None:
    """Have git run omnibase: at every commit, or at other hooks.

    A hook that is there already is kept, and runs first. Run again, it makes the hooks anew where something changed,
    such as the Python that omnibase is installed in.
    """
    names = _checked(hooks) or (PRE_COMMIT,)
    repository = _repository()
    for line in put_in_place(repository, names, None if registry is None else _from_root(registry, repository)):
        click.echo(visible(line))


@click.command(epilog=UNINSTALL_EXAMPLES)
@click.option(
    "--hook",
    "hooks",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_hooks,
    help="Only this git hook; repeatable. [default: all that omnibase installed]",
)
def uninstall(hooks: tuple[str, ...]) -> None:
    """Remove omnibase's git hooks, and put back those that were there before.

    Hooks that are not omnibase's are left alone.
    """
    names = _checked(hooks)
    folder = hook_files.hooks_folder(_repository())
    names = names or hook_files.installed(folder)
    if not names:
        click.echo(visible(f"no hooks of omnibase in {folder.path}"))
    for name in names:
        hook = hook_files.uninstall(folder, name)
        click.echo(visible(_said(hook)))
        if hook.kept and hook.change is Change.FOREIGN:
            click.echo(visible(f"  an older one that omnibase kept is still there: {hook.kept}"))


def put_in_place(repository: Repository, names: Sequence[str], registry: str | None = None) -> Iterator[str]:
    """Install hooks one after another; the lines that say what was done. Raises OmnibaseError.

    `registry` is a path from the repository's root, or None for the registry.yaml there.
    """
    from omnibase.inputs.hook_shim import shim

    folder = hook_files.hooks_folder(repository)
    if not sys.executable:
        raise ExecutionError("Python does not know where it is", remedy="start omnibase by the path of its script")
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name in names:
        hook = hook_files.install(folder, name, shim(name, sys.executable, package, registry))
        yield _said(hook)
        if hook.kept:
            runs = "runs first" if hook.runs else "does not run, as it is not executable"
            yield f"  the hook that was there before {runs}: {hook.kept}"
    yield f"They run {sys.executable}" if names[1:] else f"It runs {sys.executable}"
    yield from _remarks(folder, repository, registry)


def _checked(hooks: tuple[str, ...]) -> tuple[str, ...]:
    """Each name once. Raises ConfigurationError for what is no hook that omnibase serves."""
    names = tuple(dict.fromkeys(hooks))
    for name in names:
        given(name)
    return names


def _repository() -> Repository:
    here = os.getcwd()
    repository = discover(here)
    if repository is None:
        raise ConfigurationError(
            "this is in no git repository, so there are no hooks", place=Location(here), remedy="run `git init` first"
        )
    return repository


def _from_root(registry: str, repository: Repository) -> str:
    """The registry's path as a hook has to name it: git runs hooks in the root."""
    path = os.path.abspath(registry)
    if not os.path.isfile(path):
        raise ConfigurationError("the registry does not exist", place=Location(registry), remedy="mend --registry")
    real = os.path.realpath(path)
    return real.removeprefix(os.path.realpath(repository.root).rstrip("/") + "/")


def _said(hook: Hook) -> str:
    return f"{hook.name}: {hook.change.value} ({hook.path})"


def _remarks(folder: Folder, repository: Repository, registry: str | None) -> Iterator[str]:
    if folder.in_work_tree:
        yield (
            f"{folder.path} is part of the work tree (core.hooksPath in {folder.setting}). The hook names this "
            "machine's Python: whoever else gets it by git has to run `omnibase install`, too."
        )
    if folder.of_all:
        yield "It is the same folder for all worktrees of this repository."
    if registry is None and not os.path.exists(os.path.join(repository.root, "registry.yaml")):
        yield f"There is no registry.yaml in {repository.root} yet: until then, nothing is checked."
