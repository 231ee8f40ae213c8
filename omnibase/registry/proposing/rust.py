"""Rust: what comes with cargo."""

from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.registry.proposing.found import Found
from omnibase.registry.proposing.proposal import SLOW, Proposal

MANIFEST = "Cargo.toml"
_SOURCES = FileSet(include=("*.rs", "Cargo.toml", "Cargo.lock"))


def propose(found: Found) -> Iterator[Proposal]:
    """Formatter, linter and tests, which every crate has by convention."""
    if MANIFEST not in found.paths:
        return
    yield Proposal(
        "cargo-fmt",
        MANIFEST,
        "Rust is formatted as rustfmt does",
        "format",
        ("cargo", "fmt", "--all", "--check"),
        FileSet(types=("rust",)),
        ("cargo", "fmt", "--all"),
        at_commit=True,
        language="rust",
        hooks=("fmt", "rustfmt"),
    )
    yield Proposal(
        "cargo-clippy",
        MANIFEST,
        "Lint Rust with clippy",
        "lint",
        ("cargo", "clippy", "--all-targets", "--quiet", "--message-format=short"),
        _SOURCES,
        findings="text",
        timeout="20m",
        idempotent=False,
        language="rust",
        hooks=("clippy",),
        notes=('Its warnings do not fail a run; `args: ["--", "-Dwarnings"]` lets them.', SLOW),
    )
    yield Proposal(
        "cargo-test",
        MANIFEST,
        "Run the tests with cargo",
        "test",
        ("cargo", "test", "--quiet"),
        idempotent=False,
        timeout="20m",
        language="rust",
    )
