"""Removes what a killed writer left, if nobody can miss it, and else carries it to where a person will find it."""

import contextlib
import errno
import os
import stat

from omnibase.inputs.writing.beside import READ, RefusedError, reach, status_of
from omnibase.inputs.writing.guarding import Guard
from omnibase.inputs.writing.noting import Entry, file_digest

SAME = "same"  # instead of a digest


def removed(folder: int, name: str, *expected: str | None) -> bool:
    """Remove a file if it holds something that is expected, and no program can write into it any more."""
    try:
        file = os.open(name, READ, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EACCES, errno.ENXIO):
            return False
        raise
    guard = Guard()
    try:
        if not guard.hold(file) or file_digest(file) not in {*expected} - {None} or guard.awaited(file):
            return False
        return unlinked(folder, name)
    finally:
        os.close(file)


def digest_of(folder: int, name: str) -> str | None:
    """The digest of a regular file, None for what is none. Raises OSError."""
    file = os.open(name, READ, dir_fd=folder)
    try:
        return file_digest(file)
    finally:
        os.close(file)


def unlinked(folder: int, name: str) -> bool:
    os.unlink(name, dir_fd=folder)
    return True


def has_its_name(folder: int, entry: Entry, status: os.stat_result) -> bool:
    """Whether the file is in its place already, and the temporary name only its second one."""
    try:
        return os.path.samestat(status_of(folder, os.path.basename(entry.path)), status)
    except FileNotFoundError:
        return False


def current(entry: Entry, status: os.stat_result) -> str | None:
    """The digest of the user's file, None where it is not there or none; `SAME` where it is the one of the status."""
    try:
        with contextlib.ExitStack() as stack:
            folder, missing = reach(entry.root, entry.path, stack)
            if missing:
                return None
            name = os.path.basename(entry.path)
            if os.path.samestat(status_of(folder, name), status):
                return SAME
            return digest_of(folder, name)
    except (RefusedError, OSError):
        return None


def copied_away(folder: int, name: str, target: str) -> None:
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


def remove_folders(entry: Entry, missing: int) -> None:
    """Those that were made for a file that did not come to be."""
    parts = entry.path.split("/")[:-1]
    # one that is not empty stays: somebody has put something there, or the file has come to be
    with contextlib.suppress(OSError, RefusedError):
        for depth in range(len(parts) - missing, len(parts) - entry.folders, -1):
            with contextlib.ExitStack() as stack:
                above, _ = reach(entry.root, "/".join(parts[:depth]), stack)
                os.rmdir(parts[depth - 1], dir_fd=above)
