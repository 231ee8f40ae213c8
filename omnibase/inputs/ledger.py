"""What becomes of what writers have left behind: looked at when the run ends, or by a later run if it was killed.

Nothing that anybody may have written is removed: what is not known byte by byte is moved to a folder for what was
rescued, and a notice says where it is.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable

from omnibase.core.redaction import shown_path
from omnibase.inputs.guarding import Guard
from omnibase.inputs.noting import KEPT, PREFIX, WRITES, Entry, Notes, file_digest, read
from omnibase.inputs.placing import READ, RefusedError, reach, status_of


def look_again(ledger: str, rescued: str) -> tuple[str, ...]:
    """At the end of a run, when none of its writers is at work any more: what came of the files that were written.

    What they held before was kept in the folder `ledger`, and is removed if it still is what the fixer saw. Another
    program that had it open may have written into it since: then it is moved into the folder `rescued`, made when it
    is needed. Gives a notice of one line for each, ready to be shown. Never raises OSError: what cannot be done is
    said, and stays for `settle`.
    """
    return _Settling(ledger, rescued, "this run").all()


def settle(ledger: str, rescued: str) -> tuple[str, ...]:
    """The same for a run that was killed, by a later one: what lies beside the users' files is dealt with as well.

    Gives a notice also for what was cleaned up. Only what is named in the ledger is touched, and no link is followed.
    """
    return _Settling(ledger, rescued, "an earlier run").all()


def unsettled(ledger: str) -> bool:
    """Whether something is left to be looked at, so that the folder must not be removed."""
    return any(os.path.lexists(os.path.join(ledger, name)) for name in (WRITES, KEPT))


class _Settling:
    """One look at a ledger."""

    def __init__(self, ledger: str, rescued: str, who: str) -> None:
        self._ledger = ledger
        self._rescued = os.path.abspath(rescued)
        self._who = who
        self._notices: list[str] = []
        self._done = True

    def all(self) -> tuple[str, ...]:
        """Look at everything that the ledger names; give the notices."""
        if not unsettled(self._ledger):
            return ()
        with contextlib.ExitStack() as stack:
            try:
                if not _locked(self._ledger, stack):
                    return ()  # another run does it right now
                entries = read(self._ledger)
            except OSError as error:
                return (f"what {self._who} noted in {shown_path(self._ledger)} cannot be read: {error.strerror}",)
            for entry in entries:
                if entry.rescued is not None and os.path.lexists(entry.rescued):
                    self._say_where(entry, entry.rescued)  # by one that was killed in its turn, perhaps unheard
                self._try(self._look_at_kept, entry)
                if not entry.ended:
                    self._try(self._look_beside, entry)
            if self._done:
                _clear(self._ledger)
        return tuple(self._notices)

    def _try(self, look: Callable[[Entry], None], entry: Entry) -> None:
        try:
            look(entry)
        except OSError as error:
            self._done = False
            left = f"what {self._who} left of writing {shown_path(entry.path)} cannot be cleaned up"
            self._notices.append(f"{left}: {error.strerror}")

    def _look_at_kept(self, entry: Entry) -> None:
        with contextlib.ExitStack() as stack:
            try:
                folder = os.open(os.path.join(self._ledger, KEPT), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, folder)
                status = status_of(folder, entry.temporary)
            except FileNotFoundError:
                return
            ours = (status.st_dev, status.st_ino) == entry.made  # what was withdrawn, having been in the file's place
            if not _removed(folder, entry.temporary, entry.new if ours else entry.seen):
                self._rescue(folder, entry)

    def _look_beside(self, entry: Entry) -> None:
        with contextlib.ExitStack() as stack:
            try:
                folder, missing = reach(entry.root, entry.path, stack)
            except (RefusedError, FileNotFoundError, NotADirectoryError):
                return  # it was moved or removed with all that lay in it
            if not missing:
                with contextlib.suppress(FileNotFoundError):
                    self._clean_up(folder, entry, status_of(folder, entry.temporary))
        _remove_folders(entry, len(missing))

    def _clean_up(self, folder: int, entry: Entry, status: os.stat_result) -> None:
        if entry.made is None:
            nothing = stat.S_ISREG(status.st_mode) and status.st_size == 0
            done = nothing and _unlinked(folder, entry.temporary)
        elif (status.st_dev, status.st_ino) != entry.made:
            done = _removed(folder, entry.temporary, entry.seen)
        elif not entry.ready or _has_its_name(folder, entry, status):
            done = _unlinked(folder, entry.temporary)
        else:
            done = _removed(folder, entry.temporary, entry.new)
        if done:
            killed = f"{self._who} was killed while it wrote {shown_path(entry.path)}"
            self._notices.append(f"{killed}: the file is whole, and what was left beside it has been removed")
        else:
            self._rescue(folder, entry)

    def _rescue(self, folder: int, entry: Entry) -> None:
        os.makedirs(self._rescued, mode=0o700, exist_ok=True)
        name = os.fsdecode(os.fsencode(os.path.basename(entry.path))[:200])
        target = os.path.join(self._rescued, f"{name}.{entry.temporary[len(PREFIX) :]}")
        if os.path.lexists(target):
            target += os.urandom(4).hex()
        Notes(self._ledger, entry.temporary).rescued(target)
        try:
            os.rename(entry.temporary, target, src_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copied_away(folder, entry.temporary, target)
        self._say_where(entry, target)

    def _say_where(self, entry: Entry, target: str) -> None:
        path = shown_path(entry.path)
        meanwhile = f"another program changed {path} while {self._who} was fixing it"
        self._notices.append(f"{meanwhile}: what was there then is in {shown_path(target)}, see what is missing")


def _removed(folder: int, name: str, expected: str | None) -> bool:
    """Remove a file if it holds what is expected, and no program can write into it any more."""
    try:
        file = os.open(name, READ, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EACCES, errno.ENXIO):
            return False
        raise
    guard = Guard()
    try:
        if expected is None or not guard.hold(file) or file_digest(file) != expected or guard.awaited(file):
            return False
        return _unlinked(folder, name)
    finally:
        os.close(file)


def _unlinked(folder: int, name: str) -> bool:
    os.unlink(name, dir_fd=folder)
    return True


def _has_its_name(folder: int, entry: Entry, status: os.stat_result) -> bool:
    """Whether the file is in its place already, and the temporary name only its second one."""
    try:
        return os.path.samestat(status_of(folder, os.path.basename(entry.path)), status)
    except FileNotFoundError:
        return False


def _copied_away(folder: int, name: str, target: str) -> None:
    """What `rename` does, to another disk. Raises OSError for what is no regular file, or is being written to."""
    import shutil

    guard = Guard()
    with open(name, "rb", opener=lambda name, _: os.open(name, READ, dir_fd=folder)) as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        if not guard.hold(source.fileno()):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        with open(target, "xb", opener=lambda path, flags: os.open(path, flags | os.O_CLOEXEC, 0o600)) as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        if guard.awaited(source.fileno()):
            os.unlink(target)
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        os.unlink(name, dir_fd=folder)


def _remove_folders(entry: Entry, missing: int) -> None:
    """Those that were made for a file that did not come to be."""
    parts = entry.path.split("/")[:-1]
    with contextlib.suppress(OSError):  # it is not empty: somebody has put something there, or the file has come to be
        for depth in range(len(parts) - missing, len(parts) - entry.folders, -1):
            with contextlib.ExitStack() as stack:
                above, _ = reach(entry.root, "/".join(parts[:depth]), stack)
                os.rmdir(parts[depth - 1], dir_fd=above)


def _locked(ledger: str, stack: contextlib.ExitStack) -> bool:
    """Whether this process alone looks at the ledger from now on; also where that cannot be made sure."""
    import fcntl

    folder = os.open(ledger, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, folder)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _clear(ledger: str) -> None:
    with contextlib.suppress(OSError):
        if os.path.lexists(os.path.join(ledger, KEPT)):
            os.rmdir(os.path.join(ledger, KEPT))
        os.unlink(os.path.join(ledger, WRITES))
        os.rmdir(ledger)
