"""A dry run shows the run that would follow, and leaves everything as it was."""

import os
from pathlib import Path

import pytest

from tests.e2e.driving import Repo

CHECKS = """\
    plugins: [omnibase_files]
    stages: {pre-commit: {select: "lifecycle=stable"}}
    components:
      - {name: lint, lifecycle: stable, command: [echo, "{files}"], fix: [touch, "{files}"], batch: {files: 2}}
      - {name: test, lifecycle: stable, type: test, command: ["true"], needs: [lint]}
      - {name: trailing-whitespace, uses: omnibase_files, lifecycle: stable}
    """


@pytest.fixture
def checks(repo: Repo) -> Repo:
    """A commit, with something staged, something that is not, and something untracked; and a history of runs."""
    repo.registry(CHECKS)
    for number in range(5):
        repo.write(f"f{number}.txt", "text  \n")
    repo.commit()
    repo.run("orch", "--stage", "ci")
    assert repo.run("runs", "list").code == 0  # what was recorded is in the database
    repo.write("f0.txt", "staged  \n")
    repo.git("add", "f0.txt")
    repo.write("f1.txt", "not staged  \n")
    repo.write("new.txt", "untracked  \n")
    repo.git("status")  # git itself may write its index once, to note what it has seen
    return repo


STAGES = [
    ["--stage", "ci"],
    ["--stage", "ci", "--fix"],
    ["--stage", "ci", "--jobs", "4"],
    ["--stage", "pre-commit"],
    ["--stage", "pre-commit", "--fix", "--restage"],
    ["--stage", "pre-commit", "--all-files"],
    ["--stage", "test"],
    ["--stage", "pipeline", "--from", "lint", "--to", "test"],
    ["--stage", "ci", "--changed-since", "HEAD"],
]


@pytest.mark.parametrize("options", STAGES, ids=" ".join)
def test_no_byte_and_no_time_in_the_repository_changes(checks: Repo, options: list[str]) -> None:
    os.utime(checks.root / "f2.txt")  # as it was, but git does not know that
    before = {**checks.snapshot(), ".": checks.root.stat().st_mtime_ns}
    run = checks.run("orch", *options, "--dry-run", "--format", "json")
    assert {**checks.snapshot(), ".": checks.root.stat().st_mtime_ns} == before
    assert (run.code, run.json["mode"]) == (0, "dry-run")


def test_outside_git_nothing_is_made_either(folder: Repo) -> None:
    folder.registry(CHECKS)
    before = folder.snapshot()
    assert folder.run("orch", "--stage", "ci", "--dry-run", "--fix").code == 0
    assert folder.snapshot() == before


@pytest.mark.parametrize(
    ("options", "env", "slots", "adaptive"),
    [
        (["--stage", "ci", "--jobs", "4"], {}, 4, False),
        (["--stage", "ci", "--mode", "sync"], {}, 1, False),
        (["--stage", "ci"], {"OMNIBASE_MODE": "sync"}, 1, False),
        (["--stage", "ci"], {"OMNIBASE_JOBS": "3"}, 3, False),
        (["--stage", "pre-commit", "--all-files"], {}, 1, False),
        (["--stage", "pre-commit", "--all-files", "--jobs", "2"], {}, 2, False),
        (["--stage", "ci", "--mode", "dry-run", "--jobs", "2"], {}, 2, False),
        (["--stage", "ci"], {"OMNIBASE_SLOTS": "1"}, 1, False),
    ],
)
def test_it_shows_the_run_that_there_would_be(
    checks: Repo, options: list[str], env: dict[str, str], slots: int, adaptive: bool
) -> None:
    plan = checks.run("orch", *options, "--dry-run", "--format", "json", env=env).json["plan"]
    assert (plan["slots"], plan["adaptive"]) == (slots, adaptive)


