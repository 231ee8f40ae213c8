"""A run that is ended by a signal leaves files and index as before, or as completed fixes leave them."""

import signal

import pytest

from tests.faults.kinds import Size, kills, steps
from tests.faults.looking import Ended
from tests.faults.template import Template

INTERRUPTS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def assert_kept(runs: list[Ended]) -> None:
    broken = [ended for ended in runs if ended.is_bad]
    assert not broken, f"{len(broken)} of {len(runs)}: {broken[0]}"


def test_a_whole_run_fixes_what_can_be_fixed_and_nothing_else(template: Template) -> None:
    """Without this, all that follows would say little."""
    changed = {path for path, file in template.whole.files.items() if file != template.rule.before.files[path]}
    assert changed == {path for path, contents in template.rule.contents.items() if contents}
    assert "conflict.txt" not in changed
    staged = {
        path for path, entry in template.whole.entries.items() if entry.oid != template.rule.before.entries[path].oid
    }
    assert staged == (changed if template.tool.restage else set())


def test_a_run_that_is_killed_at_a_random_moment_keeps_all_work(template: Template, size: Size, seed: int) -> None:
    assert_kept(kills(template, signal.SIGKILL, (size.kills["SIGKILL"] + 1) // 2, seed))


@pytest.mark.parametrize("number", INTERRUPTS)
def test_a_run_that_is_interrupted_at_a_random_moment_keeps_all_work_and_says_so(
    template: Template, size: Size, seed: int, number: signal.Signals
) -> None:
    runs = kills(template, number, (size.kills[number.name] + 1) // 2, seed)
    assert_kept(runs)
    assert {ended.code for ended in runs} <= {128 + number, template.code}  # some signals come when it is all decided


def test_a_run_that_is_interrupted_ten_times_in_a_row_keeps_all_work(template: Template, size: Size, seed: int) -> None:
    """As of someone who holds the key down."""
    assert_kept(kills(template, signal.SIGINT, (size.repeated + 1) // 2, seed, times=10))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_ended_right_before_a_step_keeps_all_work(
    template: Template, size: Size, number: signal.Signals
) -> None:
    assert_kept(steps(template, number, size.steps[number.name]))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_commit_that_is_ended_at_a_random_moment_keeps_all_work(
    committing: Template, size: Size, seed: int, number: signal.Signals
) -> None:
    assert_kept(kills(committing, number, size.commits, seed))
