"""Stages what a fixer changed, and only that: the index is replaced in one step, if it still is what was looked at."""

import os
import time
from collections.abc import Sequence

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import Repository, ask, records
from omnibase.inputs.shadow import QUIET, is_same
from omnibase.model.record import Record

NEXT = "next-index"  # the index that is being made, in the run's own folder
LOCKED = "locked"  # the file there that names the lock that is to be taken
# Another git process holds the index for this long at the most, as a rule (seconds).
PATIENCE = 1.0
STEP = 0.02


class Staged(Record):
    """`kept` is the index as it is now; `problem` says why nothing was staged, and `remedy` what to do."""

    kept: Repository
    problem: str | None = None
    remedy: str | None = None


def stage(repository: Repository, kept: Repository, shadow: str, paths: Sequence[str]) -> Staged:
    """Put the contents that the paths have in the folder `shadow` into the index. Raises ExecutionError.

    What the folder does not have is new: that is left to the user, and is a problem.
    """
    if os.path.basename(repository.index_file).startswith("next-index-"):
        remedy = "`git add` the files and commit without naming paths, or leave out --restage"
        return Staged(kept, "during `git commit -- PATH` the index to come holds other contents", remedy)
    new = [path for path in paths if not os.path.lexists(os.path.join(shadow, path))]
    known = [path for path in paths if path not in new]
    made = os.path.join(os.path.dirname(kept.index_file), NEXT)
    try:
        unseen = _prepare(repository, kept, shadow, known, made)
        if unseen:
            return Staged(kept, f"git is told to overlook changes of {unseen[0]}", "`git update-index --help` says how")
        problem = _replace(repository, kept, made) if known else None
    except OSError as error:
        return Staged(kept, f"the index cannot be replaced: {error.strerror}", "see that the disk can be written")
    if problem is not None:
        return problem
    return Staged(kept, f"{new[0]} is new", "`git add` it, if it is to be committed") if new else Staged(kept)


def clean_up(repository: Repository, folder: str) -> str | None:
    """Release the index if the run of this folder was killed while it held it; a notice of what was done."""
    lock = _noted(folder) or _lock_of(repository)
    if not _release(os.path.join(folder, NEXT), lock):
        return None
    return f"an earlier run was killed while it staged fixes: {lock} was removed, and the index is as it was"


def _replace(repository: Repository, kept: Repository, made: str) -> Staged | None:
    """Put the index `made` in the place of the repository's; the problem, if that cannot be. Raises OSError."""
    lock = _lock_of(repository)
    with open(os.path.join(os.path.dirname(made), LOCKED), "wb") as file:
        file.write(os.fsencode(lock))
    if not _locked(made, lock):
        return Staged(kept, "another git process holds the index", f"if none is running, remove {lock}")
    try:
        if not is_same(repository, kept):
            return Staged(kept, "the index was changed meanwhile", "`git add` the files, and commit again")
        os.rename(lock, lock.removesuffix(".lock"))
    finally:
        _release(made, lock)
    os.replace(made, kept.index_file)
    return None


def _prepare(repository: Repository, kept: Repository, shadow: str, paths: Sequence[str], made: str) -> list[str]:
    """The next index in the file `made`: the one that was kept, with the contents of the shadow.

    Those of the paths that git overlooks (skip-worktree, assume-unchanged) are given back. Raises OSError,
    ExecutionError.
    """
    import shutil

    wanted = set(paths)
    flags = records(ask(kept, "ls-files", "-z", "-v"))
    unseen = [one[2:] for one in flags if one[0] != "H" and one[2:] in wanted]
    if unseen:
        return unseen
    shutil.copy2(kept.index_file, made)
    feed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    env = {"GIT_DIR": repository.git_dir, "GIT_INDEX_FILE": made}
    # The entry gets the file's content through git's filters; how the file in the work tree looks is noted after that.
    one = (shadow, ("update-index", "-z", "--stdin"))
    other = (repository.root, ("update-index", "-q", "--refresh"))
    for work_tree, arguments in (one, other):
        done = call(work_tree, (*QUIET, *arguments), env={**env, "GIT_WORK_TREE": work_tree}, feed=feed)
        # git takes the content as it is where a filter fails that is not `required`: that is not what is to be staged.
        if arguments == one[1] and (done.returncode != 0 or b"external filter" in done.stderr):
            raise failure(done, remedy="see that the disk has room and the filters of git work")
    return []


def _lock_of(repository: Repository) -> str:
    """Where git itself would make its lock: beside the index, and not beside a link to it."""
    return f"{os.path.realpath(repository.index_file)}.lock"


def _noted(folder: str) -> str | None:
    """The lock that the run of this folder was to take: it may be that of another work tree."""
    try:
        with open(os.path.join(folder, LOCKED), "rb") as file:
            return os.fsdecode(file.read()) or None
    except OSError:
        return None


def _locked(made: str, lock: str) -> bool:
    """Take git's lock by giving it the content that the index is to have: who finds it knows whose it is."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            os.link(made, lock)
            return True
        except FileExistsError:
            if time.monotonic() >= end:
                return False
            time.sleep(STEP)


def _release(made: str, lock: str) -> bool:
    """Remove the lock if it is ours."""
    try:
        ours = os.path.samestat(os.stat(made), os.lstat(lock))
    except OSError:
        return False
    if ours:
        os.unlink(lock)
    return ours
