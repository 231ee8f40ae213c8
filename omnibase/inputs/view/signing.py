"""What tells a file from another one and from itself after a change, without a look at its content."""

import os
from collections.abc import Iterable

Signature = tuple[int, ...]


def signatures(root: str, paths: Iterable[str]) -> dict[str, Signature | None]:
    """What tells each path's file from another one and from itself after a change; None where there is none."""
    return {path: signature_of(os.path.join(root, path)) for path in paths}


def signature_of(path: str) -> Signature | None:
    """Inode, mode, size, and the times of change of content and of inode (nanoseconds), as lstat(2) has them."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
