"""The format of `registry.yaml`, version 1: the keys, what each may be, and what it is for.

The docs' registry reference and the JSON Schema that editors use are made from these classes.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from omnibase.model.context import Mode
from omnibase.model.plan import KeepGoing
from omnibase.registry.entries import ComponentEntry
from omnibase.registry.gate_entries import MAX_GATES, GateEntry
from omnibase.registry.hook_entries import HookEntry
from omnibase.registry.kinds import Duration, Globs, Jobs, KindError, Name, Plugin, Text, Variable, VersionRange
from omnibase.registry.mappings import Entry, Lax
from omnibase.registry.recovery_entries import Breaker, LimitsEntry, RetryEntry

Json = Any


class RunEntry(Entry):
    """Settings of a run."""

    mode: Annotated[Mode, Lax] | None = Field(None, description="How a plan is carried out.", examples=["async"])
    fix: bool | None = Field(None, description="Fixers run first.", examples=[True])
    restage: bool | None = Field(
        None, description="At commit, what fixers changed is staged, and only that.", examples=[True]
    )
    jobs: Jobs | None = Field(None, description="How many batches run at once, in mode async.", examples=[4, "auto"])
    keep_going: Annotated[KeepGoing, Lax] | None = Field(
        None, description="What runs on after a failure.", examples=["independent"]
    )


class StageEntry(RunEntry):
    select: Text | None = Field(
        None, description="The filter in place of the stage's own.", examples=["tag=pre-commit,lifecycle=canary|stable"]
    )
    timeout: Duration | None = Field(None, description="The time allowed for the run.", examples=["10m"])


class DefaultsEntry(RunEntry):
    timeout: Duration | None = Field(None, description="For components that say nothing.", examples=["60s"])
    deadline: Duration | None = Field(None, description="For components that say nothing.", examples=["5m"])
    retry: RetryEntry | None = Field(
        None, description="For all components; what one says itself wins, key by key.", examples=[{"attempts": 5}]
    )
    breaker: Breaker | None = Field(
        None, description="For all components; what one says itself wins, key by key.", examples=[{"failures": 3}]
    )
    limits: LimitsEntry | None = Field(
        None, description="For all components; what one says itself wins, key by key.", examples=[{"mem_mb": 2048}]
    )
    secrets: list[Variable] = Field(
        [],
        description="Variables whose values are kept out of all records of all components.",
        examples=[["REGISTRY_LOGIN"]],
    )
    store: Name | None = Field(None, description="Where the run history is kept, where a plugin brings a store.")


class RegistryFile(Entry):
    """The components of a repository: validators, tools and tests, declared once."""

    schema_version: Literal["1"] = Field(description="The version of this format.", examples=["1"])
    requires_omnibase: VersionRange | None = Field(
        None, description="The versions of omnibase that can read it.", examples=[">=0.1"]
    )
    plugins: list[Plugin] = Field(
        [],
        description="Installed plugins by name, or those inside the repository as ./path.",
        examples=[["omnibase_files"]],
    )
    exclude: Globs = Field([], description="Left out for all components.", examples=[["vendored/**"]])
    defaults: DefaultsEntry = Field(
        DefaultsEntry.model_validate({}),
        description="For components and runs that say nothing.",
        examples=[{"timeout": "60s"}],
    )
    stages: dict[Name, StageEntry] = Field({}, description="Changes to a stage, by its name.")
    suites: dict[Name, Text] = Field({}, description="Named selections for --suite.", examples=[{"fast": "tag!=slow"}])
    gates: list[GateEntry] = Field([], description="What is not let into a stage.")
    hooks: list[HookEntry] = Field([], description="Commands that are called around the run and its tasks.")
    resources: dict[Name, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        {},
        description="What only so many can hold at a time, such as a database or a port, and how much there is of it.",
        examples=[{"database": 1, "gpu": 4}],
    )
    components: list[ComponentEntry] = Field([], description="The components, in the order in which they are shown.")

    @field_validator("plugins")
    @classmethod
    def _check_plugins(cls, value: list[str]) -> list[str]:
        for number, one in enumerate(value):
            if one in value[:number]:
                raise KindError(f"expected each plugin once, found {one!r} twice", "remove one of the two")
        return value

    @field_validator("gates")
    @classmethod
    def _check_gates(cls, value: list[GateEntry]) -> list[GateEntry]:
        if len(value) > MAX_GATES:
            raise KindError(f"expected at most {MAX_GATES} gates, found {len(value):,}", "say more in one filter")
        return value


SMALLEST = """schema_version: "1"
plugins: [omnibase_files]
stages: {pre-commit: {select: "lifecycle=canary|stable,tag=pre-commit"}}
"""


def json_schema() -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of the file, for editors and `omnibase registry schema`."""
    schema = RegistryFile.model_json_schema()
    _without_null(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:omnibase:registry:1",
        **schema,
        "title": "registry.yaml of omnibase",
    }


def _without_null(schema: Json) -> None:
    """Say of what may be absent that it may be absent, and not that it may be null."""
    if isinstance(schema, list):
        for item in schema:
            _without_null(item)
    elif isinstance(schema, dict):
        for item in schema.values():
            _without_null(item)
        choices = schema.get("anyOf", [])
        if {"type": "null"} in choices:
            choices.remove({"type": "null"})
            schema.pop("default", None)
            if len(choices) == 1:
                del schema["anyOf"]
                schema.update({**choices[0], **schema})
