"""A view of what is staged: a work tree of its own, brought up to date by the difference to what it held before."""

import os
import stat

from omnibase.inputs.git import Repository
from omnibase.inputs.scratch import remove
from omnibase.inputs.view import copying, linking, repository_of
from omnibase.inputs.view.updating import NO_ROOM, Git, update
from omnibase.model.errors import ExecutionError, OmnibaseError

TREE = "tree"
INDEX = "index"
TERMS = "terms"
LOCK = "lock"
WORKTREE = "worktree-"  # what the names of the views of linked work trees begin with
MOST = 100  # views of one work tree; who comes when all are held gets one of its own


class View:
    """A view that this run holds. `root` is the tree, absolute, with a `.git` that is only good for reading."""

    def __init__(self, folder: str, lock: int, *, keep: bool) -> None:
        self.folder = folder
        self._root = os.path.join(folder, TREE)
        self._made: tuple[int, int] | None = None  # which folder it is, from when it is brought up to date
        self._lock = lock
        self._keep = keep

    @property
    def root(self) -> str:
        """Raises ExecutionError where a tool has put another folder, or a link, in its place."""
        if self._made is not None:
            try:
                status = os.lstat(self._root)
            except OSError:
                return self._root  # it is gone: who wants something there says so
            if not stat.S_ISDIR(status.st_mode) or (status.st_dev, status.st_ino) != self._made:
                raise ExecutionError(
                    f"a component has put something else in the place of the view {self._root}",
                    remedy="it must not replace the folder that it runs in",
                )
        return self._root

    @property
    def is_new(self) -> bool:
        """Whether there is nothing in it yet, so that it takes as long as a checkout to fill it."""
        return not os.path.exists(self._index)

    def update(self, kept: Repository, real: Repository, head: str | None) -> None:
        """Make the tree what the index of `kept` has, links and `.git` included. Raises ExecutionError."""
        try:
            for folder in (self.root, repository_of.place(self.folder)):
                if os.path.islink(folder) or not os.path.isdir(folder):
                    remove(folder)  # whatever a tool has put in its place leads who knows where
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
            if os.path.islink(os.path.join(self.root, ".git")) or os.path.isdir(os.path.join(self.root, ".git")):
                copying.take_away(self.root, ".git")  # a tool has put its own there
            repository_of.write(self.folder, self.root, kept, head)
            self._lend_index()
            status = os.lstat(self.root)
            self._made = (status.st_dev, status.st_ino)
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
        update(Git(kept, self.root, self._index, (self._lock,)), kept, os.path.join(self.folder, TERMS))

    def _lend_index(self) -> None:
        """Give tools an index that they may replace: a tree is only as good as the index that knows of it."""
        place = repository_of.place(self.folder)
        copying.take_away(place, "index")
        if os.path.exists(self._index):  # there is none where nothing was ever staged
            copying.put(self._index, place, "index")


def take(state: str, real: Repository) -> View:
    """A view for this run: the work tree's own, or a further one while another run holds that.

    Raises ExecutionError where none can be made.
    """
    work_tree = "main" if real.git_dir == real.common_dir else WORKTREE + os.path.basename(real.git_dir)
    for number in range(MOST):
        folder = os.path.join(state, "views", f"{work_tree}-{number}")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            continue  # another run has just removed it
        except OSError as error:
            return _temporary(folder, error)
        try:
            if _held(lock, folder):
                return View(folder, lock, keep=number == 0)
        except OSError as error:  # a file system without locks
            os.close(lock)
            return _temporary(folder, error)
        os.close(lock)
    return _temporary(folder, BlockingIOError())


def sweep(state: str, real: Repository) -> None:
    """Remove the views of work trees that are gone, and further ones that killed runs have left."""
    base = os.path.join(state, "views")
    try:
        names = os.listdir(base)
    except OSError:
        return
    for name in names:
        work_tree, _, number = name.rpartition("-")
        linked = work_tree.removeprefix(WORKTREE)
        gone = work_tree != "main" and not os.path.isdir(os.path.join(real.common_dir, "worktrees", linked))
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
        except OSError:
            continue  # a file system without locks: what is there stays
        finally:
            os.close(lock)


def _held(lock: int, folder: str) -> bool:
    """Whether the lock is ours now, and still that of the folder. Raises OSError where there are no locks."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), os.stat(os.path.join(folder, LOCK)))
    except (BlockingIOError, FileNotFoundError):
        return False


def _temporary(folder: str, error: OSError) -> View:
    """Where no view can be kept and held, one is made anew for each run."""
    import tempfile

    try:
        made = tempfile.mkdtemp(prefix="omnibase-view-")
        return View(made, os.open(os.path.join(made, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), keep=False)
    except OSError:
        why = error.strerror or "too many runs are under way"
        raise ExecutionError(f"the view {folder} cannot be made: {why}", remedy=NO_ROOM) from None


def _remove_locks(folder: str) -> None:
    """Whoever made them is gone: the view is ours alone."""
    for name in (INDEX, os.path.join(repository_of.place(folder), INDEX)):
        _remove(os.path.join(folder, f"{name}.lock"))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
