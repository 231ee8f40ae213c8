"""Failures in passing, from registry to report: tried again, guarded by breakers, stood in for, or gone on without."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.driving import Repo, Run

# Fails in passing until it has been called as often as its first argument says; what else it is told it does first.
FLAKY = """\
import os, pathlib, sys
count = pathlib.Path(sys.argv[0]).with_name("calls")
calls = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(calls))
for change in sys.argv[2:]:
    pathlib.Path(change).write_text(f"changed {calls}")
print("call", calls)
sys.exit(0 if calls >= int(sys.argv[1]) else 75)
"""
QUICK = "retry: {transient_exit_codes: [75], first_delay: 1ms}"


@pytest.fixture
def flaky(repo: Repo) -> Repo:
    repo.script(".git/flaky", FLAKY)
    repo.write("a.txt", "a\n")
    return repo


def ci(repo: Repo, *arguments: str, **fields: Any) -> Run:
    return repo.run("orch", "--stage", "ci", "--format", "json", *arguments, **fields)


def attempts(run: Run, name: str = "it") -> list[tuple[int | None, str | None]]:
    return [(attempt["exit_code"], attempt["why"]) for attempt in run.results[name]["attempts"]]


# Retries


def test_what_fails_in_passing_is_tried_again_and_every_attempt_is_in_report_and_record(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, command: [.git/flaky, '3'], {QUICK}")
    run = ci(flaky)
    why = "exit code 75 is declared as transient"
    assert run.code == 0
    assert run.results["it"]["marked"] == ["retried"]
    assert attempts(run) == [(75, None), (75, why), (0, why)]
    assert (run.json["metrics"]["attempts"], run.json["metrics"]["retries"]) == (3, 2)
    record = flaky.run("runs", "show", "last", "--format", "json")
    assert record.json["results"] == run.json["results"]
    journals = list((flaky.root / ".git" / "omnibase" / "runs").glob("*/journal.jsonl"))
    events = [json.loads(line.split(b" ", 1)[1])["event"] for line in journals[0].read_bytes().splitlines()]
    assert [events.count(kind) for kind in ("AttemptStarted", "AttemptFailed", "TaskEnded")] == [3, 2, 1]


def test_for_people_a_line_tells_of_each_attempt(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, command: [.git/flaky, '2'], {QUICK}")
    run = flaky.run("orch", "--stage", "ci", "--format", "human")
    assert "retried" in run.text
    assert "attempt 1: " in run.text
    assert "tried again: exit code 75 is declared as transient" in run.text


def test_what_is_not_idempotent_is_tried_once(flaky: Repo) -> None:
    flaky.only(f"command: [.git/flaky, '2'], {QUICK}")
    run = ci(flaky)
    assert run.code == 1
    assert attempts(run) == [(75, None)]


def test_an_attempt_that_changed_files_is_never_retried(flaky: Repo) -> None:
    flaky.commit()
    flaky.only(f"idempotent: true, command: [.git/flaky, '2', a.txt], {QUICK}")
    run = ci(flaky)
    assert run.code == 1
    assert attempts(run) == [(75, None)]
    assert run.results["it"]["changed_files"] == ["a.txt"]


def test_at_commit_an_attempt_that_changed_files_is_never_retried_either(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, tags: [pre-commit], command: [.git/flaky, '2', a.txt], {QUICK}")
    flaky.commit()
    flaky.write("b.txt", "b\n")
    flaky.stage()
    run = flaky.run("orch", "--stage", "pre-commit", "--lifecycle", "stable", "--format", "json")
    assert run.code == 1
    assert attempts(run) == [(75, None)]
    assert run.results["it"]["changed_files"] == ["a.txt"]


def test_an_attempt_that_removed_a_file_with_uncommitted_changes_is_never_retried(flaky: Repo) -> None:
    flaky.commit()
    flaky.write("a.txt", "changed\n")
    flaky.only(f"idempotent: true, shell: true, command: ['rm -f a.txt; exit 75'], {QUICK}")
    run = ci(flaky)
    assert attempts(run) == [(75, None)]
    assert run.results["it"]["changed_files"] == ["a.txt"]


@pytest.mark.parametrize("change", ["ignored.txt", ".git/noted"])
def test_what_git_ignores_is_no_change(flaky: Repo, change: str) -> None:
    flaky.write(".gitignore", "ignored.txt\n")
    flaky.commit()
    flaky.only(f"idempotent: true, command: [.git/flaky, '2', {change}], {QUICK}")
    assert ci(flaky).results["it"]["marked"] == ["retried"]


def test_what_it_declares_to_write_is_no_change(flaky: Repo) -> None:
    flaky.commit()
    flaky.only(f"idempotent: true, command: [.git/flaky, '2', made.txt], {QUICK}, capabilities: {{write: ['made.*']}}")
    assert ci(flaky).results["it"]["marked"] == ["retried"]


def test_dirt_that_was_there_before_is_not_blamed_on_the_attempt(flaky: Repo) -> None:
    flaky.commit()
    flaky.write("a.txt", "not committed\n")
    flaky.write("untracked.txt", "nor this\n")
    flaky.only(f"idempotent: true, command: [.git/flaky, '2'], {QUICK}")
    assert ci(flaky).results["it"]["marked"] == ["retried"]


def test_outside_git_files_are_looked_at_as_well(folder: Repo) -> None:
    flaky = folder.script("../tools/flaky", FLAKY)
    folder.write("a.txt", "a\n")
    folder.only(f"idempotent: true, command: [{flaky}, '2', a.txt], {QUICK}")
    run = ci(folder)
    assert run.code == 1
    assert attempts(run) == [(75, None)]


def test_a_timeout_is_tried_again_where_that_is_declared(flaky: Repo) -> None:
    flaky.script(".git/hangs", "import time\nprint('so far', flush=True)\ntime.sleep(600)\n")
    retry = "retry: {attempts: 2, on_timeout: true, first_delay: 1ms}"
    flaky.only(f"idempotent: true, timeout: 2s, command: [.git/hangs], {retry}")
    run = ci(flaky)
    result = run.results["it"]
    assert run.code == 1
    assert (result["status"], result["cause"]) == ("TIME", "timeout")
    assert result["reason"] == "no verdict after 2 s; last output: so far"
    assert [attempt["why"] for attempt in result["attempts"]] == [None, "no verdict in time"]


def test_a_dry_run_tries_nothing_again(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, command: [.git/flaky, '2'], {QUICK}")
    assert ci(flaky, "--dry-run").code == 0
    assert not (flaky.root / ".git" / "calls").exists()


def test_at_commit_an_attempt_is_made_again_too(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, tags: [pre-commit], command: [.git/flaky, '2', '{{files}}'], {QUICK}")
    text = (flaky.root / "registry.yaml").read_text().replace("'{files}'", '"{files}"').replace(", '2'", ", '2'")
    flaky.write("registry.yaml", text)
    flaky.script(".git/flaky", FLAKY.replace("sys.argv[2:]", "[]"))
    flaky.stage()
    run = flaky.run("orch", "--stage", "pre-commit", "--lifecycle", "stable", "--format", "json")
    assert run.code == 0
    assert run.results["it"]["marked"] == ["retried"]


# Breakers


def test_failures_in_passing_open_the_breaker_across_runs(flaky: Repo) -> None:
    breaker = "breaker: {failures: 2, reset: 1h}"
    flaky.only(f"command: [.git/flaky, '99'], {QUICK}, {breaker}")
    assert [ci(flaky).statuses["it"] for _ in range(2)] == ["FAIL", "FAIL"]
    run = ci(flaky)
    result = run.results["it"]
    assert run.code == 1
    assert (result["status"], result["cause"], result["attempts"]) == ("SKIP", "breaker-open", [])
    assert "after 2 failures in passing; it is tried again in" in result["reason"]
    assert "omnibase breaker close it" in result["remedy"]
    assert flaky.run("breaker", "close", "it").code == 0
    assert ci(flaky).statuses["it"] == "FAIL"


def test_an_open_breaker_of_what_is_not_required_fails_nothing(flaky: Repo) -> None:
    flaky.only("required: false, command: ['true']")
    assert flaky.run("breaker", "open", "it").code == 0
    run = ci(flaky)
    assert (run.code, run.statuses) == (0, {"it": "SKIP"})
    assert run.results["it"]["reason"] == "its circuit breaker was opened by hand"


def test_a_finding_opens_no_breaker(flaky: Repo) -> None:
    flaky.only("command: ['false'], breaker: {failures: 1}")
    assert [ci(flaky).statuses["it"] for _ in range(3)] == ["FAIL"] * 3


def test_a_success_makes_the_breaker_forget(flaky: Repo) -> None:
    flaky.only(f"idempotent: true, command: [.git/flaky, '2'], {QUICK}")
    ci(flaky)
    listed = flaky.run("breaker", "list", "--format", "json")
    assert json.loads(listed.text)["breakers"] == []
    assert not (flaky.root / ".git" / "omnibase" / "breakers").exists()


def test_a_corrupt_store_of_breakers_is_set_aside_and_the_run_goes_on(flaky: Repo) -> None:
    flaky.only(f"command: [.git/flaky, '99'], {QUICK}")
    ci(flaky)
    (flaky.root / ".git" / "omnibase" / "state.sqlite").write_bytes(b"nonsense" * 1000)
    run = ci(flaky)
    assert run.statuses["it"] == "FAIL"
    assert any("moved" in notice for notice in run.json["notices"]), run.json["notices"]


# What stands in, and what the run goes on without


def test_a_fallback_s_result_counts_and_is_marked(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: [no-such-program], fallback: second}
          - {name: second, command: [echo, seen]}
        """)
    run = ci(repo)
    result = run.results["first"]
    assert (run.code, list(run.results)) == (0, ["first"])
    assert (result["status"], result["marked"], result["output"]["text"]) == ("PASS", ["fallback"], "seen")
    human = repo.run("orch", "--stage", "ci", "--format", "human").text
    assert "fallback" in human
    assert "second stood in" in " ".join(human.split())


