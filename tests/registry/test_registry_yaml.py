"""The subset of YAML that a registry is written in: its scalars, and where everything stands."""

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.model.errors import ConfigurationError
from omnibase.registry.document import Node, parse

Json = Any


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("60s", "60s"),
        ("tRue", "tRue"),
        ("+", "+"),
        (".", "."),
        ("-.", "-."),
        ("0b11", "0b11"),
        ("0x", "0x"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("'~'", "~"),
        ("1", 1),
        ("-12", -12),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("6.02E+23", 6.02e23),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        (">\n  one\n  line\n", "one line\n"),
        ('"\\u00e9\\n"', "é\n"),
        ("a#b", "a#b"),
        ("x # comment", "x"),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Json) -> None:
    tree = parse(f"key: {text}", "f")
    assert tree is not None
    assert tree.data == {"key": value}
    assert type(tree.data["key"]) is type(value)


def test_a_key_is_always_a_text() -> None:
    tree = parse("1: a\ntrue: b\n~: c\n'<<': d\n? e\n: f\n", "f")
    assert tree is not None
    assert tree.data == {"1": "a", "true": "b", "~": "c", "<<": "d", "e": "f"}


def test_a_key_without_a_value_has_none() -> None:
    tree = parse("a:\nb: {c, d: }\n", "f")
    assert tree is not None
    assert tree.data == {"a": None, "b": {"c": None, "d": None}}


def test_the_place_of_every_key_and_value_is_known() -> None:
    tree = parse('a: 1\nb:\n  - c: "é"\n    d: [x,\n      {e: f}]\n', "f")
    assert tree is not None

    def place(node: Node) -> tuple[int, int, int, int]:
        return node.key_line, node.key_column, node.line, node.column

    items = tree.node.items
    assert isinstance(items, dict)
    assert place(items["a"]) == (1, 1, 1, 4)
    assert place(items["b"]) == (2, 1, 3, 3)
    inner = items["b"].items
    assert isinstance(inner, list)
    first = inner[0].items
    assert isinstance(first, dict)
    assert place(first["c"]) == (3, 5, 3, 8)
    assert place(first["d"]) == (4, 5, 4, 8)
    flow = first["d"].items
    assert isinstance(flow, list)
    last = flow[1].items
    assert isinstance(last, dict)
    assert place(last["e"]) == (5, 8, 5, 11)


def test_a_plain_scalar_is_kept_as_it_was_written() -> None:
    tree = parse("a: 1.10\nb: '1.10'\n", "f")
    assert tree is not None
    items = tree.node.items
    assert isinstance(items, dict)
    assert (items["a"].text, items["b"].text) == ("1.10", None)


scalars = st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=8)
shapes = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(shapes)
def test_json_is_read_as_what_it_is(shape: Json) -> None:
    tree = parse(json.dumps({"key": shape}, ensure_ascii=False), "f")
    assert tree is not None
    assert tree.data == {"key": shape}


@settings(deadline=None)
@given(st.dictionaries(words, shapes, min_size=1, max_size=3))
def test_what_another_writer_writes_is_read_as_it_was_meant(shape: Json) -> None:
    text = yaml.safe_dump(shape, allow_unicode=True, default_flow_style=False)
    if not any(mark in text for mark in ("&id", "*id", "!!", "e+")):
        tree = parse(text, "f")
        assert tree is not None
        assert tree.data == shape


@settings(deadline=None)
@given(st.text(st.sampled_from("ab:-{}[],\"' \n#0.1e+~|>?"), max_size=40))
def test_the_pure_parser_and_the_fast_one_agree(text: str) -> None:
    """Where libyaml is missing, PyYAML's own parser takes its place: the same documents have to come out."""
    fast, pure = getattr(yaml, "CSafeLoader", None), yaml.SafeLoader
    if fast is None:
        pytest.skip("libyaml is not there")
    with pytest.MonkeyPatch.context() as patch:
        answers = []
        for loader in (fast, pure):
            patch.setattr(yaml, "CSafeLoader", loader)
            try:
                tree = parse(text, "f")
                answers.append(None if tree is None else tree.data)
            except ConfigurationError:
                answers.append("error")
        if "error" not in answers:  # they differ in what they refuse, at the edges of the specification
            assert answers[0] == answers[1]


def test_no_number_is_ever_infinite() -> None:
    for text in ("1e400", "-1e400", ".inf", "-.INF", ".NaN"):
        with pytest.raises(ConfigurationError, match="is no finite number"):
            parse(f"[{text}]", "f")
    tree = parse("[1e308]", "f")
    assert tree is not None
    assert math.isfinite(tree.data[0])
