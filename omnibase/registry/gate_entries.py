"""The entries of `registry.yaml` that gate a stage: what each of them denies, requires or limits."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from omnibase.core.gates import EVERY_STAGE
from omnibase.registry.kinds import Days, KindError, name, text
from omnibase.registry.mappings import Entry

# What gates contradict each other is worked out from all of them and all that they name.
MAX_GATES = 50
MAX_FILTER = 1_000  # characters
MAX_COUNT = 100_000

FILTERS = ("deny", "require", "limit")
BOUNDS = ("age", "count", "sunset")


def gated_stage(value: str) -> str:
    """A stage, or all of them."""
    return value if value == EVERY_STAGE else name(value)


def gate_filter(value: str) -> str:
    """A filter of which something can be worked out in bounded time."""
    if len(value) > MAX_FILTER:
        raise KindError(f"expected a filter of at most {MAX_FILTER:,} characters, found {len(value):,}")
    return text(value)


def yes(value: bool) -> bool:
    """What is said, or left out."""
    if not value:
        raise KindError("expected true, found false", "remove the key")
    return value


GatedStage = Annotated[
    str,
    AfterValidator(gated_stage),
    WithJsonSchema({"type": "string", "pattern": r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,99}|\*)$"}),
]
GateFilter = Annotated[str, AfterValidator(gate_filter), WithJsonSchema({"type": "string", "maxLength": MAX_FILTER})]
Yes = Annotated[bool, AfterValidator(yes), WithJsonSchema({"const": True})]


class GateEntry(Entry):
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key]} for key in FILTERS],
            "dependentRequired": {"only": ["require"], **{key: ["limit"] for key in BOUNDS}},
            "dependentSchemas": {"limit": {"anyOf": [{"required": [key]} for key in BOUNDS]}},
        }
    )

    stage: GatedStage = Field(description='The stage that is gated, or "*" for all.', examples=["ci", "*"])
    deny: GateFilter | None = Field(
        None, description="The filter for what is not let in.", examples=["lifecycle=experimental"]
    )
    require: GateFilter | None = Field(
        None, description="The filter for what is let in, and nothing else.", examples=["owner=?*"]
    )
    limit: GateFilter | None = Field(
        None, description="The filter for what is let in within bounds.", examples=["lifecycle=canary"]
    )
    only: GateFilter | None = Field(
        None, description="What `require` is about; left out: everything.", examples=["type=tool"]
    )
    age: Days | None = Field(
        None, description="With `limit`: for so many days after the day that is its `since`.", examples=["90d", 90]
    )
    count: int | None = Field(
        None, ge=0, le=MAX_COUNT, description="With `limit`: the first so many of the registry.", examples=[5]
    )
    sunset: Yes | None = Field(None, description="With `limit`: until the day that is its `sunset`.", examples=[True])
    enforce: Literal["block", "warn", "audit"] = Field(
        "block", description="What happens to what is not let in.", examples=["block"]
    )

    @model_validator(mode="after")
    def _check_whole(self) -> "GateEntry":
        given = [key for key in FILTERS if getattr(self, key) is not None]
        if len(given) != 1:
            found = f"found {' and '.join(given)}" if given else "found none of them"
            raise KindError(
                f"expected one of {', '.join(FILTERS)}, {found}",
                "make a gate of each" if given else 'write what is not let in, such as deny: "lifecycle=experimental"',
            )
        own = given[0]
        bounds = [key for key in BOUNDS if getattr(self, key) is not None]
        if self.only is not None and own != "require":
            both = f"{getattr(self, own)},{self.only}"
            raise KindError("`only` goes with `require`", f'write {own}: "{both}"' if len(both) <= 60 else None, "only")
        if bounds and own != "limit":
            remedy = f"write limit in place of {own} for what is let in within bounds"
            raise KindError(f"`{bounds[0]}` goes with `limit`", remedy, bounds[0])
        if own == "limit" and not bounds:
            raise KindError("a limit has at least one bound", "add age: 90d, count: 5 or sunset: true")
        return self
