"""What a run that got a signal left, at once and after the next run."""

import json
import os
import re
import signal
from ast import literal_eval
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults import processes
from tests.faults.allowed import Allowed, Deviation, deviation, fixed_files, missing
from tests.faults.fixing import upper
from tests.faults.scenario import Scenario
from tests.faults.snapshot import Snapshot, take
from tests.faults.template import Template, discard, run

Json = Any
CRASHED = b"Traceback (most recent call last)"


class Next(NamedTuple):
    """The run after one that was killed: what deviates and lies about still, and whether it spoke of what it found.

    `error` is why it could not happen, `unseen` are files that a component did not see as they are staged.
    """

    deviation: Deviation
    left: tuple[str, ...]
    told: bool
    error: str | None
    unseen: tuple[str, ...]

    @property
    def is_bad(self) -> bool:
        return bool(self.deviation or self.left or self.error or self.unseen or not self.told)


class Ended(NamedTuple):
    """One run that got a signal. `landed`: it was still going on. `code` is as a shell shows it.

    `fixed` are the files that hold a fix, `lines` those of the user that are gone from the files; `named` says that
    they stand in a file that the output names. `temporaries` were left beside files, `left` is all that was left;
    `outlived` went on running. `crashed`: the output has a traceback. `untold` are fixed files that neither
    the report nor the record of it names as changed.
    """

    moment: str
    landed: bool
    code: int
    report: bool
    fixed: int
    deviation: Deviation
    lines: int
    named: bool
    locks: tuple[str, ...]
    temporaries: tuple[str, ...]
    mounts: tuple[str, ...]
    left: tuple[str, ...]
    outlived: tuple[str, ...]
    crashed: bool
    untold: tuple[str, ...]
    folder: str | None = None
    next: Next | None = None

    @property
    def is_bad(self) -> bool:
        """Whether a promise is broken. After SIGKILL, what is left is for the next run to clear away; after any other
        signal, what is left of the run's own folder."""
        if self.deviation or self.mounts or self.outlived or self.crashed or self.untold:
            return True
        if self.code != 128 + signal.SIGKILL and (self.locks or self.temporaries):
            return True
        return self.next.is_bad if self.next else bool(self.left)


class Started(NamedTuple):
    """A run that has ended: its copy of the scenario, what may become of that, its mark, and its output."""

    scenario: Scenario
    rule: Allowed
    marked: dict[str, str]
    out: Path
    err: Path


def look(template: Template, started: Started, session: int, moment: str, landed: bool, code: int) -> Ended:
    """What it left, at once and, after SIGKILL, after the next run. Its folder is kept if a promise is broken."""
    outlived = processes.outlived(started.marked, session, processes.SECONDS if code < 0 else 0.5)
    out, err = started.out.read_bytes(), started.err.read_bytes()
    after = take(started.scenario)
    found = deviation(started.rule, after)
    lost = missing(started.rule, found, after)
    fixed = fixed_files(started.rule, after)
    ended = Ended(
        moment=moment,
        landed=landed,
        code=128 - code if code < 0 else code,
        report=_report(out) is not None,
        fixed=len(fixed),
        deviation=found,
        lines=len(lost),
        named=bool(lost) and _is_named(lost, out + err),
        locks=after.locks,
        temporaries=after.temporaries,
        mounts=after.mounts,
        left=after.left,
        outlived=tuple(outlived),
        # INT within the first 20 ms or so is Python's own, which prints where it was
        crashed=CRASHED in out + err and code != -signal.SIGINT,
        untold=tuple(fixed - _told(template, started, out)) if code > 0 and fixed else (),
    )
    if template.tool.is_ours and (code < 0 or after.left):
        ended = ended._replace(next=_next(template, started, after))
    if ended.is_bad:
        return ended._replace(folder=template.keep(started.scenario, out + err))
    discard(started.scenario)
    return ended


def _next(template: Template, started: Started, before: Snapshot) -> Next:
    code, said, _ = run(started.scenario, [*template.tool.following])
    after = take(started.scenario)
    report = _report(said)
    error = f"exit code {code}: {said.decode('utf-8', 'replace')}" if code not in (0, 1) or report is None else None
    if report is not None and report["error"]:
        error = str(report["error"])
    return Next(
        deviation(started.rule, after),
        after.left,
        not (before.temporaries or before.locks) or b"was killed" in said,
        error,
        tuple(_unseen(report, after)) if report and not error else (),
    )


def _told(template: Template, started: Started, out: bytes) -> set[str]:
    """The files that the report names as changed: the one that was put out, or else the record of it."""
    report = _report(out)
    if report is None and template.tool.again:
        report = _report(run(started.scenario, [*template.tool.again])[1])
    elif report is None:
        return set(started.rule.contents)
    return {path for result in report["results"] for path in result["changed_files"]} if report else set()


def _unseen(report: Json, after: Snapshot) -> list[str]:
    """The files whose content, as a component saw it, is not the staged one."""
    (result,) = [result for result in report["results"] if result["component"]["name"] == "seeing"]
    if result["output"] is None:
        return [f"{result['status']}: {result['reason']}"]
    seen = dict(reversed(line.split(" ", 1)) for line in result["output"]["text"].splitlines())
    return [path for path, oid in seen.items() if after.entries[literal_eval(path)].oid != oid]


def _report(out: bytes) -> Json:
    """The report that the output begins with, or None."""
    try:
        document = json.JSONDecoder().raw_decode(out.decode("utf-8", "replace"))[0]
    except ValueError:
        return None
    return document if isinstance(document, dict) and "exit_code" in document else None


def _is_named(lost: frozenset[bytes], said: bytes) -> bool:
    """Whether what is missing stands in files that the output names. Binary lines have another form in a patch."""
    there = b""
    for name in re.findall(rb"/[^\s'\"`]+", said):
        path = Path(os.fsdecode(name.rstrip(b".,:;)")))
        if path.is_file():
            there += path.read_bytes()
    binary = b"GIT binary patch" in there
    return all(line in upper(there) for line in lost if not (binary and re.search(rb"[^ -~]", line)))
