"""Tools of one file at a time that are known by a configuration file of their own: a row each."""

import posixpath
from collections.abc import Iterator
from typing import Literal

from omnibase.model.component import FileSet
from omnibase.model.record import Record
from omnibase.registry.proposing.found import Found, declared
from omnibase.registry.proposing.proposal import Proposal


class Tool(Record):
    """`config` are its own files; it may have a table in pyproject.toml or a section in setup.cfg, too."""

    name: str
    description: str
    config: tuple[str, ...]
    files: FileSet
    command: tuple[str, ...]
    fix: tuple[str, ...] = ()
    findings: str | None = None
    regex: bool = False
    purpose: Literal["lint", "format"] = "lint"
    section: bool = False
    hooks: tuple[str, ...] = ()


_MARKDOWN = FileSet(types=("markdown",))
_MARKDOWNLINT = r"^(?P<path>[^:]+):(?P<line>\d+)(?::(?P<column>\d+))? (?:error )?(?P<code>MD\S+) (?P<message>.*)$"

# Not written by anyone, so that nobody can misspell them.
LOCKS = (
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "uv.lock",
    "poetry.lock",
    "Cargo.lock",
    "Gemfile.lock",
    "composer.lock",
    "go.sum",
)

TOOLS = (
    Tool(
        "codespell",
        "Find misspelt words with codespell",
        (".codespellrc",),
        FileSet(types=("text",)),
        ("codespell", "{files}"),
        ("codespell", "--write-changes", "{files}"),
        r"^(?P<path>[^:]+):(?P<line>\d+): (?P<message>\S+ ==> .*)$",
        regex=True,
        section=True,
    ),
    Tool(
        "typos",
        "Find misspelt words with typos",
        ("typos.toml", "_typos.toml", ".typos.toml"),
        FileSet(types=("text",)),
        ("typos", "--force-exclude", "--format", "brief", "{files}"),
        ("typos", "--force-exclude", "--write-changes", "{files}"),
        "text",
        section=True,
    ),
    Tool(
        "shellcheck",
        "Lint shell scripts with shellcheck",
        (".shellcheckrc",),
        FileSet(types=("shell",), exclude_types=("zsh",)),
        ("shellcheck", "--format=gcc", "{files}"),
        findings="text",
    ),
    Tool(
        "hadolint",
        "Lint Dockerfiles with hadolint",
        (".hadolint.yaml", ".hadolint.yml"),
        FileSet(types=("dockerfile",)),
        ("hadolint", "--format", "sarif", "{files}"),
        findings="sarif",
        hooks=("hadolint-docker",),
    ),
    Tool(
        "yamllint",
        "Lint YAML with yamllint",
        (".yamllint", ".yamllint.yaml", ".yamllint.yml"),
        FileSet(types=("yaml",)),
        ("yamllint", "--format", "parsable", "{files}"),
        findings="text",
    ),
    Tool(
        "markdownlint",
        "Lint Markdown with markdownlint",
        (*(f".markdownlint.{ending}" for ending in ("json", "jsonc", "yaml", "yml")), ".markdownlintrc"),
        _MARKDOWN,
        ("markdownlint", "{files}"),
        ("markdownlint", "--fix", "{files}"),
        _MARKDOWNLINT,
        regex=True,
        hooks=("markdownlint-docker",),
    ),
    Tool(
        "markdownlint-cli2",
        "Lint Markdown with markdownlint-cli2",
        tuple(f".markdownlint-cli2.{ending}" for ending in ("jsonc", "yaml", "cjs", "mjs")),
        _MARKDOWN,
        ("markdownlint-cli2", "{files}"),
        ("markdownlint-cli2", "--fix", "{files}"),
        _MARKDOWNLINT,
        regex=True,
    ),
    Tool(
        "clang-format",
        "C and C++ are formatted as clang-format does",
        (".clang-format", "_clang-format"),
        FileSet(types_or=("c", "c++")),
        ("clang-format", "--dry-run", "--Werror", "{files}"),
        ("clang-format", "-i", "{files}"),
        "text",
        purpose="format",
    ),
)

TERRAFORM = Tool(
    "terraform-fmt",
    "Terraform files are formatted",
    (),
    FileSet(types=("terraform",)),
    ("terraform", "fmt", "-check", "-diff", "{files}"),
    ("terraform", "fmt", "{files}"),
    purpose="format",
    hooks=("terraform_fmt",),
)


def propose(found: Found) -> Iterator[Proposal]:
    """A component for each tool that is configured; terraform formats whatever of its files there are."""
    locks = tuple(name for name in LOCKS if any(posixpath.basename(path) == name for path in found.paths))
    for tool in TOOLS:
        named = (tool.name,) if tool.section else ()
        why = declared(found, tool.config, named, named)
        if why:
            yield _proposal(tool, why, locks if tool.name == "codespell" else ())
    if found.types.get("terraform"):
        yield _proposal(TERRAFORM, "*.tf")


def _proposal(tool: Tool, why: str, exclude: tuple[str, ...] = ()) -> Proposal:
    return Proposal(
        tool.name,
        why,
        tool.description,
        tool.purpose,
        tool.command,
        tool.files._replace(exclude=exclude),
        tool.fix,
        tool.findings,
        tool.regex,
        at_commit=True,
        hooks=tool.hooks,
    )
