"""Bytes as a file without a name: for a process to read, from the beginning, and for nobody else."""

import os
import subprocess
from pathlib import Path

import pytest

from omnibase.executors.memory import file_of
from tests.executors import batches


@pytest.fixture(params=["memory", "disk"])
def _kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if request.param == "disk":
        monkeypatch.delattr(os, "memfd_create", raising=False)
        monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.mark.usefixtures("_kind")
@pytest.mark.parametrize("data", [b"", b"one\n", b"x" * 3_000_000], ids=len)
def test_a_process_reads_it_from_its_beginning(data: bytes) -> None:
    fd = file_of(data)
    done = subprocess.run(["cat"], stdin=fd, capture_output=True, check=True)
    os.close(fd)
    assert done.stdout == data


@pytest.mark.usefixtures("_kind")
def test_it_leaves_nothing_behind_and_goes_to_nobody_else(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        fd = file_of(b"data")
        assert not os.get_inheritable(fd)
        assert os.listdir(tmp_path) == []
        os.close(fd)


def test_where_there_is_no_room_for_it_that_is_told_and_no_file_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_RDWR)
    monkeypatch.setattr(os, "memfd_create", lambda name, flags: os.dup(full), raising=False)
    with batches.no_file_left_open(), pytest.raises(OSError, match="No space left"):
        file_of(b"data")
    os.close(full)
