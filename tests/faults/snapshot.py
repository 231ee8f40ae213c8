"""The exact state of a repository: every file of the work tree, the index, and all else that git keeps but objects."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from tests.faults.scenario import Scenario

TEMPORARY = ".omnibase-"


class File(NamedTuple):
    """A file, symbolic link or folder of the work tree: kind and permissions, and content or target."""

    mode: int
    content: bytes


class Entry(NamedTuple):
    """An entry of the index; `flags` as `git ls-files --debug` prints them, such as intent-to-add."""

    mode: str
    oid: str
    flags: str


class Snapshot(NamedTuple):
    """`entries` are those of the index, `raw_index` its bytes.

    `kept` is all else in .git but objects and what omnibase keeps there, `locks` are git's files `*.lock`,
    `temporaries` files of the work tree that a writer left, `scratch` is what a run has for itself alone, `mounts` are
    those at or below the repository.
    """

    files: dict[str, File]
    entries: dict[str, Entry]
    raw_index: bytes
    kept: dict[str, bytes]
    locks: tuple[str, ...]
    temporaries: tuple[str, ...]
    scratch: tuple[str, ...]
    mounts: tuple[str, ...]

    @property
    def left(self) -> tuple[str, ...]:
        """What a run has to clear away."""
        return (*self.locks, *self.temporaries, *self.scratch, *self.mounts)


def take(scenario: Scenario) -> Snapshot:
    """The state as it is now. What writers left beside files is not counted among the files."""
    root = scenario.root
    git = root / ".git"
    files, temporaries = _tree(root)
    kept = {}
    locks = []
    for folder, folders, names in os.walk(git):
        if Path(folder) == git:
            folders[:] = [name for name in folders if name not in ("objects", "omnibase")]
        for name in names:
            path = Path(folder, name)
            if name.endswith(".lock"):
                locks.append(str(path.relative_to(root)))
            elif path != git / "index":
                kept[str(path.relative_to(git))] = path.read_bytes()
    return Snapshot(
        files,
        _index(scenario),
        (git / "index").read_bytes() if (git / "index").exists() else b"",
        kept,
        tuple(locks),
        temporaries,
        _scratch(scenario),
        _mounts(root),
    )


def _tree(root: Path) -> tuple[dict[str, File], tuple[str, ...]]:
    files = {}
    temporaries = []
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders.remove(".git")
        for name in (*folders, *names):
            path = Path(folder, name)
            relative = str(path.relative_to(root))
            if name.startswith(TEMPORARY):
                temporaries.append(relative)
                continue
            status = path.lstat()
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(os.fsencode(path))
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            files[relative] = File(status.st_mode, content)
    return files, tuple(temporaries)


def _index(scenario: Scenario) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    path = ""
    for record in os.fsdecode(scenario.git("-c", "core.quotePath=false", "ls-files", "-s", "--debug")).split("\n"):
        if "\t" in record and not record.startswith("  "):
            head, _, path = record.partition("\t")
            mode, oid, stage = head.split(" ")
            entries[path] = Entry(mode, oid, stage)
        elif record.startswith("  size:"):
            entries[path] = entries[path]._replace(flags=record.partition("flags: ")[2])
    return entries


def _scratch(scenario: Scenario) -> tuple[str, ...]:
    """The folders of runs under way: in the repository, views beside the first one, and among temporary files."""
    cache = Path(scenario.environment["XDG_CACHE_HOME"], "omnibase", "repositories")
    ours = scenario.root / ".git" / "omnibase"
    found = [*(ours / "scratch").glob("*"), *ours.rglob("*.lock"), *cache.glob("*/views/*-[1-9]*")]
    return tuple(map(str, [*found, *Path(scenario.environment["TMPDIR"]).glob("omnibase-*")]))


def _mounts(root: Path) -> tuple[str, ...]:
    try:
        table = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ()
    places = (line.split(" ")[4].encode().decode("unicode_escape") for line in table.splitlines())
    return tuple(place for place in places if place == str(root) or place.startswith(f"{root}/"))
