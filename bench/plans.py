"""Times whole plans: tasks that need others, run by omnibase and by build tools and task runners, in turns.

Every figure is of whole processes seen from outside. Before a tool is timed, it has to show on a small plan that it
runs all tasks, each after those that it needs, and no more at once than it has slots; one that does not is left out.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from shapes import CLAIMED, SHAPES, SLOTS, bound, layered, reachable, sleeping, span
from timing import Run, RunError, describe_machine, find_program, make_environment
from tools import TOOLS, Step, Workshop

Json = Any

SLOW = 5.0  # a plan that takes a tool longer is timed once (seconds)
ONE = [Step("only", "true")]
ORDERING = ("omnibase", "ninja", "nx", "turbo", "make")  # tools that are compared by their order of tasks
LEARNING = 2  # runs before omnibase's order is looked at, so that it knows how long its tasks take


def main() -> int:
    """Time what the options ask for, print the tables and return the exit code: 2 where that was not possible."""
    options = _options()
    programs = {}
    for name in ("omnibase", *options.peers):
        if found := find_program(name, options.bin):
            programs[name] = found
        else:
            print(f"{name} is not found and left out: install it, or give --bin DIR")
    try:
        with tempfile.TemporaryDirectory(prefix="omnibase-bench-") as folder:
            shop = Workshop(programs, folder, make_environment(folder))
            for name in list(programs):
                if problem := shop.problem(name):
                    print(f"{name} is left out: {problem}")
                    del programs[name]
            if "omnibase" not in programs:
                return 2
            machine = describe_machine(programs, folder, shop.environment)
            print("\n".join(f"{name:12}{value}" for name, value in machine.items()))
            results = {}
            for name in options.only:
                case, count = CASES[name]
                count = options.runs or count
                print(f"\n{name}: {case.__doc__} ({count} runs each)", flush=True)
                results[name] = case(shop, count)
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(
                    {"machine": machine, "columns": [f"{name}, s" for name in Run._fields], "cases": results}, file
                )
    except (RunError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    peers = [name for name in TOOLS if name != "omnibase"]
    parser.add_argument("--runs", type=int, metavar="N", help="of each tool in each case [3 to 20, by case]")
    parser.add_argument("--only", action="append", choices=list(CASES), help="this case; repeatable [all]")
    parser.add_argument("--peers", default=",".join(peers), metavar="NAME,...", help=f"[{','.join(peers)}]")
    parser.add_argument("--bin", action="append", default=[], metavar="DIR", help="look here first; repeatable")
    parser.add_argument("--json", metavar="PATH", help="write every single figure to this file")
    options = parser.parse_args()
    options.peers = [name.strip() for name in options.peers.split(",") if name.strip()]
    options.only = options.only or list(CASES)
    if options.runs is not None and options.runs < 1:
        parser.error("--runs takes a number from 1")
    if unknown := set(options.peers) - set(peers):
        parser.error(f"--peers takes {', '.join(peers)}, not {', '.join(sorted(unknown))}")
    return options


# The cases


def _layers(shop: Workshop, count: int) -> Json:
    """1,000 tasks of `true` in 10 layers of 100, each with 3 needs in the layer before, 2 slots."""
    steps, slots = layered(10, 100, 3), 2
    laid = {tool: (shop.lay(tool, "one", ONE), shop.lay(tool, "layers", steps)) for tool in shop.programs}
    warm = {tool: _pair(shop, tool, folders, slots, steps)[1] for tool, folders in laid.items()}
    runs: dict[str, list[tuple[Run, Run]]] = {tool: [] for tool in laid}
    floor = []
    for number in range(count):
        floor.append(spawn_floor(len(steps), slots))
        for tool, folders in laid.items():
            if number == 0 or warm[tool].wall < SLOW:
                runs[tool].append(_pair(shop, tool, folders, slots, steps))
    bare = median(floor) / len(steps)
    own = 0.0
    print(f"{'':12}{'one task':>12}{'whole':>12}{'a task':>12}{'over bare':>12}   omnibase's time")
    for tool, those in runs.items():
        one, whole = _medians(those)
        each = (whole - one) / len(steps)
        own = own or each
        ratio = f"{own / each:8.2f} of it" if tool != "omnibase" else ""
        print(f"{tool:12}{_ms(one)}{_ms(whole)}{each * 1000:9.3f} ms{each / bare:10.2f} x {ratio}")
    print(f"{'bare spawns':12}{'':12}{_ms(median(floor))}{bare * 1000:9.3f} ms")
    return {"one and whole": runs, "floor": floor}


def _makespan(shop: Workshop, count: int) -> Json:
    """Twelve tasks that sleep for 0.05 to 0.6 s: time over start-up, as a multiple of the least that is possible."""
    tools = [tool for tool in ORDERING if tool in shop.programs]
    found: dict[str, Json] = {}
    ratios: dict[str, list[float]] = {tool: [] for tool in tools}
    for shape, needs in SHAPES.items():
        seed, seconds = reachable(needs)
        steps = sleeping(seconds, needs)
        laid = {tool: (shop.lay(tool, f"{shape}-one", ONE), shop.lay(tool, shape, steps)) for tool in tools}
        for tool, folders in laid.items():
            for _ in range(LEARNING if tool == "omnibase" else 1):
                _pair(shop, tool, folders, min(SLOTS), steps)
        for slots in SLOTS:
            runs: dict[str, list[tuple[Run, Run]]] = {tool: [] for tool in tools}
            for _ in range(count):
                for tool, folders in laid.items():
                    runs[tool].append(_pair(shop, tool, folders, slots, steps))
            least = bound(seconds, needs, slots)
            row = ""
            for tool in tools:
                one, whole = _medians(runs[tool])
                ratios[tool].append((whole - one) / least)
                row += f"{tool:>10} {ratios[tool][-1]:.3f}"
            print(f"{shape:8}{slots} slots, at least {least:.2f} s:{row}", flush=True)
            found[f"{shape}, {slots} slots"] = {"seed": seed, "least": least, "one and whole": runs}
    print(f"{'':12}{'median':>8}{'worst':>8}   shorter by more than a hundredth, of {len(found)} plans")
    for tool, those in ratios.items():
        pairs = list(zip(those, ratios["omnibase"], strict=True))
        ahead, behind = (sum(sign * (ours - its) > 0.01 for its, ours in pairs) for sign in (1, -1))
        words = f"   {tool} in {ahead}, omnibase in {behind}" if tool != "omnibase" else ""
        print(f"{tool:12}{median(those):8.3f}{max(those):8.3f}{words}")
    return found


def _shapes(shop: Workshop, count: int) -> Json:
    """Twelve tasks that sleep for 0.3 s: how many times as fast as with --mode sync, and as they can be at most."""
    found: dict[str, Json] = {}
    for shape, needs in CLAIMED.items():
        seconds = [0.3] * len(needs)
        steps = sleeping(seconds, needs)
        folder = shop.lay("omnibase", f"claimed-{shape}", steps)
        options = {"sync": ["--mode", "sync"], **{str(slots): ["--jobs", str(slots)] for slots in (2, 4, 6)}}
        runs: dict[str, list[Run]] = {name: [] for name in options}
        for _ in range(count):
            for name, those in runs.items():
                those.append(shop.run("omnibase", folder, 1, steps, options[name]))
        times = {name: median(run.wall for run in those) for name, those in runs.items()}
        row = [
            f"{name} slots {times['sync'] / times[name]:.2f} (of {sum(seconds) / span(seconds, needs, int(name)):.2f})"
            for name in ("2", "4", "6")
        ]
        print(f"{shape:8}{_ms(times['sync'])} in sync;  {',  '.join(row)}", flush=True)
        found[shape] = runs
    return found


def _stages(shop: Workshop, count: int) -> Json:
    """What it costs to wait for a stage: 11 stages of `true`, each task needing all of the stage before, or nothing."""
    found: dict[str, Json] = {}
    for size in (10, 20):
        plans = {"needs": layered(11, size, size), "free": layered(11, size, 0)}
        folders = {name: shop.lay("omnibase", f"stages-{size}-{name}", steps) for name, steps in plans.items()}
        runs: dict[str, list[Run]] = {name: [] for name in plans}
        for number in range(count + 1):
            for name, steps in plans.items():
                run = shop.run("omnibase", folders[name], 2, steps)
                runs[name] += [run] if number else []  # the first one reads the registry anew
        needs, free = (median(run.wall for run in runs[name]) for name in plans)
        print(f"{size} tasks a stage:{_ms(needs)} and{_ms(free)}: {(needs - free) * 100:.2f} ms a stage", flush=True)
        found[str(size)] = runs
    return found


def _sleeps(shop: Workshop, count: int) -> Json:
    """Ten tasks that sleep for 0.2 s, with --jobs auto: the whole process."""
    steps = sleeping([0.2] * 10, [[]] * 10)
    folder = shop.lay("omnibase", "sleeps", steps)
    runs = [shop.run("omnibase", folder, 2, steps, ["--jobs", "auto"]) for _ in range(count + 1)][1:]
    times = [run.wall for run in runs]
    print(f"median{_ms(median(times))}, least{_ms(min(times))}, most{_ms(max(times))}")
    return runs


CASES = {
    "layers": (_layers, 10),
    "makespan": (_makespan, 3),
    "shapes": (_shapes, 3),
    "stages": (_stages, 20),
    "sleeps": (_sleeps, 20),
}


def _pair(shop: Workshop, tool: str, folders: tuple[str, str], slots: int, steps: Sequence[Step]) -> tuple[Run, Run]:
    """A plan of one task, which is the tool's start-up, and the plan itself, right after one another."""
    one, whole = folders
    return shop.run(tool, one, slots, ONE), shop.run(tool, whole, slots, steps)


def _medians(runs: Sequence[tuple[Run, Run]]) -> tuple[float, float]:
    ones, wholes = zip(*runs, strict=True)
    return median(run.wall for run in ones), median(run.wall for run in wholes)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"


def spawn_floor(count: int, slots: int) -> float:
    """Seconds that it takes to do nothing but start processes and wait for them."""
    program = shutil.which("true") or "true"
    start = time.perf_counter()
    for number in range(count + slots):
        if number >= slots:
            os.wait()
        if number < count:
            os.posix_spawn(program, ["true"], os.environ)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