def test_every_batch_of_every_command_is_shown(checks: Repo) -> None:
    names = "lint,test,trailing-whitespace"
    run = checks.run("orch", "--stage", "ci", "--name", names, "--dry-run", "--fix", "--format", "json")
    previews = run.results["lint"]["previews"]
    files = ["f0.txt", "f1.txt", "f2.txt", "f3.txt", "f4.txt", "registry.yaml"]
    pairs = [files[number : number + 2] for number in (0, 2, 4)]
    assert [one["command"] for one in previews] == [
        *(["touch", *pair] for pair in pairs),
        *(["echo", *pair] for pair in pairs),
    ]
    assert [one["fix"] for one in previews] == [True] * 3 + [False] * 3
    assert run.results["lint"]["reason"] == "would fix, and then would run"
    assert run.results["lint"]["attempts"] == []
    (check,) = (one for one in run.results["trailing-whitespace"]["previews"] if not one["fix"])
    assert check["function"].endswith(":trailing_whitespace")
    waves = [[(task["name"], task["fix"]) for task in wave] for wave in run.json["plan"]["order"]]
    assert waves == [
        [("trailing-whitespace", True)],
        [("lint", True)],
        [("lint", False), ("trailing-whitespace", False)],
        [("test", False)],
    ]


def test_the_diffs_of_pure_fixers_are_shown(checks: Repo) -> None:
    run = checks.run("orch", "--stage", "ci", "--dry-run", "--fix", "--format", "human")
    assert "would change:\n--- a/f0.txt\n+++ b/f0.txt\n" in run.text
    assert run.text.startswith("plan: staged_parallel")
    assert "  fix, 3 batches over 6 files:\n  $ touch f0.txt f1.txt\n" in run.text


def test_what_earlier_runs_took_is_known_without_a_trace(checks: Repo) -> None:
    plan = checks.run("orch", "--stage", "ci", "--dry-run", "--format", "json").json["plan"]
    expected = {task["name"]: task["expected_ms"] for wave in plan["order"] for task in wave}
    assert expected["lint"] > 0
    assert plan["estimated_ms"] is not None


def test_a_command_is_shown_whole_if_that_is_asked_for(repo: Repo) -> None:
    repo.only('command: [echo, "{files}"]')
    names = [f"a long name of a file {number}.txt" for number in range(40)]
    for name in names:
        repo.write(name, "")
    repo.stage()
    brief = repo.run("orch", "--stage", "ci", "--dry-run", "--format", "human").text
    assert "... 38 more files\n" in brief
    whole = repo.run("orch", "--stage", "ci", "--dry-run", "--format", "human", "-v").text
    assert all(f"'{name}'" in whole for name in names)
    assert "cache: off (not idempotent)" in whole


def test_what_would_be_skipped_is_told_with_what_follows_from_it(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: lint, lifecycle: stable, command: [no-such-tool], fallback: other}
          - {name: other, lifecycle: stable, tags: [manual], command: ["true"]}
          - {name: build, lifecycle: stable, command: [no-such-tool]}
          - {name: publish, lifecycle: stable, command: ["true"], needs: [build]}
        """)
    run = repo.run("orch", "--stage", "ci", "--dry-run", "--format", "json")
    assert {name: result["reason"] for name, result in run.results.items()} == {
        "lint": "other would stand in: no-such-tool is not installed",
        "build": "would be skipped: no-such-tool is not installed",
        "publish": "would be skipped: build would be skipped",
    }
    assert run.code == 0
    assert [(one["fallback"], one["command"]) for one in run.results["lint"]["previews"]] == [("other", ["true"])]


def test_a_secret_is_in_no_command_that_is_shown(repo: Repo) -> None:
    repo.only("command: [echo, --token, s3cr3t-t0k3n-value], env: {API_TOKEN: s3cr3t-t0k3n-value}")
    run = repo.run("orch", "--stage", "ci", "--dry-run", "--format", "json")
    assert run.results["it"]["previews"][0]["command"] == ["echo", "--token", "***"]
    assert "s3cr3t" not in run.text


def test_a_log_is_written_where_that_is_asked_for(checks: Repo, tmp_path: Path) -> None:
    before = checks.snapshot()
    log = tmp_path / "dry.log"
    assert checks.run("orch", "--stage", "ci", "--dry-run", "--log-file", str(log)).code == 0
    assert checks.snapshot() == before
    assert log.read_text().count("\n") > 5
