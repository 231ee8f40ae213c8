"""Three-way merging of contents, as git does it."""

from omnibase.inputs.fixing.aside import ask_aside

_LIMIT_S = 60.0


def merge(base: bytes, ours: bytes, theirs: bytes, scratch: str | None = None) -> bytes | None:
    """What both `ours` and `theirs` made of `base`; None where they changed the same lines, or one is no text.

    Lines end at LF alone, and every byte stays. `scratch` is a folder for temporary files. Raises ExecutionError where
    git cannot be started or there is no room.
    """
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if any(b"\0" in content for content in (base, ours, theirs)):
        return None
    contents = {"ours": ours, "base": base, "theirs": theirs}
    done = ask_aside(contents, ("merge-file", "-p", "-q", *contents), scratch=scratch, limit_s=_LIMIT_S)
    return done.stdout if done is not None and done.returncode == 0 else None
