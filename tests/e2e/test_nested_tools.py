"""Tools that run in parallel themselves are told of their share, and makes have a jobserver."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from omnibase.core.sharing import SLOTS, VARIABLES
from omnibase.orchestrators.machine import available, processors
from tests.e2e.driving import COMMAND, Repo

Json = Any

PAIR = """\
    components:
      - {name: a, lifecycle: stable, command: [env]}
      - {name: b, lifecycle: stable, command: [env]}
      - {name: last, lifecycle: stable, command: [env], needs: [a, b]}
    """


def told(repo: Repo, *arguments: str, env: dict[str, str] | None = None) -> dict[str, dict[str, str]]:
    """The environment of each component."""
    run = repo.run("orch", "--stage", "ci", "--format", "json", *arguments, env=env)
    assert run.code == 0, run.err
    return {
        name: dict(line.split("=", 1) for line in result["output"]["text"].splitlines() if "=" in line)
        for name, result in run.results.items()
    }


def test_what_runs_at_once_shares_the_processors_and_what_runs_alone_has_all(repo: Repo) -> None:
    repo.registry(PAIR)
    found = told(repo, "--jobs", "2")
    half = str(max(processors() // 2, 1))
    assert [found[name][SLOTS] for name in ("a", "b", "last")] == [half, half, str(processors())]
    if int(half) < available():
        assert {name: found["a"][name] for name in VARIABLES} == dict.fromkeys(VARIABLES, half)
    if processors() == available():
        assert not set(VARIABLES) & set(found["last"]), "tools find by themselves what there is"


def test_one_at_a_time_everyone_has_all(repo: Repo) -> None:
    repo.registry(PAIR)
    assert {env[SLOTS] for env in told(repo, "--mode", "sync").values()} == {str(processors())}


def test_what_the_user_or_the_component_says_stands(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: a, lifecycle: stable, command: [env], env: {RAYON_NUM_THREADS: "7"}}
          - {name: b, lifecycle: stable, command: [env]}
        """)
    found = told(repo, "--jobs", "2", env={"GOMAXPROCS": "5", SLOTS: "1"})
    assert [(env["GOMAXPROCS"], env[SLOTS]) for env in found.values()] == [("5", "1"), ("5", "1")]
    assert found["a"]["RAYON_NUM_THREADS"] == "7"


def test_a_component_in_python_is_told_too(repo: Repo) -> None:
    repo.registry("plugins: [./checks.py]\n")
    repo.write(
        "checks.py",
        """\
        import os
        from omnibase.api import tool, Result, Status

        @tool(name="tells", version="1.0.0", lifecycle="stable")
        def tells(ctx):
            assert ctx.env["OMNIBASE_SLOTS"] == os.environ["OMNIBASE_SLOTS"]
            return Result(Status.PASS, value=os.environ["OMNIBASE_SLOTS"])

        @tool(name="other", version="1.0.0", lifecycle="stable")
        def other(ctx):
            return tells(ctx)
        """,
    )
    repo.stage()
    run = repo.run("orch", "--stage", "ci", "--type", "*", "--jobs", "2", "--format", "json", env={SLOTS: "2"})
    assert [run.results[name]["value"] for name in ("tells", "other")] == ["1", "1"]


def test_a_run_inside_a_run_stays_within_its_share(repo: Repo) -> None:
    waiting = [{"name": f"w{n}", "lifecycle": "stable", "command": ["sleep", "0.2"]} for n in range(6)]
    repo.write("inner.yaml", json.dumps({"schema_version": "1", "components": waiting}))
    inner = [str(COMMAND), "orch", "--stage", "ci", "--registry", "inner.yaml", "--format", "json"]
    outer = {"name": "outside", "lifecycle": "stable", "command": inner}
    repo.registry(f"components: [{json.dumps(outer)}, {json.dumps(outer | {'name': 'other'})}]\n")
    run = repo.run("orch", "--stage", "ci", "--jobs", "2", "--format", "json", env={SLOTS: "2"})
    for name in ("outside", "other"):
        assert json.loads(run.results[name]["output"]["text"])["metrics"]["slots"] == 1


# make

JOB = """\
    import os, sys, time
    here = sys.argv[1]
    own = os.path.join(here, str(os.getpid()))
    open(own, "w").close()
    with open(os.path.join(os.path.dirname(here), "counts"), "a") as file:
        file.write(f"{len(os.listdir(here))}\\n")
    time.sleep(0.05)
    os.unlink(own)
    """


@pytest.fixture
def making(repo: Repo, tmp_path: Path) -> Repo:
    """Makefiles with jobs that count how many are under way at the same time."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    (tmp_path / "jobs").mkdir()
    repo.write("job.py", JOB)
    jobs = " ".join(f"job{number}" for number in range(10))
    rule = f"{jobs}:\n\t@{sys.executable} job.py {tmp_path}/jobs\n"
    repo.write("Makefile", f"all: {jobs}\n.PHONY: all {jobs}\n{rule}")
    repo.stage()
    return repo


def counts(tmp_path: Path) -> list[int]:
    return [int(line) for line in (tmp_path / "counts").read_text().split()]


def test_a_make_that_is_alone_has_a_job_for_each_processor(making: Repo, tmp_path: Path) -> None:
    making.registry("components: [{name: build, lifecycle: stable, command: [make], jobserver: true}]\n")
    run = making.run("orch", "--stage", "ci", "--jobs", "3", "--format", "json")
    assert (run.code, run.statuses) == (0, {"build": "PASS"})
    most = max(processors(), 3)
    assert 1 < max(counts(tmp_path)) <= most


def test_a_make_that_does_not_ask_has_one_job(making: Repo, tmp_path: Path) -> None:
    making.registry("components: [{name: build, lifecycle: stable, command: [make]}]\n")
    assert making.run("orch", "--stage", "ci", "--jobs", "3").code == 0
    assert set(counts(tmp_path)) == {1}


def test_makes_and_all_else_together_have_no_more_jobs_than_there_are_slots(making: Repo, tmp_path: Path) -> None:
    job = json.dumps([sys.executable, "job.py", str(tmp_path / "jobs")])
    others = "\n".join(f"  - {{name: other{n}, lifecycle: stable, command: {job}}}" for n in range(8))
    making.registry(f"""\
components:
  - {{name: one, lifecycle: stable, command: [make], jobserver: true}}
  - {{name: two, lifecycle: stable, command: [make], jobserver: true}}
  - {{name: three, lifecycle: stable, command: [make], jobserver: true, needs: [one]}}
{others}
""")
    slots = max(processors(), 4)
    run = making.run("orch", "--stage", "ci", "--jobs", str(slots), "--format", "json")
    assert (run.code, set(run.statuses.values())) == (0, {"PASS"})
    assert len(counts(tmp_path)) == 38
    assert max(counts(tmp_path)) <= slots


def test_an_interrupted_run_leaves_no_make_and_no_pool(making: Repo, tmp_path: Path) -> None:
    making.write("Makefile", "all: a b\na b:\n\t@echo x > .git/begun; sleep 60\n")
    begun = making.channel("begun")
    making.registry("components: [{name: build, lifecycle: stable, command: [make], jobserver: true}]\n")
    running = making.start("orch", "--stage", "ci", "--jobs", "2", env={"TMPDIR": str(tmp_path)})
    begun.line()
    assert os.listdir(tmp_path / "jobs") == []
    running.signal(15)
    assert running.end().code == 143
    assert not [name for name in os.listdir(tmp_path) if name.startswith("omnibase-")]
