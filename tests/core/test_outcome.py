"""The table of verdicts: what a task came to, from what its batches came to."""

from typing import Any

import pytest

from omnibase.core.outcome import BY_CAUSE, Tries, is_failure, result_of
from omnibase.model.component import Command, Component, Lifecycle, PythonCall
from omnibase.model.events import Outcome
from omnibase.model.plan import Task
from omnibase.model.result import Cause, Finding, Output, Part, Patch, Result, Seen, Severity, Status, Where

ERROR = Finding("an error")
WARNING = Finding("a warning", severity=Severity.WARNING)
NOTE = Finding("a note", severity=Severity.NOTE)
CHECK = PythonCall("module", "check", "file", "plugin")
PASS, FAIL, WARN, SKIP, TIME = Status.PASS, Status.FAIL, Status.WARN, Status.SKIP, Status.TIME

Verdict = tuple[Status, Cause | None, str | None]


def ended(*outcomes: Outcome, unfinished: Cause | None = None, change_fails: bool = False, **fields: Any) -> Result:
    """The result of a task that started at 1 s and ended at 3 s; fields are of its component, `fix` of the task."""
    fix = fields.pop("fix", False)
    component = Component("c", **{"work": Command(("true",)), "lifecycle": Lifecycle.STABLE, **fields})
    task = Task(component, fix=fix)
    tries = Tries(started=1.0)
    return result_of(task, outcomes, files=7, tries=tries, ended=3.0, unfinished=unfinished, change_fails=change_fails)


def verdict(result: Result) -> Verdict:
    return result.status, result.cause, result.reason


