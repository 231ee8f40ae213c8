"""Lines that a person's own pattern recognises (`findings: {regex: ...}`) -> findings."""

import re
from collections.abc import Callable

from omnibase.core.patterns import problem
from omnibase.model.ports import Parsed, ParserInput
from omnibase.model.result import Finding, Severity
from omnibase.parsers.collecting import Collector, ended, severity
from omnibase.parsers.decoding import count, lines

BUDGET = 1.0  # seconds of processor time for one output


def parse(given: ParserInput) -> Parsed:
    """Every line of stdout, then of stderr, in which `options["pattern"]` is found is a finding.

    The pattern's named groups fill the finding; without `message` the line is the message. `options["severity"]`
    is the severity where the pattern does not tell (default: error). A pattern that takes too long is given up,
    and the problem says so.
    """
    pattern = given.options.get("pattern", "")
    wrong = problem(pattern) or _check_severity(given.options.get("severity"))
    if wrong:
        return Parsed(problem=f"the output cannot be read: {wrong}")
    default = Severity(given.options.get("severity") or Severity.ERROR)
    search = re.compile(pattern).search
    collector = Collector("the command", given)

    def read() -> None:
        for stream in (given.stdout, given.stderr):
            for line in lines(stream):
                found = search(line)
                if found:
                    collector.add(_finding(found, line, default, collector))

    if within(BUDGET, read):
        return collector.parsed()
    slow = f"the pattern takes more than {BUDGET:g} s over the output; write it without repeats inside repeats"
    return collector.parsed(f"the command {ended(given)} and its output was not read to the end: {slow}")


def _check_severity(word: str | None) -> str | None:
    if word is None or word in list(Severity):
        return None
    return f"the severity {word!r} is none of {', '.join(Severity)}"


def _finding(found: re.Match[str], line: str, default: Severity, collector: Collector) -> Finding:
    group = found.groupdict()
    return Finding(
        message=group.get("message") or line,
        path=collector.paths.of(group.get("path")),
        line=count(group.get("line")),
        column=count(group.get("column")),
        code=group.get("code") or None,
        severity=severity(group.get("severity"), default),
    )


class _TooSlowError(Exception):
    """The time allowed is over."""


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Do the work; False if it was given up after so much processor time.

    `re` has no limit of its own and would hold up the whole run, but it lets signals through while it searches.
    Where they cannot be used, beside the main thread or because another uses the timer, there is no limit.
    """
    import signal

    armed = True

    def expire(*_: object) -> None:
        if armed:
            raise _TooSlowError

    try:
        if signal.getsignal(signal.SIGPROF) not in (signal.SIG_DFL, _too_late):
            raise ValueError("in use")
        signal.signal(signal.SIGPROF, expire)
    except ValueError:
        work()
        return True
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        work()
        armed = False  # inside the block, so that no signal can come after it
    except _TooSlowError:
        return False
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, _too_late)
    return True


def _too_late(*_: object) -> None:
    """Stays in place: one that is under way when the timer is stopped would end the process by default."""
