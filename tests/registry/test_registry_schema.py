"""The JSON Schema that editors use says the same as the reader."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from omnibase.registry.document import parse
from omnibase.registry.reading import Document
from omnibase.registry.schema import json_schema

Json = Any
HERE = Path(__file__).parent / "data"
EXAMPLE = (HERE / "example.yaml").read_text(encoding="utf-8")
Reading = Callable[[str], Document]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def test_the_schema_is_one_and_says_what_it_is_for() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:omnibase:registry:1"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "registry.yaml of omnibase"
    assert schema["required"] == ["schema_version"]
    assert schema["additionalProperties"] is False


def test_every_key_is_described() -> None:
    schema = json_schema()
    for owner in (schema, *schema["$defs"].values()):
        for name, key in owner.get("properties", {}).items():
            assert key.get("description"), f"{owner['title']}.{name}"


def test_nothing_may_be_null() -> None:
    assert '{"type": "null"}' not in json.dumps(json_schema())


def test_the_example_of_the_documentation_is_a_registry(validator: Draft202012Validator, reading: Reading) -> None:
    document = reading(EXAMPLE)
    validator.validate(document.tree.data)
    assert [component.name for component in document.model.components] == ["ruff", "trailing-whitespace"]


def examples(schema: Json) -> Iterator[tuple[str, Json]]:
    for owner in (schema, *schema["$defs"].values()):
        for name, key in owner.get("properties", {}).items():
            for example in key.get("examples", []):
                yield f"{owner['title']}.{name}", (key | {"$defs": schema["$defs"]}, example)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in examples(json_schema())])
def test_an_example_of_a_key_is_what_the_key_may_be(case: tuple[Json, Json]) -> None:
    schema, example = case
    Draft202012Validator(schema).validate(example)


# What a schema cannot say: names that have to exist, texts that have to be right, arguments that depend on each other.
BEYOND = (
    "exclude",
    "file type",
    "no version",
    "does not start with",
    "pattern",
    "group",
    "{files}",
    "expected a program",
    "shell: true",
    "NUL",
    "each plugin once",
    "2026-02-30",
    "inside the repository",
    "8784h",
    "PLUGIN/COMPONENT",
    "date such as",
    "days such as",
    "environment variable",
    "expected a name",
    "the number 3.0",  # a whole number for JSON Schema
)
BLOCKS = (HERE / "mistakes.txt").read_text(encoding="utf-8").rstrip("\n").split("\n\n")[2:]


@pytest.mark.parametrize("block", [block for block in BLOCKS if not any(word in block for word in BEYOND)])
def test_what_the_reader_refuses_the_schema_refuses(validator: Draft202012Validator, block: str) -> None:
    content = block.partition("\n=> ")[0]
    tree = parse(f'schema_version: "1"\n{content}', "f")
    assert tree is not None
    assert not validator.is_valid(tree.data)


@pytest.mark.parametrize("word", [" ", "a b", "../x", "-x", ".x", "", "x" * 101])
def test_a_name_that_is_none_is_refused_by_both(validator: Draft202012Validator, reading: Reading, word: str) -> None:
    data = {"schema_version": "1", "components": [{"name": word, "command": ["x"]}]}
    assert not validator.is_valid(data)
    with pytest.raises(Exception, match="expected a name"):
        reading(json.dumps(data))
