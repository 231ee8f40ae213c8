"""Components whose command cannot do what is asked of it: a status, a reason, and never a hang or a crash."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.driving import Repo

MEMORY = 100 << 20  # bytes


def test_a_command_that_is_not_installed_fails_the_run_and_says_how_to_get_on(repo: Repo) -> None:
    repo.only("command: [no-such-tool, x]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    result = run.results["it"]
    assert (run.code, result["status"], result["cause"]) == (1, "SKIP", "not-installed")
    assert result["reason"].startswith("no-such-tool is not installed")
    assert "declare `required: false`" in result["remedy"]
    assert "no-such-tool is not installed" in run.err


def test_a_command_that_is_not_installed_and_not_required_is_skipped(repo: Repo) -> None:
    repo.only("required: false, command: [no-such-tool]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "SKIP"})
    assert run.results["it"]["reason"].startswith("no-such-tool is not installed")


def test_a_dependant_of_what_is_not_installed_is_skipped_with_its_reason(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: it, lifecycle: stable, required: false, command: [no-such-tool]}
          - {name: then, lifecycle: stable, command: ["true"], needs: [it]}
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"it": "SKIP", "then": "SKIP"})
    assert (run.results["then"]["cause"], run.results["then"]["reason"]) == ("dependency", "it was skipped")


def test_a_file_that_is_not_executable_is_named_with_the_remedy(repo: Repo) -> None:
    repo.write("tool.sh", "echo hello\n")
    repo.only("command: [./tool.sh]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    result = run.results["it"]
    assert (run.code, result["status"], result["cause"]) == (1, "SKIP", "not-executable")
    assert result["remedy"].startswith(f"chmod +x {repo.root}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no program at all\n", "is no program"), (b"#!/no/such/interpreter\n", "does not exist")],
)
def test_a_file_that_is_no_program_is_told_as_one(repo: Repo, content: bytes, reason: str) -> None:
    repo.write("tool", content, mode=0o755)
    repo.only("command: [./tool]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.results["it"]["cause"]) == (1, "not-executable")
    assert reason in run.results["it"]["reason"]


def test_a_command_in_a_folder_that_does_not_exist_fails(repo: Repo) -> None:
    repo.only('command: ["true"], cwd: gone')
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert run.results["it"]["reason"] == "its folder 'gone' does not exist"


def test_a_command_that_is_killed_by_a_signal_fails_with_its_name(repo: Repo) -> None:
    repo.only("shell: true, command: ['echo before; kill -SEGV $$']")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    result = run.results["it"]
    assert (run.code, result["status"], result["reason"]) == (1, "FAIL", "ended by SIGSEGV")
    assert result["output"]["text"] == "before"


def test_an_exit_code_that_is_not_zero_fails_with_the_output_in_full(repo: Repo) -> None:
    repo.only("shell: true, command: ['echo out; echo err >&2; exit 3']")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    result = run.results["it"]
    assert (run.code, result["status"], result["attempts"][0]["exit_code"]) == (1, "FAIL", 3)
    assert result["output"]["text"] == "out\nerr"
    assert "command (exit code 3): " in run.err
    assert "run again: omnibase run it" in run.err


def test_a_gigabyte_of_output_is_read_in_bounded_memory(repo: Repo) -> None:
    repo.only("shell: true, command: ['echo first; head -c 1000000000 /dev/zero; echo last']")
    run, peak = repo.measure("orch", "--stage", "ci", "--format", "json")
    output = run.results["it"]["output"]
    assert (run.code, output["size"]) == (0, 1_000_000_011)
    assert output["text"].startswith("first\n")
    assert output["text"].endswith("last\n") or output["text"].endswith("last")
    assert "bytes left out" in output["text"]
    assert Path(output["path"]).stat().st_size <= 64 << 20
    assert peak < MEMORY


def test_output_that_is_no_text_is_shown_and_the_report_stays_valid(repo: Repo) -> None:
    repo.only(r"""shell: true, command: ['printf "\377\000\033[31mred\033[0m\n"; exit 1']""")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.results["it"]["output"]["text"]) == (1, r"\xff\x00red")
    assert r"\xff\x00red" in run.err
    assert "\x1b" not in run.err


def test_a_parser_that_finds_only_rubbish_says_so(repo: Repo) -> None:
    repo.only("shell: true, command: ['head -c 5000 /dev/urandom; exit 1'], findings: ruff")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses, run.results["it"]["cause"]) == (1, {"it": "FAIL"}, "no-report")


@pytest.mark.parametrize(
    ("command", "ended"),
    [("exit 139", "exit code 139"), ("kill -9 $$", "SIGKILL"), ("exit 0", "exit code 0")],
)
def test_a_test_runner_that_dies_without_a_report_has_failed(repo: Repo, command: str, ended: str) -> None:
    repo.only(f"type: test, shell: true, command: ['echo collecting; {command} # {{report}}'], findings: pytest")
    run = repo.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert ended in run.results["it"]["reason"]
    assert run.results["it"]["output"]["text"] == "collecting"


def test_a_test_runner_that_dies_in_the_middle_of_its_report_keeps_what_is_there(repo: Repo) -> None:
    repo.script(
        "runner",
        """\
        import os, sys
        with open(sys.argv[1], "w") as report:
            report.write('<testsuites><testsuite><testcase classname="a" name="test_one" time="0.1"/><testcase cl')
        os.abort()
        """,
    )
    repo.only("type: test, command: [./runner, '{report}'], findings: pytest")
    run = repo.run("orch", "--stage", "test", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "FAIL"})
    assert run.results["it"]["reason"] == "ended by SIGABRT"
    assert [part["status"] for part in run.results["it"]["parts"]] == ["PASS"]


def test_a_component_s_timeout_gives_time_and_ends_all_its_processes(repo: Repo, gone: Callable[[int], bool]) -> None:
    pids = repo.channel("pids")
    repo.script(
        "slow",
        f"""\
        import os, signal
        child = os.fork()
        signal.signal(signal.SIGTERM, signal.SIG_IGN if child == 0 else signal.SIG_DFL)
        with open({str(pids.path)!r}, "w") as channel:
            print(os.getpid(), file=channel)
        print("so far", flush=True)
        signal.alarm(100)
        signal.pause()
        """,
    )
    repo.only("command: [./slow], timeout: 2s")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    result = run.results["it"]
    assert (run.code, run.json["status"], result["status"], result["cause"]) == (1, "TIME", "TIME", "timeout")
    assert result["reason"] == "no verdict after 2 s; last output: so far"
    assert result["output"]["text"].splitlines()[0] == "so far"
    assert all(gone(int(pids.line())) for _ in range(2))


def test_a_command_that_ignores_being_asked_is_ended_by_force(repo: Repo, gone: Callable[[int], bool]) -> None:
    never = repo.channel("never")
    repo.only(f"shell: true, command: [\"trap '' TERM; echo $$; cat '{never.path}'\"], timeout: 1s")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "TIME"})
    assert gone(int(run.results["it"]["output"]["text"]))


def test_the_time_for_the_run_ends_what_runs_and_starts_nothing_more(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: quick, lifecycle: stable, command: ["true"]}
          - {name: slow, lifecycle: stable, command: [sleep, "60"], after: [quick]}
          - {name: later, lifecycle: stable, command: [touch, ran], after: [slow]}
        """)
    run = repo.run("orch", "--stage", "ci", "--timeout", "3s", "--format", "json")
    assert (run.code, run.statuses) == (1, {"quick": "PASS", "slow": "TIME", "later": "TIME"})
    assert run.results["later"]["reason"] == "not started in the time allowed for the run"
    assert not (repo.root / "ran").exists()


