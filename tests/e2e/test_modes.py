"""How a plan is carried out: one at a time or at once, on after a failure or not, or only shown."""

import pytest

from tests.e2e.driving import Repo

ORDERED = """\
    components:
      - {name: third, lifecycle: stable, shell: true, command: ['cat order; echo third >> order'], needs: [second]}
      - {name: first, lifecycle: stable, shell: true, command: ['echo first >> order']}
      - {name: second, lifecycle: stable, shell: true, command: ['cat order; echo second >> order'], after: [first]}
    """
FAILING = """\
    components:
      - {name: a, lifecycle: stable, command: ["false"]}
      - {name: needs-a, lifecycle: stable, command: ["true"], needs: [a]}
      - {name: after-a, lifecycle: stable, command: ["true"], after: [a]}
      - {name: further, lifecycle: stable, command: ["true"], needs: [needs-a]}
    """


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_what_a_component_waits_for_has_ended_before_it_starts(repo: Repo, mode: str) -> None:
    repo.registry(ORDERED)
    run = repo.run("orch", "--stage", "ci", "--mode", mode, "--format", "json")
    assert (run.code, run.json["mode"]) == (0, mode)
    assert (repo.root / "order").read_text().split() == ["first", "second", "third"]
    assert run.results["third"]["output"]["text"].split() == ["first", "second"]
    assert run.json["plan"]["strategy"] == "sequential"


def rendezvous(repo: Repo) -> None:
    """Two components that both end only if both run at once; alone, one of them is out of time."""
    here, there = repo.channel("here").path, repo.channel("there").path
    repo.registry(f"""\
        defaults: {{timeout: 20s}}
        components:
          - {{name: a, lifecycle: stable, shell: true, command: ['echo x > "{here}"; head -n1 "{there}"']}}
          - {{name: b, lifecycle: stable, shell: true, command: ['head -n1 "{here}"; echo x > "{there}"']}}
        """)


@pytest.mark.parametrize("jobs", ["2", "auto"])
def test_as_many_jobs_as_asked_for_run_at_once(repo: Repo, jobs: str) -> None:
    rendezvous(repo)
    run = repo.run("orch", "--stage", "ci", "--jobs", jobs, "--format", "json")
    assert (run.code, run.statuses) == (0, {"a": "PASS", "b": "PASS"})


def test_one_job_runs_one_at_a_time(repo: Repo) -> None:
    rendezvous(repo)
    run = repo.run("orch", "--stage", "ci", "--jobs", "1", "--timeout", "1s", "--format", "json")
    assert (run.code, run.statuses) == (1, {"a": "TIME", "b": "TIME"})
    assert run.results["b"]["attempts"] == []


def test_writers_of_the_same_files_never_run_at_once(repo: Repo) -> None:
    repo.script(
        ".git/alone",
        """\
        import os
        os.close(os.open(".git/lock", os.O_CREAT | os.O_EXCL))
        os.unlink(".git/lock")
        """,
    )
    writers = "\n".join(
        f'  - {{name: w{n}, lifecycle: stable, fixes: true, command: [.git/alone, "{{files}}"]}}' for n in range(6)
    )
    repo.registry(f"components:\n{writers}\n")
    run = repo.run("orch", "--stage", "ci", "--jobs", "6", "--format", "json")
    assert (run.code, set(run.statuses.values()), len(run.statuses)) == (0, {"PASS"}, 6)


@pytest.mark.parametrize(
    ("options", "statuses", "causes"),
    [
        ([], "FAIL SKIP PASS SKIP", [None, "dependency", None, "dependency"]),
        (["--keep-going", "independent"], "FAIL SKIP PASS SKIP", [None, "dependency", None, "dependency"]),
        (["--keep-going", "always"], "FAIL PASS PASS PASS", [None] * 4),
        (["--keep-going", "never"], "FAIL SKIP SKIP SKIP", [None, "fail-fast", "fail-fast", "fail-fast"]),
        (["--fail-fast"], "FAIL SKIP SKIP SKIP", [None, "fail-fast", "fail-fast", "fail-fast"]),
    ],
)
def test_what_runs_on_after_a_failure_is_what_was_asked_for(
    repo: Repo, options: list[str], statuses: str, causes: list[str | None]
) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "json", *options)
    assert (run.code, list(run.statuses.values())) == (1, statuses.split())
    assert [result["cause"] for result in run.json["results"]] == causes


def test_a_dependant_of_a_failure_says_whose(repo: Repo) -> None:
    repo.registry(FAILING)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.results["needs-a"]["reason"] == "a failed"
    assert run.results["further"]["reason"] == "needs-a was skipped"


# Dry runs


@pytest.mark.parametrize("option", [["--dry-run"], ["--mode", "dry-run"], ["--dry-run", "--fix", "--jobs", "4"]])
def test_a_dry_run_starts_nothing_and_writes_nothing(repo: Repo, option: list[str]) -> None:
    repo.registry("""\
        plugins: [omnibase_files, ./checks.py]
        components:
          - {name: it, lifecycle: stable, command: [touch, ran, "{files}"]}
          - {name: missing, lifecycle: stable, command: [no-such-tool]}
        """)
    repo.write(
        "checks.py",
        """\
        from omnibase.api import tool, Result, Status

        @tool(name="writer", version="1.0.0", lifecycle="stable")
        def writer(ctx):
            open("ran", "w")
            return Result(Status.PASS)
        """,
    )
    repo.write("a.txt", "x  \n")
    repo.commit()
    repo.run("orch", "--stage", "ci", "--name", "it,writer", "--format", "json")
    assert (repo.root / "ran").exists()
    (repo.root / "ran").unlink()

    before = repo.snapshot()
    run = repo.run("orch", "--stage", "ci", "--lifecycle", "*", "--type", "*", "--format", "json", *option)
    assert repo.snapshot() == before
    assert (run.code, run.json["mode"], set(run.statuses.values())) == (0, "dry-run", {"SKIP"})
    result = run.results["it"]
    assert (result["cause"], result["files"]) == ("dry-run", 3)
    assert result["reason"].startswith("would run")
    assert result["command"] == ["touch", "ran", "a.txt", "checks.py", "registry.yaml"]
    assert run.results["missing"]["reason"].startswith("would be skipped: no-such-tool is not installed")


def test_a_dry_run_shows_people_the_commands(repo: Repo) -> None:
    repo.only('command: [echo, two words, "{files}"]')
    run = repo.run("orch", "--stage", "ci", "--dry-run", "--format", "human")
    assert "$ echo 'two words' registry.yaml\n" in run.text
