"""What is kept and shown of what commands print, in bounded memory."""

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.executors import capture
from omnibase.executors.capture import FILE, MEMORY, SHOWN, TAIL, Capture, Stream
from omnibase.executors.command import CommandExecutor
from omnibase.model.events import Outcome
from omnibase.model.result import Output
from tests.executors import batches
from tests.executors.batches import command

MARK = b"\n[... %d bytes left out ...]\n"


def _run(commands: CommandExecutor, root: Path, scratch: Path | None, text: str) -> Output:
    batch = batches.assignment(batches.place(root, scratch), command(text, shell=True))
    outcome: Outcome = batches.run_one(commands, batch)
    assert outcome.output is not None
    return outcome.output


def test_standard_output_comes_before_standard_error(commands: CommandExecutor, root: Path) -> None:
    assert _run(commands, root, None, "echo one >&2; echo two; echo three >&2") == Output("two\none\nthree", 14)


def test_a_command_that_prints_nothing_has_no_output(commands: CommandExecutor, root: Path) -> None:
    outcome = batches.run_one(commands, batches.assignment(batches.place(root), command("true")))
    assert outcome.output is None


def test_output_that_is_no_text_is_made_safe_to_show(commands: CommandExecutor, root: Path) -> None:
    output = _run(commands, root, None, r"printf '\377\376 \033[31mred\033[0m \000 \007\n'")
    assert output.text == r"\xff\xfe red \x00 \x07"
    assert output.size == 20


def test_fifty_megabytes_are_kept_in_bounded_memory(commands: CommandExecutor, root: Path, scratch: Path) -> None:
    count = 50 * 1024 * 1024
    text = f"echo the beginning; yes 0123456789abcde | head -c {count}; echo the end; echo broken >&2"
    tracemalloc.start()
    try:
        output = _run(commands, root, scratch, text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert output.size == count + len("the beginning\nthe end\nbroken\n")
    assert output.text.startswith("the beginning\n0123456789abcde\n")
    assert output.text.endswith("0123456789abcde\nthe end\nbroken")
    assert len(output.text) < 2 * SHOWN
    left_out = count + len("the beginning\nthe end\n") - SHOWN
    assert f"\n[... {left_out} bytes left out ...]\n" in output.text
    assert output.path is not None
    assert Path(output.path).parent == scratch
    assert os.path.getsize(output.path) == count + len("the beginning\nthe end\n")


def test_without_a_folder_for_output_head_and_tail_are_kept(commands: CommandExecutor, root: Path) -> None:
    output = _run(commands, root, None, "echo the beginning; yes | head -c 3000000; echo the end")
    assert output.path is None
    assert output.size == 3_000_022
    assert output.text.startswith("the beginning\ny\n")
    assert output.text.endswith("y\nthe end")


def test_output_that_fits_into_memory_makes_no_file(commands: CommandExecutor, root: Path, scratch: Path) -> None:
    output = _run(commands, root, scratch, f"yes | head -c {MEMORY}")
    assert output.path is None
    assert os.listdir(scratch) == []


def test_a_full_folder_for_output_costs_the_middle_and_not_the_run(
    commands: CommandExecutor, root: Path, tmp_path: Path
) -> None:
    output = _run(commands, root, tmp_path / "not there", "echo the beginning; yes | head -c 3000000; echo the end")
    assert output.path is None
    assert output.text.startswith("the beginning\n")
    assert output.text.endswith("the end")


# One stream


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
