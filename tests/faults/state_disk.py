"""Runs whose state is on a disk that is full: records, output, history and breakers, and a report written there."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.faults.crowd import unsound
from tests.faults.filling import all_but, small_disk
from tests.faults.misbehaving import Place, report_of
from tests.faults.processes import completed

KILOBYTES = 4096

# Fails in passing the first time, so that a breaker has something to keep, and prints more than memory holds.
AGAIN = f"""\
#!{sys.executable}
import os, sys
for _ in range(1600):
    print("a line of output that goes to a file when there is much of it, and this is much of it " * 2)
try:
    os.remove(sys.argv[1])
except FileNotFoundError:
    open(sys.argv[1], "w").close()
    sys.exit(75)
"""
REGISTRY = """\
    defaults: {{retry: {{attempts: 2, first_delay: 1ms, transient_exit_codes: [75]}}}}
    components:
      - {{name: again, lifecycle: stable, idempotent: true, command: [./again, "{flag}"]}}
      - {{name: steady, lifecycle: stable, command: ["true"]}}
    """


class Hindered(NamedTuple):
    """A run with so many free pages, and the run after it on the same disk with room.

    `whole`: it did all that it does on a disk with room. `named`: what it says has the path that could not be written.
    """

    pages: int
    code: int
    whole: bool
    named: bool
    problems: tuple[str, ...]

    @property
    def is_bad(self) -> bool:
        return bool(self.problems or not (self.whole or self.named))


def series(folder: Path, wanted: Iterable[int] | None) -> list[Hindered]:
    """Runs with so many free pages, or with 0, 1, 2 ... until three are not hindered any more."""
    place = Place(folder)
    place.write("again", AGAIN, mode=0o755)
    place.registry(REGISTRY.format(flag=place.root.parent / "flag"))
    place.commit()
    place.state.mkdir()
    found: list[Hindered] = []
    with small_disk(place.state, KILOBYTES):
        for pages in wanted or count():
            found.append(hindered(place, pages))
            if wanted is None and len(found) > 2 and all(one.whole for one in found[-3:]):
                break
    return found


def hindered(place: Place, pages: int) -> Hindered:
    """A run on an empty disk with so many free pages."""
    for path in place.state.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (place.root.parent / "flag").unlink(missing_ok=True)
    kept = place.state / "report.json"
    with all_but(place.state, pages):
        done = _run(place, kept)
        listed = place.run("runs", "list")
    said = (done.stdout + done.stderr + listed.out + listed.stderr).decode("utf-8", "replace")
    document = report_of(done.stdout)
    problems = [] if document is not None else ["standard output is no report"]
    problems += [f"the database: {told}" for told in unsound(place.state)]
    problems += ["a traceback"] if "Traceback" in said else []
    statuses = {result["component"]["name"]: result["status"] for result in document["results"]} if document else {}
    if statuses != {"again": "PASS", "steady": "PASS"}:
        problems.append(f"not all passed: {statuses}")
    has_report = _is_report(kept)
    if done.returncode != (0 if has_report else 1):
        problems.append(f"exit code {done.returncode}, and the report {'was' if has_report else 'was not'} written")
    hints = bool(document and document["notices"]) or bool(done.stderr) or bool(listed.stderr)
    whole = has_report and not hints
    problems += _next(place, kept)
    if problems:
        problems.append(said)
    return Hindered(pages, done.returncode, whole, str(place.state) in said, tuple(problems))


def _next(place: Place, kept: Path) -> list[str]:
    """What is wrong with the run after it, which has room."""
    done = _run(place, kept)
    document = report_of(done.stdout)
    problems = []
    if done.returncode != 0 or document is None or document["notices"] or done.stderr or not _is_report(kept):
        problems.append(
            f"the next run: exit code {done.returncode}, {document and document['notices']}, {done.stderr!r}"
        )
    listed = place.run("runs", "list")
    if listed.code or listed.stderr or (document and document["run_id"] not in listed.text):
        problems.append(f"the history after the next run: {listed.text!r}, {listed.stderr!r}")
    return problems + [f"the database after the next run: {told}" for told in unsound(place.state)]


def _run(place: Place, kept: Path) -> "subprocess.CompletedProcess[bytes]":
    command = ["orch", "--stage", "ci", "--format", "json", "--output", f"json={kept}"]
    return completed(place, [place.tool.program, *command])


def _is_report(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(json.loads(path.read_bytes()).get("results"))
    return False
