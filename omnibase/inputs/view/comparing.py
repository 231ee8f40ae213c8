"""What a command has changed in a folder: seen by comparing, never assumed."""

import os
import stat
from collections.abc import Callable, Iterable, Mapping

from omnibase.model.record import Record

Signature = tuple[int, ...]


class Change(Record):
    """One path that is not what it was. `before` and `after` are contents, None where there is no regular file.

    `executable` is the new mode where the mode changed, else None.
    """

    path: str
    before: bytes | None
    after: bytes | None
    executable: bool | None = None


def signatures(root: str, paths: Iterable[str]) -> dict[str, Signature | None]:
    """What tells each path's file from another one and from itself after a change; None where there is none."""
    return {path: _signature(os.path.join(root, path)) for path in paths}


def changes(
    root: str, before: Mapping[str, Signature | None], content: Callable[[str], bytes | None]
) -> tuple[Change, ...]:
    """The paths that differ from what they were. One written again with the same bytes and mode is none of them.

    `content` gives what a path held before; it is asked only for those with another signature.
    """
    found = []
    for path, signature in before.items():
        now = _signature(os.path.join(root, path))
        if now == signature:
            continue
        old, new = content(path), read(os.path.join(root, path))
        mode = _executable(now) if _executable(now) != _executable(signature) else None
        if old != new or (mode is not None and new is not None):
            found.append(Change(path, old, new, mode if new is not None and old is not None else None))
    return tuple(found)


def read(path: str) -> bytes | None:
    """The content of a regular file; None where there is none, or something else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(fd, "rb") as file:
        return file.read() if stat.S_ISREG(os.fstat(fd).st_mode) else None


def _signature(path: str) -> Signature | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _executable(signature: Signature | None) -> bool:
    return signature is not None and bool(signature[1] & 0o100)
