"""Versions as SemVer 2.0 has them, and ranges of versions such as ">=1,<2"."""

import re

from omnibase.model.record import Record

OPERATORS = (">=", "<=", "==", "!=", ">", "<", "=")

_LONGEST = 200  # characters: no version is longer, and int() refuses numbers beyond 4,300 digits
_NUMBER = r"(?:0|[1-9][0-9]*)"
_SUFFIX = r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
# These are compiled when first used, and kept by `re`: few runs need them.
_STRICT = rf"(?P<numbers>{_NUMBER}\.{_NUMBER}\.{_NUMBER}){_SUFFIX}"
_LENIENT = rf"(?P<numbers>{_NUMBER}(?:\.{_NUMBER}){{0,2}}){_SUFFIX}"
_PACKAGE = rf"({_NUMBER}(?:\.{_NUMBER}){{0,2}})\.?(?:(a|b|rc|dev)([0-9]+))?.*"


class Version(Record):
    """A version. Compare by `precedence`: the build says nothing about the order."""

    major: int
    minor: int = 0
    patch: int = 0
    pre: tuple[str, ...] = ()
    build: str = ""

    def __str__(self) -> str:
        pre = "-" + ".".join(self.pre) if self.pre else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}" + (f"+{self.build}" if self.build else "")


class Bound(Record):
    """One condition of a range, such as ">=1"."""

    operator: str
    version: Version


class Range(Record):
    """Conditions that a version has to meet, all of them."""

    bounds: tuple[Bound, ...]

    def __str__(self) -> str:
        return ",".join(f"{bound.operator}{bound.version}" for bound in self.bounds)


Precedence = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def parse(text: str) -> Version:
    """A full version such as "1.4.0" or "2.0.0-rc.1+build.5" (https://semver.org, 2.0.0). Raises ValueError."""
    return _version(text, _STRICT, 'a version has three numbers, such as "1.4.0"')


def parse_operand(text: str) -> Version:
    """A version that something is compared with: "1" and "1.2" stand for 1.0.0 and 1.2.0. Raises ValueError."""
    return _version(text, _LENIENT, 'a version looks like "1", "1.2" or "1.4.0"')


def parse_package(text: str) -> Version:
    """The version of a Python distribution (PEP 440) as near as SemVer comes to it: "1.2rc1" is 1.2.0-rc.1.

    Raises ValueError.
    """
    match = re.fullmatch(_PACKAGE, text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f'{_shown(text)} is no version: one looks like "1.4.0" or "1.4.0rc1"')
    return _numbers(match[1])._replace(pre=(match[2], match[3]) if match[2] else ())


def parse_range(text: str) -> Range:
    """A range: conditions with a comma between them, each an operator and a version. Raises ValueError."""
    if len(text) > 5 * _LONGEST:
        raise ValueError(f"a range has at most {5 * _LONGEST:,} characters, found {len(text):,}")
    bounds = []
    for part in text.split(","):
        condition = part.strip()
        operator = next((one for one in OPERATORS if condition.startswith(one)), None)
        if operator is None:
            raise ValueError(
                f"{_shown(condition)} does not start with one of {', '.join(OPERATORS)}"
                if condition
                else 'a condition is missing: a range looks like ">=1,<2"'
            )
        version = parse_operand(condition[len(operator) :].strip())
        bounds.append(Bound("==" if operator == "=" else operator, version))
    return Range(tuple(bounds))


def precedence(version: Version) -> Precedence:
    """What versions are ordered by: SemVer 2.0, section 11."""
    pre = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in version.pre)
    return (version.major, version.minor, version.patch, 0 if pre else 1, pre)


def holds(bound: Bound, version: Version) -> bool:
    """Whether the version meets the condition.

    "<2" does not hold for 2.0.0-rc.1, which belongs to what 2 changes, unless the bound is a pre-release itself
    (PEP 440 has it so).
    """
    operator, limit = bound
    ours, theirs = precedence(version), precedence(limit)
    if operator == "<":
        return ours < theirs and not (version.pre and not limit.pre and ours[:3] == theirs[:3])
    if operator == "<=":
        return ours <= theirs
    if operator == ">":
        return ours > theirs
    if operator == ">=":
        return ours >= theirs
    return (ours == theirs) is (operator != "!=")


def within(version: Version, range: Range) -> bool:
    """Whether the version meets all conditions of the range."""
    return all(holds(bound, version) for bound in range.bounds)


def _version(text: str, grammar: str, expected: str) -> Version:
    match = re.fullmatch(grammar, text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"{_shown(text)} is no version: {expected}")
    groups = match.groupdict()
    pre = tuple(groups["pre"].split(".")) if groups["pre"] else ()
    if any(part.isdigit() and part[0] == "0" and part != "0" for part in pre):
        raise ValueError(f"{_shown(text)} is no version: a number of a pre-release does not start with 0")
    return _numbers(groups["numbers"])._replace(pre=pre, build=groups["build"] or "")


def _numbers(text: str) -> Version:
    major, minor, patch = ([int(number) for number in text.split(".")] + [0, 0])[:3]
    return Version(major, minor, patch)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
