"""The stream that progress is written to: nobody waits for it, and what is wrong with it hurts nobody."""

import io
import os
import re
import subprocess
from collections.abc import Iterator
from typing import TextIO

import pytest

from omnibase.cli.console import close_quietly
from omnibase.cli.progress.out import MOST_WAITING, Out

Pipe = tuple[int, TextIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The end of a pipe that can be read without waiting, and the other one as a stream."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    with open(write, "w", encoding="utf-8") as stream:
        yield read, stream
        try:
            os.close(read)
        except OSError:
            pass  # the test has closed it


def drained(fd: int) -> str:
    """All that is in the pipe."""
    data = b""
    try:
        while chunk := os.read(fd, 65536):
            data += chunk
    except BlockingIOError:
        pass
    return data.decode()


def test_what_is_put_is_written_at_once() -> None:
    stream = io.StringIO()
    out = Out(stream)
    out.put("a\n")
    out.put("b\n")
    assert stream.getvalue() == "a\nb\n"


def test_what_can_wait_comes_before_what_is_shown_next() -> None:
    stream = io.StringIO()
    out = Out(stream)
    out.put("a\n", later=True)
    assert stream.getvalue() == ""
    out.show("view")
    assert stream.getvalue() == "a\nview"
    out.put("b\n", later=True)
    out.settle()
    assert stream.getvalue() == "a\nviewb\n"


def test_much_that_could_wait_does_not() -> None:
    stream = io.StringIO()
    Out(stream).put("a line\n" * 10_000, later=True)
    assert stream.getvalue() == "a line\n" * 10_000


def test_while_nobody_reads_lines_are_kept_and_a_view_is_let_go(pipe: Pipe) -> None:
    read, stream = pipe
    out = Out(stream)
    lines = [f"line {number}\n" for number in range(20_000)]
    for line in lines:
        out.put(line)
    out.show("view")
    before = drained(read)
    assert "view" not in before
    while piece := drained(read) or (out.put("") or drained(read)):
        before += piece
    assert before == "".join(lines)
    out.show("view")
    assert drained(read) == "view"


def test_of_very_much_that_waits_the_oldest_lines_go_and_are_counted(pipe: Pipe) -> None:
    read, stream = pipe
    out = Out(stream)
    count = 3 * MOST_WAITING // 10
    for number in range(count):
        out.put(f"{number:09}\n")
    assert len(out._waiting) <= MOST_WAITING
    text = ""
    while piece := drained(read) or (out.put("") or drained(read)):
        text += piece
    assert text.endswith(f"{count - 1:09}\n")
    (lost,) = re.findall(r"^\[\.\.\. (\d+) lines left out \.\.\.\]$", text, re.MULTILINE)
    kept = [int(line) for line in text.splitlines() if line.isdigit()]
    assert len(kept) + int(lost) == count
    assert kept == sorted(kept)


def test_at_the_end_all_of_it_is_written_however_long_it_takes(pipe: Pipe) -> None:
    read, stream = pipe
    out = Out(stream)
    for _ in range(20_000):
        out.put("a line...\n")
    os.set_blocking(read, True)
    with subprocess.Popen(["wc", "-c"], stdin=read, stdout=subprocess.PIPE) as reader:  # one that comes late
        out.settle("end")
        stream.close()
        os.close(read)
        assert reader.stdout is not None
        assert int(reader.stdout.read()) == 200_003


class Raising(io.StringIO):
    """Writes so many times, and then no more."""

    def __init__(self, times: int, error: Exception) -> None:
        super().__init__()
        self._left = times
        self._error = error

    def write(self, text: str) -> int:
        if not self._left:
            raise self._error
        self._left -= 1
        return super().write(text)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")])
def test_after_an_error_nothing_more_is_written_and_nothing_raised(error: Exception) -> None:
    stream = Raising(1, error)
    out = Out(stream)
    out.put("a\n")
    for _ in range(3):
        out.put("b\n")
        out.show("view")
        out.settle("c")
    assert stream.getvalue() == "a\n"
    assert out.broken


def test_a_reader_that_has_gone_ends_the_writing(pipe: Pipe) -> None:
    read, stream = pipe
    out = Out(stream)
    os.close(read)
    out.put("a\n")
    assert out.broken
    out.settle("b")
    close_quietly(stream.fileno())  # as at the end of the command; closing the stream writes what is left in it


def test_a_stream_that_is_closed_is_none() -> None:
    stream = io.StringIO()
    stream.close()
    out = Out(stream)
    out.put("a\n")
    out.settle()
    assert out.broken
