"""Single files of a tree of ours, put there and taken away whatever stands in their way; never through a link."""

import os
import stat

from omnibase.inputs.scratch import remove
from omnibase.model.errors import ExecutionError


def put(source: str, root: str, path: str) -> None:
    """Make `path` below the folder `root` what `source` is, a file or a symbolic link, with its mode and in one step.

    What a tool has put in its way is removed. Nothing happens where `source` is neither, or is gone. Raises
    ExecutionError.
    """
    import shutil

    temporary = f"{root}.new"  # beside the tree, where no name is anybody's
    target = os.path.join(root, path)
    try:
        mode = os.lstat(source).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            return
        _unlink(temporary)
        shutil.copy2(source, temporary, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return  # it vanished meanwhile, and is no input any more
    except OSError as error:
        raise _failure(target, error) from None
    try:
        _make_way(root, path)
        os.replace(temporary, target)
    except OSError as error:
        raise _failure(target, error) from None


def take_away(root: str, path: str) -> None:
    """Remove what `path` is below `root`, a folder with all that is in it. Raises ExecutionError."""
    if is_behind_a_link(root, path):
        return
    try:
        _clear(os.path.join(root, path))
    except OSError as error:
        raise _failure(os.path.join(root, path), error) from None


def is_behind_a_link(root: str, path: str) -> bool:
    """Whether a folder on the way from `root` to `path` is a symbolic link."""
    folder = os.path.dirname(path)
    while folder:
        if os.path.islink(os.path.join(root, folder)):
            return True
        folder = os.path.dirname(folder)
    return False


def _make_way(root: str, path: str) -> None:
    """See that all folders on the way are real ones, and that no folder has the file's name."""
    at = root
    for name in path.split("/")[:-1]:
        at = os.path.join(at, name)
        try:
            if stat.S_ISDIR(os.lstat(at).st_mode):
                continue
            os.unlink(at)
        except FileNotFoundError:
            pass
        os.mkdir(at)
    target = os.path.join(root, path)
    if os.path.isdir(target) and not os.path.islink(target):
        remove(target)


def _clear(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove(path)
    else:
        _unlink(path)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        pass


def _failure(path: str, error: OSError) -> ExecutionError:
    return ExecutionError(f"{path} cannot be written: {error.strerror}", remedy="see that the disk has room")
