"""file-inventory: how many files, bytes and lines of which type there are."""

from omnibase.api import Context, Result, SourceFile, Status, tool

Counts = dict[str, int]


@tool(name="file-inventory", version="1.0.0", lifecycle="canary", tags=["inventory"], idempotent=True)
def file_inventory(ctx: Context) -> Result:
    """Count files, bytes and lines by type.

    The value has `files`, `bytes` and `lines` in all, and under `types` the same for each type, by the words that
    `files: {types: [...]}` uses in a registry. A file with several types (a notebook is text, jupyter and json)
    counts for each of them. A binary file, or one of no known type with a NUL byte in it, has no lines.
    """
    total = _nothing()
    types: dict[str, Counts] = {}
    source: SourceFile
    for source in ctx.source_files():
        lines = _lines(source)
        counted = [total]
        counted += (types.setdefault(tag, _nothing()) for tag in source.tags - {"file", "non-executable"})
        for counts in counted:
            counts["files"] += 1
            counts["bytes"] += source.size
            counts["lines"] += lines
    ordered = dict(sorted(types.items(), key=lambda item: (-item[1]["bytes"], item[0])))
    for name, counts in [("in all", total), *ordered.items()]:
        ctx.log(f"{name:24} {counts['files']:8,} files {counts['lines']:12,} lines {counts['bytes']:15,} bytes")
    return Result(Status.PASS, value={**total, "types": ordered}, files=total["files"])


def _nothing() -> Counts:
    return {"files": 0, "bytes": 0, "lines": 0}


def _lines(source: SourceFile) -> int:
    """Lines end in LF, CRLF or CR; what follows the last ending is a line too."""
    if "binary" in source.tags or ("text" not in source.tags and b"\0" in source.data):
        return 0
    data = source.data
    endings = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
    return endings + (not data.endswith((b"\n", b"\r")) and bool(data))
