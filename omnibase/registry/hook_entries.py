"""The entry of `registry.yaml` that makes up a hook: a command that is called at a moment of a run."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from omnibase.model.plan import Moment
from omnibase.registry.kinds import FILES, Duration, KindError, Name, Text, Variable, shown
from omnibase.registry.mappings import Entry, Lax

REPORT = "{report}"
OF_TASKS = (Moment.BEFORE_TASK, Moment.AFTER_TASK)
BEFORE = (Moment.BEFORE_RUN, Moment.BEFORE_STAGE, Moment.BEFORE_TASK)


class HookEntry(Entry):
    """A command that is called at a moment of a run, and is given the event as JSON on standard input."""

    at: Annotated[Moment, Lax] = Field(description="When it is called.", examples=["before_run"])
    command: Annotated[list[Text], Field(min_length=1)] = Field(
        description="The program and its arguments.", examples=[["./check-freeze.sh"]]
    )
    stage: Name | None = Field(None, description="The one stage that it is for; left out: all.", examples=["ci"])
    filter: Text | None = Field(
        None, description="At before_task and after_task: for which components.", examples=["type=test"]
    )
    timeout: Duration | None = Field(None, description="The time allowed for it; left out: 10s.", examples=["5s"])
    veto: bool = Field(
        False, description="At before_run, before_stage, before_task: nothing begins where it fails.", examples=[True]
    )
    env: dict[Variable, Text] = Field({}, description="Further variables.", examples=[{"CHANNEL": "builds"}])

    @field_validator("command")
    @classmethod
    def _check_command(cls, value: list[str]) -> list[str]:
        if value[0] == "":
            raise KindError(f"expected a program, found {shown('')}", "write the program's name in front", 0)
        for number, argument in enumerate(value):
            for placeholder in (FILES, REPORT):
                if placeholder in argument:
                    remedy = "leave it out: a hook reads what it is about as JSON on standard input"
                    raise KindError(f"a hook's command has no {placeholder}, found {shown(argument)}", remedy, number)
        return value

    @field_validator("filter")
    @classmethod
    def _check_filter(cls, value: str | None, info: ValidationInfo) -> str | None:
        at = info.data.get("at")
        if value is not None and at is not None and at not in OF_TASKS:
            raise KindError(f"{at.value} is about all components, and takes no filter", _instead(at, OF_TASKS))
        return value

    @field_validator("veto")
    @classmethod
    def _check_veto(cls, value: bool, info: ValidationInfo) -> bool:
        at = info.data.get("at")
        if value and at is not None and at not in BEFORE:
            raise KindError(f"{at.value} cannot veto: what it is about has ended", _instead(at, BEFORE))
        return value


def _instead(at: Moment, allowed: tuple[Moment, ...]) -> str:
    """What goes with the key, and is nearest to what was written."""
    before, _, what = at.value.partition("_")
    other = next((one for one in allowed if one.value in (f"{before}_task", f"before_{what}")), allowed[0])
    return f"leave it out, or write `at: {other.value}`"
