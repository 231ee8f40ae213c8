"""Further build tools, each known by its file and asked to run the tests, and to format where it can."""

from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.model.record import Record
from omnibase.registry.proposing.found import Found, first
from omnibase.registry.proposing.proposal import Proposal


class _Build(Record):
    """`formats` are the checking and the writing command, for files of the `type`."""

    language: str
    files: tuple[str, ...]
    test: tuple[str, ...]
    formats: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    type: str = ""


BUILDS = (
    _Build("gradle", ("gradlew",), ("./gradlew", "--quiet", "test")),
    _Build("maven", ("mvnw",), ("./mvnw", "--batch-mode", "--quiet", "test")),
    _Build("maven", ("pom.xml",), ("mvn", "--batch-mode", "--quiet", "test")),
    _Build("phpunit", ("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"), ("vendor/bin/phpunit",)),
    _Build(
        "mix",
        ("mix.exs",),
        ("mix", "test"),
        (("mix", "format", "--check-formatted", "{files}"), ("mix", "format", "{files}")),
        "elixir",
    ),
)


def propose(found: Found) -> Iterator[Proposal]:
    """Tests, and the formatter where the build tool has one."""
    seen: set[str] = set()
    for build in BUILDS:
        why = first(found, *build.files)
        if not why or build.language in seen:
            continue
        seen.add(build.language)
        if build.formats:
            yield Proposal(
                f"{build.language}-format",
                why,
                f"Files are formatted as {build.language} does",
                "format",
                build.formats[0],
                FileSet(types=(build.type,)),
                build.formats[1],
                at_commit=True,
                language=build.language,
            )
        yield Proposal(
            build.language if build.language == "phpunit" else f"{build.language}-test",
            why,
            f"Run the tests with {build.language}",
            "test",
            build.test,
            idempotent=False,
            timeout="20m",
            language=build.language,
        )
