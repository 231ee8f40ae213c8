"""How long components usually take, in one small file: a run that only wants to know that opens no database.

It is written anew whenever the history is folded. Where it is not there, or not whole, the history is asked.
"""

import json
import os
from binascii import crc32
from collections.abc import Mapping
from math import isfinite

NAME = "durations.json"


def read(state: str) -> Mapping[str, float | None] | None:
    """Median seconds by component, as of the last fold; None for one without a run, or where the file does not tell."""
    try:
        with open(os.path.join(state, NAME), "rb", opener=_at_once) as file:
            checksum, _, text = file.read().partition(b" ")
        found = json.loads(text) if checksum == b"%08x" % crc32(text) else None
    except (OSError, ValueError, RecursionError):
        return None
    if type(found) is not dict or not all(one is None or type(one) is float for one in found.values()):
        return None
    if not all(one is None or isfinite(one) for one in found.values()):
        return None
    return found


def _at_once(path: str, flags: int) -> int:
    """A pipe that nobody writes to is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def write(state: str, durations: Mapping[str, float | None]) -> None:
    """Put them there in one step. Where that fails nothing is there, and the history is asked."""
    kept = {name: None if seconds is None else float(seconds) for name, seconds in durations.items()}
    text = json.dumps(kept).encode("ascii")
    path = os.path.join(state, NAME)
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(b"%08x %s" % (crc32(text), text))
        os.replace(temporary, path)
    except OSError:
        for left in (temporary, path):
            try:
                os.unlink(left)
            except OSError:
                pass  # it is not there, or cannot be removed: then old durations are as good an order as none
