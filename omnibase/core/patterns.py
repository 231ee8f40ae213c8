"""Which regular expressions a person may give to read findings from lines of output."""

import re

GROUPS = ("path", "line", "column", "code", "message", "severity")
MAX_PATTERN = 2_000  # characters


def problem(pattern: str) -> str | None:
    """What keeps a pattern from being used, or None."""
    import warnings  # only where a registry is read, or a pattern used

    if not pattern:
        return "the pattern is empty"
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has {len(pattern):,} characters, {MAX_PATTERN:,} is the most"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python will read differently one day
            compiled = re.compile(pattern)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        return f"the pattern is no regular expression: {error.msg}{at}"
    except (RecursionError, OverflowError, Warning) as error:
        return f"the pattern cannot be used: {error}"
    if compiled.search(""):
        return "the pattern is found in an empty line, and so in every line"
    unknown = next((group for group in compiled.groupindex if group not in GROUPS), None)
    return f"the group {unknown!r} has no meaning; the groups are {', '.join(GROUPS)}" if unknown else None
