"""The folders of runs: made, found again, folded once, and removed when there are too many."""

import errno
import os
from pathlib import Path

import pytest

from omnibase.storage import folders, journal
from omnibase.storage.journal import Journal
from tests.storage.recorded import passing

OLD, MIDDLE, NEW = "20240101T000000-aaa", "20240102T000000-bbb", "20240103T000000-abc"


def _run(state: Path, run_id: str, *, folded: bool = False) -> str:
    """The folder of a run that has ended."""
    folder = folders.make(str(state), run_id)
    recorder = Journal(folder)
    for event in passing(run_id, 1.0):
        recorder.observe(event)
    recorder.close()
    if folded:
        folders.mark_folded(folder)
    return folder


def _unfolded(state: Path) -> list[str]:
    return [os.path.basename(folder) for folder in folders.unfolded(str(state))]


def test_a_run_has_a_folder_of_its_own_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    folder = folders.make(str(tmp_path / "state"), NEW)
    assert folder == str(tmp_path / "state" / "runs" / NEW)
    assert os.stat(folder).st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        folders.make(str(tmp_path / "state"), NEW)


def test_where_there_were_no_runs_there_is_nothing_to_find(tmp_path: Path) -> None:
    assert folders.find(str(tmp_path), "last") is None
    assert folders.find(str(tmp_path), "2024") is None
    assert _unfolded(tmp_path) == []
    folders.prune(str(tmp_path), pytest.fail)


def test_a_run_is_found_by_its_id_or_enough_of_it(tmp_path: Path) -> None:
    made = {name: _run(tmp_path, name) for name in (NEW, OLD, MIDDLE)}
    assert folders.find(str(tmp_path), "last") == made[NEW]
    assert folders.find(str(tmp_path), OLD) == made[OLD]
    assert folders.find(str(tmp_path), "20240102") == made[MIDDLE]
    for unclear in ("2024", "", "20250101", "..", f"../runs/{OLD}", f"{OLD}/"):
        assert folders.find(str(tmp_path), unclear) is None, unclear


def test_a_whole_id_is_found_even_if_another_begins_with_it(tmp_path: Path) -> None:
    short, _ = _run(tmp_path, "20240101"), _run(tmp_path, "20240101-2")
    assert folders.find(str(tmp_path), "20240101") == short


def test_runs_that_have_ended_wait_to_be_folded_the_oldest_first(tmp_path: Path) -> None:
    for name in (NEW, OLD, MIDDLE):
        _run(tmp_path, name)
    assert _unfolded(tmp_path) == [OLD, MIDDLE, NEW]
    folders.mark_folded(str(tmp_path / "runs" / MIDDLE))
    assert _unfolded(tmp_path) == [OLD, NEW]


def test_a_run_that_goes_on_is_not_folded(tmp_path: Path) -> None:
    recorder = Journal(folders.make(str(tmp_path), NEW))
    assert _unfolded(tmp_path) == []
    recorder.close()
    assert _unfolded(tmp_path) == [NEW]


def test_a_run_that_is_just_being_made_is_not_taken_for_one_that_ended(tmp_path: Path) -> None:
    folders.make(str(tmp_path), NEW)
    assert _unfolded(tmp_path) == []


def test_what_is_no_run_does_not_get_in_the_way(tmp_path: Path) -> None:
    """A run that was killed before its journal began, and a file that some program has left there."""
    _run(tmp_path, NEW)
    folders.make(str(tmp_path), OLD)
    (tmp_path / "runs" / ".DS_Store").write_bytes(b"")
    os.mkdir(tmp_path / "runs" / MIDDLE)
    os.mkdir(tmp_path / "runs" / MIDDLE / journal.NAME)
    assert _unfolded(tmp_path) == [NEW]
    folders.prune(str(tmp_path), lambda runs: None, keep=1)
    assert folders.find(str(tmp_path), "last") == str(tmp_path / "runs" / NEW)


def test_a_journal_that_cannot_be_looked_at_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(tmp_path, NEW)

    def refuse(path: str) -> os.stat_result:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        _unfolded(tmp_path)


def test_the_oldest_are_removed_and_forgotten(tmp_path: Path) -> None:
    forgotten: list[str] = []
    names = [f"2024010{number}" for number in range(1, 8)]
    for name in names:
        _run(tmp_path, name, folded=True)
    folders.prune(str(tmp_path), forgotten.extend, keep=3)
    assert forgotten == names[:4]
    assert sorted(os.listdir(tmp_path / "runs")) == names[4:]
    folders.prune(str(tmp_path), pytest.fail, keep=3)


def test_a_run_that_is_not_in_the_history_yet_is_not_removed(tmp_path: Path) -> None:
    forgotten: list[str] = []
    _run(tmp_path, OLD)
    _run(tmp_path, MIDDLE, folded=True)
    _run(tmp_path, NEW, folded=True)
    folders.prune(str(tmp_path), forgotten.extend, keep=1)
    assert forgotten == [MIDDLE]
    assert sorted(os.listdir(tmp_path / "runs")) == [OLD, NEW]


def test_a_run_is_forgotten_before_its_folder_is_gone(tmp_path: Path) -> None:
    """Killed in between, the folder is there to be removed again, and no history without a record."""

    def failing(runs: list[str]) -> None:
        assert sorted(os.listdir(tmp_path / "runs")) == [OLD, NEW]
        raise OSError("the history is locked")

    _run(tmp_path, OLD, folded=True)
    _run(tmp_path, NEW, folded=True)
    with pytest.raises(OSError, match="locked"):
        folders.prune(str(tmp_path), failing, keep=1)
    assert sorted(os.listdir(tmp_path / "runs")) == [OLD, NEW]


def test_a_few_are_kept_all(tmp_path: Path) -> None:
    _run(tmp_path, OLD, folded=True)
    folders.prune(str(tmp_path), pytest.fail)
    assert os.listdir(tmp_path / "runs") == [OLD]
