"""The file of a log: appended to line by line, and given up without harm where there is no room."""

import errno
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibase.core.log_records import LogRecords
from omnibase.core.reporting import report
from omnibase.engine.observers import Collector, Observers
from omnibase.model.errors import ConfigurationError, ExecutionError
from omnibase.model.events import Noticed, RunStarted
from omnibase.storage import log_file
from omnibase.storage.log_file import LogFile
from tests.storage.recorded import BEGAN, passing

Json = Any

EVENTS = passing("run-1", 0.5)


def log(path: Path | str, run_id: str = "run-1") -> LogFile:
    return LogFile(str(path), LogRecords(run_id, "c" * 32, BEGAN))


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def events(path: Path) -> list[str]:
    return [record["event"] for record in lines(path)]


def written(path: Path, run_id: str = "run-1") -> None:
    """A whole run, logged."""
    made = log(path, run_id)
    for event in EVENTS:
        made.observe(event)
    assert made.end(report(EVENTS)) is None


def test_it_is_a_line_for_each_record_as_it_happens(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    made = log(path)
    seen = []
    for event in EVENTS:
        made.observe(event)
        seen.append(len(lines(path)))
    made.end(report(EVENTS))
    assert seen == [1, 2, 2]
    assert events(path) == ["run.started", "task.ended", "run.ended"]
    assert path.read_bytes().endswith(b"\n")


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    written(tmp_path / "run.log")
    assert stat.S_IMODE((tmp_path / "run.log").stat().st_mode) == 0o600


def test_what_is_in_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text('{"event":"of another"}\n')
    path.chmod(0o644)
    written(path)
    written(path, "run-2")
    assert [record.get("run_id") for record in lines(path)] == [None, *["run-1"] * 3, *["run-2"] * 3]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_runs_at_the_same_time_may_share_it(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    runs = [threading.Thread(target=written, args=(path, f"run-{number}")) for number in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(lines(path)) == 8 * 3


def test_what_is_said_before_the_start_is_written_with_it(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    made = log(path)
    made.observe(Noticed(-1.0, "this takes long"))
    assert path.read_bytes() == b""
    made.observe(EVENTS[0])
    assert events(path) == ["notice", "run.started"]
    made.close()


def test_a_run_that_never_starts_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    made = log(path)
    made.observe(Noticed(-1.0, "this takes long"))
    made.end(report(EVENTS))
    assert events(path) == ["notice", "run.ended"]


def missing(folder: Path) -> str:
    return str(folder / "no" / "such" / "folder.log")


def a_folder(folder: Path) -> str:
    return str(folder)


def unread(folder: Path) -> str:
    os.mkfifo(folder / "fifo")
    return str(folder / "fifo")


def no_path(folder: Path) -> str:
    return f"{folder}/a\0b"


@pytest.mark.parametrize("what", [missing, a_folder, unread, no_path])
def test_what_cannot_be_written_is_refused_before_the_run(tmp_path: Path, what: Callable[[Path], str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        log(what(tmp_path))
    assert caught.value.message.startswith(f"the log {tmp_path}")
    assert caught.value.remedy == "name a file in a folder that is there"


def test_a_reader_of_a_pipe_gets_it_and_may_go(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    made = log(tmp_path / "fifo")
    made.observe(EVENTS[0])
    assert json.loads(os.read(reader, 65536))["event"] == "run.started"
    os.close(reader)
    with pytest.raises(ExecutionError, match="is not written: Broken pipe"):
        made.observe(EVENTS[1])


def test_a_reader_that_does_not_read_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    made = log(tmp_path / "fifo")
    made.observe(EVENTS[0])
    with pytest.raises(ExecutionError, match="is not written"):
        for _ in range(10_000):
            made.observe(EVENTS[1])
    os.close(reader)


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has the log end at so many bytes, as on a disk that fills up: what fits is written, and then nothing."""
    write = os.write

    def limit(size: int) -> None:
        def limited(fd: int, data: bytes) -> int:
            room = max(size - os.fstat(fd).st_size, 0)
            if data and not room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(fd, data[:room])

        monkeypatch.setattr(log_file.os, "write", limited)

    return limit


def test_a_disk_that_fills_up_is_a_notice_and_the_run_goes_on(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    path = tmp_path / "run.log"
    made, collector = log(path), Collector()
    everyone = Observers([made, collector])
    everyone.publish(EVENTS[0])
    small_files(path.stat().st_size + 20)
    for event in EVENTS[1:]:
        everyone.publish(event)
    notices = [event.message for event in collector.events if isinstance(event, Noticed)]
    assert notices == [f"from here on the log {path} is not written: there is no room for more"]
    assert len([event for event in collector.events if not isinstance(event, Noticed)]) == len(EVENTS)
    assert made.end(report(EVENTS)) is None


def test_the_run_after_that_begins_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_bytes(b'{"event":"run.st')
    written(path)
    torn, *whole = path.read_bytes().splitlines()
    assert torn == b'{"event":"run.st'
    assert [json.loads(line)["event"] for line in whole] == ["run.started", "task.ended", "run.ended"]


def test_an_end_that_has_no_place_is_told(tmp_path: Path, small_files: Callable[[int], None]) -> None:
    path = tmp_path / "run.log"
    made = log(path)
    made.observe(next(event for event in EVENTS if isinstance(event, RunStarted)))
    small_files(path.stat().st_size)
    assert made.end(report(EVENTS)) == f"from here on the log {path} is not written: No space left on device"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    written(tmp_path / "run.log")
    made = log(tmp_path / "other.log")
    made.close()
    made.close()
    assert set(os.listdir("/proc/self/fd")) == before
