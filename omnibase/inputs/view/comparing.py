"""What a command has changed in a folder: seen by comparing, never assumed."""

import os
import stat
from collections.abc import Mapping

from omnibase.inputs.view.copying import is_behind_a_link
from omnibase.inputs.view.signing import Signature, signature_of
from omnibase.model.record import Record

CHUNK = 1 << 20  # bytes


class Change(Record):
    """One path that is not what it was. `before` and `after` are contents, None where there is no regular file.

    `executable` is the new mode where the mode changed, else None.
    """

    path: str
    before: bytes | None
    after: bytes | None
    executable: bool | None = None


def changes(root: str, before: Mapping[str, Signature | None], origin: str) -> tuple[Change, ...]:
    """The paths that differ from what they were. One written again with the same bytes and mode is none of them.

    The folder `origin` has what they held before; only those with another signature are looked up there.
    """
    found = []
    for path, signature in before.items():
        now = signature_of(os.path.join(root, path))
        if now == signature:
            continue
        old, new = os.path.join(origin, path), os.path.join(root, path)
        mode = _changed_mode(signature, now)
        if is_behind_a_link(root, path):
            found.append(Change(path, read(old), None))
        elif mode is not None or not is_same(old, new):
            found.append(Change(path, read(old), read(new), mode))
    return tuple(found)


def is_same(one: str, other: str) -> bool:
    """Whether two paths hold the same, modes aside. Big files are not held in memory for it."""
    first, second = signature_of(one), signature_of(other)
    if first is None or second is None or stat.S_IFMT(first[1]) != stat.S_IFMT(second[1]):
        return first is second
    try:
        if stat.S_ISLNK(first[1]):
            return os.readlink(one) == os.readlink(other)
        return not stat.S_ISREG(first[1]) or (first[2] == second[2] and _has_same_bytes(one, other))
    except OSError:
        return False


def read(path: str) -> bytes | None:
    """The content of a regular file; None where there is none, or something else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        return None
    with open(fd, "rb") as file:
        return file.read()


def _changed_mode(before: Signature | None, now: Signature | None) -> bool | None:
    """Whether the file can be executed now, where that is new."""
    if before is None or now is None or not (stat.S_ISREG(before[1]) and stat.S_ISREG(now[1])):
        return None
    executable = bool(now[1] & 0o100)
    return executable if executable != bool(before[1] & 0o100) else None


def _has_same_bytes(one: str, other: str) -> bool:
    with open(one, "rb") as first, open(other, "rb") as second:
        while data := first.read(CHUNK):
            if data != second.read(CHUNK):
                return False
        return not second.read(1)
