"""What a share's command comes to: the arguments, the folder, the environment and the program."""

import os
from collections.abc import Mapping

from omnibase.executors.programs import Program, find, search_path
from omnibase.model.component import FILES, Command, Component
from omnibase.model.ports import Place, Share
from omnibase.model.record import Record

REPORT = "{report}"
SHOWN_FILES = 20


class Invocation(Record):
    """What is started for a share: arguments as they are shown, the folder, the environment, the report's path."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    report: str | None


def invocation(share: Share, place: Place, stem: str | None, given: Mapping[str, str] | None = None) -> Invocation:
    """What a share's command comes to. `stem` is the path below which its report goes; None: beside nothing.

    `given` are the variables that its batch is given.
    """
    component: Component = share.component
    assert isinstance(component.work, Command)  # noqa: S101 - planning gives only commands to this executor
    cwd = os.path.normpath(os.path.join(place.root, component.cwd))
    report = f"{stem}.report" if stem else os.devnull
    argv: list[str] = ["/bin/sh", "-c"] if component.work.shell else []
    for number, argument in enumerate(component.work.argv):
        if argument == FILES:
            argv += [_argument(path, place.root, cwd) for path in share.paths or ()]
        else:
            argv.append(argument.replace(REPORT, report))
        if component.work.shell and number == 0:
            argv.append(component.name)  # $0 of the shell
    env = {**place.env, "PATH": os.pathsep.join(folders_of(place)), "PWD": cwd, **(given or {}), **component.env}
    uses_report = any(REPORT in argument for argument in component.work.argv)
    return Invocation(tuple(argv), cwd, env, report if uses_report else None)


def program_of(call: Invocation, place: Place) -> Program:
    """The program to be started. What a view lacks, such as one that is not tracked, is taken from the repository."""
    program = find(call.argv[0], folders_of(place), call.cwd)
    if program.path is None and place.home is not None:
        there = os.path.normpath(os.path.join(place.home, os.path.relpath(call.cwd, place.root)))
        found = find(call.argv[0], folders_of(place), there)
        return found if found.path is not None else program
    return program


def folders_of(place: Place) -> list[str]:
    """Where a batch's programs are looked for: a view has none of its own."""
    return search_path(place.home or place.root, place.env)


def shown(share: Share, call: Invocation) -> tuple[str, ...]:
    """The command as a report has it: as it was started, or as it is declared where its files would drown it."""
    assert isinstance(share.component.work, Command)  # noqa: S101 - as above
    many = len(share.paths or ()) > SHOWN_FILES and FILES in share.component.work.argv
    return share.component.work.argv if many else call.argv


def _argument(path: str, root: str, cwd: str) -> str:
    """A path as an argument: relative to the command's folder, and never one that reads as an option."""
    if cwd != root:
        path = os.path.relpath(os.path.join(root, path), cwd)
    return f"./{path}" if path.startswith("-") else path
