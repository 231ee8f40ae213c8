"""The nearest right spelling of a name."""

from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like the name, or None where none is like it."""
    from difflib import get_close_matches  # only a mistake pays for it

    return next(iter(get_close_matches(name, list(candidates), n=1, cutoff=0.6)), None)
