"""What a task came to, from what its batches came to: the one table of verdicts."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from omnibase.core.transience import transience
from omnibase.model.component import Command, Component, Lifecycle
from omnibase.model.events import Outcome
from omnibase.model.plan import Task
from omnibase.model.record import Record
from omnibase.model.result import Attempt, Cause, Finding, Output, Result, Seen, Severity, Status, Usage, Where

T = TypeVar("T", int, float)

# What a cause makes of an outcome, whatever else it holds. A cause that is not here leaves the verdict to the work.
BY_CAUSE = {
    Cause.NOT_INSTALLED: Status.SKIP,
    Cause.NOT_EXECUTABLE: Status.SKIP,
    Cause.INTERRUPTED: Status.SKIP,
    Cause.FAIL_FAST: Status.SKIP,
    Cause.DRY_RUN: Status.SKIP,
    Cause.BREAKER_OPEN: Status.SKIP,
    Cause.TIMEOUT: Status.TIME,
    Cause.RUN_TIMEOUT: Status.TIME,
    Cause.NOT_STARTED: Status.FAIL,
    Cause.SIGNAL: Status.FAIL,
    Cause.CRASHED: Status.FAIL,
    Cause.LIMIT: Status.FAIL,
    Cause.PROTOCOL: Status.FAIL,
    Cause.NO_REPORT: Status.FAIL,
    Cause.CHANGED_FILES: Status.FAIL,
}

# Of several batches the first of these that occurs is the task's: a failure outweighs a missing verdict.
WORST_FIRST = (Status.FAIL, Status.TIME, Status.SKIP, Status.WARN, Status.PASS)

# A verdict that was wanted and could not be had.
UNAVAILABLE = frozenset({Cause.NOT_INSTALLED, Cause.NOT_EXECUTABLE, Cause.BREAKER_OPEN, Cause.VETOED})

# Why a task that was given up has no verdict, where its own batches do not say.
UNFINISHED = {
    Cause.FAIL_FAST: "not finished: another component failed",
    Cause.INTERRUPTED: "not finished: the run was interrupted",
    Cause.RUN_TIMEOUT: "no verdict in the time allowed for the run",
    Cause.TIMEOUT: "no verdict in the time allowed",
}

STAGE_IT = "look at the change, `git add` it, and commit again; with `--restage` it is staged for you"


class Tries(Record):
    """Where a task stands with its attempts: the one under way, and those before it. Times are since the run's start.

    `why` says why the one under way was made.
    """

    started: float
    why: str | None = None
    earlier: tuple[Attempt, ...] = ()


def result_of(
    task: Task,
    outcomes: Sequence[Outcome],
    *,
    files: int,
    tries: Tries,
    ended: float,
    unfinished: Cause | None = None,
    change_fails: bool = False,
) -> Result:
    """The result of a task whose batches have ended, or were given up for the cause `unfinished`.

    `files` counts the task's input files; `ended` is seconds since the start of the run.
    """
    component = task.component
    verdicts = [verdict(outcome, change_fails, fix=task.fix) for outcome in outcomes]
    if unfinished is not None:
        verdicts.append((BY_CAUSE[unfinished], unfinished, UNFINISHED[unfinished]))
    worst = min(range(len(verdicts)), key=lambda index: precedence(*verdicts[index][:2]))
    one = outcomes[0] if len(outcomes) == 1 else None
    deciding = outcomes[worst] if worst < len(outcomes) else one
    status, cause, reason = verdicts[worst]
    if cause is None and worst < len(outcomes) and transience(component, outcomes[worst]) is not None:
        cause = Cause.TRANSIENT
    if status is Status.TIME and task.batches[1:]:
        done = sum(outcome.cause not in (Cause.TIMEOUT, Cause.RUN_TIMEOUT) for outcome in outcomes)
        reason = f"{reason}; {done} of {len(task.batches)} batches had ended"
    attempt = attempt_of(task, outcomes, tries, ended, error=_error(status, cause, reason))
    status, cause, reason = by_lifecycle(component, status, cause, reason)
    changed = sorted({path for outcome in outcomes for path in outcome.changed_files})
    mended = status is Status.FAIL and cause is Cause.CHANGED_FILES and bool(changed)
    marks = (("fixed",) if task.fix and changed else ()) + (("retried",) if tries.earlier else ())
    return Result(
        status=status,
        findings=in_order(finding for outcome in outcomes for finding in outcome.findings),
        value=one.value if one else None,
        reason=reason,
        cause=cause,
        parts=tuple(part for outcome in outcomes for part in outcome.parts),
        marked=marks,
        attempts=(*tries.earlier, attempt) if outcomes and cause is not Cause.DRY_RUN else tries.earlier,
        calls=tuple(call for outcome in outcomes for call in outcome.calls),
        files=files,
        changed_files=tuple(changed),
        patches=tuple(patch for outcome in outcomes for patch in outcome.patches),
        seen=_seen(outcomes),
        output=_joined([outcome.output for outcome in outcomes if outcome.output]),
        command=deciding.command if deciding else None,
        program=next((outcome.program for outcome in outcomes if outcome.program), None),
        remedy=(deciding.remedy if deciding else None) or (STAGE_IT if mended else None),
        previews=tuple(preview for outcome in outcomes for preview in outcome.previews),
    )


def attempt_of(
    task: Task, outcomes: Sequence[Outcome], tries: Tries, ended: float, *, error: str | None = None
) -> Attempt:
    """The attempt under way as what its batches came to makes it."""
    usages = [outcome.usage for outcome in outcomes if outcome.usage is not None]
    # The time of a pass is not that of each of its checks, but where they are measured they share none.
    alone = isinstance(task.component.work, Command) or bool(usages)
    duration = ended - tries.started if alone else sum(outcome.duration for outcome in outcomes)
    return Attempt(
        number=len(tries.earlier) + 1,
        started=tries.started,
        duration=duration,
        exit_code=_exit_code(outcomes),
        error=error,
        why=tries.why,
        usage=together(usages, duration) if usages else None,
        fix=task.fix,
    )


def together(usages: Sequence[Usage], wall: float) -> Usage:
    """What batches took that ran one after another, within so many seconds on the wall."""
    return Usage(
        wall=wall,
        user=sum(usage.user for usage in usages),
        system=sum(usage.system for usage in usages),
        memory=max((usage.memory for usage in usages if usage.memory is not None), default=None),
        read=_sum(usage.read for usage in usages),
        written=_sum(usage.written for usage in usages),
        startup=_sum(usage.startup for usage in usages),
    )


def precedence(status: Status, cause: Cause | None) -> tuple[int, bool]:
    """What verdicts are ordered by, the worst first: a broken protocol has the higher exit code of two failures."""
    return WORST_FIRST.index(status), cause is not Cause.PROTOCOL


def is_failure(result: Result, *, required: bool) -> bool:
    """Whether the run fails by this result: FAIL, TIME, or a verdict that was wanted and could not be had."""
    if result.status in (Status.FAIL, Status.TIME):
        return True
    return result.status is Status.SKIP and result.cause in UNAVAILABLE and required


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by path, place, code and message."""
    return tuple(sorted(findings, key=lambda f: (f.path or "", f.line or 0, f.column or 0, f.code or "", f.message)))


