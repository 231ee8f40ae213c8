"""Go: what comes with the language, and golangci-lint where it is configured."""

from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.registry.proposing.found import Found, first
from omnibase.registry.proposing.proposal import SLOW, Proposal

MANIFEST = "go.mod"
_MODULE = FileSet(include=("*.go", "go.mod", "go.sum"))
_GOLANGCI = tuple(f".golangci.{ending}" for ending in ("yml", "yaml", "toml", "json"))

# gofmt ends with 0 whatever it finds, so that the shell has to look at what it lists
_UNFORMATTED = 'list=$(gofmt -l "$@") && test -z "$list" || { printf "%s\\n" "$list"; exit 1; }'


def propose(found: Found) -> Iterator[Proposal]:
    """Formatter, linters and tests of a module."""
    if MANIFEST not in found.paths:
        return
    yield Proposal(  # noqa: S604 - a record of it, nothing is run
        "gofmt",
        MANIFEST,
        "Go is formatted as gofmt does",
        "format",
        (_UNFORMATTED, "{files}"),
        FileSet(types=("go",)),
        ('gofmt -w "$@"', "{files}"),
        findings=r"^(?P<path>.+\.go)$",
        regex=True,
        at_commit=True,
        shell=True,
        language="go",
        hooks=("go-fmt",),
    )
    yield Proposal(
        "go-vet",
        MANIFEST,
        "Look for suspicious Go with go vet",
        "lint",
        ("go", "vet", "./..."),
        _MODULE,
        findings="text",
        timeout="10m",
        idempotent=False,
        language="go",
        notes=(SLOW,),
    )
    config = first(found, *_GOLANGCI)
    if config:
        yield Proposal(
            "golangci-lint",
            config,
            "Lint Go with golangci-lint",
            "lint",
            ("golangci-lint", "run"),
            _MODULE,
            ("golangci-lint", "run", "--fix"),
            "text",
            timeout="10m",
            idempotent=False,
            language="go",
            hooks=("golangci-lint-full", "golangci-lint-mod"),
            notes=(SLOW,),
        )
    yield Proposal(
        "go-test",
        MANIFEST,
        "Run the tests with go",
        "test",
        ("go", "test", "./..."),
        idempotent=False,
        timeout="20m",
        language="go",
    )
