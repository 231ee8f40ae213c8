"""What a view borrows of the work tree, and that nothing is written through it by an update."""

import os
from pathlib import Path

import pytest

from omnibase.inputs.view.linking import names, put_up, take_away
from tests.inputs.conftest import Repo


class Case:
    """A repository and the folder of its view."""

    def __init__(self, repo: Repo, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        self.root = folder / "tree"
        self.root.mkdir(parents=True)

    def put_up(self) -> dict[str, str]:
        """The links, by their path, with where they lead."""
        found = self.repo.found()
        put_up(str(self.folder), str(self.root), found, found)
        return {path: os.readlink(self.root / path) for path in names(str(self.folder))}

    def real(self, path: str) -> str:
        return os.path.join(os.path.realpath(self.repo.root), path)

    def all_in_place(self, *paths: str) -> dict[str, str]:
        return {path: self.real(path) for path in paths}


@pytest.fixture
def case(repo: Repo, tmp_path: Path) -> Case:
    return Case(repo, tmp_path / "view")


def test_ignored_folders_at_the_top_are_linked(case: Case) -> None:
    case.repo.add(".gitignore", "node_modules/\n/.venv\n*.log\n")
    for path in ("node_modules/a", ".venv/bin/tool", "sub/node_modules/b", "kept/c", "one.log"):
        case.repo.write(path)
    assert case.put_up() == case.all_in_place(".venv", "node_modules")


def test_caches_of_tools_are_not_linked_and_a_virtual_environment_is_none(case: Case) -> None:
    case.repo.add(".gitignore", "*\n")
    for path in (".mypy_cache/CACHEDIR.TAG", "__pycache__/x", ".venv/CACHEDIR.TAG", ".venv/pyvenv.cfg", "build/x"):
        case.repo.write(path)
    assert case.put_up() == case.all_in_place(".venv", "build")


def test_what_is_tracked_or_only_untracked_is_not_linked(case: Case) -> None:
    case.repo.add(".gitignore", "build\n")
    case.repo.add("build/tracked")
    case.repo.write("untracked/x")
    assert case.put_up() == {}


def test_what_the_view_has_already_is_not_replaced(case: Case) -> None:
    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/x")
    (case.root / "build").mkdir()
    (case.root / "build" / "its own").touch()
    assert case.put_up() == {}
    assert os.listdir(case.root / "build") == ["its own"]


NAMES = [
    "two words",
    "two\nlines",
    "-dash",
    "caf\udce9",
    "漢字",
    "[a]*?",
    ":(top)x",
    ":odd",
    ":!not",
    ":^not",
    '"quoted"',
    "!not",
]


def test_any_name_can_be_linked(case: Case) -> None:
    case.repo.add(".gitignore", "*\n")
    for name in NAMES:
        os.mkdir(os.path.join(case.repo.root, name))
    assert case.put_up() == case.all_in_place(*NAMES)


def test_links_of_the_work_tree_that_lead_nowhere_or_in_a_circle_are_no_folders(case: Case) -> None:
    case.repo.add(".gitignore", "*\n")
    os.symlink("circle", os.path.join(case.repo.root, "circle"))
    os.symlink("nowhere", os.path.join(case.repo.root, "dangling"))
    os.mkdir(os.path.join(case.repo.root, "real"))
    os.symlink("real", os.path.join(case.repo.root, "link"))
    assert case.put_up() == case.all_in_place("link", "real")


def test_links_are_taken_away_and_what_they_lead_to_stays(case: Case) -> None:
    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/x")
    assert case.put_up()
    take_away(str(case.folder), str(case.root))
    assert os.listdir(case.root) == []
    assert os.listdir(os.path.join(case.repo.root, "build")) == ["x"]
    take_away(str(case.folder), str(case.root))
    assert case.put_up() == case.all_in_place("build")


def test_what_a_tool_has_put_in_the_place_of_a_link_is_not_taken_away(case: Case) -> None:
    case.repo.add(".gitignore", "build\n")
    case.repo.write("build/x")
    assert case.put_up()
    (case.root / "build").unlink()
    (case.root / "build").mkdir()
    take_away(str(case.folder), str(case.root))
    assert os.listdir(case.root) == ["build"]


def test_before_the_first_time_there_are_no_links(case: Case) -> None:
    take_away(str(case.folder), str(case.root))
    assert names(str(case.folder)) == []


@pytest.fixture
def submodule(case: Case, tmp_path: Path) -> str:
    """A submodule that is checked out."""
    other = Repo(tmp_path / "other")
    other.root.mkdir()
    other.git("init", "-q")
    other.add("inside")
    other.commit()
    case.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "libs/sub")
    return "libs/sub"


def test_submodules_that_are_checked_out_are_linked(case: Case, submodule: str) -> None:
    (case.root / submodule).mkdir(parents=True)  # as a checkout makes it
    assert case.put_up() == case.all_in_place(submodule)
    assert (case.root / submodule / "inside").read_text() == "content\n"


@pytest.mark.parametrize("left", ["a folder", "a file"])
def test_what_tools_left_in_the_place_of_a_submodule_is_no_obstacle(case: Case, submodule: str, left: str) -> None:
    if left == "a folder":
        (case.root / submodule / "__pycache__").mkdir(parents=True)
    else:
        (case.root / submodule).parent.mkdir(parents=True)
        (case.root / submodule).write_text("left by a tool")
    assert case.put_up() == case.all_in_place(submodule)


def test_submodules_that_are_not_checked_out_are_not_linked(case: Case, submodule: str) -> None:
    case.repo.git("submodule", "deinit", "-q", "-f", submodule)
    os.rmdir(os.path.join(case.repo.root, submodule))
    assert case.put_up() == {}
    Path(case.repo.root, submodule).write_text("a file in its place")
    assert case.put_up() == {}
