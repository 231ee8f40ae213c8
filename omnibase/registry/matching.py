"""Gitignore-style globs made into one regular expression, so that a warm run needs no pathspec.

The last pattern of a list that matches a path decides, and `!` turns a pattern round. Git's further rule, that nothing
below an ignored folder can come back, is about walking through folders and does not apply here.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from omnibase.model.component import FileSet, Matcher

MAX_TURNS = 50  # how often a list may change between patterns with and without "!": each is a level of nesting


class PatternError(ValueError):
    """A text is no pattern; `index` is its place in its list, None where it is the list that cannot be used."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


def matcher(files: FileSet, exclude: Sequence[str] = ()) -> Matcher:
    """The file set made ready, with what the whole project excludes. Raises PatternError for what is no pattern."""
    excludes = dict.fromkeys(one for one in (regex(files.exclude), regex(tuple(exclude))) if one is not None)
    return Matcher(
        include=regex(files.include),
        exclude="|".join(excludes) or None,
        types=files.types,
        types_or=files.types_or,
        exclude_types=files.exclude_types,
    )


@lru_cache(maxsize=4096)
def regex(globs: tuple[str, ...]) -> str | None:
    """The patterns as one regular expression for `re.match` over a path; None without patterns.

    Raises PatternError for what is no pattern.
    """
    combined: str | None = None
    for turn, (includes, group) in enumerate(groupby(_all_translated(globs), key=lambda pair: pair[0])):
        if turn >= MAX_TURNS:
            raise PatternError(f"patterns with and without '!' take turns more than {MAX_TURNS} times")
        union = "|".join(one for _, one in group)
        if includes:
            combined = union if combined is None else f"{union}|{combined}"
        else:
            combined = f"(?!{union})(?:{combined or _NOTHING})"
    return None if combined is None else f"(?s:{combined})"


_NOTHING = "(?!)"


def _all_translated(globs: Sequence[str]) -> Iterator[tuple[bool, str]]:
    for index, glob in enumerate(globs):
        try:
            yield _translated(glob)
        except ValueError as error:
            raise PatternError(str(error), index) from error


@lru_cache(maxsize=4096)
def _translated(glob: str) -> tuple[bool, str]:
    """Whether the pattern is one without "!", and its regular expression for a match from the path's start."""
    try:
        expression, includes = _syntax().pattern_to_regex(glob)
        if expression is not None and "[" in glob:  # only a class can be wrong in ways that are not noticed before
            with warnings.catch_warnings():
                warnings.simplefilter("error", FutureWarning)  # "[[:alpha:]]": Python's classes are not the shell's
                re.compile(expression)
    except (ValueError, re.error, FutureWarning) as error:
        raise ValueError(f"{glob!r} is no pattern") from error
    if expression is None or includes is None:
        raise ValueError(f"{glob!r} is no pattern: it matches nothing")
    return includes, _mended(expression)


@lru_cache(maxsize=1)
def _syntax() -> Any:
    """pathspec's class for git's own patterns, whose name and place differ from version to version."""
    from pathspec import GitIgnoreSpec

    return type(GitIgnoreSpec.from_lines(["any"]).patterns[0])


def _mended(text: str) -> str:
    """pathspec's expression without its group names, which a union would repeat, and with `\\Z` for the end.

    `$` also matches before a line break at the end of a name, and pathspec searches where this is matched.
    """
    start = "" if text.startswith("^") else ".*"
    text = text.replace("(?P<ps_d>/)", "/").replace("/|$)", r"/|\Z)")
    return start + (text[:-1] + r"\Z" if text.endswith("$") and not text.endswith("\\$") else text)
