"""The table of parsers: complete, and nothing is imported before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from omnibase.parsers import PARSERS, parser

if TYPE_CHECKING:
    from tests.parsers.conftest import Parse


@pytest.mark.parametrize("name", PARSERS)
def test_every_name_of_the_table_is_a_parser(parse: Parse, name: str) -> None:
    assert callable(parser(name))
    assert parse(name, options={"pattern": "x"}, exit_code=3).problem is not None


def test_a_name_that_is_not_in_the_table_is_none() -> None:
    assert parser("nonsense") is None


def test_the_names_are_those_that_a_registry_may_use() -> None:
    assert sorted(PARSERS) == ["eslint", "mypy", "pytest", "regex", "ruff", "sarif", "text"]


def modules_after(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_a_parser_is_imported_only_when_it_is_asked_for() -> None:
    loaded = modules_after("import omnibase.parsers")
    assert not {name for name in loaded if name.startswith("omnibase.parsers.")}
    loaded = modules_after("import omnibase.parsers as p; p.parser('ruff')")
    assert "omnibase.parsers.ruff" in loaded
    assert not {"omnibase.parsers.mypy", "json", "xml.etree", "urllib", "signal", "dataclasses"} & loaded
