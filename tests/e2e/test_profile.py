"""Runs that are measured: figures that agree with those of others, one at a time, and nobody left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.driving import Channel, Repo

Json = Any
MB = 1024 * 1024
TIME = "/usr/bin/time"


def _is_gnu_time() -> bool:
    try:
        done = subprocess.run([TIME, "-v", "true"], capture_output=True, check=False)
    except OSError:
        return False
    return b"Maximum resident set size" in done.stderr


needs_time = pytest.mark.skipif(not _is_gnu_time(), reason="there is no GNU time to agree with")
needs_setsid = pytest.mark.skipif(
    not sys.platform.startswith("linux")
    or not any(os.access(f"{folder}/setsid", os.X_OK) for folder in os.defpath.split(":")),
    reason="nothing starts a command that is smaller than omnibase",
)

# Holds so much memory, is busy for a second, and writes so much that it is on the disk.
BUSY = """\
    import os, sys, time
    held = b"x" * (80 * 1024 * 1024)
    while time.process_time() < 1.0:
        pass
    with open(sys.argv[1], "wb") as file:
        file.write(held[: 20 * 1024 * 1024])
        file.flush()
        os.fsync(file.fileno())
    """


def usage(result: Json) -> Json:
    """What the one attempt of a component took."""
    (attempt,) = result["attempts"]
    assert attempt["usage"] is not None
    return attempt["usage"]


def profile(repo: Repo, *options: str) -> dict[str, Json]:
    """The results of a run that is measured, by the component's name."""
    run = repo.run("orch", "--stage", "ci", "--profile", "--format", "json", *options)
    assert run.json["mode"] == "profile"
    return run.results


def told_by_time(path: Path) -> dict[str, float]:
    """The figures of GNU time: seconds, bytes."""
    lines = dict(line.strip().rsplit(": ", 1) for line in path.read_text().splitlines())
    minutes, seconds = lines["Elapsed (wall clock) time (h:mm:ss or m:ss)"].split(":")
    return {
        "wall": int(minutes) * 60 + float(seconds),
        "cpu": float(lines["User time (seconds)"]) + float(lines["System time (seconds)"]),
        "memory": int(lines["Maximum resident set size (kbytes)"]) * 1024,
        "read": int(lines["File system inputs"]) * 512,
        "written": int(lines["File system outputs"]) * 512,
    }


@needs_time
@needs_setsid
def test_the_figures_agree_with_those_of_gnu_time(repo: Repo) -> None:
    repo.script(".git/busy", BUSY)
    repo.only(f"command: [{TIME}, -v, -o, .git/told, .git/busy, .git/written]")
    # Both measure the same processes: those of the program, beside which those of time itself are nothing.
    ours = usage(profile(repo)["it"])
    told = told_by_time(repo.root / ".git" / "told")
    assert told["cpu"] >= 1.0
    assert told["memory"] > 80 * MB
    # Where the machine is busy, it takes its time to start the one, and to hear of its end.
    assert ours["wall_ms"] / 1000 == pytest.approx(told["wall"], rel=0.05, abs=0.25)
    assert (ours["user_ms"] + ours["system_ms"]) / 1000 == pytest.approx(told["cpu"], rel=0.05)
    assert ours["memory_bytes"] == pytest.approx(told["memory"], rel=0.05)
    assert ours["read_bytes"] == pytest.approx(told["read"], rel=0.05, abs=MB)
    assert ours["written_bytes"] == pytest.approx(told["written"], rel=0.05)


@needs_setsid
def test_a_small_command_is_not_charged_with_what_omnibase_holds(repo: Repo) -> None:
    repo.only('command: ["true"]')
    small = usage(profile(repo)["it"])
    assert 0 < small["memory_bytes"] < 8 * MB
    assert small["user_ms"] + small["system_ms"] < 100
    assert 0 < small["startup_share"] <= 1


