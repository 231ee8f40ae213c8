"""Which patterns may be used to read findings."""

import pytest

from omnibase.core.patterns import problem


@pytest.mark.parametrize("pattern", [r"^(?P<path>[^:]+):(?P<line>\d+): (?P<message>.*)$", "error", r"(?P<code>E\d+)"])
def test_a_usable_pattern_has_no_problem(pattern: str) -> None:
    assert problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "the pattern is empty"),
        ("(", "the pattern is no regular expression: missing ), unterminated subpattern at character 1"),
        ("a" * 2_001, "the pattern has 2,001 characters, 2,000 is the most"),
        ("x?", "the pattern is found in an empty line, and so in every line"),
        ("(?P<file>x)", "the group 'file' has no meaning; the groups are path, line, column, code, message, severity"),
        ("[[a]x", "the pattern cannot be used: Possible nested set at position 1"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_reason(pattern: str, message: str) -> None:
    assert problem(pattern) == message


def test_where_nothing_is_read_from_its_groups_they_may_have_any_name() -> None:
    assert problem("(?P<file>x)", groups=None) is None
    assert problem("x?", groups=None) == "the pattern is found in an empty line, and so in every line"


def test_a_pattern_nested_too_deep_is_refused() -> None:
    assert str(problem("(" * 900 + "x" + ")" * 900)).startswith("the pattern cannot be used: ")
