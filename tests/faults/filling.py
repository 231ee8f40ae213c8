"""Runs on a disk that is full: the free space is varied page by page, so that each write fails in its turn."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.faults.allowed import Deviation, deviation, fixed_files
from tests.faults.scenario import Scenario
from tests.faults.snapshot import Snapshot, take
from tests.faults.template import Template, run

PAGE = os.sysconf("SC_PAGE_SIZE")
PLACES = ("the repository", "the work tree", ".git", ".git/omnibase", "the user's cache")


class Filled(NamedTuple):
    """A run with so many free pages. `told` says that what it printed names the lack of space."""

    place: str
    pages: int
    code: int
    deviation: Deviation
    left: tuple[str, ...]
    fixed: int
    whole: bool
    told: bool
    said: str

    @property
    def is_unhindered(self) -> bool:
        """Whether it did all that it does on a disk with space."""
        return self.whole and not self.told

    @property
    def is_bad(self) -> bool:
        crashed = "Traceback (most recent call last)" in self.said
        return bool(self.deviation or self.left or crashed or not (self.whole or self.told))


def can_mount(folder: Path) -> bool:
    """Whether a small disk can be mounted here (by root, on Linux)."""
    place = folder / "try"
    place.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(small_disk(place, 1))
        except (OSError, subprocess.CalledProcessError):
            return False
    place.rmdir()
    return True


def fill(template: Template, place: str, pages: int) -> Filled:
    """Run with one of PLACES on a disk that has so many free pages."""
    with _scenario_on_disk(template, place) as (scenario, disk):
        before = take(scenario)
        rule = template.rule._replace(before=before)
        with all_but(disk, pages):
            code, output, _ = run(scenario, template.tool.command)
        after = _without_mounts(take(scenario))
        said = output.decode("utf-8", "replace")
        return Filled(
            place=place,
            pages=pages,
            code=code,
            deviation=deviation(rule, after),
            left=after.left,
            fixed=len(fixed_files(rule, after)),
            whole=after.files == template.whole.files,
            told="No space left" in said or "disk has room" in said,
            said=said,
        )


@contextlib.contextmanager
def _scenario_on_disk(template: Template, place: str) -> Iterator[tuple[Scenario, Path]]:
    """A copy of which the place is on a small disk of its own, and where that is mounted."""
    size = 4096
    with contextlib.ExitStack() as stack:
        base = template.folder / "disk"
        base.mkdir()
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        root = base / "repo"
        if place in ("the repository", "the work tree"):
            stack.enter_context(small_disk(base, size))
            scenario = template.scenario.copy(root)
            if place == "the work tree":
                elsewhere = template.folder / "elsewhere.git"
                stack.callback(shutil.rmtree, elsewhere, ignore_errors=True)
                shutil.move(root / ".git", elsewhere)
                (root / ".git").symlink_to(elsewhere)
            yield scenario, base
            return
        scenario = template.scenario.copy(root)
        if place == "the user's cache":
            cache = Path(scenario.environment["XDG_CACHE_HOME"])
            stack.enter_context(small_disk(cache, size))
            yield scenario, cache
            return
        mounted = root / place
        mounted.mkdir(exist_ok=True)
        kept = base / "kept"
        shutil.move(mounted, kept)
        mounted.mkdir()
        stack.enter_context(small_disk(mounted, size))
        shutil.copytree(kept, mounted, symlinks=True, dirs_exist_ok=True)
        yield scenario, mounted


@contextlib.contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[None]:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=755", "none", place], check=True, capture_output=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True, capture_output=True)


@contextlib.contextmanager
def all_but(disk: Path, pages: int) -> Iterator[None]:
    """Nothing is free on the disk but so many pages, while this lasts."""
    filler = disk / ".filler"
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_bsize - pages * PAGE)
    try:
        yield
    finally:
        filler.unlink()


def _without_mounts(snapshot: Snapshot) -> Snapshot:
    return snapshot._replace(mounts=())
