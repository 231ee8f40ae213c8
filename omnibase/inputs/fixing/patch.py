"""A change of a file as text, to be looked at or given to `git apply`."""

_MOST_LINES = 2_000  # difflib takes 0.15 s for so many where every other one changed, and 2 s for 8,000; git 5 ms
_LIMIT_S = 10.0


def unified_diff(path: str, old: bytes, new: bytes, scratch: str | None = None) -> str:
    """The change as a unified diff, empty where there is none.

    Lines end at LF alone, as for git. Bytes that are not UTF-8 are shown as escapes such as \\xff: such a diff is
    for reading only. Content with a NUL, or so much that git cannot say within seconds how it differs, is only said
    to differ. `scratch` is a folder for temporary files.
    """
    if old == new:
        return ""
    one, other = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    if b"\0" in old or b"\0" in new:
        return f"Binary files {one} and {other} differ\n"
    if max(old.count(b"\n"), new.count(b"\n")) > _MOST_LINES:
        hunks = _hunks_of_git(old, new, scratch)
        if hunks is None:
            return f"Files {one} and {other} differ\n"
        return f"--- {one}\n+++ {other}\n{hunks.decode('utf-8', 'backslashreplace')}"
    import difflib

    diff = difflib.unified_diff(_lines(old), _lines(new), one, other)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shortened(diff: str, limit: int = 200) -> str:
    """The first lines of a diff, `limit` at most; where there are more, a last one says how many."""
    lines = diff.split("\n", limit)
    rest = lines.pop() if len(lines) > limit else ""
    if not rest:
        return diff
    more = rest.count("\n") + (not rest.endswith("\n"))
    return "\n".join(lines) + f"\n... and {more} more line{'s' if more > 1 else ''}\n"


def _hunks_of_git(old: bytes, new: bytes, scratch: str | None) -> bytes | None:
    """What follows the two lines with the names; None where git gives none, or not in time."""
    from omnibase.inputs.fixing.aside import ask_aside
    from omnibase.model.errors import ExecutionError

    arguments = ("diff", "--no-index", "--no-color", "--no-ext-diff", "--text", "--unified=3", "--", "old", "new")
    try:
        done = ask_aside({"old": old, "new": new}, arguments, scratch=scratch, limit_s=_LIMIT_S)
    except ExecutionError:
        return None
    if done is None or done.returncode != 1:
        return None
    lines = done.stdout.split(b"\n")
    start = next((number for number, line in enumerate(lines) if line.startswith(b"@@ ")), len(lines))
    # what git adds to the numbers of a hunk, the function that it lies in, difflib does not know
    return b"\n".join(
        b"@@".join(line.split(b"@@")[:2]) + b"@@" if line[:2] == b"@@" else line for line in lines[start:]
    )


def _lines(data: bytes) -> list[str]:
    *whole, last = data.decode("utf-8", "surrogateescape").split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _quoted(path: str) -> str:
    """As git writes names into a diff: in C's manner where one would not fit a line, and a tab ends one with spaces."""
    data = path.encode("utf-8", "surrogateescape")
    try:
        data.decode("utf-8")
        plain = min(data) >= 0x20 and not {0x22, 0x5C, 0x7F} & set(data)
    except UnicodeDecodeError:
        plain = False
    if plain:
        return f"{path}\t" if " " in path else path
    safe = (chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}" for byte in data)
    return f'"{"".join(safe)}"'
