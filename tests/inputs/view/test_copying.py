"""Files put into a tree of ours: whatever stands in their way, and never through a link."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.view.copying import is_behind_a_link, put, take_away
from omnibase.model.errors import ExecutionError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    return made


@pytest.fixture
def source(tmp_path: Path) -> str:
    file = tmp_path / "source"
    file.write_text("staged\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of the user's."""
    made = tmp_path / "elsewhere"
    made.mkdir()
    (made / "file").write_text("the user's\n")
    return made


def test_a_file_is_put_with_its_mode_and_its_folders(root: Path, source: str) -> None:
    put(source, str(root), "a/b/file")
    assert (root / "a/b/file").read_text() == "staged\n"
    assert os.access(root / "a/b/file", os.X_OK)
    assert sorted(os.listdir(root.parent)) == ["source", "tree"]


def test_a_link_is_put_as_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/nowhere")
    put(str(tmp_path / "link"), str(root), "link")
    assert os.readlink(root / "link") == "/nowhere"


@pytest.mark.parametrize("name", ["two words", "two\nlines", "-dash", "caf\udce9", "x" * 255])
def test_any_name_can_be_put_and_taken_away(root: Path, source: str, name: str) -> None:
    put(source, str(root), f"sub/{name}")
    assert os.listdir(root / "sub") == [name]
    take_away(str(root), f"sub/{name}")
    assert os.listdir(root / "sub") == []


def _folder(path: Path, _elsewhere: Path) -> None:
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "left").write_text("left by a tool")


def _link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "file")


def _link_to_folder(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def _dangling(path: Path, _elsewhere: Path) -> None:
    path.symlink_to("nowhere")


def _fifo(path: Path, _elsewhere: Path) -> None:
    os.mkfifo(path)


def _file(path: Path, _elsewhere: Path) -> None:
    path.write_text("changed by a tool")


@pytest.mark.parametrize("in_the_way", [_folder, _link, _link_to_folder, _dangling, _fifo, _file])
@pytest.mark.parametrize("path", ["file", "a/file"])
def test_whatever_has_its_name_makes_way(
    root: Path, source: str, elsewhere: Path, in_the_way: Callable[[Path, Path], None], path: str
) -> None:
    (root / path).parent.mkdir(exist_ok=True)
    in_the_way(root / path, elsewhere)
    put(source, str(root), path)
    assert not (root / path).is_symlink()
    assert (root / path).read_text() == "staged\n"
    assert (elsewhere / "file").read_text() == "the user's\n"


@pytest.mark.parametrize("in_the_way", [_link, _link_to_folder, _dangling, _fifo, _file])
def test_whatever_takes_the_place_of_a_folder_makes_way(
    root: Path, source: str, elsewhere: Path, in_the_way: Callable[[Path, Path], None]
) -> None:
    in_the_way(root / "sub", elsewhere)
    put(source, str(root), "sub/file")
    assert (root / "sub/file").read_text() == "staged\n"
    assert not (root / "sub").is_symlink()
    assert (elsewhere / "file").read_text() == "the user's\n"


def test_what_a_killed_run_left_beside_the_tree_is_not_written_through(
    root: Path, source: str, elsewhere: Path
) -> None:
    (root.parent / "tree.new").symlink_to(elsewhere / "file")
    put(source, str(root), "file")
    assert (root / "file").read_text() == "staged\n"
    assert (elsewhere / "file").read_text() == "the user's\n"


def test_what_is_gone_or_is_no_file_is_not_put(root: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (root / "file").write_text("there")
    for name in ("fifo", "folder", "gone", "fifo/below"):
        put(str(tmp_path / name), str(root), "file")
    assert (root / "file").read_text() == "there"


def test_a_full_disk_is_an_error_and_leaves_what_is_there(
    root: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (root / "file").write_text("there")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ExecutionError, match=r"tree/file cannot be written: No space left on device"):
        put(source, str(root), "file")
    assert (root / "file").read_text() == "there"


def test_a_folder_is_taken_away_with_all_that_is_in_it(root: Path, elsewhere: Path) -> None:
    _folder(root / "folder", elsewhere)
    take_away(str(root), "folder")
    take_away(str(root), "never there")
    assert os.listdir(root) == []


def test_a_link_is_taken_away_and_what_it_leads_to_stays(root: Path, elsewhere: Path) -> None:
    (root / "link").symlink_to(elsewhere)
    take_away(str(root), "link/file")
    assert (elsewhere / "file").exists()
    take_away(str(root), "link")
    assert os.listdir(root) == []
    assert (elsewhere / "file").exists()


def test_a_link_on_the_way_is_told_from_the_path_itself(root: Path, elsewhere: Path) -> None:
    (root / "link").symlink_to(elsewhere)
    (root / "a").mkdir()
    (root / "a" / "link").symlink_to(elsewhere)
    found = {
        path: is_behind_a_link(str(root), path) for path in ("link", "link/x", "a/link", "a/link/b/c", "a/b", "gone/x")
    }
    assert [path for path, behind in found.items() if behind] == ["link/x", "a/link/b/c"]
