"""The registry as the last run resolved it, kept in the user's cache folder, so that the next one parses nothing.

A file has three parts: a line of JSON that says what it is good for, the registry's file as it was, and the resolved
registry as JSON. It is used only while the file's bytes, the plugins' files, omnibase and Python are the same.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

from omnibase.core.encoding import decode, encode
from omnibase.model.registry import Registry

Json = Any
FORMAT = 3
MAX_BYTES = 64 << 20
CLOCK_GRAIN = 20_000_000  # nanoseconds: a file's time may lag so far behind the clock


def load(cache_dir: str, file: str, version: str) -> Registry | None:
    """The registry that was saved for this file and omnibase's version; None where there is none to be trusted.

    `file` is the registry's absolute path. Nothing is raised, whatever is in the folder.
    """
    try:
        if not _is_ours(os.lstat(cache_dir), stat.S_ISDIR):
            return None
        data = _read(_path(cache_dir, file), MAX_BYTES, trusted=True)
        head, _, body = data.partition(b"\n")
        header = json.loads(head)
        size = header["size"]
        if (
            header["identity"] != _identity(version, file)
            or crc32(body) != header["crc"]
            or any(_stamp(path) != stamp for path, stamp in header["watched"].items())
            or _read(file, size, trusted=False) != body[:size]
        ):
            return None
        return decode(Registry, json.loads(body[size:]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def save(
    cache_dir: str, file: str, registry: Registry, version: str, watched: Sequence[str], *, content: bytes, since: int
) -> bool:
    """Keep the registry for the next run; False where that could not be relied on. Raises OSError.

    `content` are the bytes that it was resolved from. `watched` are the files and folders whose change makes it stale;
    nothing is kept if one of them changed after `since`, the time in nanoseconds (`time.time_ns`) at which reading
    began, because what was read may then be either.
    """
    try:
        stamps = {path: _stamp(path) for path in watched}
        if any(stamp is not None and stamp[0] >= since - CLOCK_GRAIN for stamp in stamps.values()):
            return False
        payload = json.dumps(encode(registry), separators=(",", ":"), allow_nan=False).encode("ascii")
        body = content + payload
        header = {
            "identity": _identity(version, file),
            "size": len(content),
            "crc": crc32(body),
            "watched": stamps,
        }
        _make_folder(cache_dir)
        if not _is_ours(os.lstat(cache_dir), stat.S_ISDIR):
            return False
        _write(_path(cache_dir, file), json.dumps(header).encode("ascii") + b"\n" + body)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _identity(version: str, file: str) -> list[Json]:
    """Whose the form is: another environment may have other plugins by the same names.

    Two installations from source may have the same version; this module's own file tells them apart.
    """
    python = [*sys.version_info[:3], sys.prefix, os.environ.get("PYTHONPATH")]
    return [FORMAT, version, _stamp(__file__), python, file]


def _path(cache_dir: str, file: str) -> str:
    """Where a registry's form is kept. Should two ever share a place, the header tells them apart."""
    place = os.fsencode(f"{sys.prefix}\0{file}")
    return os.path.join(cache_dir, f"registry-{crc32(place):08x}{crc32(place[::-1]):08x}")


def _stamp(path: str) -> list[int] | None:
    """What changes when a file does: its time in nanoseconds, size and inode; None where there is no file."""
    try:
        status = os.stat(os.fsencode(path))
    except OSError:
        return None
    return [status.st_mtime_ns, status.st_size, status.st_ino]


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether it is of the kind, and nobody else could have written it."""
    return is_kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _read(path: str, limit: int, *, trusted: bool) -> bytes:
    """The content of a regular file. Raises OSError, and ValueError for one that is longer or, if asked, not ours."""
    extra = os.O_NOFOLLOW if trusted else 0
    fd = os.open(os.fsencode(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | extra)
    try:
        status = os.fstat(fd)
        if trusted and not _is_ours(status, stat.S_ISREG):
            raise ValueError("not ours")
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            raise ValueError("no such file")
        with os.fdopen(fd, "rb", closefd=False) as opened:
            return opened.read(limit + 1)
    finally:
        os.close(fd)


def _make_folder(path: str) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass


def _write(path: str, data: bytes) -> None:
    """Put the data there in one step, so that a reader finds the old file or the new one."""
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as opened:
            opened.write(data)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
