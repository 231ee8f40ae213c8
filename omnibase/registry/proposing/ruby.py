"""Ruby: rubocop where it is configured, and the tests."""

from collections.abc import Iterator

from omnibase.model.component import FileSet
from omnibase.registry.proposing.found import Found, first
from omnibase.registry.proposing.proposal import Proposal


def propose(found: Found) -> Iterator[Proposal]:
    """Programs of the bundle run through it."""
    bundle = ("bundle", "exec") if "Gemfile" in found.paths else ()
    why = first(found, ".rubocop.yml")
    if why:
        through = bundle if "rubocop" in found.texts.get("Gemfile", "") else ()
        yield Proposal(
            "rubocop",
            why,
            "Lint Ruby with rubocop",
            "lint",
            (*through, "rubocop", "--force-exclusion", "--format", "emacs", "{files}"),
            FileSet(types=("ruby",)),
            (*through, "rubocop", "--force-exclusion", "--autocorrect", "{files}"),
            "text",
            at_commit=True,
            language="ruby",
        )
    why = first(found, ".rspec")
    command: tuple[str, ...] = (*bundle, "rspec")
    if not why and "Rakefile" in found.paths and any(path.startswith("test/") for path in found.paths):
        why, command = "Rakefile and test/", (*bundle, "rake", "test")
    if why:
        yield Proposal(
            "ruby-test",
            why,
            "Run the tests",
            "test",
            command,
            idempotent=False,
            timeout="20m",
            language="ruby",
        )
