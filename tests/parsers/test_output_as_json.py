"""JSON among what else a tool prints."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.model.ports import Json
from omnibase.parsers.decoding import objects


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (b"[]", []),
        (b"{}", [{}]),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b'[\n  {\n    "a": 1\n  }\n]\n', [{"a": 1}]),
        (b'{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}\nand so on\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'\xef\xbb\xbf[{"a": 1}]', [{"a": 1}]),
        (b'warning: x\n[{"a": 1}]\nFound 1 error.', [{"a": 1}]),
        (b'[main] INFO y\n{not json}\n[1] done\n[{"a": 1}]', [{"a": 1}]),
        (b"[]\n[main] done", []),
        (b'[{"a": "\xff"}]', [{"a": "\udcff"}]),
        (b'[{"a": "\\udcff"}]', [{"a": "\udcff"}]),
    ],
)
def test_objects_are_found_wherever_a_line_begins_them(output: bytes, found: list[dict[str, Json]]) -> None:
    assert objects(output) == (found, None)


@pytest.mark.parametrize(
    ("output", "found", "problem"),
    [
        (b"", [], "it holds no JSON"),
        (b"text", [], "it holds no JSON"),
        (b"  [{}]", [], "it holds no JSON"),
        (b'[{"a": 1}, {"a', [{"a": 1}], "its JSON breaks off"),
        (b'[{"a": 1},', [{"a": 1}], "its JSON breaks off"),
        (b'[{"a": 1}', [{"a": 1}], "its JSON breaks off"),
        (b"[", [], "its JSON breaks off"),
        (b'{"a": 1}\n{"a": ', [{"a": 1}], "its JSON breaks off"),
        (b'[{"a": 1}; {"a": 2}]', [{"a": 1}], "its JSON array is broken"),
        (b'[{"a": 1}, 2]', [{"a": 1}], "its JSON array holds something else than objects"),
        (b'{"a": nonsense}', [], "its JSON is broken: Expecting value: line 1 column 7 (char 6)"),
        (b'{"a": ' + b"[" * 200_000, [], "its JSON is nested too deeply"),
        (b'[{"a": 1}, {"a": ' + b'{"a":' * 200_000, [{"a": 1}], "its JSON is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_kept(
    output: bytes, found: list[dict[str, Json]], problem: str
) -> None:
    assert objects(output) == (found, problem)


def test_a_number_of_too_many_digits_is_told() -> None:
    found, problem = objects(b'{"a": ' + b"1" * 5_000 + b"}")
    assert found == []
    assert problem is not None
    assert problem.startswith("its JSON cannot be read: Exceeds the limit")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
documents = st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=4)


@given(documents, st.sampled_from([None, 2]))
def test_every_array_of_objects_is_read_back(document: list[dict[str, Json]], indent: int | None) -> None:
    assert objects(json.dumps(document, indent=indent).encode()) == (document, None)


@given(documents.filter(bool), st.data())
def test_of_an_array_that_breaks_off_a_beginning_is_read(document: list[dict[str, Json]], data: st.DataObject) -> None:
    output = json.dumps(document).encode()
    cut = data.draw(st.integers(1, len(output) - 1))
    found, problem = objects(output[:cut])
    assert found == document[: len(found)]
    assert problem is not None
