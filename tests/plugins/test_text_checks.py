"""What the checks of text find, and where, and what their fixers make of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from omnibase.api import ConfigurationError, Finding, SourceFile
from omnibase_files import text


def found(findings: Iterator[Finding]) -> list[tuple[int | None, int | None]]:
    return [(finding.line, finding.column) for finding in findings]


def of(data: bytes, path: str = "a.txt") -> SourceFile:
    return SourceFile.of(path, data)


CLEAN = [
    b"",
    b"a\n",
    b"a",
    b"a\r\nb\r\n",
    b"a\rb\r",
    b"\xff latin-1 \xe9\n",
    b"a\n\nb\n",
    b"x" * 100_000 + b"\n",
]


@pytest.mark.parametrize("data", [data for data in CLEAN if data != b"a"])
def test_a_clean_file_has_no_findings_and_is_returned_as_it_is(data: bytes) -> None:
    for check, fix in (
        (text.byte_order_mark, text.strip_byte_order_mark),
        (text.mixed_line_ending, text.unify_line_endings),
        (text.trailing_whitespace, text.strip_trailing_whitespace),
        (text.end_of_file, text.end_with_one_newline),
    ):
        assert list(check(of(data))) == []
        assert fix(of(data)) is data


NOT_BYTEWISE = [
    "a \n".encode("utf-16"),
    "ਠ\r\n\n".encode("utf-16-le"),
    b"\xfe\xff" + "a \r\n\n".encode("utf-16-be"),
    "a \n".encode("utf-32"),
    b"#!/bin/sh \nexit\r\n\x7fELF \0\n\n\n",
    b"\xff\xfe\x20\x0a",
]


@pytest.mark.parametrize("data", NOT_BYTEWISE)
def test_utf16_and_files_with_nul_bytes_are_left_alone_whatever_their_name_says(data: bytes) -> None:
    for check, fix in (
        (text.mixed_line_ending, text.unify_line_endings),
        (text.trailing_whitespace, text.strip_trailing_whitespace),
        (text.end_of_file, text.end_with_one_newline),
    ):
        assert list(check(of(data))) == []
        assert fix(of(data)) == data


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        (b"a \n", b"a\n", [(1, 2)]),
        (b"a\t\nb\n c \t\n", b"a\nb\n c\n", [(1, 2), (3, 3)]),
        (b"a \r\nb\r\n", b"a\r\nb\r\n", [(1, 2)]),
        (b"a \rb\r", b"a\rb\r", [(1, 2)]),
        (b"a ", b"a", [(1, 2)]),
        (b" \n", b"\n", [(1, 1)]),
        (b"  ", b"", [(1, 1)]),
        (b"a\n\x0c\nb\n", b"a\n\nb\n", [(2, 1)]),
        (b"a\v\n", b"a\n", [(1, 2)]),
        (b"\x0ca\n\x0cb \n", b"\x0ca\n\x0cb\n", [(2, 3)]),
        ("é \n".encode(), "é\n".encode(), [(1, 2)]),
        (b"\xe9 \n", b"\xe9\n", [(1, 2)]),
        ("a\u00a0\n".encode(), "a\u00a0\n".encode(), []),
        (b"a\r", b"a\r", []),
        (b"a\r\r\n", b"a\r\r\n", []),
    ],
)
def test_whitespace_at_the_end_of_lines_is_found_and_stripped(
    before: bytes, after: bytes, places: list[tuple[int, int]]
) -> None:
    assert found(text.trailing_whitespace(of(before))) == places
    assert text.strip_trailing_whitespace(of(before)) == after


@pytest.mark.parametrize(
    ("path", "extensions", "before", "after"),
    [
        ("a.md", ["md"], b"a  \n", b"a  \n"),
        ("a.md", ["md"], b"a   \nb \t  \n", b"a  \nb  \n"),
        ("a.md", ["md"], b"a \n  \n\t\n", b"a\n\n\n"),
        ("a.md", ["md"], b"a  \r\nb  ", b"a  \r\nb  "),
        ("docs/a.MD", [".md", "markdown"], b"a  \n", b"a  \n"),
        ("docs/a.markdown", "md,markdown", b"a  \n", b"a  \n"),
        ("a", ["*"], b"a  \n", b"a  \n"),
        ("a.txt", ["md"], b"a  \n", b"a\n"),
        ("docs.md/a", ["md"], b"a  \n", b"a\n"),
        (".md", ["md"], b"a  \n", b"a\n"),
        ("a.md", [], b"a  \n", b"a\n"),
    ],
)
def test_two_blanks_stay_where_they_break_a_line_of_markdown(
    path: str, extensions: Any, before: bytes, after: bytes
) -> None:
    findings = list(text.trailing_whitespace(of(before, path), markdown_linebreak_extensions=extensions))
    assert bool(findings) == (before != after)
    assert text.strip_trailing_whitespace(of(before, path), markdown_linebreak_extensions=extensions) == after


def test_only_the_given_characters_count_as_whitespace() -> None:
    before = b"a\x0c\nb \nc-] \n"
    assert found(text.trailing_whitespace(of(before), chars=" \n")) == [(2, 2), (3, 4)]
    assert text.strip_trailing_whitespace(of(before), chars=" \n") == b"a\x0c\nb\nc-]\n"
    assert text.strip_trailing_whitespace(of(before), chars="^]- ") == b"a\x0c\nb\nc\n"
    assert text.strip_trailing_whitespace(of(before), chars="") == before
    with pytest.raises(ConfigurationError, match="cannot strip"):
        list(text.trailing_whitespace(of(b""), chars=" \u00a0"))


def test_a_long_run_of_blanks_takes_no_longer_than_a_short_one_for_its_length() -> None:
    blanks = b" " * 1_000_000
    assert text.strip_trailing_whitespace(of(blanks + b"a\nb \n")) == blanks + b"a\nb\n"
    assert found(text.trailing_whitespace(of(blanks + b"a\nb \n"))) == [(2, 2)]


@pytest.mark.parametrize(
    ("before", "after", "place", "message"),
    [
        (b"a", b"a\n", (1, 2), "no newline at the end of the file"),
        (b"a\nb", b"a\nb\n", (2, 2), "no newline at the end of the file"),
        (b"a\r\nb", b"a\r\nb\r\n", (2, 2), "no newline at the end of the file"),
        (b"a\rb", b"a\rb\r", (2, 2), "no newline at the end of the file"),
        (b"a\r\nb\nc\r\nd", b"a\r\nb\nc\r\nd\r\n", (4, 2), "no newline at the end of the file"),
        (b"a ", b"a \n", (1, 3), "no newline at the end of the file"),
        (b"\xe9", b"\xe9\n", (1, 2), "no newline at the end of the file"),
        (b"a\n\n", b"a\n", (2, 1), "1 empty line at the end of the file"),
        (b"a\n\n\n\n", b"a\n", (2, 1), "3 empty lines at the end of the file"),
        (b"a\r\n\r\n", b"a\r\n", (2, 1), "1 empty line at the end of the file"),
        (b"a\r\r", b"a\r", (2, 1), "1 empty line at the end of the file"),
        (b"a\n\r", b"a\n", (2, 1), "1 empty line at the end of the file"),
        (b"a\r\r\n", b"a\r", (2, 1), "1 empty line at the end of the file"),
        (b"a\n \n\n", b"a\n \n", (3, 1), "1 empty line at the end of the file"),
        (b"\n", b"", (1, 1), "nothing but newlines in the file"),
        (b"\r\n", b"", (1, 1), "nothing but newlines in the file"),
        (b"\r", b"", (1, 1), "nothing but newlines in the file"),
        (b"\n\r\n\r", b"", (1, 1), "nothing but newlines in the file"),
    ],
)
def test_a_file_ends_in_exactly_one_newline(before: bytes, after: bytes, place: tuple[int, int], message: str) -> None:
    (finding,) = text.end_of_file(of(before))
    assert ((finding.line, finding.column), finding.message) == (place, message)
    assert text.end_with_one_newline(of(before)) == after


@pytest.mark.parametrize(
    ("ending", "before", "after", "line"),
    [
        ("auto", b"a\nb\r\nc\n", b"a\nb\nc\n", 2),
        ("auto", b"a\nb\r\nc\r\n", b"a\r\nb\r\nc\r\n", 1),
        ("auto", b"a\r\nb\nc", b"a\nb\nc", 1),  # as many of the one as of the other: LF
        ("auto", b"a\rb\r\n", b"a\r\nb\r\n", 1),
        ("auto", b"a\rb\rc\n", b"a\rb\rc\r", 3),
        ("auto", b"a\r\r\n", b"a\r\n\r\n", 1),
        ("auto", b"a\nb\r\nc", b"a\nb\nc", 2),  # no newline is added at the end
        ("lf", b"a\r\nb\r\n", b"a\nb\n", 1),
        ("lf", b"a\nb\r", b"a\nb\n", 2),
        ("crlf", b"a\nb\r\n", b"a\r\nb\r\n", 1),
        ("crlf", b"a\n", b"a\r\n", 1),
        ("cr", b"a\n\nb", b"a\r\rb", 1),
    ],
)
def test_lines_get_one_ending(ending: str, before: bytes, after: bytes, line: int) -> None:
    assert found(text.mixed_line_ending(of(before), ending=ending)) == [(line, None)]
    assert text.unify_line_endings(of(before), ending=ending) == after


@pytest.mark.parametrize(
    ("ending", "data"),
    [("lf", b"a\nb"), ("crlf", b"a\r\n"), ("crlf", b"a"), ("cr", b"a\rb\r"), ("cr", b""), ("auto", b"a\r\nb")],
)
def test_lines_that_have_the_wanted_ending_are_fine(ending: str, data: bytes) -> None:
    assert list(text.mixed_line_ending(of(data), ending=ending)) == []
    assert text.unify_line_endings(of(data), ending=ending) is data


def test_a_finding_of_mixed_line_endings_says_how_many_there_are_of_each() -> None:
    (finding,) = text.mixed_line_ending(of(b"a\nb\r\nc\n"))
    assert finding.message == "mixed line endings (2 LF, 1 CRLF): this line does not end in LF"
    (finding,) = text.mixed_line_ending(of(b"a\r\n"), ending="lf")
    assert finding.message == "wrong line endings (1 CRLF): this line does not end in LF"


def test_an_ending_that_does_not_exist_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="no ending 'dos'") as raised:
        text.unify_line_endings(of(b"a\n"), ending="dos")
    assert raised.value.remedy == "set it to auto, lf, crlf, cr"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfa\n", b"a\n"),
        (b"\xef\xbb\xbf", b""),
        (b"\xef\xbb\xbf\xef\xbb\xbfa", b"a"),
        (b"\xef\xbb\xbf\xe9", b"\xe9"),  # no UTF-8 behind it: the rest is nobody's business here
    ],
)
def test_a_byte_order_mark_is_found_and_stripped(before: bytes, after: bytes) -> None:
    assert found(text.byte_order_mark(of(before))) == [(1, 1)]
    assert text.strip_byte_order_mark(of(before)) == after


@pytest.mark.parametrize("data", [b"", b"\xef\xbb", b"a\xef\xbb\xbf", "a".encode("utf-16")])
def test_what_is_no_utf8_mark_at_the_start_stays(data: bytes) -> None:
    assert list(text.byte_order_mark(of(data))) == []
    assert text.strip_byte_order_mark(of(data)) == data


def test_each_finding_names_its_file_its_check_and_the_command_that_mends_it() -> None:
    dirty = of(b"\xef\xbb\xbfa \r\nb\nc", "dir/a.txt")
    checks = (text.byte_order_mark, text.mixed_line_ending, text.trailing_whitespace, text.end_of_file)
    findings = [finding for check in checks for finding in check(dirty)]
    names = ["byte-order-mark", "mixed-line-ending", "trailing-whitespace", "end-of-file"]
    assert [finding.code for finding in findings] == names
    assert [finding.fix for finding in findings] == [f"omnibase run {name} --fix" for name in names]
    assert {finding.path for finding in findings} == {"dir/a.txt"}
