"""What becomes of a fix: it goes into the user's file where that is safe, and is shown as a patch where it is not."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from omnibase.inputs.fixing.patch import shortened, unified_diff
from omnibase.inputs.fixing.terms import Terms
from omnibase.inputs.view.comparing import read
from omnibase.inputs.writing import door
from omnibase.model.errors import ExecutionError
from omnibase.model.record import Record

Json = Any


# A diff that is longer is for nobody to read: its end is cut off.
MOST_LINES = 10_000


class Mended(Record):
    """`changed` says that the user's file holds the fix; `problem` why it does not. `patch` is the fix as a diff."""

    changed: bool
    patch: str
    problem: str | None = None


def mend(root: str, path: str, seen: bytes, new: bytes, terms: Mapping[str, Json] | None = None) -> Mended:
    """Bring the fix from `seen` to `new` into the file `path` below `root`.

    `terms` are the fields of `Terms`, as JSON has them: workers are told in it.
    """
    return apply(root, path, seen, new, Terms(**(terms or {})))


def apply(root: str, path: str, seen: bytes, new: bytes, terms: Terms, executable: bool | None = None) -> Mended:
    """`mend` with a mode, where that was changed."""
    patch = shortened(unified_diff(path, seen, new, terms.scratch), MOST_LINES)
    if terms.preview:
        return Mended(False, patch)
    if terms.shadow is None:
        problem = _write(root, path, seen, new, terms, executable)
        return Mended(problem is None, patch, problem)
    try:
        with _kept(terms.shadow, path, new, executable) as keep:
            problem = _write(root, path, seen, new, terms, executable)
            if problem is None:
                keep()
    except OSError as error:
        problem = f"it cannot be kept among what is staged: {error.strerror}"
    return Mended(problem is None, patch, problem)


def _write(root: str, path: str, seen: bytes, new: bytes, terms: Terms, executable: bool | None) -> str | None:
    """Why the fix could not be brought into the file, or None."""
    if path not in terms.unstaged:
        mine = read(os.path.join(root, path)) if terms.shadow is not None else None
        if mine is not None and mine != seen and _lines(mine) == _lines(seen):
            seen, new = mine, _with_ends_of(mine, new)
        return door.write(root, path, seen, new, ledger=terms.ledger, executable=executable).problem
    mine = read(os.path.join(root, path))
    if mine is None:
        return "it is staged, and not in the working tree"
    from omnibase.inputs.fixing.merging import merge

    try:
        merged = merge(seen, mine, new, terms.scratch)
    except ExecutionError as error:
        return f"it cannot be merged: {error.message}"
    if merged is None:
        return "it conflicts with changes that are not staged"
    if merged == mine and executable is None:
        return None if terms.restage else "the working tree has it already, and it is not staged: `git add` the file"
    return door.write(root, path, mine, merged, ledger=terms.ledger, executable=executable).problem


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def _with_ends_of(mine: bytes, new: bytes) -> bytes:
    """The content with the line ends that the file has: git, which converts them, takes others as no change."""
    ends = b"\r\n" if b"\r\n" in mine else b"\n"
    return _lines(new).replace(b"\n", ends)


@contextmanager
def _kept(shadow: str, path: str, content: bytes, executable: bool | None) -> Iterator[Callable[[], None]]:
    """The fixed content for the shadow, for whoever looks at what is staged after this; in one step, with its mode.

    It is written first, so that a full disk is known before the user's file is touched. Raises OSError.
    """
    whole = os.path.join(shadow, path)
    mode = os.lstat(whole).st_mode & 0o777
    if executable is not None:
        mode = mode | 0o111 if executable else mode & ~0o111
    temporary = f"{shadow}.{os.getpid()}"  # beside the folder, where no name is a file's of the user
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        yield lambda: os.replace(temporary, whole)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
