"""The `.git` of a view: it says what the real one says, and what is written to it stays there."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.view.repository_of import place, write
from tests.inputs.conftest import Repo


class Case:
    """A repository, and a view of it by its `.git` alone."""

    def __init__(self, repo: Repo, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        self.view = Repo(folder / "tree")
        self.view.root.mkdir(parents=True, exist_ok=True)

    def write(self) -> "Case":
        write(str(self.folder), str(self.view.root), self.repo.found(), self.repo.state().head)
        return self

    def agree(self, *arguments: str) -> str:
        """What git says of both."""
        one, other = (repo.git(*arguments, ok=False) for repo in (self.repo, self.view))
        assert one == other
        return one


@pytest.fixture
def case(repo: Repo, tmp_path: Path) -> Case:
    repo.add("a", "first\n")
    repo.commit("first")
    return Case(repo, tmp_path / "view")


def test_head_branches_and_tags_are_those_of_the_repository(case: Case) -> None:
    case.repo.git("branch", "topic/one")
    case.repo.git("tag", "light")
    case.repo.git("tag", "-a", "heavy", "-m", "a tag")
    case.repo.git("pack-refs", "--all")
    case.repo.git("branch", "topic/two")
    case.repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    case.repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    case.write()
    assert case.agree("symbolic-ref", "HEAD") == "refs/heads/main"
    assert case.agree("rev-parse", "HEAD", "main", "topic/one", "topic/two", "light", "heavy", "heavy^{}")
    assert case.agree("for-each-ref", "--format=%(objectname) %(refname)").count("\n") == 6
    assert case.agree("describe", "--tags")
    assert case.agree("log", "--oneline")
    assert case.agree("cat-file", "blob", "HEAD:a") == "first"


def test_a_detached_head_is_one_in_the_view(case: Case) -> None:
    case.repo.git("checkout", "-q", "--detach")
    case.write()
    assert case.agree("rev-parse", "--symbolic-full-name", "HEAD") == "HEAD"
    assert case.agree("rev-parse", "HEAD")


def test_before_the_first_commit_the_branch_has_none_in_the_view_either(
    make_repo: Callable[..., Repo], tmp_path: Path
) -> None:
    case = Case(make_repo("unborn"), tmp_path / "view").write()
    assert case.agree("symbolic-ref", "HEAD") == "refs/heads/main"
    assert case.view.git("rev-parse", "-q", "--verify", "HEAD", ok=False) == ""
    assert case.agree("for-each-ref") == ""


def test_a_branch_that_is_kept_elsewhere_is_asked_for(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As with reftable, where the file says only that it is not there; a git that knows more stands in for one."""
    head = case.repo.git("rev-parse", "HEAD")
    case.repo.git("branch", "topic")
    found = case.repo.found()
    Path(found.git_dir, "HEAD").write_text("ref: refs/heads/.invalid\n")
    knowing = tmp_path / "bin" / "git"
    knowing.parent.mkdir()
    git = shutil.which("git")
    knowing.write_text(f'#!/bin/sh\ncase "$*" in *symbolic-full-name*) echo refs/heads/topic;; *) {git} "$@";; esac\n')
    knowing.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(knowing.parent), prepend=os.pathsep)
        write(str(case.folder), str(case.view.root), found, head)
    assert case.view.git("symbolic-ref", "HEAD") == "refs/heads/topic"
    assert case.view.git("rev-parse", "HEAD") == head


def test_before_the_first_commit_a_branch_that_is_kept_elsewhere_has_any_name(case: Case) -> None:
    found = case.repo.found()
    Path(found.git_dir, "HEAD").write_text("ref: refs/heads/.invalid\n")
    write(str(case.folder), str(case.view.root), found, None)
    assert case.view.git("symbolic-ref", "HEAD") == "refs/heads/unborn"