# One batch


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0, exit_code=0), (PASS, None, None)),
        (Outcome(0, exit_code=1), (FAIL, None, "exit code 1")),
        (Outcome(0, exit_code=75, reason="try again"), (FAIL, None, "try again")),
        (Outcome(0, exit_code=1, findings=(NOTE,)), (FAIL, None, "exit code 1")),
        (Outcome(0), (PASS, None, None)),
        (Outcome(0, findings=(NOTE,)), (PASS, None, None)),
        (Outcome(0, findings=(NOTE, WARNING)), (WARN, Cause.FINDINGS, None)),
        (Outcome(0, findings=(WARNING, ERROR)), (FAIL, Cause.FINDINGS, None)),
        (Outcome(0, exit_code=0, findings=(ERROR,)), (WARN, Cause.FINDINGS, None)),
        (Outcome(0, exit_code=0, findings=(WARNING,)), (WARN, Cause.FINDINGS, None)),
        (Outcome(0, exit_code=0, findings=(NOTE,)), (PASS, None, None)),
        (Outcome(0, status=PASS, findings=(ERROR,)), (PASS, None, None)),
        (Outcome(0, status=PASS, exit_code=1), (PASS, None, None)),
        (Outcome(0, status=WARN, reason="not quite"), (WARN, None, "not quite")),
        (Outcome(0, status=SKIP, reason="not here"), (SKIP, None, "not here")),
        (Outcome(0, status=FAIL, reason="no"), (FAIL, None, "no")),
        (Outcome(0, status=TIME, reason="too slow"), (TIME, None, "too slow")),
    ],
)
def test_without_a_cause_the_work_decides(outcome: Outcome, expected: Verdict) -> None:
    assert verdict(ended(outcome)) == expected


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.NOT_INSTALLED, SKIP),
        (Cause.NOT_EXECUTABLE, SKIP),
        (Cause.INTERRUPTED, SKIP),
        (Cause.FAIL_FAST, SKIP),
        (Cause.DRY_RUN, SKIP),
        (Cause.TIMEOUT, TIME),
        (Cause.RUN_TIMEOUT, TIME),
        (Cause.NOT_STARTED, FAIL),
        (Cause.SIGNAL, FAIL),
        (Cause.CRASHED, FAIL),
        (Cause.PROTOCOL, FAIL),
        (Cause.NO_REPORT, FAIL),
        (Cause.CHANGED_FILES, FAIL),
    ],
)
def test_a_cause_decides_whatever_else_there_is(cause: Cause, status: Status) -> None:
    for rest in ({}, {"exit_code": 0}, {"exit_code": 1}, {"status": PASS}, {"findings": (ERROR,)}):
        assert verdict(ended(Outcome(0, cause=cause, reason="why", **rest))) == (status, cause, "why")
    assert BY_CAUSE[cause] is status


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(0, exit_code=0, changed_files=("a.py",)), "changed 1 file"),
        (Outcome(0, changed_files=("a.py", "b.py")), "changed 2 files"),
        (Outcome(0, changed_files=("a.py",), findings=(WARNING,)), "changed 1 file"),
        (Outcome(0, status=PASS, changed_files=("a.py",)), "changed 1 file"),
        (Outcome(0, status=WARN, changed_files=("a.py",)), "changed 1 file"),
    ],
)
def test_who_changed_files_fails_where_that_is_the_rule(outcome: Outcome, reason: str) -> None:
    assert verdict(ended(outcome, change_fails=True)) == (FAIL, Cause.CHANGED_FILES, reason)
    assert ended(outcome).status in (PASS, WARN)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0, exit_code=1, changed_files=("a.py",)), (FAIL, None, "exit code 1")),
        (Outcome(0, status=FAIL, reason="no", changed_files=("a.py",)), (FAIL, None, "no")),
        (Outcome(0, cause=Cause.TIMEOUT, reason="slow", changed_files=("a.py",)), (TIME, Cause.TIMEOUT, "slow")),
        (Outcome(0, exit_code=0), (PASS, None, None)),
    ],
)
def test_a_worse_verdict_and_none_at_all_stay_where_changes_fail(outcome: Outcome, expected: Verdict) -> None:
    assert verdict(ended(outcome, change_fails=True)) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (
            Outcome(0, changed_files=("a",), staged_files=("a",)),
            (WARN, Cause.CHANGED_FILES, "changed 1 file, and staged what was changed"),
        ),
        (
            Outcome(0, changed_files=("a", "b"), staged_files=("a", "b")),
            (WARN, Cause.CHANGED_FILES, "changed 2 files, and staged what was changed"),
        ),
        (
            Outcome(0, changed_files=("a", "b"), staged_files=("a",)),
            (FAIL, Cause.CHANGED_FILES, "changed 2 files"),
        ),
        (
            Outcome(0, changed_files=("a",), reason="not staged: another git process holds the index"),
            (FAIL, Cause.CHANGED_FILES, "changed 1 file; not staged: another git process holds the index"),
        ),
        (Outcome(0, exit_code=1, changed_files=("a",), staged_files=("a",)), (FAIL, None, "exit code 1")),
        (
            Outcome(0, cause=Cause.CRASHED, reason="why", changed_files=("a",), staged_files=("a",)),
            (FAIL, Cause.CRASHED, "why"),
        ),
    ],
)
def test_what_was_changed_and_staged_is_no_failure(outcome: Outcome, expected: Verdict) -> None:
    assert verdict(ended(outcome, change_fails=True)) == expected


def test_what_is_to_be_done_where_nothing_was_staged_is_told() -> None:
    outcome = Outcome(0, changed_files=("a",), reason="not staged: why", remedy="`git add` the files")
    assert ended(outcome, change_fails=True).remedy == "`git add` the files"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0, exit_code=1), (PASS, None, None)),
        (Outcome(0, exit_code=1, changed_files=("a",)), (FAIL, Cause.CHANGED_FILES, "changed 1 file")),
        (
            Outcome(0, exit_code=1, changed_files=("a",), staged_files=("a",)),
            (WARN, Cause.CHANGED_FILES, "changed 1 file, and staged what was changed"),
        ),
        (
            Outcome(0, exit_code=1, cause=Cause.SIGNAL, reason="ended by SIGSEGV"),
            (FAIL, Cause.SIGNAL, "ended by SIGSEGV"),
        ),
        (Outcome(0, exit_code=1, status=FAIL, reason="no"), (FAIL, None, "no")),
        (Outcome(0, exit_code=1, findings=(WARNING,)), (WARN, Cause.FINDINGS, None)),
    ],
)
def test_the_exit_code_of_a_command_that_mends_is_left_to_the_check(outcome: Outcome, expected: Verdict) -> None:
    assert verdict(ended(outcome, change_fails=True, fix=True)) == expected