@pytest.mark.parametrize("second", ["command: ['false']", "command: [not-this-one-either]"])
def test_a_fallback_that_fails_or_has_no_verdict_fails_the_run(repo: Repo, second: str) -> None:
    repo.registry(f"""\
        components:
          - {{name: first, lifecycle: stable, command: [no-such-program], fallback: second}}
          - {{name: second, lifecycle: stable, tags: [manual], {second}}}
        """)
    assert ci(repo).code == 1


def test_a_fallback_does_not_run_where_it_is_skipped_or_not_needed(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: ['false'], fallback: second}
          - {name: second, command: [touch, .git/ran]}
        """)
    assert ci(repo).code == 1
    repo.registry("""\
        components:
          - {name: first, lifecycle: stable, command: [no-such-program], fallback: second}
          - {name: second, command: [touch, .git/ran]}
        """)
    assert ci(repo, "--skip", "second").code == 1
    assert not (repo.root / ".git" / "ran").exists()


def test_a_degraded_component_warns_and_the_run_goes_on(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: gone, lifecycle: stable, command: [no-such-program], degraded: warn}
          - {name: killed, lifecycle: stable, shell: true, command: ["kill -9 $$"], degraded: warn}
          - {name: wrong, lifecycle: stable, command: ['false'], degraded: warn}
        """)
    run = ci(repo)
    assert run.code == 1  # a verdict is one
    assert run.statuses == {"gone": "WARN", "killed": "WARN", "wrong": "FAIL"}
    assert [run.results[name]["marked"] for name in ("gone", "killed", "wrong")] == [["degraded"], ["degraded"], []]
    assert ci(repo, "--skip", "wrong").code == 0