def test_a_head_that_is_a_link_is_read_by_git(case: Case) -> None:
    head = Path(case.repo.found().git_dir, "HEAD")
    head.unlink()
    head.symlink_to("refs/heads/main")  # as git made it long ago
    case.write()
    assert case.agree("symbolic-ref", "HEAD") == "refs/heads/main"
    assert case.agree("rev-parse", "HEAD")


@pytest.mark.parametrize("moment", ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "ORIG_HEAD"])
def test_what_is_under_way_is_told_while_it_is(case: Case, moment: str) -> None:
    file = Path(case.repo.found().git_dir, moment)
    file.write_text(case.repo.git("rev-parse", "HEAD") + "\n")
    case.write()
    assert case.view.git("rev-parse", moment) == case.repo.git("rev-parse", "HEAD")
    file.unlink()
    case.write()
    assert case.view.git("rev-parse", "-q", "--verify", moment, ok=False) == ""


def test_a_worktree_has_its_own_head_and_the_common_branches(case: Case, tmp_path: Path) -> None:
    case.repo.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "other"))
    other = Repo(tmp_path / "other")
    other.add("b")
    other.commit("second")
    case = Case(other, tmp_path / "view of other").write()
    assert case.agree("symbolic-ref", "HEAD") == "refs/heads/topic"
    assert case.agree("rev-parse", "HEAD", "main")
    assert case.agree("for-each-ref", "--format=%(refname)") == "refs/heads/main\nrefs/heads/topic"


def test_a_worktree_of_a_bare_repository_is_no_bare_one(case: Case, tmp_path: Path) -> None:
    case.repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    Repo(tmp_path / "bare").git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    case = Case(Repo(tmp_path / "other"), tmp_path / "view of other").write()
    assert case.agree("rev-parse", "--is-bare-repository", "--is-inside-work-tree") == "false\ntrue"
    assert case.view.git("config", "core.bare") == "false"
    assert case.agree("rev-parse", "HEAD")


def test_a_worktree_s_own_configuration_is_told(case: Case, tmp_path: Path) -> None:
    case.repo.git("config", "extensions.worktreeConfig", "true")
    case.repo.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "other"))
    other = Repo(tmp_path / "other")
    other.git("config", "--worktree", "some.key", "of the worktree")
    case = Case(other, tmp_path / "view of other").write()
    assert case.agree("config", "some.key") == "of the worktree"


def test_the_user_s_configuration_is_told_but_for_what_runs_by_itself(case: Case) -> None:
    case.repo.git("config", "user.name", "Some 'One' \\ else")
    case.repo.git("config", "alias.st", "status")
    case.repo.git("config", "core.hooksPath", "/somewhere")
    case.repo.git("config", "core.fsmonitor", "/somewhere/else")
    Path(case.repo.found().git_dir, "more").write_text("[some]\n\tkey = of a file beside it\n")
    case.repo.git("config", "include.path", "more")
    case.write()
    assert case.agree("config", "user.name")
    assert case.agree("config", "alias.st")
    assert case.agree("config", "some.key") == "of a file beside it"
    assert case.view.git("config", "core.hooksPath") == "/dev/null"
    assert case.view.git("config", "core.fsmonitor") == "false"
    assert case.view.git("config", "core.worktree") == str(case.view.root)


def test_what_is_ignored_and_how_files_are_treated_is_told(case: Case) -> None:
    info = Path(case.repo.found().git_dir, "info")
    info.mkdir(exist_ok=True)
    (info / "exclude").write_text("*.log")  # without a newline
    (info / "attributes").write_text("*.txt eol=crlf\n")
    case.folder.joinpath("links").write_bytes(b"node_modules\0two\nlines\0")
    case.write()
    (case.view.root / "node_modules").symlink_to("/nowhere")
    (case.view.root / "x.log").touch()
    assert case.view.git("check-ignore", "x.log", "node_modules", "sub/x.log") == "x.log\nnode_modules\nsub/x.log"
    assert case.view.git("check-attr", "eol", "a.txt") == "a.txt: eol: crlf"


