"""From what a person names to files: paths and folders, lists, and all files where there is no git."""

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from omnibase.core.nearest import nearest
from omnibase.inputs.writing.names import PREFIX
from omnibase.model.errors import ConfigurationError, Location
from omnibase.model.record import Record

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_OURS = (".git", ".omnibase")  # git's state and omnibase's own: never an input


class Found(Record):
    """Paths relative to the root, in the order of their bytes; `unreadable` are folders that could not be listed."""

    files: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


def expand(paths: Iterable[str], start: str, root: str, tracked: Collection[str] | None) -> Found:
    """The files that explicit paths stand for: a file for itself, a folder for the tracked files below it.

    `paths` are relative to the folder `start` or absolute, `tracked` relative to `root`; None means that there is
    no git, and a folder stands for all files below it. A file may be untracked or ignored if it is named itself.
    Raises ConfigurationError for what does not exist, is neither file nor folder, or lies outside the root.
    """
    root = os.path.realpath(root)
    known = frozenset(tracked or ())
    files: set[str] = set()
    folders: set[str] = set()
    real: dict[str, str] = {}
    for path in paths:
        relative = _relative(path, start, root, real)
        if relative in known:
            files.add(relative)
            continue
        try:
            mode = os.lstat(os.path.join(root, relative)).st_mode
        except OSError as error:
            raise _missing(path, relative, start, root, known, error) from None
        if stat.S_ISDIR(mode):
            folders.add(relative)
        elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            files.add(relative)
        else:
            raise ConfigurationError("this is neither a file nor a folder", place=Location(path))
    unreadable: list[str] = []
    if tracked is None:
        for folder in folders:
            below = walk(root, folder)
            files.update(below.files)
            unreadable.extend(below.unreadable)
    elif folders:
        files.update(path for path in known if not folders.isdisjoint(_above(path)))
    return Found(_in_order(files), _in_order(unreadable))


def walk(root: str, below: str = "") -> Found:
    """All regular files below a folder of the root, without what .gitignore files there and above leave out.

    Symbolic links are not followed and not given, `.git` and `.omnibase` are left out at every level.
    """
    files: list[str] = []
    unreadable: list[str] = []
    inherited: tuple[_Rules, ...] = ()
    for folder in reversed(tuple(_above(below))) if below else ():
        inherited = _with_rules(root, folder, inherited, unreadable)
    waiting = [(below, inherited)]
    while waiting:
        folder, rules = waiting.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as listing:
                entries = list(listing)
        except OSError:
            unreadable.append(folder or ".")
            continue
        rules = _with_rules(root, folder, rules, unreadable)
        for entry in entries:
            if entry.name in _OURS or entry.name.startswith(PREFIX):
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not _ignored(f"{path}/", rules):
                    waiting.append((path, rules))
            elif entry.is_file(follow_symlinks=False) and not _ignored(path, rules):
                files.append(path)
    return Found(_in_order(files), _in_order(unreadable))


def read_list(data: bytes) -> tuple[str, ...]:
    """The paths of a NUL separated list. Raises ConfigurationError where it is one of lines."""
    if data.endswith(b"\n") and b"\0" not in data:
        raise ConfigurationError(
            "the list of files has a path on each line, and paths may have newlines in them",
            place=Location("--files-from"),
            remedy="separate them by NUL: `git diff --name-only -z`, `find -print0`, or `tr '\\n' '\\0'`",
        )
    return tuple(os.fsdecode(path) for path in data.split(b"\0") if path)


def as_it_is(path: str, flags: int) -> int:
    """An opener for `open` that follows no link in the path's place, and does not wait at a FIFO there."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


class _Rules(Record):
    """One .gitignore file, and the folder whose files it is about."""

    folder: str
    spec: "GitIgnoreSpec"


def _with_rules(root: str, folder: str, inherited: tuple[_Rules, ...], unreadable: list[str]) -> tuple[_Rules, ...]:
    path = os.path.join(folder, ".gitignore")
    try:
        with open(os.path.join(root, path), "rb", opener=as_it_is) as stream:  # git follows no link here either
            lines = os.fsdecode(stream.read()).split("\n")
    except FileNotFoundError:
        return inherited
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR, errno.EISDIR):
            unreadable.append(path)
        return inherited
    return (_Rules(folder, _spec(lines)), *inherited)


def _spec(lines: list[str]) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:  # a pattern that git passes over in silence, such as a lone "!"
        return GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, rules: tuple[_Rules, ...]) -> bool:
    for folder, spec in rules:
        verdict = spec.check_file(path[len(folder) + 1 :] if folder else path).include
        if verdict is not None:
            return verdict
    return False


def _above(path: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first, the root ("") last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _in_order(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=os.fsencode))


def _relative(path: str, start: str, root: str, real: dict[str, str]) -> str:
    """The path as seen from the root, all links on its way resolved but not the last: a link is a file of its own."""
    if not path:
        raise ConfigurationError("one of the paths is empty", remedy="name a file or a folder; `.` is the folder here")
    folder, name = os.path.split(os.path.join(start, path))
    if name in ("", ".", ".."):
        whole = os.path.realpath(os.path.join(folder, name))
    else:
        if folder not in real:
            real[folder] = os.path.realpath(folder)
        whole = os.path.join(real[folder], name)
    inside = root.rstrip("/") + "/"
    if whole != root and not whole.startswith(inside):
        raise ConfigurationError(
            f"{path!r} lies outside {root}", place=Location(path), remedy="name files and folders below that folder"
        )
    relative = whole[len(inside) :]
    if ".git" in relative.split("/"):
        raise ConfigurationError(f"{path!r} belongs to git itself", place=Location(path), remedy="leave it out")
    return relative


def _missing(
    path: str, relative: str, start: str, root: str, known: Collection[str], error: OSError
) -> ConfigurationError:
    parent, _, name = relative.rpartition("/")
    try:
        beside = [os.path.join(parent, other) for other in os.listdir(os.path.join(root, parent))]
    except OSError:
        beside = []
    elsewhere = [other for other in known if other.rpartition("/")[2] == name]
    close = nearest(relative, beside[:5000]) or nearest(relative, elsewhere[:5000])
    remedy = None
    if close:
        remedy = f"did you mean {os.path.relpath(os.path.join(root, close), os.path.realpath(start))!r}?"
    gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
    message = f"{path!r} does not exist" if gone else f"{path!r} cannot be looked at: {error.strerror}"
    return ConfigurationError(message, place=Location(path), remedy=remedy)
