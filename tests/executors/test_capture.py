"""What is kept of one stream, in memory and in a file, and what of it can be shown."""

import itertools
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.executors import capture, cleaning
from omnibase.executors.capture import FILE, MEMORY, SHOWN, TAIL, Capture, Stream
from omnibase.executors.cleaning import Cleaner
from tests.executors import batches

MARK = b"\n[... %d bytes left out ...]\n"


def _fed(data: bytes, chunk: int, path: Path | None = None) -> Stream:
    stream = Stream(str(path) if path else None)
    for start in range(0, len(data), chunk):
        stream.feed(data[start : start + chunk])
    stream.close()
    return stream


def _numbered(size: int) -> bytes:
    """Bytes in which every place is told from every other nearby."""
    return b"".join(b"%07d\n" % number for number in range(-(-size // 8)))[:size]


# Sizes around everything that changes how a stream is kept or shown.
EDGES = sorted(
    {
        edge + off
        for edge in (0, TAIL, SHOWN, MEMORY, MEMORY + TAIL, MEMORY + SHOWN)
        for off in (-1, 0, 1)
        if edge + off >= 0
    }
)


def _is_excerpt(shown: bytes, data: bytes, limit: int) -> bool:
    """Whether it is all of the data, or its beginning and end with the right count of what is missing between."""
    if len(data) <= limit:
        return shown == data
    head, tail = limit - min(TAIL, limit // 2), min(TAIL, limit // 2)
    missing = len(data) - head - tail
    return shown == data[:head] + MARK % missing + data[len(data) - tail :]


@pytest.mark.parametrize("chunk", [1 << 16, 1000, MEMORY])
@pytest.mark.parametrize("size", EDGES)
def test_an_excerpt_is_exact_at_every_boundary(size: int, chunk: int) -> None:
    data = _numbered(size)
    stream = _fed(data, chunk)
    assert stream.size == size
    assert _is_excerpt(stream.excerpt(SHOWN), data, SHOWN)
    assert _is_excerpt(stream.excerpt(MEMORY + TAIL), data, MEMORY + TAIL)


@pytest.mark.parametrize("size", EDGES)
def test_all_that_was_printed_is_in_memory_or_in_the_file(size: int, tmp_path: Path) -> None:
    data = _numbered(size)
    stream = _fed(data, 50_000, tmp_path / "spilled")
    assert stream.data() == data
    assert (tmp_path / "spilled").exists() == (size > MEMORY)
    assert (stream.spilled is None) == (size <= MEMORY)


@pytest.mark.parametrize("size", [MEMORY + 1, MEMORY + TAIL, MEMORY + TAIL + 1])
def test_without_a_file_a_parser_gets_what_memory_holds(size: int) -> None:
    data = _numbered(size)
    assert _is_excerpt(_fed(data, 50_000).data(), data, MEMORY + TAIL)


@given(
    sizes=st.lists(st.integers(0, 40), max_size=30),
    limit=st.integers(0, 200),
    limits=st.tuples(st.integers(1, 60), st.integers(1, 30)),
)
def test_any_pieces_give_the_excerpt_of_the_whole(sizes: list[int], limit: int, limits: tuple[int, int]) -> None:
    memory, tail = max(limits), min(limits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "MEMORY", memory)
        patch.setattr(capture, "TAIL", tail)
        stream = Stream(None)
        data = _numbered(sum(sizes))
        start = 0
        for size in sizes:
            stream.feed(data[start : start + size])
            start += size
        shown = stream.excerpt(limit)
    head, mark, rest = shown.partition(b"\n[... ")
    if mark:
        missing, _, end = rest.partition(b" bytes left out ...]\n")
        assert data.startswith(head)
        assert data.endswith(end)
        assert int(missing) == len(data) - len(head) - len(end) > 0
        assert len(head) + len(end) <= limit
    else:
        assert shown == data


def test_a_file_ends_at_its_limit_and_a_parser_at_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "FILE", MEMORY + 100_000)
    data = _numbered(MEMORY + 500_000)
    stream = _fed(data, 50_000, tmp_path / "spilled")
    kept = (tmp_path / "spilled").read_bytes()
    assert data.startswith(kept)
    assert MEMORY + 50_000 <= len(kept) <= MEMORY + 150_000
    assert stream.data(limit=1000) == data[:1000]
    assert stream.size == len(data)
    assert FILE > 16 * 1024 * 1024


def test_a_parser_gets_what_was_defused_as_it_was(tmp_path: Path) -> None:
    data = b'{"text": "##[group] ##vso[x]"}\n::error::x\n' + b" " * MEMORY
    stream = _fed(data, 50_000, tmp_path / "spilled")
    assert b"##[" not in (tmp_path / "spilled").read_bytes()
    assert stream.data() == data


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_a_disk_that_takes_a_part_of_a_write_gets_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:most]))
    monkeypatch.setattr(capture, "MEMORY", 1000)
    data = _numbered(5000)
    _fed(data, 700, tmp_path / "spilled")
    assert (tmp_path / "spilled").read_bytes() == data


