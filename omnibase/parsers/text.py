"""Lines as gcc prints them, `path:line[:column]: message`, -> findings. All else is passed over."""

import re

from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding
from omnibase.parsers.collecting import Collector, is_severity, severity
from omnibase.parsers.decoding import count, lines

_LINE = re.compile(r"(?P<path>\S.*?):(?P<line>\d+)(?::(?P<column>\d+))?: ?(?P<message>\S.*)")
_SEVERITY = re.compile(r"(fatal error|[A-Za-z]{2,}) ?: +|\[([a-z]+)\] +")
_LEADING_CODE = re.compile(r"([A-Z]{1,5}\d{2,5}):? +(?=\S)")
_TRAILING_CODE = re.compile(r" \[(-W[^\]\s]+|[A-Za-z][\w./-]*)\]$")
_RULE = re.compile(r" \(([a-z][a-z0-9-]*)\)$")
_ENDING = re.compile(r"\.[\w+~-]+$")


def parse(given: ParserInput) -> Parsed:
    """Findings of stdout, then of stderr. A component without `findings:` is not read by this parser or any other.

    A severity before the message (`warning: `, `[error] `) and a code before or behind it (`F401 `, `[-Wformat]`)
    are taken from it. What states no severity is an error.
    """
    collector = Collector("the command", given)
    for stream in (given.stdout, given.stderr):
        for line in lines(stream):
            found = _LINE.match(line)
            if found and _is_path(found["path"]):
                collector.add(_finding(found, collector))
    return collector.parsed()


def _is_path(word: str) -> bool:
    """Whether this is a file and not a time of day, a host with its port, or a sentence."""
    if "://" in word or ": " in word or not any(map(str.isalpha, word)):
        return False
    name = word.rpartition("/")[2]
    return "/" in word or _ENDING.search(name) is not None or (name.endswith("file") and " " not in name)


def _finding(found: re.Match[str], collector: Collector) -> Finding:
    message: str = found["message"]
    code: str | None = None
    stated: str | None = None
    word = _SEVERITY.match(message)
    if word and is_severity(word[1] or word[2]):
        stated = word[1] or word[2]
        message = message[word.end() :]
    if leading := _LEADING_CODE.match(message):
        code = leading[1]
        message = message[leading.end() :]
    elif trailing := _TRAILING_CODE.search(message):
        code, message = trailing[1], message[: trailing.start()]
        first, _, rest = trailing[1].partition("/")
        if stated is None and is_severity(first):  # eslint: `[Error/eqeqeq]`, or `[Error]` alone
            stated, code = first, rest or None
    elif word and word[2] and (rule := _RULE.search(message)):  # yamllint: `[error] too many spaces (colons)`
        code, message = rule[1], message[: rule.start()]
    return Finding(
        message=message,
        path=collector.paths.of(found["path"]),
        line=count(found["line"]),
        column=count(found["column"]),
        code=code,
        severity=severity(stated),
    )
