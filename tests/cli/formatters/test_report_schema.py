import json
import os
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from omnibase.cli.formatters import schema
from omnibase.cli.formatters.document import REPORT_VERSION, document
from omnibase.cli.formatters.json import canonical
from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.errors import OmnibaseError
from omnibase.model.result import Severity, Status
from tests.cli.formatters import samples
from tests.cli.formatters.strategies import REPORTS

SHIPPED = os.path.join(os.path.dirname(schema.__file__), "report.schema.json")


def shipped() -> str:
    with open(SHIPPED, encoding="utf-8") as file:
        return file.read()


SCHEMA: dict[str, Any] = json.loads(shipped())
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_shipped_schema_is_current() -> None:
    assert schema.json_schema() == SCHEMA, "python -m omnibase.cli.formatters.schema > report.schema.json"
    assert shipped() == canonical(SCHEMA)


def test_the_module_prints_the_shipped_schema() -> None:
    ran = subprocess.run([sys.executable, "-m", schema.__name__], capture_output=True, check=True)
    assert json.loads(ran.stdout) == SCHEMA


def test_the_shipped_schema_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"].endswith(f":{REPORT_VERSION}")


@pytest.mark.parametrize("name", samples.REPORTS)
def test_each_sample_is_valid(name: str) -> None:
    VALIDATOR.validate(document(samples.REPORTS[name]))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REPORTS)
def test_every_report_is_valid(report: Any) -> None:
    VALIDATOR.validate(document(report))


def test_every_key_of_every_object_is_described_and_required() -> None:
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    assert len(objects) > 10
    for described in objects:
        assert described["additionalProperties"] is False
        assert sorted(described["required"]) == sorted(described["properties"])
        assert described["description"]


@pytest.mark.parametrize(
    "path", [(), ("repository",), ("results", 0), ("results", 0, "component"), ("summary", "counts")]
)
@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_document_with_another_key_or_one_less_is_invalid(path: tuple[Any, ...], change: str) -> None:
    made = document(samples.REPORTS["every status"])
    inner: Any = made
    for step in path:
        inner = inner[step]
    if change == "add":
        inner["other"] = 1
    else:
        inner.popitem()
    assert not VALIDATOR.is_valid(made)


def test_the_schema_has_the_words_of_the_model() -> None:
    component = schema.Component.model_fields
    assert set(get_args(schema.StatusWord)) == set(schema.Counts.model_fields) == {str(word) for word in Status}
    assert set(get_args(component["type"].annotation)) == {str(word) for word in ComponentType}
    assert set(get_args(component["lifecycle"].annotation)) == {str(word) for word in Lifecycle}
    assert set(get_args(schema.Finding.model_fields["severity"].annotation)) == {str(word) for word in Severity}
    kinds: list[type[OmnibaseError]] = [OmnibaseError, *OmnibaseError.__subclasses__()]
    families = {error.family for error in kinds}
    assert set(get_args(schema.Error.model_fields["family"].annotation)) == families
