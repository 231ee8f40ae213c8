"""Batches for executors, and a small loop that waits for them as the driver does."""

import gc
import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

from omnibase.inputs.git import clean_environment
from omnibase.model.component import Command, Component, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.ports import Assignment, Executor, Place, Running, Share

PLUGIN = str(Path(__file__).parent / "plugin")
WRITE = "omnibase.inputs.fixing.mending:mend"  # the door by which fixers' changes reach files
RUN_ID = f"run-{os.getpid()}-{time_ns()}"  # nobody else's, so that nobody else's processes are taken for ours
SECONDS = 30.0  # whatever takes longer than this is taken to hang


def place(root: Path, scratch: Path | None = None, **env: str) -> Place:
    return Place(str(root), {**clean_environment(os.environ), **env}, str(scratch) if scratch else None)


def command(*argv: str, shell: bool = False, **fields: Any) -> Component:
    return Component(name=fields.pop("name", "sample"), work=Command(argv, shell=shell), **fields)


def check(function: str, *, fixer: str | None = None, **fields: Any) -> Component:
    """A component of single files whose function is in the plugin beside these tests."""
    return _python(function, "file", fixer, fields)


def taking_context(function: str, **fields: Any) -> Component:
    return _python(function, "context", None, fields)


def _python(function: str, takes: Any, fixer: str | None, fields: dict[str, Any]) -> Component:
    module = fields.pop("module", "sample_plugin")
    path = fields.pop("path", PLUGIN)
    target = f"{module}:{fixer}" if fixer else None
    work = PythonCall(module, function, takes, plugin="sample", path=path, fixer=target)
    return Component(name=fields.pop("name", function), work=work, **fields)


def assignment(
    where: Place,
    *shares: Component,
    paths: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Assignment:
    """A batch in which each component looks at all the paths; its tasks are counted from 10."""
    given = tuple(
        Share(number, component, tuple(paths) if paths is not None else None, values or {})
        for number, component in enumerate(shares, start=10)
    )
    return Assignment(batch=0, shares=given, place=where, run_id=RUN_ID, correlation_id="c" * 32, **fields)


def finish(running: Running, *, children_are_told: bool = False) -> tuple[Outcome, ...]:
    """Wait for the end. With `children_are_told`, the batch hears of ended children by -1, as on SIGCHLD."""
    end = monotonic() + SECONDS
    while (outcomes := running.outcomes()) is None:
        assert monotonic() < end, "the batch does not come to an end"
        step(running, 0.02 if children_are_told else end - monotonic())
        if children_are_told:
            running.ready(-1)
    return outcomes


def step(running: Running, seconds: float) -> None:
    """Hand over what can be read within so many seconds, once."""
    for fd in select.select(list(running.fds), [], [], max(seconds, 0.0))[0]:
        if fd in running.fds:
            running.ready(fd)


def run(executor: Executor, batch: Assignment) -> tuple[Outcome, ...]:
    return finish(executor.start(batch))


def run_one(executor: Executor, batch: Assignment) -> Outcome:
    (outcome,) = run(executor, batch)
    return outcome


def wait_until(reached: Callable[[], object], what: str) -> None:
    """Look again and again, for as long as nobody would call it a hang."""
    end = monotonic() + SECONDS
    while not reached():
        assert monotonic() < end, f"waited in vain until {what}"
        select.select([], [], [], 0.005)


def wait_for(file: Path, running: Running | None = None) -> str:
    """The content of a file that a process writes in one step, by a rename; what `running` prints is read meanwhile."""
    end = monotonic() + SECONDS
    while not file.exists():
        assert monotonic() < end, f"{file.name} is not written"
        step(running, 0.005) if running else select.select([], [], [], 0.005)
    return file.read_text()


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has reaped yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def group(pgid: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == pgid and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def end_by_force(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def open_files() -> dict[int, str]:
    """What each of this process's file descriptors stands for."""
    gc.collect()
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the folder itself, while it was listed
    return found


@contextmanager
def no_file_left_open() -> Iterator[None]:
    before = open_files()
    yield
    assert open_files() == before
