"""json and yaml: one document, whatever a report holds."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from omnibase.cli.formatters import FORMATTERS, formatter
from omnibase.cli.formatters.document import DEEPEST, document
from omnibase.cli.formatters.json import canonical
from omnibase.cli.formatters.json import format as json_format
from omnibase.cli.formatters.yaml import dump
from omnibase.cli.formatters.yaml import format as yaml_format
from omnibase.model.ports import Style
from omnibase.model.result import Attempt, Finding, Part, Result, Status
from tests.cli.formatters import samples
from tests.cli.formatters.strategies import NASTY, REPORTS, TEXT

SHOWN = ["every status", "hostile text", "dry run", "interrupted", "nothing selected", "configuration error"]
UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
PLAIN_TEXT = st.one_of(
    st.sampled_from(
        [*(text for text in NASTY if not re.search("[\ud800-\udfff]", text)), "2024-05-01", "1.0", "~", "y"]
    ),
    st.sampled_from(
        ["0o17", "12:30:00", ".inf", "<<", "=", "---", "\ttab\n", "  in\nout  \n\n", "a\u0085b", "\u2028", "\ufeff"]
    ),
    st.text(alphabet="ab \t\n#:-'\"|>%@`&*!?{}[],\r\x07\u0085\U0001f600", max_size=10),
    st.text(max_size=10),
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=20,
)
slowly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)


def same(one: Any, other: Any) -> bool:
    """Equal in type as well, which `==` does not ask for (1 == 1.0 == True)."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@pytest.mark.parametrize("name", SHOWN)
def test_json_looks_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    assert json_format(samples.REPORTS[name], Style()) == snapshot


@pytest.mark.parametrize("name", SHOWN)
def test_yaml_looks_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    assert yaml_format(samples.REPORTS[name], Style()) == snapshot


@pytest.mark.parametrize("name", samples.REPORTS)
def test_json_and_yaml_hold_the_same_document(name: str) -> None:
    report = samples.REPORTS[name]
    assert same(json.loads(json_format(report, Style())), document(report))
    assert same(yaml.safe_load(yaml_format(report, Style())), document(report))


@slowly
@given(REPORTS)
def test_any_report_is_valid_json_without_anything_a_terminal_acts_on(report: Any) -> None:
    text = json_format(report, Style())
    assert not UNSHOWABLE.search(text)
    assert same(json.loads(text, parse_constant=pytest.fail), document(report))
    assert text.endswith("}\n")


@slowly
@given(REPORTS)
def test_any_report_is_valid_yaml_without_anything_a_terminal_acts_on(report: Any) -> None:
    text = yaml_format(report, Style())
    assert not UNSHOWABLE.search(text)
    assert same(yaml.safe_load(text), document(report))


@given(st.dictionaries(PLAIN_TEXT, DATA, max_size=4))
@settings(deadline=None)
def test_yaml_gives_back_what_was_dumped(data: dict[str, Any]) -> None:
    assert same(yaml.safe_load(dump(data)), data)


@given(DATA)
def test_canonical_json_gives_back_what_was_written(data: Any) -> None:
    assert same(json.loads(canonical(data)), data)


@pytest.mark.parametrize(
    "text", ["yes", "no", "null", "~", "1", "1.0", "1e3", "0o17", "0x1f", "y", "2024-05-01", "12:30"]
)
def test_a_yaml_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert dump({"key": text}) == f"key: '{text}'\n"


def test_lines_of_output_are_a_literal_block_with_its_tabs_and_trailing_blanks() -> None:
    assert dump({"text": "one\n\ttwo  \n\nthree\n"}) == "text: |\n  one\n  \ttwo  \n\n  three\n"
    assert dump({"text": "\tone\ntwo"}) == "text: |2-\n  \tone\n  two\n"


def test_equal_structures_are_written_once_in_yaml() -> None:
    data = {"a": {"x": 1, "y": [2, 3]}, "b": {"x": 1, "y": [2, 3]}, "c": [2, 3], "d": [2], "e": [2], "f": {}, "g": {}}
    assert dump(data) == (
        "a: &id001\n  x: 1\n  'y': &id002\n  - 2\n  - 3\nb: *id001\nc: *id002\nd:\n- 2\ne:\n- 2\nf: {}\ng: {}\n"
    )


