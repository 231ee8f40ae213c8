"""The one door by which files of the user change: in one step, and only while they hold what the fixer saw.

The new content is written beside the file and the two are exchanged. What comes out is looked at before it is
removed: if anyone has changed it meanwhile, it goes back, so that no moment exists in which an edit can be lost.
"""

import contextlib
import errno
import os
import stat
import sys

from omnibase.inputs.guarding import Guard
from omnibase.model.record import Record

PREFIX = ".omnibase-fix-"  # by which a later run recognises what a killed one left behind

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # not to hang on a FIFO that has the file's name
_HOLD = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC  # whatever its mode is
_RENAME_EXCHANGE = 2
_MEANWHILE = "it changed meanwhile"


class Written(Record):
    """`changed` says that the file holds the new content; `problem` why it was left as it is."""

    changed: bool
    problem: str | None = None


def write(root: str, path: str, seen: bytes, new: bytes) -> Written:
    """Give the file `path` below the folder `root` the content `new`, if it still holds exactly `seen`.

    Mode, owner and extended attributes stay. Left alone, with the problem named, are: symbolic links and what lies
    behind them, files with several names (hard links), write-protected ones, and those open for writing elsewhere.
    """
    if seen == new:
        return Written(False)
    try:
        _write(root, path, seen, new)
    except _RefusedError as refusal:
        return Written(False, str(refusal))
    except OSError as error:
        return Written(False, f"it cannot be written: {error.strerror}")
    return Written(True)


class _RefusedError(Exception):
    """Why a file is left alone."""


class _Place(Record):
    """A file's folder, its name, and the name beside it under which the exchange is prepared."""

    folder: int
    name: str
    temporary: str


def _write(root: str, path: str, seen: bytes, new: bytes) -> None:
    guard = Guard()
    with contextlib.ExitStack() as stack:
        place = _Place(_open_folder(root, path, stack), os.path.basename(path), PREFIX + os.urandom(8).hex())
        old = _open_file(place, stack)
        before = os.fstat(old)
        ours = _prepare(place, new, old, before, stack)
        try:
            if not (guard.hold(old) and guard.hold(ours)):
                raise _RefusedError("another program has it open for writing")
            if not _untouched(place.folder, place.name, seen, before) or guard.awaited(old):
                raise _RefusedError(_MEANWHILE)
            if not _exchange(place):
                # the best that such a system has: an edit within the next microsecond would be lost
                os.replace(place.temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
                return
            if not _untouched(place.folder, place.temporary, seen, before) or guard.awaited(old):
                raise _RefusedError(_MEANWHILE)
            os.unlink(place.temporary, dir_fd=place.folder)
        except BaseException as error:
            kept = _withdraw(place, new, ours, guard, stack)
            if kept is not None and isinstance(error, Exception):
                raise _RefusedError(kept) from error
            raise


def _open_folder(root: str, path: str, stack: contextlib.ExitStack) -> int:
    """The folder of the file, reached without following a link, so that it cannot lie outside the root."""
    parts = path.split("/")
    if "\0" in path or not {"", ".", "..", ".git"}.isdisjoint(parts):
        raise _RefusedError("it is not a path of a file in the repository")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, folder)
    for part in parts[:-1]:
        try:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR) and stat.S_ISLNK(_status(folder, part).st_mode):
                raise _RefusedError("it lies behind a symbolic link") from None
            raise
        stack.callback(os.close, below)
        folder = below
    return folder


