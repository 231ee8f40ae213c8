import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.redaction import defused, plain, restored, shown_path, storable, visible

STARTS = ["\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x9b", "\x9c", "\x9d", "\x07", "\x18", "\x00", "\x7f", "\x85"]
OTHERS = ["\r", "\n", "\t", "m", ";", "31", "K", "\u202e", "\u2069", "\udcff", "\ud800", "a", " ", "é", "漢", "\\"]
ACTING = ["::", "error", "::error::", "#", "##[", "##vso[", "##teamcity[", "\xa0"]
SPICY = st.lists(st.sampled_from([*STARTS, *OTHERS, *ACTING])).map("".join)
ANY_TEXT = st.one_of(st.text(alphabet=st.characters(exclude_categories=())), SPICY)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("plain text\twith a tab\n", "plain text\twith a tab\n"),
        ("\x1b[1;31merror\x1b[0m: x", "error: x"),
        ("\x1b[38:2::255:0:0mred\x1b[m", "red"),
        ("\x1b[?25lhidden cursor\x1b[?25h", "hidden cursor"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;a title\x9ctext", "text"),
        ("\x1bPq#0;2;0;0\nsixel\x1b\\text", "text"),
        ("\x1b_app\x1b\\\x1b^private\x1b\\\x1bXsos\x1b\\text", "text"),
        ("\x1b(Btext\x1bc\x1b7\x1b=", "text"),
        ("a\x85b\x84c", "abc"),
        ("cut short\x1b[31", "cut short"),
        ("cut short\x1b", "cut short\\x1b"),
        ("\x1b\x1b[31mtwice", "\\x1btwice"),
        ("one\r\ntwo\r\r\nthree\r\n", "one\ntwo\nthree\n"),
        ("10%\r50%\r100%\ndone\r", "100%\ndone"),
        ("working\r\x1b[Kdone\n", "done\n"),
        ("bell\x07 and \x00 and \x7f", "bell\\x07 and \\x00 and \\x7f"),
        ("if a \u202eadmin\u2069:", "if a \\u202eadmin\\u2069:"),
        ("caf\udce9 \ud800", "caf\\xe9 \\ud800"),
        (b"caf\xe9 \xc3\xa9", "caf\\xe9 é"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        ("emoji \u26a0\ufe0f and 漢字 stay", "emoji \u26a0\ufe0f and 漢字 stay"),
        ("::error file=a.py,line=1::text", "\\::error file=a.py,line=1::text"),
        ("a\n \t\xa0::set-output name=x::y", "a\n \t\xa0\\::set-output name=x::y"),
        (b"\x1b[1m::add-mask::x\x1b[0m", "\\::add-mask::x"),
        ("\r::stop-commands::x", "\\::stop-commands::x"),
        ("a ##[group]b ###[error]", "a #\\#[group]b ##\\#[error]"),
        ("#\x1b[0m#vso[task.setvariable variable=a]b", "#\\#vso[task.setvariable variable=a]b"),
        ("##teamcity[buildStop]", "#\\#teamcity[buildStop]"),
        ("section_start:1:x\r\x1b[0Ktext", "text"),
        ("text ::error::x", "text ::error::x"),
        ("::x\n::\n::1\n::ffff:1 -> ::2\n.. note::\nstd::x::y", "::x\n::\n::1\n::ffff:1 -> ::2\n.. note::\nstd::x::y"),
        ("## A title\n##vso", "## A title\n##vso"),
        ("", ""),
        (b"", ""),
    ],
)
def test_text_is_made_visible(data: bytes | str, shown: str) -> None:
    assert visible(data) == shown


@pytest.mark.parametrize("start", ["\x1b]0;", "\x1bP", "\x9d", "\x1b]8;;\x1b[31m", "\x1b]0;\x18"])
def test_a_control_string_without_an_end_hides_nothing_of_what_follows(start: str) -> None:
    assert visible(f"{start}first line\nERROR: found\n").endswith("first line\nERROR: found\n")


@given(ANY_TEXT)
def test_visible_text_has_no_control_but_line_feed_and_tab(text: str) -> None:
    shown = visible(text)
    assert not CONTROLS.search(shown)
    shown.encode("utf-8")


@given(st.one_of(ANY_TEXT, st.binary()))
def test_visible_text_stays_as_it_is(data: bytes | str) -> None:
    assert visible(visible(data)) == visible(data)


@given(st.binary())
def test_any_bytes_become_valid_text(data: bytes) -> None:
    assert not CONTROLS.search(visible(data))


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z"), exclude_characters="#:")))
def test_text_without_controls_is_left_alone(text: str) -> None:
    assert visible(text) == text == shown_path(text) == storable(text)


@given(ANY_TEXT)
def test_what_was_defused_can_be_had_back(text: str) -> None:
    given = storable(text).replace("\\", "").replace("\xa0", " ")  # no backslash of its own, and blanks of ASCII
    given = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|[^\S \t\n]", "", given)
    assert restored(defused(given).encode()).decode() == given
    assert defused(defused(text)) == defused(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("text\twith a tab\n", "text\twith a tab\n"),
        ("10%\r50%\r100%\r\ndone\r", "10%\n50%\n100%\ndone\n"),
        ("\x1b[31mred\x1b[0m caf\udce9", "red caf\udce9"),
        ("a\x00b\x7f\u202e", "a\\u0000b\\u007f\\u202e"),
    ],
)
def test_text_for_a_file_keeps_every_state_of_a_line_and_the_bytes_of_paths(text: str, kept: str) -> None:
    assert plain(text) == kept


@pytest.mark.parametrize(
    "piece", ["\x1b]", "\x1b[", "\x1b[0", "\x1bP\r", "\x9d", "\r", "\x1b ", "\u202e", "\x1b]a\n", "::a ", "\n ", "##["]
)
def test_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(count: int) -> float:
        text = piece * count
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            visible(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(32_000) < 64 * seconds(2_000) + 0.05  # 16 times the text; a square would be 256 times


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("src/with space/$x'\".py", "src/with space/$x'\".py"),
        ("src/caf\udce9.py", "src/caf\\xe9.py"),
        ("漢字/é.txt", "漢字/é.txt"),
        ("new\nline\tand\rmore\x1b[31m\x9b", "new\\nline\\tand\\rmore\\x1b[31m\\x9b"),
        ("gnp.\u202etxt", "gnp.\\u202etxt"),
        ("a\u2028b", "a\\u2028b"),
        ("back\\slash", "back\\slash"),
        ("::error::x", "\\::error::x"),
        ("a/##[group]", "a/#\\#[group]"),
        ("tests/test_x.py::test_y", "tests/test_x.py::test_y"),
    ],
)
def test_a_path_is_shown_on_one_line(path: str, shown: str) -> None:
    assert shown_path(path) == shown


@given(ANY_TEXT)
def test_a_shown_path_has_no_control_at_all(path: str) -> None:
    shown = shown_path(path)
    assert not CONTROLS.search(shown)
    assert len(shown.splitlines()) <= 1 + shown.count("\u0085")
    shown.encode("utf-8")


def test_stored_text_keeps_everything_but_surrogates() -> None:
    assert storable("\x1b[31m\r\n\u202e caf\udce9") == "\x1b[31m\r\n\u202e caf\\xe9"
