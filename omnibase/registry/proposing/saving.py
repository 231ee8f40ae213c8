"""Puts a new file in its place: whole, and never over one that is there."""

import os
from collections.abc import Callable


def save(path: str, content: bytes, check: Callable[[str], None]) -> None:
    """Write the content beside `path`, let `check` look at that file, and give it its name.

    Raises what `check` raises, FileExistsError where there is something under that name, and OSError; then nothing
    was written.
    """
    temporary = os.path.join(os.path.dirname(path), f".omnibase-init-{os.urandom(8).hex()}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        check(temporary)
        try:
            os.link(temporary, path)  # unlike a rename, it does not replace what came into being meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            _copy(path, content)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _copy(path: str, content: bytes) -> None:
    with open(path, "xb") as file:
        try:
            file.write(content)
        except OSError:
            os.unlink(path)
            raise
