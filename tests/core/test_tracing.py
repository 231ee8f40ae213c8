"""Trace context by the rules of the W3C."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.core.tracing import RANDOM, SAMPLED, Trace, received, span_of_batch, span_of_run, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"00-{TRACE}-{SPAN}-01", SAMPLED),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", SAMPLED | RANDOM),
        pytest.param(f"00-{TRACE}-{SPAN}-ff", SAMPLED | RANDOM, id="flags that nobody has given a meaning are dropped"),
        pytest.param(f"01-{TRACE}-{SPAN}-01", SAMPLED, id="a version to come that looks like this one"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", SAMPLED, id="a version to come, with more"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-", SAMPLED, id="a version to come, with an empty field"),
    ],
)
def test_a_valid_header_is_read(header: str, flags: int) -> None:
    assert received(header) == Trace(TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0g",
        pytest.param(f"00-{TRACE}-{SPAN}-01-more", id="version 00 has four fields"),
        pytest.param(f"00-{TRACE}-{SPAN}-01-", id="and nothing behind them"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01.more", id="what follows in a later version is behind a dash"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", id="the version that is none"),
        pytest.param(f"0-{TRACE}-{SPAN}-011", id="a version of one digit"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", id="no trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="no span"),
        pytest.param(f"00-{TRACE.upper()}-{SPAN}-01", id="capitals in the trace"),
        pytest.param(f"00-{TRACE}-{SPAN.upper()}-01", id="capitals in the span"),
        pytest.param(f"00_{TRACE}_{SPAN}_01", id="other dashes"),
        pytest.param(f" 00-{TRACE}-{SPAN}-01", id="a blank before it"),
        pytest.param(f"00-{TRACE[:-1]}--{SPAN}-01", id="a dash in the place of a digit"),
    ],
)
def test_an_invalid_header_begins_the_trace_anew(header: str) -> None:
    assert received(header) is None


@given(st.text() | st.text("0123456789abcdefg-", min_size=50, max_size=60))
def test_no_header_is_too_strange_to_be_read(header: str) -> None:
    found = received(header)
    if found is not None:
        assert received(traceparent(*found)) == found


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 9)), unique=True, min_size=2, max_size=50))
def test_each_batch_of_each_attempt_has_a_span_of_its_own_that_is_always_the_same(
    batches: list[tuple[int, int]],
) -> None:
    spans = [span_of_batch("20240501T100000123-9f86d081", batch, attempt, (batch,)) for batch, attempt in batches]
    assert len({*spans, span_of_run("20240501T100000123-9f86d081")}) == len(batches) + 1
    assert all(re.fullmatch("[0-9a-f]{16}", span) and span.strip("0") for span in spans)
    assert spans == [span_of_batch("20240501T100000123-9f86d081", batch, number, (batch,)) for batch, number in batches]


def test_spans_differ_between_runs_and_where_a_batch_is_started_again_for_fewer() -> None:
    assert span_of_batch("one", 0, 1, (0, 1)) != span_of_batch("two", 0, 1, (0, 1))
    assert span_of_batch("one", 0, 1, (0, 1)) != span_of_batch("one", 0, 1, (1,))


def test_a_span_is_what_fnv_1a_makes_of_its_text() -> None:
    """The published test vectors of FNV-1a with 64 bits."""
    assert span_of_run("") == "cbf29ce484222325"
    assert span_of_run("foobar") == "85944171f73967e8"
