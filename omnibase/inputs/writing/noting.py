"""The lines of a ledger: what a writer is about to do beside a file of the user, noted before it is done."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

from omnibase.inputs.writing.names import PREFIX
from omnibase.model.record import Record

WRITES = "writes"  # the file of lines
KEPT = "kept"  # the folder of what files held before
COPYING = "~"  # how a copy's name ends there until it is whole and takes the original's place


class Entry(Record):
    """What a ledger says of one write.

    `seen` and `new` are digests, `seen` None for a file that was not there. `made` is (device, inode) of the temporary
    file, `ready` says that it was whole and may have been put in the file's place, `ended` that it was gone from
    beside the file. `folders` counts the last ones of the path that were missing. `rescued` is where
    something of it was to be moved.
    """

    root: str
    path: str
    temporary: str
    seen: str | None
    new: str
    folders: int = 0
    made: tuple[int, int] | None = None
    ready: bool = False
    ended: bool = False
    rescued: tuple[str, ...] = ()


class Notes:
    """Notes one write in the ledger, a folder; does nothing where there is none. Its methods raise OSError."""

    __slots__ = ("_held", "_ledger", "_temporary")

    def __init__(self, ledger: str | None, temporary: str) -> None:
        self._ledger = ledger
        self._temporary = temporary
        self._held: list[str] = []

    @property
    def kept(self) -> bool:
        """Whether there is a ledger, so that what is left beside a file will be found and named."""
        return self._ledger is not None

    def planned(self, root: str, path: str, seen: bytes | None, new: bytes, folders: int = 0) -> None:
        """To be called before the temporary file is made, and before the folders that are missing are."""
        if self._ledger is None:
            return
        made = {"root": os.path.abspath(root), "path": path, "new": digest(new)}
        seen_digest = None if seen is None else digest(seen)
        self._append({**made, "seen": seen_digest, "folders": folders})

    def made(self, status: os.stat_result) -> None:
        """To be called before anything is written into it."""
        self._append({"made": [status.st_dev, status.st_ino]})

    def ready(self) -> None:
        """To be called before it gets to where others may write into it."""
        self._append({"ready": True})

    def ended(self) -> None:
        """It is no longer beside the file. That this cannot be noted is no harm: it will be looked for in vain."""
        with contextlib.suppress(OSError):
            self._append({"ended": True})

    def rescued(self, target: str) -> None:
        """To be called before something of it is moved to `target`. On a full disk it is moved all the same."""
        with contextlib.suppress(OSError):
            self._append({"rescued": target})

    def keep(self, folder: int) -> bool:
        """Move what lies in `folder` under the temporary name to where it is kept until the run ends, if possible."""
        return self._ledger is not None and self._to_kept(folder, self._temporary, os.rename)

    def hold(self, folder: int) -> None:
        """Give what lies in `folder` under the temporary name a second one where it is kept, if possible.

        It is going to be put back where it was taken from by mistake. Who has read the file meanwhile does not know
        it, and may be about to write over it.
        """
        name = f"{self._temporary}.{len(self._held)}"
        if self._ledger is not None and self._to_kept(folder, name, _link):
            self._held.append(os.path.join(self._ledger, KEPT, name))

    def release(self) -> None:
        """Keep a copy instead of the second name: files with several are left alone by us and by others."""
        for path in self._held:
            with contextlib.suppress(OSError):
                if stat.S_ISREG(os.lstat(path).st_mode):
                    _copy_of_itself(path)
        self._held = []

    def _to_kept(self, folder: int, name: str, move: Callable[..., None]) -> bool:
        target = os.path.join(self._ledger or "", KEPT, name)
        try:
            try:
                move(self._temporary, target, src_dir_fd=folder)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
                move(self._temporary, target, src_dir_fd=folder)
        except OSError:
            return False
        return True

    def _append(self, line: dict[str, Any]) -> None:
        if self._ledger is None:
            return
        import json

        # a line begins with its newline, so that it stands alone even after one that was torn
        data = b"\n" + json.dumps({"temporary": self._temporary, **line}).encode("ascii")
        path = os.path.join(self._ledger, WRITES)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            file = os.open(path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(self._ledger, mode=0o700, exist_ok=True)
            file = os.open(path, flags, 0o600)
        try:
            if os.write(file, data) < len(data):
                import errno

                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)


def read(ledger: str) -> tuple[Entry, ...]:
    """The writes that a ledger tells of, in their order. Lines that are torn or make no sense are passed over.

    Raises OSError; where there is no ledger, there is nothing.
    """
    entries: dict[str, Entry] = {}
    for line in _lines(ledger):
        temporary = line["temporary"]
        entry = entries.get(temporary)
        if entry is None:
            planned = _planned(temporary, line)
            if planned is not None:
                entries[temporary] = planned
            continue
        match line:
            case {"made": [int(device), int(inode)]}:
                entry = entry._replace(made=(device, inode))
            case {"ready": True}:
                entry = entry._replace(ready=True)
            case {"ended": True}:
                entry = entry._replace(ended=True)
            case {"rescued": str(target)}:
                entry = entry._replace(rescued=(*entry.rescued, target))
        entries[temporary] = entry
    return tuple(entries.values())


def digest(content: bytes) -> str:
    """By which contents are compared."""
    import hashlib

    return hashlib.blake2b(content).hexdigest()


def file_digest(file: int) -> str | None:
    """The same of an open file; None where it is no regular one."""
    import hashlib

    if not stat.S_ISREG(os.fstat(file).st_mode):
        return None
    with open(file, "rb", closefd=False) as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def _link(name: str, target: str, *, src_dir_fd: int) -> None:
    os.link(name, target, src_dir_fd=src_dir_fd, follow_symlinks=False)


def _copy_of_itself(path: str) -> None:
    import shutil

    copy = path + COPYING
    with open(path, "rb", opener=_as_it_is) as source, open(copy, "xb") as target:
        shutil.copyfileobj(source, target)
    os.replace(copy, path)


def _as_it_is(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _lines(ledger: str) -> Iterator[dict[str, Any]]:
    import json

    try:
        with open(os.path.join(ledger, WRITES), "rb") as stream:
            lines = stream.read().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return
    for data in lines:
        try:
            line = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict) and _is_ours(line.get("temporary")):
            yield line


def _planned(temporary: str, line: dict[str, Any]) -> Entry | None:
    match line:
        case {
            "root": str(root),
            "path": str(path),
            "seen": str() | None as seen,
            "new": str(new),
            "folders": int(count),
        }:
            if os.path.isabs(root) and _is_path(root) and _is_path(path):
                return Entry(root, path, temporary, seen, new, count)
    return None


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and name.startswith(PREFIX) and name[len(PREFIX) :].isalnum()


def _is_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
