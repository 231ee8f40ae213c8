"""What the system has refused, as an error that says what to do; it is no defect of omnibase."""

import errno

from omnibase.model.errors import ExecutionError

NO_ROOM = "make room on the disk, and run it again"
NO_LEAVE = "see who may read and write it"
BAD_DISK = "see whether the disk is sound"
TOO_MANY = "end other programs, or allow more by `ulimit`, and run it again"

# What says that something is not there, or was asked for in the wrong way, is not among them.
REMEDIES = {
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EFBIG: NO_ROOM,
    errno.EACCES: NO_LEAVE,
    errno.EPERM: NO_LEAVE,
    errno.EROFS: NO_LEAVE,
    errno.EIO: BAD_DISK,
    errno.ESTALE: BAD_DISK,
    errno.EMFILE: TOO_MANY,
    errno.ENFILE: TOO_MANY,
    errno.ENOMEM: TOO_MANY,
    errno.EAGAIN: TOO_MANY,
}


def refusal(error: OSError) -> ExecutionError | None:
    """The error for the user; None where it is not the system that is short of something, or forbids it."""
    if error.errno not in REMEDIES:
        return None
    name = error.filename.decode("utf-8", "backslashreplace") if isinstance(error.filename, bytes) else error.filename
    what = f"{name}: {error.strerror}" if name else str(error.strerror)
    return ExecutionError(f"it could not go on: {what}", remedy=REMEDIES[error.errno])
