"""Fixes that are only shown, fixes outside git, and staging where nothing is staged."""

from pathlib import Path

from tests.e2e.driving import Repo
from tests.e2e.staged import work


def test_a_dry_run_shows_what_would_be_mended_and_leaves_everything_as_it_is(repo: Repo) -> None:
    repo.registry("""\
        plugins: [omnibase_files]
        components:
          - {name: it, lifecycle: stable, tags: [pre-commit], command: [check, "{files}"], fix: [mend, "{files}"]}
        """)
    repo.write("a.txt", "blank \n")
    repo.stage()
    repo.write("a.txt", "blank \nnot staged\n")
    before = work(repo)
    run = repo.run("orch", "--stage", "pre-commit", "--lifecycle", "*", "--fix", "--dry-run", "--format", "json")
    assert (run.code, work(repo)) == (0, before)
    (patch,) = run.results["trailing-whitespace"]["patches"]
    assert (patch["applied"], patch["diff"].splitlines()[-2:]) == (False, ["-blank ", "+blank"])
    missing = "would not fix: mend is not installed, and then would be skipped: check is not installed"
    assert run.results["it"]["reason"] == missing
    human = repo.run("orch", "--stage", "pre-commit", "--lifecycle", "*", "--fix", "--dry-run", "--format", "human")
    assert "would change:\n--- a/a.txt\n+++ b/a.txt\n" in human.text
    assert work(repo) == before


def test_outside_git_a_fixing_command_runs_in_place(repo: Repo, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "registry.yaml").write_text(
        'schema_version: "1"\ncomponents:\n  - name: it\n    lifecycle: stable\n    files: {include: ["*.txt"]}\n'
        '    command: [grep, -q, mended, "{files}"]\n    fix: [cp, mended, a.txt]\n'
    )
    (folder / "mended").write_text("mended\n")
    (folder / "a.txt").write_text("broken\n")
    run = repo.run("orch", "--stage", "ci", "--fix", "--format", "json", cwd=folder)
    assert (run.code, run.results["it"]["changed_files"]) == (0, ["a.txt"])
    assert (folder / "a.txt").read_text() == "mended\n"


def test_to_stage_what_is_not_looked_at_as_staged_is_said_to_do_nothing(repo: Repo) -> None:
    repo.only("command: ['true']")
    repo.commit()
    run = repo.run("orch", "--stage", "ci", "--fix", "--restage", "--format", "json")
    assert (run.code, run.json["notices"]) == (
        0,
        ["--restage stages nothing here: what is looked at is not what is staged"],
    )
    assert repo.run("orch", "--stage", "pre-commit", "--fix", "--restage", "--format", "json").json["notices"][1:] == []
