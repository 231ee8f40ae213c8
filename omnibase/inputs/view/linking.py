"""What a view borrows from the work tree: ignored folders such as .venv and node_modules, and submodules."""

import os
import stat

from omnibase.inputs.calling import call
from omnibase.inputs.git import SUBMODULE, Repository, ask, records
from omnibase.inputs.view import copying

NAME = "links"


def put_up(folder: str, root: str, kept: Repository, real: Repository) -> None:
    """Link into the view's tree what tools want and git does not track. Raises OSError, ExecutionError."""
    paths = [*_ignored(root, real), *_submodules(kept, real)]
    with open(os.path.join(folder, NAME), "wb") as file:  # before they are made: a later run knows what to take away
        file.write(b"".join(os.fsencode(path) + b"\0" for path in paths))
    for path in paths:
        link = os.path.join(root, path)
        copying.take_away(root, path)  # a submodule is a folder in the tree, and tools may have left things in it
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(os.path.join(real.root, path), link)


def take_away(folder: str, root: str) -> None:
    """Remove the links of the last run, so that nothing is ever written through them by an update."""
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            paths = records(file.read())
    except FileNotFoundError:
        return
    for path in paths:
        link = os.path.join(root, path)
        if os.path.islink(link):
            os.unlink(link)


def names(folder: str) -> list[str]:
    """The paths of the links in the view's tree."""
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            return records(file.read())
    except FileNotFoundError:
        return []


def _ignored(root: str, real: Repository) -> list[str]:
    """The ignored folders at the top of the work tree, but for the caches of tools: in a view they have their own."""
    with os.scandir(real.root) as entries:
        found = [
            entry.name
            for entry in entries
            if entry.name != ".git"
            and os.path.isdir(entry.path)
            and not os.path.lexists(os.path.join(root, entry.name))
        ]
    found = [name for name in found if not _is_cache(os.path.join(real.root, name))]
    if not found:
        return []
    feed = b"".join(
        b"./" + os.fsencode(name) + b"\0" for name in sorted(found)
    )  # no colon is one of git's at the start
    env = {"GIT_DIR": real.git_dir, "GIT_WORK_TREE": real.root, "GIT_INDEX_FILE": real.index_file}
    ignored = records(call(real.root, ("check-ignore", "-z", "--stdin"), env=env, feed=feed).stdout)
    return [path.removeprefix("./") for path in ignored]


def _is_cache(path: str) -> bool:
    """By the Cache Directory Tagging Specification; a virtual environment is none although uv tags it."""
    tagged = os.path.exists(os.path.join(path, "CACHEDIR.TAG")) or os.path.basename(path) == "__pycache__"
    return tagged and not os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _submodules(kept: Repository, real: Repository) -> list[str]:
    """The submodules that are checked out: repositories of their own, seen as they are."""
    if not os.path.exists(os.path.join(real.root, ".gitmodules")):
        return []
    found = []
    for record in records(ask(kept, "ls-files", "-z", "-s")):
        head, _, path = record.partition("\t")
        if int(head.split(" ")[0], 8) == SUBMODULE and _is_folder(os.path.join(real.root, path)):
            found.append(path)
    return found


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
