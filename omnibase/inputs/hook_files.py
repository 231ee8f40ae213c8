"""Git's hooks as files: where they are, writing one of ours, and keeping the one that was there before."""

import os
import shlex
import stat
from enum import StrEnum

from omnibase.inputs.calling import failure
from omnibase.inputs.git import Repository, call_in
from omnibase.inputs.hook_shim import KEPT, START
from omnibase.model.errors import ConfigurationError, ExecutionError, Location, OmnibaseError
from omnibase.model.record import Record

_MODE = 0o755


class Folder(Record):
    """Where git looks for hooks, absolute. `setting` is the file that sets core.hooksPath, if one does.

    `in_work_tree` says that the folder may be tracked, `of_all` that it is that of several worktrees.
    """

    path: str
    setting: str | None = None
    in_work_tree: bool = False
    of_all: bool = False


class Change(StrEnum):
    """What was done to a hook."""

    INSTALLED = "installed"
    RENEWED = "installed anew"
    UNCHANGED = "installed already"
    REMOVED = "removed"
    RESTORED = "removed, and what was there before is back in its place"
    ABSENT = "not installed"
    FOREIGN = "not omnibase's, and left alone"


class Hook(Record):
    """A hook after a change. `kept` is the file of the hook that was there before; `runs` says whether it can run."""

    name: str
    path: str
    change: Change
    kept: str | None = None
    runs: bool = False


def hooks_folder(repository: Repository) -> Folder:
    """Where git looks for the hooks of this repository, as git itself says: core.hooksPath may move it.

    Raises ConfigurationError where that is outside of the repository, and so perhaps of others, too.
    """
    setting, value = _setting(repository)
    done = call_in(repository, "rev-parse", "--git-path", "hooks")
    if done.returncode != 0:
        raise failure(done)
    path = os.path.normpath(os.path.join(repository.root, os.fsdecode(done.stdout).removesuffix("\n")))
    if (setting and not value) or (os.path.lexists(path) and not os.path.isdir(path)):
        raise ConfigurationError(
            f"git runs no hooks here: {f'core.hooksPath is {value!r}' if setting else 'this is no folder'}",
            place=Location(setting or path),
            remedy=_without(setting, repository) if setting else "remove it, and make a folder in its place",
        )
    real = os.path.realpath(path)
    common = os.path.realpath(repository.common_dir)
    inside = _is_below(real, common) or _is_below(real, os.path.realpath(repository.git_dir))
    if not inside and not _is_below(real, os.path.realpath(repository.root)):
        raise ConfigurationError(
            f"git looks for hooks in {real}, outside of this repository: other repositories may use them, too",
            place=Location(setting or path),
            remedy=_without(setting, repository) if setting else "remove the link, and make a folder in its place",
        )
    several = repository.git_dir != repository.common_dir or os.path.isdir(os.path.join(common, "worktrees"))
    return Folder(path, setting, in_work_tree=not inside, of_all=several and _is_below(real, common))


def installed(folder: Folder) -> tuple[str, ...]:
    """The names of the hooks that are ours, and of those that ours has kept and are not back."""
    try:
        names = sorted(os.listdir(folder.path))
    except OSError:
        return ()
    ours = {name for name in names if _begins_as_ours(os.path.join(folder.path, name))}
    kept = {name.removesuffix(KEPT) for name in names if name.endswith(KEPT)}
    return tuple(sorted(ours | {name for name in kept if name not in names}))


def install(folder: Folder, hook: str, text: bytes) -> Hook:
    """Write a hook of ours, and keep what was there. Where the disk has hard links, there is one at every moment.

    Raises ExecutionError where what was there cannot be kept, or the disk refuses.
    """
    path = os.path.join(folder.path, hook)
    try:
        ours = _begins_as_ours(path)
        if ours and _content(path) == text and os.access(path, os.X_OK):
            return _as_it_is(hook, path, Change.UNCHANGED)
        os.makedirs(folder.path, exist_ok=True)
        _write(path, text, keeping=not ours and os.path.lexists(path))
    except OSError as error:
        raise _refused(path, error) from None
    return _as_it_is(hook, path, Change.RENEWED if ours else Change.INSTALLED)


def uninstall(folder: Folder, hook: str) -> Hook:
    """Remove a hook of ours, and put back what was there before it; one that is not ours is left alone.

    Raises ExecutionError where the disk refuses.
    """
    path = os.path.join(folder.path, hook)
    there = os.path.lexists(path)
    if there and not _begins_as_ours(path):
        return _as_it_is(hook, path, Change.FOREIGN)
    try:
        if os.path.lexists(path + KEPT):
            os.rename(path + KEPT, path)
            return Hook(hook, path, Change.RESTORED)
        if there:
            os.unlink(path)
    except OSError as error:
        raise _refused(path, error) from None
    return Hook(hook, path, Change.REMOVED if there else Change.ABSENT)


def _setting(repository: Repository) -> tuple[str | None, str]:
    """The file that sets core.hooksPath, and the value."""
    done = call_in(repository, "config", "-z", "--show-origin", "--get", "core.hooksPath")
    parts = os.fsdecode(done.stdout).split("\0")
    if done.returncode != 0 or len(parts) < 2:
        return None, ""
    origin = parts[0].removeprefix("file:")
    return (os.path.join(repository.root, origin) if origin != parts[0] else origin), parts[1]


def _without(setting: str, repository: Repository) -> str:
    """How to have hooks in the repository's own folder."""
    own = os.path.join(repository.common_dir, "hooks")
    here = f"`git config core.hooksPath {shlex.quote(own)}` for this repository alone"
    if not os.path.isabs(setting):  # of the command line, or of the environment
        return here
    undo = f"`git config --file {shlex.quote(setting)} --unset-all core.hooksPath`"
    return undo if _is_below(setting, repository.common_dir) else f"{here}, or {undo} for all"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _begins_as_ours(path: str) -> bool:
    """A link is never ours, whatever it leads to."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return file.read(len(START)) == START
    except OSError:
        return False


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _keep(path: str) -> None:
    """Give the file a second name: the first is then taken by ours in one step."""
    kept = path + KEPT
    if os.path.isdir(path):
        raise ExecutionError("there is a folder where the hook has to be", place=Location(path), remedy="remove it")
    try:
        os.link(path, kept, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(os.lstat(path), os.lstat(kept)):
            raise ExecutionError(
                "this hook is not omnibase's, and the one that was there before it is kept already",
                place=Location(path),
                remedy=f"make one of it and {kept}, or remove one of them",
            ) from None
    except (OSError, NotImplementedError):  # a disk without hard links
        if os.path.lexists(kept):
            raise
        os.rename(path, kept)


def _write(path: str, text: bytes, *, keeping: bool) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _MODE), "wb") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
        if keeping:
            _keep(path)
        os.replace(temporary, path)
    except (OSError, OmnibaseError):
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise


def _as_it_is(hook: str, path: str, change: Change) -> Hook:
    kept = path + KEPT
    if not os.path.lexists(kept):
        return Hook(hook, path, change)
    return Hook(hook, path, change, kept, os.access(kept, os.X_OK))


def _refused(path: str, error: OSError) -> OmnibaseError:
    remedy = "see that you may write to the folder, and that the disk has room"
    return ExecutionError(f"the hook cannot be changed: {error.strerror}", place=Location(path), remedy=remedy)
