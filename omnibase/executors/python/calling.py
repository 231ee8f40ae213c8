"""Calls inside components, told by the worker that they are made in: lines before its answer, in the answer's pipe."""

import json
import os
from _thread import allocate_lock
from collections.abc import Callable
from typing import Any

from omnibase.core.encoding import decode, encode
from omnibase.executors.python.resolving import resolve
from omnibase.model.calls import Served
from omnibase.model.ports import Breakers
from omnibase.model.result import Call

Json = Any

# So many are told of by one worker, each with so much of what was wrong (characters).
MOST_CALLS = 1000
MOST_WORDS = 500
# So long a worker waits for the breakers' store, which other runs may hold (seconds).
BREAKERS_WAIT = 2.0


class Calling:
    """Serves the calls of a worker.

    `names` are the components of its job, in their order, and `at` tells which one of them is at work, counted from 1.
    `store` is the "module:class" of the breakers and the folder that they are in, or None.
    """

    def __init__(self, answer: int, names: list[str], store: list[str] | None, at: Callable[[], int]) -> None:
        self._answer = answer
        self._names = names
        self._store = store
        self._at = at
        self._told = 0
        self._writing = allocate_lock()  # the component's threads tell, too
        self._breakers: Breakers | None = None

    def tell(self, call: Call) -> None:
        self._told += 1
        if self._told > MOST_CALLS:
            return
        error, why = (text and text[:MOST_WORDS] for text in (call.error, call.why))
        line = json.dumps({"of": self._at(), "call": encode(call._replace(error=error, why=why))})
        view = memoryview(f"{line}\n".encode("ascii"))
        with self._writing:  # a pipe takes no more than 4 KB in one piece
            while view:
                view = view[os.write(self._answer, view) :]

    def breakers(self) -> Breakers | None:
        if self._breakers is None and self._store is not None:
            door, folder = self._store
            self._breakers = resolve(door)(folder, wait=BREAKERS_WAIT)
        return self._breakers

    def breaker_name(self, name: str) -> str:
        at = self._at()
        return f"{self._names[at - 1]}/{name}" if 0 < at <= len(self._names) else name


def serve(answer: int, order: Json, at: Callable[[], int]) -> None:
    """Have the calls of this process told and guarded, as the order says."""
    Served.by = Calling(answer, order["names"], order["breakers"], at)


def split(data: bytes) -> tuple[bytes, list[tuple[int, Call]]]:
    """The answer itself, and the calls that were told before it: of which component, counted from 1.

    Raises ValueError where somebody else has written into the pipe.
    """
    *lines, last = data.split(b"\n")
    calls = []
    for line in lines:
        told = json.loads(line)
        if not isinstance(told, dict) or not isinstance(told.get("of"), int):
            raise ValueError("no call is told like that")
        calls.append((told["of"], decode(Call, told.get("call"))))
    return last, calls
