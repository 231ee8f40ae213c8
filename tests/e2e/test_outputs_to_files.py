"""`--output FORMAT=PATH`: a file is written whole, and what is no file stays what it is."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, Repo

REGISTRY = "components: [{name: a, lifecycle: stable, command: ['true']}]"


def written(repo: Repo, path: Path | str) -> int:
    repo.registry(REGISTRY)
    return repo.run("orch", "--stage", "ci", "--output", f"json={path}").code


def test_a_link_leads_where_it_did_and_what_it_leads_to_is_written(repo: Repo) -> None:
    (repo.root / "target.json").write_text("old")
    (repo.root / "link").symlink_to("target.json")
    assert written(repo, "link") == 0
    assert (repo.root / "link").is_symlink()
    assert json.loads((repo.root / "target.json").read_text())["exit_code"] == 0


def test_a_named_pipe_stays_one_and_its_reader_has_the_report(repo: Repo) -> None:
    repo.registry(REGISTRY)
    pipe = repo.root / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert written(repo, "pipe") == 0
        out, _ = reader.communicate(timeout=60)
    assert json.loads(out)["exit_code"] == 0
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_stream_by_its_name_is_written_to(repo: Repo) -> None:
    repo.registry(REGISTRY)
    done = subprocess.run(
        [COMMAND, "orch", "--stage", "ci", "--format", "human", "--output", "json=/dev/stderr"],
        cwd=repo.root,
        env=repo.environment,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stderr)["exit_code"] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it is Linux's")
def test_a_full_disk_is_told_and_is_a_failure(repo: Repo) -> None:
    (repo.root / "full").symlink_to("/dev/full")  # so that no mistake can put a file in its place
    assert written(repo, "full") == 1
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.parametrize(
    "mistake", [["--jobs", "0"], ["--registry", "nofile"], ["--filter", "x=y"], ["--name", "nope"]]
)
def test_where_the_run_could_not_happen_the_file_says_so_instead_of_the_run_before(
    repo: Repo, mistake: list[str]
) -> None:
    assert written(repo, "report.json") == 0
    run = repo.run("orch", "--stage", "ci", *mistake, "--output", "json=report.json")
    document = json.loads((repo.root / "report.json").read_text())
    assert (document["exit_code"], document["error"]["code"]) == (run.code, run.code)
