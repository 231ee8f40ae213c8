"""Globs made into regular expressions match what pathspec matches, and some names better."""

import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec, PathSpec

from omnibase.model.component import FileSet
from omnibase.registry.matching import MAX_TURNS, PatternError, matcher, regex


def matched(globs: list[str], path: str) -> bool:
    expression = regex(tuple(globs))
    return expression is not None and re.match(expression, path) is not None


def reference(globs: list[str], path: str) -> bool:
    """What pathspec says, with the last pattern that matches deciding."""
    return bool(PathSpec(GitIgnoreSpec.from_lines(globs).patterns).match_file(path))


@pytest.mark.parametrize(
    ("globs", "inside", "outside"),
    [
        (["*.py"], ["a.py", "src/a.py", "a.py/b"], ["a.pyc", "apy"]),
        (["src/**"], ["src/a", "src/b/c"], ["src", "lib/src/a"]),
        (["src/*.py"], ["src/a.py"], ["src/b/a.py", "a.py"]),
        (["/a"], ["a", "a/b"], ["b/a"]),
        (["build/"], ["build/a", "x/build/a"], ["build", "builds/a"]),
        (["**/test/**"], ["test/a", "x/y/test/a/b"], ["test", "tests/a"]),
        (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]),
        (["*"], ["a", "a/b"], []),
        (["**"], ["a", "a/b"], []),
        (["?.c"], ["a.c"], ["ab.c", "/.c"]),
        (["[ab].c"], ["a.c"], ["c.c"]),
        (["[!a].c"], ["b.c"], ["a.c"]),
        (["\\!x", "\\#y"], ["!x", "#y"], ["x", "y"]),
        (["*.py", "!test_*.py"], ["a.py"], ["test_a.py", "b.c"]),
        (["src/", "!src/gen/"], ["src/a"], ["src/gen/a"]),
        (["*", "!*.py", "keep.py"], ["a.c", "keep.py", "x/keep.py"], ["a.py"]),
        (["!a"], [], ["a", "b"]),
        (["caf\udce9"], ["caf\udce9"], ["cafe"]),
        (["(?P<x>", "$", "a|b"], ["(?P<x>", "$", "a|b"], ["x", "a", "b"]),
        (["[(?P<ps_d>]x"], ["<x", "?x"], ["ax"]),
    ],
)
def test_paths_are_matched_as_in_a_gitignore_file(globs: list[str], inside: list[str], outside: list[str]) -> None:
    assert [path for path in inside + outside if matched(globs, path)] == inside
    assert [path for path in inside + outside if path and reference(globs, path)] == inside


def test_a_line_break_is_a_character_of_a_name_like_any_other() -> None:
    assert matched(["*.py"], "a\nb.py")
    assert matched(["*.py"], "x\ny/a.py")
    assert not matched(["*.py"], "a.py\n")
    assert not matched(["a"], "a\n")
    assert matched(["*/"], "x\ny/a")


def test_no_globs_are_no_expression() -> None:
    assert regex(()) is None


@pytest.mark.parametrize(
    ("globs", "message", "index"),
    [
        (("a", "b\\"), "'b\\\\' is no pattern", 1),
        (("[z-a]",), "'[z-a]' is no pattern", 0),
        (("[[:alpha:]]",), "'[[:alpha:]]' is no pattern", 0),
        (("/",), "'/' is no pattern: it matches nothing", 0),
        (("# x",), "'# x' is no pattern: it matches nothing", 0),
    ],
)
def test_what_is_no_pattern_is_refused(globs: tuple[str, ...], message: str, index: int) -> None:
    with pytest.raises(PatternError) as error:
        regex(globs)
    assert (str(error.value), error.value.index) == (message, index)


def test_patterns_that_take_turns_too_often_are_refused() -> None:
    turns = tuple(f"{'!' * (number % 2)}a{number}" for number in range(MAX_TURNS))
    assert regex(turns) is not None
    re.compile(regex(turns) or "")
    with pytest.raises(PatternError, match="take turns more than 50 times"):
        regex((*turns, "x", "!y"))


def test_thousands_of_patterns_take_less_than_seconds() -> None:
    started = time.process_time()
    expression = regex(tuple(f"vendored-{number}/**/*.min.js" for number in range(1_000)))
    assert expression is not None
    assert re.match(expression, "vendored-999/x/a.min.js")
    assert time.process_time() - started < 3


def test_a_matcher_takes_what_the_project_excludes_as_well() -> None:
    files = FileSet(include=("*.py",), exclude=("gen/",), types=("python",), types_or=("a",), exclude_types=("b",))
    made = matcher(files, ["vendored/**", "!vendored/ours/**"])
    assert made.include is not None
    assert made.exclude is not None
    assert re.match(made.include, "a.py")
    assert re.match(made.exclude, "gen/a.py")
    assert re.match(made.exclude, "vendored/a.py")
    assert not re.match(made.exclude, "vendored/ours/a.py")
    assert not re.match(made.exclude, "a.py")
    assert (made.types, made.types_or, made.exclude_types) == (("python",), ("a",), ("b",))


def test_what_is_excluded_twice_is_looked_for_once() -> None:
    assert matcher(FileSet(exclude=("a/",)), ["a/"]) == matcher(FileSet(exclude=("a/",)))
    assert matcher(FileSet()).exclude is None


characters = "ab*?/[]!-\\.#$|(){}^+ "
patterns = st.text(st.sampled_from(characters), min_size=1, max_size=8)
paths = st.lists(st.text(st.sampled_from("ab.-!#$|[]"), min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(patterns, min_size=1, max_size=4), st.lists(paths, min_size=1, max_size=6))
def test_any_patterns_mean_what_pathspec_means_by_them(globs: list[str], names: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own remarks on odd classes, which are refused here
        try:
            regex(tuple(globs))
        except PatternError:
            return
        for name in names:
            assert matched(globs, name) is reference(globs, name), name
