"""What check-json and check-toml find, where, and that nobody's file makes them hang or fall."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.api import Finding, SourceFile
from omnibase_files.syntax import check_json, check_toml


def in_json(data: str | bytes) -> list[Finding]:
    return list(check_json(SourceFile.of("a.json", data.encode() if isinstance(data, str) else data)))


def in_toml(data: str | bytes) -> list[Finding]:
    return list(check_toml(SourceFile.of("a.toml", data.encode() if isinstance(data, str) else data)))


def places(findings: list[Finding]) -> list[tuple[str | None, int | None, int | None]]:
    return [(finding.code, finding.line, finding.column) for finding in findings]


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        "1",
        ' {"a": [1, {"a": 2}], "b": {"a": null}}\n',
        '[{"a": 1}, {"a": 1}]',
        r'{"a": "\"a\": {", "b": ":"}',
        "\ufeff{}",
        '{"a": 1}'.encode("utf-16"),
        "[" + "9" * 10_000 + "]",
        "[NaN, Infinity]",
    ],
)
def test_json_that_can_be_loaded_has_no_findings(data: str | bytes) -> None:
    assert in_json(data) == []


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("", (1, 1)),
        ("{\n  'a': 1\n}", (2, 3)),
        ('{"a" 1}', (1, 6)),
        ('{"a": 1, "a": 2}}]', (1, 17)),
        ('{"a": 1}\n{"b": 2}', (2, 1)),
        ('["é", x]', (1, 7)),
        ("// no comments\n{}", (1, 1)),
        ('["a\tb"]', (1, 4)),
        ('{"a": "b', (1, 7)),
        (b'{"a":\n "b\xff"}', (2, 4)),
        (b'{"\xed\xa0\x80": 1}', (1, 3)),
    ],
)
def test_wrong_json_is_found_with_line_and_column(data: str | bytes, place: tuple[int, int]) -> None:
    assert places(in_json(data)) == [("json-syntax", *place)]


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ('{"a": 1, "a": 2}', [(1, 10)]),
        ('{\n  "é": 1, "a": "{",\n  "b": [{"a": 2}],\n "a": 3, "\\u0061": 4}\n', [(4, 2), (4, 10)]),
        ('[[{"x": {"y": 1,\n"y": 2}, "x": 3}]]', [(2, 1), (2, 10)]),
        (r'{"\\": 1, "\"": 2, "\\": 3}', [(1, 20)]),
    ],
)
def test_a_name_twice_in_one_object_is_found(data: str, at: list[tuple[int, int]]) -> None:
    assert places(in_json(data)) == [("json-duplicate-name", *place) for place in at]


def test_a_finding_of_a_repeated_name_says_where_it_was_first() -> None:
    (finding,) = in_json('{\n"name": 1,\n"name": 2}')
    assert (finding.path, finding.message) == ("a.json", "the name 'name' is there already, in line 2")


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from(["a", "b", '"', "\\", "{", "é"]), inner), max_size=4).map(tuple)
    ),
    max_leaves=12,
)


def written(value: object) -> tuple[str, int]:
    """The value as JSON, a tuple standing for an object, and how many names in it are repeated."""
    if isinstance(value, list):
        parts = [written(item) for item in value]
        return f"[{', '.join(part for part, _ in parts)}]", sum(count for _, count in parts)
    if isinstance(value, tuple):
        members = [(json.dumps(name), written(item)) for name, item in value]
        repeated = len(members) - len({name for name, _ in members})
        text = ",\n".join(f"{name}: {part}" for name, (part, _) in members)
        return f"{{{text}}}", repeated + sum(count for _, (_, count) in members)
    return json.dumps(value), 0


@given(values)
def test_every_repeated_name_is_found_at_its_place(value: object) -> None:
    text, repeated = written(value)
    findings = in_json(text)
    assert len(findings) == repeated
    lines = text.split("\n")
    for finding in findings:
        assert finding.line is not None and finding.column is not None
        name, _ = json.JSONDecoder().raw_decode(lines[finding.line - 1], finding.column - 1)
        assert repr(name) in finding.message


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("[\n" * 100_000, (100_000, 1)),
        (("[" * 100_000 + "]" * 100_000) * 2, (1, 100_000)),
        ('{"a":' * 50_000, (1, 249_996)),
        ("[" * 100_000 + '"' + '\\"' * 90_000, (1, 100_000)),
    ],
)
def test_deeply_nested_json_is_a_finding(data: str, place: tuple[int, int]) -> None:
    assert places(in_json(data)) == [("json-syntax", *place)]


def test_a_minified_file_of_repeated_names_is_read_in_proportion_to_its_length() -> None:
    assert len(in_json("{" + ",".join(['"a":1'] * 100_000) + "}")) == 99_999


@pytest.mark.parametrize(
    "data",
    ["", "a = 1\n", "a.b.c = 'x'\n[d]\ne = 2001-01-01\n", "a = 'é'\r\n", f"a = '{'x.' * 50}'\n", "a = 0x" + "f" * 99],
)
def test_toml_that_can_be_loaded_has_no_findings(data: str) -> None:
    assert in_toml(data) == []


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a = 1\na = 2\n", (2, 6), "Cannot overwrite a value"),
        ("a = \n", (1, 5), "Invalid value"),
        ("[a]\n[a]\n", (2, 3), "Cannot declare ('a',) twice"),
        ("x = 1\na = [1,\n", (3, 1), "Invalid value"),
        ("a = 'b", (1, 7), 'Expected "\'"'),
        ("a = 2001-02-30", (1, 5), "Invalid date or datetime"),
        (b"a = 1\nb = '\xff'\n", (2, 6), "no UTF-8: invalid start byte"),
        ("a = " + "9" * 5_000, (1, None), "Exceeds the limit"),
    ],
)
def test_wrong_toml_is_found_with_line_and_column(
    data: str | bytes, place: tuple[int, int | None], message: str
) -> None:
    (finding,) = in_toml(data)
    assert (finding.code, finding.line, finding.column) == ("toml-syntax", *place)
    assert finding.message.startswith(message)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("a = 1\nb = " + "[" * 50_000, (2, 50_004)),
        ("a = " + "{b = " * 10_000, (1, 50_000)),
        ("\n" + "a." * 200_000 + "a = 1\n", (2, 1)),
        ("x = 1\n['a' . \"bcd\" ." + " c-d ." * 100_000 + "d]\n", (2, 2)),
    ],
)
def test_toml_that_goes_too_deep_is_a_finding(data: str, place: tuple[int, int]) -> None:
    assert places(in_toml(data)) == [("toml-syntax", *place)]
