"""Names of functions, as jobs carry them, and the functions."""

import sys
from collections.abc import Callable
from typing import Any

# Tells the parent what is being done, and to what, both counted from 1 (see `worker`).
Note = Callable[[int, int], None]


def resolve(target: str) -> Callable[..., Any]:
    """The function that "module:function" names. Raises ImportError or AttributeError."""
    module, _, name = target.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function