# Several batches


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], None),
        ([None], None),
        ([Seen(Where.IN_PLACE)], Seen(Where.IN_PLACE)),
        ([Seen(Where.IN_PLACE), None, Seen(Where.STAGED, "one")], Seen(Where.STAGED, "one")),
        ([Seen(Where.VIEW, "two"), Seen(Where.STAGED, "one"), Seen(Where.IN_PLACE)], Seen(Where.VIEW, "two")),
        ([Seen(Where.STAGED, "one"), Seen(Where.STAGED, "two")], Seen(Where.STAGED, "one")),
    ],
)
def test_of_several_places_the_one_farthest_from_the_work_tree_is_told(
    seen: list[Seen | None], expected: Seen | None
) -> None:
    assert ended(*(Outcome(0, seen=one) for one in seen or [None])).seen == expected


def test_patches_of_all_batches_are_told_in_their_order() -> None:
    one, other = Patch("b", "diff of b", True), Patch("a", "diff of a", False)
    assert ended(Outcome(0, patches=(one,)), Outcome(0), Outcome(0, patches=(other, one))).patches == (one, other, one)


@pytest.mark.parametrize("worst", range(5))
def test_of_several_batches_the_worst_decides(worst: int) -> None:
    order = (FAIL, TIME, SKIP, WARN, PASS)
    outcomes = [Outcome(0, status=status, reason=status.value) for status in reversed(order[worst:])]
    assert verdict(ended(*outcomes)) == (order[worst], None, order[worst].value)


def test_a_broken_protocol_outweighs_an_earlier_failure() -> None:
    broken = Outcome(0, status=FAIL, cause=Cause.PROTOCOL, reason="returned int")
    assert ended(Outcome(0, findings=(ERROR,)), broken).cause is Cause.PROTOCOL


def test_command_and_remedy_are_those_of_the_batch_that_decides() -> None:
    good = Outcome(0, exit_code=0, command=("lint", "a"), program="/bin/lint")
    bad = Outcome(0, exit_code=2, command=("lint", "b"), program="/bin/lint", remedy="mend it")
    for outcomes in ((good, bad), (bad, good)):
        result = ended(*outcomes)
        assert (result.command, result.remedy, result.program) == (("lint", "b"), "mend it", "/bin/lint")
        assert result.attempts[0].exit_code == 2


def test_what_batches_found_is_put_together_in_order() -> None:
    def finding(path: str | None, line: int | None = None, code: str | None = None) -> Finding:
        return Finding("message", path, line, code=code)

    first = Outcome(0, findings=(finding("b", 2), finding("a", 10)), parts=(Part("x", PASS),), changed_files=("b", "a"))
    second = Outcome(0, findings=(finding("a", 9), finding(None), finding("b", 2, "A1")), changed_files=("a",))
    result = ended(first, second)
    places = [(found.path, found.line, found.code) for found in result.findings]
    assert places == [(None, None, None), ("a", 9, None), ("a", 10, None), ("b", 2, None), ("b", 2, "A1")]
    assert result.changed_files == ("a", "b")
    assert result.parts == (Part("x", PASS),)


def test_output_of_batches_is_joined_and_counted() -> None:
    result = ended(
        Outcome(0, output=Output("one\n", 4)), Outcome(0), Outcome(0, output=Output("two\n", 400, None, "out"))
    )
    assert result.output == Output("one\ntwo", 404, None, "out")
    assert ended(Outcome(0, output=Output("one\n", 4, "digest"))).output == Output("one\n", 4, "digest")
    assert ended(Outcome(0)).output is None


def test_a_value_is_that_of_a_single_batch() -> None:
    assert ended(Outcome(0, status=PASS, value={"made": 1})).value == {"made": 1}
    assert ended(Outcome(0, value=1), Outcome(0, value=2)).value is None


@pytest.mark.parametrize(
    ("unfinished", "status"),
    [(Cause.TIMEOUT, TIME), (Cause.RUN_TIMEOUT, TIME), (Cause.INTERRUPTED, SKIP), (Cause.FAIL_FAST, SKIP)],
)
def test_batches_that_were_given_up_leave_no_verdict_but_a_failure(unfinished: Cause, status: Status) -> None:
    result = ended(Outcome(0, exit_code=0), unfinished=unfinished)
    assert (result.status, result.cause) == (status, unfinished)
    assert result.reason
    assert verdict(ended(Outcome(0, exit_code=1), unfinished=unfinished)) == (FAIL, None, "exit code 1")


