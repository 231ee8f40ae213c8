"""The file with a commit's message, as components are given it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnibase.inputs.message import message_file
from omnibase.model.errors import ConfigurationError


def test_below_the_root_it_is_named_from_there(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/COMMIT_EDITMSG").touch()
    root = str(tmp_path)
    assert message_file(".git/COMMIT_EDITMSG", root, root) == ".git/COMMIT_EDITMSG"
    assert message_file("../.git/COMMIT_EDITMSG", f"{root}/sub", root) == ".git/COMMIT_EDITMSG"
    assert message_file(f"{root}/.git/COMMIT_EDITMSG", "/", root) == ".git/COMMIT_EDITMSG"


def test_elsewhere_its_path_is_absolute(tmp_path: Path) -> None:
    """A linked worktree has its message in the repository that it belongs to."""
    (tmp_path / "root").mkdir()
    (tmp_path / "message").touch()
    assert message_file("../message", str(tmp_path / "root"), str(tmp_path / "root")) == str(tmp_path / "message")


@pytest.mark.parametrize("path", ["missing", "."])
def test_what_is_no_file_is_an_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file") as caught:
        message_file(path, str(tmp_path), str(tmp_path))
    assert str(caught.value.place) == path
