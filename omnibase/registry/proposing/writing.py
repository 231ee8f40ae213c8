"""The text of a `registry.yaml`: a draft, with the reasons beside what they are for."""

import json
import re
from collections.abc import Iterable, Iterator

from omnibase.registry.proposing.draft import Draft
from omnibase.registry.proposing.hooked import PRE_COMMIT
from omnibase.registry.proposing.proposal import Proposal

WIDTH = 80  # of prettier and yamllint, whose defaults leave the file as it is

# What needs no quotes anywhere in YAML 1.2, inside `[...]` included.
_PLAIN = re.compile(r"(?:[A-Za-z_/]|\.{1,2}[A-Za-z/]|--?[A-Za-z])[\w./+=-]*|\.", re.ASCII)
_PHRASE = re.compile(r"[A-Za-z][\w ,.'`+-]*", re.ASCII)
_WORD = re.compile(r"(?:`[^`]*`|[^\s`]|`)+")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"))


def text(draft: Draft, requires: str) -> str:
    """The registry's file. `requires` is the range of omnibase's versions that can read it."""
    return "\n".join([*_head(draft, requires), *_stages(), *_components(draft)]) + "\n"


def scalar(value: str) -> str:
    """A text as YAML, plain where that is read as the same text."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if ("\\" in value or '"' in value) and "'" not in value and value.isprintable():
        return f"'{value}'"  # a pattern is easier to read and to change without doubled backslashes
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)


def comment(said: str, indent: str = "") -> list[str]:
    """Lines of a comment; what is no text for a line is escaped, and what is between backquotes stays in one piece."""
    lines: list[str] = []
    for word in _WORD.findall(" ".join(said.split())):
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in word)
        if lines and len(lines[-1]) + 1 + len(shown) <= WIDTH:
            lines[-1] += f" {shown}"
        else:
            lines.append(f"{indent}# {shown}")
    return lines


def _head(draft: Draft, requires: str) -> Iterator[str]:
    yield "# What is checked, tested and mended in this repository:"
    yield "# `omnibase orch --stage pre-commit` at commit, `omnibase orch --stage ci` in CI."
    yield "#"
    yield "# `omnibase init` wrote it from what it found; change what does not fit."
    yield "# `omnibase registry validate` checks it, `omnibase registry schema` has all keys."
    yield from _about_pre_commit(draft)
    yield 'schema_version: "1"'
    yield f"requires_omnibase: {scalar(requires)}"
    yield from comment("Checks of text, syntax and repository hygiene; `omnibase registry list` shows them.")
    yield "plugins: [omnibase_files]"
    if draft.exclude:
        yield ""
        yield from comment("What no component looks at.")
        yield "exclude:"
        last = ""
        for glob, reason in draft.exclude:
            if reason != last:
                yield from comment(reason, "  ")
            yield f"  - {scalar(glob)}"
            last = reason
    yield ""


def _about_pre_commit(draft: Draft) -> Iterator[str]:
    if not draft.hooks:
        return
    known = [hook if hook == twin else f"{hook} (as {twin})" for hook, twin in draft.hooks if twin]
    missing = [hook for hook, twin in draft.hooks if not twin]
    yield "#"
    said = f"{PRE_COMMIT} stays as it is."
    if known:
        said += f" Of its hooks, these are here: {', '.join(known)}; their arguments and `exclude` were not taken over."
    if missing:
        said += f" These are not: {', '.join(missing)}."
    yield from comment(said)


def _stages() -> Iterator[str]:
    yield "stages:"
    yield from comment(
        "Stable components run at commit, too. `fix: true` lets fixers mend what is staged; a commit that was mended "
        "stops, so that you can look at the change and stage it.",
        "  ",
    )
    yield "  pre-commit:"
    yield '    select: "tag=pre-commit,lifecycle=canary|stable"'
    yield "    mode: async"
    yield "    fix: true"
    yield ""


def _components(draft: Draft) -> Iterator[str]:
    entries = [_component(proposal) for proposal in draft.proposals]
    if draft.markdown:
        entries.append(_markdown())
    if not entries:
        yield from comment("No tool that is configured here was found. An entry, in place of the last line:")
        yield "# components:"
        yield "#   - name: tests"
        yield "#     type: test"
        yield "#     lifecycle: stable"
        yield "#     command: [make, test]"
        yield "components: []"
        return
    yield "components:"
    for number, entry in enumerate(entries):
        yield from ("",) if number else ()
        yield from entry
    yield ""
    yield from _shipped()
    if draft.left_out:
        yield ""
        for proposal, other in draft.left_out:
            command = " ".join(proposal.command)
            yield from comment(f"Left out: `{command}` ({proposal.why}), as {other} is there for it.", "  ")


def _component(proposal: Proposal) -> Iterator[str]:
    yield from comment(" ".join((f"Found: {proposal.why}.", *proposal.notes)), "  ")
    yield f"  - name: {scalar(proposal.name)}"
    if proposal.purpose == "test":
        yield "    type: test"
    yield "    lifecycle: stable"
    tags = ("pre-commit" if proposal.at_commit else "", proposal.language, proposal.purpose)
    yield f"    tags: {_list(filter(None, tags))}"
    phrase = proposal.description
    yield f"    description: {phrase if _PHRASE.fullmatch(phrase) else scalar(phrase)}"
    if proposal.idempotent:
        yield "    idempotent: true"
    files = [(key, values) for key, values in proposal.files._asdict().items() if values]
    if files:
        yield "    files:"
        for key, values in files:
            yield from _listed(f"      {key}", values)
    if proposal.cwd:
        yield f"    cwd: {scalar(proposal.cwd)}"
    if proposal.shell:
        yield "    shell: true"
    yield from _listed("    command", proposal.command)
    if proposal.fix:
        yield from _listed("    fix", proposal.fix)
    if proposal.findings:
        value = scalar(proposal.findings)
        yield from ("    findings:", f"      regex: {value}") if proposal.regex else (f"    findings: {value}",)
    if proposal.timeout:
        yield f"    timeout: {proposal.timeout}"


def _shipped() -> Iterator[str]:
    yield from comment("A check of omnibase_files that does not fit can be narrowed or dropped, for example:", "  ")
    yield "  # - name: check-added-large-files"
    yield "  #   uses: omnibase_files"
    yield "  #   settings: {max_kb: 2000}  # or `lifecycle: archived`, to drop it"


def _markdown() -> Iterator[str]:
    yield from comment("In Markdown, two blanks at the end of a line are a line break.", "  ")
    yield "  - name: trailing-whitespace"
    yield "    uses: omnibase_files"
    yield "    settings:"
    yield "      markdown_linebreak_extensions: [md, markdown]"


def _listed(key: str, values: Iterable[str]) -> Iterator[str]:
    whole = f"{key}: {_list(values)}"
    if len(whole) <= WIDTH:
        yield whole
        return
    indent = " " * (len(key) - len(key.lstrip()))
    yield f"{key}:"
    for value in values:
        yield f"{indent}  - {scalar(value)}"


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(scalar, values))}]"
