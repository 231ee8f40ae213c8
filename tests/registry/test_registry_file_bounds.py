"""A registry's file is read within bounds, whatever it is."""

import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibase.model.errors import ConfigurationError
from omnibase.registry.reading import Document, read

MEGABYTE = 1 << 20
SMALLEST = (
    'the smallest one is\nschema_version: "1"\nplugins: [omnibase_files]\n'
    'stages: {pre-commit: {select: "lifecycle=canary|stable,tag=pre-commit"}}'
)
Told = Callable[[Callable[[], object]], tuple[int, str]]
Reading = Callable[[str | bytes], Document]


def test_the_smallest_registry_that_errors_show_is_one(reading: Reading) -> None:
    assert reading(SMALLEST.partition("\n")[2]).model.plugins == ["omnibase_files"]


def test_a_missing_file_is_answered_with_the_smallest_registry(told: Told, tmp_path: Path) -> None:
    assert told(lambda: read(str(tmp_path / "registry.yaml"), "registry.yaml")) == (
        2,
        f"registry.yaml: there is no registry here\n-> write one; {SMALLEST}",
    )


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", "---\n", "--- null\n...\n", "\ufeff"])
def test_an_empty_file_is_answered_with_the_smallest_registry(told: Told, reading: Reading, content: str) -> None:
    assert told(lambda: reading(content)) == (2, f"registry.yaml: the registry is empty\n-> {SMALLEST}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- a\n- b\n", "registry.yaml:1:1: a registry is a mapping of keys, and this is a list"),
        ("\n  words", "registry.yaml:2:3: a registry is a mapping of keys, and this is a single value"),
    ],
)
def test_what_is_no_mapping_is_refused(told: Told, reading: Reading, content: str, said: str) -> None:
    assert told(lambda: reading(content)) == (2, f"{said}\n-> {SMALLEST}")


def test_a_folder_is_refused(told: Told, tmp_path: Path) -> None:
    assert told(lambda: read(str(tmp_path), "here")) == (2, "here: the registry cannot be read: it is a folder")


def test_a_named_pipe_is_refused_and_not_waited_for(told: Told, tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    assert told(lambda: read(pipe, "pipe")) == (2, "pipe: the registry cannot be read: it is no regular file")


def test_a_device_is_refused(told: Told) -> None:
    assert told(lambda: read("/dev/zero")) == (2, "/dev/zero: the registry cannot be read: it is no regular file")


def test_a_link_to_itself_is_refused(told: Told, tmp_path: Path) -> None:
    link = tmp_path / "loop"
    link.symlink_to(link)
    code, said = told(lambda: read(str(link), "loop"))
    assert code == 2
    assert said.startswith("loop: the registry cannot be read: ")


def test_a_path_that_no_system_knows_is_refused(told: Told) -> None:
    code, said = told(lambda: read("a\0b", "odd"))
    assert code == 2
    assert said.startswith("odd: the registry cannot be read: ")
    assert "embedded null" in said


def test_fifty_megabytes_are_refused_at_once_and_not_taken_into_memory(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as opened:
        opened.truncate(50 * MEGABYTE)
    tracemalloc.start()
    started = time.process_time()
    try:
        assert told(lambda: read(str(file), "big.yaml")) == (
            2,
            "big.yaml: the registry has 52,428,800 bytes, and at most 1,048,576 are read\n"
            "-> remove what is no registry from it",
        )
        assert time.process_time() - started < 0.5
        assert tracemalloc.get_traced_memory()[1] < 5 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_file_of_exactly_the_most_is_read(reading: Reading) -> None:
    head = b'schema_version: "1"\n#'
    assert reading(head + b"x" * (MEGABYTE - len(head))).model.schema_version == "1"


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="needs a file that hides its size")
def test_a_file_that_hides_its_size_is_read_within_bounds(told: Told) -> None:
    code, _ = told(lambda: read("/proc/self/smaps"))
    assert code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: caf\xe9\n", "registry.yaml:1:7: the byte 0xe9 is not UTF-8"),
        (b"# x\nb: \xff\xfe", "registry.yaml:2:4: the byte 0xff is not UTF-8"),
        ("a: é\n".encode("utf-16"), "registry.yaml:1:1: the byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfa: \xe9", "registry.yaml:1:4: the byte 0xe9 is not UTF-8"),
        (b"a: \xed\xb3\xa9", "registry.yaml:1:4: the byte 0xed is not UTF-8"),
    ],
)
def test_what_is_no_utf_8_is_refused_with_line_and_byte(
    told: Told, reading: Reading, content: bytes, said: str
) -> None:
    assert told(lambda: reading(content)) == (2, f"{said}\n-> save the file as UTF-8")


def test_a_byte_order_mark_is_no_part_of_the_registry(reading: Reading) -> None:
    document = reading(b'\xef\xbb\xbfschema_version: "1"\n')
    assert document.place("schema_version", key=True).column == 1


