"""Repositories for the end-to-end tests, each with an environment and a home of its own."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.driving import COMMAND, Repo

# What a child is given of the environment of the tests; all else would make a difference between machines.
KEPT = ("PATH", "HOME", "TMPDIR", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")

# Lists its arguments, one a line, as Python would write them.
LIST = "import os, sys\nfor path in sys.argv[1:]: print(ascii(os.fsencode(path)))\n"


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """What is tested is the console script, so that it has to be there."""
    assert COMMAND.exists(), f"install omnibase first: {sys.executable} -m pip install -e '.[test]'"


@pytest.fixture
def environment(private_home: Path) -> dict[str, str]:
    """The whole environment of the command: of a user who has set nothing."""
    own = {name: os.environ[name] for name in KEPT if name in os.environ}
    xdg = {name: value for name, value in os.environ.items() if name.startswith("XDG_")}
    return {**own, **xdg, "LANG": "C.UTF-8", "TERM": "xterm-256color"}


@pytest.fixture
def repo(tmp_path: Path, environment: dict[str, str]) -> Iterator[Repo]:
    """An empty repository."""
    made = Repo(tmp_path / "repo", environment)
    made.root.mkdir()
    made.git("init", "--quiet")
    yield made
    made.close()


@pytest.fixture
def listing(repo: Repo) -> Repo:
    """A repository whose one component lists the files that it is given; the commit `start` has `old.txt`."""
    repo.script(".git/list", LIST)
    repo.registry("""\
        components: [{name: it, lifecycle: canary, tags: [pre-commit], command: [.git/list, "{files}"]}]
        exclude: [registry.yaml]
        """)
    repo.write("old.txt", "old\n")
    repo.commit("start")
    repo.git("tag", "start")
    return repo


@pytest.fixture
def folder(tmp_path: Path, environment: dict[str, str]) -> Iterator[Repo]:
    """A folder that is in no repository."""
    made = Repo(tmp_path / "folder", environment)
    made.root.mkdir()
    yield made
    made.close()


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended, or does so within a second."""

    def look(pid: int) -> bool:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([fd], [], [], 1.0)[0])  # a zombie that nobody has reaped is readable, too
        finally:
            os.close(fd)

    return look
