"""The JSON Schema of the report's document, which ships with the package as `report.schema.json`.

`python -m omnibase.cli.formatters.schema` prints it.
"""

import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from omnibase.cli.formatters.document import REPORT_VERSION
from omnibase.cli.formatters.json import canonical

Json = Any

SCHEMA_ID = f"urn:omnibase:report:{REPORT_VERSION}"

StatusWord = Literal["PASS", "FAIL", "WARN", "SKIP", "TIME"]
Count = Annotated[int, Field(ge=0)]
Position = Annotated[int, Field(ge=1)]
Milliseconds = Annotated[float, Field(ge=0)]
Timestamp = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="RFC 3339, UTC, with milliseconds.",
        examples=["2024-05-01T10:00:00.123Z"],
    ),
]
# Written out where releases of pydantic differ in how they say the same.
Version = Annotated[Literal["1"], WithJsonSchema({"const": REPORT_VERSION, "type": "string"})]
Object = Annotated[dict[str, Json], WithJsonSchema({"type": "object"})]
Path = Annotated[str, Field(description=r"A path on one line; bytes that are no UTF-8 are shown as \xff.")]


class Closed(BaseModel):
    """Keys that are not described do not occur, and all that are do."""

    model_config = ConfigDict(extra="forbid")


class Repository(Closed):
    """The repository as the run found it; outside git only its root is known."""

    root: Path
    head: str | None = Field(description="The commit that HEAD is at.")
    branch: str | None
    dirty: bool | None


class Choice(Closed):
    """One component of the registry: chosen for the run, or left out, and why."""

    name: str
    chosen: bool
    reason: str
    gate: str | None = Field(description="The gate that decided.")


class GateDecision(Closed):
    """What one gate made of one component."""

    name: str
    gate: str = Field(description="What it says, where, and how it is enforced.")
    decision: Literal["blocked", "warned", "audited"]
    reason: str
    place: str | None = Field(description="Where in the registry it stands.")


class Component(Closed):
    """The component that a result belongs to, as the registry has it."""

    name: str
    version: str
    type: Literal["tool", "validator", "test"]
    lifecycle: Literal["experimental", "canary", "stable", "deprecated", "archived"]
    required: bool = Field(description="Whether the run fails where its verdict could not be had.")


class Finding(Closed):
    """One remark of a component."""

    path: Path | None = Field(description="Relative to the repository's root.")
    line: Position | None
    column: Position | None
    code: str | None = Field(description="The rule, as the tool names it.")
    severity: Literal["error", "warning", "note"]
    message: str
    fix: str | None = Field(description="What would mend it: a sentence or a patch.")


class Part(Closed):
    """One test or one piece of a task, with a verdict of its own."""

    name: str
    status: StatusWord
    duration_ms: Milliseconds | None
    message: str | None


class Usage(Closed):
    """What an attempt took of the machine; null is what the system does not tell."""

    wall_ms: Milliseconds | None
    user_ms: Milliseconds | None = Field(description="Of processors, with all processes that it waited for.")
    system_ms: Milliseconds | None
    memory_bytes: Count | None = Field(description="The most that one of its processes held at once.")
    read_bytes: Count | None = Field(description="Read from a disk; what was in memory already does not count.")
    written_bytes: Count | None
    startup_ms: Milliseconds | None = Field(description="Until its program, or its function in Python, began.")
    startup_share: Annotated[float, Field(ge=0, le=1)] | None = Field(description="Of the time on the wall.")


class Attempt(Closed):
    """One try at a task."""

    number: Position
    started_ms: Milliseconds | None = Field(description="Since the start of the run.")
    duration_ms: Milliseconds | None
    exit_code: int | None
    error: str | None
    why: str | None = Field(description="Why it was tried again.")
    usage: Usage | None = Field(description="In mode profile.")
    fix: bool = Field(description="Whether it is one of the component's fixer; those are here in mode profile.")


class Call(Closed):
    """One attempt of a call inside a component that was tried again, or that a circuit breaker did not let through."""

    name: str
    number: Position
    duration_ms: Milliseconds | None
    error: str | None = Field(description="How it failed; null where it did not.")
    why: str | None = Field(description="Why it was tried again, or not tried at all.")


class Output(Closed):
    """What an attempt printed."""

    text: str = Field(description="Its head and tail, without terminal sequences.")
    size: Count = Field(description="All bytes of it.")
    sha256: str | None
    path: Path | None = Field(description="The file that holds more of it, where the text does not hold it all.")


class Patch(Closed):
    """A change of one file."""

    path: Path
    diff: str = Field(description="Unified, as `git apply` takes it.")
    applied: bool = Field(description="Whether the user's file has it.")


