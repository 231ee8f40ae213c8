"""Which regular expressions a person may give to find something in a component's output."""

import re
from collections.abc import Collection

GROUPS = ("path", "line", "column", "code", "message", "severity")
MAX_PATTERN = 2_000  # characters
MAX_REPEATS = 100_000  # all counts of a pattern multiplied: what nested ones can cost in memory

_COUNT = re.compile(r"\{(\d*)(?:,(\d*))?\}")


def problem(pattern: str, groups: Collection[str] | None = GROUPS) -> str | None:
    """What keeps a pattern from being used, or None. `groups` are the names that its groups may have, None for any.

    Never raises.
    """
    too_much = _too_much(pattern)
    if too_much is not None:  # looked at first: to compile such a pattern can be too much already
        return too_much
    import warnings  # only where a registry is read, or a pattern used

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
    if groups is None:
        return None
    unknown = next((group for group in compiled.groupindex if group not in groups), None)
    return f"the group {unknown!r} has no meaning; the groups are {', '.join(groups)}" if unknown else None


def _too_much(pattern: str) -> str | None:
    if not pattern:
        return "the pattern is empty"
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has {len(pattern):,} characters, {MAX_PATTERN:,} is the most"
    repeats = 1
    for low, high in _COUNT.findall(pattern):
        repeats *= max(int(high or low or 1), 1)
    if repeats > MAX_REPEATS:
        return f"the pattern's counted repeats come to more than {MAX_REPEATS:,} in all"
    return None