def verdict(outcome: Outcome, change_fails: bool, *, fix: bool) -> tuple[Status, Cause | None, str | None]:
    """What one batch makes of its task: the status, its cause where that is not its own verdict, and the reason."""
    by_cause = BY_CAUSE.get(outcome.cause) if outcome.cause else None
    if by_cause or outcome.status in (Status.FAIL, Status.TIME):
        return by_cause or outcome.status or Status.FAIL, outcome.cause, outcome.reason
    if outcome.exit_code and outcome.status is None and not fix:  # what is left to complain of is the check's to say
        return Status.FAIL, None, outcome.reason or f"exit code {outcome.exit_code}"
    if outcome.changed_files and change_fails:
        count = len(outcome.changed_files)
        changed = f"changed {count} file{'s' if count > 1 else ''}"
        if set(outcome.changed_files) <= set(outcome.staged_files):
            return Status.WARN, Cause.CHANGED_FILES, f"{changed}, and staged what was changed"
        return Status.FAIL, Cause.CHANGED_FILES, f"{changed}; {outcome.reason}" if outcome.reason else changed
    severities = {finding.severity for finding in outcome.findings}
    if outcome.status is None and severities & {Severity.ERROR, Severity.WARNING}:
        fails = Severity.ERROR in severities and outcome.exit_code is None
        return Status.FAIL if fails else Status.WARN, Cause.FINDINGS, outcome.reason
    return outcome.status or Status.PASS, outcome.cause, outcome.reason


def by_lifecycle(
    component: Component, status: Status, cause: Cause | None, reason: str | None
) -> tuple[Status, Cause | None, str | None]:
    """An experimental component never fails a run, a deprecated one never passes in silence (docs/registry.md)."""
    if component.lifecycle is Lifecycle.EXPERIMENTAL and status is Status.FAIL and cause is not Cause.PROTOCOL:
        return Status.WARN, Cause.EXPERIMENTAL, f"experimental: would have failed ({reason or 'findings'})"
    if component.lifecycle is Lifecycle.DEPRECATED and status is Status.PASS:
        words = "deprecated"
        if component.replaced_by:
            words += f": use {component.replaced_by} instead"
        if component.sunset:
            words += f" (to be removed on {component.sunset})"
        words += f"; {reason}" if reason else ""
        return Status.WARN, Cause.DEPRECATED, words
    return status, cause, reason


def _error(status: Status, cause: Cause | None, reason: str | None) -> str | None:
    return None if status is Status.PASS else reason or (cause.value if cause is not None else None)


def _seen(outcomes: Sequence[Outcome]) -> Seen | None:
    """Of several batches, that which is farthest from the work tree."""
    seen = [outcome.seen for outcome in outcomes if outcome.seen is not None]
    return max(seen, key=lambda one: list(Where).index(one.where), default=None)


def _sum(amounts: Iterable[T | None]) -> T | None:
    """All that are known; None where none is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known[1:], known[0]) if known else None


def _exit_code(outcomes: Sequence[Outcome]) -> int | None:
    codes = [outcome.exit_code for outcome in outcomes if outcome.exit_code is not None]
    return max(codes) if codes else None


def _joined(outputs: list[Output]) -> Output | None:
    if len(outputs) < 2:
        return outputs[0] if outputs else None
    return Output(
        text="\n".join(output.text.rstrip("\n") for output in outputs if output.text),
        size=sum(output.size for output in outputs),
        path=next((output.path for output in outputs if output.path), None),
    )
