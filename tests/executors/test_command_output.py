"""What is kept and shown of what commands print, in bounded memory."""

import os
import tracemalloc
from pathlib import Path

import pytest

from omnibase.executors.capture import MEMORY, SHOWN
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


@pytest.mark.parametrize("piece", [r"\r", "x", r"\033[31m", "##[", "::a ", r"\303"])
def test_a_stream_without_any_line_is_kept_in_bounded_memory(
    commands: CommandExecutor, root: Path, scratch: Path, piece: str
) -> None:
    tracemalloc.start()
    try:
        output = _run(commands, root, scratch, f"yes \"$(printf '{piece}')\" | tr -d '\\n' | head -c 10000000")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert output.size == 10_000_000
    assert output.path is not None


def test_the_file_holds_nothing_that_acts_and_every_byte_of_a_path(
    commands: CommandExecutor, root: Path, scratch: Path
) -> None:
    text = r"printf '1%%\r2%%\r\n\033[31mred\033[0m caf\351.py\000\n::error::x\n##vso[task.x]\n'"
    output = _run(commands, root, scratch, f"{text}; yes | head -c {MEMORY}")
    assert output.path is not None
    lines = Path(output.path).read_bytes().split(b"\n")
    assert lines[:3] == [b"1%", b"2%", b"red caf\xe9.py\\u0000"]
    assert lines[3:6] == [rb"\::error::x", rb"#\#vso[task.x]", b"y"]


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
