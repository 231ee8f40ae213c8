"""Staging what fixers changed: exactly that, in one step, and only while the index is what was looked at."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.fixing import staging
from omnibase.inputs.fixing.staging import Staged, clean_up, stage
from omnibase.inputs.git import Repository
from omnibase.inputs.shadow import check_out, is_same, snapshot
from omnibase.model.errors import ExecutionError
from tests.inputs.conftest import Repo


class Case:
    """A repository, its index as it was kept, and the folder with staged contents that fixers have written to."""

    def __init__(self, repo: Repo, folder: Path, found: Repository) -> None:
        self.repo = repo
        self.folder = folder
        self.repository = found
        self.kept = snapshot(found, str(folder))
        self.shadow = str(folder / "staged")
        os.mkdir(self.shadow)

    def fix(self, path: str, content: str) -> None:
        check_out(self.kept, self.shadow, [path])
        Path(self.shadow, path).write_text(content)

    def stage(self, *paths: str) -> Staged:
        return stage(self.repository, self.kept, self.shadow, paths)

    def staged(self, path: str) -> str:
        return self.repo.git("show", f":{path}")

    @property
    def lock(self) -> Path:
        return Path(f"{self.repository.index_file}.lock")


@pytest.fixture
def case_of(tmp_path: Path) -> Callable[..., Case]:
    def make(repo: Repo, found: Repository | None = None) -> Case:
        folder = tmp_path / "scratch"
        folder.mkdir()
        return Case(repo, folder, found or repo.found())

    return make


@pytest.fixture
def case(repo: Repo, case_of: Callable[..., Case]) -> Case:
    """Two staged files; one of them has been fixed."""
    repo.add("a", "a \n")
    repo.add("b", "b\n")
    made = case_of(repo)
    made.fix("a", "a\n")
    return made


def test_what_was_fixed_is_staged_and_only_that(case: Case) -> None:
    case.repo.write("a", "a and more\n")
    case.repo.write("b", "unstaged\n")
    case.repo.write("c", "untracked\n")
    assert case.stage("a") == Staged(case.kept)
    assert (case.staged("a"), case.staged("b")) == ("a", "b")
    assert case.repo.git("ls-files") == "a\nb"
    assert Path(case.repo.root, "a").read_text() == "a and more\n"
    assert not case.lock.exists()


def test_a_file_that_holds_the_fix_has_no_unstaged_changes_afterwards(case: Case) -> None:
    case.repo.write("a", "a\n")
    assert case.stage("a").problem is None
    assert case.repo.git("diff-files", "--name-only") == ""  # by its stat alone


def test_several_times_in_one_run_each_builds_on_the_one_before(case: Case) -> None:
    assert case.stage("a").problem is None
    assert is_same(case.repository, case.kept)
    case.fix("b", "b fixed\n")
    assert case.stage("b").problem is None
    assert (case.staged("a"), case.staged("b")) == ("a", "b fixed")


def test_modes_are_staged(case: Case) -> None:
    os.chmod(os.path.join(case.shadow, "a"), 0o755)
    assert case.stage("a").problem is None
    assert case.repo.git("ls-files", "-s", "a").startswith("100755 ")


NAMES = ["two words", "two\nlines", "-dash", "caf\udce9", "[a]*?", ":(top)x", '"quoted"']


def test_any_name_can_be_staged(repo: Repo, case_of: Callable[..., Case]) -> None:
    for name in NAMES:
        repo.add(f"sub/{name}", "old\n")
    case = case_of(repo)
    for name in NAMES:
        case.fix(f"sub/{name}", "new\n")
    assert case.stage(*(f"sub/{name}" for name in NAMES)).problem is None
    oids = {line.split()[1] for line in repo.git("ls-files", "-s").splitlines()}
    assert [repo.git("cat-file", "blob", oid) for oid in oids] == ["new"]


def test_contents_go_through_the_filters_of_the_staged_attributes(repo: Repo, case_of: Callable[..., Case]) -> None:
    repo.add(".gitattributes", "*.txt eol=crlf\n")
    repo.add("a.txt", "one\r\n")
    case = case_of(repo)
    case.fix("a.txt", "two\r\n")
    assert case.stage("a.txt").problem is None
    assert repo.git("cat-file", "-s", ":a.txt") == "4"


def test_a_sha256_repository_is_served_too(make_repo: Callable[..., Repo], case_of: Callable[..., Case]) -> None:
    repo = make_repo("long", "--object-format=sha256")
    repo.add("a", "a \n")
    case = case_of(repo)
    case.fix("a", "a\n")
    assert case.stage("a").problem is None
    assert case.staged("a") == "a"


def test_a_split_index_is_served_too(repo: Repo, case_of: Callable[..., Case]) -> None:
    repo.add("a", "a \n")
    repo.git("config", "core.splitIndex", "true")
    repo.git("update-index", "--split-index")
    case = case_of(repo)
    case.fix("a", "a\n")
    assert case.stage("a").problem is None
    assert case.staged("a") == "a"


def test_an_index_behind_a_link_is_replaced_where_it_is(repo: Repo, case_of: Callable[..., Case]) -> None:
    repo.add("a", "a \n")
    index = repo.found().index_file
    os.rename(index, f"{index}.real")
    os.symlink("index.real", index)
    case = case_of(repo)
    case.fix("a", "a\n")
    assert case.stage("a").problem is None
    assert os.readlink(index) == "index.real"
    assert case.staged("a") == "a"


def test_no_hook_of_the_repository_is_run(case: Case, tmp_path: Path) -> None:
    hook = Path(case.repository.git_dir, "hooks", "post-index-change")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n: > '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    assert case.stage("a").problem is None
    assert not (tmp_path / "ran").exists()


# What is refused


def test_a_file_that_a_fixer_made_is_left_to_the_user_and_the_rest_is_staged(case: Case) -> None:
    done = case.stage("a", "new")
    assert (done.problem, done.remedy) == ("new is new", "`git add` it, if it is to be committed")
    assert case.staged("a") == "a"
    assert case.repo.git("ls-files") == "a\nb"


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_what_git_is_told_to_overlook_is_not_said_to_be_staged(
    repo: Repo, case_of: Callable[..., Case], flag: str
) -> None:
    repo.add("a", "a \n")
    repo.git("update-index", flag, "a")
    case = case_of(repo)
    case.fix("a", "a\n")
    assert case.stage("a").problem == "git is told to overlook changes of a"
    assert case.staged("a") == "a "


def test_the_index_of_a_commit_of_named_paths_is_refused(case: Case) -> None:
    index = Path(case.repository.git_dir, "next-index-4242.lock")
    shutil.copy2(case.repository.index_file, index)
    done = stage(case.repository._replace(index_file=str(index)), case.kept, case.shadow, ["a"])
    assert done.problem == "during `git commit -- PATH` the index to come holds other contents"
    assert done.remedy == "`git add` the files and commit without naming paths, or leave out --restage"
    assert index.read_bytes() == Path(case.repository.index_file).read_bytes()


def test_a_lock_of_another_process_is_waited_for_and_left_alone(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    case.lock.write_text("theirs")
    done = case.stage("a")
    assert done.problem == "another git process holds the index"
    assert done.remedy == f"if none is running, remove {case.lock}"
    assert case.lock.read_text() == "theirs"
    case.lock.unlink()
    assert case.staged("a") == "a "
    assert case.stage("a").problem is None


def test_a_lock_that_goes_in_time_is_no_problem(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PATIENCE", 60.0)
    monkeypatch.setattr(staging, "STEP", 0.001)
    case.lock.write_text("theirs")
    tries: list[float] = []
    monkeypatch.setattr(staging.time, "sleep", lambda seconds: tries.append(seconds) or case.lock.unlink())
    assert case.stage("a").problem is None
    assert tries == [0.001]


def test_an_index_that_was_changed_meanwhile_is_left_as_it_is(case: Case) -> None:
    case.repo.add("b", "staged meanwhile\n")
    done = case.stage("a")
    assert done.problem == "the index was changed meanwhile"
    assert done.remedy == "`git add` the files, and commit again"
    assert (case.staged("a"), case.staged("b")) == ("a ", "staged meanwhile")
    assert not case.lock.exists()


def test_a_disk_without_hard_links_is_a_problem(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", fail)
    done = case.stage("a")
    assert done.problem == "the index cannot be replaced: Operation not permitted"
    assert case.staged("a") == "a "


@pytest.mark.parametrize("step", ["copy2", "rename"])
def test_a_full_disk_is_a_problem_and_leaves_no_lock(case: Case, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(shutil if step == "copy2" else os, step, fail)
        assert case.stage("a").problem == "the index cannot be replaced: No space left on device"
    assert not case.lock.exists()
    assert case.staged("a") == "a "


@pytest.mark.parametrize("required", ["true", "false"])
def test_a_filter_that_fails_is_an_error(case: Case, required: str) -> None:
    git_dir = Path(case.repository.git_dir)
    (git_dir / "info").mkdir(exist_ok=True)
    (git_dir / "info" / "attributes").write_text("a filter=broken\n")
    case.repo.git("config", "filter.broken.clean", "false")
    case.repo.git("config", "filter.broken.required", required)
    with pytest.raises(ExecutionError, match="git update-index failed"):
        case.stage("a")
    assert not case.lock.exists()


# A killed run


def _killed_with_the_lock(case: Case) -> None:
    """As by SIGKILL between the taking of the lock and the replacing of the index."""
    script = (
        "import os, signal\n"
        "from omnibase.inputs.git import Repository\n"
        "from omnibase.inputs.fixing.staging import stage\n"
        "os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"stage(Repository{tuple(case.repository)!r}, Repository{tuple(case.kept)!r}, {case.shadow!r}, ['a'])\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=False)
    assert done.returncode == -signal.SIGKILL


def test_the_lock_of_a_killed_run_is_removed_by_the_next(case: Case) -> None:
    _killed_with_the_lock(case)
    assert case.lock.exists()
    assert clean_up(case.repository, str(case.folder)) == (
        f"an earlier run was killed while it staged fixes: {case.lock} was removed, and the index is as it was"
    )
    assert not case.lock.exists()
    assert (case.staged("a"), case.staged("b")) == ("a ", "b")


def test_a_killed_run_of_another_work_tree_is_cleaned_up_from_here(
    repo: Repo, case_of: Callable[..., Case], tmp_path: Path
) -> None:
    repo.add("a", "a \n")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    case = case_of(Repo(tmp_path / "other"))
    case.fix("a", "a\n")
    _killed_with_the_lock(case)
    assert case.lock.exists()
    assert clean_up(repo.found(), str(case.folder)) is not None
    assert not case.lock.exists()


def test_only_a_lock_of_the_killed_run_is_removed(case: Case) -> None:
    _killed_with_the_lock(case)
    case.lock.unlink()
    case.lock.write_text("theirs")
    assert clean_up(case.repository, str(case.folder)) is None
    assert case.lock.read_text() == "theirs"


def test_where_nothing_was_staged_nothing_is_cleaned_up(case: Case, tmp_path: Path) -> None:
    assert clean_up(case.repository, str(case.folder)) is None
    assert clean_up(case.repository, str(tmp_path / "nowhere")) is None
    assert case.stage("a").problem is None
    assert clean_up(case.repository, str(case.folder)) is None
    assert case.staged("a") == "a"
