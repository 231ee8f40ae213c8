"""What a run makes for itself alone: a folder that goes when the run ends, or with a later run if it was killed."""

import os
from collections.abc import Iterator

from omnibase.model.errors import ExecutionError

NAME = "scratch"
LOCK = "lock"
UNREADY = ".new"  # at the end of a folder's name until its lock is held


class Scratch:
    """A run's private folder, made when it is first asked for and held by a lock as long as the run lives.

    It lies below the folder `state`, on the disk of the repository, or among the system's temporary files where that
    cannot be written or `state` is None.
    """

    def __init__(self, state: str | None, run_id: str) -> None:
        self._state = state
        self._run_id = run_id
        self._folder: str | None = None
        self._lock = -1

    @property
    def folder(self) -> str:
        """The folder, absolute. Raises ExecutionError where none can be made."""
        if self._folder is None:
            self._folder = self._make()
        return self._folder

    @property
    def made(self) -> str | None:
        """The folder, if it was ever asked for."""
        return self._folder

    def below(self, *names: str) -> str:
        """A folder below it, made if it is not there. Raises ExecutionError."""
        path = os.path.join(self.folder, *names)
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
        except OSError as error:
            raise ExecutionError(
                f"{path} cannot be made: {error.strerror}", remedy="see that the disk has room"
            ) from None
        return path

    def close(self, *, keep: bool = False) -> None:
        """Remove it; with `keep`, leave it to a later run."""
        if self._folder is not None and not keep:
            remove(self._folder)
        self._folder = None
        self._release()

    def _release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _make(self) -> str:
        if self._state is not None:
            folder = os.path.join(self._state, NAME, self._run_id)
            unready = self._folder = folder + UNREADY  # whatever ends this, it is known to be ours
            try:
                os.makedirs(unready, mode=0o700)
                self._lock = _locked(unready)
                os.rename(unready, folder)
                return folder
            except OSError:  # a read-only or a full disk: another one may do
                remove(unready)
                self._folder = None
                self._release()
        import tempfile

        try:
            return tempfile.mkdtemp(prefix="omnibase-")
        except OSError as error:
            raise ExecutionError(
                f"there is no place for temporary files: {error.strerror}", remedy="see that the disk has room"
            ) from None


def abandoned(state: str) -> Iterator[str]:
    """The folders of runs that were killed, each held by us while it is looked at; the caller removes them."""
    base = os.path.join(state, NAME)
    try:
        names = os.listdir(base)
    except OSError:
        return
    for name in sorted(names):
        folder = os.path.join(base, name)
        try:
            lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            if not name.endswith(UNREADY):  # else it is being made right now
                yield folder  # who wanted to remove it was killed
            continue
        except OSError:
            continue
        try:
            if _take(lock):
                yield folder
        finally:
            os.close(lock)


def remove(folder: str) -> None:
    """Remove a folder of ours with all that is in it, whatever modes a tool has left there."""
    if _is_bare(folder):
        return
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    try:
        if os.path.islink(folder) or not os.path.isdir(folder):
            os.unlink(folder)
            return
        _open_up(folder)
    except OSError:
        pass  # a later run tries again
    shutil.rmtree(folder, ignore_errors=True)


def _is_bare(folder: str) -> bool:
    """Remove what a run in which nothing had to be checked out has made; False if there is more."""
    try:
        for name in ("index", LOCK):
            os.unlink(os.path.join(folder, name))
        os.rmdir(os.path.join(folder, "staged"))
        os.rmdir(folder)
    except OSError:
        return False
    return True


def _open_up(folder: str) -> None:
    """Make all folders ones that can be emptied."""
    os.chmod(folder, 0o700)
    for base, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)


def _locked(folder: str) -> int:
    lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    _take(lock)
    return lock


def _take(lock: int) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return False  # a file system without locks: what is there stays
    return True
