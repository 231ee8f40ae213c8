"""A real git repository for each test that asks for one, free of the settings of whoever runs the tests."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from omnibase.inputs.git import Repository, State, discover, state


class Repo:
    """A folder with git in it, and short words for what the tests do there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str, at: str = ".", env: Mapping[str, str] | None = None, ok: bool = True) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root / at, env={**os.environ, **(env or {})}, capture_output=True, check=False
        )
        assert done.returncode == 0 or not ok, done.stderr.decode()
        return os.fsdecode(done.stdout).rstrip("\n")

    def write(self, path: str, content: str | bytes = "content\n") -> str:
        whole = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def add(self, path: str, content: str | bytes = "content\n") -> str:
        self.git("--literal-pathspecs", "add", "-f", "--", self.write(path, content))
        return path

    def commit(self, message: str = "change") -> str:
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def found(self, at: str = ".") -> Repository:
        repository = discover(str(self.root / at))
        assert repository is not None
        return repository

    def state(self) -> State:
        return state(self.found())


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Git without anybody's configuration, and without the variables of a hook that the tests may be run by."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Some One")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "some.one@example.org")


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., Repo]:
    """Makes a repository in a folder below the test's own, given more options of `git init`."""

    def make(name: str, *options: str) -> Repo:
        root = tmp_path / name
        root.mkdir()
        repo = Repo(root)
        repo.git("init", "-q", "-b", "main", *options)
        return repo

    return make


@pytest.fixture
def repo(make_repo: Callable[..., Repo]) -> Repo:
    """An empty repository."""
    return make_repo("repo")
