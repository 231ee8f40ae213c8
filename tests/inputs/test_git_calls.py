"""Where a repository is, how git is started, and what is said when it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnibase.inputs.git import clean_environment, discover, state, tracked
from omnibase.model.errors import ConfigurationError, ExecutionError

if TYPE_CHECKING:
    from tests.inputs.conftest import Repo


def _only_program(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Put a folder on PATH in which `git` is this shell script."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_no_variable_of_git_reaches_a_component() -> None:
    env = {"GIT_DIR": ".git", "GIT_INDEX_FILE": "x", "GIT_SSH": "y", "PATH": "/bin", "GITHUB_SHA": "z"}
    assert clean_environment(env) == {"PATH": "/bin", "GITHUB_SHA": "z"}


def test_a_repository_is_found_from_any_folder_below_its_root(repo: Repo) -> None:
    repo.write("a/b/file")
    root = os.path.realpath(repo.root)
    assert repo.found("a/b") == (root, f"{root}/.git", f"{root}/.git", f"{root}/.git/index")
    assert repo.found() == repo.found("a/b")


def test_a_repository_is_found_through_a_symbolic_link(repo: Repo, tmp_path: Path) -> None:
    repo.write("a/b/file")
    (tmp_path / "link").symlink_to(repo.root / "a" / "b")
    assert discover(str(tmp_path / "link")) == repo.found()


def test_a_root_with_newlines_in_its_name_is_found(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("two\nlines\n")
    assert repo.found().root == os.path.realpath(repo.root)
    assert repo.found().index_file == os.path.realpath(repo.root) + "/.git/index"


def test_a_root_whose_name_is_not_utf_8_is_found(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("caf\udce9")
    repo.add("file")
    assert repo.found().root.endswith("/caf\udce9")
    assert repo.state().staged == ("file",)


def test_one_call_finds_the_repository(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = shutil.which("git")
    _only_program(monkeypatch, tmp_path / "bin", f'echo call >> "{tmp_path}/calls"; exec {real} "$@"')
    repo.found()
    assert (tmp_path / "calls").read_text() == "call\n"


def test_a_worktree_has_its_own_index_and_shares_the_rest(repo: Repo, tmp_path: Path) -> None:
    repo.add("file")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    found = discover(str(tmp_path / "other"))
    assert found is not None
    git_dir = os.path.realpath(repo.root / ".git")
    assert found.common_dir == git_dir
    assert found.git_dir == f"{git_dir}/worktrees/other"
    assert found.index_file == f"{git_dir}/worktrees/other/index"
    assert [entry.path for entry in tracked(found, state(found))] == ["file"]
    assert state(found).branch == "other"


def test_the_index_that_a_hook_names_is_used(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.add("committed")
    repo.commit()
    repo.add("left-out")
    repo.write("a/wanted")
    repo.git("read-tree", "HEAD", env={"GIT_INDEX_FILE": ".git/next-index"})
    repo.git("add", "a/wanted", env={"GIT_INDEX_FILE": ".git/next-index"})
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    monkeypatch.setenv("GIT_DIR", ".git")
    assert repo.found().index_file == os.path.realpath(repo.root) + "/.git/next-index"
    assert repo.state().staged == ("a/wanted",)
    assert [entry.path for entry in tracked(repo.found(), repo.state())] == ["a/wanted", "committed"]


def test_a_relative_index_is_git_s_one_from_a_folder_below_too(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a/file")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other")
    assert repo.found("a").index_file == os.path.realpath(repo.root) + "/.git/other"


def test_a_repository_is_asked_by_the_index_it_was_found_with(repo: Repo) -> None:
    repo.git("add", repo.write("file"), env={"GIT_INDEX_FILE": ".git/other"})
    other = repo.found()._replace(index_file=str(repo.root / ".git" / "other"))
    assert (repo.state().staged, state(other).staged) == ((), ("file",))


def test_relative_variables_of_git_are_taken_where_they_were_given(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.add("a/file")
    monkeypatch.chdir(repo.root / "a")
    monkeypatch.setenv("GIT_DIR", "../.git")
    monkeypatch.setenv("GIT_WORK_TREE", "..")
    assert repo.found("a").root == os.path.realpath(repo.root)
    assert state(repo.found("a")).staged == ("a/file",)


def test_a_commit_of_named_paths_is_seen_by_its_hook_as_what_it_commits(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.add("one", "1\n")
    repo.add("two", "2\n")
    repo.commit()
    repo.add("one", "1+\n")
    repo.write("two", "2+\n")
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.write_text('#!/bin/sh\nprintf "%s" "$GIT_INDEX_FILE" > seen\ncp "$GIT_INDEX_FILE" seen-index\n')
    hook.chmod(0o755)
    repo.git("commit", "-q", "-m", "only two", "--", "two")
    assert "next-index" in (repo.root / "seen").read_text()
    repo.git("reset", "-q", "--soft", "HEAD^")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo.root / "seen-index"))
    assert repo.state().staged == ("two",)


def test_outside_git_there_is_no_repository(tmp_path: Path) -> None:
    assert discover(str(tmp_path)) is None


def test_outside_git_no_git_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert discover(str(tmp_path)) is None


def test_without_git_a_repository_is_an_error_with_a_remedy(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("a/file")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ExecutionError, match="git is not installed") as caught:
        discover(str(repo.root / "a"))
    assert caught.value.remedy is not None
    assert "install git" in caught.value.remedy


def test_a_git_that_cannot_be_executed_is_an_error(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _only_program(monkeypatch, tmp_path / "bin", "")
    (tmp_path / "bin" / "git").write_bytes(b"\x7fELF no program")
    with pytest.raises(ExecutionError, match="git cannot be started: Exec format error"):
        discover(str(repo.root))


def test_a_bare_repository_has_nothing_to_look_at(make_repo: Callable[..., Repo]) -> None:
    bare = make_repo("bare.git", "--bare")
    with pytest.raises(ConfigurationError, match="bare repository") as caught:
        discover(str(bare.root))
    assert caught.value.remedy is not None
    assert "git worktree add" in caught.value.remedy


def test_the_inside_of_dot_git_is_no_work_tree(repo: Repo) -> None:
    with pytest.raises(ConfigurationError, match="inside of a repository's own folder") as caught:
        discover(str(repo.root / ".git"))
    assert caught.value.remedy == "run it in the work tree"


def test_a_repository_of_somebody_else_is_refused_in_git_s_words(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(ExecutionError, match="dubious ownership in repository at") as caught:
        discover(str(repo.root))
    root = os.path.realpath(repo.root)
    assert caught.value.remedy == f"if you trust its owner: git config --global --add safe.directory {root}"


def test_a_dot_git_that_leads_nowhere_is_an_error_and_not_outside_git(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nonexistent/folder\n")
    with pytest.raises(ExecutionError, match="not a git repository: /nonexistent/folder") as caught:
        discover(str(tmp_path))
    assert caught.value.remedy is not None
    assert "GIT_DIR" in caught.value.remedy


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match=r"cannot change to .*No such file or directory"):
        discover(str(tmp_path / "nowhere"))


def test_a_damaged_index_is_an_error_in_git_s_words(repo: Repo) -> None:
    found = repo.found()
    Path(found.index_file).write_bytes(b"no index at all, but long enough to look like one")
    with pytest.raises(ExecutionError, match=r"git status failed: .*index file corrupt"):
        state(found)


@pytest.mark.parametrize("version", ["2.11.0", "1.8.3.1", "2.17", "main"])
def test_a_git_that_is_too_old_is_named_where_a_call_fails(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    found = repo.found()
    script = f'for word; do case $word in --version) echo "git version {version}"; exit 0;; esac; done'
    _only_program(monkeypatch, tmp_path / "bin", f"{script}\necho 'error: unknown option no-renames' >&2\nexit 129")
    with pytest.raises(ExecutionError, match="git status failed: unknown option no-renames") as caught:
        state(found)
    assert caught.value.remedy == f"install git 2.18 or later; this is {version}"


def test_a_git_that_says_nothing_is_reported_with_its_exit_code(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = repo.found()
    script = 'for word; do case $word in --version) echo "git version 2.39.5 (Apple Git-154)"; exit 0;; esac; done'
    _only_program(monkeypatch, tmp_path / "bin", f"{script}\nexit 3")
    with pytest.raises(ExecutionError, match="git status failed: exit code 3") as caught:
        state(found)
    assert caught.value.remedy is None


def test_an_answer_of_git_s_that_is_not_understood_is_an_error(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = repo.found()
    _only_program(monkeypatch, tmp_path / "bin", r"printf '9 what is this\0'")
    with pytest.raises(ExecutionError, match="not understood"):
        state(found)


def test_git_is_started_without_a_terminal_to_wait_at_and_without_translations(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = repo.found()
    script = f'read -r line; printf "%s" "$line$GIT_TERMINAL_PROMPT$LC_ALL" > {tmp_path}/got'
    _only_program(monkeypatch, tmp_path / "bin", script)
    state(found)
    assert (tmp_path / "got").read_text() == "0C"


def test_the_settings_of_the_user_change_nothing(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.add("a file", "1\n")
    repo.add("b", "1\n")
    repo.commit()
    repo.git("mv", "a file", "renamed")
    repo.write("b", "2\n")
    plain = repo.state()
    hook = tmp_path / "monitor"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\nprintf '/\\0'\n")
    hook.chmod(0o755)
    settings = {
        "color.ui": "always", "color.status": "always", "status.short": "true", "status.branch": "false",
        "status.renames": "copies", "status.showUntrackedFiles": "all", "status.relativePaths": "true",
        "status.showStash": "true", "status.submoduleSummary": "true", "diff.noprefix": "true",
        "diff.external": "false", "diff.renames": "copies", "core.quotepath": "true", "core.fsmonitor": str(hook),
        "diff.orderFile": "/nonexistent", "core.pager": "false", "diff.ignoreSubmodules": "all",
    }  # fmt: skip
    for name, value in settings.items():
        repo.git("config", name, value)
    repo.write("untracked")
    assert repo.state() == plain
    assert [entry.path for entry in tracked(repo.found(), plain)] == ["b", "renamed"]
    assert not (tmp_path / "called").exists()


def test_asking_writes_nothing_into_the_index(repo: Repo) -> None:
    repo.add("file")
    repo.commit()
    os.utime(repo.root / "file", (1, 1))  # git would like to note that the file is the same all the same
    index = repo.root / ".git" / "index"
    before = (index.read_bytes(), os.stat(index).st_mtime_ns, sorted(os.listdir(repo.root / ".git")))
    found = repo.found()
    assert not state(found).dirty
    tracked(found, state(found))
    assert (index.read_bytes(), os.stat(index).st_mtime_ns, sorted(os.listdir(repo.root / ".git"))) == before


def test_a_lock_that_somebody_holds_is_no_obstacle(repo: Repo) -> None:
    repo.add("file")
    (repo.root / ".git" / "index.lock").write_bytes(b"")
    assert repo.state().staged == ("file",)


def test_a_run_inside_a_hook_of_a_worktree_looks_at_that_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    script = (
        "from omnibase.inputs.git import discover, state\n"
        "found = discover('.')\n"
        "print(found.root, *state(found).staged)\n"
    )
    (tmp_path / "script.py").write_text(script)
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\n{sys.executable} {tmp_path}/script.py > {tmp_path}/seen\n")
    hook.chmod(0o755)
    (tmp_path / "other" / "new").write_text("x")
    subprocess.run(["git", "add", "new"], cwd=tmp_path / "other", check=True)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(["git", "commit", "-qm", "x"], cwd=tmp_path / "other", check=True, env=env)
    assert (tmp_path / "seen").read_text() == f"{os.path.realpath(tmp_path / 'other')} new\n"
