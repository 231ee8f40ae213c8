"""No secret is in anything that a run keeps: its journal, its history, its breakers, whoever wrote it."""

import pytest

from tests.e2e.driving import Repo

SECRET = "hunter2secret"
DECLARED = "registrysecret99"


@pytest.fixture
def kept(repo: Repo) -> Repo:
    repo.environment["SVC_TOKEN"] = SECRET
    return repo


def _leaks(repo: Repo) -> list[str]:
    """The files of the state folder with a secret in them, after all has been folded."""
    assert repo.run("runs", "list").code == 0
    files = [path for path in (repo.root / ".git" / "omnibase").rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if any(one in path.read_bytes() for one in (b"hunter2", b"registrysecret"))]


def test_a_value_that_stands_in_the_registry_is_not_in_the_record_of_the_plan(kept: Repo) -> None:
    kept.only(f"env: {{MY_TOKEN: {DECLARED}}}, shell: true, command: ['echo {SECRET} $MY_TOKEN; exit 1']")
    run = kept.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 1
    assert run.results["it"]["output"]["text"] == "*** ***"
    assert _leaks(kept) == []
    shown = kept.run("runs", "show", "last", "--format", "json")
    assert (shown.json["results"], SECRET in shown.text) == (run.json["results"], False)


def test_what_a_hook_or_an_observer_that_fails_says_is_told_without_it(kept: Repo) -> None:
    kept.install(
        "telling",
        """\
        import os
        from omnibase.api import hookimpl

        class Telling:
            def observe(self, event):
                raise RuntimeError("observing " + os.environ["SVC_TOKEN"])

        @hookimpl
        def omnibase_observers():
            return [Telling()]

        @hookimpl
        def omnibase_before_run(run):
            raise RuntimeError("beginning " + os.environ["SVC_TOKEN"])
        """,
    )
    kept.registry("plugins: [telling]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = kept.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 0
    assert len([notice for notice in run.json["notices"] if "***" in notice]) == 2
    assert SECRET not in run.text + run.err
    assert _leaks(kept) == []
