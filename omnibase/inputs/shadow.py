"""A shadow: single files as they are staged, in a folder of the run's own, as git would check them out."""

import os
from collections.abc import Iterable, Sequence

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import Repository
from omnibase.model.errors import ExecutionError

# What git runs on its own occasions is none of ours: hooks, and a split index beside the user's.
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.splitIndex=false", "-c", "core.safecrlf=false")


def snapshot(repository: Repository, folder: str) -> Repository:
    """The repository with its index as it is now, kept in `folder`: git replaces an index and never rewrites one.

    Raises ExecutionError.
    """
    kept = os.path.join(folder, "index")
    try:
        os.link(repository.index_file, kept)
    except FileNotFoundError:
        return repository._replace(index_file=kept)  # nothing was ever staged: git takes it as empty
    except OSError:
        _copy(repository.index_file, kept)
    return repository._replace(index_file=kept)


def is_same(repository: Repository, kept: Repository) -> bool:
    """Whether the repository's index still is the one that was kept."""
    try:
        now, then = os.stat(repository.index_file), os.stat(kept.index_file)
    except FileNotFoundError:
        return not os.path.exists(repository.index_file) and not os.path.exists(kept.index_file)
    return os.path.samestat(now, then) or (now.st_mtime_ns, now.st_size) == (then.st_mtime_ns, then.st_size)


def check_out(kept: Repository, folder: str, paths: Iterable[str]) -> None:
    """Put the staged content of the paths below `folder`, with the filters, line ends and modes of a checkout.

    What is there already stays as it is. Raises ExecutionError.
    """
    missing = [path for path in paths if not os.path.lexists(os.path.join(folder, path))]
    if not missing:
        return
    _check_out(kept, folder, missing)
    # What a sparse checkout leaves out is skipped, and may be staged all the same (git 2.36 and later).
    left = [path for path in missing if not os.path.lexists(os.path.join(folder, path))]
    if left:
        _check_out(kept, folder, left, "--ignore-skip-worktree-bits")


def _check_out(kept: Repository, folder: str, paths: Sequence[str], *options: str) -> None:
    env = {"GIT_DIR": kept.git_dir, "GIT_WORK_TREE": folder, "GIT_INDEX_FILE": kept.index_file}
    feed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    done = call(folder, (*QUIET, "checkout-index", "-f", "-q", *options, "-z", "--stdin"), env=env, feed=feed)
    if done.returncode != 0:
        raise failure(done, remedy="see that the disk has room and the filters of git work")


def _copy(file: str, to: str) -> None:
    """With its time, by which git knows which entries were staged too late to be told from a later change."""
    import shutil

    try:
        shutil.copy2(file, to)
    except OSError as error:
        raise ExecutionError(
            f"the index cannot be copied: {error.strerror}", remedy="see that the disk has room"
        ) from None
