"""What a `.pre-commit-config.yaml` has run so far, and which of it has a twin in a registry."""

import re
from collections.abc import Iterable

from omnibase.registry.proposing.found import Found
from omnibase.registry.proposing.proposal import Proposal

PRE_COMMIT = ".pre-commit-config.yaml"

# The checks of omnibase_files, and what pre-commit-hooks calls them where that is something else.
_SHIPPED = {
    **dict.fromkeys(("fix-byte-order-marker", "check-byte-order-marker"), "byte-order-mark"),
    "end-of-file-fixer": "end-of-file",
    **{
        name: name
        for name in (
            "trailing-whitespace",
            "mixed-line-ending",
            "check-yaml",
            "check-json",
            "check-toml",
            "check-ast",
            "debug-statements",
            "check-merge-conflict",
            "detect-private-key",
            "check-added-large-files",
        )
    },
}
# Ids are looked for line by line: what is wrong elsewhere in the file does not matter, and nothing is expanded.
_ID = re.compile(r"""^(?:[^#\n]*[\s{,-])?id:\s*["']?([\w.-]+)""", re.MULTILINE)


def hooks(found: Found) -> tuple[str, ...]:
    """The ids of the hooks, each once, in their order."""
    return tuple(dict.fromkeys(_ID.findall(found.texts.get(PRE_COMMIT, ""))))


def twin(hook: str, proposals: Iterable[Proposal]) -> str | None:
    """The component that does the same as a hook."""
    if hook in _SHIPPED:
        return _SHIPPED[hook]
    return next((one.name for one in proposals if hook in (one.name, *one.hooks)), None)


def as_before(proposal: Proposal, wanted: Iterable[str]) -> Proposal:
    """What pre-commit has run at commit so far goes on to run there, slow or not."""
    if proposal.at_commit or proposal.purpose == "test" or not {proposal.name, *proposal.hooks} & set(wanted):
        return proposal
    return proposal._replace(at_commit=True, notes=(f"It runs at commit, as {PRE_COMMIT} has it there, too.",))
