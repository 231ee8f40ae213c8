"""Makefile: its usual targets, where nothing else was found that does the same."""

import re
from collections.abc import Iterator

from omnibase.registry.proposing.found import Found, first
from omnibase.registry.proposing.proposal import Proposal

MAKEFILES = ("GNUmakefile", "makefile", "Makefile")

_TARGET = re.compile(r"^([A-Za-z0-9][\w./ -]*+):(?!:{0,2}=)", re.MULTILINE)
_FORMAT_CHECKS = ("format-check", "check-format", "fmt-check", "check-fmt", "fmtcheck")
_FORMATS = ("format", "fmt")


def propose(found: Found) -> Iterator[Proposal]:
    """`lint`, a check of the format with its writing twin, and `test` or else `check`."""
    file = first(found, *MAKEFILES)
    targets = _targets(found.texts.get(file, "")) if file else set()
    why = f"of {file}"
    if "lint" in targets:
        yield Proposal(
            "make-lint",
            f"the target lint {why}",
            "Lint as the Makefile says",
            "lint",
            ("make", "lint"),
            idempotent=False,
            timeout="10m",
            fallback=True,
        )
    check = next((name for name in _FORMAT_CHECKS if name in targets), None)
    if check:
        write = next((name for name in _FORMATS if name in targets), None)
        yield Proposal(
            f"make-{check}",
            f"the target {check} {why}",
            "Files are formatted as the Makefile says",
            "format",
            ("make", check),
            fix=("make", write) if write else (),
            idempotent=False,
            timeout="10m",
            fallback=True,
        )
    test = next((name for name in ("test", "tests", "check") if name in targets), None)
    if test:
        yield Proposal(
            f"make-{test}",
            f"the target {test} {why}",
            "Run the tests as the Makefile says",
            "test",
            ("make", test),
            idempotent=False,
            timeout="20m",
            fallback=True,
        )


def _targets(text: str) -> set[str]:
    """The names at the beginning of rules; of assignments, patterns and variables there is nothing to run."""
    return {name for found in _TARGET.finditer(text) for name in found[1].split()}