HOSTILE = {
    "10,000 lists in each other": ("[" * 10_000, "registry.yaml:1:33: nested more than 32 deep"),
    "a megabyte of lists": ("[" * MEGABYTE, "registry.yaml:1:33: nested more than 32 deep"),
    "mappings in each other": ("a: {a: " + "{a: " * 10_000, "registry.yaml:1:128: nested more than 32 deep"),
    "block lists in one line": ("- " * (MEGABYTE // 2), "registry.yaml:1:65: nested more than 32 deep"),
    "block mappings": (
        "\n".join(" " * depth + "a:" for depth in range(1_400)),
        "registry.yaml:33:33: nested more than 32 deep",
    ),
    "keys that are mappings": ("{" * MEGABYTE, "registry.yaml:1:2: a mapping or a list cannot be a key"),
    "keys that ask": ("? " * (MEGABYTE // 2), "registry.yaml:1:3: a mapping or a list cannot be a key"),
    "aliases that grow": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "registry.yaml:1:4: the anchor &a is refused",
    ),
    "an alias": ("a: *b\n", "registry.yaml:1:4: the alias *b is refused"),
    "an anchor on a key": ("&k a: 1\n", "registry.yaml:1:1: the anchor &k is refused"),
    "a merge key": ("a:\n  <<: {b: 1}\n", "registry.yaml:2:3: the merge key << is refused"),
    "a tag of Python": ("a: !!python/object/apply:os.system [true]\n", "registry.yaml:1:4: a tag is refused"),
    "a tag of YAML": ("a: !!str 1\n", "registry.yaml:1:4: a tag is refused"),
    "a tag of its own": ("!x\na: 1\n", "registry.yaml:1:1: a tag is refused"),
    "too many values": ("[" + "1," * 100_001, "registry.yaml:1:200000: more than 100,000 values"),
    "too many keys": (
        "".join(f"k{number}: 1\n" for number in range(60_000)),
        "registry.yaml:50000:9: more than 100,000 values",
    ),
    "two documents": ("a: 1\n---\nb: 2\n", "registry.yaml:2:1: a second document starts here"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "registry.yaml:3:1: the key 'a' is there already, in line 1"),
    "a key twice in a flow": ("a: {b: 1, 'b': 2}\n", "registry.yaml:1:11: the key 'b' is there already, in line 1"),
    "a control character": ("a: 'x\x07'\n", "registry.yaml:1:6: the character U+0007 cannot stand in a YAML file"),
    "a NUL": ("a: 1\nb: \0\n", "registry.yaml:2:4: the character U+0000 cannot stand in a YAML file"),
    "a number beyond all": ("a: 1e999\n", "registry.yaml:1:4: '1e999' is no finite number"),
    "no number": ("a: .nan\n", "registry.yaml:1:4: '.nan' is no finite number"),
    "an integer of a megabyte": (
        "a: " + "9" * (MEGABYTE - 3),
        f"registry.yaml:1:4: '{'9' * 57}...' is no finite number",
    ),
    "a surrogate": (
        'a: "\\ud800"\n',
        "registry.yaml:1:7: this is no YAML: while parsing a quoted scalar that starts in line 1, "
        "found invalid Unicode character escape code",
    ),
    "a truncated list": (
        "components: [a,\n",
        "registry.yaml:2:1: this is no YAML: while parsing a flow node that starts in line 2, "
        "did not find expected node content",
    ),
    "a truncated text": (
        "a: 1\nb: 'x\n",
        "registry.yaml:3:1: this is no YAML: while scanning a quoted scalar that starts in line 2, "
        "found unexpected end of stream",
    ),
    "a tab": (
        "a:\n\tb: 1\n",
        "registry.yaml:2:1: this is no YAML: while scanning for the next token that starts in line 2, "
        "found character that cannot start any token",
    ),
    "a colon too many": (
        "a: b: c\n",
        "registry.yaml:1:5: this is no YAML: mapping values are not allowed in this context",
    ),
    "a key that never ends": (
        "a" * MEGABYTE,
        "registry.yaml:1:1: a registry is a mapping of keys, and this is a single value",
    ),
    "a text that never ends": (
        '"' + "a" * (MEGABYTE - 1),
        "registry.yaml:1:1048577: this is no YAML: while scanning a quoted scalar that starts in line 1, "
        "found unexpected end of stream",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_no_time(told: Told, reading: Reading, name: str) -> None:
    content, said = HOSTILE[name]
    started = time.process_time()
    code, answer = told(lambda: reading(content))
    assert time.process_time() - started < 1
    assert (code, answer.partition("\n")[0]) == (2, said)


def test_a_hundred_thousand_mistakes_are_told_in_no_time(told: Told, reading: Reading) -> None:
    content = "".join(f"unknown_key_{number}: 1\n" for number in range(40_000))
    started = time.process_time()
    code, answer = told(lambda: reading(content))
    assert time.process_time() - started < 3
    assert code == 2
    assert "and 39999 more:" in answer or "and 40000 more:" in answer
    assert len(answer) < 2_000


def test_the_remedy_for_sharing_names_defaults(told: Told, reading: Reading) -> None:
    assert told(lambda: reading("a: &x 1"))[1].endswith(
        "-> a registry has no anchors, aliases or merge keys: `defaults:` holds what components share"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.binary(max_size=200)
    | st.text(st.sampled_from('schema_version:"1"\n components-{}[],&*!|>#%@`\t~'), max_size=200).map(str.encode)
)
def test_any_bytes_are_a_registry_or_a_configuration_error(reading: Reading, content: bytes) -> None:
    try:
        reading(content)
    except ConfigurationError as error:
        assert error.place is not None
        assert error.message
