"""What check-yaml finds, where, and that nobody's file makes it hang or fall."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibase.api import Finding, SourceFile
from omnibase_files.yaml_syntax import check_yaml

PIECES = [b"a", b"b: ", b"\n", b"  ", b"- ", b"? ", b": ", b"[", b"]", b"{", b"}", b",", b"'", b'"', b"\\U00110000"]
PIECES += [
    b"*a ",
    b"&a ",
    b"!x ",
    b"!!str ",
    b"%YAML 1.1\n",
    b"---\n",
    b"|",
    b"\t",
    b"#",
    b"\x01",
    b"\xff\xfe",
    b"\xe9",
]


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML is built with libyaml or without it, and the findings are the same."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this PyYAML has no libyaml")
    return str(request.param)


def check(data: str | bytes, *, allow_multiple_documents: bool = False, unsafe: bool = False) -> list[Finding]:
    content = data.encode() if isinstance(data, str) else data
    file = SourceFile.of("a.yaml", content)
    return list(check_yaml(file, allow_multiple_documents=allow_multiple_documents, unsafe=unsafe))


def found(data: str | bytes) -> list[tuple[str | None, int | None, int | None]]:
    return [(finding.code, finding.line, finding.column) for finding in check(data)]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "# nothing but a comment\n",
        "---\n",
        "a: 1\nb: [1, 2, {c: d}]\n",
        "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n",
        "- {a: 1}\n- {a: 1}\n",
        "a: {a: {a: 1}}\n",
        "1: a\n'1': b\n",
        "true: a\n'true': b\n",
        "null: a\n'null': b\n",
        "!!str 1: a\n1: b\n",
        "a: !!binary aGk=\nb: !!set {c, d}\ne: !!omap [f: 1]\ng: ! h\ni: !!timestamp 2001-01-01\n",
        "a: 2001-02-30\n",
        "? [a, b]\n: c\n",
        "%YAML 1.1\n---\na: 1\n...\n",
        "a: é\r\nb: |\r\n  text\r\n",
        "\ufeffa: 1\n",
        "a: 1\n".encode("utf-16"),
        "&a a: *a\n",
        "a: &a [*a]\n",
    ],
)
def test_yaml_that_can_be_loaded_has_no_findings(data: str | bytes) -> None:
    assert check(data) == []


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("a: 1\nb: [1, 2\n", (3, 1)),
        ("a: 'b\n", (2, 1)),
        ("a: b: c\n", (1, 5)),
        ("a: 1\n\tb: 2\n", (2, 1)),
        ("é: {a: b: c}\n", (1, 9)),
        ("a: 1\n b: 2\n", (2, 3)),
    ],
)
def test_wrong_syntax_is_found_with_line_and_column(data: str, place: tuple[int, int]) -> None:
    assert found(data) == [("yaml-syntax", *place)]
    assert [finding.code for finding in check(data, unsafe=True)] == ["yaml-syntax"]


@pytest.mark.parametrize(
    ("data", "place"), [(b"a: 1\nb: \xff\n", (2, 4)), (b"a: 1\n\xc3\xa9: \x01\n", (2, 4)), (b"a: \xe9", (1, 4))]
)
def test_bytes_that_are_no_text_are_found_with_line_and_column(data: bytes, place: tuple[int, int]) -> None:
    assert found(data) == [("yaml-syntax", *place)]


def test_an_escape_beyond_the_range_of_unicode_is_found() -> None:
    assert [code for code, *_ in found('a: "\\UFFFFFFFF"\n')] == ["yaml-syntax"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_control_character_is_found_in_any_encoding(encoding: str) -> None:
    ((code, line, _),) = found("é: 1\nb: \x01\n".encode(encoding))
    assert (code, line) == ("yaml-syntax", 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=20), st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)))
def test_arbitrary_bytes_are_loaded_or_found(data: bytes) -> None:
    for unsafe in (False, True):
        for finding in check(data, allow_multiple_documents=True, unsafe=unsafe):
            assert finding.message
            assert finding.line is not None and finding.line >= 1
            assert finding.column is not None and finding.column >= 1


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, 1)]),
        ("a: 1\n'a': 2\n\"a\": 3\n", [(2, 1), (3, 1)]),
        ("x:\n  - {b: 1, a: 2, b: 3}\n", [(2, 18)]),
        ("a: {b: 1}\nc: {a: 2}\na: 1\n", [(3, 1)]),
        ("1: a\n01: b\n0x1: c\n+1: d\n", [(2, 1), (3, 1), (4, 1)]),
        ("true: a\nTRUE: b\n", [(2, 1)]),
        ("~: a\nnull: b\n", [(2, 1)]),
        ("&k a: 1\n*k : 2\n", [(2, 1)]),
        ("a: {}\nb: []\na: 1\nb: 2\n", [(3, 1), (4, 1)]),
        ("? [a]\n: b\nc: 1\nc: 2\n", [(4, 1)]),
        ("x: &x {}\na: {<<: *x, <<: *x}\n", [(2, 13)]),
    ],
)
def test_a_key_twice_in_one_mapping_is_found(data: str, places: list[tuple[int, int]]) -> None:
    assert found(data) == [("yaml-duplicate-key", *place) for place in places]
    assert check(data, unsafe=True) == []


def test_a_finding_of_a_repeated_key_names_the_key_and_its_first_line() -> None:
    (finding,) = check("first: 1\nother: 2\nfirst: 3\n")
    assert (finding.path, finding.message) == ("a.yaml", "the key 'first' is there already, in line 1")


def test_an_unquoted_template_is_a_mapping_as_a_key() -> None:
    assert found("name: {{ .Values.name }}\n") == [("yaml-key", 1, 8)]
    assert found("m: &m {a: 1}\n*m : b\n") == [("yaml-key", 2, 1)]
    assert check("name: {{ .Values.name }}\n", unsafe=True) == []


def test_each_tag_that_no_safe_loader_knows_is_found_once_unless_only_the_syntax_counts() -> None:
    data = "a: !Ref b\nc: !Ref d\ne: !Sub f\ng: !!python/object:os.system {}\nh: !!seq {}\ni: !!map j\n"
    assert found(data) == [("yaml-tag", line, 4) for line in (1, 3, 4, 5, 6)]
    messages = [finding.message.partition(";")[0] for finding in check(data)]
    assert messages[0] == "no safe loader knows the tag '!Ref' here"
    assert messages[2] == "no safe loader knows the tag '!!python/object:os.system' here"
    assert check(data, unsafe=True) == []


def test_an_alias_needs_an_anchor_before_it_in_its_document() -> None:
    assert found("a: *x\n") == [("yaml-alias", 1, 4)]
    assert check("a: *x\n", unsafe=True) == []
    two = "a: &x 1\n---\nb: *x\n"
    assert [(finding.code, finding.line) for finding in check(two, allow_multiple_documents=True)] == [
        ("yaml-alias", 3)
    ]


def test_a_second_document_is_found_once_unless_several_are_allowed() -> None:
    data = "---\na: 1\n---\na: 1\n---\na: 1\n"
    assert found(data) == [("yaml-documents", 3, 1)]
    assert check(data, allow_multiple_documents=True) == []
    assert check(data, unsafe=True) == []


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "- ", "? ", "[? "])
def test_deep_nesting_is_a_finding(opening: str, unsafe: bool) -> None:
    *others, finding = check(opening * 10_000, unsafe=unsafe)
    assert (finding.code, finding.line) == ("yaml-syntax", 1)
    assert finding.message == "nested more than 500 levels deep"
    assert {other.code for other in others} <= {"yaml-key"}


def test_aliases_of_aliases_are_not_expanded() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert check("\n".join(levels)) == []


def test_directives_without_end_are_a_finding() -> None:
    data = "".join(f"%TAG !e{n}! x\n" for n in range(200_000)) + "--- a\n"
    assert [finding.message for finding in check(data)] == ["more than 1,000 lines start with %"]


def test_many_keys_and_long_numbers_as_keys_take_time_in_proportion(parser: str) -> None:
    count = 50_000 if parser == "libyaml" else 2_000
    data = "".join(f"{n * (2**61 - 1)}: 1\n" for n in range(count)) + f"? {'9' * 100_000}\n: 1\n"
    assert check(data) == []


def test_a_long_key_is_shortened_in_the_message() -> None:
    (finding,) = check(f"{'k' * 90}: 1\n{'k' * 90}: 2\n")
    assert len(finding.message) < 120
