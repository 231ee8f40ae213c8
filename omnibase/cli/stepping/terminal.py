"""The terminal of the person who steps through: lines are read from it and text is written to it, whatever stdin is."""

import os

from omnibase.model.errors import ConfigurationError

CHUNK = 4096  # bytes; more than a line of a terminal has (termios(3), "Canonical and noncanonical mode")


class Terminal:
    """A terminal in its usual mode, in which it edits lines. `fd` is read from without blocking, `out` written to.

    `over` says why no more lines come: "eof" when the person said so by ^D, "gone" when there is no terminal any more.
    """

    def __init__(self, path: str, encoding: str) -> None:
        """Raises OSError where it cannot be opened."""
        # Two descriptions of one terminal: a write waits for it to take the text, a read waits for nobody.
        self.out = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            self.fd = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            os.close(self.out)
            raise
        self.encoding = encoding
        self._read = b""
        self.over: str | None = None

    @classmethod
    def found(cls, encoding: str | None) -> "Terminal":
        """That of standard input and standard error, else the one that this process belongs to, as in a git hook.

        Raises ConfigurationError where there is none.
        """
        path = os.ctermid()
        try:
            if os.isatty(0) and os.isatty(2):
                path = os.ttyname(0)  # by its name where it has one here: macOS cannot wait for /dev/tty
        except OSError:
            pass  # it belongs to another container
        try:
            return cls(path, encoding or "utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"there is no terminal to ask at: {path}: {error.strerror}",
                remedy="leave out --step and --break where nobody looks on; `--dry-run` shows what would run",
            ) from None

    @property
    def width(self) -> int:
        """Its columns, as they are now."""
        try:
            return os.get_terminal_size(self.out).columns
        except OSError:  # it is gone, and nobody sees how wide the text is
            return 80

    def line(self) -> str | None:
        """The next line without its end, once the person has ended it; None until then, and when none come any more."""
        while b"\n" not in self._read and self.over is None:
            try:
                data = os.read(self.fd, CHUNK)
            except BlockingIOError:
                return None
            except OSError:  # EIO: it was hung up
                data = b""
            if not data:
                self.over = "eof" if self._is_there() else "gone"
            self._read += data.replace(b"\r", b"\n")
        line, end, rest = self._read.partition(b"\n")
        if not end:
            return None
        self._read = rest
        return os.fsdecode(line)

    def write(self, text: str) -> None:
        """Show text that is safe to show."""
        data = memoryview(text.encode(self.encoding, "backslashreplace"))
        try:
            while data:
                data = data[os.write(self.out, data) :]
        except OSError:
            pass  # it was hung up: who reads from it hears of that, too

    def close(self) -> None:
        os.close(self.fd)
        os.close(self.out)

    def _is_there(self) -> bool:
        import termios

        try:
            termios.tcgetattr(self.fd)
        except termios.error:
            return False
        return True
