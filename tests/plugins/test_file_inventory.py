"""What file-inventory counts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.api import SourceFile, Status
from omnibase_files.inventory import file_inventory


class Files:
    """A context with files and nothing else."""

    name = "file-inventory"
    root = "/"
    values: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}
    env: Mapping[str, str] = {}
    correlation_id = "0" * 32
    deadline = None

    def __init__(self, *files: SourceFile) -> None:
        self.sources = files
        self.files = tuple(file.path for file in files)
        self.logged: list[str] = []

    def log(self, message: str) -> None:
        self.logged.append(message)

    def source_files(self) -> Iterator[SourceFile]:
        return iter(self.sources)


def tagged(path: str, data: bytes, *tags: str) -> SourceFile:
    return SourceFile(path, lambda: data, size=len(data), tags=frozenset({"file", "non-executable", *tags}))


def test_files_bytes_and_lines_are_counted_in_all_and_by_type() -> None:
    ctx = Files(
        tagged("a.py", b"a\nb\n", "text", "python"),
        tagged("b.py", b"a\r\nb", "text", "python"),
        tagged("c.ipynb", b"{}", "text", "json", "jupyter"),
        tagged("d.png", b"\n\n\n", "binary", "png"),
    )
    result = file_inventory(ctx)
    assert (result.status, result.files) == (Status.PASS, 4)
    assert result.value == {
        "files": 4,
        "bytes": 13,
        "lines": 5,
        "types": {
            "text": {"files": 3, "bytes": 10, "lines": 5},
            "python": {"files": 2, "bytes": 8, "lines": 4},
            "binary": {"files": 1, "bytes": 3, "lines": 0},
            "png": {"files": 1, "bytes": 3, "lines": 0},
            "json": {"files": 1, "bytes": 2, "lines": 1},
            "jupyter": {"files": 1, "bytes": 2, "lines": 1},
        },
    }
    assert list(result.value["types"]) == ["text", "python", "binary", "png", "json", "jupyter"]
    assert ctx.logged[0].split() == ["in", "all", "4", "files", "5", "lines", "13", "bytes"]
    assert ctx.logged[2].split() == ["python", "2", "files", "4", "lines", "8", "bytes"]


def test_without_files_there_is_nothing_to_count() -> None:
    result = file_inventory(Files())
    assert result.value == {"files": 0, "bytes": 0, "lines": 0, "types": {}}


def test_a_binary_file_is_not_read() -> None:
    def read() -> bytes:
        raise AssertionError("the content of the file was read")

    result = file_inventory(Files(SourceFile("a.png", read, size=10**12, tags=frozenset({"binary"}))))
    assert result.value["bytes"] == 10**12


@pytest.mark.parametrize(("data", "lines"), [(b"a\nb\0\n", 0), (b"a\nb\n", 2)])
def test_a_file_of_no_known_type_has_lines_unless_it_has_a_nul_byte(data: bytes, lines: int) -> None:
    assert file_inventory(Files(SourceFile.of("a", data))).value["lines"] == lines


def test_a_text_file_has_lines_even_with_a_nul_byte() -> None:
    assert file_inventory(Files(tagged("a.txt", b"a\0\nb\n", "text"))).value["lines"] == 2


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\x0c"])).map(b"".join))
def test_lines_are_those_of_the_file(data: bytes) -> None:
    assert file_inventory(Files(tagged("a", data, "text"))).value["lines"] == len(data.splitlines())
