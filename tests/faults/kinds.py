"""The kinds of faults, and how many runs of each there are at length and in short."""

import signal
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from tests.faults.filling import Filled, fill
from tests.faults.killing import count_of_steps, kill_at, kill_at_step, moments
from tests.faults.looking import Ended
from tests.faults.template import Template


class Size(NamedTuple):
    """How many runs of a kind there are; None for steps and pages means all that there are.

    `hostile` is for each kind of hostile child, `signals` for each signal, once and in bursts; `printed` are megabytes
    of output; `crowd` is how many runs there are on one repository, and how many of them at once.
    """

    kills: dict[str, int]
    repeated: int
    commits: int
    edits: int
    steps: dict[str, int | None]
    pages: tuple[int, ...] | None = None
    hostile: int = 100
    signals: int = 300
    printed: tuple[int, ...] = (1024, 5 * 1024)
    crowd: tuple[int, int] = (1000, 50)
    state_pages: tuple[int, ...] | None = None


SIZES = {
    "long": Size(
        {"SIGKILL": 200, "SIGINT": 100, "SIGTERM": 100, "SIGHUP": 100}, 100, 50, 100, {"SIGKILL": 200, "SIGTERM": 100}
    ),
    "short": Size(
        {"SIGKILL": 8, "SIGINT": 4, "SIGTERM": 4, "SIGHUP": 4},
        6,
        3,
        6,
        {"SIGKILL": 4, "SIGTERM": 2},
        pages=(4, 60),
        hostile=2,
        signals=4,
        printed=(64,),
        crowd=(60, 20),
        state_pages=(0, 1, 3, 8, 20, 60),
    ),
}


def kills(template: Template, number: signal.Signals, wanted: int, seed: int, *, times: int = 1) -> list[Ended]:
    """So many runs that got the signal while they went on; every other one with all of its process group."""
    landed: list[Ended] = []
    for turn, moment in enumerate(moments(wanted, template.seconds, seed + number)):
        ended = kill_at(template, number, moment, group=turn % 2 == 1, times=times)
        landed += [ended] if ended.landed else []
        if len(landed) == wanted:
            return landed
        assert turn < 5 * wanted + 20, "most runs end before the signal is sent: the machine is much faster now"
    raise AssertionError


def steps(template: Template, number: signal.Signals, wanted: int | None) -> list[Ended]:
    """Runs that got the signal at each of their steps, or at so many of them, evenly spread."""
    if wanted is not None:
        every = max(1, count_of_steps(template) // wanted)
        at: Iterator[int] = iter(range(1 + every // 2, every * wanted + 1, every))
    else:
        at = count(1)
    found = []
    for turn, step in enumerate(at):
        ended = kill_at_step(template, number, step, group=turn % 2 == 1)
        if not ended.landed:
            break
        found.append(ended)
    return found


def pages(template: Template, place: str, wanted: tuple[int, ...] | None) -> list[Filled]:
    """Runs with so many free pages, or with 0, 1, 2 ... until two do all that they do on a disk with space.

    With nothing at all one may be unhindered, too, as another place is taken.
    """
    found = []
    for number in wanted or count():
        filled = fill(template, place, number)
        found.append(filled)
        if wanted is None and all(one.is_unhindered for one in found[-2:]) and number:
            break
    return found
