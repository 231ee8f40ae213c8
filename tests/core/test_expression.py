"""The filter grammar: what is read, what it selects, and what is said of a mistake."""

import time

import pytest

from omnibase.core.expression import Expression, ExpressionError, Term, describe, explain, keys, matches, parse
from omnibase.model.component import Command, Component, ComponentType, Lifecycle

RUFF = Component(
    name="ruff",
    work=Command(("ruff",)),
    type=ComponentType.VALIDATOR,
    version="1.4.0",
    lifecycle=Lifecycle.STABLE,
    tags=("python", "lint"),
    owner="@platform team",
)
BARE = Component(name="bare", work=Command(("true",)), version="2.0.0-rc.1")


def test_a_filter_is_read_into_terms() -> None:
    assert parse("type=validator, lifecycle = canary | stable ,tag!=slow,version>=1.2") == Expression(
        (
            Term("type", "=", ("validator",)),
            Term("lifecycle", "=", ("canary", "stable")),
            Term("tag", "!=", ("slow",)),
            Term("version", ">=", ("1.2",)),
        )
    )


@pytest.mark.parametrize("text", ["*", "  * ", "\t*\n"])
def test_a_star_alone_selects_all(text: str) -> None:
    assert parse(text) == Expression()
    assert str(parse(text)) == "*"
    assert matches(parse(text), RUFF) is None
    assert matches(parse(text), BARE) is None


@pytest.mark.parametrize(
    "text",
    [
        "type=validator",
        "type=tool|validator",
        "type!=tool|test",
        "type=val*",
        "lifecycle=stable",
        "lifecycle!=experimental",
        "lifecycle=*",
        "tag=lint",
        "tag=slow|lint",
        "tag!=slow",
        "tag=py*",
        "tag=l?nt",
        "name=ruff",
        "name=r*f",
        "name=*",
        "name=????",
        "owner=@platform team",
        "owner=@plat*",
        "version=1.4.0",
        "version=1.4",
        "version=1.4.*",
        "version=1|1.4",
        "version!=1.4.1",
        "version>=1.4",
        "version>1.3.9",
        "version<2",
        "version<=1.4.0",
        "version>=1.2,version<2",
        "owner=*",
    ],
)
def test_a_term_that_holds_leaves_the_component_in(text: str) -> None:
    assert matches(parse(text), RUFF) is None


@pytest.mark.parametrize(
    "text",
    [
        "type=tool",
        "type!=validator",
        "lifecycle=canary|experimental",
        "lifecycle!=st*",
        "tag=slow",
        "tag=lin",
        "tag!=lint",
        "tag!=slow|lint",
        "tag!=*",
        "name=Ruff",
        "name=ruf",
        "name=ruff?",
        "name=[r]uff",
        "owner=@platform",
        "version=1.4.1",
        "version=1",
        "version!=1.4",
        "version>1.4.0",
        "version<1.4.0",
        "version>=2",
        "version=2.*",
    ],
)
def test_a_term_that_does_not_hold_is_named(text: str) -> None:
    term = matches(parse(text), RUFF)
    assert term is not None
    assert describe(term) == text


def test_the_first_term_that_does_not_hold_is_the_one_named() -> None:
    assert matches(parse("type=validator,tag=slow,name=x"), RUFF) == Term("tag", "=", ("slow",))


def test_a_star_as_value_holds_for_a_component_without_any() -> None:
    assert matches(parse("tag=*,owner=*"), BARE) is None
    assert matches(parse("tag=?*"), BARE) is not None
    assert matches(parse("owner!=?*,tag!=?*"), BARE) is None


def test_a_version_before_a_release_is_below_it_and_not_below_the_release_number_as_a_bound() -> None:
    assert matches(parse("version>=2"), BARE) is not None
    assert matches(parse("version<2"), BARE) is not None
    assert matches(parse("version<=2,version>1"), BARE) is None


def test_a_version_that_is_none_compares_with_nothing_and_can_be_named() -> None:
    odd = BARE._replace(version="nightly")
    assert matches(parse("version>=0"), odd) is not None
    assert matches(parse("version!=1.0.0"), odd) is None
    assert matches(parse("version=n*"), odd) is None


def test_the_keys_of_a_filter_are_told() -> None:
    assert keys(parse("type=tool,version>=1,version<2")) == {"type", "version"}
    assert keys(parse("*")) == frozenset()


def test_a_filter_is_shown_without_needless_white_space() -> None:
    assert str(parse(" tag = a|b , version >= 1 ")) == "tag=a|b,version>=1"


