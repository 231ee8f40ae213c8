"""A first registry: `omnibase init` in repositories, in folders, and at a terminal."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, SECONDS, Repo
from tests.e2e.test_imports import LISTING

PYTEST = "[tool.pytest.ini_options]\ntestpaths = ['tests']\n"


@pytest.fixture
def python(repo: Repo) -> Repo:
    """A small repository with a test that passes."""
    repo.write("pyproject.toml", PYTEST)
    repo.write("tests/test_a.py", "def test_a():\n    assert True\n")
    repo.write("README.md", "# A\n\nOne line  \nand another\n")
    return repo


def test_in_a_new_repository_what_it_writes_is_valid_and_runs(python: Repo) -> None:
    run = python.run("init")
    assert run.code == 0, run.err
    assert run.err == ""
    assert "Found Python (1 file), Markdown (1 file), TOML (1 file).\n" in run.text
    assert "Wrote registry.yaml with 1 component " in run.text
    assert "\n  pytest  [tool.pytest.ini_options] in pyproject.toml\n" in run.text

    assert python.run("registry", "validate").code == 0
    python.commit()
    run = python.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 0, run.text
    assert run.results["pytest"]["status"] == "PASS"
    assert run.results["trailing-whitespace"]["status"] == "PASS"


def test_at_commit_what_it_writes_mends_what_is_staged(python: Repo) -> None:
    python.run("init")
    python.commit()
    python.write("b.py", "x = 1  \n")
    python.stage()
    run = python.run("orch", "--stage", "pre-commit", "--format", "json")
    assert run.code == 1
    assert run.json["mode"] == "async"
    assert (python.root / "b.py").read_text() == "x = 1\n"
    assert "pytest" not in run.results


def test_a_registry_that_is_there_is_not_overwritten(python: Repo) -> None:
    python.registry("components: []")
    before = python.snapshot()
    run = python.run("init")
    assert run.code == 2
    assert "there is a registry.yaml already, and it is not overwritten" in run.err
    assert "`omnibase init --stdout` prints what would be written" in run.err
    assert python.snapshot() == before


def test_a_broken_link_in_its_place_is_not_followed(python: Repo) -> None:
    (python.root / "registry.yaml").symlink_to("elsewhere")
    assert python.run("init").code == 2
    assert not (python.root / "elsewhere").exists()


def test_to_show_it_writes_nothing_whatever_is_there(python: Repo) -> None:
    python.registry("components: []")
    before = python.snapshot()
    run = python.run("init", "--stdout")
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("# What is checked")
    assert python.snapshot() == before
    (python.root / "registry.yaml").unlink()
    python.run("init")
    assert (python.root / "registry.yaml").read_text() == run.text


def test_in_a_folder_of_a_repository_it_is_for_the_whole_of_it(python: Repo) -> None:
    run = python.run("init", cwd=python.root / "tests")
    assert run.code == 0
    assert "Wrote ../registry.yaml " in run.text
    assert (python.root / "registry.yaml").exists()


def test_here_means_for_the_folder_alone(python: Repo) -> None:
    python.write("part/ruff.toml", "")
    python.write("part/a.py", "x = 1  \n")
    python.write("b.py", "x = 1  \n")
    run = python.run("init", "--here", cwd=python.root / "part")
    assert run.code == 0
    assert "Wrote registry.yaml " in run.text
    assert not (python.root / "registry.yaml").exists()
    python.commit()
    arguments = ("orch", "--stage", "ci", "--name", "trailing-whitespace", "--format", "json")
    run = python.run(*arguments, cwd=python.root / "part")
    assert [one["path"] for one in run.results["trailing-whitespace"]["findings"]] == ["part/a.py"]


def test_outside_git_it_is_for_the_folder_with_what_lies_below(folder: Repo) -> None:
    folder.write("pyproject.toml", PYTEST)
    folder.write("tests/test_a.py", "")
    folder.write(".gitignore", "generated/\n")
    folder.write("generated/go.mod", "")
    run = folder.run("init")
    assert run.code == 0
    assert "Wrote registry.yaml with 1 component " in run.text
    assert folder.run("registry", "validate").code == 0


def test_what_git_ignores_is_not_looked_at(python: Repo) -> None:
    python.write(".gitignore", "Cargo.toml\nnode_modules\n")
    python.write("Cargo.toml", "")
    python.write("node_modules/a/tsconfig.json", "")
    run = python.run("init", "--stdout")
    assert "cargo" not in run.text
    assert "exclude:" not in run.text


def test_a_configuration_that_cannot_be_read_is_a_notice(python: Repo) -> None:
    python.write("package.json", "{")
    python.write("pytest.ini", "[pytest]\n")
    python.write("pyproject.toml", "[")
    run = python.run("init")
    assert run.code == 0
    assert "omnibase: pyproject.toml is passed over: " in run.err
    assert "omnibase: package.json is passed over: " in run.err
    assert "  pytest  pytest.ini\n" in run.text


def test_a_program_that_is_not_installed_is_named(python: Repo) -> None:
    python.write(".golangci.yml", "")
    python.write("go.mod", "")
    run = python.run("init", env={"PATH": "/usr/bin:/bin"})
    assert "Not installed here: " in run.text
    assert "golangci-lint" in run.text.partition("Not installed here: ")[2].splitlines()[0]


def test_hooks_of_pre_commit_without_a_twin_are_named(python: Repo) -> None:
    python.write(".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: check-yaml\n  - id: uv-lock\n")
    run = python.run("init")
    assert ".pre-commit-config.yaml stays as it is" in run.text
    assert "Without a twin: uv-lock.\n" in run.text


def test_in_a_bare_repository_there_is_nothing_to_look_at(repo: Repo) -> None:
    bare = repo.root.parent / "bare"
    repo.git("init", "--quiet", "--bare", str(bare))
    run = repo.run("init", cwd=bare)
    assert run.code == 2
    assert "bare repository" in run.err
    assert not (bare / "registry.yaml").exists()


def test_gofmt_fails_where_it_lists_something(python: Repo) -> None:
    """gofmt itself ends with 0 whatever it lists, so that what is written here has to look at its output."""
    body = "import sys\nfor path in sys.argv[2:]:\n    if 'bad' in open(path).read(): print(path)\n"
    python.script(".git/bin/gofmt", body)
    python.write("go.mod", "")
    python.write("a b.go", "bad")
    python.write("c.go", "good")
    python.run("init")
    python.commit()
    path = f"{python.root}/.git/bin:{python.environment['PATH']}"
    run = python.run("run", "gofmt", "--format", "json", env={"PATH": path})
    assert run.code == 1
    assert [one["path"] for one in run.results["gofmt"]["findings"]] == ["a b.go"]
    python.write("a b.go", "good")
    assert python.run("run", "gofmt", "--format", "json", env={"PATH": path}).code == 0


def test_a_run_imports_nothing_of_it(python: Repo, tmp_path: Path) -> None:
    site = tmp_path / "listing"
    site.mkdir()
    (site / "sitecustomize.py").write_text(LISTING)
    python.run("init")
    python.stage()
    env = {"PYTHONPATH": str(site), "IMPORTED": str(tmp_path / "imported.json")}
    python.run("orch", "--stage", "ci", "--name", "check-toml", env=env)
    imported = json.loads((tmp_path / "imported.json").read_bytes())
    assert "omnibase.cli.main" in imported
    assert [name for name in imported if "proposing" in name or name.endswith("cli.init")] == []


def test_the_hook_is_installed_where_that_is_asked_for(python: Repo) -> None:
    run = python.run("init", "--install")
    assert run.code == 0, run.err
    assert "pre-commit: installed (" in run.text
    python.stage()
    python.write("b.py", "x = (\n")
    python.stage()
    python.git("commit", "-m", "bad", check=False)
    assert python.git("rev-parse", "--verify", "HEAD", check=False) == ""


def test_without_a_terminal_nobody_is_asked_and_no_hook_is_installed(python: Repo) -> None:
    run = python.run("init")
    assert "Install the git hook now?" not in run.text
    assert "  omnibase install  " in run.text
    assert not (python.root / ".git/hooks/pre-commit").exists()


def test_a_hook_of_a_registry_in_a_folder_reads_that_registry(python: Repo) -> None:
    python.write("part/a.py", "")
    run = python.run("init", "--here", cwd=python.root / "part")
    assert "  omnibase install --registry registry.yaml  " in run.text
    (python.root / "part/registry.yaml").unlink()
    python.run("init", "--here", "--install", cwd=python.root / "part")
    python.write("part/a.py", "x = (\n")
    python.stage()
    python.git("commit", "-m", "bad", check=False)
    assert python.git("rev-parse", "--verify", "HEAD", check=False) == ""


def test_outside_git_there_is_no_hook_to_install(folder: Repo) -> None:
    assert "omnibase install" not in folder.run("init").text
    (folder.root / "registry.yaml").unlink()
    run = folder.run("init", "--install")
    assert run.code == 2
    assert "this is in no git repository, so there are no hooks" in run.err
    assert not (folder.root / "registry.yaml").exists()


def test_where_git_runs_no_hooks_nothing_is_written_when_one_is_wanted(python: Repo) -> None:
    python.git("config", "core.hooksPath", "/dev/null")
    run = python.run("init", "--install")
    assert run.code == 2
    assert "git runs no hooks here" in run.err
    assert not (python.root / "registry.yaml").exists()
    assert python.run("init").code == 0


@pytest.mark.parametrize(("answer", "code"), [(b"\n", 0), (b"y\n", 0), (b"n\n", 0), (b"\x04", 0), (b"\x03", 130)])
def test_at_a_terminal_the_answer_decides(python: Repo, answer: bytes, code: int) -> None:
    ended, shown = _at_terminal(python, answer, "init")
    assert "Install the git hook now? [Y/n]" in shown
    assert ended == code
    wanted = answer in (b"\n", b"y\n")
    assert (python.root / ".git/hooks/pre-commit").exists() == wanted
    assert ("`omnibase install` does it later." in shown) != wanted
    assert (python.root / "registry.yaml").exists()


def test_at_a_terminal_nobody_is_asked_what_is_decided(python: Repo) -> None:
    assert "?" not in _at_terminal(python, b"", "init", "--no-install")[1]
    (python.root / "registry.yaml").unlink()
    python.run("install")
    assert "?" not in _at_terminal(python, b"", "init")[1]


INTERRUPT = b"\x03"
PROMPT = b"[Y/n]: "

# A session of its own whose terminal is standard input, so that what is typed there can be a signal.
TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _at_terminal(repo: Repo, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run the command at a terminal of its own, with the answer to its question; the exit code and what it shows."""
    terminal, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, str(COMMAND), *arguments],
        cwd=repo.root,
        env=repo.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, waited = b"", 0
    while waited < SECONDS:
        if not select.select([terminal], [], [], 1)[0]:
            waited += 1
            if answer == INTERRUPT and PROMPT in shown:
                os.write(terminal, answer)  # one that comes between Python's prompt and its read is not heard
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if PROMPT in shown + more and PROMPT not in shown:
            os.write(terminal, answer)
        shown += more
    os.close(terminal)  # who still waits there is hung up on
    return process.wait(SECONDS), shown.decode()
