"""A path as a tool prints it -> the path as a finding has it."""

import posixpath

from omnibase.core.redaction import storable


class Paths:
    """Maps what a command that ran in `root`/`cwd` prints. `root` is absolute and as the command saw it."""

    __slots__ = ("_cwd", "_known", "_root")

    def __init__(self, root: str, cwd: str = ".") -> None:
        self._root = posixpath.normpath(root) if root else "/"
        self._cwd = posixpath.join(self._root, cwd)
        self._known: dict[str, str | None] = {}

    def of(self, printed: str | None) -> str | None:
        """The path relative to the root; absolute where it lies outside; None where it is none.

        Names in angle brackets, such as `<string>` and `<stdin>`, are no paths. Bytes that are not UTF-8 stay as
        `os.fsdecode` gives them.
        """
        if not printed:
            return None
        if printed not in self._known:
            self._known[printed] = self._map(printed)
        return self._known[printed]

    def absolute(self, path: str) -> str:
        """Where a path that is meant from the command's folder lies."""
        return _normal(posixpath.join(self._cwd, path))

    def _map(self, printed: str) -> str | None:
        if "\0" in printed or (printed.startswith("<") and printed.endswith(">")):
            return None
        try:
            printed.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            printed = storable(printed)  # no file system has such a name
        path = self.absolute(printed)
        if path == self._root:
            return "."
        inside = self._root if self._root.endswith("/") else self._root + "/"
        return path[len(inside) :] if path.startswith(inside) else path


def _normal(path: str) -> str:
    """normpath keeps two leading slashes, as POSIX wants it; to the kernels we run on they are one."""
    path = posixpath.normpath(path)
    return path[1:] if path.startswith("//") else path