# Limits, and what is left


def test_a_limit_that_is_broken_fails_the_component(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: prints, lifecycle: stable, shell: true, command: ["yes"], limits: {output_mb: 1}}
          - {name: forks, lifecycle: stable, shell: true, limits: {pids: 20}, timeout: 30s,
             command: ["i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done; wait"]}
        """)
    run = ci(repo)
    assert run.code == 1
    assert {result["cause"] for result in run.results.values()} == {"limit"}
    assert "output_mb" in run.results["prints"]["reason"]
    assert "pids" in run.results["forks"]["reason"]


def test_what_was_left_running_is_ended_and_told(repo: Repo, gone: Callable[[int], bool]) -> None:
    channel = repo.channel("ready")
    repo.script(
        ".git/daemon",
        f"""\
        import os, time
        if os.fork() == 0:
            os.setsid()
            for fd in (0, 1, 2):
                os.close(fd)
            with open({str(channel.path)!r}, "w") as ready:
                ready.write(f"{{os.getpid()}}\\n")
            time.sleep(600)
        os.read(os.open({str(channel.path)!r} + ".go", os.O_RDONLY), 1)
        """,
    )
    os.mkfifo(f"{channel.path}.go")
    repo.only("command: [.git/daemon]")
    running = repo.start("orch", "--stage", "ci", "--format", "json")
    pid = int(channel.line())
    os.close(os.open(f"{channel.path}.go", os.O_WRONLY))
    run = running.end()
    assert run.code == 0
    assert gone(pid)
    assert run.json["notices"] == ["left running at the end of the run, and ended: it (1 process)"]


# Secrets


def test_no_secret_of_the_environment_is_in_report_or_record(repo: Repo) -> None:
    repo.script(
        ".git/tells",
        """\
        import base64, os, sys
        for name in ("DEPLOY_TOKEN", "MINE"):
            secret = os.environ[name]
            print(secret, base64.b64encode(f"user:{secret}".encode()).decode(), secret.encode().hex())
            print(secret, file=sys.stderr)
        sys.exit(1)
        """,
    )
    repo.only("command: [.git/tells], secrets: [MINE]")
    env = {"DEPLOY_TOKEN": "tok-1234567890", "MINE": "s3cr"}
    run = ci(repo, env=env)
    everything = run.out + run.stderr
    for file in (repo.root / ".git" / "omnibase").rglob("*"):
        everything += file.read_bytes() if file.is_file() else b""
    for secret in env.values():
        assert secret.encode() not in everything
        assert secret.encode().hex().encode() not in everything
    assert "***" in run.results["it"]["output"]["text"]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_what_a_fixer_wrote_just_before_is_no_change_of_an_attempt_that_fails_in_passing(repo: Repo, mode: str) -> None:
    repo.write("f", "content\n")
    repo.stage()
    repo.registry("""\
        components:
          - name: flaky
            lifecycle: stable
            idempotent: true
            always_run: true
            breaker: false
            retry: {transient_exit_codes: [75], first_delay: 10ms}
            command: [sh, -c, "test -e .git/once && exit 0; touch .git/once; exit 75"]
          - name: fixer
            lifecycle: stable
            command: ["true", "{files}"]
            fix: [sh, -c, "echo ok >> f", x, "{files}"]
            files: {include: [f]}
        """)
    run = repo.run("orch", "--stage", "ci", "--fix", "--mode", mode, "--format", "json")
    assert run.results["flaky"]["status"] == "PASS"
    assert len(run.results["flaky"]["attempts"]) == 2
    assert run.results["flaky"]["changed_files"] == []
    assert run.results["fixer"]["changed_files"] == ["f"]
