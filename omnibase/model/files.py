"""A file as a single-file check sees it."""

from collections.abc import Callable


class SourceFile:
    """One file, read at most once however many checks look at it.

    `path` is relative to the repository's root, as `os.fsdecode` gives it. `size` is in bytes and costs no read.
    `tags` are identify's. `added` is True where the file is new in what is checked (staged for addition), or where
    that cannot be known.
    """

    __slots__ = ("_data", "_lines", "_read", "added", "executable", "path", "size", "tags")

    def __init__(
        self,
        path: str,
        read: Callable[[], bytes],
        *,
        size: int,
        executable: bool = False,
        tags: frozenset[str] = frozenset(),
        added: bool = True,
    ) -> None:
        self.path = path
        self.size = size
        self.executable = executable
        self.tags = tags
        self.added = added
        self._read = read
        self._data: bytes | None = None
        self._lines: list[bytes] | None = None

    @classmethod
    def of(cls, path: str, data: bytes, *, executable: bool = False, added: bool = True) -> "SourceFile":
        """A file with the given content, for tests and for contents that are in memory already."""
        return cls(path, lambda: data, size=len(data), executable=executable, added=added)

    @property
    def data(self) -> bytes:
        """The whole content, in bytes. Raises OSError if the file cannot be read."""
        if self._data is None:
            self._data = self._read()
        return self._data

    @property
    def lines(self) -> list[bytes]:
        """The content in lines, each with its ending (LF, CRLF or CR as `bytes.splitlines` has them)."""
        if self._lines is None:
            self._lines = self.data.splitlines(keepends=True)
        return self._lines

    def text(self) -> str:
        """The content as UTF-8. Raises UnicodeDecodeError."""
        return self.data.decode("utf-8")