def test_the_children_of_a_command_are_counted_with_it(repo: Repo) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    repo.script(".git/parent", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\n")
    repo.only("command: [.git/parent]")
    took = usage(profile(repo)["it"])
    assert took["user_ms"] + took["system_ms"] >= 300


def test_each_component_in_python_is_measured_apart(repo: Repo) -> None:
    repo.write(
        "checks.py",
        """\
        import time

        from omnibase.api import FileSet, Finding, Result, Status, tool, validator

        @validator(name="quick", version="1.0.0", lifecycle="stable", files=FileSet(types=["text"]))
        def quick(file):
            return ()

        @validator(name="busy", version="1.0.0", lifecycle="stable", files=FileSet(types=["text"]))
        def busy(file):
            until = time.process_time() + 0.5
            while time.process_time() < until:
                pass
            return ()

        @tool(name="large", version="1.0.0", lifecycle="stable")
        def large(ctx):
            held = b"x" * (100 * 1024 * 1024)
            return Result(Status.PASS)
        """,
    )
    repo.write("a.txt", "x\n")
    repo.registry("""\
        plugins: [omnibase_files, ./checks.py]
        exclude: [registry.yaml, checks.py]
        components:
          - {name: command, lifecycle: stable, command: ["true"]}
        """)
    repo.commit()
    took = {
        name: usage(result)
        for name, result in profile(
            repo, "--type", "*", "--name", "command,quick,busy,large,trailing-whitespace"
        ).items()
    }
    assert took["busy"]["user_ms"] + took["busy"]["system_ms"] >= 500
    assert took["quick"]["user_ms"] + took["quick"]["system_ms"] < 500
    assert took["large"]["memory_bytes"] > 100 * MB
    assert max(took[name]["memory_bytes"] for name in ("quick", "busy", "trailing-whitespace")) < 100 * MB
    for figures in took.values():
        assert 0 < figures["startup_ms"] <= figures["wall_ms"]


@pytest.mark.parametrize("options", [[], ["--jobs", "4"]])
def test_components_that_are_measured_run_one_at_a_time(repo: Repo, options: list[str]) -> None:
    repo.script(
        ".git/alone",
        """\
        import os, time
        os.close(os.open(".git/lock", os.O_CREAT | os.O_EXCL))
        time.sleep(0.05)
        os.unlink(".git/lock")
        """,
    )
    several = "\n".join(f"  - {{name: c{n}, lifecycle: stable, command: [.git/alone]}}" for n in range(5))
    repo.registry(f"components:\n{several}\n")
    assert {result["status"] for result in profile(repo, *options).values()} == {"PASS"}


def test_an_attempt_that_is_measured_is_the_only_one(repo: Repo) -> None:
    repo.only("idempotent: true, command: [sh, -c, 'exit 75'], retry: {transient_exit_codes: [75], first_delay: 1ms}")
    result = profile(repo)["it"]
    assert result["status"] == "FAIL"
    usage(result)


def _waiting(repo: Repo) -> Channel:
    """One component of two processes that wait, one of which has left its group. They say their numbers."""
    told = repo.channel("told")
    repo.script(
        ".git/wait",
        f"""\
        import os, signal

        if os.fork() == 0:
            os.setsid()
        signal.alarm(100)
        with open({str(told.path)!r}, "w") as channel:
            print(os.getpid(), file=channel)
        while True:
            signal.pause()
        """,
    )
    return told


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="that others' children end is seen by pidfd")
def test_nobody_is_left_of_a_command_whose_time_is_up(repo: Repo, gone: Callable[[int], bool]) -> None:
    told = _waiting(repo)
    repo.only("command: [.git/wait], timeout: 2s")
    result = profile(repo)["it"]
    assert (result["status"], result["cause"]) == ("TIME", "timeout")
    assert usage(result)["wall_ms"] >= 2000
    assert all(gone(int(told.line())) for _ in range(2))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="that others' children end is seen by pidfd")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nobody_is_left_of_a_measured_run_that_is_interrupted(
    repo: Repo, gone: Callable[[int], bool], number: signal.Signals
) -> None:
    told = _waiting(repo)
    repo.only("command: [.git/wait]")
    running = repo.start("orch", "--stage", "ci", "--profile", "--format", "json")
    pids = [int(told.line()) for _ in range(2)]
    running.signal(number)
    run = running.end()
    assert (run.code, run.results["it"]["cause"]) == (128 + number, "interrupted")
    assert all(map(gone, pids))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="that others' children end is seen by pidfd")
def test_nobody_is_left_of_a_measured_run_that_is_killed(repo: Repo, gone: Callable[[int], bool]) -> None:
    told = _waiting(repo)
    repo.only("command: [.git/wait]")
    running = repo.start("orch", "--stage", "ci", "--profile", "--format", "json")
    pids = [int(told.line()) for _ in range(2)]
    running.signal(signal.SIGKILL)
    running.end()
    assert all(map(gone, pids))