# The attempt


def test_an_attempt_lasts_from_the_first_batch_to_the_last() -> None:
    (attempt,) = ended(Outcome(0, exit_code=0, duration=9.0)).attempts
    assert (attempt.number, attempt.started, attempt.duration, attempt.error) == (1, 1.0, 2.0, None)


def test_in_a_pass_each_check_has_the_time_that_it_took() -> None:
    assert ended(Outcome(0, duration=0.25), Outcome(0, duration=0.5), work=CHECK).attempts[0].duration == 0.75


def test_an_attempt_says_what_was_wrong() -> None:
    assert ended(Outcome(0, exit_code=3)).attempts[0].error == "exit code 3"
    assert ended(Outcome(0, findings=(ERROR,))).attempts[0].error == "findings"


def test_what_a_fixer_changed_is_marked_as_fixed() -> None:
    assert ended(Outcome(0, changed_files=("a.py",)), fix=True).marked == ("fixed",)
    assert ended(Outcome(0), fix=True).marked == ()
    assert ended(Outcome(0, changed_files=("a.py",))).marked == ()


# Lifecycles


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0, exit_code=1), (WARN, Cause.EXPERIMENTAL, "experimental: would have failed (exit code 1)")),
        (Outcome(0, findings=(ERROR,)), (WARN, Cause.EXPERIMENTAL, "experimental: would have failed (findings)")),
        (
            Outcome(0, cause=Cause.CRASHED, reason="it crashed"),
            (WARN, Cause.EXPERIMENTAL, "experimental: would have failed (it crashed)"),
        ),
        (Outcome(0, cause=Cause.PROTOCOL, reason="returned int"), (FAIL, Cause.PROTOCOL, "returned int")),
        (Outcome(0, cause=Cause.TIMEOUT, reason="slow"), (TIME, Cause.TIMEOUT, "slow")),
        (Outcome(0, exit_code=0), (PASS, None, None)),
    ],
)
def test_what_is_experimental_never_fails_by_what_it_finds(outcome: Outcome, expected: Verdict) -> None:
    assert verdict(ended(outcome, lifecycle=Lifecycle.EXPERIMENTAL)) == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "deprecated"),
        ({"replaced_by": "new"}, "deprecated: use new instead"),
        ({"sunset": "2030-01-01"}, "deprecated (to be removed on 2030-01-01)"),
        ({"replaced_by": "new", "sunset": "2030-01-01"}, "deprecated: use new instead (to be removed on 2030-01-01)"),
    ],
)
def test_what_is_deprecated_never_passes_in_silence(fields: dict[str, Any], reason: str) -> None:
    result = ended(Outcome(0, exit_code=0), lifecycle=Lifecycle.DEPRECATED, **fields)
    assert verdict(result) == (WARN, Cause.DEPRECATED, reason)
    failed = ended(Outcome(0, exit_code=1), lifecycle=Lifecycle.DEPRECATED, **fields)
    assert verdict(failed) == (FAIL, None, "exit code 1")


# What fails a run


@pytest.mark.parametrize(
    ("status", "cause", "required", "fails"),
    [
        (PASS, None, True, False),
        (WARN, None, True, False),
        (FAIL, None, True, True),
        (FAIL, None, False, True),
        (TIME, Cause.TIMEOUT, False, True),
        (SKIP, Cause.NO_FILES, True, False),
        (SKIP, Cause.USER_SKIP, True, False),
        (SKIP, Cause.GATED, True, False),
        (SKIP, Cause.DEPENDENCY, True, False),
        (SKIP, Cause.NOT_INSTALLED, True, True),
        (SKIP, Cause.NOT_INSTALLED, False, False),
        (SKIP, Cause.NOT_EXECUTABLE, True, True),
        (SKIP, Cause.NOT_EXECUTABLE, False, False),
        (SKIP, None, True, False),
    ],
)
def test_a_run_fails_by_failures_and_by_verdicts_that_could_not_be_had(
    status: Status, cause: Cause | None, required: bool, fails: bool
) -> None:
    assert is_failure(Result(status, cause=cause), required=required) is fails
