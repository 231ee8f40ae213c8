"""Both sides of a merge stay, byte for byte, or there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.inputs.fixing.merging import merge
from omnibase.model.errors import ExecutionError

BASE = b"1\n2\n3\n4\n5\n"


def test_changes_of_different_lines_are_both_in_the_result() -> None:
    assert merge(BASE, b"one\n2\n3\n4\n5\n", b"1\n2\n3\n4\nfive\n") == b"one\n2\n3\n4\nfive\n"


def test_changes_of_the_same_line_are_a_conflict() -> None:
    assert merge(BASE, BASE.replace(b"3", b"three"), BASE.replace(b"3", b"III")) is None


def test_the_same_change_on_both_sides_is_none() -> None:
    changed = BASE.replace(b"3", b"three")
    assert merge(BASE, changed, changed.replace(b"1", b"one")) == changed.replace(b"1", b"one")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        (b"a", b"a", b"b", b"b"),
        (b"a", b"b", b"a", b"b"),
        (b"a", b"b", b"b", b"b"),
        (b"a\0", b"a\0", b"b\0", b"b\0"),
        (b"", b"", b"new", b"new"),
    ],
)
def test_where_one_side_or_both_are_the_same_git_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, base: bytes, ours: bytes, theirs: bytes, result: bytes
) -> None:
    monkeypatch.setenv("PATH", "")
    assert merge(base, ours, theirs) == result


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        (b"1\r\n2\r\n3\r\n4\r\n", b"0\r\n2\r\n3\r\n4\r\n", b"1\r\n2\r\n3\r\n5\r\n", b"0\r\n2\r\n3\r\n5\r\n"),
        (b"1\n2\n3\n4", b"0\n2\n3\n4", b"1\n2\n3\n5", b"0\n2\n3\n5"),
        (b"1\n2\n3\n4", b"0\n2\n3\n4", b"1\n2\n3\n4\n", b"0\n2\n3\n4\n"),
        (b"1 \n2\n3\n4\n", b"1 \n2\n3\n4", b"1\n2\n3\n4\n", b"1\n2\n3\n4"),
        (b"\xe9 \n2\n3\n4\xff\n", b"\xe9\n2\n3\n4\xff\n", b"\xe9 \n2\n3\n\xfe\n", b"\xe9\n2\n3\n\xfe\n"),
        (b"1\r2\n3\n4\n5\n", b"1\r0\n3\n4\n5\n", b"1\r2\n3\n4\n6\n", b"1\r0\n3\n4\n6\n"),
        (b"1\r\n2\n3\r\n4\n", b"1\n2\n3\r\n4\n", b"1\r\n2\n3\r\n4\r\n", b"1\n2\n3\r\n4\r\n"),
    ],
    ids=["CRLF", "no newline", "newline added", "newline removed", "no UTF-8", "CR", "mixed"],
)
def test_every_byte_stays(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> None:
    assert merge(base, ours, theirs) == result


@pytest.mark.parametrize("at", [0, 20_000])
def test_what_is_no_text_is_not_merged(at: int) -> None:
    base = b"line\n" * 5_000
    binary = base[:at] + b"\0\n" + base[at:]
    assert merge(base + b"end\n", binary + b"end\n", base + b"END\n") is None


def test_nobody_s_settings_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    content = "[merge]\nconflictStyle = nonsense\n[core]\nautocrlf = input\neol = crlf\n[diff]\nalgorithm = nonsense\n"
    for name in (".gitconfig", ".config/git/config"):
        path = Path(os.environ["HOME"]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'merge.conflictStyle'='nonsense'")
    monkeypatch.chdir(tmp_path)
    refused = subprocess.run(["git", "merge-file", "-p", "a", "b", "c"], capture_output=True, check=False)
    assert b"nonsense" in refused.stderr
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    assert merge(BASE, b"0\r\n2\n3\n4\n5\n", b"1\n2\n3\n4\n6\r\n") == b"0\r\n2\n3\n4\n6\r\n"
    assert merge(BASE, b"0" + BASE, BASE + b"6\n", scratch=str(tmp_path)) == b"0" + BASE + b"6\n"


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_it_makes_no_difference_what_repository_one_is_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: tuple[str, ...]
) -> None:
    subprocess.run(["git", "init", "-q", *options, str(tmp_path)], check=True)
    (tmp_path / ".git" / "config").write_text("[merge]\n\tconflictStyle = nonsense\n")
    (tmp_path / ".gitattributes").write_text("* binary\n")
    monkeypatch.chdir(tmp_path)
    assert merge(BASE, b"0" + BASE, BASE + b"6\n") == b"0" + BASE + b"6\n"
    assert merge(BASE, b"0" + BASE, BASE + b"6\n", scratch=str(tmp_path)) == b"0" + BASE + b"6\n"
    assert sorted(os.listdir(tmp_path)) == [".git", ".gitattributes"]


def test_without_git_or_room_a_merge_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match="there is no place for temporary files: No such file or directory"):
        merge(BASE, b"0" + BASE, BASE + b"6\n", scratch=str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExecutionError, match="git cannot be started: No such file or directory"):
        merge(BASE, b"0" + BASE, BASE + b"6\n")


LINES = st.lists(st.sampled_from(["a", "b", "", " ", "\r", "é", "}"]), max_size=4)


@settings(max_examples=60, deadline=None)  # git's time is not ours
@given(st.lists(LINES, min_size=1, max_size=3), LINES, LINES, st.booleans(), st.booleans())
def test_changes_that_are_lines_apart_are_both_in_the_result(
    regions: list[list[str]], ours: list[str], theirs: list[str], ours_first: bool, newline: bool
) -> None:
    """Between the two lie lines that occur only once, so that there is one way alone to understand them."""
    apart = [f"line {number}" for number in range(8)]
    first, *rest = regions
    last = rest[-1] if rest else []
    end = "\n" if newline else ""

    def content(top: list[str], bottom: list[str]) -> bytes:
        return ("\n".join([*top, *apart, *bottom, "end"]) + end).encode()

    sides = (content(ours, last), content(first, theirs))
    one, other = sides if ours_first else sides[::-1]
    assert merge(content(first, last), one, other) == content(ours, theirs)


TEXT = st.lists(st.sampled_from(["a", "b", "c", " ", "\n", "\n", "\r"]), max_size=24).map(
    lambda parts: "".join(parts).encode()
)


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_no_line_is_invented_and_none_that_is_in_all_three_is_lost(base: bytes, ours: bytes, theirs: bytes) -> None:
    merged = merge(base, ours, theirs)
    if merged is not None:
        lines = set(ours.split(b"\n")) | set(theirs.split(b"\n"))
        assert set(merged.split(b"\n")) <= lines | {b""}
        assert merge(base, theirs, ours) == merged
