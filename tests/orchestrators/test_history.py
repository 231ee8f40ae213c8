"""The history of a workspace: whatever is wrong with where it is kept is a notice, and never an error of the run."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.registry import Registry
from omnibase.orchestrators import history
from omnibase.orchestrators.workspace import Workspace
from omnibase.storage import database, folders, journal
from omnibase.storage.database import NAME
from omnibase.storage.journal import Journal
from omnibase.storage.runs import SqliteRuns
from tests.storage.recorded import passing

ENV: Mapping[str, str] = {}


def _workspace(root: Path, *, store: str | None = None) -> Workspace:
    registry = Registry(settings={"store": store} if store else {})
    return Workspace(str(root), str(root), None, registry, str(root / "state"), ENV)


def _recorded(workspace: Workspace, *names: str) -> None:
    """Runs that have ended and are not folded."""
    for name in names:
        recorder, folder, notices = history.record(workspace, name)
        assert recorder is not None
        assert folder is not None
        assert notices == ()
        for event in passing(name, 1.0):
            recorder.observe(event)
        recorder.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return _workspace(tmp_path)


def test_runs_are_folded_when_they_are_asked_for(workspace: Workspace) -> None:
    assert history.runs(workspace) == ([], [])
    assert not os.path.exists(workspace.state)
    _recorded(workspace, "one", "two")
    runs, notices = history.runs(workspace)
    assert ([run.run_id for run in runs], notices) == (["two", "one"], [])
    assert history.durations(workspace, ["ruff"]) == ({"ruff": 1.0}, [])


def _damaged(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def test_a_database_that_cannot_be_opened_is_a_notice_with_its_path(workspace: Workspace) -> None:
    _recorded(workspace, "one")
    assert history.fold(workspace) == []
    Path(workspace.state, NAME).unlink()
    Path(workspace.state, NAME).mkdir()
    _recorded(workspace, "two")
    assert history.durations(workspace, ["ruff"]) == ({}, [])
    said = f"{workspace.state}/{NAME}: unable to open database file"
    assert history.runs(workspace) == (
        [],
        [f"the run history is not kept: {said}", f"the run history cannot be read: {said}"],
    )


def test_a_damaged_database_is_told_by_whoever_sees_it_first(workspace: Workspace) -> None:
    _recorded(workspace, "one")
    assert history.fold(workspace) == []
    _damaged(Path(workspace.state, NAME))
    _recorded(workspace, "two")
    (notice,) = history.fold(workspace)
    assert f"was moved to {workspace.state}/{NAME}.damaged-" in notice
    assert history.fold(workspace) == []
    _damaged(Path(workspace.state, NAME))
    assert "was moved to" in history.durations(workspace, ["ruff"])[1][0]


def test_a_database_that_stays_locked_is_a_notice_and_what_waits_is_folded_later(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    _recorded(workspace, "one")
    history.fold(workspace)
    holding = sqlite3.connect(os.path.join(workspace.state, NAME), isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    _recorded(workspace, "two")
    runs, notices = history.runs(workspace)
    assert runs == []
    assert len(notices) == 2
    assert all(f"{workspace.state}/{NAME}: another process has kept it" in notice for notice in notices)
    assert history.durations(workspace, ["ruff"]) == ({}, [])
    holding.execute("COMMIT")
    holding.close()
    assert [run.run_id for run in history.runs(workspace)[0]] == ["two", "one"]


def test_a_state_that_is_no_folder_is_a_notice(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "state").write_text("a file")
    recorder, folder, notices = history.record(workspace, "one")
    assert (recorder, folder) == (None, None)
    assert f"{tmp_path}/state" in notices[0]
    assert history.fold(workspace) == []
    assert history.runs(workspace) == ([], [])
    assert history.durations(workspace, ["ruff"]) == ({}, [])
    assert history.is_due(workspace, 0.0) is False


def test_records_that_cannot_be_listed_are_a_notice(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is forbidden to root: the disk fails."""
    _recorded(workspace, "one")

    def failing(path: str) -> list[str]:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(os, "listdir", failing)
    assert history.is_due(workspace, 0.0)
    (notice,) = history.fold(workspace)
    assert f"{workspace.state}/runs: Input/output error" in notice
    assert history.runs(workspace)[1] == [notice]


