"""A shadow: single files as they are staged, in a folder of the run's own, as git would check them out."""

import os
import subprocess
from collections.abc import Iterable, Sequence

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import Repository
from omnibase.model.errors import ExecutionError

# What git runs on its own occasions is none of ours: hooks, and a split index beside the user's.
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.splitIndex=false", "-c", "core.safecrlf=false")
USAGE = 129  # git's exit code for an option that it does not know


def snapshot(repository: Repository, folder: str) -> Repository:
    """The repository with its index as it is now, kept in `folder`: git replaces an index and never rewrites one.

    Raises ExecutionError.
    """
    kept = os.path.join(folder, "index")
    try:
        os.link(os.path.realpath(repository.index_file), kept)
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
    if os.path.samestat(now, then):
        return True
    return now.st_size == then.st_size and _content(repository.index_file) == _content(kept.index_file)


def check_out(kept: Repository, folder: str, paths: Iterable[str], *, alone: bool = True) -> None:
    """Put the staged content of the paths below `folder`, with the filters, line ends and modes of a checkout.

    What is there already stays as it is. With `alone`, attributes are those of the index; without, they are looked up
    in the work tree first, where filters that are programs of the repository are found, too. Raises ExecutionError.
    """
    missing = [path for path in paths if not os.path.lexists(os.path.join(folder, path))]
    if not missing:
        return
    top = folder if alone else kept.root
    done = _check_out(kept, top, folder, missing)
    # What a sparse checkout leaves out may be staged all the same. git 2.36 and later skip it, and fail for it; an
    # older one does not, and knows no such option.
    left = [path for path in missing if not os.path.lexists(os.path.join(folder, path))]
    if left:
        again = _check_out(kept, top, folder, left, "--ignore-skip-worktree-bits")
        done = again if again.returncode != USAGE else done
    if done.returncode != 0:
        raise failure(done, remedy="see that the disk has room and the filters of git work")


def _check_out(
    kept: Repository, top: str, folder: str, paths: Sequence[str], *options: str
) -> subprocess.CompletedProcess[bytes]:
    env = {"GIT_DIR": kept.git_dir, "GIT_WORK_TREE": top, "GIT_INDEX_FILE": kept.index_file}
    feed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    where = f"--prefix={folder}/"
    return call(top, (*QUIET, "checkout-index", "-f", "-q", *options, where, "-z", "--stdin"), env=env, feed=feed)


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None


def _copy(file: str, to: str) -> None:
    """With its time, by which git knows which entries were staged too late to be told from a later change."""
    import shutil

    try:
        shutil.copy2(file, to)
    except OSError as error:
        raise ExecutionError(
            f"the index {file} cannot be copied to {to}: {error.strerror}", remedy="see that the disk has room"
        ) from None
