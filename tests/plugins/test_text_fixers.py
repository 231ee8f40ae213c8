"""Properties of the fixers, over arbitrary bytes: they mend what the check finds, once, and touch nothing else."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omnibase.api import Finding, SourceFile
from omnibase_files import text

Check = Callable[[SourceFile], Iterator[Finding]]
Fix = Callable[[SourceFile], bytes]

PIECES = [b" ", b"\t", b"\f", b"\v", b"\r", b"\n", b"\r\n", b"a", b"-", "é".encode(), b"\xe9", b"\xef\xbb\xbf"]
contents = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    st.lists(st.sampled_from([*PIECES, b"\0", b"\xff\xfe", b"\xfe\xff"]), max_size=8).map(b"".join),
    st.binary(max_size=40),
)
endings = st.sampled_from(["auto", "lf", "crlf", "cr"])
extensions = st.sampled_from([(), ("md",)])
chars = st.sampled_from([" \t\v\f", " \t", "a ", "-]^\\", ""])


def holds(check: Check, fix: Fix, before: bytes) -> None:
    """What is true of every check with a fixer."""
    after = fix(SourceFile.of("a.md", before))
    findings = list(check(SourceFile.of("a.md", before)))
    assert bool(findings) == (after != before)
    assert list(check(SourceFile.of("a.md", after))) == []
    assert fix(SourceFile.of("a.md", after)) == after


def lines(data: bytes) -> list[tuple[bytes, bytes]]:
    """Content and ending of each line, by the plainest means."""
    split = []
    for line in data.splitlines(keepends=True):
        content = line.rstrip(b"\r\n")
        split.append((content, line[len(content) :]))
    return split


def plain(data: bytes) -> bool:
    return b"\0" not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


@given(contents, chars, extensions)
@example(b"a \r \n", " \t\v\f", ())
@example(b"a\t  \n  \n", " ", ("md",))
def test_trailing_whitespace_and_nothing_else_is_stripped(
    before: bytes, chars: str, extensions: tuple[str, ...]
) -> None:
    def check(file: SourceFile) -> Iterator[Finding]:
        return text.trailing_whitespace(file, chars=chars, markdown_linebreak_extensions=extensions)

    def fix(file: SourceFile) -> bytes:
        return text.strip_trailing_whitespace(file, chars=chars, markdown_linebreak_extensions=extensions)

    holds(check, fix, before)
    after = fix(SourceFile.of("a.md", before))
    expected = []
    dirty = []
    for number, (content, ending) in enumerate(lines(before), 1):
        kept = content.rstrip(chars.encode()) if chars else content
        if extensions and content.endswith(b"  ") and content.strip():
            kept = (content[:-2].rstrip(chars.encode()) if chars else content[:-2]) + b"  "
        expected.append(kept + ending)
        if kept != content:
            dirty.append(number)
    if plain(before):
        assert after == b"".join(expected)
        assert [finding.line for finding in check(SourceFile.of("a.md", before))] == dirty
    else:
        assert after == before


@given(contents)
def test_the_end_of_a_file_is_mended_and_nothing_before_it(before: bytes) -> None:
    holds(text.end_of_file, text.end_with_one_newline, before)
    after = text.end_with_one_newline(SourceFile.of("a", before))
    if not plain(before):
        assert after == before
        return
    body = before.rstrip(b"\r\n")
    assert after.rstrip(b"\r\n") == body
    assert [ending for _, ending in lines(after[len(body) :])] == ([after[len(body) :]] if body else [])


@given(contents, endings)
@example(b"a\r\nb\rc\n", "auto")
def test_line_endings_and_nothing_else_are_unified(before: bytes, ending: str) -> None:
    holds(
        lambda file: text.mixed_line_ending(file, ending=ending),
        lambda file: text.unify_line_endings(file, ending=ending),
        before,
    )
    after = text.unify_line_endings(SourceFile.of("a", before), ending=ending)
    if not plain(before):
        assert after == before
        return
    was, now = lines(before), lines(after)
    assert [content for content, _ in now] == [content for content, _ in was]
    assert [bool(end) for _, end in now] == [bool(end) for _, end in was]
    used = {end for _, end in now if end}
    assert len(used) <= 1
    if ending != "auto":
        assert used <= {text.ENDINGS[ending]}
    elif used:
        counts = {end: sum(other == end for _, other in was) for end in text.ENDINGS.values()}
        assert counts[used.pop()] == max(counts.values())


@given(contents)
@example(b"\xef\xbb\xbf\xef\xbb\xbfa")
def test_byte_order_marks_and_nothing_else_are_stripped(before: bytes) -> None:
    holds(text.byte_order_mark, text.strip_byte_order_mark, before)
    after = text.strip_byte_order_mark(SourceFile.of("a", before))
    assert before.endswith(after)
    assert before[: len(before) - len(after)].replace(text.BYTE_ORDER_MARK, b"") == b""


@given(contents)
@example(b"\xef\xbb\xbfa \r\nb\n \n\t")
@example(b"a \r \n")
def test_one_round_of_all_fixers_in_their_order_leaves_nothing_to_find(before: bytes) -> None:
    data = before
    for fix in (
        text.strip_byte_order_mark,
        text.unify_line_endings,
        text.strip_trailing_whitespace,
        text.end_with_one_newline,
    ):
        data = fix(SourceFile.of("a", data))
    for check in (text.byte_order_mark, text.mixed_line_ending, text.trailing_whitespace, text.end_of_file):
        assert list(check(SourceFile.of("a", data))) == []


@pytest.mark.parametrize("size", range(6))
def test_the_end_of_short_files_is_seen_whole(size: int) -> None:
    for pieces in product((b"a", b"\n", b"\r"), repeat=size):
        holds(text.end_of_file, text.end_with_one_newline, b"".join(pieces))
