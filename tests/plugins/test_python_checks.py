"""What check-ast and debug-statements find in Python files."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibase.api import Finding, SourceFile
from omnibase_files.python import check_ast, debug_statements

VERSION = ".".join(str(part) for part in sys.version_info[:3])


def parse(data: str | bytes) -> list[Finding]:
    return list(check_ast(SourceFile.of("a.py", data.encode() if isinstance(data, str) else data)))


def debug(data: str | bytes) -> list[tuple[int | None, int | None, str]]:
    file = SourceFile.of("a.py", data.encode() if isinstance(data, str) else data)
    return [(finding.line, finding.column, finding.message) for finding in debug_statements(file)]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "x = 1",
        "def f():\r\n    return 1\r\n",
        "# coding: latin-1\nx = '\xe9'\n".encode("latin-1"),
        "\ufeffx = 'é'\n",
        "x = '\\d' is 1\n",  # warnings of the compiler are no syntax errors, nor are they shown
        "await x\nreturn y\n",  # a notebook's cell: it parses
        "\fx = 1\n",
    ],
)
def test_python_that_parses_has_no_findings(data: str | bytes) -> None:
    assert parse(data) == []


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        ("x = 1\ny = (\n", 2, 5),
        ("print 'x'\n", 1, 1),
        ("if x:\npass\n", 2, 1),
        ("é = 1 +\n", 1, 8),
        ("def f(a, a): pass\n", 1, None),
        ("x = 1\n\0\n", 2, None),
        (b"x = 1\ny = '\xe9'\n", 2, None),
        ("# coding: no-such-thing\n", 1, None),
        ("# coding: rot13\n", 1, None),
        ("if x:\n\ty\n        z\n", 3, None),
    ],
)
def test_python_that_does_not_parse_is_found(data: str | bytes, line: int, column: int | None) -> None:
    (finding,) = parse(data)
    assert (finding.path, finding.code, finding.line) == ("a.py", "check-ast", line)
    assert column is None or finding.column == column
    assert finding.message.startswith(f"does not parse with CPython {VERSION}: ")


@pytest.mark.parametrize(
    "data",
    ["(" * 100_000, "-" * 100_000 + "1", "a" + ".a" * 100_000, "a" + "()" * 50_000, "not " * 100_000, "f'{" * 1_000],
)
def test_deeply_nested_python_is_a_finding(data: str) -> None:
    assert [finding.line for finding in parse(data)] == [1]


@given(st.one_of(st.binary(max_size=30), st.text("ab=()[]:'\"\\\n\r\t #\0é{}", max_size=20).map(str.encode)))
def test_arbitrary_bytes_are_parsed_or_found(data: bytes) -> None:
    findings = parse(data)
    assert len(findings) <= 1
    for finding in findings:
        assert finding.line is not None and 1 <= finding.line <= data.count(b"\n") + data.count(b"\r") + 2
    debug(data + b"\nimport pdb\n")


@pytest.mark.parametrize(
    ("data", "line", "column", "what"),
    [
        ("import pdb\n", 1, 1, "the debugger pdb is imported"),
        ("x = 1; import os, ipdb as i\n", 1, 8, "the debugger ipdb is imported"),
        ("if x:\r\n    from pudb import set_trace\r\n", 2, 5, "the debugger pudb is imported"),
        ("from pudb import b\n", 1, 1, "the debugger pudb is imported"),
        ("import pudb.b\n", 1, 1, "the debugger pudb.b is imported"),
        ("from celery.contrib import rdb\n", 1, 1, "the debugger celery.contrib.rdb is imported"),
        ("import q\n", 1, 1, "the debugger q is imported"),
        ("import a,q\n", 1, 1, "the debugger q is imported"),
        ("import a, \\\r\nq\r\n", 1, 1, "the debugger q is imported"),
        ("import\\\n q\n", 1, 1, "the debugger q is imported"),
        ("from\tq import d\n", 1, 1, "the debugger q is imported"),
        ("from \\\n q import d\n", 1, 1, "the debugger q is imported"),
        ("import bpdb", 1, 1, "the debugger bpdb is imported"),
        ("import pdbr", 1, 1, "the debugger pdbr is imported"),
        ("import rdb", 1, 1, "the debugger rdb is imported"),
        ("import rpdb", 1, 1, "the debugger rpdb is imported"),
        ("import wdb", 1, 1, "the debugger wdb is imported"),
        ("import pydevd", 1, 1, "the debugger pydevd is imported"),
        ("import pydevd_pycharm", 1, 1, "the debugger pydevd_pycharm is imported"),
        ("'é'; breakpoint()\n", 1, 6, "breakpoint() is called"),
        ("f(x)(lambda: (breakpoint) \\\n (1))", 1, 14, "breakpoint() is called"),
    ],
)
def test_a_debugger_is_found(data: str, line: int, column: int, what: str) -> None:
    assert debug(data) == [(line, column, what)]


@pytest.mark.parametrize(
    "data",
    [
        "import os\n",
        "# import pdb\n",
        "'''\nimport pdb; pdb.set_trace()\n'''\n",
        "from . import pdb\nfrom .pdb import x\nfrom a.pdb import y\n",
        "from a import q\n",
        "import pdb2, my_pdb, q_\n",
        "x.breakpoint()\nbreakpoint\ndef breakpoint(): pass\n",
        "import os; q = 1\n",
        "(",  # check-ast's finding, not this one's: no debugger is named
    ],
)
def test_what_only_looks_like_a_debugger_is_not_found(data: str) -> None:
    assert debug(data) == []


def test_all_debuggers_of_a_file_are_found_in_order() -> None:
    found = debug("import pdb, ipdb\ndef f():\n    breakpoint()\nimport wdb\n")
    assert [(line, message.split()[-3]) for line, _, message in found] == [
        (1, "ipdb"),
        (1, "pdb"),
        (3, "breakpoint()"),
        (4, "wdb"),
    ]


def test_a_file_that_names_a_debugger_and_does_not_parse_is_found() -> None:
    (found,) = debug("import pdb\nx = (\n")
    assert found == (2, 5, "names a debugger and cannot be parsed to see more: '(' was never closed")


def test_many_imports_in_one_line_take_time_in_proportion_to_its_length() -> None:
    assert debug("# " + "import " * 300_000 + "from " * 300_000) == []
