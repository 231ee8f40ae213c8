"""Two names of a folder change places in one step, and back where that was a mistake."""

import contextlib
import errno
import os

from omnibase.inputs.writing.beside import MEANWHILE, READ, Place, identity, status_of
from omnibase.inputs.writing.guarding import Guard
from omnibase.inputs.writing.noting import Notes

_HOLD = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC  # whatever its mode is
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2


def exchange(place: Place) -> bool:
    """Let file and temporary file change places in one step; False where the system or the disk has no such step."""
    return _renameat2(place, _RENAME_EXCHANGE)


def settle_down(place: Place) -> None:
    """Give the temporary file the file's name, if nothing has it yet. Raises FileExistsError and other OSErrors."""
    if not _renameat2(place, _RENAME_NOREPLACE):
        os.link(place.temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder, follow_symlinks=False)
        os.unlink(place.temporary, dir_fd=place.folder)


def discard(place: Place, notes: Notes) -> None:
    """Take away what lies under the temporary name: to where it is looked at again when the run ends, or for good."""
    if not notes.keep(place.folder):
        os.unlink(place.temporary, dir_fd=place.folder)
    notes.ended()


def withdraw(
    place: Place, new: bytes, ours: int, guard: Guard, notes: Notes, stack: contextlib.ExitStack
) -> str | None:
    """Leave the file as its owner has it, whatever was done so far; say so where that leaves something beside it.

    Nothing is removed but what is known to be ours alone.
    """
    made = os.fstat(ours)
    try:
        if os.path.samestat(status_of(place.folder, place.temporary), made):  # it has not been anywhere else
            os.unlink(place.temporary, dir_fd=place.folder)
            notes.ended()
            return None
    except FileNotFoundError:
        notes.ended()
        return None
    try:
        if os.path.samestat(status_of(place.folder, place.name), made):
            theirs = _put_back(place, ours, notes, stack)
            if untouched(place.folder, place.temporary, new, made) and not guard.awaited(ours):
                discard(place, notes)
                return None
            if os.path.samestat(status_of(place.folder, place.temporary), made):
                _put_back(
                    place, theirs, notes, stack
                )  # someone has written into ours while it was in place: a later edit
    except OSError as error:
        beside = f"{place.temporary} beside it was left behind"
        left = "what is left beside it is named when the run ends" if notes.kept else beside
        return f"{MEANWHILE}, and {left}: {error.strerror}"
    kept = "kept, and named when the run ends" if notes.kept else f"kept beside it as {place.temporary}"
    return f"{MEANWHILE}, twice: what it held before the last change is {kept}"


def untouched(folder: int, name: str, content: bytes, before: os.stat_result) -> bool:
    """Whether the name still leads to the same file with the same mode, owner and content."""
    try:
        with open(name, "rb", opener=lambda name, _: os.open(name, READ, dir_fd=folder)) as stream:
            same = identity(os.fstat(stream.fileno())) == identity(before)
            return same and stream.read(len(content) + 1) == content
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EISDIR):
            return False
        raise


def _put_back(place: Place, outside: int, notes: Notes, stack: contextlib.ExitStack) -> int:
    """Exchange what is under the temporary name with what is `outside`, under the file's own; return what then is.

    Whoever saves by renaming may have put another file there right before. That one is the latest, and goes back in
    its turn, until what comes in is what was known to be outside. Files are held open for this: the number of one
    that is gone may be another's at once.
    """
    while True:
        inside = os.open(place.temporary, _HOLD, dir_fd=place.folder)
        stack.callback(os.close, inside)
        notes.hold(place.folder)
        exchange(place)
        if os.path.samestat(status_of(place.folder, place.temporary), os.fstat(outside)):
            return inside
        outside = inside


def _renameat2(place: Place, flags: int) -> bool:
    """False where the system or the disk does not have it. Raises OSError."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    one, other = os.fsencode(place.temporary), os.fsencode(place.name)
    if renameat2(place.folder, one, place.folder, other, flags) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(code, os.strerror(code))