class Preview(Closed):
    """What a batch would do in the run that a dry run shows."""

    command: list[str] | None = Field(description="The argument list that would be started.")
    function: str | None = Field(description="The function that would be called, module:function.")
    files: Count | None = Field(description="How many files it would be given.")
    fix: bool = Field(description="Whether it would mend.")
    fallback: str | None = Field(description="The component that would stand in, where it is that one's.")
    cache: Literal["hit", "miss", "off"] = Field(description="What is expected of remembered verdicts.")
    why: str | None = Field(description="Why they are not used.")


class Seen(Closed):
    """Where a component's inputs were looked at."""

    where: Literal["in-place", "staged", "view"]
    why: str | None = Field(description="Why not in place.")


class Result(Closed):
    """What a task came to."""

    component: Component
    status: StatusWord
    cause: str | None = Field(
        description="Why it has this status, where that is not its own verdict. More causes may be added.",
        examples=["no-files", "not-installed", "timeout", "dependency"],
    )
    reason: str | None = Field(description="The cause for people.")
    remedy: str | None = Field(description="What to do next.")
    findings: list[Finding]
    value: Json = Field(description="What the component returned: any JSON.")
    parts: list[Part]
    marked: list[str] = Field(description="retried, fallback, degraded, flaky, fixed, cached.")
    attempts: list[Attempt]
    calls: list[Call]
    cached: bool
    files: Count = Field(description="How many files were looked at.")
    output: Output | None
    changed_files: list[Path]
    patches: list[Patch] = Field(description="What fixers changed, would change, or could not change.")
    seen: Seen | None = Field(description="Where its inputs were looked at, where what is staged was to be seen.")
    command: list[str] | None = Field(description="The argument list that was started.")
    program: Path | None = Field(description="The file that was taken for the command's first word.")
    previews: list[Preview] = Field(description="Of a dry run: what each batch would do; nothing of what is skipped.")
    duration_ms: Milliseconds | None


class PlannedTask(Closed):
    """One task of a plan."""

    name: str
    fix: bool = Field(description="Whether it is the component's fixer, and not its check.")
    place: Position = Field(description="In the order in which tasks start that are ready at the same time.")
    expected_ms: Milliseconds | None = Field(description="By its earlier durations.")


class Plan(Closed):
    """The shape of the plan."""

    strategy: str = Field(examples=["full_parallel", "staged_parallel", "dependency_chains", "sequential"])
    tasks: Count
    waves: list[Count] = Field(description="How many tasks each wave has.")
    critical_path: list[str]
    estimated_ms: Milliseconds | None = Field(description="What it takes at least, by earlier durations and slots.")
    estimated_speedup: float | None = Field(description="All tasks one after another over that.")
    speedup: float | None = Field(description="All attempts one after another over the time that they were in.")
    slots: Position | None = Field(description="Of a dry run: how many batches would run at once.")
    adaptive: bool = Field(description="Whether more would run while processors are idle.")
    order: list[list[PlannedTask]] = Field(description="Of a dry run: the tasks of each wave, in their order.")


class Slow(Closed):
    """One of the slowest results."""

    name: str
    duration_ms: Milliseconds | None


class Counts(Closed):
    """How many results have each status."""

    PASS: Count
    FAIL: Count
    WARN: Count
    SKIP: Count
    TIME: Count


class Summary(Closed):
    """The results in numbers."""

    counts: Counts
    findings: Count
    files: Count
    cache_hits: Count
    slowest: list[Slow] = Field(description="Slowest first.")


class Error(Closed):
    """Why the run could not happen."""

    family: Literal["configuration", "registry", "protocol", "security", "execution"]
    code: Annotated[int, Field(ge=1, le=255)]
    message: str
    place: str | None = Field(description="file, file:line or file:line:column.")
    remedy: str | None


class Report(Closed):
    """One run of omnibase: what was chosen, what it came to, and why."""

    report_version: Version
    run_id: str
    correlation_id: str = Field(description="From TRACEPARENT, where there is one.")
    stage: str
    mode: str
    status: StatusWord | None = Field(
        description="The first of FAIL, TIME, WARN, PASS, SKIP that occurs; null where the run could not happen."
    )
    exit_code: Annotated[int, Field(ge=0, le=255)]
    started_at: Timestamp
    finished_at: Timestamp
    duration_ms: Milliseconds | None
    repository: Repository
    selection: list[Choice]
    gates: list[GateDecision] = Field(description="What the stage's gates were against, each with its decision.")
    results: list[Result]
    plan: Plan | None
    summary: Summary
    notices: list[str] = Field(description="What a user should know that is no component's result.")
    environment: Object
    metrics: Object
    error: Error | None
    signal: Annotated[int, Field(ge=1)] | None = Field(description="The signal that ended the run early.")


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Json]:
    """The schema of what `document` makes (JSON Schema, draft 2020-12)."""
    schema = Report.model_json_schema(schema_generator=_Untitled)
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": SCHEMA_ID, **schema, "title": "omnibase report"}


def main() -> None:
    """Print the schema as the file has it."""
    sys.stdout.write(canonical(json_schema()))


if __name__ == "__main__":
    main()