def test_standard_input_of_a_command_is_empty(repo: Repo) -> None:
    repo.only("shell: true, command: ['wc -c']")
    run = repo.run("orch", "--stage", "ci", "--format", "json", stdin=b"for omnibase alone")
    assert run.results["it"]["output"]["text"].strip() == "0"


def test_a_grandchild_that_holds_the_output_open_does_not_hold_up_the_run(
    repo: Repo, gone: Callable[[int], bool]
) -> None:
    repo.only("shell: true, command: ['sleep 600 & echo $!']")
    run = repo.run("orch", "--stage", "ci", "--format", "json", timeout=30)
    assert run.statuses == {"it": "PASS"}
    assert gone(int(run.results["it"]["output"]["text"]))


def test_more_files_than_one_command_can_take_go_to_several(repo: Repo) -> None:
    names = [f"{number:0230d}" for number in range(6000)]
    for name in names:
        repo.write(name, "")
    repo.script("count", "import sys\nprint(len(sys.argv) - 1)\n")
    repo.only("command: [./count, '{files}']")
    repo.stage()
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    counts = [int(line) for line in run.results["it"]["output"]["text"].split()]
    assert (run.code, run.statuses) == (0, {"it": "PASS"})
    assert len(counts) > 1
    assert sum(counts) == run.results["it"]["files"] == len(names) + 2  # the registry and the script


def test_the_program_taken_is_told_and_one_of_the_repository_goes_before_path(repo: Repo) -> None:
    repo.write(".venv/bin/echo", "#!/bin/sh\necho ours\n", mode=0o755)
    repo.only("command: [echo, theirs]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.results["it"]["program"] == f"{repo.root}/.venv/bin/echo"
    assert run.results["it"]["output"]["text"] == "ours"


def test_no_variable_of_git_reaches_a_command(repo: Repo) -> None:
    repo.only("shell: true, command: ['env'], env: {MINE: here}")
    env = {"GIT_AUTHOR_NAME": "x", "GIT_DIR": str(repo.root / ".git"), "GIT_INDEX_FILE": ".git/index"}
    run = repo.run("orch", "--stage", "ci", "--format", "json", env=env)
    seen = run.results["it"]["output"]["text"].splitlines()
    assert "MINE=here" in seen
    assert not [line for line in seen if line.startswith("GIT_")]
    assert os.path.dirname(run.json["repository"]["root"]) == str(repo.root.parent)
