"""Stages what a fixer changed, and only that: the index is replaced in one step, if it still is what was looked at."""

import os
import time
from collections.abc import Sequence

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import Repository
from omnibase.inputs.shadow import QUIET, is_same
from omnibase.model.record import Record

NEXT = "next-index"  # the index that is being made, in the run's own folder
# Another git process holds the index for this long at the most, as a rule (seconds).
PATIENCE = 1.0
STEP = 0.02


class Staged(Record):
    """`kept` is the index as it is now; `problem` says why nothing was staged, and `remedy` what to do."""

    kept: Repository
    problem: str | None = None
    remedy: str | None = None


def stage(repository: Repository, kept: Repository, shadow: str, paths: Sequence[str]) -> Staged:
    """Put the contents that the paths have in the folder `shadow` into the index. Raises ExecutionError."""
    if os.path.basename(repository.index_file).startswith("next-index-"):
        remedy = "`git add` the files and commit without naming paths, or leave out --restage"
        return Staged(kept, "during `git commit -- PATH` the index to come holds other contents", remedy)
    made = os.path.join(os.path.dirname(kept.index_file), NEXT)
    _prepare(repository, kept, shadow, paths, made)
    lock = f"{repository.index_file}.lock"
    try:
        if not _locked(made, lock):
            return Staged(kept, "another git process holds the index", f"if none is running, remove {lock}")
    except OSError as error:
        return Staged(kept, f"the index cannot be replaced: {error.strerror}", "see that its folder can be written")
    try:
        if not is_same(repository, kept):
            return Staged(kept, "the index was changed meanwhile", "`git add` the files, and commit again")
        os.rename(lock, repository.index_file)
    finally:
        _release(made, lock)
    os.replace(made, kept.index_file)
    return Staged(kept)


def clean_up(repository: Repository, folder: str) -> str | None:
    """Release the index if the run of this folder was killed while it held it; a notice of what was done."""
    lock = f"{repository.index_file}.lock"
    if not _release(os.path.join(folder, NEXT), lock):
        return None
    return f"an earlier run was killed while it staged fixes: {lock} was removed, and the index is as it was"


def _prepare(repository: Repository, kept: Repository, shadow: str, paths: Sequence[str], made: str) -> None:
    """The next index in the file `made`: the one that was kept, with the contents of the shadow."""
    import shutil

    shutil.copy2(kept.index_file, made)
    feed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    env = {"GIT_DIR": repository.git_dir, "GIT_INDEX_FILE": made}
    # The entry gets the file's content through git's filters; how the file in the work tree looks is noted after that.
    one = (shadow, ("update-index", "-z", "--stdin"))
    other = (repository.root, ("update-index", "-q", "--refresh"))
    for work_tree, arguments in (one, other):
        done = call(work_tree, (*QUIET, *arguments), env={**env, "GIT_WORK_TREE": work_tree}, feed=feed)
        if done.returncode != 0 and arguments == one[1]:
            raise failure(done, remedy="see that the disk has room")


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
