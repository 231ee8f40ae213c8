"""What is to be written to a registry, decided from what was found."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from omnibase.model.record import Record
from omnibase.registry.proposing import builds, go, javascript, make, python, ruby, rust, tools
from omnibase.registry.proposing.excluding import excluded
from omnibase.registry.proposing.found import Found
from omnibase.registry.proposing.hooked import as_before, hooks, twin
from omnibase.registry.proposing.proposal import Proposal, Proposer, moved

# In the order in which components are written, which is that in which their fixers run.
PROPOSERS: tuple[Proposer, ...] = (
    python.propose,
    javascript.propose,
    rust.propose,
    go.propose,
    ruby.propose,
    builds.propose,
    tools.propose,
    make.propose,
)

LANGUAGES = {
    "python": "Python",
    "javascript": "JavaScript",
    "ts": "TypeScript",
    "tsx": "TSX",
    "vue": "Vue",
    "svelte": "Svelte",
    "rust": "Rust",
    "go": "Go",
    "ruby": "Ruby",
    "java": "Java",
    "kotlin": "Kotlin",
    "php": "PHP",
    "elixir": "Elixir",
    "c": "C",
    "c++": "C++",
    "c#": "C#",
    "swift": "Swift",
    "shell": "shell",
    "terraform": "Terraform",
    "dockerfile": "Dockerfile",
    "markdown": "Markdown",
    "yaml": "YAML",
    "json": "JSON",
    "toml": "TOML",
}


class Draft(Record):
    """A registry to be: `exclude` are globs with the reason for each, `markdown` says that there are such files.

    `left_out` are proposals that gave way to another, with its name; `hooks` are those of pre-commit's configuration
    with the component that does the same, or None.
    """

    languages: tuple[tuple[str, int], ...] = ()
    proposals: tuple[Proposal, ...] = ()
    left_out: tuple[tuple[Proposal, str], ...] = ()
    exclude: tuple[tuple[str, str], ...] = ()
    hooks: tuple[tuple[str, str | None], ...] = ()
    markdown: bool = False


def draft(found: Found, projects: Mapping[str, Found], folder: str = "") -> Draft:
    """Decide from what is found in the folder that the registry is for, and in the projects below it by their folders.

    `folder` is relative to the repository's root, empty for that itself. Names are unique.
    """
    chosen: list[Proposal] = []
    left_out: list[tuple[Proposal, str]] = []
    for name, inside in {"": found, **projects}.items():
        more, less = _of_one(inside)
        place = posixpath.join(folder, name).rstrip("/")
        chosen += [moved(proposal, place, name) if place else proposal for proposal in more]
        left_out += [(moved(proposal, place, name) if place else proposal, other) for proposal, other in less]
    wanted = hooks(found)
    proposals = tuple(_unique(as_before(proposal, wanted) for proposal in chosen))
    counts = sorted(
        ((name, found.types[tag]) for tag, name in LANGUAGES.items() if found.types.get(tag)),
        key=lambda pair: -pair[1],
    )
    return Draft(
        tuple(counts),
        proposals,
        tuple(left_out),
        tuple(excluded(found.paths, folder)),
        tuple((hook, twin(hook, proposals)) for hook in wanted),
        "markdown" in found.types,
    )


def _of_one(found: Found) -> tuple[list[Proposal], list[tuple[Proposal, str]]]:
    proposals = [proposal for propose in PROPOSERS for proposal in propose(found)]
    first = {proposal.purpose: proposal.name for proposal in reversed(proposals) if not proposal.fallback}
    chosen = [proposal for proposal in proposals if not proposal.fallback or proposal.purpose not in first]
    left_out = [(one, first[one.purpose]) for one in proposals if one.fallback and one.purpose in first]
    return chosen, left_out


def _unique(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    taken: set[str] = set()
    for proposal in proposals:
        name, number = proposal.name, 2
        while name in taken:
            name, number = f"{proposal.name}-{number}", number + 1
        taken.add(name)
        yield proposal._replace(name=name)
