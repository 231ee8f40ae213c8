"""The one door by which files of the user change: in one step, and only while they hold what the fixer saw.

The new content is written beside the file and the two are exchanged. What comes out is looked at before it is
taken away: if anyone has changed it meanwhile, it goes back, so that no moment exists in which an edit can be lost.
With a ledger, each step is noted before it is done, so that a later run can clear up after one that was killed.
"""

import contextlib
import os
import stat

from omnibase.inputs.writing.beside import (
    MEANWHILE,
    RefusedError,
    make_folders,
    open_file,
    open_folder,
    place_of,
    prepare,
    prepare_afresh,
    reach,
    status_of,
)
from omnibase.inputs.writing.exchanging import discard, exchange, settle_down, untouched, withdraw
from omnibase.inputs.writing.guarding import Guard
from omnibase.inputs.writing.noting import Notes
from omnibase.model.record import Record


class Written(Record):
    """`changed` says that the file holds the new content; `problem` why it was left as it is."""

    changed: bool
    problem: str | None = None


def write(
    root: str, path: str, seen: bytes, new: bytes, ledger: str | None = None, executable: bool | None = None
) -> Written:
    """Give the file `path` below the folder `root` the content `new`, if it still holds exactly `seen`.

    Mode, owner and extended attributes stay; `executable` sets or clears the x bits as git does. Left alone, with the
    problem named, are: symbolic links and what lies behind them, files with several names (hard links),
    write-protected ones, and those open for writing elsewhere. `ledger` is a folder of the run, made when it is
    needed: what is done is noted there, and what the file held before is kept there for `ledger.look_again`.
    """
    if seen == new and executable is None:
        return Written(False)
    try:
        return Written(_write(root, path, seen, new, ledger, executable))
    except RefusedError as refusal:
        return Written(False, str(refusal))
    except OSError as error:
        return Written(False, f"it cannot be written: {error.strerror}")


def create(root: str, path: str, new: bytes, executable: bool = False, ledger: str | None = None) -> Written:
    """Make the file `path` below the folder `root` in one step, and the folders on its way that are missing.

    Left alone, with the problem named, is what has that name already, and what lies behind symbolic links.
    """
    try:
        _create(root, path, new, executable, ledger)
    except RefusedError as refusal:
        return Written(False, str(refusal))
    except FileExistsError:
        return Written(False, "something of that name is there already")
    except OSError as error:
        return Written(False, f"it cannot be written: {error.strerror}")
    return Written(True)


def _write(root: str, path: str, seen: bytes, new: bytes, ledger: str | None, executable: bool | None) -> bool:
    guard = Guard()
    with contextlib.ExitStack() as stack:
        place = place_of(open_folder(root, path, stack), path)
        old = open_file(place, stack)
        before = os.fstat(old)
        mode = _mode(stat.S_IMODE(before.st_mode), executable)
        if seen == new and mode == stat.S_IMODE(before.st_mode):
            return False
        notes = Notes(ledger, place.temporary)
        notes.planned(root, path, seen, new)
        ours = prepare(place, new, old, mode, notes, stack)
        try:
            if not (guard.hold(old) and guard.hold(ours)):
                raise RefusedError("another program has it open for writing")
            if not untouched(place.folder, place.name, seen, before) or guard.awaited(old):
                raise RefusedError(MEANWHILE)
            notes.ready()
            if not exchange(place):
                # the best that such a system has: an edit within the next microsecond would be lost
                os.replace(place.temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
                notes.ended()
                return True
            if not untouched(place.folder, place.temporary, seen, before) or guard.awaited(old):
                raise RefusedError(MEANWHILE)
            discard(place, notes)
        except BaseException as error:
            kept = withdraw(place, new, ours, guard, notes, stack)
            notes.release()
            if kept is not None and isinstance(error, Exception):
                raise RefusedError(kept) from error
            raise
    return True


def _create(root: str, path: str, new: bytes, executable: bool, ledger: str | None) -> None:
    with contextlib.ExitStack() as stack, contextlib.ExitStack() as undo:
        folder, missing = reach(root, path, stack)
        place = place_of(folder, path)
        if not missing:
            with contextlib.suppress(FileNotFoundError):
                status_of(folder, place.name)
                raise FileExistsError
        notes = Notes(ledger, place.temporary)
        notes.planned(root, path, None, new, len(missing))
        undo.callback(notes.ended)
        place = place._replace(folder=make_folders(folder, missing, stack, undo))
        prepare_afresh(place, new, executable, notes)
        try:
            notes.ready()
            settle_down(place)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place.temporary, dir_fd=place.folder)
            raise
        undo.pop_all()
        notes.ended()


def _mode(mode: int, executable: bool | None) -> int:
    """With the x bits as git sets them: for all who may read, or for nobody."""
    if executable is None or executable == bool(mode & stat.S_IXUSR):
        return mode
    return mode | (mode & 0o444) >> 2 if executable else mode & ~0o111
