"""What all mappings of `registry.yaml` have in common."""

from pydantic import BaseModel, ConfigDict, Field

Lax = Field(strict=False)  # an enum's value is what a file can hold of it


class Entry(BaseModel):
    """A mapping of the file: no unknown keys, and no value that is only nearly of the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def text_or_mapping(value: object) -> str:
    """Which of two forms a value has, for what may be a name or a mapping."""
    return "~text" if isinstance(value, str) else "~mapping"


def list_or_mapping(value: object) -> str:
    """Which of two forms a value has, for what may be a list of names or a mapping."""
    return "~names" if isinstance(value, list) else "~amounts"


def off_or_mapping(value: object) -> str:
    """Which of two forms a value has, for what may be turned off or a mapping."""
    return "~off" if value is False else "~rule"
