"""Start-up is imports: a run on a registry that is known already imports nothing that it can do without."""

import json
from pathlib import Path

import pytest

from tests.e2e.driving import Repo

# What a warm run never imports.
BANNED = (
    "asyncio",
    "concurrent.futures",
    "dataclasses",
    "importlib.metadata",
    "multiprocessing",
    "pathspec",
    "platform",
    "pluggy",
    "pydantic",
    "rich",
    "sqlite3",
    "tenacity",
    "yaml",
)

# Python imports a module of this name at its start. Where the run ends, it writes down what has been imported, without
# what only stands for a module (omnibase/cli/startup).
LISTING = """\
import json, os, sys

end = os._exit


def listing(code):
    if os.getpid() == started:
        with open(os.environ["IMPORTED"], "w") as file:
            json.dump(sorted(name for name, module in sys.modules.items() if getattr(module, "__spec__", None)), file)
    end(code)


started = os.getpid()
os._exit = listing
"""


@pytest.fixture
def watched(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with the shipped checks, a command, and a few staged files."""
    site = repo.root.parent / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(LISTING)
    repo.environment |= {"PYTHONPATH": str(site), "IMPORTED": str(tmp_path / "imported.json")}
    repo.registry("""\
        plugins: [omnibase_files]
        stages: {pre-commit: {select: "tag=pre-commit,lifecycle=canary|stable"}}
        components:
          - {name: it, lifecycle: stable, tags: [pre-commit], files: {types: [text]}, command: [echo, "{files}"]}
        """)
    repo.commit()
    repo.write("a.py", "x = 1\n")
    repo.write("b.txt", "b\n")
    repo.write("c.json", "{}\n")
    repo.stage()
    return repo


def banned(repo: Repo, *arguments: str) -> set[str]:
    """What of the banned is imported where the run ends."""
    run = repo.run(*arguments)
    assert run.code == 0, run.err
    imported = json.loads(Path(repo.environment["IMPORTED"]).read_bytes())
    assert "omnibase.cli.main" in imported
    return set(imported) & set(BANNED)


@pytest.mark.parametrize(
    "arguments",
    [
        ("orch", "--stage", "pre-commit", "--format", "human"),
        ("orch", "--stage", "pre-commit", "--format", "json", "--fix", "--output", "json=.git/report.json"),
        ("orch", "--stage", "ci", "--mode", "sync", "--format", "json", "a.py", "b.txt"),
        ("run", "trailing-whitespace", "--mode", "sync", "--format", "human"),
    ],
    ids=" ".join,
)
def test_a_warm_run_imports_nothing_heavy(watched: Repo, arguments: tuple[str, ...]) -> None:
    assert {"pydantic", "yaml", "pluggy", "importlib.metadata"} <= banned(watched, *arguments)  # what a cold one needs
    assert banned(watched, *arguments) == set()


def test_a_warm_run_of_several_at_once_imports_the_history_alone(watched: Repo) -> None:
    """It is asked how long each took, so that the longest starts first."""
    arguments = ("orch", "--stage", "pre-commit", "--jobs", "auto", "--format", "human")
    banned(watched, *arguments)
    assert banned(watched, *arguments) == {"sqlite3"}


def test_what_is_asked_of_a_known_registry_imports_nothing_heavy(watched: Repo) -> None:
    banned(watched, "registry", "list")
    assert banned(watched, "registry", "list") == set()
    assert banned(watched, "registry", "inspect", "it") == set()
    assert banned(watched, "orch", "--help") == set()


def test_a_plugin_s_hook_brings_pluggy_and_no_more(watched: Repo) -> None:
    watched.install(
        "hooked",
        """\
        from omnibase.api import hookimpl

        @hookimpl
        def omnibase_observers():
            return []
        """,
    )
    registry = (watched.root / "registry.yaml").read_text()
    watched.write("registry.yaml", registry.replace("[omnibase_files]", "[omnibase_files, hooked]"))
    arguments = ("orch", "--stage", "pre-commit", "--format", "human")
    banned(watched, *arguments)
    assert banned(watched, *arguments) <= {"pluggy", "importlib.metadata"}
