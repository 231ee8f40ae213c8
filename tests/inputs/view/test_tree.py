"""Views: made once, brought up to date by the difference, whatever happened to them in between."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.scratch import remove
from omnibase.inputs.shadow import snapshot
from omnibase.inputs.view import tree
from omnibase.inputs.view.tree import View, sweep, take
from omnibase.model.errors import ExecutionError
from tests.inputs.conftest import Repo

Contents = dict[str, str]


class Case:
    """A repository with the folder for its state."""

    def __init__(self, repo: Repo, state: Path, scratch: Path) -> None:
        self.repo = repo
        self.state = str(state)
        self.scratch = scratch
        self.runs = 0

    def take(self) -> View:
        return take(self.state, self.repo.found())

    def update(self, view: View) -> View:
        """As a run does it: over an index of which nothing is known but what it holds."""
        self.runs += 1
        folder = self.scratch / str(self.runs)
        folder.mkdir(parents=True)
        found = self.repo.found()
        kept = snapshot(found, str(folder))
        view.update(kept, found, self.repo.state().head)
        return view

    def seen(self) -> Contents:
        """What a run of its own sees in its view."""
        view = self.update(self.take())
        try:
            return contents(view.root)
        finally:
            view.close()

    def staged(self) -> Contents:
        """What a checkout of the index gives."""
        with tempfile.TemporaryDirectory() as folder:
            self.repo.git("checkout-index", "-a", f"--prefix={folder}/")
            return contents(folder)

    @property
    def root(self) -> Path:
        return Path(self.state, "views", "main-0", "tree")


def contents(root: str) -> Contents:
    """Each path of a tree with what it is; the `.git` at its top left out."""
    found = {}
    for base, folders, files in os.walk(root):
        for name in (*folders, *files):
            whole = os.path.join(base, name)
            path = os.path.relpath(whole, root)
            if path == ".git":
                continue
            if os.path.islink(whole):
                found[path] = f"-> {os.readlink(whole)}"
            elif name in files:
                with open(whole, "rb") as file:
                    mode = "x" if os.access(whole, os.X_OK) else "-"
                    found[path] = f"{mode} {file.read()!r}"
    return found


@pytest.fixture
def case(repo: Repo, tmp_path: Path) -> Case:
    return Case(repo, tmp_path / "state", tmp_path / "scratch")


# Updates


def test_a_view_holds_what_is_staged_and_nothing_else(case: Case) -> None:
    case.repo.add("a", "staged\n")
    case.repo.add("sub/b", "staged\n")
    case.repo.write("a", "later\n")
    case.repo.write("c", "untracked\n")
    assert case.seen() == {"a": "- b'staged\\n'", "sub/b": "- b'staged\\n'"}


def test_before_anything_was_staged_a_view_is_empty(case: Case) -> None:
    assert case.seen() == {}


def _change(repo: Repo) -> None:
    repo.add("a", "other\n")


def _same_size(repo: Repo) -> None:
    repo.add("a", "A\n")


def _add(repo: Repo) -> None:
    repo.add("new/deep/file")


def _remove(repo: Repo) -> None:
    repo.git("rm", "-q", "--cached", "sub/b")


def _mode(repo: Repo) -> None:
    repo.git("update-index", "--chmod=+x", "a")


def _file_to_link(repo: Repo) -> None:
    os.unlink(os.path.join(repo.root, "a"))
    os.symlink("sub", os.path.join(repo.root, "a"))
    repo.git("add", "a")


def _link_to_file(repo: Repo) -> None:
    os.unlink(os.path.join(repo.root, "link"))
    repo.add("link", "a file now\n")


def _link_to_elsewhere(repo: Repo) -> None:
    os.unlink(os.path.join(repo.root, "link"))
    os.symlink("/nowhere", os.path.join(repo.root, "link"))
    repo.git("add", "link")


def _file_to_folder(repo: Repo) -> None:
    repo.git("rm", "-q", "-f", "a")
    repo.add("a/file")


def _folder_to_file(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "-f", "sub")
    repo.add("sub", "a file now\n")


def _link_to_folder(repo: Repo) -> None:
    repo.git("rm", "-q", "-f", "link")
    repo.add("link/file")


def _folder_to_link(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "-f", "sub")
    os.symlink("a", os.path.join(repo.root, "sub"))
    repo.git("add", "sub")


def _rename(repo: Repo) -> None:
    repo.git("mv", "a", "A")


def _nothing(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "--cached", ".")


def _attributes(repo: Repo) -> None:
    repo.add(".gitattributes", "* eol=crlf\n")


CHANGES = [
    _change,
    _same_size,
    _add,
    _remove,
    _mode,
    _file_to_link,
    _link_to_file,
    _link_to_elsewhere,
    _file_to_folder,
    _folder_to_file,
    _link_to_folder,
    _folder_to_link,
    _rename,
    _nothing,
    _attributes,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_an_update_brings_it_to_what_is_staged_and_back(
    make_repo: Callable[..., Repo], tmp_path: Path, change: Callable[[Repo], None], options: tuple[str, ...]
) -> None:
    repo = make_repo("changing", *options)
    case = Case(repo, tmp_path / "state", tmp_path / "scratch")
    repo.add("a", "a\n")
    repo.add("sub/b", "b\n")
    os.symlink("a", os.path.join(repo.root, "link"))
    repo.git("add", "link")
    repo.commit()
    first = case.seen()
    assert first == case.staged()
    change(repo)
    assert case.seen() == case.staged() != first
    repo.git("read-tree", "HEAD")
    assert case.seen() == first


def test_an_update_writes_only_what_differs(case: Case) -> None:
    for name in "abc":
        case.repo.add(name)
    case.seen()
    before = {name: os.stat(case.root / name).st_ctime_ns for name in "abc"}
    case.repo.add("b", "other\n")
    case.seen()
    after = {name: os.stat(case.root / name).st_ctime_ns for name in "abc"}
    assert [name for name in "abc" if before[name] != after[name]] == ["b"]


def test_filters_are_applied_and_one_that_fails_is_an_error_until_it_works(case: Case) -> None:
    case.repo.add(".gitattributes", "*.up filter=upper\n")
    case.repo.git("config", "filter.upper.required", "true")
    case.repo.git("config", "filter.upper.clean", "cat")
    case.repo.git("config", "filter.upper.smudge", "false")
    case.repo.add("a.up", "one\n")
    view = case.take()
    with pytest.raises(ExecutionError, match=r"git checkout-index failed: .*filter upper failed") as caught:
        case.update(view)
    assert caught.value.remedy
    view.close()
    case.repo.git("config", "filter.upper.smudge", "tr a-z A-Z")
    assert case.seen()["a.up"] == "- b'ONE\\n'"


NAMES = ["two words", "two\nlines", "-dash", "caf\udce9", "漢字", ".hidden", "[a]*?", ":(top)x", '"quoted"', "x" * 255]


def test_any_name_can_be_in_a_view_and_go_again(case: Case) -> None:
    for name in NAMES:
        case.repo.add(f"sub/{name}")
    assert case.seen() == dict.fromkeys((f"sub/{name}" for name in NAMES), "- b'content\\n'")
    case.repo.git("rm", "-q", "-r", "--cached", ".")
    case.repo.add("left")
    assert list(case.seen()) == ["left"]


def test_a_split_index_is_no_obstacle(case: Case) -> None:
    case.repo.git("config", "core.splitIndex", "true")
    case.repo.add("a")
    case.repo.git("update-index", "--split-index")
    case.repo.add("b")
    assert case.seen() == case.staged()
    case.repo.add("a", "other\n")
    assert case.seen() == case.staged()


def test_what_a_sparse_checkout_leaves_out_is_left_out_until_it_is_wanted(case: Case) -> None:
    case.repo.add("in/a")
    case.repo.add("out/b")
    case.repo.commit()
    assert sorted(case.seen()) == ["in/a", "out/b"]
    case.repo.git("sparse-checkout", "set", "in")
    assert list(case.seen()) == ["in/a"]
    case.repo.git("sparse-checkout", "disable")
    assert sorted(case.seen()) == ["in/a", "out/b"]


def test_neither_work_tree_nor_repository_is_touched(case: Case) -> None:
    case.repo.add("a", "staged\n")
    case.repo.commit()
    case.repo.add("b", "new\n")
    case.repo.write("a", "later\n")

    def all_files() -> dict[str, tuple[bytes, int]]:
        return {
            str(path): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in Path(case.repo.root).rglob("*")
            if path.is_file()
        }

    before = all_files()
    case.seen()
    assert all_files() == before


# What tools leave


def test_what_a_tool_left_is_gone_and_caches_that_are_ignored_stay(case: Case) -> None:
    case.repo.add(".gitignore", ".cache/\n*.pyc\n")
    case.repo.add("a", "a\n")
    case.repo.add("sub/b", "b\n")
    before = case.seen()
    for path in (".cache/x", "sub/b.pyc", "made", "made too/deep/x"):
        (case.root / path).parent.mkdir(parents=True, exist_ok=True)
        (case.root / path).write_text("a tool's")
    Repo(case.root).git("init", "-q", "nested", env={"GIT_DIR": ""}, ok=False)
    (case.root / "a").write_text("changed by a tool\n")
    (case.root / "sub/b").unlink()
    after = case.seen()
    assert {path: after.pop(path) for path in (".cache/x", "sub/b.pyc")}.keys()
    assert after == before


@pytest.mark.parametrize(
    "do",
    [
        lambda root: (root / "a").chmod(0o755),
        lambda root: ((root / "a").unlink(), (root / "a").mkdir(), (root / "a" / "x").touch()),
        lambda root: ((root / "a").unlink(), (root / "a").symlink_to("sub")),
        lambda root: ((root / "a").unlink(), os.mkfifo(root / "a")),
        lambda root: (shutil.rmtree(root / "sub"), (root / "sub").write_text("a file")),
        lambda root: (shutil.rmtree(root / "sub"), (root / "sub").symlink_to(".")),
        shutil.rmtree,
        lambda root: (shutil.rmtree(root), root.write_text("a file")),
        lambda root: (root / ".git").unlink(),
        lambda root: ((root / ".git").unlink(), (root / ".git").mkdir()),
        lambda root: (root / ".gitattributes").write_text("* eol=crlf\n"),
    ],
)
def test_whatever_a_tool_has_done_is_undone(case: Case, do: Callable[[Path], object]) -> None:
    case.repo.add("a", "a\n")
    case.repo.add("sub/b", "b\n")
    before = case.seen()
    do(case.root)
    assert case.seen() == before == case.staged()


def test_an_update_writes_through_no_link_that_a_tool_has_left(case: Case, tmp_path: Path) -> None:
    case.repo.add(".gitignore", "later\nlater/\n")
    case.repo.add("sub/b", "b\n")
    case.seen()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b").write_text("mine\n")
    shutil.rmtree(case.root / "sub")
    (case.root / "sub").symlink_to(tmp_path / "mine")
    (case.root / "later").symlink_to(tmp_path / "mine")
    case.repo.add("sub/b", "other\n")
    case.repo.add("later/b", "later\n")
    found = case.seen()
    assert (found["sub/b"], found["later/b"]) == ("- b'other\\n'", "- b'later\\n'")
    assert (tmp_path / "mine" / "b").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["tree", "git"])
def test_a_view_that_a_tool_has_replaced_by_a_link_is_made_anew(case: Case, tmp_path: Path, name: str) -> None:
    case.repo.add("a", "a\n")
    case.seen()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine\n")
    folder = case.root.parent / name
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path / "mine")
    assert case.seen() == case.staged()
    assert os.listdir(tmp_path / "mine") == ["file"]


def test_an_update_writes_nothing_through_the_links_to_ignored_folders(case: Case) -> None:
    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/a", "the user's\n")
    assert case.seen()["build"] == f"-> {os.path.realpath(case.repo.root)}/build"
    case.repo.add("build/a", "staged\n")
    case.repo.write("build/a", "the user's\n")
    found = case.seen()
    assert found["build/a"] == "- b'staged\\n'"
    assert Path(case.repo.root, "build/a").read_text() == "the user's\n"


@pytest.mark.parametrize("pattern", ["build/", "build"])
def test_a_link_goes_with_what_it_leads_to(case: Case, pattern: str) -> None:
    case.repo.add(".gitignore", f"{pattern}\n")
    case.repo.write("build/a")
    for _ in range(2):
        assert "build" in case.seen()
        assert "build" not in Repo(case.root).git("status", "--porcelain")
    shutil.rmtree(os.path.join(case.repo.root, "build"))
    assert list(case.seen()) == [".gitignore"]


# Killed runs, and what they leave


def test_a_killed_update_is_made_good(case: Case, tmp_path: Path) -> None:
    case.repo.add(".gitattributes", "*.slow filter=slow\n")
    case.repo.add("a", "a\n")
    case.repo.add("b.slow", "slow\n")
    reached = tmp_path / "reached"
    case.repo.git(
        "config", "filter.slow.smudge", f"sh -c 'echo $PPID > {reached}; test -e {tmp_path}/go || sleep 60; cat'"
    )
    found = case.repo.found()
    script = (
        "from omnibase.inputs.git import Repository\n"
        "from omnibase.inputs.view.tree import take\n"
        f"found = Repository{tuple(found)!r}\n"
        f"take({case.state!r}, found).update(found, found, None)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script], env=env, start_new_session=True)
    try:
        while not reached.exists():
            assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (tmp_path / "go").touch()
    assert case.seen() == case.staged()


@pytest.mark.parametrize("name", ["index", "git/index", "git/HEAD", "git/packed-refs"])
def test_locks_of_a_killed_git_are_no_obstacle(case: Case, name: str) -> None:
    case.repo.add("a")
    case.seen()
    (case.root.parent / f"{name}.lock").touch()
    case.repo.add("b")
    assert case.seen() == case.staged()
    Repo(case.root).add("c")  # nor are they to tools


@pytest.mark.parametrize("data", [b"", b"DIRC", b"x" * 1000])
def test_a_damaged_index_is_made_anew(case: Case, data: bytes) -> None:
    case.repo.add("a")
    case.repo.add("sub/b")
    case.seen()
    (case.root.parent / "index").write_bytes(data)
    (case.root / "a").write_text("half written")
    assert case.seen() == case.staged()


def test_a_view_that_has_lost_all_but_its_tree_is_made_anew(case: Case) -> None:
    case.repo.add("a")
    case.seen()
    for entry in case.root.parent.iterdir():
        if entry.name not in ("tree", "lock"):
            remove(str(entry))
    (case.root / "a").write_text("what a tool left\n")
    (case.root / "b").write_text("what a tool left\n")
    assert case.seen() == case.staged()


def test_a_full_disk_is_an_error(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/x")
    view = case.take()
    monkeypatch.setattr(os, "symlink", fail)
    with pytest.raises(ExecutionError, match=r"the view .*main-0 cannot be made: No space left on device") as caught:
        case.update(view)
    assert caught.value.remedy == tree.NO_ROOM
    view.close()


# Who has which


def test_a_view_is_held_by_one_run_and_the_next_gets_a_further_one(case: Case) -> None:
    case.repo.add("a")
    first = case.update(case.take())
    second = case.update(case.take())
    assert [os.path.basename(view.folder) for view in (first, second)] == ["main-0", "main-1"]
    assert contents(first.root) == contents(second.root)
    second.close()
    first.close()
    assert os.listdir(os.path.join(case.state, "views")) == ["main-0"]
    third = case.take()
    assert not third.is_new
    third.close()


def test_a_new_view_is_new_until_it_was_filled(case: Case) -> None:
    case.repo.add("a")
    view = case.take()
    assert view.is_new
    assert not case.update(view).is_new
    view.close()


def test_a_worktree_has_a_view_of_its_own(case: Case, tmp_path: Path) -> None:
    case.repo.add("a")
    case.repo.commit()
    case.repo.git("worktree", "add", "-q", str(tmp_path / "with-dash"))
    other = Case(Repo(tmp_path / "with-dash"), Path(case.state), tmp_path / "other scratch")
    other.repo.add("b")
    assert sorted(other.seen()) == ["a", "b"]
    assert list(case.seen()) == ["a"]
    assert sorted(os.listdir(os.path.join(case.state, "views"))) == ["main-0", "worktree-with-dash-0"]


def test_views_of_worktrees_that_are_gone_are_swept_and_held_ones_stay(case: Case, tmp_path: Path) -> None:
    case.repo.commit()
    taken = []
    for name in ("gone", "held", "there"):
        case.repo.git("worktree", "add", "-q", str(tmp_path / name))
        taken.append(take(case.state, Repo(tmp_path / name).found()))
    gone, held, there = taken
    gone.close()
    there.close()
    for name in ("gone", "held"):
        case.repo.git("worktree", "remove", str(tmp_path / name))
    main = case.take()
    further = case.take()
    os.close(further._lock)  # as by a kill
    views = os.path.join(case.state, "views")
    Path(views, "a file").touch()
    os.mkdir(os.path.join(views, "of nobody-7"))
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(views)) == ["a file", "main-0", "of nobody-7", "worktree-held-0", "worktree-there-0"]
    held.close()
    main.close()
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(views)) == ["a file", "main-0", "of nobody-7", "worktree-there-0"]


def test_where_there_are_no_views_there_is_nothing_to_sweep(case: Case) -> None:
    sweep(case.state, case.repo.found())
    assert not os.path.exists(case.state)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _a_file(state: Path) -> None:
    state.write_text("in the way")


def _a_dangling_link(state: Path) -> None:
    state.mkdir()
    (state / "views").symlink_to("nowhere")


def _a_lock_that_is_a_link(state: Path) -> None:
    (state / "views" / "main-0").mkdir(parents=True)
    (state / "views" / "main-0" / "lock").symlink_to("nowhere")


@pytest.mark.parametrize("obstacle", [_a_file, _a_dangling_link, _a_lock_that_is_a_link])
def test_where_no_view_can_be_kept_a_temporary_one_serves(
    case: Case, temporary: Path, obstacle: Callable[[Path], None]
) -> None:
    case.repo.add("a")
    obstacle(Path(case.state))
    view = case.update(case.take())
    assert os.path.dirname(view.folder) == str(temporary)
    assert contents(view.root) == case.staged()
    view.close()
    assert list(temporary.iterdir()) == []


def test_a_disk_without_locks_gets_temporary_views(
    case: Case, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    case.repo.add("a")
    case.seen()
    os.makedirs(os.path.join(case.state, "views", "main-1"))
    Path(case.state, "views", "main-1", "lock").touch()
    monkeypatch.setattr(fcntl, "flock", fail)
    view = case.take()
    assert os.path.dirname(view.folder) == str(temporary)
    view.close()
    sweep(case.state, case.repo.found())
    assert sorted(os.listdir(os.path.join(case.state, "views"))) == ["main-0", "main-1"]


def test_where_a_view_can_be_nowhere_it_says_so(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path(case.state).write_text("in the way")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ExecutionError, match=r"the view .*main-0 cannot be made: Not a directory") as caught:
        case.take()
    assert caught.value.remedy == tree.NO_ROOM


def test_no_file_stays_open(case: Case, temporary: Path) -> None:
    case.repo.add("a")
    before = os.listdir("/proc/self/fd")
    for _ in range(2):
        case.seen()
        sweep(case.state, case.repo.found())
    first, second = case.take(), case.take()
    second.close()
    first.close()
    shutil.rmtree(case.state)
    Path(case.state).write_text("in the way")
    case.seen()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_git_sees_the_view_as_clean(case: Case) -> None:
    case.repo.add("a")
    case.repo.commit()
    case.repo.add("b")
    case.seen()
    inside = Repo(case.root)
    assert inside.git("status", "--porcelain") == "A  b"
    assert inside.git("diff", "--cached", "--name-only") == "b"
    assert inside.git("ls-files") == "a\nb"
    assert inside.git("rev-parse", "--show-toplevel") == os.path.realpath(case.root)


def test_submodules_are_linked_and_what_lies_in_them_stays(case: Case, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.root.mkdir()
    other.git("init", "-q")
    other.add("inside")
    other.commit()
    case.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "libs/sub")
    for _ in range(2):
        assert case.seen()["libs/sub"] == f"-> {os.path.realpath(case.repo.root)}/libs/sub"
    case.repo.git("rm", "-q", "--cached", "libs/sub")
    assert "libs/sub" not in case.seen()
    assert Path(case.repo.root, "libs/sub/inside").read_text() == "content\n"
