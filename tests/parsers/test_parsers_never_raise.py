"""Whatever a tool prints, a parser gives findings, parts or a problem, and each of them is as the model has it."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.model.ports import Json, Parsed, ParserInput
from omnibase.model.result import Severity, Status
from omnibase.parsers import PARSERS, parser
from omnibase.parsers.collecting import MAX_FINDINGS, MAX_MESSAGE

DATA = os.path.join(os.path.dirname(__file__), "data")
OPTIONS = {
    "pattern": r"(?P<path>[^:\s]*):(?P<line>\d*):?(?P<column>\d*) (?P<severity>\w*) (?P<code>\w*)(?P<message>.*)"
}


def stored() -> dict[str, bytes]:
    outputs = {}
    for name in sorted(os.listdir(DATA)):
        with open(os.path.join(DATA, name), "rb") as file:
            outputs[name] = file.read()
    return outputs


RECORDED = stored()
names = st.sampled_from(sorted(PARSERS))
codes = st.sampled_from([None, 0, 1, 2, 5, 255])


def run(name: str, output: bytes, code: int | None, stderr: bytes = b"") -> Parsed:
    function = parser(name)
    assert function is not None
    report = output if name == "pytest" else None
    return function(ParserInput(output, stderr, code, "/repo", report, OPTIONS, "sub"))


def is_as_the_model_has_it(parsed: Parsed, code: int | None) -> None:
    assert isinstance(parsed, Parsed)
    assert len(parsed.findings) <= MAX_FINDINGS + 2
    for finding in parsed.findings:
        assert finding.message.encode("utf-8")
        assert len(finding.message) <= MAX_MESSAGE
        assert isinstance(finding.severity, Severity)
        assert finding.path is None or (os.fsencode(finding.path) and not finding.path.startswith(("./", "../")))
        assert all(number is None or 1 <= number < 1 << 31 for number in (finding.line, finding.column))
        assert finding.code is None or finding.code.encode("utf-8")
    for part in parsed.parts:
        assert part.name.encode("utf-8")
        assert isinstance(part.status, Status)
        assert part.duration is None or part.duration >= 0
    assert parsed.problem is None or parsed.problem.encode("utf-8")
    if code != 0 and not parsed.findings:
        assert parsed.problem is not None


@given(names, st.binary(max_size=500), codes, st.binary(max_size=100))
def test_bytes_of_any_kind(name: str, output: bytes, code: int | None, stderr: bytes) -> None:
    is_as_the_model_has_it(run(name, output, code, stderr), code)


PIECES = rb"""
{ } [ ] " : , \u \ud800 :1 :2: a.py /repo/ 1e999 -1 null NaN [misc] error: note: "file" "message" "filename"
"runs" "version" <testsuites> <testcase name="x" > <failure> </failure> </testcase> &#0; &lt; <![CDATA[ ]]>
<!DOCTYPE <?xml
""".split()
pieces = st.sampled_from([*PIECES, b" ", b"  ", b"\n", b"\r", b"\xff", b"\0", b"\x1b[", b"\x1b]8;;"])


@given(names, st.lists(pieces, max_size=40).map(b"".join), codes)
def test_pieces_of_the_formats_in_any_order(name: str, output: bytes, code: int | None) -> None:
    is_as_the_model_has_it(run(name, output, code), code)


@given(names, st.sampled_from(sorted(RECORDED)), st.data(), codes)
def test_real_output_that_is_cut_anywhere(name: str, recording: str, data: st.DataObject, code: int | None) -> None:
    output = RECORDED[recording]
    start = data.draw(st.one_of(st.just(0), st.integers(0, len(output))))
    end = data.draw(st.integers(start, len(output)))
    is_as_the_model_has_it(run(name, output[start:end], code), code)


@given(names, st.sampled_from(sorted(RECORDED)), st.data(), codes)
def test_real_output_with_bytes_changed(name: str, recording: str, data: st.DataObject, code: int | None) -> None:
    output = bytearray(RECORDED[recording])
    for at in data.draw(st.lists(st.integers(0, max(len(output) - 1, 0)), max_size=5)):
        output[at : at + 1] = data.draw(st.binary(max_size=3))
    is_as_the_model_has_it(run(name, bytes(output), code), code)


KEYS = """
filename filePath file message messages text location locations row column line endLine code name severity cell fix
fixes description suggestions desc ruleId fatal hint version runs results tool driver extensions rules id index rule
ruleIndex toolComponent defaultConfiguration level kind suppressions status invocations artifacts location uri
uriBaseId originalUriBaseIds physicalLocation artifactLocation region startLine startColumn arguments messageStrings
markdown toolExecutionNotifications descriptor ruleConfigurationOverrides configuration globalMessageStrings
"""
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2**40)
    | st.floats()
    | st.sampled_from(
        ["", "a.py", "file:///repo/a.py", "error", "2.1.0", "\udcff", "\ud800", "{0}", "%ff%", "<x>", "\0"]
    )
)
shapes = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5),
    max_leaves=30,
)


@given(st.sampled_from(["ruff", "eslint", "mypy", "sarif"]), shapes, codes, st.booleans())
def test_json_with_values_of_any_type_in_any_place(name: str, shape: Json, code: int | None, as_sarif: bool) -> None:
    import json

    document = {"version": "2.1.0", "runs": [{"results": [shape], "tool": shape, "invocations": [shape]}, shape]}
    output = json.dumps(document if as_sarif else [shape] if not isinstance(shape, dict) else shape).encode()
    is_as_the_model_has_it(run(name, output, code), code)


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize("recording", sorted(RECORDED))
def test_every_recording_through_every_parser(name: str, recording: str) -> None:
    is_as_the_model_has_it(run(name, RECORDED[recording], 1), 1)


SLOW = [*rb'[ {"a": [{ :1 1: a.py: <a> <!-- rootdir: configfile:'.split(), b" [", b"  ", b"[\n", b'{"\n', b"E "]
SLOW += [b"\x1b[", b"\x1b]", b"\xff", b"\r", b"\n"]


@pytest.mark.parametrize("name", sorted(PARSERS))
@pytest.mark.parametrize("unit", SLOW)
def test_a_megabyte_of_what_makes_a_reader_slow_takes_seconds_at_most(name: str, unit: bytes) -> None:
    import time

    began = time.process_time()
    is_as_the_model_has_it(run(name, unit * (1_000_000 // len(unit)), 1), 1)
    assert time.process_time() - began < 10
