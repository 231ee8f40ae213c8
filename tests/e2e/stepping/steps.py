"""Runs to be stepped through, and what is waited for at their terminals."""

from collections.abc import Callable
from typing import Any

from tests.dialogue import Dialogue
from tests.e2e.driving import Repo

Json = Any
Start = Callable[..., Dialogue]
STEP, FAILED, SHELL = r"^\(step\) ", r"^\(failed\) ", r"^shell> "


def statuses(found: dict[str, Json]) -> dict[str, str]:
    return {name: result["status"] for name, result in found.items()}


def three(repo: Repo) -> None:
    """One that passes, one that passes once there is a file or a variable for that, one that needs the first."""
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: [echo, hello, "{files}"]}
          - {name: second, lifecycle: stable, shell: true, command: ['test -e mended || test -n "$MENDED"']}
          - {name: third, lifecycle: stable, command: ["true"], needs: [first]}
        """)