def test_a_sha256_repository_has_a_view_that_is_one(make_repo: Callable[..., Repo], tmp_path: Path) -> None:
    repo = make_repo("long", "--object-format=sha256")
    case = Case(repo, tmp_path / "view").write()
    assert case.agree("rev-parse", "--show-object-format") == "sha256"
    repo.add("a")
    repo.commit()
    case.write()
    assert len(case.agree("rev-parse", "HEAD")) == 64


@pytest.mark.parametrize(
    "name", ["two words", "two\nlines", "caf\udce9", 'a "quoted" \\ one', "semi;colon#hash", "x:y"]
)
def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str) -> None:
    root = tmp_path / name / "repo"
    os.makedirs(root)
    repo = Repo(root)
    repo.git("init", "-q", "-b", "main")
    repo.git("config", "some.key", "value")
    repo.add("a")
    repo.commit()
    case = Case(repo, tmp_path / name / "view").write()
    assert case.agree("config", "some.key") == "value"
    assert case.agree("cat-file", "blob", "HEAD:a") == "content"
    case.view.add("a", "other")  # an index of its own, and objects
    assert case.view.git("status", "--porcelain")


def test_what_a_tool_does_to_it_stays_in_the_view_and_is_gone_the_next_time(case: Case) -> None:
    before = case.repo.git("for-each-ref")
    index = Path(case.repo.found().index_file).read_bytes()
    case.write()
    case.view.add("b", "a tool's\n")
    case.view.commit("a tool's")
    case.view.git("tag", "of-a-tool")
    case.view.git("branch", "of-a-tool")
    case.view.git("config", "user.name", "A Tool")
    commit = case.view.git("rev-parse", "HEAD")
    own = Path(place(str(case.folder)))
    for name in ("HEAD.lock", "packed-refs.lock", "config.lock", "BISECT_LOG"):
        (own / name).touch()
    (own / "rebase-merge").mkdir()
    assert case.repo.git("for-each-ref") == before
    assert case.repo.git("cat-file", "-e", commit, ok=False) == ""
    assert Path(case.repo.found().index_file).read_bytes() == index
    assert case.repo.git("config", "user.name", ok=False) == ""
    case.write()
    assert case.agree("rev-parse", "HEAD")
    assert case.agree("for-each-ref")
    assert case.view.git("config", "user.name", ok=False) == ""
    assert {path.name for path in own.iterdir()} <= {"HEAD", "config", "info", "lfs", "objects", "packed-refs", "refs"}


def test_nothing_is_written_through_a_link_that_a_tool_has_put_there(case: Case, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine\n")
    case.write()
    for file in (Path(place(str(case.folder)), "HEAD"), case.view.root / ".git"):
        file.unlink()
        file.symlink_to(tmp_path / "mine")
    case.write()
    assert (tmp_path / "mine").read_text() == "mine\n"
    assert case.agree("rev-parse", "HEAD")


def test_no_hook_of_the_repository_runs_in_the_view(case: Case, tmp_path: Path) -> None:
    hook = Path(case.repo.found().git_dir, "hooks", "pre-commit")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n: > '{tmp_path}/ran'\nexit 1\n")
    hook.chmod(0o755)
    case.write()
    case.view.commit("in the view")
    assert not (tmp_path / "ran").exists()


def test_a_shallow_repository_has_a_view_that_is_one(case: Case, tmp_path: Path) -> None:
    case.repo.commit("second")
    Repo(tmp_path).git("clone", "-q", "--depth", "1", f"file://{case.repo.root}", "shallow")
    case = Case(Repo(tmp_path / "shallow"), tmp_path / "view of shallow").write()
    assert case.agree("rev-parse", "--is-shallow-repository") == "true"
    assert case.agree("log", "--oneline").count("\n") == 0
