"""The entries of `registry.yaml` that make up a component: each key, what it may be, and what it is for."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from omnibase.model.component import ComponentType, Lifecycle
from omnibase.model.result import Severity
from omnibase.registry.kinds import (
    FILES,
    MAX_JOBS,
    Date,
    Duration,
    FileType,
    Folder,
    Globs,
    KindError,
    Name,
    Regex,
    SemVer,
    Source,
    Text,
    Variable,
    VersionRange,
    shown,
)
from omnibase.registry.mappings import Entry, Lax, list_or_mapping, text_or_mapping
from omnibase.registry.recovery_entries import Breaker, LimitsEntry, RetryEntry

Json = Any


class FilesEntry(Entry):
    include: Globs = Field([], description="Gitignore-style patterns; left out: all files.", examples=[["src/**"]])
    exclude: Globs = Field(
        [], description="Gitignore-style patterns of what is not looked at.", examples=[["*.min.js"]]
    )
    types: list[FileType] = Field([], description="Types of identify; a file has all of them.", examples=[["python"]])
    types_or: list[FileType] = Field([], description="Types; a file has one of them.", examples=[["yaml", "json"]])
    exclude_types: list[FileType] = Field([], description="Types; a file has none of them.", examples=[["symlink"]])


class FindingsEntry(Entry):
    regex: Regex = Field(
        description="A regular expression for a line of output, with named groups such as path, line, column, message.",
        examples=[r"^(?P<path>[^:]+):(?P<line>\d+): (?P<message>.*)$"],
    )
    severity: Annotated[Severity, Lax] | None = Field(None, description="What each match is.", examples=["warning"])


class NeedEntry(Entry):
    name: Name = Field(description="The component that has to succeed first.", examples=["generate"])
    version: VersionRange | None = Field(None, description="The versions of it that will do.", examples=[">=1,<2"])


class CacheEntry(Entry):
    inputs: Globs = Field([], description="Further files that the verdict depends on.", examples=[["pyproject.toml"]])
    env: list[Variable] = Field([], description="Variables that the verdict depends on.", examples=[["RUFF_CONFIG"]])


class CapabilitiesEntry(Entry):
    network: Text | None = Field(None, description="What of the network it may use.", examples=["none"])
    write: Globs = Field([], description="What it may write to.", examples=[["build/**"]])


class BatchEntry(Entry):
    files: int = Field(ge=1, description="At most so many files for one process.", examples=[50])


Resources = Annotated[
    Annotated[list[Name], Tag("~names")] | Annotated[dict[Name, Annotated[int, Field(ge=1)]], Tag("~amounts")],
    Discriminator(list_or_mapping),
]


class ComponentEntry(Entry):
    """A component, or an adjustment of one that a plugin brings."""

    name: Name = Field(description="Its name, unique in the registry.", examples=["ruff"])
    uses: Source | None = Field(
        None,
        description="The plugin, or plugin/component, that it is taken from. What is given beside it replaces the "
        "plugin's; `args` are added, `settings` and `files` are replaced one by one.",
        examples=["omnibase_files", "omnibase_files/check-yaml"],
    )
    version: SemVer | None = Field(None, description="The version of this declaration (SemVer).", examples=["1.0.0"])
    type: Annotated[ComponentType, Lax] | None = Field(
        None, description="What it is; left out: validator.", examples=["validator"]
    )
    lifecycle: Annotated[Lifecycle, Lax] | None = Field(
        None, description="How far it may be relied on; left out: experimental.", examples=["stable"]
    )
    tags: list[Name] = Field([], description="What it can be selected by.", examples=[["pre-commit", "lint"]])
    description: Text | None = Field(None, description="What it is for, in a line.", examples=["Lint Python with ruff"])
    idempotent: bool | None = Field(
        None,
        description="Same input, same output, and no other effect. Left out: false, true for pure Python checks.",
        examples=[True],
    )
    files: FilesEntry | None = Field(None, description="Which files it looks at.", examples=[{"types": ["python"]}])
    shell: bool = Field(False, description="Give the one text of `command` to /bin/sh.", examples=[True])
    command: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None,
        description='The program and its arguments. "{files}" stands for the paths, {report} for a file to write to.',
        examples=[["ruff", "check", "--output-format=json", "{files}"]],
    )
    fix: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="The writing twin of `command`, for --fix.", examples=[["ruff", "check", "--fix", "{files}"]]
    )
    fixes: bool | None = Field(None, description="It changes files by itself.", examples=[True])
    findings: (
        Annotated[
            Annotated[Name, Tag("~text")] | Annotated[FindingsEntry, Tag("~mapping")], Discriminator(text_or_mapping)
        ]
        | None
    ) = Field(None, description="How to read its output: a parser's name, or {regex: ...}.", examples=["ruff"])
    args: list[Text] = Field([], description="Arguments added to the command.", examples=[["--select", "E"]])
    after: list[Name] = Field([], description="Runs after these where they run too.", examples=[["format"]])
    needs: list[
        Annotated[Annotated[Name, Tag("~text")] | Annotated[NeedEntry, Tag("~mapping")], Discriminator(text_or_mapping)]
    ] = Field([], description="Runs after these have succeeded, and pulls them in.", examples=[["generate"]])
    required: bool | None = Field(
        None, description="A missing program fails the run; false: it is skipped. Left out: true.", examples=[False]
    )
    always_run: bool | None = Field(None, description="Runs without matching files as well.", examples=[True])
    env: dict[Variable, Text] = Field({}, description="Further variables.", examples=[{"RUFF_CACHE_DIR": ".cache"}])
    cwd: Folder | None = Field(None, description="Where it runs, inside the repository.", examples=["frontend"])
    timeout: Duration | None = Field(None, description="The time allowed for one attempt.", examples=["60s"])
    deadline: Duration | None = Field(
        None, description="The time allowed for all attempts and the waits between them.", examples=["5m"]
    )
    retry: RetryEntry | None = Field(
        None, description="When an attempt that failed in passing is made again.", examples=[{"attempts": 5}]
    )
    breaker: Breaker | None = Field(
        None,
        description="When it is left alone for a while, after failing in passing too often; false: never.",
        examples=[{"failures": 3}, False],
    )
    limits: LimitsEntry | None = Field(None, description="What one attempt may use.", examples=[{"mem_mb": 512}])
    fallback: Name | None = Field(
        None,
        description="The component that stands in where this one comes to no verdict of its own.",
        examples=["ruff-offline"],
    )
    degraded: Literal["warn"] | None = Field(
        None, description="Where it comes to no verdict of its own, that is a WARN.", examples=["warn"]
    )
    secrets: list[Variable] = Field(
        [],
        description="Variables whose values are kept out of all records, beside those of `defaults`.",
        examples=[["REGISTRY_LOGIN"]],
    )
    cache: CacheEntry | None = Field(None, description="Accepted and shown, not enforced yet.")
    capabilities: CapabilitiesEntry | None = Field(None, description="Accepted and shown, not enforced yet.")
    batch: BatchEntry | None = Field(None, description="How its files are cut into processes.")
    cost: int | None = Field(
        None, ge=1, le=MAX_JOBS, description="The slots that one batch of it takes; left out: 1.", examples=[2]
    )
    exclusive: bool | None = Field(None, description="Nothing runs beside it.", examples=[True])
    resources: Resources | None = Field(
        None,
        description="What it holds while it runs, of what the registry has in `resources`: names, or how much of each.",
        examples=[["database"], {"gpu": 2}],
    )
    jobserver: bool | None = Field(
        None,
        description="It is given make's tokens, so that a make in it runs in parallel within the slots of the run.",
        examples=[True],
    )
    settings: dict[Name, Json] = Field(
        {}, description="Keyword-only parameters of a component in Python.", examples=[{"max_kb": 500}]
    )
    executor: Name | None = Field(None, description="What makes its batches, where a plugin brings one.")
    owner: Text | None = Field(None, description="Who looks after it.", examples=["@platform"])
    since: Text | None = Field(
        None,
        description="When it came: a version, or the day that gates measure its age from.",
        examples=["2026-01-31"],
    )
    sunset: Date | None = Field(
        None, description="The day from which it is no longer to be used.", examples=["2027-01-31"]
    )
    replaced_by: Name | None = Field(None, description="The component to use instead.", examples=["ruff"])

    @field_validator("command", "fix")
    @classmethod
    def _check_command(cls, value: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if value is not None:
            check_arguments(value, shell=bool(info.data.get("shell")))
        return value


def check_arguments(arguments: list[str], *, shell: bool) -> None:
    """Raises KindError where `{files}` or a shell's text is not where it can be used."""
    places = [number for number, argument in enumerate(arguments) if FILES in argument]
    for number in places:
        if arguments[number] != FILES:
            remedy = f'write "{FILES}" as an argument of its own' + (', and "$@" for it in the text' if shell else "")
            raise KindError(f"{FILES} cannot be part of an argument, found {shown(arguments[number])}", remedy, number)
    if len(places) > 1:
        raise KindError(f"{FILES} is there already", "keep one of the two", places[1])
    if arguments[0] in ("", FILES):
        raise KindError(f"expected a program, found {shown(arguments[0])}", "write the program's name in front", 0)
    if shell and arguments[1:] not in ([], [FILES]):
        raise KindError(
            f"with `shell: true` expected one text, found {len(arguments)} arguments",
            "write the whole command line as one text, or leave out `shell`",
        )
