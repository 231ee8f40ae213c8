"""A jobserver for makes: they have the jobs that are left to them, and never more."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.executors.command import CommandExecutor
from omnibase.executors.jobserver import JobServer
from omnibase.model.component import Component
from omnibase.model.events import BatchEnded, BatchStarted, TaskEnded
from omnibase.model.ports import Running
from omnibase.model.result import Cause, Result, Status
from tests.executors import batches

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

MOST = 4
# A job says how many are under way with it, and goes on when so many as it is told were: with 0 it never does.
JOB = """
import os, sys, time
here, wanted = sys.argv[1], int(sys.argv[2])
own = os.path.join(here, "jobs", str(os.getpid()))
open(own, "w").close()
count = len(os.listdir(os.path.join(here, "jobs")))
fd = os.open(os.path.join(here, "counts"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(fd, b"%d\\n" % count)
if count == wanted:
    open(os.path.join(here, "full"), "w").close()
while not os.path.exists(os.path.join(here, "full")):
    time.sleep(0.005)
os.unlink(own)
"""


@pytest.fixture
def folder(root: Path) -> Path:
    """A folder whose Makefile has eight jobs."""
    (root / "jobs").mkdir()
    (root / "job.py").write_text(JOB)
    jobs = " ".join(f"job{number}" for number in range(8))
    rule = f"\t@{sys.executable} job.py . $(WANTED)"
    (root / "Makefile").write_text(f"all: {jobs}\n.PHONY: all {jobs}\n{jobs}:\n{rule}\ninner:\n\t@$(MAKE) all\n")
    return root


@pytest.fixture
def server() -> Iterator[JobServer]:
    """The jobserver of a run with one make, and nothing else."""
    made = plan([Wanted(make(1))], Conditions(slots=1))
    server = JobServer(made, MOST)
    server.observe(BatchStarted(0.0, 0, (0,)))
    yield server


@pytest.fixture
def executor(server: JobServer) -> Iterator[CommandExecutor]:
    executor = CommandExecutor({}, jobserver=server)
    yield executor
    executor.close()


def make(wanted: int, target: str = "all", *, jobserver: bool = True, **env: str) -> Component:
    return batches.command("make", target, f"WANTED={wanted}", name="make", jobserver=jobserver, env=env)


def start(executor: CommandExecutor, folder: Path, component: Component) -> Running:
    where = batches.place(folder)
    kept = {key: value for key, value in where.env.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return executor.start(batches.assignment(where._replace(env=kept), component))


def counts(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "counts").read_text().split()]


def ended(server: JobServer) -> None:
    server.observe(BatchEnded(1.0, 0, ()))


@pytest.mark.parametrize("target", ["all", "inner"])
def test_a_make_has_as_many_jobs_as_there_are_tokens_and_one_more(
    executor: CommandExecutor, folder: Path, target: str
) -> None:
    (outcome,) = batches.finish(start(executor, folder, make(MOST, target)))
    assert outcome.exit_code == 0, outcome.output
    assert outcome.output is None or "jobserver" not in outcome.output.text, "make has nothing to complain of"
    assert max(counts(folder)) == MOST


def test_a_make_that_does_not_ask_for_it_has_one_job(executor: CommandExecutor, folder: Path) -> None:
    (outcome,) = batches.finish(start(executor, folder, make(1, jobserver=False)))
    assert (outcome.exit_code, set(counts(folder))) == (0, {1})


def test_what_the_component_says_of_makes_flags_stands(executor: CommandExecutor, folder: Path) -> None:
    (outcome,) = batches.finish(start(executor, folder, make(2, MAKEFLAGS="-j2")))
    assert (outcome.exit_code, max(counts(folder))) == (0, 2)


def test_a_killed_make_loses_no_tokens(executor: CommandExecutor, server: JobServer, folder: Path) -> None:
    running = start(executor, folder, make(0))
    batches.wait_until(lambda: len(os.listdir(folder / "jobs")) == MOST, "it has all jobs that it may have")
    running.cancel(Cause.TIMEOUT, force=True)
    batches.finish(running)
    ended(server)
    server.observe(BatchStarted(2.0, 0, (0,)))
    shutil.rmtree(folder / "jobs")
    (folder / "jobs").mkdir()
    (folder / "counts").unlink()
    (outcome,) = batches.finish(start(executor, folder, make(MOST)))
    assert (outcome.exit_code, max(counts(folder))) == (0, MOST)


def test_there_are_no_tokens_while_no_make_is_under_way(server: JobServer) -> None:
    taken = os.open(f"/proc/self/fd/{server.ends[0]}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert os.read(taken, 100) == b"+" * (MOST - 1)
        os.write(server.ends[1], b"++")  # one is lost
        ended(server)
        with pytest.raises(BlockingIOError):
            os.read(taken, 100)
        server.observe(BatchStarted(2.0, 0, (0,)))
        assert os.read(taken, 100) == b"+" * (MOST - 1)
    finally:
        os.close(taken)
        server.close()


def test_tokens_come_as_others_end() -> None:
    others = [batches.command("true", name=name) for name in ("a", "b")]
    made = plan([Wanted(make(1)), *map(Wanted, others)], Conditions(slots=3))
    server = JobServer(made, 3)
    taken = os.open(f"/proc/self/fd/{server.ends[0]}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        for number in range(3):
            server.observe(BatchStarted(0.0, number, (number,)))
        for number in (1, 2):
            with pytest.raises(BlockingIOError):
                os.read(taken, 100)
            server.observe(BatchEnded(1.0, number, ()))
            server.observe(TaskEnded(1.0, number, Result(Status.PASS)))
            assert os.read(taken, 100) == b"+"
    finally:
        os.close(taken)
        server.close()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, "{ours}"),
        ("", "{ours}"),
        ("k", "k {ours}"),
        ("-k -w", "-k -w {ours}"),
        pytest.param("-j8", "{ours}", id="another number of jobs"),
        pytest.param("kw -j8 --jobs=3 --jobserver-auth=3,4 --trace", "kw --trace {ours}", id="another jobserver"),
        pytest.param("k -- CC=gcc CFLAGS=-j3", "k {ours} -- CC=gcc CFLAGS=-j3", id="definitions stay behind"),
    ],
)
def test_the_flags_of_the_user_stay_but_for_those_of_jobs(server: JobServer, before: str | None, expected: str) -> None:
    ours = f"-j{MOST} --jobserver-auth={server.ends[0]},{server.ends[1]}"
    env = {} if before is None else {"MAKEFLAGS": before}
    assert server.variables(env) == {"MAKEFLAGS": expected.format(ours=ours)}
    server.close()


def test_only_who_asks_for_it_inherits_the_pool(executor: CommandExecutor, root: Path) -> None:
    def open_in(component: Component) -> set[str]:
        (outcome,) = batches.run(executor, batches.assignment(batches.place(root), component))
        assert outcome.output is not None
        return set(outcome.output.text.split())

    lists = ("sh", "-c", "cd /proc/$$/fd && echo *")
    ends = {str(end) for end in executor._jobserver.ends} if executor._jobserver else set()
    assert ends <= open_in(batches.command(*lists, jobserver=True))
    assert not ends & open_in(batches.command(*lists))


def test_nothing_is_left_of_the_pool() -> None:
    made = plan([Wanted(make(1))], Conditions(slots=1))
    with batches.no_file_left_open():
        JobServer(made, MOST).close()
