"""Calls inside a component that are tried again or guarded: to whom they tell of it.

In a worker somebody serves; elsewhere, as in a plugin's own tests, nobody does, and calls work all the same.
"""

from typing import Protocol

from omnibase.model.ports import Breakers
from omnibase.model.result import Call


class Calls(Protocol):
    """The run, as a call inside a component sees it."""

    def tell(self, call: Call) -> None:
        """Have an attempt recorded."""

    def breakers(self) -> Breakers | None:
        """The circuit breakers that runs share; None where there are none."""

    def breaker_name(self, name: str) -> str:
        """How the component's breaker of that name is called among all of the repository's."""


class Served:
    """Who serves the calls of this process: a worker, once it has its job."""

    by: Calls | None = None