def test_a_record_that_cannot_be_read_is_told_once_and_holds_up_no_other(workspace: Workspace) -> None:
    _recorded(workspace, "one", "two", "three")
    Path(workspace.state, "runs", "two", journal.NAME).write_bytes(b"no journal")
    (notice,) = history.fold(workspace)
    assert "the record of two cannot be read" in notice
    runs, notices = history.runs(workspace)
    assert ([run.run_id for run in runs], notices) == (["three", "one"], [])


def test_a_record_that_another_process_has_removed_meanwhile_is_passed_over(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(workspace, "one", "two")
    found = [os.path.join(workspace.state, "runs", name) for name in ("gone", "one", "two")]
    monkeypatch.setattr(folders, "unfolded", lambda _state: iter(found))
    assert history.fold(workspace) == []
    assert [run.run_id for run in history.runs(workspace)[0]] == ["two", "one"]


def test_a_store_that_cannot_be_closed_is_a_notice_beside_what_was_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close_badly(self: SqliteRuns) -> None:
        closed(self)
        raise OSError("it hangs")

    closed = SqliteRuns.close
    monkeypatch.setattr(SqliteRuns, "close", close_badly)
    told = "the run history could not be closed: it hangs"
    _recorded(workspace, "one")
    assert history.fold(workspace) == [told]
    found, notices = history.runs(workspace)
    assert ([run.run_id for run in found], notices) == (["one"], [told])
    assert history.durations(workspace, ["ruff"])[1] == [told]


def test_a_store_that_nobody_brings_is_an_error_where_the_history_is_asked_for(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, store="sqlit")
    _recorded(workspace, "one")
    with pytest.raises(ConfigurationError, match="no store is called 'sqlit'"):
        history.runs(workspace)
    assert history.fold(workspace) == ["the run history is not kept: no store is called 'sqlit'"]


def test_a_journal_on_a_full_disk_names_its_path(workspace: Workspace) -> None:
    """A limit on the size of files stands for the disk; the signal that comes with it is not wanted."""
    folder = folders.make(workspace.state, "one")
    recorder = Journal(folder)
    events = passing("one", 1.0)
    recorder.observe(events[0])
    size = os.path.getsize(os.path.join(folder, journal.NAME))
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, before[1]))
    try:
        with pytest.raises(ExecutionError, match=f"{folder}/{journal.NAME}"):
            recorder.observe(events[1])
        with pytest.raises(ExecutionError, match=f"{folder}/{journal.NAME}"):
            recorder.observe(events[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        recorder.close()
    assert list(journal.read(folder)) == events[:1]


# Many at once

WORKING = """
import os, sys
from omnibase.model.component import BreakerRule
from omnibase.orchestrators import history
from omnibase.storage.breakers import SqliteBreakers
from tests.orchestrators.test_history import _recorded, _workspace
from pathlib import Path

root, number, gate = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
workspace = _workspace(root)
rule = BreakerRule(failures=3, reset=0.001, probes=2)
print("ready", flush=True)
os.read(os.open(gate, os.O_RDONLY), 1)
breakers = SqliteBreakers(workspace.state, wait=60.0)
for turn in range(4):
    _recorded(workspace, f"run-{number:02}-{turn}")
    assert history.durations(workspace, ["ruff"])[1] == []
    breakers.lease("shared", rule)
    breakers.failed("shared", rule)
    breakers.failed(f"own-{number}", rule)
    breakers.succeeded(f"own-{number}", rule)
    for notice in history.fold(workspace):
        print(notice)
breakers.succeeded("shared", rule)
print(breakers.notice or "well")
breakers.close()
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_processes_at_once_fold_and_lease_without_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each folds what all have recorded, and the oldest are removed meanwhile: there are twice as many as are kept."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    os.mkfifo(tmp_path / "gate")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKING, str(tmp_path), str(number), str(tmp_path / "gate")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(50)
    ]
    opened = os.open(tmp_path / "gate", os.O_WRONLY)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    os.write(opened, b"." * 50)
    said = [process.communicate(timeout=280) for process in processes]
    os.close(opened)
    assert {error for _, error in said} == {""}
    assert {told for told, _ in said} == {"well\n"}
    workspace = _workspace(tmp_path)
    runs, notices = history.runs(workspace)
    assert notices == []
    assert {run.run_id for run in runs} <= {f"run-{number:02}-{turn}" for number in range(50) for turn in range(4)}
    assert len(runs) >= folders.KEPT_RUNS