def test_a_disk_that_is_full_later_costs_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with batches.no_file_left_open():
        stream = Stream(str(tmp_path / "spilled"))
        data = _numbered(MEMORY + 200_000)
        stream.feed(data[: MEMORY + 100_000])
        monkeypatch.setattr(os, "write", write)
        stream.feed(data[MEMORY + 100_000 :])
        stream.close()
    assert _is_excerpt(stream.excerpt(SHOWN), data, SHOWN)


# What can be kept in a file

PIECES = [
    b"a",
    b"\n",
    b"\r",
    b"\r\n",
    b"\x1b[31m",
    b"\x1b]0;",
    b"\x07",
    b"\xc3\xa9",
    b"\xe9",
    b"\xc2",
    b"\x9b",
    b"\x00",
]
PIECES += [b"#", b"##", b"[", b"vso[", b"::", b"error", b" ", b":", b"##teamcity[", b"::error::x"]
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]|##(?:vso|teamcity)?\\[|^\\s*::[a-z]+(?: .*)?::", re.MULTILINE)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.lists(st.integers(1, 20), min_size=1), st.integers(1, 40))
def test_nothing_in_a_file_acts_on_a_terminal_or_a_ci_system(pieces: list[bytes], sizes: list[int], block: int) -> None:
    data = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleaning, "BLOCK", block)
        cleaner = Cleaner()
        out, at = b"", 0
        for size in itertools.chain(sizes, itertools.repeat(7)):
            if at >= len(data):
                break
            out += cleaner.feed(data[at : at + size])
            at += size
        out += cleaner.close()
    text = out.decode("utf-8", "surrogateescape")
    assert not ACTING.search(text)


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\xc3\xa9", b"\xe9"]), max_size=40), st.integers(1, 5))
def test_where_a_stream_is_cut_makes_no_difference_to_its_text(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleaning, "BLOCK", 8)
        cleaner = Cleaner()
        out = b"".join([cleaner.feed(data[at : at + size]) for at in range(0, len(data), size)]) + cleaner.close()
    assert out == re.sub(rb"\r+\n?", b"\n", data)


def test_bytes_that_come_together_where_a_sequence_was_make_no_control() -> None:
    cleaner = Cleaner()
    assert cleaner.feed(b"\xc2\x1b[0m\x9b31m\n") + cleaner.close() == b"\\u009b31m\n"


def test_a_line_end_that_is_cut_in_two_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "BLOCK", 2)
    cleaner = Cleaner()
    assert b"".join([cleaner.feed(b"a\r"), cleaner.feed(b"\r\r"), cleaner.feed(b"\r\nb"), cleaner.close()]) == b"a\nb"


def test_names_in_a_line_without_end_reach_a_parser_as_they_are(tmp_path: Path) -> None:
    data = b'["' + b"a::b c::d ##[x] std::y::z \xc3\xa9," * 30_000 + b'"]'
    for chunk in (1 << 16, 65521):
        assert _fed(data, chunk, tmp_path / "spilled").data() == data


# The last line


@pytest.mark.parametrize(
    ("stdout", "stderr", "line"),
    [
        ([], [], None),
        ([b"one\ntwo\n"], [], "two"),
        ([b"one\n  two  \n\n \n"], [], "two"),
        ([b"one\n"], [b"two\n"], "two"),
        ([b"one\n"], [b"\n"], "one"),
        ([b"10%\r20%\r"], [], "20%"),
        ([b"a\x1b[31mred\x1b[0m \xff"], [], "ared \\xff"),
        ([b"y" * 500], [], "y" * 199 + "…"),
        ([b"old\n", b"x" * (MEMORY + 100_000), b"\nnew"], [], "new"),
        ([b"\n\n"], [], None),
    ],
)
def test_the_last_line_is_the_last_with_anything_in_it(
    stdout: list[bytes], stderr: list[bytes], line: str | None
) -> None:
    both = Capture(None)
    for data in stdout:
        both.stdout.feed(data)
    for data in stderr:
        both.stderr.feed(data)
    assert both.last_line() == line
    both.close()
    assert both.last_line() == line
    assert both.size == sum(map(len, stdout + stderr))


def test_the_last_line_is_that_of_the_stream_that_came_last() -> None:
    both = Capture(None)
    both.stderr.feed(b"first\n")
    both.stdout.feed(b"second\n")
    assert both.last_line() == "second"


def test_a_capture_of_both_streams_leaves_no_file_open(tmp_path: Path) -> None:
    with batches.no_file_left_open():
        both = Capture(str(tmp_path / "stem"))
        both.stdout.feed(b"x" * (MEMORY + 1))
        both.stderr.feed(b"y" * (MEMORY + 1))
        both.close()
    assert sorted(os.listdir(tmp_path)) == ["stem.err", "stem.out"]
    output = both.output()
    assert output is not None
    assert output.path == str(tmp_path / "stem.out")