def test_a_measured_command_fails_as_any_other(repo: Repo) -> None:
    repo.write("no-program", "echo it ran\n", mode=0o755)
    repo.registry("""\
        components:
          - {name: code, lifecycle: stable, command: [sh, -c, "echo out; echo err >&2; exit 3"]}
          - {name: killed, lifecycle: stable, command: [sh, -c, "kill -9 $$"]}
          - {name: missing, lifecycle: stable, command: [no-such-program]}
          - {name: text, lifecycle: stable, command: [./no-program]}
          - {name: limited, lifecycle: stable, command: [sh, -c, "while :; do :; done"], limits: {cpu_s: 1}}
        """)
    keys = ("status", "cause", "reason", "remedy", "command", "program")
    plain = repo.run("orch", "--stage", "ci", "--mode", "sync", "--format", "json")
    measured = profile(repo)
    for name, result in plain.results.items():
        assert {key: measured[name][key] for key in keys} == {key: result[key] for key in keys}, name
    assert measured["limited"]["cause"] == "limit"
    assert usage(measured["limited"])["user_ms"] + usage(measured["limited"])["system_ms"] >= 500


def test_nothing_is_measured_in_other_modes(repo: Repo) -> None:
    repo.only('command: ["true"]')
    for mode in ("sync", "async"):
        run = repo.run("orch", "--stage", "ci", "--mode", mode, "--format", "json")
        assert [attempt["usage"] for attempt in run.results["it"]["attempts"]] == [None]
    assert "component" not in repo.run("orch", "--stage", "ci", "--format", "human").text


def test_a_dry_run_measures_nothing_for_nothing_is_started(repo: Repo) -> None:
    repo.only("command: [touch, ran]")
    run = repo.run("orch", "--stage", "ci", "--profile", "--dry-run", "--format", "json")
    assert run.json["mode"] == "dry-run"
    assert not (repo.root / "ran").exists()


def test_people_are_shown_a_table_of_what_took_how_much(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: quick, lifecycle: stable, command: ["true"]}
          - {name: slow, lifecycle: stable, command: [sleep, "0.3"]}
        """)
    text = repo.run("orch", "--stage", "ci", "--mode", "profile", "--format", "human").text
    header, *rows = text[text.index("component") :].splitlines()
    assert re.sub(" +", " ", header) == "component wall user sys cpu memory read written start share"
    assert [row.split()[0] for row in rows[:3]] == ["slow", "quick", "total"]
    assert re.match(r"slow +\d+\.\d+s ", rows[0])
    assert "PASS slow" in text or "✅ slow" in text
    assert max(map(len, rows)) <= 100


@pytest.mark.parametrize("mode", ["profile", "async"])
def test_the_trace_of_a_run_has_every_attempt(repo: Repo, mode: str) -> None:
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: [sleep, "0.1"]}
          - {name: second, lifecycle: stable, command: ["false"]}
        """)
    run = repo.run("orch", "--stage", "ci", "--mode", mode, "--output", "trace=trace.json", "--format", "json")
    trace = json.loads((repo.root / "trace.json").read_bytes())
    events = {event["name"]: event for event in trace["traceEvents"] if event["ph"] == "X"}
    assert set(events) == {f"ci ({mode})", "first", "second"}
    assert events["first"]["dur"] >= 100_000
    assert events["second"]["args"]["status"] == "FAIL"
    assert ("usage" in events["first"]["args"]) == (mode == "profile")
    assert trace["otherData"]["run_id"] == run.json["run_id"]


def test_a_trace_can_be_the_report_itself(repo: Repo) -> None:
    repo.only('command: ["true"]')
    run = repo.run("orch", "--stage", "ci", "--format", "trace")
    assert run.code == 0
    assert {event["ph"] for event in json.loads(run.text)["traceEvents"]} == {"X", "M"}


@pytest.mark.parametrize(("option", "word"), [("--format", "tr"), ("--output", "tr")])
def test_a_shell_completes_trace(repo: Repo, option: str, word: str) -> None:
    line = f"omnibase orch {option} {word}"
    words = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "3"}
    assert repo.run(env=words).text.strip() in ("plain,trace", "plain,trace=")
    assert "trace" in repo.run("orch", "--help").text
