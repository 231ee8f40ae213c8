"""What a run may leave, whenever it ends: each file and entry as before, or as completed fixes leave it."""

import stat
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.faults.fixing import FIXERS, upper
from tests.faults.scenario import Scenario
from tests.faults.snapshot import Entry, Snapshot

INTENT_TO_ADD = 0x20000000


class Allowed(NamedTuple):
    """For each path that a fixer may change, its contents in the work tree and its object names in the index.

    `exact` says that the index may not even be written anew with the same entries.
    """

    before: Snapshot
    contents: dict[str, frozenset[bytes]]
    oids: dict[str, frozenset[str]]
    exact: bool


class Deviation(NamedTuple):
    """What is neither as before nor fixed: files by their kind or content, others by their permissions alone.

    `entries` are paths of the index, `kept` names of other files of git's.
    """

    files: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(self)


def allowed(scenario: Scenario, before: Snapshot, *, restage: bool, exact: bool) -> Allowed:
    """What the fixers may make of what is staged, and of files with more changes by merging."""
    contents: dict[str, frozenset[bytes]] = {}
    oids: dict[str, frozenset[str]] = {}
    for path in _staged(scenario, before):
        staged = scenario.git("cat-file", "blob", before.entries[path].oid)
        if b"\0" in staged or not stat.S_ISREG(int(before.entries[path].mode, 8)):
            continue
        fixed = _fixed(staged)
        oids[path] = frozenset(_names(scenario, fixed)) if restage else frozenset()
        if path in before.files:
            crlf = path in scenario.filtered
            now = before.files[path].content
            results = [_checked_out(one, crlf) for one in fixed]
            if now != _checked_out(staged, crlf):
                merged = [_merged(_checked_out(staged, crlf), now, one) for one in results]
                results = [one for one in merged if one is not None]
            contents[path] = frozenset(results)
    return Allowed(before, contents, oids, exact)


def deviation(rule: Allowed, after: Snapshot) -> Deviation:
    """Where a state is not allowed."""
    before = rule.before
    files = []
    modes = []
    for path in sorted(before.files.keys() | after.files.keys()):
        was, now = before.files.get(path), after.files.get(path)
        if was is None or now is None or stat.S_IFMT(was.mode) != stat.S_IFMT(now.mode):
            files.append(path)
            continue
        if now.content != was.content and now.content not in rule.contents.get(path, ()):
            files.append(path)
        elif now.mode != was.mode:
            modes.append(path)
    index = [
        path for path in sorted(before.entries.keys() | after.entries.keys()) if not _allowed_entry(rule, path, after)
    ]
    if rule.exact and not index and after.raw_index != before.raw_index:
        index.append("(its bytes)")
    kept = [
        path for path in sorted(before.kept.keys() | after.kept.keys()) if before.kept.get(path) != after.kept.get(path)
    ]
    return Deviation(tuple(files), tuple(modes), tuple(index), tuple(kept))


def missing(rule: Allowed, found: Deviation, after: Snapshot) -> frozenset[bytes]:
    """The lines of work that were in the files and are in none of them any more; what fixers change of a line aside."""
    there: set[bytes] = set()
    for path in found.files:
        if path in after.files:
            there.update(_lines(after.files[path].content))
    lost = set()
    for path in found.files:
        if path in rule.before.files:
            lost.update(set(_lines(rule.before.files[path].content)) - there)
    return frozenset(lost)


def fixed_files(rule: Allowed, after: Snapshot) -> set[str]:
    """The files that hold a completed fix."""
    present = rule.contents.keys() & after.files.keys()
    return {path for path in present if after.files[path].content in rule.contents[path]}


def _lines(content: bytes) -> Iterable[bytes]:
    return (upper(line.rstrip()) for line in content.splitlines() if line.strip())


def _allowed_entry(rule: Allowed, path: str, after: Snapshot) -> bool:
    was, now = rule.before.entries.get(path), after.entries.get(path)
    if was is None or now is None:
        return was is now
    return _same(was, now) or (was.mode == now.mode and now.oid in rule.oids.get(path, ()))


def _same(one: Entry, other: Entry) -> bool:
    flags = [int(entry.flags, 16) & INTENT_TO_ADD for entry in (one, other)]
    return one[:2] == other[:2] and flags[0] == flags[1]


def _staged(scenario: Scenario, before: Snapshot) -> list[str]:
    names = (
        scenario.git("diff", "--cached", "--name-only", "--no-renames", "--diff-filter=d", "-z").decode().split("\0")
    )
    return [name for name in names[:-1] if not int(before.entries[name].flags, 16) & INTENT_TO_ADD]


def _fixed(content: bytes) -> frozenset[bytes]:
    """All that fixers make of a content: each of them, and each after others."""
    found: set[bytes] = set()
    waiting = [content]
    while waiting:
        one = waiting.pop()
        for fixer in FIXERS.values():
            fixed = fixer(one)
            if fixed not in found and fixed != content:
                found.add(fixed)
                waiting.append(fixed)
    return frozenset(found)


def _names(scenario: Scenario, contents: Iterable[bytes]) -> list[str]:
    return [scenario.git("hash-object", "--stdin", feed=content).decode().strip() for content in contents]


def _checked_out(content: bytes, crlf: bool) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if crlf else content


def _merged(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Both changes of a text, or None where they touch."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(content)
        done = subprocess.run(["git", "merge-file", "-p", *paths], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
