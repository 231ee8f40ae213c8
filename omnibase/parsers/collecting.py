"""What every parser gives: findings with their paths mapped, within bounds, and the words for what went wrong."""

from collections.abc import Iterable

from omnibase.core.redaction import visible
from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding, Part, Severity
from omnibase.parsers.decoding import NO_JSON, lines
from omnibase.parsers.paths import Paths

MAX_FINDINGS = 10_000
MAX_PARTS = 100_000
MAX_MESSAGE = 2_000  # characters
MAX_CODE = 200  # characters

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_WORDS = {
    Severity.ERROR: "error err e fatal f critical failure failed high",
    Severity.WARNING: "warning warn w medium moderate",
    Severity.NOTE: "note n info information i notice remark hint help suggestion style convention c refactor r none",
}
_SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_SEVERITIES["fatal error"] = Severity.ERROR


class Collector:
    """Takes the findings of one output as they are read. `tool` is what a problem calls the command."""

    __slots__ = ("_findings", "_given", "_left", "_worst", "paths", "tool")

    def __init__(self, tool: str, given: ParserInput) -> None:
        self.tool = tool
        self.paths = Paths(given.root, given.cwd)
        self._given = given
        self._findings: list[Finding] = []
        self._left = 0
        self._worst = Severity.NOTE

    def add(self, finding: Finding) -> None:
        """Take a finding whose path is mapped. Of those over the limit only the worst severity is not lost."""
        worse = _RANK[finding.severity] < _RANK[self._worst]
        if worse:
            self._worst = finding.severity
        if len(self._findings) >= MAX_FINDINGS:
            self._left += 1
            if worse:
                self._findings[-1] = bounded(finding)
            return
        self._findings.append(bounded(finding))

    def parsed(self, problem: str | None = None, parts: Iterable[Part] = (), left: int = 0) -> Parsed:
        """The whole. `left` counts the parts that are over the limit.

        An exit code that is not 0 without a finding that explains it is a problem.
        """
        if problem is None and not self._findings and self._given.exit_code != 0:
            problem = f"{self.tool} {ended(self._given)} and reported nothing"
        if problem is not None:
            said = last_words(self._given)
            problem = shortened(f"{problem}: {said}" if said and not self._findings else problem)
        findings = list(self._findings)
        if self._left:
            findings.append(Finding(f"{self._left} more findings are left out", severity=Severity.NOTE))
        if left:
            findings.append(Finding(f"{left} more tests are left out", severity=Severity.NOTE))
        return Parsed(tuple(findings), tuple(parts), problem)


def bounded(finding: Finding) -> Finding:
    """The finding with texts that are of bounded length and can be shown."""
    return finding._replace(
        message=shortened(finding.message) or "(no message)",
        code=shortened(finding.code, MAX_CODE) if finding.code else None,
        fix=shortened(finding.fix) if finding.fix else None,
    )


def shortened(text: str, limit: int = MAX_MESSAGE) -> str:
    """The text without space around it, at most `limit` characters long, and such as can be shown."""
    text = visible(text[: limit + 100].strip())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_severity(word: str) -> bool:
    """Whether some tool uses the word for a severity."""
    return word.lower() in _SEVERITIES


def severity(word: str | None, default: Severity = Severity.ERROR) -> Severity:
    """What a tool's own word for a severity means here."""
    return _SEVERITIES.get(word.lower(), default) if word else default


def ended(given: ParserInput) -> str:
    """How the command ended, as words that follow its name."""
    return "was ended by a signal" if given.exit_code is None else f"ended with exit code {given.exit_code}"


def unreadable(tool: str, given: ParserInput, problem: str, option: str) -> str:
    """That the output of a tool that writes JSON cannot be read; where it holds none, the option that it needs."""
    hint = f" (its command needs {option})" if problem == NO_JSON else ""
    return f"{tool} {ended(given)} and its output cannot be read: {problem}{hint}"


def last_words(given: ParserInput) -> str:
    """Why the command failed, as it says itself: its last line about an error, or its last two, of stderr if any."""
    for stream in (given.stderr, given.stdout):
        # Rules of `=` and `-` are decoration, and a document is not what a tool says of itself.
        said = [line.strip(" =-\t") for line in lines(stream[-8_000:], 200) if not line.startswith(("[]", "[{", "{"))]
        said = [line for line in said if line][-20:]
        errors = [line for line in said if "error" in line.lower()]
        if said:
            return visible(errors[-1] if errors else " / ".join(said[-2:]))
    return ""


def printed(given: ParserInput) -> bytes:
    """The output of a tool that writes to the report's path where it is told to, and else to stdout."""
    return given.stdout if given.report is None else given.report
