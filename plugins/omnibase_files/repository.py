"""What should not enter a repository: conflict markers, private keys, large files."""

import re
from collections.abc import Iterator

from omnibase.api import FileSet, Finding, SourceFile, validator

TEXT = FileSet(types=("text",))
# Seven of a kind, then the end of the line, or a blank and a label (git's default marker size).
MARKER = rb"(<{7}|\|{7}|={7}|>{7})(?: |\r?\n?\Z)"
# RFC 7468, RFC 4716, RFC 9580, and the formats of OpenSSL, OpenSSH, PuTTY and OpenVPN.
PRIVATE_KEY = (
    rb"BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?|PuTTY-User-Key-File-[0-9]|BEGIN OpenVPN Static key V[0-9]"
)


@validator(name="check-merge-conflict", version="1.0.0", lifecycle="stable", tags=["pre-commit", "git"], files=TEXT)
def check_merge_conflict(file: SourceFile, *, assume_in_merge: bool = False) -> Iterator[Finding]:
    """Find the markers that git leaves in files with conflicts.

    A line of seven equals signs underlines a heading as often as it parts two sides, so it counts only between the
    markers of a conflict; with `assume_in_merge` it counts everywhere.
    """
    data = file.data
    if b"<<<<<<<" not in data and b">>>>>>>" not in data and not (assume_in_merge and b"=======" in data):
        return
    inside = assume_in_merge
    for number, line in enumerate(file.lines, 1):
        match = re.match(MARKER, line)
        if match is None:
            continue
        marker = match[1].decode()
        if marker[0] in "<>":
            inside = assume_in_merge or marker[0] == "<"
        elif not inside:
            continue
        yield Finding(f"merge conflict marker {marker}", file.path, number, 1, code="check-merge-conflict")


@validator(name="detect-private-key", version="1.0.0", lifecycle="stable", tags=["pre-commit", "security"], files=TEXT)
def detect_private_key(file: SourceFile) -> Iterator[Finding]:
    """Find the first lines of private keys."""
    data = file.data
    if not (b"PRIVATE KEY" in data or b"PuTTY-User-Key-File-" in data or b"OpenVPN Static key" in data):
        return
    for number, line in enumerate(file.lines, 1):
        for match in re.finditer(PRIVATE_KEY, line):
            column = len(line[: match.start()].decode("utf-8", "replace")) + 1
            message = f"a private key starts here ({match[0].decode()})"
            yield Finding(message, file.path, number, column, code="detect-private-key")


@validator(
    name="check-added-large-files", version="1.0.0", lifecycle="stable", tags=["pre-commit", "git"], files=FileSet()
)
def check_added_large_files(file: SourceFile, *, max_kb: int = 500, enforce_all: bool = False) -> Iterator[Finding]:
    """Find new files that are too large.

    `max_kb` is in units of 1,024 bytes, a started one counted whole. With `enforce_all` files that are not new
    count too. The content is not read.
    """
    size = -(-file.size // 1024)
    if size > max_kb and (file.added or enforce_all):
        message = f"{size:,} KB, and {max_kb:,} KB are allowed"
        yield Finding(message, file.path, code="check-added-large-files")
