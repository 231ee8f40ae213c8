"""Rows of the programme's table about components that misbehave."""

import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.faults import ending, misbehaving, printing, state_disk
from tests.faults.children import KINDS
from tests.faults.crowd import Crowd, crowd
from tests.faults.filling import can_mount
from tests.faults.kinds import Size
from tests.faults.misbehaving import Came, Place
from tests.faults.printing import MB, printed
from tests.faults.state_disk import Hindered
from tests.faults.tools import Tool

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LANES = 4
PEER_MEGABYTES = 500


def rows(size: Size, seed: int, folder: Path, only: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Those of omnibase, each as soon as it is there."""
    if "hostile" in only or not only:
        for number, kind in enumerate(KINDS):
            runs = misbehaving.of_kind(folder / f"hostile-{number}", kind, size.hostile, lanes=_lanes(kind.name))
            yield _row(
                f"hostile child: {kind.name}", runs, [wrong for one in runs if (wrong := misbehaving.wrong(kind, one))]
            )
    if "hostile-killed" in only or not only:
        for number, kind in enumerate(KINDS):
            if kind.ends_run:
                continue
            runs = misbehaving.of_kind(folder / f"killed-{number}", kind, size.hostile, seed, lanes=_lanes(kind.name))
            yield _row(
                f"SIGKILL with a hostile child: {kind.name}", runs, [str(one) for one in runs if one.survivors.marked]
            )
    if "signals" in only or not only:
        for number in INTERRUPTS:
            for times in (1, ending.BURST):
                yield signals(folder, number, size.signals, seed, times=times)
    if "output" in only or not only:
        yield from output(folder, size.printed)
    if "crowd" in only or not only:
        many, at_once = size.crowd
        yield _crowd(crowd(folder / "crowd", many, at_once, max(many // 50, 2)))
    if ("state-disk" in only or not only) and can_mount(folder):
        yield _disk(state_disk.series(folder / "state-disk", size.state_pages))


def rows_of_peer(tool: Tool, size: Size, seed: int, folder: Path, only: frozenset[str]) -> Iterator[dict[str, Any]]:
    """What of it another tool can be compared in: signals while hooks go on, and much output."""
    if "signals" in only or not only:
        for number in (signal.SIGKILL, *INTERRUPTS):
            yield signals(folder, number, size.signals, seed, times=1, tool=tool)
    if "output" in only or not only:
        yield from output(folder, (PEER_MEGABYTES,), tool=tool)


def output(folder: Path, megabytes: Iterable[int], *, tool: Tool | None = None) -> Iterator[dict[str, Any]]:
    """A row for each kind of output and size; of other tools also for what a failing hook has printed."""
    for kind in printing.KINDS:
        place = Place(folder / f"output-{kind}", tool)
        silent = printed(place, kind, 0)
        for code in (0, 1) if tool is not None else (0,):
            for size in megabytes:
                began = time.monotonic()
                one = printed(place, kind, size * MB, code)
                yield {
                    "fault": f"{size} MB of {kind}, exit code {code}",
                    "peak MB": round(one.peak / MB, 1),
                    "more than silent MB": round((one.peak - silent.peak) / MB, 1),
                    "exit code": one.code,
                    "secrets in": [Path(path).name for path in one.leaked],
                    "sequences and commands get through": one.acting,
                    "seconds": round(time.monotonic() - began, 1),
                    "bad": [str(one)] if tool is None and (one.leaked or one.acting or not one.report) else [],
                }
        shutil.rmtree(folder / f"output-{kind}")


def signals(
    folder: Path, number: signal.Signals, runs: int, seed: int, *, times: int, tool: Tool | None = None
) -> dict[str, Any]:
    """A row for one signal, of omnibase or of another tool."""
    place = folder / f"{number.name}-{times}"
    found = ending.series(place, number, runs, seed, times=times, lanes=LANES, tool=tool)
    bad = [f"{wrong}: {one}" for one in found if (wrong := ending.wrong(number, one))] if tool is None else []
    name = f"{number.name}, stubborn components" + (f", {times} times" if times > 1 else "")
    return _row(name, found, bad) | {
        "Python's own": sum(ending.is_early(number, one) for one in found),
        "without report": sum(one.report is None for one in found),
        "longest until the end": round(max(one.seconds for one in found), 2),
    }


def _row(name: str, runs: list[Came], bad: list[str]) -> dict[str, Any]:
    return {
        "fault": name,
        "runs": len(runs),
        "landed": _how_many(one.landed for one in runs),
        "components begun": _how_many(one.begun > 0 for one in runs),
        "marked processes left": _how_many(one.survivors.marked for one in runs),
        "others left": _how_many(one.survivors.others for one in runs),
        "groups left": _how_many(one.groups for one in runs),
        "locks": _how_many(one.locks for one in runs),
        "codes": dict(Counter(str(one.code) for one in runs)),
        "seconds": [round(min(one.seconds for one in runs), 2), round(max(one.seconds for one in runs), 2)],
        "wrong": len(bad),
        "bad": bad,
    }


def _crowd(found: Crowd) -> dict[str, Any]:
    return {
        "fault": f"{found.runs} runs, {found.at_once} at a time",
        "wrong": len(found.problems),
        "attempts made again": found.retried,
        "refused by breakers": found.refused,
        "interrupted": len(found.served),
        "longest until the end": round(max(found.served), 2),
        "seconds": round(found.seconds, 1),
        "bad": list(found.problems),
    }


def _disk(found: list[Hindered]) -> dict[str, Any]:
    return {
        "fault": "full disk: .git/omnibase, with breakers, output and a report",
        "runs": len(found),
        "hindered": _how_many(not one.whole for one in found),
        "path not named": _how_many(not one.whole and not one.named for one in found),
        "codes": dict(Counter(str(one.code) for one in found)),
        "wrong": _how_many(one.problems for one in found),
        "bad": [str(one) for one in found if one.is_bad],
    }


def _how_many(values: Iterable[object]) -> int:
    return sum(bool(value) for value in values)


def _lanes(kind: str) -> int:
    return 2 if kind == "forks on and on" else LANES
