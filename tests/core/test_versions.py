"""Versions and ranges: SemVer 2.0's own examples as tables, its laws as properties."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.versions import (
    Version,
    parse,
    parse_operand,
    parse_package,
    parse_range,
    precedence,
    within,
)

# semver.org, section 11.4
ASCENDING = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "2.0.0",
    "10.0.0",
]

numbers = st.integers(min_value=0, max_value=10**6)
identifiers = st.one_of(numbers.map(str), st.from_regex(r"[a-z-][0-9a-z-]{0,5}", fullmatch=True))
versions = st.builds(Version, numbers, numbers, numbers, st.lists(identifiers, max_size=3).map(tuple), st.just(""))


def test_versions_are_ordered_as_the_specification_orders_its_examples() -> None:
    parsed = [parse(text) for text in ASCENDING]
    backwards = parsed[::-1]
    assert sorted(backwards, key=precedence) == parsed
    assert len({precedence(version) for version in parsed}) == len(parsed)


def test_the_build_says_nothing_about_the_order() -> None:
    assert precedence(parse("1.0.0+a")) == precedence(parse("1.0.0+b"))
    assert str(parse("1.0.0-rc.1+exp.sha-5114f85")) == "1.0.0-rc.1+exp.sha-5114f85"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.0", """'1.0' is no version: a version has three numbers, such as "1.4.0\""""),
        ("", """'' is no version: a version has three numbers, such as "1.4.0\""""),
        ("v1.0.0", """'v1.0.0' is no version: a version has three numbers, such as "1.4.0\""""),
        ("1.0.0\n", """'1.0.0\\n' is no version: a version has three numbers, such as "1.4.0\""""),
        ("01.0.0", """'01.0.0' is no version: a version has three numbers, such as "1.4.0\""""),
        ("1.0.0-", """'1.0.0-' is no version: a version has three numbers, such as "1.4.0\""""),
        ("1.0.0-rc..1", """'1.0.0-rc..1' is no version: a version has three numbers, such as "1.4.0\""""),
        ("1.0.0-01", "'1.0.0-01' is no version: a number of a pre-release does not start with 0"),
        ("\u0661.0.0", """'\u0661.0.0' is no version: a version has three numbers, such as "1.4.0\""""),
        ("9" * 5000 + ".0.0", f"""'{"9" * 57}...' is no version: a version has three numbers, such as "1.4.0\""""),
    ],
)
def test_what_is_no_version_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        parse(text)
    assert str(error.value) == message


def test_an_operand_may_leave_out_the_last_numbers() -> None:
    assert parse_operand("1") == parse_operand("1.0") == parse("1.0.0")
    assert parse_operand("1.2-rc.1") == parse("1.2.0-rc.1")
    with pytest.raises(ValueError, match=r"'1.2.3.4' is no version: a version looks like"):
        parse_operand("1.2.3.4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1.0", "0.1.0"),
        ("1.2rc1", "1.2.0-rc.1"),
        ("1.0.dev3", "1.0.0-dev.3"),
        ("2.1.0.post1", "2.1.0"),
        ("1.0.0+local.1", "1.0.0"),
        ("1.2.3.4", "1.2.3"),
    ],
)
def test_the_version_of_a_python_package_is_read_as_near_as_can_be(text: str, expected: str) -> None:
    assert str(parse_package(text)) == expected


def test_what_is_no_package_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'unknown' is no version"):
        parse_package("unknown")


@pytest.mark.parametrize(
    ("range", "inside", "outside"),
    [
        (">=1,<2", ["1.0.0", "1.9.9", "1.0.0+x", "1.5.0-rc.1"], ["0.9.9", "2.0.0", "1.0.0-rc.1"]),
        ("<2", ["1.9.9", "0.0.1"], ["2.0.0", "2.0.0-rc.1"]),
        ("<2.0.0-rc.2", ["2.0.0-rc.1", "1.0.0"], ["2.0.0-rc.2", "2.0.0"]),
        ("==1.2.3", ["1.2.3", "1.2.3+b"], ["1.2.4", "1.2.3-rc.1"]),
        ("=1.2", ["1.2.0"], ["1.2.1"]),
        ("!=1", ["1.0.1", "2.0.0"], ["1.0.0"]),
        (" > 1.0 , <= 1.5 ", ["1.0.1", "1.5.0"], ["1.0.0", "1.5.1"]),
        (">1", ["1.0.1"], ["1.0.0", "1.0.0-rc.1"]),
    ],
)
def test_a_range_holds_what_it_says(range: str, inside: list[str], outside: list[str]) -> None:
    parsed = parse_range(range)
    assert [text for text in inside + outside if within(parse(text), parsed)] == inside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.2.3", "'1.2.3' does not start with one of >=, <=, ==, !=, >, <, ="),
        ("^1.2", "'^1.2' does not start with one of >=, <=, ==, !=, >, <, ="),
        ("", 'a condition is missing: a range looks like ">=1,<2"'),
        (">=1,", 'a condition is missing: a range looks like ">=1,<2"'),
        (">=", """'' is no version: a version looks like "1", "1.2" or "1.4.0\""""),
        (">==1", """'=1' is no version: a version looks like "1", "1.2" or "1.4.0\""""),
        (">=1," * 300 + ">=1", "a range has at most 1,000 characters, found 1,203"),
        (">=1.x", """'1.x' is no version: a version looks like "1", "1.2" or "1.4.0\""""),
    ],
)
def test_what_is_no_range_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_range(text)
    assert str(error.value) == message


@settings(deadline=None)
@given(versions)
def test_a_version_reads_back_as_it_was_written(version: Version) -> None:
    assert parse(str(version)) == version


@settings(deadline=None)
@given(versions, versions)
def test_exactly_one_of_less_equal_greater_holds_between_releases(one: Version, other: Version) -> None:
    one, other = one._replace(pre=()), other._replace(pre=())
    holding = [operator for operator in ("<", "==", ">") if within(one, parse_range(f"{operator}{other}"))]
    assert len(holding) == 1


@settings(deadline=None)
@given(versions, versions)
def test_not_equal_is_the_opposite_of_equal(one: Version, other: Version) -> None:
    assert within(one, parse_range(f"!={other}")) is not within(one, parse_range(f"=={other}"))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_value_error(text: str) -> None:
    for read in (parse, parse_operand, parse_package, parse_range):
        try:
            read(text)
        except ValueError as error:
            assert str(error)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([">=", "<", "==", "!=", ">", "<="]), versions), min_size=1, max_size=4))
def test_a_range_reads_back_as_it_was_written(bounds: list[tuple[str, Version]]) -> None:
    parsed = parse_range(",".join(f"{operator} {version}" for operator, version in bounds))
    assert parse_range(str(parsed)) == parsed
