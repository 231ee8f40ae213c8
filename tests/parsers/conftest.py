"""What the tests of the parsers share: recorded outputs, and findings written as lines."""

import os
from collections.abc import Callable, Iterable, Mapping

import pytest

from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding
from omnibase.parsers import parser

Recorded = Callable[[str], bytes]
Parse = Callable[..., Parsed]
Shown = Callable[[Iterable[Finding]], list[str]]

DATA = os.path.join(os.path.dirname(__file__), "data")


@pytest.fixture
def recorded() -> Recorded:
    """The bytes that a real tool printed; data/README.md says which and how."""

    def read(name: str) -> bytes:
        with open(os.path.join(DATA, name), "rb") as file:
            return file.read()

    return read


@pytest.fixture
def parse() -> Parse:
    """Run a parser by its name over what a command in /repo left behind."""

    def run(
        name: str,
        stdout: bytes = b"",
        stderr: bytes = b"",
        exit_code: int | None = 1,
        *,
        report: bytes | None = None,
        options: Mapping[str, str] | None = None,
        root: str = "/repo",
        cwd: str = ".",
    ) -> Parsed:
        function = parser(name)
        assert function is not None
        return function(ParserInput(stdout, stderr, exit_code, root, report, options or {}, cwd))

    return run


@pytest.fixture
def shown() -> Shown:
    """Findings as lines: `path:line:column severity code message`, a dash for what is not known."""

    def show(findings: Iterable[Finding]) -> list[str]:
        return [
            f"{f.path or '-'}:{f.line or '-'}:{f.column or '-'} {f.severity.value} {f.code or '-'} {f.message}"
            + (f" => {f.fix}" if f.fix else "")
            for f in findings
        ]

    return show