def _open_file(place: _Place, stack: contextlib.ExitStack) -> int:
    status = _status(place.folder, place.name)
    if stat.S_ISLNK(status.st_mode):
        raise _RefusedError("it is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise _RefusedError("it is not a regular file")
    if status.st_nlink > 1:
        raise _RefusedError("it has several names (hard links), and only this one would get the new content")
    if not status.st_mode & 0o222 or not os.access(place.name, os.W_OK, dir_fd=place.folder, effective_ids=True):
        raise _RefusedError("it is write-protected")
    file = os.open(place.name, _READ, dir_fd=place.folder)
    stack.callback(os.close, file)
    if _identity(os.fstat(file)) != _identity(status):
        raise _RefusedError(_MEANWHILE)
    return file


def _prepare(place: _Place, new: bytes, old: int, before: os.stat_result, stack: contextlib.ExitStack) -> int:
    """Write the new content beside the file, with all that the file has of its own, and open it for reading."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(place.temporary, flags, 0o600, dir_fd=place.folder)
    try:
        try:
            rest = memoryview(new)
            while rest:
                rest = rest[os.write(file, rest) :]
            _copy_attributes(old, file, before)
            os.fsync(file)
        finally:
            os.close(file)
        ours = os.open(place.temporary, _READ, dir_fd=place.folder)
    except BaseException:
        os.unlink(place.temporary, dir_fd=place.folder)
        raise
    stack.callback(os.close, ours)
    return ours


def _copy_attributes(old: int, new: int, before: os.stat_result) -> None:
    now = os.fstat(new)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(new, before.st_uid, before.st_gid)
        except PermissionError:
            raise _RefusedError("its owner and group could not be kept") from None
    if sys.platform == "linux":
        kept = _extended(old)
        given = _extended(new)
        try:
            for name in given.keys() - kept.keys():
                os.removexattr(new, name)
            for name, value in kept.items():
                if given.get(name) != value:
                    os.setxattr(new, name, value)
        except OSError as error:
            raise _RefusedError(f"its extended attributes could not be kept: {error.strerror}") from None
    os.fchmod(new, stat.S_IMODE(before.st_mode))


def _extended(file: int) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(file, name) for name in os.listxattr(file)}
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise


def _exchange(place: _Place) -> bool:
    """Let file and temporary file change places in one step; False where the system or the disk has no such step."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    one, other = os.fsencode(place.temporary), os.fsencode(place.name)
    if renameat2(place.folder, one, place.folder, other, _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(code, os.strerror(code))


def _withdraw(place: _Place, new: bytes, ours: int, guard: Guard, stack: contextlib.ExitStack) -> str | None:
    """Leave the file as its owner has it, whatever was done so far; say so where that leaves something beside it.

    Nothing is removed but what is known to be ours alone.
    """
    made = os.fstat(ours)
    try:
        if os.path.samestat(_status(place.folder, place.temporary), made):  # it has not been anywhere else
            os.unlink(place.temporary, dir_fd=place.folder)
            return None
    except FileNotFoundError:
        return None
    try:
        if os.path.samestat(_status(place.folder, place.name), made):
            theirs = _put_back(place, ours, stack)
            if _untouched(place.folder, place.temporary, new, made) and not guard.awaited(ours):
                os.unlink(place.temporary, dir_fd=place.folder)
                return None
            if os.path.samestat(_status(place.folder, place.temporary), made):
                _put_back(place, theirs, stack)  # someone has written into ours while it was in place: a later edit
    except OSError as error:
        return f"{_MEANWHILE}, and {place.temporary} beside it was left behind: {error.strerror}"
    return f"{_MEANWHILE}, twice: what it held before the last change is kept beside it as {place.temporary}"


def _put_back(place: _Place, outside: int, stack: contextlib.ExitStack) -> int:
    """Exchange what is under the temporary name with what is `outside`, under the file's own; return what then is.

    Whoever saves by renaming may have put another file there right before. That one is the latest, and goes back in
    its turn, until what comes in is what was known to be outside. Files are held open for this: the number of one
    that is gone may be another's at once.
    """
    while True:
        inside = os.open(place.temporary, _HOLD, dir_fd=place.folder)
        stack.callback(os.close, inside)
        _exchange(place)
        if os.path.samestat(_status(place.folder, place.temporary), os.fstat(outside)):
            return inside
        outside = inside


def _untouched(folder: int, name: str, content: bytes, before: os.stat_result) -> bool:
    """Whether the name still leads to the same file with the same mode, owner and content."""
    try:
        with open(name, "rb", opener=lambda name, _: os.open(name, _READ, dir_fd=folder)) as stream:
            same = _identity(os.fstat(stream.fileno())) == _identity(before)
            return same and stream.read(len(content) + 1) == content
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EISDIR):
            return False
        raise


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_nlink)


def _status(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)
