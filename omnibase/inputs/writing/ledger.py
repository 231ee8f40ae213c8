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
from omnibase.inputs.writing.beside import RefusedError, reach, status_of
from omnibase.inputs.writing.names import PREFIX
from omnibase.inputs.writing.noting import COPYING, KEPT, WRITES, Entry, Notes, read
from omnibase.inputs.writing.rescuing import (
    SAME,
    copied_away,
    current,
    digest_of,
    has_its_name,
    remove_folders,
    removed,
    unlinked,
)


def look_again(ledger: str, rescued: str) -> tuple[str, ...]:
    """At the end of a run, when none of its writers is at work any more: what came of the files that were written.

    What they held before was kept in the folder `ledger`, and is removed if it still is what the fixer saw. Another
    program that had it open may have written into it since: then it is moved into the folder `rescued`, made when it
    is needed. Gives a notice of one line for each, ready to be shown. Never raises OSError: what cannot be done is
    said, and stays for `settle`.
    """
    return _Settling(ledger, rescued, "a worker").all()


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
        self._kept: dict[str, list[str]] = {}
        self._found: set[str] = set()  # the digests of what was rescued of the write that is looked at

    def all(self) -> tuple[str, ...]:
        """Look at everything that the ledger names; give the notices."""
        if not unsettled(self._ledger):
            return ()
        with contextlib.ExitStack() as stack:
            try:
                if not _locked(self._ledger, stack):
                    return ()  # another run does it right now
                entries = read(self._ledger)
                self._kept = _kept(self._ledger)
            except OSError as error:
                return (f"what {self._who} noted in {shown_path(self._ledger)} cannot be read: {error.strerror}",)
            for entry in entries:
                for target in filter(os.path.lexists, entry.rescued):
                    self._say_where(entry, target)  # moved by one that was killed in its turn, perhaps unheard
                self._found = set()
                if not entry.ended:
                    self._try(self._look_beside, entry)
                self._try(self._look_at_kept, entry)
            if self._done:
                self._clear()
        return tuple(self._notices)

    def _try(self, look: Callable[[Entry], None], entry: Entry) -> None:
        try:
            look(entry)
        except OSError as error:
            self._done = False
            left = f"what {self._who} left of writing {shown_path(entry.path)} cannot be cleaned up"
            self._notices.append(f"{left}: {error.strerror}")

    def _clear(self) -> None:
        """Remove the ledger. What is kept of which it says nothing, as a damaged one may, stays for a person."""
        kept = os.path.join(self._ledger, KEPT)
        try:
            for name in os.listdir(kept) if os.path.lexists(kept) else ():
                target = self._target(name)
                os.rename(os.path.join(kept, name), target)
                self._notices.append(f"what {self._who} kept of a file that is not known is in {shown_path(target)}")
            if os.path.lexists(kept):
                os.rmdir(kept)
            if os.path.lexists(os.path.join(self._ledger, WRITES)):
                os.unlink(os.path.join(self._ledger, WRITES))
        except OSError as error:
            self._notices.append(f"{shown_path(self._ledger)} cannot be removed: {error.strerror}")
            return
        with contextlib.suppress(OSError):
            os.rmdir(self._ledger)  # not if the run has other things there

    def _look_at_kept(self, entry: Entry) -> None:
        if not self._kept:
            return
        with contextlib.ExitStack() as stack:
            folder = os.open(os.path.join(self._ledger, KEPT), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, folder)
            for name in self._kept.get(entry.temporary, ()):
                with contextlib.suppress(FileNotFoundError):
                    if not self._is_known(folder, name, entry):
                        self._rescue(folder, name, entry)

    def _is_known(self, folder: int, name: str, entry: Entry) -> bool:
        """Remove what nobody can miss; False for the rest."""
        status = status_of(folder, name)
        if name == entry.temporary:
            ours = (status.st_dev, status.st_ino) == entry.made  # what was withdrawn, having been in the file's place
            return removed(folder, name, entry.new if ours else entry.seen)
        if name.endswith(COPYING):
            return unlinked(folder, name)
        now = current(entry, status)  # what was put back, and is of interest where it was written over since
        return unlinked(folder, name) if now == SAME else removed(folder, name, entry.seen, now, *self._found)

    def _look_beside(self, entry: Entry) -> None:
        with contextlib.ExitStack() as stack:
            try:
                folder, missing = reach(entry.root, entry.path, stack)
            except (RefusedError, FileNotFoundError, NotADirectoryError):
                return  # it was moved or removed with all that lay in it
            if not missing:
                with contextlib.suppress(FileNotFoundError):
                    self._clean_up(folder, entry, status_of(folder, entry.temporary))
        remove_folders(entry, len(missing))

    def _clean_up(self, folder: int, entry: Entry, status: os.stat_result) -> None:
        if entry.made is None:
            nothing = stat.S_ISREG(status.st_mode) and status.st_size == 0
            done = nothing and unlinked(folder, entry.temporary)
        elif (status.st_dev, status.st_ino) != entry.made:
            done = removed(folder, entry.temporary, entry.seen)
        elif not entry.ready or has_its_name(folder, entry, status):
            done = unlinked(folder, entry.temporary)
        else:
            done = removed(folder, entry.temporary, entry.new)
        if done:
            killed = f"{self._who} was killed while it wrote {shown_path(entry.path)}"
            self._notices.append(f"{killed}: the file is whole, and what was left beside it has been removed")
        else:
            self._rescue(folder, entry.temporary, entry)

    def _rescue(self, folder: int, kept: str, entry: Entry) -> None:
        name = os.fsdecode(os.fsencode(os.path.basename(entry.path))[:200])
        target = self._target(f"{name}.{kept[len(PREFIX) :]}")
        with contextlib.suppress(OSError):
            self._found.add(digest_of(folder, kept) or "")
        Notes(self._ledger, entry.temporary).rescued(target)
        try:
            os.rename(kept, target, src_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copied_away(folder, kept, target)
        self._say_where(entry, target)

    def _target(self, name: str) -> str:
        os.makedirs(self._rescued, mode=0o700, exist_ok=True)
        target = os.path.join(self._rescued, name)
        return f"{target}.{os.urandom(4).hex()}" if os.path.lexists(target) else target

    def _say_where(self, entry: Entry, target: str) -> None:
        path = shown_path(entry.path)
        meanwhile = f"another program changed {path} while {self._who} was fixing it"
        self._notices.append(f"{meanwhile}: what was there then is in {shown_path(target)}, see what is missing")


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


def _kept(ledger: str) -> dict[str, list[str]]:
    """The names of what is kept, by the temporary name that each is named after."""
    found: dict[str, list[str]] = {}
    with contextlib.suppress(FileNotFoundError):
        for name in sorted(os.listdir(os.path.join(ledger, KEPT))):
            found.setdefault(f"{PREFIX}{name[len(PREFIX) :].partition('.')[0]}", []).append(name)
    return found
