"""A program that runs commands as a run in mode profile does, and tells what they came to and took as JSON.

Arguments: the folder, "alone", "shared" or "unmeasured", and an argument list in JSON for each command.
"""

import json
import os
import sys
from pathlib import Path

from omnibase.executors.command import CommandExecutor
from tests.executors import batches

BALLAST = 40_000_000  # bytes that commands are not to be charged with


def main() -> None:
    root, company, *commands = sys.argv[1:]
    ballast = os.urandom(BALLAST)
    executor = CommandExecutor({}, alone=company == "alone", meter=company != "unmeasured")
    told = []
    for argv in map(json.loads, commands):
        outcome = batches.run_one(executor, batches.assignment(batches.place(Path(root)), batches.command(*argv)))
        usage = outcome.usage._asdict() if outcome.usage is not None else None
        told.append({**outcome._asdict(), "output": outcome.output and outcome.output.text, "usage": usage})
    executor.close()
    print(json.dumps({"outcomes": told, "ended": executor.ended, "ballast": len(ballast)}))


if __name__ == "__main__":
    main()
