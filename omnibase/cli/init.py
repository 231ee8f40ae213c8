"""`omnibase init`: a first registry, fitted to what the repository contains."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from omnibase.cli.interrupts import code_of
from omnibase.core.redaction import shown_path, visible
from omnibase.model.errors import ConfigurationError, ExecutionError, ExitCode, Location, OmnibaseError
from omnibase.model.record import Record

if TYPE_CHECKING:
    from omnibase.inputs.git import Repository
    from omnibase.registry.proposing.draft import Draft
    from omnibase.registry.proposing.proposal import Proposal

NAME = "registry.yaml"

EXAMPLES = """\b
Examples:
  omnibase init               write registry.yaml, and ask whether to install the git hook
  omnibase init --stdout      only show what would be written
  omnibase init --install     install the hook without a question
"""


class _Place(Record):
    """`folder` is what the registry is for, relative to `root`; `paths` are files relative to the root."""

    root: str
    folder: str
    paths: tuple[str, ...]
    repository: "Repository | None"

    @property
    def file(self) -> str:
        return os.path.join(self.root, self.folder, NAME)


@click.command(epilog=EXAMPLES)
@click.option("--here", is_flag=True, help="For the folder that you stand in, not for the whole repository.")
@click.option("--stdout", "only_show", is_flag=True, help="Print the registry; write nothing.")
@click.option(
    "--install/--no-install", default=None, help="Install the git hook, or not. [default: ask on a terminal, else not]"
)
def init(here: bool, only_show: bool, install: bool | None) -> int:
    """Write a registry.yaml that fits the repository, and offer to install the git hook.

    It looks at the languages of the files, and at the tools that pyproject.toml, package.json, the Makefile and files
    of their own configure. No tool is run, and a registry.yaml that is there is never overwritten.
    """
    from omnibase.registry.proposing import writing
    from omnibase.registry.proposing.draft import draft
    from omnibase.registry.proposing.looking import survey

    place = _place(os.getcwd(), here=here)
    if not only_show and os.path.lexists(place.file):
        raise _exists(place)
    if install and not only_show:
        _check_hooks(place)
    seen = survey(place.root, place.paths, place.folder)
    for notice in seen.notices:
        click.echo(f"omnibase: {shown_path(notice)}", err=True)
    proposed = draft(seen.found, seen.projects, place.folder)
    text = writing.text(proposed, _requires())
    if only_show:
        click.echo(text, nl=False)
        return int(ExitCode.SUCCESS)
    _save(place, text)
    for line in _told(place, proposed):
        click.echo(line)
    return _offer(place, install)


def _place(start: str, *, here: bool) -> _Place:
    """Where the registry goes, and the files that git tracks or would track; outside git, all that are not ignored."""
    from omnibase.inputs import files, git

    repository = git.discover(start)
    if repository is None:
        root = os.path.realpath(start)
        return _Place(root, "", files.walk(root).files, None)
    listed = git.ask(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    folder = os.path.relpath(os.path.realpath(start), os.path.realpath(repository.root)) if here else "."
    if not folder.isprintable():
        raise ConfigurationError(
            "the folder's name cannot be written in a registry",
            place=Location(shown_path(folder)),
            remedy="leave out --here",
        )
    return _Place(repository.root, "" if folder == "." else folder, git.in_order(git.records(listed)), repository)


def _requires() -> str:
    """The range of versions that begins with this one."""
    from omnibase import __version__

    return f">={'.'.join(__version__.split('.')[:2])}"


def _exists(place: _Place) -> ConfigurationError:
    return ConfigurationError(
        f"there is a {NAME} already, and it is not overwritten",
        place=Location(_shown(place)),
        remedy="`omnibase init --stdout` prints what would be written; take from it what you want, or move yours away",
    )


def _save(place: _Place, text: str) -> None:
    """Write the registry once it is known to be valid. Raises OmnibaseError."""
    from omnibase.registry.proposing.saving import save

    def check(path: str) -> None:
        from omnibase import __version__
        from omnibase.hooks.manager import find
        from omnibase.parsers import PARSERS
        from omnibase.registry.reading import read
        from omnibase.registry.resolving import LoadedPlugin, resolve

        document = read(path, NAME, __version__)
        plugins = [LoadedPlugin(one.info, one.components) for one in map(find, document.model.plugins)]
        resolve(document, plugins, place.root, __version__, frozenset(PARSERS))

    try:
        save(place.file, text.encode(), check)
    except FileExistsError:
        raise _exists(place) from None
    except OSError as error:
        raise ExecutionError(
            f"the registry cannot be written: {error.strerror}",
            place=Location(_shown(place)),
            remedy="`omnibase init --stdout` prints it",
        ) from None


def _told(place: _Place, proposed: "Draft") -> Iterator[str]:
    """What was found and written, and what there is to do."""
    from omnibase.registry.proposing.hooked import PRE_COMMIT

    if proposed.languages:
        yield f"Found {', '.join(f'{name} ({_files(count)})' for name, count in proposed.languages)}."
    many = len(proposed.proposals)
    tools = f"{many} component{'' if many == 1 else 's'} for what is configured here" if many else "no component yet"
    yield f"Wrote {_shown(place)} with {tools}, beside the checks of omnibase_files{':' if many else '.'}"
    width = max((len(one.name) for one in proposed.proposals), default=0)
    for one in proposed.proposals:
        yield f"  {one.name:{width}}  {shown_path(one.why)}"
    missing = sorted({program for one in proposed.proposals for program in _missing(place, one)})
    if missing:
        yield f"Not installed here: {', '.join(missing)}."
        yield "A run fails by a component whose program is missing, unless that says `required: false`."
    if proposed.hooks:
        lost = [hook for hook, twin in proposed.hooks if twin is None]
        yield f"{PRE_COMMIT} stays as it is; {NAME} begins with which of its hooks have a twin."
        if lost:
            yield f"Without a twin: {', '.join(lost)}."
    yield ""
    yield "Next:"
    yield "  omnibase orch --stage ci          check all files; with --fix, mend what can be mended"
    yield "  omnibase orch --stage pre-commit  check what is staged, as at `git commit`"


def _missing(place: _Place, proposal: "Proposal") -> Iterator[str]:
    """The program of a component, where it is not installed."""
    from omnibase.executors.programs import find, search_path

    if not proposal.shell:
        program = proposal.command[0]
        cwd = os.path.join(place.root, proposal.cwd or "")
        if find(program, search_path(place.root, os.environ), cwd).path is None:
            yield program


def _offer(place: _Place, install: bool | None) -> int:
    """Install the hook if that is wanted, and say how to do it later if not; the exit code. Raises OmnibaseError."""
    if place.repository is None or (install is None and _has_hook(place.repository)):
        return int(ExitCode.SUCCESS)
    registry = os.path.join(place.folder, NAME) if place.folder else None
    later = "omnibase install" + (f" --registry {NAME}" if registry else "")
    if install is None and sys.stdin.isatty() and sys.stdout.isatty():
        try:
            install = click.confirm("\nInstall the git hook now?", default=True)
        except click.Abort as error:  # to leave is to say no; the registry is there all the same
            click.echo(f"\n`{later}` does it later.")
            why = error.__context__
            return code_of(why) if isinstance(why, KeyboardInterrupt) else int(ExitCode.SUCCESS)
        if not install:
            click.echo(f"`{later}` does it later.")
    if install:
        from omnibase.cli.install import put_in_place
        from omnibase.core.git_hooks import PRE_COMMIT

        for line in put_in_place(place.repository, (PRE_COMMIT,), registry):
            click.echo(visible(line))
    elif install is None:
        click.echo(f"  {later:32}  have git run it at every commit")
    return int(ExitCode.SUCCESS)


def _has_hook(repository: "Repository") -> bool:
    from omnibase.core.git_hooks import PRE_COMMIT
    from omnibase.inputs.hook_files import hooks_folder, installed

    try:
        return PRE_COMMIT in installed(hooks_folder(repository))
    except OmnibaseError:
        return False  # why there can be none is told when one is asked for


def _check_hooks(place: _Place) -> None:
    """Raises OmnibaseError where no hook can be installed, before anything is written."""
    from omnibase.inputs.hook_files import hooks_folder

    if place.repository is None:
        raise ConfigurationError("this is in no git repository, so there are no hooks", remedy="run `git init` first")
    hooks_folder(place.repository)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _shown(place: _Place) -> str:
    """The registry as seen from where the user stands."""
    return shown_path(os.path.relpath(place.file))
