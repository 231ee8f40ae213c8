"""A blob of two gigabytes is never held in memory whole by what does not need it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driving import Json, Repo, Running

SIZE = 2 * 1024**3
MOST = 150 * 1024**2  # bytes of memory, of any process
ROOM = 8 * 1024**3

NAMES = "looks,check-added-large-files,trailing-whitespace,check-merge-conflict,detect-private-key,mixed-line-ending"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is looked at in /proc"),
]


@pytest.fixture
def large(repo: Repo) -> Iterator[Repo]:
    """A repository with a large file staged, which is a hole and takes no room."""
    if shutil.disk_usage(repo.root).free < ROOM:
        pytest.skip("the disk has too little room")
    repo.git("config", "core.compression", "1")
    repo.git("config", "core.bigFileThreshold", "16m")
    repo.registry("""\
        plugins: [omnibase_files]
        stages: {pre-commit: {select: 'lifecycle=*'}}
        components:
          - {name: looks, lifecycle: stable, command: [ls, "{files}"]}
        """)
    repo.git("commit", "-q", "-m", "start")
    with (repo.root / "large.bin").open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["git", "add", "large.bin"], cwd=repo.root, env=repo.environment, check=True, timeout=300)
    yield repo
    for path in (repo.root, Path(repo.environment["XDG_CACHE_HOME"])):
        shutil.rmtree(path, ignore_errors=True)


class Watch:
    """Looks at the memory of a process and of all that it has started, for as long as it runs."""

    def __init__(self, pid: int) -> None:
        self.peaks: dict[str, int] = {}
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for pid in self._family():
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
                if peak:
                    self.peaks[command] = max(self.peaks.get(command, 0), int(peak[0]) * 1024)

    def _family(self) -> list[int]:
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdecimal():
                try:
                    parents[int(name)] = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
        family = [self._pid]
        for pid in family:
            family += [child for child, parent in parents.items() if parent == pid]
        return family


def run_watched(repo: Repo, *arguments: str) -> tuple[Json, dict[str, int]]:
    running: Running = repo.start("orch", "--stage", "pre-commit", "--format", "json", *arguments)
    watch = Watch(running._process.pid)
    try:
        run = running.end(timeout=500)
    finally:
        watch.end()
    return run, watch.peaks


def test_in_place_in_a_view_over_what_is_staged_and_while_fixing_it_is_not_held_in_memory(large: Repo) -> None:
    for state in ("in place", "in a view", "over what is staged", "fixing"):
        if state == "in a view":
            large.write("untracked.txt", "x")
        if state == "over what is staged":
            os.truncate(large.root / "large.bin", SIZE - 1)
        if state == "fixing":
            large.write("a.txt", "one  \n")
            large.git("add", "a.txt")
        run, peaks = run_watched(large, "--name", NAMES, *(("--fix", "--restage") if state == "fixing" else ()))
        assert run.statuses["looks"] == "PASS", run.err
        assert run.statuses["check-added-large-files"] == "FAIL", state
        assert run.statuses["trailing-whitespace"] == ("WARN" if state == "fixing" else "SKIP"), state
        assert any("omnibase" in command for command in peaks), state
        assert {command: peak for command, peak in peaks.items() if peak > MOST} == {}, state
    assert (large.root / "large.bin").stat().st_size == SIZE - 1
    assert large.git("show", ":a.txt") == "one\n"
