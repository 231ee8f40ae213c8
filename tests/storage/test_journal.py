"""The record of a run while it happens: what is read back after a crash, and who is still writing."""

import errno
import os
import signal
import subprocess
import sys
from binascii import crc32
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.engine.observers import Collector, Observers
from omnibase.model.events import Event, Noticed, RunEnded, TimerFired
from omnibase.storage import journal
from omnibase.storage.journal import Journal, is_alive, line, read
from tests.executors import batches
from tests.storage.recorded import EVERY_KIND, passing


def _written(folder: Path, events: Sequence[Event]) -> bytes:
    """Record the events as a run does; the bytes of the journal."""
    recorder = Journal(str(folder))
    for event in events:
        recorder.observe(event)
    recorder.close()
    return (folder / journal.NAME).read_bytes()


def _read(folder: Path, data: bytes) -> list[Event]:
    (folder / journal.NAME).write_bytes(data)
    return list(read(str(folder)))


def test_every_kind_of_event_is_read_back_as_it_was(tmp_path: Path) -> None:
    _written(tmp_path, EVERY_KIND)
    assert list(read(str(tmp_path))) == list(EVERY_KIND)
    assert {type(event) for event in EVERY_KIND} == set(get_args(Event)) == set(journal.KINDS.values())


def test_an_event_is_in_the_file_before_anyone_else_hears_of_it(tmp_path: Path) -> None:
    class Reading:
        def observe(self, event: Event) -> None:
            seen.append(list(read(str(tmp_path)))[-1])

    seen: list[Event] = []
    recorder = Journal(str(tmp_path))
    observers = Observers([recorder, Reading()])
    for event in EVERY_KIND:
        observers.publish(event)
    recorder.close()
    assert seen == list(EVERY_KIND)


def test_each_line_is_a_checksum_and_ascii_json() -> None:
    for event in EVERY_KIND:
        data = line(event)
        checksum, _, text = data.rstrip(b"\n").partition(b" ")
        assert int(checksum, 16) == crc32(text)
        assert len(checksum) == 8
        assert data.count(b"\n") == 1
        text.decode("ascii")


# What a crash leaves


def test_cut_off_at_any_byte_what_is_whole_is_read(tmp_path: Path) -> None:
    events = EVERY_KIND[1:]
    data = _written(tmp_path, events)
    ends = [index + 1 for index, byte in enumerate(data) if byte == 0x0A]
    for size in range(len(data) + 1):
        whole = sum(end <= size for end in ends)
        assert _read(tmp_path, data[:size]) == list(events[:whole]), size


def test_any_changed_byte_ends_what_is_read_and_nothing_wrong_is(tmp_path: Path) -> None:
    events = EVERY_KIND[1:6]
    data = _written(tmp_path, events)
    ends = [index + 1 for index, byte in enumerate(data) if byte == 0x0A]
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        before = sum(end <= place for end in ends)
        assert _read(tmp_path, bytes(damaged)) == list(events[:before]), place


@given(
    places=st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=20)), max_size=5),
    end=st.binary(max_size=200),
)
def test_any_damage_leaves_a_beginning_of_what_was_recorded(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, bytes]], end: bytes
) -> None:
    folder = tmp_path_factory.mktemp("run")
    data = b"".join(map(line, EVERY_KIND))
    for place, other in places:
        data = data[:place] + other + data[place + len(other) :]
    found = _read(folder, data + end)
    assert found == list(EVERY_KIND[: len(found)])


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n\n", b" ", b"00000000 \n", b"{}\n", b"\0" * 4096, b"\xff" * 100])
def test_what_is_no_journal_has_no_events(tmp_path: Path, data: bytes) -> None:
    assert _read(tmp_path, data) == []


def test_an_event_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    def later(text: bytes) -> bytes:
        return b"%08x %s\n" % (crc32(text), text)

    first, last = EVERY_KIND[1], EVERY_KIND[2]
    data = line(first) + later(b'{"event":"Teleported","to":[1,2]}') + later(b'{"at":1.0}') + line(last)
    assert _read(tmp_path, data) == [first, last]


def test_a_field_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    text = b'{"event":"TimerFired","at":1.5,"timer":"batch","key":3,"precision":"high"}'
    assert _read(tmp_path, b"%08x %s\n" % (crc32(text), text)) == [TimerFired(1.5, "batch", 3)]


