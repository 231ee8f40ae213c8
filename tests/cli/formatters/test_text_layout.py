import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.cli.formatters.layout import (
    EMOJI,
    columns,
    duration,
    padded,
    painted,
    quantity,
    shell,
    shortened,
    symbol,
    wrapped,
)
from omnibase.model.ports import Style
from omnibase.model.result import Status

WORDS = st.lists(st.text(alphabet="ab漢é", min_size=1, max_size=9)).map(" ".join)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("漢字", 4),
        ("é", 1),
        ("e\u0301", 1),
        ("\u200b", 0),
        ("\uff46\uff55", 4),
        ("✅", 2),
        ("⚠️", 2),
    ],
)
def test_columns_are_those_of_a_terminal(text: str, width: int) -> None:
    assert columns(text) == width


def test_every_emoji_takes_two_columns_and_every_word_four() -> None:
    assert {columns(symbol(status, Style(emoji=True))) for status in Status} == {2}
    assert {columns(symbol(status, Style())) for status in Status} == {4}
    assert set(EMOJI) == set(Status)


@given(WORDS, st.integers(10, 40))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width, "  ")
    assert " ".join(line.strip() for line in lines) == text
    for line in lines:
        assert columns(line) <= width or len(line.split()) == 1
    for line, following in pairwise(lines):
        assert columns(line) + 1 + columns(following.split()[0]) > width


def test_a_command_in_backquotes_is_not_wrapped() -> None:
    assert wrapped("say `omnibase orch --stage ci`, then", 16) == ["say", "`omnibase orch --stage ci`,", "then"]
    assert wrapped("an odd ` quote", 8) == ["an odd `", "quote"]


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("short", 5, "short"),
        ("longer", 5, "lo..."),
        ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢字..."),
        ("abc", 2, "..."),
    ],
)
def test_a_name_is_shortened_to_the_width(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short


def test_padding_counts_columns() -> None:
    assert padded("漢", 4) == "漢  "
    assert padded("long", 2) == "long"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.00s"), (1.239, "1.24s"), (59.994, "59.99s"), (59.996, "1m 00s"), (65, "1m 05s"), (3725.4, "1h 02m 05s")],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_one_is_singular() -> None:
    assert [quantity(count, "file") for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_colours_are_left_out_where_there_are_none() -> None:
    assert painted("x", "31", Style()) == "x"
    assert painted("", "31", Style(color=True)) == ""
    assert painted("x", "31", Style(color=True)) == "\x1b[31mx\x1b[0m"


def test_a_plain_command_is_quoted_as_people_do() -> None:
    assert shell(["ruff", "--select=E", "a b.py", ""]) == "ruff --select=E 'a b.py' ''"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_shown_command_typed_into_a_shell_is_the_same_command() -> None:
    arguments = [
        "a b",
        "it's",
        "\\",
        "$x `y`",
        "two\nlines",
        "\x1b[31mf",
        "caf\udce9f",
        "漢字\x9b0",
        "\u202eabc",
        "\t'\\n",
        "é",
    ]
    typed = f"printf '%s\\0' {shell(arguments)}"
    assert typed.isprintable()
    ran = subprocess.run(["bash", "-c", typed], capture_output=True, check=True)
    assert [each.decode("utf-8", "surrogateescape") for each in ran.stdout.split(b"\0")[:-1]] == arguments
