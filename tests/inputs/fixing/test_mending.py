"""What becomes of a fix: in the user's file, in the copy of what is staged, or only shown."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.inputs.fixing.mending import Mended, Terms, apply, mend

BASE = b"one \ntwo\nthree\nfour\nfive\n"
NEW = b"one\ntwo\nthree\nfour\nfive\n"
MINE = b"one \ntwo\nthree\nfour\nfive\nsix\n"  # more than is staged
BOTH = b"one\ntwo\nthree\nfour\nfive\nsix\n"
OTHER = b"1\ntwo\nthree\nfour\nfive\n"
PATCH = "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n-one \n+one\n two\n three\n four\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    (made / "f").write_bytes(BASE)
    return made


@pytest.fixture
def shadow(tmp_path: Path) -> Path:
    made = tmp_path / "staged"
    made.mkdir()
    (made / "f").write_bytes(BASE)
    return made


@pytest.fixture
def mended(root: Path, shadow: Path, tmp_path: Path) -> Callable[..., Mended]:
    """Mends the file on terms that are those of a commit, but for what is given."""

    def with_terms(executable: bool | None = None, **terms: object) -> Mended:
        whole = Terms(shadow=str(shadow), ledger=str(tmp_path / "ledger"))._replace(**terms)
        return apply(str(root), "f", BASE, NEW, whole, executable)

    return with_terms


def _beside(shadow: Path) -> list[str]:
    return sorted(path.name for path in shadow.parent.iterdir() if path.name.startswith("staged"))


def test_without_terms_the_file_is_written(root: Path) -> None:
    assert mend(str(root), "f", BASE, NEW) == Mended(True, PATCH)
    assert (root / "f").read_bytes() == NEW


def test_terms_are_told_as_json(root: Path, shadow: Path) -> None:
    (root / "f").write_bytes(MINE)
    terms = {"shadow": str(shadow), "unstaged": ["f"], "ledger": None, "restage": False, "preview": False}
    assert mend(str(root), "f", BASE, NEW, terms) == Mended(True, PATCH)
    assert (root / "f").read_bytes() == BOTH


def test_in_a_preview_nothing_is_written(mended: Callable[..., Mended], root: Path, shadow: Path) -> None:
    assert mended(preview=True) == Mended(False, PATCH)
    assert (root / "f").read_bytes() == (shadow / "f").read_bytes() == BASE


def test_a_fix_goes_into_the_file_and_into_what_is_staged(
    mended: Callable[..., Mended], root: Path, shadow: Path
) -> None:
    assert mended() == Mended(True, PATCH)
    assert (root / "f").read_bytes() == (shadow / "f").read_bytes() == NEW
    assert _beside(shadow) == ["staged"]


def test_a_file_that_changed_meanwhile_stays_and_so_does_what_is_staged(
    mended: Callable[..., Mended], root: Path, shadow: Path
) -> None:
    (root / "f").write_bytes(MINE)
    assert mended() == Mended(False, PATCH, "it changed meanwhile")
    assert (root / "f").read_bytes() == MINE
    assert (shadow / "f").read_bytes() == BASE
    assert _beside(shadow) == ["staged"]


def test_a_fix_is_merged_with_changes_that_are_not_staged(
    mended: Callable[..., Mended], root: Path, shadow: Path
) -> None:
    (root / "f").write_bytes(MINE)
    assert mended(unstaged=("f",)) == Mended(True, PATCH)
    assert (root / "f").read_bytes() == BOTH
    assert (shadow / "f").read_bytes() == NEW


def test_in_conflict_nothing_is_written(mended: Callable[..., Mended], root: Path, shadow: Path) -> None:
    (root / "f").write_bytes(OTHER)
    assert mended(unstaged=("f",)) == Mended(False, PATCH, "it conflicts with changes that are not staged")
    assert (root / "f").read_bytes() == OTHER
    assert (shadow / "f").read_bytes() == BASE


def test_a_file_that_is_not_in_the_working_tree_is_not_made(
    mended: Callable[..., Mended], root: Path, shadow: Path
) -> None:
    (root / "f").unlink()
    assert mended(unstaged=("f",)) == Mended(False, PATCH, "it is staged, and not in the working tree")
    assert list(root.iterdir()) == []
    assert (shadow / "f").read_bytes() == BASE


def test_a_symbolic_link_in_its_place_is_neither_followed_nor_replaced(
    mended: Callable[..., Mended], root: Path
) -> None:
    (root / "real").write_bytes(BASE)
    (root / "f").unlink()
    (root / "f").symlink_to("real")
    assert mended(unstaged=("f",)).problem == "it is staged, and not in the working tree"
    assert (root / "real").read_bytes() == BASE


@pytest.mark.parametrize("mine", [NEW, BOTH])
def test_a_fix_that_the_file_has_already_is_only_to_be_staged(
    mended: Callable[..., Mended], root: Path, shadow: Path, mine: bytes
) -> None:
    (root / "f").write_bytes(mine)
    problem = "the working tree has it already, and it is not staged: `git add` the file"
    assert mended(unstaged=("f",)) == Mended(False, PATCH, problem)
    assert (shadow / "f").read_bytes() == BASE
    assert mended(unstaged=("f",), restage=True) == Mended(True, PATCH)
    assert (shadow / "f").read_bytes() == NEW
    assert (root / "f").read_bytes() == mine


@pytest.mark.parametrize(("before", "executable", "after"), [(0o644, True, 0o755), (0o755, False, 0o644)])
@pytest.mark.parametrize("mine", [BASE, MINE])
def test_a_mode_is_changed_in_both_places(
    mended: Callable[..., Mended], root: Path, shadow: Path, before: int, executable: bool, after: int, mine: bytes
) -> None:
    (root / "f").write_bytes(mine)
    for file in (root / "f", shadow / "f"):
        file.chmod(before)
    assert mended(executable=executable, unstaged=("f",) if mine != BASE else ()).changed
    assert [(file / "f").stat().st_mode & 0o777 for file in (root, shadow)] == [after, after]


def test_a_mode_alone_is_a_change_with_no_diff(root: Path, shadow: Path) -> None:
    assert apply(str(root), "f", BASE, BASE, Terms(shadow=str(shadow)), True) == Mended(True, "")
    assert [os.access(file / "f", os.X_OK) for file in (root, shadow)] == [True, True]


def test_no_file_of_the_user_s_is_in_the_way(root: Path, shadow: Path) -> None:
    for name in ("f.omnibase-new", "f.new", "x" * 255):
        (shadow / name).write_bytes(b"another")
        (root / name).write_bytes(b"another")
    terms = Terms(shadow=str(shadow))
    assert apply(str(root), "f", BASE, NEW, terms).changed
    assert apply(str(root), "x" * 255, b"another", NEW, terms).changed
    assert {(file / "f.omnibase-new").read_bytes() for file in (root, shadow)} == {b"another"}


def test_where_the_disk_is_full_the_user_s_file_is_not_touched(
    mended: Callable[..., Mended], root: Path, shadow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fchmod", fail)
    problem = "it cannot be kept among what is staged: No space left on device"
    assert mended() == Mended(False, PATCH, problem)
    assert (root / "f").read_bytes() == (shadow / "f").read_bytes() == BASE
    assert _beside(shadow) == ["staged"]


def test_where_git_cannot_merge_the_file_stays(
    mended: Callable[..., Mended], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "f").write_bytes(MINE)
    monkeypatch.setenv("PATH", "")
    problem = "it cannot be merged: git cannot be started: No such file or directory"
    assert mended(unstaged=("f",)) == Mended(False, PATCH, problem)
    assert (root / "f").read_bytes() == MINE


def test_a_long_patch_is_shortened(root: Path) -> None:
    old, new = b"".join(b"%d \n" % n for n in range(6000)), b"".join(b"%d\n" % n for n in range(6000))
    (root / "f").write_bytes(old)
    patch = mend(str(root), "f", old, new).patch
    assert patch.splitlines()[-1] == "... and 2003 more lines"
    assert len(patch.splitlines()) == 10_001
    assert (root / "f").read_bytes() == new
