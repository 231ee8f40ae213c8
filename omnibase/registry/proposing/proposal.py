"""What is proposed for a registry: a component, why it is proposed, and how it moves to a folder."""

from collections.abc import Callable, Iterable
from typing import Literal

from omnibase.model.component import FileSet
from omnibase.model.record import Record
from omnibase.registry.proposing.found import Found


class Proposal(Record):
    """A component to be. `why` names what it was found by; `notes` say what may have to be adjusted.

    `findings` is the name of a parser, or a regular expression (with `regex`). `hooks` are the names that the same
    check has as a hook of pre-commit. What is `at_commit` has the tag pre-commit. A `fallback` gives way to any other
    proposal of its purpose.
    """

    name: str
    why: str
    description: str
    purpose: Literal["lint", "format", "types", "test"]
    command: tuple[str, ...]
    files: FileSet = FileSet()
    fix: tuple[str, ...] = ()
    findings: str | None = None
    regex: bool = False
    at_commit: bool = False
    idempotent: bool = True
    shell: bool = False
    timeout: str | None = None
    language: str = ""
    hooks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fallback: bool = False
    cwd: str | None = None


Proposer = Callable[[Found], Iterable[Proposal]]

SLOW = "It looks at the whole project, and so does not run at commit; with the tag pre-commit it does."


def moved(proposal: Proposal, folder: str, name: str) -> Proposal:
    """The proposal for a folder below the root: it runs there. Its name begins with `name`, where that is not empty."""
    files = proposal.files
    return proposal._replace(
        name=f"{_name(name)}-{proposal.name}" if name else proposal.name,
        why=f"{proposal.why} ({name}/)" if name else proposal.why,
        cwd=folder,
        files=files._replace(
            include=tuple(_below(folder, glob) for glob in files.include or ("**",)),
            exclude=tuple(_below(folder, glob) for glob in files.exclude),
        ),
    )


def literal(path: str) -> str:
    """A path as a glob that matches it alone."""
    return "".join(f"\\{char}" if char in "\\*?[]!# " else char for char in path)


def _below(folder: str, glob: str) -> str:
    """A gitignore-style pattern as it reads from the root."""
    anchored = "/" in glob.rstrip("/")
    return f"{literal(folder)}/{glob.lstrip('/')}" if anchored or glob == "**" else f"{literal(folder)}/**/{glob}"


def _name(folder: str) -> str:
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in folder)
    return kept.lstrip(".-")[:60] or "folder"
