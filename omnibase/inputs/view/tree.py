"""A view of what is staged: a work tree of its own, brought up to date by the difference to what it held before."""

import os
from collections.abc import Iterable, Mapping

from omnibase.inputs.calling import call, failure
from omnibase.inputs.git import Repository, records
from omnibase.inputs.scratch import remove
from omnibase.inputs.shadow import QUIET
from omnibase.inputs.view import linking, repository_of
from omnibase.model.errors import ExecutionError, OmnibaseError

TREE = "tree"
INDEX = "index"
WANTED = "wanted"
LOCK = "lock"
NO_ROOM = "see that the disk has room; removing the folder is safe while no run is under way"


class View:
    """A view that this run holds. `root` is the tree, absolute, with a `.git` that is only good for reading."""

    def __init__(self, folder: str, lock: int, *, keep: bool) -> None:
        self.folder = folder
        self.root = os.path.join(folder, TREE)
        self._lock = lock
        self._keep = keep

    @property
    def is_new(self) -> bool:
        """Whether there is nothing in it yet, so that it takes as long as a checkout to fill it."""
        return not os.path.exists(self._index)

    def update(self, kept: Repository, real: Repository, head: str | None) -> None:
        """Make the tree what the index of `kept` has, links and `.git` included. Raises ExecutionError."""
        try:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            linking.take_away(self.folder, self.root)
            _remove_locks(self.folder)
            try:
                self._update(kept)
            except OmnibaseError:
                # Whatever a killed run or a tool has left of it: from nothing it can always be made.
                remove(self.root)
                _remove(os.path.join(self.folder, INDEX))
                os.makedirs(self.root, mode=0o700)
                self._update(kept)
            linking.put_up(self.folder, self.root, kept, real)
            repository_of.write(self.folder, self.root, kept, head)
        except OSError as error:
            raise ExecutionError(f"the view {self.folder} cannot be made: {error.strerror}", remedy=NO_ROOM) from None

    def index(self) -> Repository:
        """The view as git sees it: its tree and its index, with the objects of the repository."""
        return Repository(self.root, repository_of.place(self.folder), repository_of.place(self.folder), self._index)

    def close(self) -> None:
        """Let go of it. One that was made because another run held the first is removed."""
        if not self._keep:
            remove(self.folder)
        os.close(self._lock)

    @property
    def _index(self) -> str:
        return os.path.join(self.folder, INDEX)

    def _update(self, kept: Repository) -> None:
        wanted = os.path.join(self.folder, WANTED)
        _remove(wanted)
        if os.path.exists(kept.index_file):
            import shutil

            shutil.copy2(kept.index_file, wanted)
        objects = _objects(kept, self.folder)
        tree = self._git(kept, ("write-tree", "--missing-ok"), {**objects, "GIT_INDEX_FILE": wanted}).strip()
        self._git(kept, ("read-tree", "--reset", "-u", os.fsdecode(tree)), objects)
        others = self._git(kept, ("ls-files", "-z", "--others", "--directory", "--exclude-standard"), objects)
        for path in records(others):  # what a tool has made there is not staged; what is ignored are its caches
            whole = os.path.join(self.root, path.rstrip("/"))
            remove(whole) if path.endswith("/") else _remove(whole)

    def _git(self, kept: Repository, arguments: Iterable[str], env: Mapping[str, str]) -> bytes:
        whole = {"GIT_DIR": kept.git_dir, "GIT_WORK_TREE": self.root, "GIT_INDEX_FILE": self._index, **env}
        done = call(self.root, (*QUIET, *arguments), env=whole)
        if done.returncode != 0:
            raise failure(done, remedy=NO_ROOM)
        return done.stdout


def take(state: str, real: Repository) -> View:
    """A view for this run: the work tree's own, or a further one while another run holds that.

    Raises ExecutionError where none can be made.
    """
    work_tree = "main" if real.git_dir == real.common_dir else os.path.basename(real.git_dir)
    number = 0
    while True:
        folder = os.path.join(state, "views", f"{work_tree}-{number}")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            continue  # another run has just removed it
        except OSError as error:
            return _temporary(folder, error)
        if _held(lock, folder):
            return View(folder, lock, keep=number == 0)
        os.close(lock)
        number += 1


def sweep(state: str, real: Repository) -> None:
    """Remove the views of work trees that are gone, and further ones that killed runs have left."""
    base = os.path.join(state, "views")
    try:
        names = os.listdir(base)
    except OSError:
        return
    for name in names:
        work_tree, _, number = name.rpartition("-")
        gone = work_tree != "main" and not os.path.isdir(os.path.join(real.common_dir, "worktrees", work_tree))
        if not gone and number == "0":
            continue
        folder = os.path.join(base, name)
        try:
            lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if _held(lock, folder):
                remove(folder)
        finally:
            os.close(lock)


def _held(lock: int, folder: str) -> bool:
    """Whether the lock is ours now, and still that of the folder."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), os.stat(os.path.join(folder, LOCK)))
    except OSError:
        return False


def _temporary(folder: str, error: OSError) -> View:
    """Where the repository cannot be written, a view is made anew for each run."""
    import tempfile

    try:
        made = tempfile.mkdtemp(prefix="omnibase-view-")
        return View(made, os.open(os.path.join(made, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), keep=False)
    except OSError:
        raise ExecutionError(f"the view {folder} cannot be made: {error.strerror}", remedy=NO_ROOM) from None


def _objects(kept: Repository, folder: str) -> dict[str, str]:
    """Where git finds objects, and where it puts the trees that it makes on the way: not among the user's."""
    own = os.path.join(repository_of.place(folder), "objects")
    os.makedirs(os.path.join(own, "info"), exist_ok=True)
    real = os.environ.get("GIT_OBJECT_DIRECTORY") or os.path.join(kept.common_dir, "objects")
    known = [_quoted(os.path.abspath(real)), os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")]
    return {"GIT_OBJECT_DIRECTORY": own, "GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(filter(None, known))}


def _quoted(path: str) -> str:
    """A path as git(1) has it in GIT_ALTERNATE_OBJECT_DIRECTORIES: in C's manner where it has a colon or a quote."""
    if ":" not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _remove_locks(folder: str) -> None:
    """Whoever made them is gone: the view is ours alone."""
    for name in (INDEX, WANTED):
        _remove(os.path.join(folder, f"{name}.lock"))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
