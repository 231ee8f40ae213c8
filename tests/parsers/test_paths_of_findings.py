"""How a path that a tool prints becomes the path of a finding."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.parsers.paths import Paths


@pytest.mark.parametrize(
    ("printed", "cwd", "expected"),
    [
        ("a.py", ".", "a.py"),
        ("./a.py", ".", "a.py"),
        ("sub//b/../a.py", ".", "sub/a.py"),
        ("/repo/a.py", ".", "a.py"),
        ("/repo//sub/./a.py", ".", "sub/a.py"),
        ("/repo", ".", "."),
        (".", ".", "."),
        ("/repository/a.py", ".", "/repository/a.py"),
        ("/repo/../other/a.py", ".", "/other/a.py"),
        ("../other/a.py", ".", "/other/a.py"),
        ("//repo/a.py", ".", "a.py"),
        ("a.py", "sub", "sub/a.py"),
        ("../a.py", "sub", "a.py"),
        ("../../other/a.py", "sub", "/other/a.py"),
        ("/repo/sub/a.py", "sub", "sub/a.py"),
        ("with space/[x]/-a.py", ".", "with space/[x]/-a.py"),
        ("back\\slash.py", ".", "back\\slash.py"),
        ("caf\udce9.py", ".", "caf\udce9.py"),
        ("no\ud800name.py", ".", "no\\ud800name.py"),
        ("<string>", ".", None),
        ("<stdin>", ".", None),
        ("a\0b", ".", None),
        ("", ".", None),
        (None, ".", None),
    ],
)
def test_a_path_is_relative_to_the_root_or_absolute(printed: str | None, cwd: str, expected: str | None) -> None:
    assert Paths("/repo", cwd).of(printed) == expected
    assert Paths("/repo/", cwd).of(printed) == expected


def test_a_root_that_is_the_file_systems_own_contains_everything() -> None:
    assert Paths("/").of("/etc/passwd") == "etc/passwd"
    assert Paths("/").of("a.py") == "a.py"


characters = st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
segment = st.text(characters, min_size=1).filter(lambda name: name not in (".", ".."))


@given(st.lists(segment, min_size=1, max_size=4).map("/".join).filter(lambda p: not (p[0] == "<" and p[-1] == ">")))
def test_a_path_inside_the_root_is_the_same_however_it_is_printed(path: str) -> None:
    assert Paths("/repo").of(path) == path
    assert Paths("/repo").of(f"/repo/{path}") == path
    assert Paths("/repo", "sub/deep").of(f"../../{path}") == path


@given(st.binary(min_size=1).map(os.fsdecode))
def test_every_path_can_be_given_back_to_the_system(printed: str) -> None:
    path = Paths("/repo").of(printed)
    assert path is None or os.fsencode(path)
