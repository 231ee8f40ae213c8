"""What no component is to look at: files that were written elsewhere, and those that tests compare with."""

import posixpath
from collections.abc import Iterable, Iterator

from omnibase.registry.proposing.proposal import literal

VENDORED = ("vendor", "vendored", "third_party", "third-party", "node_modules", "_vendor")
DATA = ("testdata", "test-data", "test_data", "__snapshots__", "cassettes", "fixtures", "golden")

TESTED = "Tests compare with it."
_BLANKS = "Blanks at the end of its lines have a meaning."
_ENDINGS = {
    "*.min.js": "Minified.",
    "*.min.css": "Minified.",
    "*.map": "Generated.",
    "*.snap": TESTED,
    "*.patch": _BLANKS,
    "*.diff": _BLANKS,
}


def excluded(paths: Iterable[str], root: str = "") -> Iterator[tuple[str, str]]:
    """Globs for what is there of it, each with the reason: a fixer would do harm there.

    `paths` are relative to the folder `root` of the repository; if that is not its own root, all else is left out.
    """
    if root:
        yield "**", "Only what lies in this folder."
        yield f"!{literal(root)}/**", "Only what lies in this folder."
    lead = f"{literal(root)}/" if root else ""
    folders: dict[str, set[str]] = {}
    endings: set[str] = set()
    code: set[str] = set()
    for path in paths:
        *above, name = path.split("/")
        at = next((depth for depth, part in enumerate(above) if part in VENDORED or part in DATA), None)
        if at is not None:
            folder = "/".join(above[: at + 1])
            folders.setdefault(above[at], set()).add(folder)
            if above[at] == "fixtures" and name.endswith(".py"):  # pytest's fixtures are code
                code.add(folder)
        endings.update(ending for ending in _ENDINGS if name.endswith(ending[1:]))
    for name in (*VENDORED, *DATA):
        found = folders.get(name, set()) - code
        reason = "Written elsewhere." if name in VENDORED else TESTED
        if len(found) == 1:
            yield f"{lead}{literal(found.pop())}/**", reason
        elif found:
            yield f"{lead}**/{name}/**", reason
    for ending, reason in _ENDINGS.items():
        if ending in endings:
            yield ending, reason


def aside(folder: str) -> bool:
    """Whether what lies in a folder is no project of its own: examples, tests, others' code."""
    return any(part.startswith(".") or part in _ASIDE for part in posixpath.normpath(folder).split("/"))


_ASIDE = frozenset((*VENDORED, *DATA, "tests", "test", "examples", "example", "docs", "doc", "fuzz", "benches"))
