"""The long form: the steps of every kind in every scene, one after the other.

    python -m tests.faults.injecting.programme FOLDER [SCENE...] [--kinds KIND,...] [--most N] [--others] [--below]

FOLDER gets a line of JSON for each run in `SCENE.jsonl`, and the scenes themselves. A step that is reached in the same
way again and again (a file of many, say) is made to fail `--most` times, evenly spread.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.injecting.injection import LASTING, MAIN, OTHERS, Fault, Outcome, inject
from tests.faults.injecting.scenes import SCENES, Scene, make

# The clocks that may go back.
WALL = ("time", "time_ns")


def ways(scene: Scene, *, below: bool = False) -> dict[str, dict[str, list[int]]]:
    """The steps that the scene's command has, by kind, and by how they are reached: the call and its callers."""
    found: dict[str, dict[str, list[int]]] = {kind: {} for kind in MAIN}
    counted = dict.fromkeys(MAIN, 0)
    for line in inject(scene, Fault("all", 0, below=below)).place.splitlines():
        call, _, callers = line.partition(" < ")
        kind, door, *_ = call.split()
        for one in (kind, "back") if door in WALL else (kind,):
            counted[one] += 1
            found[one].setdefault(f"{door} < {callers}", []).append(counted[one])
    return found


def faults(scene: Scene, kinds: list[str], most: int, *, others: bool, below: bool) -> Iterator[Fault]:
    """For each way in which a step is reached, at most so many of its steps."""
    reached = ways(scene, below=below)
    for kind in kinds:
        for steps in reached[kind].values():
            for number in spread(steps, most):
                yield Fault(kind, number, MAIN[kind], below=below)
                if kind in LASTING and not below:
                    yield Fault(kind, number, MAIN[kind], lasting=True)
                for error in OTHERS[kind] if others else ():
                    yield Fault(kind, number, error, below=below)


def spread(steps: list[int], most: int) -> list[int]:
    """So many of them, the first among them, and the last where there is more than one."""
    if len(steps) <= most:
        return steps
    return [steps[index * (len(steps) - 1) // max(most - 1, 1)] for index in range(most)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*")
    parser.add_argument("--kinds", default=",".join(MAIN))
    parser.add_argument("--most", type=int, default=2)
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--below", action="store_true")
    given = parser.parse_args()
    for name in given.scenes or list(SCENES):
        scene = make(name, given.folder / name)
        with (given.folder / f"{name}.jsonl").open("w") as file:
            chosen = list(faults(scene, given.kinds.split(","), given.most, others=given.others, below=given.below))
            random.Random(1).shuffle(chosen)  # so that one that is cut short has something of all
            for fault in chosen:
                file.write(f"{json.dumps(told(inject(scene, fault)))}\n")
                file.flush()
    print(f"done in {time.process_time():.0f} s")


def told(outcome: Outcome) -> dict[str, object]:
    """An outcome as a line of the account."""
    return {**outcome._asdict(), "fault": str(outcome.fault)}


if __name__ == "__main__":
    main()