@pytest.mark.parametrize(
    ("text", "position", "message", "remedy"),
    [
        ("", 0, "the filter is empty", "write key=value, or * for all components"),
        ("   ", 0, "the filter is empty", "write key=value, or * for all components"),
        ("tag=a,", 6, "a term is missing", "write key=value on both sides of a comma"),
        (",tag=a", 0, "a term is missing", "write key=value on both sides of a comma"),
        ("tag=a,,tag=b", 6, "a term is missing", "write key=value on both sides of a comma"),
        (
            "=a",
            0,
            "a key is missing",
            "the keys are type, lifecycle, tag, name, version, owner, capability",
        ),
        ("tags=a", 0, "unknown key 'tags'", "did you mean 'tag'?"),
        ("type=tool, lifecicle=stable", 11, "unknown key 'lifecicle'", "did you mean 'lifecycle'?"),
        ("TYPE=tool", 0, "unknown key 'TYPE'", "did you mean 'type'?"),
        (
            "qqq=a",
            0,
            "unknown key 'qqq'",
            "the keys are type, lifecycle, tag, name, version, owner, capability",
        ),
        (
            "ruff",
            0,
            "'ruff' is no term",
            "write key=value; the keys are type, lifecycle, tag, name, version, owner, capability",
        ),
        ("tag", 3, "'tag' has no operator and no value", "write tag=VALUE"),
        ("*,tag=a", 0, "'*' does not go with other terms", "leave it out, or write it alone"),
        ("tag=", 4, "a value is missing", "write tag=VALUE"),
        ("tag=a||b", 6, "a value is missing", "write tag=VALUE"),
        ("tag=a| ", 6, "a value is missing", "write tag=VALUE"),
        ("tag!=", 5, "a value is missing", "write tag!=VALUE"),
        ("tag>=a", 3, "'>=' does not go with 'tag'", "compare versions only; write tag=VALUE or tag!=VALUE"),
        ("tag==a", 4, "'=' cannot be part of a value here", "write a comma between terms and | between values"),
        ("tag=!a", 4, "'!' cannot be part of a value here", "write tag!=VALUE for components that do not have it"),
        (
            "tag=a version>1",
            5,
            "white space cannot be part of a value here",
            "write a comma between terms and | between values",
        ),
        (
            "version>=1|2",
            10,
            "a comparison has one value",
            "write one value after >=; a comma between two terms means and",
        ),
        (
            "version>=x",
            9,
            """'x' is no version: a version looks like "1", "1.2" or "1.4.0\"""",
            "write a version such as 1, 1.2 or 1.4.0",
        ),
        (
            "version>=1.*",
            9,
            """'1.*' is no version: a version looks like "1", "1.2" or "1.4.0\"""",
            "write a version such as 1, 1.2 or 1.4.0",
        ),
        (
            "version= one",
            9,
            """'one' is no version: a version looks like "1", "1.2" or "1.4.0\"""",
            "write a version such as 1, 1.2 or 1.4.0",
        ),
        ("type=validater", 5, "no component has the type 'validater'", "did you mean 'validator'?"),
        ("type!=tool|tset", 11, "no component has the type 'tset'", "did you mean 'test'?"),
        (
            "lifecycle=zzz",
            10,
            "no component has the lifecycle 'zzz'",
            "it is one of experimental, canary, stable, deprecated, archived",
        ),
        ("lifecycle=STABLE", 10, "no component has the lifecycle 'STABLE'", "did you mean 'stable'?"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_write(
    text: str, position: int, message: str, remedy: str
) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert (error.value.message, error.value.position, error.value.remedy) == (message, position, remedy)
    assert str(error.value) == message


def _explained(text: str) -> str:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    return explain(text, error.value)


def test_an_explanation_shows_the_text_and_a_caret_below_the_mistake() -> None:
    assert _explained("type=tool,lifecicle=x") == "type=tool,lifecicle=x\n          ^"
    assert _explained("tag=") == "tag=\n    ^"


def test_an_explanation_keeps_to_two_lines_and_to_the_columns_of_wide_characters() -> None:
    assert _explained("tag=\n\t|x") == "tag=  |x\n    ^"
    assert _explained("owner=日本,tagz=x") == "owner=日本,tagz=x\n           ^"
    assert _explained("owner=e\u0301,tagz=x") == "owner=e\u0301,tagz=x\n        ^"


def test_an_explanation_of_a_long_text_shows_what_is_around_the_mistake() -> None:
    text = "tag=a," * 1_000 + "tagz=x," + "tag=a," * 1_000
    first, second = _explained(text).split("\n")
    assert first.startswith("...tag=a,")
    assert first.endswith("...")
    assert len(first) < 110
    assert first[len(second) - 1 :].startswith("tagz=x")


def test_an_owner_may_be_written_with_a_mail_address() -> None:
    term = parse("owner=Ada Lovelace <ada@example.org>").terms[0]
    assert term.values == ("Ada Lovelace <ada@example.org>",)


@pytest.mark.parametrize(
    "glob", ["*" * 10_000, "a*" * 5_000, "*a" * 40 + "b", "a?*" * 3_000 + "b", "?" * 10_000, "*?" * 40 + "b"]
)
def test_no_glob_takes_more_than_a_moment(glob: str) -> None:
    expression = parse(f"name={glob}")
    component = BARE._replace(name="a" * 100)
    started = time.process_time()
    matches(expression, component)
    matches(expression, component._replace(name="a" * 10_000))
    assert time.process_time() - started < 1


def test_a_long_filter_takes_linear_time() -> None:
    started = time.process_time()
    assert len(parse(",".join(["tag=x"] * 50_000)).terms) == 50_000
    assert len(parse("tag=" + "|".join(["x"] * 100_000)).terms[0].values) == 100_000
    assert time.process_time() - started < 2
