"""A view is brought up to date by the difference, whatever is staged now and was before."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.model.errors import ExecutionError
from tests.inputs.conftest import Repo
from tests.inputs.view.cases import Case


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
