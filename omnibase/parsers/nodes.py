"""A case of JUnit XML -> the name that pytest has for the test, such as `tests/test_a.py::TestX::test_y`.

By default (`junit_family = xunit2`) the XML has `tests.test_a.TestX` only. Which of the dots is a folder is learnt
from the `file` attributes (xunit1) and the tracebacks of all cases; where none tells, a last word with a capital is
taken for a class.
"""

import re
from collections.abc import Iterator, Sequence

from omnibase.model.ports import ParserInput
from omnibase.parsers.decoding import LINE_LIMIT, lines
from omnibase.parsers.junit import Case
from omnibase.parsers.paths import Paths

_LOCATION = re.compile(r"(\S.*?):(\d+):(?: (?:in \S.*|[\w.]*))?$")  # "path:line: Error", "path:line: in function"
_NATIVE = re.compile(r' *File "([^"]+)", line (\d+)')
_ROOTDIR = re.compile(r"rootdir: (.+?)(?:, (?:configfile|inifile|testpaths): .*)?$")
_TEXTS = ("rst", "txt", "md")  # files of doctests, which keep their ending in the dotted name


class Nodes:
    """Names for the cases of one report."""

    def __init__(self, cases: Sequence[Case], given: ParserInput, paths: Paths) -> None:
        self._paths = paths
        self._rootdir = _rootdir(given.stdout) or paths.absolute(".")
        self._relative = Paths(self._rootdir)
        self._files: dict[str, str] = {}
        for case in cases:
            if case.file:
                self._learn(case.file)
            for verdict in case.verdicts:
                for path, _ in locations(verdict.text):
                    self._learn(paths.absolute(path))

    def name(self, case: Case) -> str:
        """The node id. Where the case says too little, what it says."""
        file, classes = self._split(case)
        name = case.name if case.classname or not file else ""
        return "::".join(part for part in (file, *classes, name) if part) or "(a test without a name)"

    def path(self, case: Case) -> str | None:
        """The file of a case, relative to the repository's root."""
        file, _ = self._split(case)
        return self._paths.of(f"{self._rootdir}/{file}") if file else None

    def _learn(self, path: str) -> None:
        inside = self._relative.of(path)
        if inside and not inside.startswith("/"):
            self._files.setdefault(inside.removesuffix(".py").replace("/", "."), inside)

    def _split(self, case: Case) -> tuple[str, tuple[str, ...]]:
        dotted = case.classname
        if not dotted and case.verdicts and " " not in case.name:
            dotted = case.name  # a module that could not be collected, or skipped itself
        words = dotted.split(".")
        for end in range(len(words), 0, -1):
            file = self._files.get(".".join(words[:end]))
            if file is not None:
                return file, tuple(words[end:])
        end = len(words)
        while end > 1 and words[end - 1].lstrip("_")[:1].isupper():
            end -= 1
        if end > 1 and words[end - 1] in _TEXTS:
            return f"{'/'.join(words[: end - 1])}.{words[end - 1]}", tuple(words[end:])
        return ("/".join(words[:end]) + ".py" if dotted else ""), tuple(words[end:])


def locations(text: str) -> Iterator[tuple[str, int]]:
    """The places that a traceback names, in any of pytest's styles, in its order."""
    for line in text.split("\n"):
        if line.startswith(("E  ", "> ")):
            continue  # what was said, and the line of code
        found = _LOCATION.match(line[:LINE_LIMIT]) or _NATIVE.match(line[:LINE_LIMIT])
        if found and len(found[2]) < 10:
            yield found[1], int(found[2])


def _rootdir(stdout: bytes) -> str | None:
    """The folder that node ids are relative to, from the head of what pytest prints; not there with `-q`."""
    for line in lines(stdout[:10_000]):
        found = _ROOTDIR.match(line)
        if found and found[1].startswith("/"):
            return found[1]
    return None
