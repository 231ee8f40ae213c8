"""One fault, injected into one run, and what came of it."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from tests.e2e.driving import Json, report
from tests.faults import processes
from tests.faults.allowed import Allowed, deviation
from tests.faults.injecting.scenes import Scene, results, run, without_times
from tests.faults.scenario import Scenario
from tests.faults.snapshot import take

TRAP = Path(__file__).with_name("trap")
CODES = range(6)
DEFECT = re.compile(rb"this is a defect")
CRASHED = re.compile(rb"Traceback \(most recent call last\)|" + DEFECT.pattern)
COMPONENT = "/checks.py:"  # where a component itself meets the fault, its trace is its output
# What a run may say of one before it that could not clear away.
TOLD_NEXT = re.compile(r"was killed|cleared away|damaged")

# Each kind of step, with the error that it most likely is.
MAIN = {"write": "ENOSPC", "read": "EIO", "spawn": "EMFILE", "sqlite": "disk I/O error", "ahead": "", "back": ""}
# A disk that is full stays so, and so do descriptors that are taken.
LASTING = ("write", "spawn")
OTHERS: dict[str, tuple[str, ...]] = {
    "write": ("EIO", "EACCES", "EROFS"),
    "read": ("EACCES", "ENOMEM", "EMFILE"),
    "spawn": ("EAGAIN", "ENOMEM"),
    "sqlite": ("database is locked", "database or disk is full", "malformed"),
    "ahead": (),
    "back": (),
}


class Fault(NamedTuple):
    """Which call is to fail: number `step` of a kind, in the run's own process or below it; and how."""

    kind: str
    step: int
    error: str = ""
    lasting: bool = False
    below: bool = False

    def __str__(self) -> str:
        error = f" {self.error}" if self.error else ""
        return f"{self.kind} {self.step}{' and on' if self.lasting else ''}{' below' if self.below else ''}{error}"


class Outcome(NamedTuple):
    """What came of it. `steps` were counted, `hit` says that one failed, at `place`; `faults` are broken promises."""

    scene: str
    fault: Fault
    steps: int
    hit: bool
    place: str
    code: int
    seconds: float
    faults: tuple[str, ...]
    said: str


def inject(scene: Scene, fault: Fault) -> Outcome:
    """Run the scene's command with the fault, and then once more without it."""
    scenario, rule = scene.fresh()
    counter, story = scene.folder / "counter", scene.folder / "story"
    counter.write_bytes(bytes(16))
    story.unlink(missing_ok=True)
    marked = processes.mark()
    env = {
        **scenario.environment,
        **marked,
        "PYTHONPATH": str(TRAP),
        "INJECT_KIND": fault.kind,
        "INJECT_STEP": str(fault.step),
        "INJECT_ERROR": fault.error,
        "INJECT_LASTING": str(int(fault.lasting)),
        "INJECT_WHERE": "below" if fault.below else "run",
        "INJECT_COUNTER": str(counter),
        "INJECT_STORY": str(story),
    }
    began = time.monotonic()
    out_path, err_path = scene.folder / "out", scene.folder / "err"
    with out_path.open("wb") as out, err_path.open("wb") as err:
        process = subprocess.Popen(
            scene.command,
            cwd=scenario.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            code = process.wait(processes.WHOLE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = -1000
    seconds = time.monotonic() - began
    outlived = processes.outlived(marked, process.pid, 2.0)
    counted = counter.read_bytes()
    place = story.read_text() if story.exists() else ""
    out_bytes, err_bytes = out_path.read_bytes(), err_path.read_bytes()
    found = [f"outlived: {one}" for one in outlived]
    hit = bool(int.from_bytes(counted[8:], "little"))
    found += _of_output(scene, code, out_bytes, err_bytes, place)
    found += _of_files(scenario, rule)
    if fault.kind not in ("read", "ahead", "back") or code != scene.whole.code or found:
        found += _of_next(scene, scenario, rule)
    shutil.rmtree(scenario.root)
    said = (out_bytes[-3000:] + b"\n-- \n" + err_bytes[-3000:]).decode("utf-8", "replace")
    steps = int.from_bytes(counted[:8], "little")
    return Outcome(scene.name, fault, steps, hit, place.strip(), code, seconds, tuple(found), said)


def _of_output(scene: Scene, code: int, out: bytes, err: bytes, place: str) -> list[str]:
    found = []
    if code == -1000:
        return ["no end"]
    if code not in CODES:
        found.append(f"exit code {code}")
    if (DEFECT if COMPONENT in place else CRASHED).search(err + out):
        found.append("crashed")
    mute = "stdout" in place.split(" < ", maxsplit=1)[0] or place.startswith("file.write '1'")
    if code != scene.whole.code and not err.strip() and not (place.startswith("file.write '2'")):
        found.append("says nothing of why it is another exit code")
    if not scene.reports:
        if code == scene.whole.code and without_times(out) != without_times(scene.whole.out) and not err.strip():
            found.append("prints something else, and says nothing of it")
        return found
    if mute and not out.strip():
        return found if code == 1 else [*found, f"nothing was printed, and the exit code is {code}"]
    try:
        document = report(out)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it
        return [*found, f"no report: {error}"[:300]]
    if document["exit_code"] != code and not (mute and code == 1):
        found.append(f"exit code {code}, and in the report {document['exit_code']}")
    return found + _of_results(document, scene.report, code)


def _of_results(document: Json, whole: Json, code: int) -> list[str]:
    """A verdict may be missing, but not better than it is, and not over fewer files."""
    found = []
    if whole["exit_code"] and not code:
        found.append("succeeds")
    if document["error"]:
        return found
    wanted, came = results(whole), results(document)
    for name, result in wanted.items():
        other = came.get(name)
        if other is None:
            if not code:
                found.append(f"{name} is not in the report")
        elif other["status"] == "PASS" and result["status"] != "PASS":
            found.append(f"{name} is PASS")
        elif other["status"] == "PASS" and other["files"] != result["files"]:
            found.append(f"{name} is PASS with {other['files']} files of {result['files']}")
        elif other["status"] == "SKIP" and result["status"] != "SKIP" and not code:
            found.append(f"{name} is SKIP")
    return found


def _of_files(scenario: Scenario, rule: Allowed) -> list[str]:
    after = take(scenario)
    deviating = deviation(rule, after)
    found = [f"changed: {deviating}"] if deviating else []
    return found + [f"lock: {one}" for one in after.locks]


def _of_next(scene: Scene, scenario: Scenario, rule: Allowed) -> list[str]:
    """The same again without a fault."""
    began = take(scenario)
    code, out, err = run(scenario, scene.command)
    after = take(scenario)
    found = []
    if code not in (0, 1):
        found.append(f"next: exit code {code}: {err[-300:]!r}")
    if CRASHED.search(err + out):
        found.append("next: crashed")
    deviating = deviation(rule, after)
    if deviating:
        found.append(f"next: changed: {deviating}")
    found += [f"next: left {one}" for one in after.left]
    if scene.reports:
        document, whole = json.loads(out), scene.report
        if document["error"]:
            found.append(f"next: {document['error']}")
        notices = [one for one in document["notices"] if one not in whole["notices"]]
        found += [f"next: says {one}" for one in notices if not TOLD_NEXT.search(one)]
        if whole["exit_code"] and not code and began.files == rule.before.files:
            found.append("next: succeeds")
    elif err.strip() and not TOLD_NEXT.search(err.decode("utf-8", "replace")):
        found.append(f"next: says {err[-300:]!r}")
    return found
