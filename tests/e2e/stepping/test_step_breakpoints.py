"""`--break`: where a run stops, what such a run cannot be, and who is asked."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialogue import Dialogue
from tests.e2e.driving import COMMAND, Repo, report
from tests.e2e.stepping.steps import FAILED, STEP, Json, Start, statuses, three

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="what is left of a session is seen in /proc")


def test_a_run_stops_before_what_is_named_and_nowhere_else(
    repo: Repo, start: Start, results: Callable[[], dict[str, Json]]
) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--break", "third", "--break", "first")
    assert "first" in terminal.wait_for(STEP)
    assert "[3 of 3] third" in terminal.say("continue")  # a named one stays
    terminal.type("s\r")
    assert terminal.end() == 1
    assert statuses(results()) == {"first": "PASS", "second": "FAIL", "third": "SKIP"}


def test_a_name_that_is_not_part_of_the_run_is_told_of(repo: Repo, start: Start) -> None:
    three(repo)
    terminal = start("orch", "--stage", "ci", "--name", "third", "--break", "second")
    assert terminal.end() == 0
    assert "--break second: it is not part of this run" in terminal.shown


def test_a_component_called_on_failure_is_not_what_the_option_means(repo: Repo, start: Start) -> None:
    repo.registry("components: [{name: on-failure, lifecycle: stable, command: ['true']}]")
    terminal = start("orch", "--stage", "ci", "--break", "on-failure")
    assert terminal.end() == 0
    assert "means failures, and not the component of that name; --step stops before it" in terminal.shown


def test_an_unknown_name_is_refused_with_the_nearest_one(repo: Repo) -> None:
    three(repo)
    run = repo.run("orch", "--stage", "ci", "--break", "secnd", "--format", "json")
    assert (run.code, run.error["family"]) == (3, "registry")
    assert "no component is called 'secnd'" in run.err and "did you mean 'second'?" in run.err
    run = repo.run("orch", "--stage", "ci", "--break", "onfailure", "--format", "json")
    assert (run.code, "did you mean 'on-failure'?" in run.err) == (3, True)


def test_a_shell_completes_what_a_run_can_stop_at(repo: Repo) -> None:
    three(repo)

    def completed(word: str) -> list[str]:
        line = f"omnibase orch --break {word}"
        env = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "3"}
        return repo.run(env=env).text.split()

    assert completed("") == ["plain,first", "plain,second", "plain,third", "plain,on-failure"]
    assert completed("o") == ["plain,on-failure"]
    assert completed("se") == ["plain,second"]


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (["--step", "--jobs", "2"], {}, "--step and --jobs 2 exclude each other"),
        (["--step", "--jobs", "auto"], {}, "--step and --jobs auto exclude each other"),
        (["--break", "first", "--mode", "async"], {}, "--break and --mode async exclude each other"),
        (["--step", "--dry-run"], {}, "--step and --dry-run exclude each other"),
        (["--step"], {"OMNIBASE_MODE": "dry-run"}, "--step and mode = dry-run (environment) exclude each other"),
    ],
)
def test_what_a_run_that_stops_cannot_be_is_refused(
    repo: Repo, arguments: list[str], env: dict[str, str], words: str
) -> None:
    repo.only("command: [touch, ran]")
    run = repo.run("orch", "--stage", "ci", "--format", "json", *arguments, env=env)
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert words in run.err
    assert run.error["remedy"]
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize("arguments", [["--jobs", "1"], ["--mode", "sync"], ["--profile"]])
def test_a_run_that_stops_is_one_at_a_time_whatever_the_settings_say(
    repo: Repo, start: Start, tmp_path: Path, arguments: list[str]
) -> None:
    three(repo)
    options = ("--step", "--break", "on-failure", *arguments)
    terminal = start("orch", "--stage", "ci", *options, OMNIBASE_MODE="async", OMNIBASE_JOBS="4")
    terminal.wait_for(STEP)
    terminal.say("c", then=FAILED)
    terminal.type("env MENDED=1\rretry\r")
    assert terminal.end() == 0
    document = report((tmp_path / "report.json").read_bytes())
    assert document["mode"] == ("profile" if arguments == ["--profile"] else "sync")


def test_without_a_terminal_nothing_is_started(repo: Repo) -> None:
    repo.only("command: [touch, ran]")
    done = subprocess.run(
        [COMMAND, "orch", "--stage", "ci", "--step", "--format", "json"],
        cwd=repo.root,
        env=repo.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,  # it leads a session that has no terminal
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert report(done.stdout)["error"]["message"].startswith("there is no terminal to ask at")
    assert b"leave out --step and --break" in done.stderr
    assert not (repo.root / "ran").exists()


def test_in_a_hook_whose_input_is_no_terminal_the_person_is_asked_all_the_same(repo: Repo) -> None:
    repo.only("command: [touch, ran], tags: [pre-commit]")
    repo.script(".git/hooks/pre-commit", "")
    repo.write(
        ".git/hooks/pre-commit",
        f"#!/bin/sh\nexec {COMMAND} orch --hook pre-commit --lifecycle stable --step --format human </dev/null\n",
        mode=0o755,
    )
    environment = {**repo.environment, "NO_COLOR": "1"}
    with Dialogue(["git", "commit", "-m", "work"], repo.root, environment) as terminal:
        terminal.wait_for(STEP)
        terminal.type("quit\r")
        assert terminal.end() == 1
        assert "ended by SIGINT" in terminal.shown
    assert repo.git("log", check=False) == ""
