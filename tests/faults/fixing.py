"""The fixers of the fault programme as functions, and as the program that the repository of a scenario has in `hooks/`.

Nothing but the standard library is imported here: a copy of this file is committed and run in that repository.
"""

import hashlib
import os
import re
import sys
import time


def strip(content: bytes) -> bytes:
    """Without blanks at the end of a line."""
    return re.sub(rb"[ \t]+(?=\r?\n|\Z)", b"", content)


def end(content: bytes) -> bytes:
    """With exactly one line ending at the end, of the kind that the file has."""
    bare = content.rstrip(b"\r\n")
    return bare + (b"\r\n" if b"\r\n" in content else b"\n") if bare else b""


def upper(content: bytes) -> bytes:
    """With TODO in capitals."""
    return content.replace(b"todo", b"TODO")


FIXERS = {"strip": strip, "end": end, "upper": upper}


def fix(name: str, paths: list[str]) -> int:
    """Write each file in place, as most fixers do; 1 if one changed."""
    changed = False
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        fixed = FIXERS[name](content)
        if fixed != content:
            changed = True
            with open(path, "wb") as file:
                for line in fixed.splitlines(keepends=True):
                    file.write(line)
    return int(changed)


def check(name: str, paths: list[str]) -> int:
    """1 if there is something to fix in one of the files."""
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if FIXERS[name](content) != content:
            return 1
    return 0


def read(seconds: float, paths: list[str]) -> int:
    """Read for a while. Whoever ends without ending this leaves a process behind that shows: it stays."""
    parent = os.getppid()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path in paths:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    file.read()
        time.sleep(0.005)
        if os.getppid() != parent:
            time.sleep(20)
    return 0


def see(_: str, paths: list[str]) -> int:
    """Print the name that git gives to what is seen of each file (`*.dos` has CRLF here, and LF in git)."""
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if path.endswith(".dos"):
            content = content.replace(b"\r\n", b"\n")
        print(hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(), ascii(path))
    return 0


def main(action: str, what: str, *paths: str) -> int:
    if action == "read":
        return read(float(what), list(paths))
    return {"fix": fix, "check": check, "see": see}[action](what, list(paths))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
