"""What waits until a test lets it go on: in a plugin, or as a program."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path


def tell(name: str, text: str, root: str = ".") -> None:
    """Write a file in one step, so that who waits for it sees all of it."""
    path = os.path.join(root, name)
    Path(f"{path}.new").write_text(text)
    os.rename(f"{path}.new", path)


def wait(root: str = ".", who: str | None = None) -> None:
    """Start a child, tell its number and our own, and wait until the FIFO `gate` has been opened and closed.

    A signal's handler runs within a moment even if the signal came just before the wait began.
    """
    child = subprocess.Popen(["sleep", "1000"], cwd=root)
    fd = os.open(os.path.join(root, "gate"), os.O_RDONLY | os.O_NONBLOCK)
    tell(f"pids-{who}" if who else "pids", f"{child.pid} {os.getpid()}", root)
    while not select.select([fd], [], [], 0.05)[0]:
        pass


def be_polite() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(9))


def be_deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    {"polite": be_polite, "deaf": be_deaf, "plain": lambda: None}[sys.argv[1]]()
    wait()
