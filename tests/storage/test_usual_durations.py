"""How long components usually take, kept in a small file beside the history."""

import os
from pathlib import Path

import pytest

from omnibase.storage import usual

FOUND = {"lint": 1.5, "unit": 120.0, "never ran": None}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    usual.write(str(tmp_path), FOUND)
    assert usual.read(str(tmp_path)) == FOUND
    usual.write(str(tmp_path), {})
    assert usual.read(str(tmp_path)) == {}
    assert os.listdir(tmp_path) == [usual.NAME]


def test_where_nothing_was_written_the_history_is_asked(tmp_path: Path) -> None:
    assert usual.read(str(tmp_path)) is None
    assert usual.read(str(tmp_path / "no" / "folder")) is None


@pytest.mark.parametrize("bad", ["", " ", "00000000 {}", "x", '{"lint": 1.5}', "d \0"])
def test_a_file_that_is_not_whole_tells_nothing(tmp_path: Path, bad: str) -> None:
    (tmp_path / usual.NAME).write_text(bad)
    assert usual.read(str(tmp_path)) is None


@pytest.mark.parametrize("at", range(0, 40, 7))
def test_a_byte_that_has_changed_is_noticed(tmp_path: Path, at: int) -> None:
    usual.write(str(tmp_path), FOUND)
    path = tmp_path / usual.NAME
    data = bytearray(path.read_bytes())
    data[at] ^= 0x01
    path.write_bytes(data)
    assert usual.read(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["[1.5]", '{"a": "b"}', '{"a": 1e999}', '{"a": NaN}', '{"a": true}'])
def test_what_is_no_table_of_seconds_tells_nothing(tmp_path: Path, text: str) -> None:
    from binascii import crc32

    (tmp_path / usual.NAME).write_bytes(b"%08x %s" % (crc32(text.encode()), text.encode()))
    assert usual.read(str(tmp_path)) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    usual.write(str(tmp_path / "missing"), FOUND)
    assert usual.read(str(tmp_path / "missing")) is None
