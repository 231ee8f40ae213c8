"""A change as text: right for git where it can be, safe to print everywhere."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.inputs.fixing.patch import shortened, unified_diff


def test_a_change_is_shown_as_a_unified_diff() -> None:
    assert unified_diff("a/file", b"1\n2 \n3\n", b"1\n2\n3\n") == (
        "--- a/a/file\n+++ b/a/file\n@@ -1,3 +1,3 @@\n 1\n-2 \n+2\n 3\n"
    )


def test_no_change_is_no_diff() -> None:
    assert unified_diff("file", b"same\n", b"same\n") == ""


def test_a_missing_final_newline_is_said() -> None:
    assert unified_diff("f", b"1", b"1\n") == ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n")


def test_only_lf_ends_a_line() -> None:
    assert unified_diff("f", b"1\r\n2\r3\n", b"1\n2\r3\n").splitlines(keepends=False)[3:] == [
        "-1", "+1", " 2", "3",
    ]  # fmt: skip


def test_bytes_that_are_not_utf_8_are_shown_as_escapes() -> None:
    diff = unified_diff("caf\udce9", b"\xe9 \n", b"\xe9\n")
    assert diff == '--- "a/caf\\351"\n+++ "b/caf\\351"\n@@ -1 +1 @@\n-\\xe9 \n+\\xe9\n'
    assert diff.encode()


def test_a_byte_and_the_escape_that_shows_it_are_not_the_same() -> None:
    assert unified_diff("f", b"\xe9\n", b"\\xe9\n") == "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-\\xe9\n+\\xe9\n"


def test_content_with_a_nul_is_only_said_to_differ() -> None:
    assert unified_diff("f", b"\0", b"x") == "Binary files a/f and b/f differ\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two words", "a/two words\t"),
        ('quo"te', '"a/quo\\042te"'),
        ("back\\slash", '"a/back\\134slash"'),
        ("delete\x7f", '"a/delete\\177"'),
        ("line\n", '"a/line\\012"'),
        ("é", "a/é"),
    ],
)
def test_a_name_takes_one_line(name: str, shown: str) -> None:
    assert unified_diff(name, b"1", b"2").split("\n")[0] == f"--- {shown}"


@pytest.mark.parametrize(
    "name", ["two words", "two\nlines", "-dash", 'quo"te', "back\\slash", "tab\t", "caf\udce9", "漢字"]
)
def test_git_applies_the_diff_of_any_name(name: str) -> None:
    _apply(name, b"1\n2\n", b"1\n3")


_TEXT = st.lists(st.sampled_from(["a", "b", " ", "\n", "\r", "é", "\x0c", "\\", "-"])).map(
    lambda parts: "".join(parts).encode()
)


@settings(deadline=None, max_examples=50)  # git's time is not ours
@given(_TEXT, _TEXT)
def test_git_applies_the_diff_of_any_text(old: bytes, new: bytes) -> None:
    if old != new and old and new:  # git wants a file that is made or emptied announced as such
        _apply("file", old, new)


def _apply(name: str, old: bytes, new: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        whole = os.path.join(root, name)
        with open(whole, "wb") as file:
            file.write(old)
        command = ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-"]
        diff = unified_diff(name, old, new).encode()
        done = subprocess.run(command, cwd=root, input=diff, capture_output=True, check=False)
        assert done.returncode == 0, (done.stderr, diff)
        with open(whole, "rb") as file:
            assert file.read() == new


def _big(ends: str = "\n", count: int = 3000) -> bytes:
    return "".join(f"def line_{number}():{ends}" for number in range(count)).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_big(), _big().replace(b"line_15", b"linie_15")),
        (_big("\r\n"), _big("\r\n").replace(b"line_7", b"line_7\r\n  ")),
        (_big(), _big()[:-1]),
        (_big()[:-1], b"first\n" + _big()),
        (_big() + b"\n\n", _big() + b"\n"),
        (b"\n" * 2500 + _big(), b"\n" * 2500 + _big() + b"@@ -1 +1 @@ x\n"),
        (b"one\n", _big() + b"one\n"),
        (_big().replace(b"line_2000", b"\xe9"), _big().replace(b"line_2000", b"\xe8")),
    ],
)
def test_the_diff_of_a_big_file_has_the_form_of_that_of_a_small_one(
    monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes
) -> None:
    """What git makes of the big one is what is made of it here, however long that takes."""
    config = os.path.join(os.environ["HOME"], ".gitconfig")
    with open(config, "w", encoding="ascii") as file:
        file.write(
            "[diff]\n context=9\n noprefix=true\n suppressBlankEmpty=true\n external=false\n[color]\n diff=always\n"
        )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", config)
    by_git = unified_diff("two words", old, new)
    monkeypatch.setattr("omnibase.inputs.fixing.patch._MOST_LINES", 10**9)
    assert by_git == unified_diff("two words", old, new)
    assert by_git.startswith("--- a/two words\t\n+++ b/two words\t\n@@ -")


@pytest.mark.parametrize("style", ["new", "emptied"])
def test_a_big_file_from_or_to_nothing_is_shown_whole(style: str) -> None:
    old, new = (b"", _big()) if style == "new" else (_big(), b"")
    diff = unified_diff("f", old, new).splitlines()
    assert diff[:3] == ["--- a/f", "+++ b/f", "@@ -0,0 +1,3000 @@" if style == "new" else "@@ -1,3000 +0,0 @@"]
    assert len(diff) == 3003


@pytest.mark.parametrize("name", ["two words", "two\nlines", "caf\udce9"])
def test_git_applies_the_diff_of_a_big_file(name: str) -> None:
    _apply(name, _big(), _big().replace(b"9", b"nine"))


def test_a_big_file_with_every_other_line_changed_is_shown_line_by_line() -> None:
    """In no time: difflib would be at it for half a minute."""
    old = _big(count=30_000)
    diff = unified_diff("f", old, old.replace(b"0():", b"0(): "))
    assert diff.count("\n+") - 1 == diff.count("\n-") == 3000


def test_where_git_cannot_say_how_a_big_file_differs_it_is_said_that_it_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    big = _big()
    monkeypatch.setattr("omnibase.inputs.fixing.patch._LIMIT_S", 0)
    assert unified_diff("a b", big, big + b"x") == "Files a/a b\t and b/a b\t differ\n"
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert unified_diff("f", big, big + b"x") == "Files a/f and b/f differ\n"


def test_a_long_diff_is_cut_between_lines() -> None:
    diff = "--- a\n+++ b\n" + "".join(f"+{number}\n" for number in range(10))
    assert shortened(diff, 4) == "--- a\n+++ b\n+0\n+1\n... and 8 more lines\n"
    assert shortened(diff, 11).endswith("+8\n... and 1 more line\n")
    assert shortened(diff, 12) == diff
    assert shortened(diff, 13) == diff
    assert shortened("", 5) == ""


def test_only_a_line_feed_is_the_border_of_a_line() -> None:
    assert shortened("1\r2\x0c3\u20284\n5\n6", 2) == "1\r2\x0c3\u20284\n5\n... and 1 more line\n"
