"""What a command changes in its view besides the files that it was given reaches nobody, and is told."""

import pytest

from tests.e2e.driving import Repo, Run


@pytest.fixture
def crowded(repo: Repo) -> Repo:
    """A staged file, another tracked one, and something unstaged, so that all commands run in the view."""
    repo.write("other.py", "other\n")
    repo.write("show", "cat other.py; ls\n")
    repo.write("unstaged.md", "1\n")
    repo.commit()
    repo.write("a.txt", "a\n")
    repo.stage()
    repo.write("unstaged.md", "2\n")
    return repo


def declared(repo: Repo, entry: str) -> None:
    """A component with that entry, and one after it that shows what it sees."""
    looks = "  - {name: looks, lifecycle: stable, always_run: true, after: [it], command: [sh, show]}"
    repo.write(
        "registry.yaml",
        'schema_version: "1"\ncomponents:\n' + f"  - {{name: it, lifecycle: stable, {entry}}}\n{looks}\n",
    )
    repo.stage()
    repo.write("unstaged.md", "3\n")


def run_all(repo: Repo) -> Run:
    before = (repo.root / "other.py").read_bytes()
    run = repo.run("orch", "--stage", "pre-commit", "--filter", "name=*,lifecycle=*,tag=*", "--format", "json")
    assert (repo.root / "other.py").read_bytes() == before
    assert not (repo.root / "made.txt").exists()
    assert run.results["looks"]["output"]["text"].splitlines()[0] == "other"
    assert "made.txt" not in run.results["looks"]["output"]["text"]
    return run


WRITES = "echo stray > other.py; echo made > made.txt"


def test_of_a_writer_that_is_told_its_files_the_rest_is_undone_and_told(crowded: Repo) -> None:
    command = f"""[sh, -c, 'echo b >> "$1"; {WRITES}', it, "{{files}}"]"""
    declared(crowded, f"files: {{include: [a.txt]}}, fixes: true, command: {command}")
    run = run_all(crowded)
    result = run.results["it"]
    assert (result["status"], result["changed_files"]) == ("FAIL", ["a.txt"])
    (stray,) = result["findings"]
    assert (stray["code"], stray["severity"]) == ("stray", "warning")
    assert stray["message"].startswith("it changed made.txt and 1 more besides the files that it was given")


def test_a_check_that_changes_any_tracked_file_fails(crowded: Repo) -> None:
    declared(crowded, f"always_run: true, shell: true, command: ['{WRITES}']")
    run = run_all(crowded)
    result = run.results["it"]
    assert (run.code, result["status"], result["cause"]) == (1, "FAIL", "changed-files")
    assert [finding["message"] for finding in result["findings"]] == ["it changed other.py"]


def test_a_check_that_only_leaves_a_new_file_lying_passes_and_nobody_sees_it(crowded: Repo) -> None:
    declared(crowded, "always_run: true, shell: true, command: ['echo made > made.txt']")
    run = run_all(crowded)
    assert (run.code, run.results["it"]["status"], run.results["it"]["findings"]) == (0, "PASS", [])
