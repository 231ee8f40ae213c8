"""The fault programme at length, its table printed.

    python -m tests.faults.programme --long [--tool prek] [--json OUT]

For omnibase, it is what the tests of this folder do, half of the runs with --restage; other tools are run for
comparison, by the same code.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.faults import resilience
from tests.faults.filling import PLACES, Filled, can_mount
from tests.faults.kinds import SIZES, Size, kills, pages, steps
from tests.faults.looking import Ended
from tests.faults.template import Template
from tests.faults.tools import Tool, commit, environment, omnibase, peer
from tests.faults.while_editing import Edited, edited

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def row(name: str, runs: list[Ended]) -> dict[str, Any]:
    """A row of the table: in how many of the runs what is promised did not hold."""
    return {
        "fault": name,
        "runs": len(runs),
        "with fixes done": _how_many(ended.fixed > 0 for ended in runs),
        "files": _how_many(ended.deviation.files for ended in runs),
        "permissions": _how_many(ended.deviation.modes for ended in runs),
        "work gone": _how_many(ended.lines > 0 for ended in runs),
        "work gone, not named": _how_many(ended.lines > 0 and not ended.named for ended in runs),
        "index": _how_many(ended.deviation.entries for ended in runs),
        "git": _how_many(ended.deviation.kept for ended in runs),
        "locks": _how_many(ended.locks for ended in runs),
        "mounts": _how_many(ended.mounts for ended in runs),
        "outlived": _how_many(ended.outlived for ended in runs),
        "beside files": _how_many(ended.temporaries for ended in runs),
        "left": _how_many(ended.left for ended in runs),
        "next run": _how_many(ended.next and ended.next.is_bad for ended in runs),
        "codes": _counted(ended.code for ended in runs),
        "fixes untold": _how_many(ended.untold for ended in runs),
        "without report": _how_many(not ended.report for ended in runs),
        "fixed, without report": _how_many(ended.fixed and not ended.report for ended in runs),
        "bad": [ended._asdict() for ended in runs if ended.is_bad],
    }


def _how_many(values: Iterable[object]) -> int:
    return sum(bool(value) for value in values)


def _counted(values: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[str(value)] = counts.get(str(value), 0) + 1
    return counts


def programme(tools: list[Tool], size: Size, seed: int, folder: Path, only: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Each row as soon as it is there. Each of the tools gets its share of the runs."""
    share = len(tools)
    home = environment(folder / "home")
    templates = [Template(tool, folder / str(number), home) for number, tool in enumerate(tools)]
    first = templates[0]
    yield {"tool": first.tool.name, "version": first.tool.version(), "seconds": first.seconds, "seed": seed}
    for number in SIGNALS:
        if wants(only, number.name):
            wanted = size.kills[number.name] // share
            yield row(number.name, [run for one in templates for run in kills(one, number, wanted, seed)])
    if wants(only, "repeated"):
        wanted = size.repeated // share
        runs = [run for one in templates for run in kills(one, signal.SIGINT, wanted, seed, times=10)]
        yield row("SIGINT, ten times", runs)
    if wants(only, "steps") and first.tool.is_ours:
        for number in (signal.SIGKILL, signal.SIGTERM):
            at = size.steps[number.name]
            runs = [run for one in templates for run in steps(one, number, at and at // share)]
            yield row(f"{number.name} at steps", runs)
    if wants(only, "commits") and first.tool.is_ours:
        committing = Template(commit(), folder / "commits", home)
        for number in (signal.SIGKILL, signal.SIGINT):
            yield row(f"{number.name} of git commit", kills(committing, number, size.commits, seed))
    if first.tool.is_ours:
        yield from resilience.rows(size, seed, folder, only)
    else:
        yield from resilience.rows_of_peer(first.tool, size, seed, folder, only)
    if wants(only, "edits"):
        calm = [Template(tool, folder / f"edits-{tool.restage}", home, conflicting=False) for tool in tools]
        yield _edits([edited(one, size.edits // share, seed) for one in calm])
    if wants(only, "disk") and can_mount(folder):
        for place in PLACES if first.tool.is_ours else PLACES[:2]:
            wanted_pages = size.pages if first.tool.is_ours else tuple(range(60))
            yield _disk(place, [run for one in templates for run in pages(one, place, wanted_pages)])


def wants(only: frozenset[str], what: str) -> bool:
    return not only or what in only


def _edits(found: list[Edited]) -> dict[str, Any]:
    return {
        "fault": "edits",
        "runs": sum(one.runs for one in found),
        "edits": sum(len(one.account.confirmed) for one in found),
        "fixes": sum(one.fixes for one in found),
        "lost lines": sum(len(one.account.lost) for one in found),
        "lost bytes": sum(one.lost_bytes for one in found),
        "elsewhere": sum(len(one.account.elsewhere) for one in found),
        "twice": sum(len(one.account.twice) for one in found),
        "others": [path for one in found for path in one.others],
        "left": [path for one in found for path in one.left],
        "folders": [one.folder for one in found],
    }


def _disk(place: str, found: list[Filled]) -> dict[str, Any]:
    return {
        "fault": f"full disk: {place}",
        "runs": len(found),
        "files": sum(bool(one.deviation.files) for one in found),
        "permissions": sum(bool(one.deviation.modes) for one in found),
        "index": sum(bool(one.deviation.entries) for one in found),
        "left": sum(bool(one.left) for one in found),
        "codes": _counted(one.code for one in found),
        "not told": sum(not one.whole and not one.told for one in found),
        "bad": [one._asdict() for one in found if one.is_bad],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", choices=["omnibase", "pre-commit", "prek"], default="omnibase")
    parser.add_argument("--bin", help="the folder of the other tools; default: PATH")
    parser.add_argument("--program", help="another omnibase than the one that is installed here")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--all-steps", action="store_true", help="end a run at each of its steps")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        help="SIGKILL, SIGINT, SIGTERM, SIGHUP, repeated, steps, commits, edits, disk; of components that misbehave:"
        " hostile, hostile-killed, signals, output, crowd, state-disk",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write all that was found to this file, too")
    given = parser.parse_args()
    if given.tool == "omnibase":
        tools = [omnibase(program=given.program), omnibase(program=given.program, restage=True)]
    else:
        tools = [peer(given.tool, given.bin)]
    size = SIZES["long" if given.long else "short"]
    if given.all_steps:
        size = size._replace(steps=dict.fromkeys(size.steps))
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    rows = []
    for found in programme(tools, size, given.seed, folder, frozenset(given.only)):
        rows.append(found)
        print(", ".join(f"{name}: {value}" for name, value in found.items() if name != "bad"), flush=True)
        if given.json:
            Path(given.json).write_text(json.dumps(rows, indent=1, default=repr))
    sys.exit(any(found.get("bad") or found.get("lost lines") for found in rows))


if __name__ == "__main__":
    main()
