"""A change of a file as text, to be looked at or given to `git apply`."""


def unified_diff(path: str, old: bytes, new: bytes) -> str:
    """The change as a unified diff, empty where there is none.

    Lines end at LF alone, as for git. Bytes that are not UTF-8 are shown as escapes such as \\xff: such a diff is
    for reading only. Content with a NUL is only said to differ.
    """
    if old == new:
        return ""
    one, other = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    if b"\0" in old or b"\0" in new:
        return f"Binary files {one} and {other} differ\n"
    import difflib

    diff = difflib.unified_diff(_lines(old), _lines(new), one, other)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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
