"""A run that is ended by a signal: nothing is left running, and what had finished is reported."""

import os
import signal
import sqlite3
from collections.abc import Callable

import pytest

from tests.e2e.driving import Channel, Repo

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="that others' children end is seen by pidfd")


def slow(repo: Repo, *, stubborn: bool = False) -> Channel:
    """One component that passes, then one of two processes that wait. They say their numbers; if stubborn, they say
    that they were asked to end, and go on. Should a test leave them behind, they end by themselves."""
    told = repo.channel("told")
    repo.script(
        ".git/wait",
        f"""\
        import os, signal

        def say(what):
            with open({str(told.path)!r}, "w") as channel:
                print(what, file=channel)

        if {stubborn}:
            signal.signal(signal.SIGTERM, lambda *_: say("asked"))
        signal.alarm(100)
        print("so far", flush=True)
        os.fork()
        say(os.getpid())
        while True:
            signal.pause()
        """,
    )
    repo.registry("""\
        components:
          - {name: done, lifecycle: stable, command: ["true"]}
          - {name: slow, lifecycle: stable, command: [.git/wait], after: [done]}
          - {name: never, lifecycle: stable, command: [touch, ran], after: [slow]}
        """)
    return told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_children_and_the_report_tells_what_had_finished(
    repo: Repo, gone: Callable[[int], bool], number: signal.Signals
) -> None:
    told = slow(repo)
    running = repo.start("orch", "--stage", "ci", "--format", "json")
    children = [int(told.line()) for _ in range(2)]
    running.signal(number)
    run = running.end()
    assert run.code == 128 + number
    assert run.json["signal"] == number
    assert run.statuses == {"done": "PASS", "slow": "SKIP", "never": "SKIP"}
    assert run.results["slow"]["cause"] == run.results["never"]["cause"] == "interrupted"
    assert run.results["slow"]["output"]["text"].startswith("so far")
    assert all(gone(child) for child in children)
    assert not (repo.root / "ran").exists()
    assert "Traceback" not in run.err

    assert not list((repo.root / ".git").rglob("*.lock"))
    shown = repo.run("runs", "show", "last", "--format", "json")
    assert (shown.code, shown.json) == (run.code, run.json)


def test_what_does_not_end_when_asked_is_ended_by_force(repo: Repo, gone: Callable[[int], bool]) -> None:
    told = slow(repo, stubborn=True)
    running = repo.start("orch", "--stage", "ci", "--format", "json")
    children = [int(told.line()) for _ in range(2)]
    running.signal(signal.SIGTERM)
    assert [told.line(), told.line()] == ["asked", "asked"]
    run = running.end()
    assert (run.code, run.results["slow"]["cause"]) == (143, "interrupted")
    assert all(gone(child) for child in children)


def test_a_second_signal_ends_the_run_as_the_first_would_have(repo: Repo, gone: Callable[[int], bool]) -> None:
    told = slow(repo, stubborn=True)
    running = repo.start("orch", "--stage", "ci", "--format", "json")
    children = [int(told.line()) for _ in range(2)]
    running.signal(signal.SIGINT)
    told.line()
    running.signal(signal.SIGINT)
    run = running.end()
    assert (run.code, run.json["signal"]) == (130, signal.SIGINT)
    assert all(gone(child) for child in children)


def test_people_are_told_that_the_run_was_interrupted(repo: Repo) -> None:
    told = slow(repo)
    running = repo.start("orch", "--stage", "ci", "--format", "human")
    told.line()
    running.signal(signal.SIGINT)
    run = running.end()
    assert run.code == 130
    assert "SIGINT" in run.text.splitlines()[-1]


def test_a_worker_of_python_ends_with_the_run(repo: Repo, gone: Callable[[int], bool]) -> None:
    pids = repo.channel("pids")
    repo.registry("plugins: [./checks.py]")
    repo.write(
        "checks.py",
        f"""\
        import os, signal
        from omnibase.api import tool, validator

        def say():
            with open({str(pids.path)!r}, "w") as channel:
                print(os.getpid(), file=channel)
            signal.alarm(100)
            signal.pause()

        @validator(name="looks", version="1.0.0", lifecycle="stable")
        def looks(file):
            say()

        @tool(name="makes", version="1.0.0", lifecycle="stable")
        def makes(ctx):
            say()
        """,
    )
    running = repo.start("orch", "--stage", "ci", "--type", "*", "--jobs", "2", "--format", "json")
    workers = [int(pids.line()) for _ in range(2)]
    running.signal(signal.SIGTERM)
    run = running.end()
    assert (run.code, run.statuses) == (143, {"looks": "SKIP", "makes": "SKIP"})
    assert all(gone(worker) for worker in workers)


def test_a_run_after_one_that_was_killed_works_and_knows_of_it(repo: Repo) -> None:
    told = slow(repo)
    running = repo.start("orch", "--stage", "ci", "--format", "json")
    children = [int(told.line()) for _ in range(2)]
    running.signal(signal.SIGKILL)
    for child in children:
        os.kill(child, signal.SIGKILL)
    assert running.end().code == -signal.SIGKILL
    run = repo.run("orch", "--stage", "ci", "--name", "done", "--format", "json")
    assert (run.code, run.statuses) == (0, {"done": "PASS"})
    listed = repo.run("runs", "list").text.splitlines()
    assert len(listed) == 2
    killed = repo.run("runs", "show", listed[1].split()[0], "--format", "json")
    assert (killed.code, killed.statuses["done"]) == (1, "PASS")
    assert "the record ends early: the run was killed, or is still going on" in killed.json["notices"]


def test_a_run_does_not_wait_long_for_a_history_that_others_hold_and_a_later_one_has_it(repo: Repo) -> None:
    repo.only("command: [sleep, '1.1']")  # so long a run that it is folded into the history
    assert repo.run("orch", "--stage", "ci", "--format", "json").code == 0
    other = sqlite3.connect(repo.root / ".git" / "omnibase" / "state.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        run = repo.run("orch", "--stage", "ci", "--format", "json")
    finally:
        other.close()
    assert (run.code, run.statuses, run.err) == (0, {"it": "PASS"}, "")  # who waits to the end in vain says so
    assert len(repo.run("runs", "list").text.splitlines()) == 2
