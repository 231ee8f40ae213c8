"""What tools have done to a view is undone by the next run, and gets nowhere else."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inputs.conftest import Repo
from tests.inputs.view.cases import Case


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