def test_an_event_of_another_shape_is_a_value_error(tmp_path: Path) -> None:
    text = b'{"event":"TimerFired","at":"noon","timer":"batch"}'
    with pytest.raises(ValueError, match=r"TimerFired\.at"):
        _read(tmp_path, b"%08x %s\n" % (crc32(text), text))


def test_a_folder_without_a_journal_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read(str(tmp_path)))


# Writing


def test_a_journal_is_begun_only_once(tmp_path: Path) -> None:
    data = _written(tmp_path, EVERY_KIND[:2])
    with batches.no_file_left_open(), pytest.raises(FileExistsError):
        Journal(str(tmp_path))
    assert (tmp_path / journal.NAME).read_bytes() == data
    assert os.listdir(tmp_path) == [journal.NAME]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    _written(tmp_path, EVERY_KIND)
    assert (tmp_path / journal.NAME).stat().st_mode & 0o777 == 0o600


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    recorder = Journal(str(tmp_path))
    recorder.close()
    recorder.close()


@pytest.mark.parametrize("room", [0, 1, 40, 200])
def test_on_a_full_disk_recording_ends_and_what_was_written_stays_readable(tmp_path: Path, room: int) -> None:
    """A limit of the file's size takes part of a line and then nothing, as a full disk does."""
    resource = pytest.importorskip("resource")
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    recorder, collector = Journal(str(tmp_path)), Collector()
    observers = Observers([recorder, collector])
    try:
        observers.publish(EVERY_KIND[1])
        size = (tmp_path / journal.NAME).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, limits[1]))
        observers.publish(RunEnded(1.0, None, {"long": "x" * 300}))
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        observers.publish(EVERY_KIND[2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    recorder.close()
    assert list(read(str(tmp_path))) == [EVERY_KIND[1]]
    told = [event.message for event in collector.events if isinstance(event, Noticed)]
    assert len(told) == 1
    why = "No space left on device" if room else "File too large"
    assert told[0] == f"from here on this run is not recorded: {tmp_path}/journal.jsonl: {why}"


# Who is alive


def test_a_journal_is_alive_while_it_is_open(tmp_path: Path) -> None:
    recorder = Journal(str(tmp_path))
    assert is_alive(str(tmp_path))
    assert is_alive(str(tmp_path))
    recorder.observe(EVERY_KIND[1])
    recorder.close()
    assert not is_alive(str(tmp_path))


def test_a_folder_without_a_journal_is_not_alive(tmp_path: Path) -> None:
    assert not is_alive(str(tmp_path))
    assert not is_alive(str(tmp_path / "not there"))


def test_looking_leaves_no_file_open(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        recorder = Journal(str(tmp_path))
        assert is_alive(str(tmp_path))
        recorder.close()
        assert not is_alive(str(tmp_path))
        list(read(str(tmp_path)))


RECORDING = """
import os, signal, sys
from omnibase.storage.journal import Journal
from tests.storage.recorded import passing

recorder = Journal(sys.argv[1])
for event in passing("run", 1.0)[:2]:
    recorder.observe(event)
print("recorded", flush=True)
signal.pause()
"""


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A process that has recorded two events and goes on."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    process = subprocess.Popen([sys.executable, "-c", RECORDING, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "recorded\n"
    yield process
    process.kill()
    process.communicate()


def test_the_run_of_a_killed_process_is_over_and_its_events_are_there(
    tmp_path: Path, recording: subprocess.Popen[str]
) -> None:
    assert is_alive(str(tmp_path))
    recording.kill()
    recording.wait()
    assert not is_alive(str(tmp_path))
    assert list(read(str(tmp_path))) == passing("run", 1.0)[:2]


def test_children_of_a_run_do_not_keep_it_alive(tmp_path: Path) -> None:
    recorder = Journal(str(tmp_path))
    child = subprocess.Popen(["sleep", "1000"])
    try:
        recorder.close()
        assert not is_alive(str(tmp_path))
    finally:
        child.kill()
        child.wait()


def test_a_journal_that_cannot_be_locked_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(fd: int, operation: int) -> None:
        assert not (tmp_path / journal.NAME).exists()
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refused)
    with batches.no_file_left_open(), pytest.raises(OSError, match="No locks available"):
        Journal(str(tmp_path))
    assert not (tmp_path / journal.NAME).exists()
