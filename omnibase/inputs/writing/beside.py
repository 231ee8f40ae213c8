"""A new file beside a file of the user, with all that the other has of its own; no link is followed on the way."""

import contextlib
import errno
import os
import stat
import sys

from omnibase.inputs.writing.names import PREFIX
from omnibase.inputs.writing.noting import Notes
from omnibase.model.record import Record

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # not to hang on a FIFO that has the file's name
MEANWHILE = "it changed meanwhile"

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedError(Exception):
    """Why a file is left alone."""


class Place(Record):
    """A file's folder, its name, and the name beside it under which the new content is prepared."""

    folder: int
    name: str
    temporary: str


def place_of(folder: int, path: str) -> Place:
    """The place of a file of that path in its folder, with a temporary name that nobody else has."""
    return Place(folder, os.path.basename(path), PREFIX + os.urandom(8).hex())


def open_folder(root: str, path: str, stack: contextlib.ExitStack) -> int:
    """The folder of the file, reached without following a link, so that it cannot lie outside the root."""
    folder, missing = reach(root, path, stack)
    if missing:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return folder


def reach(root: str, path: str, stack: contextlib.ExitStack) -> tuple[int, tuple[str, ...]]:
    """The deepest folder on the way to the file that there is, and the names of those below it that are missing."""
    parts = path.split("/")
    if "\0" in path or not {"", ".", "..", ".git"}.isdisjoint(part.lower() for part in parts):
        raise RefusedError("it is not a path of a file in the repository")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, folder)
    for position, part in enumerate(parts[:-1]):
        try:
            below = os.open(part, _FOLDER, dir_fd=folder)
        except FileNotFoundError:
            return folder, tuple(parts[position:-1])
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR) and stat.S_ISLNK(status_of(folder, part).st_mode):
                raise RefusedError("it lies behind a symbolic link") from None
            raise
        stack.callback(os.close, below)
        folder = below
    return folder, ()


def make_folders(folder: int, names: tuple[str, ...], stack: contextlib.ExitStack, undo: contextlib.ExitStack) -> int:
    """Make the folders below one another and give the last; `undo` takes away again those that are empty then."""
    for name in names:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
            undo.callback(_remove_folder, name, folder)
        folder = os.open(name, _FOLDER, dir_fd=folder)
        stack.callback(os.close, folder)
    return folder


def open_file(place: Place, stack: contextlib.ExitStack) -> int:
    """The file, open for reading. Raises RefusedError for all that is not to be replaced."""
    status = status_of(place.folder, place.name)
    if stat.S_ISLNK(status.st_mode):
        raise RefusedError("it is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError("it is not a regular file")
    if status.st_nlink > 1:
        raise RefusedError("it has several names (hard links), and only this one would get the new content")
    if not status.st_mode & 0o222 or not os.access(place.name, os.W_OK, dir_fd=place.folder, effective_ids=True):
        raise RefusedError("it is write-protected")
    file = os.open(place.name, READ, dir_fd=place.folder)
    stack.callback(os.close, file)
    if identity(os.fstat(file)) != identity(status):
        raise RefusedError(MEANWHILE)
    return file


def prepare(place: Place, new: bytes, like: int, mode: int, notes: Notes, stack: contextlib.ExitStack) -> int:
    """Write the new content beside the file, with all that the file `like` has of its own, and open it for reading."""
    file = _make(place, 0o600)
    try:
        try:
            notes.made(os.fstat(file))
            _fill(file, new)
            _copy_attributes(like, file)
            os.fchmod(file, mode)
            os.fsync(file)
        finally:
            os.close(file)
        ours = os.open(place.temporary, READ, dir_fd=place.folder)
    except BaseException:
        os.unlink(place.temporary, dir_fd=place.folder)
        notes.ended()
        raise
    stack.callback(os.close, ours)
    return ours


def prepare_afresh(place: Place, new: bytes, executable: bool, notes: Notes) -> None:
    """Write the content of a file that is not there yet, with the mode that any program would give it here.

    Where that fails, the caller notes that nothing is left.
    """
    file = _make(place, 0o777 if executable else 0o666)
    try:
        try:
            notes.made(os.fstat(file))
            _fill(file, new)
            os.fsync(file)
        finally:
            os.close(file)
    except BaseException:
        os.unlink(place.temporary, dir_fd=place.folder)
        raise


def identity(status: os.stat_result) -> tuple[int, ...]:
    """What has to be the same for a file to be the same and as it was, its content apart."""
    return (status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_nlink)


def status_of(folder: int, name: str) -> os.stat_result:
    """The status of what has that name, be it a link."""
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _make(place: Place, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(place.temporary, flags, mode, dir_fd=place.folder)


def _fill(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _copy_attributes(old: int, new: int) -> None:
    before = os.fstat(old)
    now = os.fstat(new)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(new, before.st_uid, before.st_gid)
        except PermissionError:
            raise RefusedError("its owner and group could not be kept") from None
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
            raise RefusedError(f"its extended attributes could not be kept: {error.strerror}") from None


def _extended(file: int) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(file, name) for name in os.listxattr(file)}
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise


def _remove_folder(name: str, above: int) -> None:
    with contextlib.suppress(OSError):  # somebody has put something there
        os.rmdir(name, dir_fd=above)
