"""A change as text: right for git where it can be, safe to print everywhere."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.inputs.patch import unified_diff


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