def test_numbers_that_are_equal_but_of_different_types_are_not_shared_in_yaml() -> None:
    data = {"a": [1, 2], "b": [1.0, 2], "c": [True, 2], "d": [0.0, 1], "e": [-0.0, 1]}
    assert same(yaml.safe_load(dump(data)), data)
    assert "&" not in dump(data)


def test_a_value_that_json_has_no_form_for_is_null_or_text() -> None:
    value = {
        "nan": float("nan"),
        "list": (float("inf"), -float("inf")),
        "status": Status.PASS,
        "byte": "\udcff",
        1: b"x",
    }
    result = document(samples.report(samples.entry("tool", Result(Status.PASS, value=value))))["results"][0]
    assert same(result["value"], {"nan": None, "list": [None, None], "status": "PASS", "byte": "\\xff", "1": str(b"x")})


def test_a_value_is_cut_where_it_is_nested_too_deep_for_readers() -> None:
    value: Any = "bottom"
    for _ in range(100_000):
        value = [value]
    report = samples.report(samples.entry("tool", Result(Status.PASS, value=value)))
    for text in (json_format(report, Style()), yaml_format(report, Style())):
        assert f"(nested deeper than {DEEPEST} levels)" in text
    yaml.safe_load(yaml_format(report, Style()))


def test_times_are_rfc_3339_and_milliseconds() -> None:
    made = document(samples.report(samples.PASSED))
    assert (made["started_at"], made["finished_at"]) == ("2024-05-01T10:00:00.123Z", "2024-05-01T10:00:01.363Z")
    assert made["duration_ms"] == 1240.0
    assert made["results"][0]["duration_ms"] == 120.0


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (0.9996, "1970-01-01T00:00:01.000Z"),
        (951782400.5, "2000-02-29T00:00:00.500Z"),
        (4102444799.9994, "2099-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_is_rounded_to_the_millisecond(seconds: float, shown: str) -> None:
    report = samples.report(samples.PASSED)
    assert document(report._replace(finished_at=seconds))["finished_at"] == shown


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, None, 1e308])
def test_a_duration_that_is_none_is_null(seconds: float | None) -> None:
    result = Result(Status.PASS, parts=(Part("test", Status.PASS, seconds),), attempts=(Attempt(1, 0.0, 0.1),))
    made = document(samples.report(samples.entry("tests", result)))
    assert made["results"][0]["parts"][0]["duration_ms"] is None


def test_a_line_0_is_no_line() -> None:
    result = Result(Status.FAIL, findings=(Finding("whole file", "a.py", 0, 0),))
    finding = document(samples.report(samples.entry("lint", result)))["results"][0]["findings"][0]
    assert (finding["line"], finding["column"]) == (None, None)


def test_equal_reports_give_equal_bytes_however_their_mappings_are_ordered() -> None:
    one = samples.report(samples.PASSED, metrics={"a": 1, "b": {"c": 2, "d": 3}})
    other = one._replace(metrics={"b": {"d": 3, "c": 2}, "a": 1})
    assert json_format(one, Style()) == json_format(other, Style())
    assert yaml_format(one, Style()) == yaml_format(other, Style())


@given(TEXT)
def test_the_same_names_stand_in_the_document_as_in_the_report(name: str) -> None:
    made = document(samples.report(samples.entry(name, Result(Status.PASS))))
    shown = made["results"][0]["component"]["name"]
    assert shown == made["selection"][0]["name"] == made["summary"]["slowest"][0]["name"]
    assert not re.search("[\n\ud800-\udfff]", shown)


def test_each_format_of_the_table_can_be_had_by_its_name() -> None:
    assert list(FORMATTERS) == ["human", "json", "yaml", "trace"]
    for name in FORMATTERS:
        found = formatter(name)
        assert found is not None
        assert found(samples.REPORTS["all passed"], Style()).endswith("\n")


def test_a_format_that_is_not_in_the_table_is_none() -> None:
    assert formatter("csv") is None


@pytest.mark.parametrize("name", ["human", "json"])
def test_formats_of_a_warm_run_import_nothing_heavy(name: str) -> None:
    heavy = ["pydantic", "yaml", "rich", "asyncio", "tenacity", "pathspec", "dataclasses", "importlib.metadata"]
    heavy += ["pluggy", "datetime", "click"]
    code = (
        "import sys\n"
        "from omnibase.cli.formatters import formatter\n"
        f"made = formatter({name!r})\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
