"""What a dry run shows of each batch, and of what would not be started."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from omnibase.core.planning import Conditions, Wanted, plan
from omnibase.executors.nothing import NothingExecutor
from omnibase.model.component import Component, Need
from omnibase.model.events import Outcome
from omnibase.model.plan import Plan
from omnibase.model.ports import Assignment, Share
from omnibase.model.result import Cause, Preview
from tests.executors import batches
from tests.executors.batches import command

OFF = ("off", "not idempotent")
FILES = tuple(f"{number}.py" for number in range(25))


def planned(*components: Component, standby: str = "") -> Plan:
    wanted = [Wanted(one, FILES[:1], standby=one.name == standby) for one in components]
    return plan(wanted, Conditions())


def outcomes(made: Plan, root: Path) -> dict[str, Outcome]:
    """What each component of the plan comes to, in the plan's order."""
    executor = NothingExecutor(None, made)
    found = {}
    for number, task in enumerate(made.tasks):
        if not task.standby:
            share = Share(number, task.component, FILES[:1])
            batch = Assignment(task.batches[0], (share,), batches.place(root), batches.RUN_ID, "c" * 32)
            (found[task.component.name],) = batches.run(executor, batch)
    return found


def preview(root: Path, component: Component, paths: Sequence[str] | None = FILES, *, fix: bool = False) -> Preview:
    batch = batches.assignment(batches.place(root), component, paths=paths, fix=fix)
    outcome = batches.run_one(NothingExecutor(), batch)
    assert (outcome.cause, outcome.status) == (Cause.DRY_RUN, None)
    (preview,) = outcome.previews
    return preview


def test_a_command_is_shown_with_all_its_files(root: Path) -> None:
    component = command("echo", "--", "{files}", "end", idempotent=False)
    argv = ("echo", "--", *FILES, "end")
    assert preview(root, component) == Preview(argv, None, 25, False, None, *OFF, files_at=2)


def test_a_command_that_is_told_no_files_has_none(root: Path) -> None:
    assert preview(root, command("true")) == Preview(("true",), None, None, False, None, *OFF)
    assert preview(root, command("true", "{files}"), ()) == Preview(("true",), None, 0, False, None, *OFF)
    assert preview(root, command("true"), None) == Preview(("true",), None, None, False, None, *OFF)


def test_the_files_of_a_script_are_found_behind_its_name(root: Path) -> None:
    shown = preview(root, command('echo "$@"', "{files}", shell=True, name="script"), FILES[:2])
    assert shown.command == ("/bin/sh", "-c", 'echo "$@"', "script", "0.py", "1.py")
    assert (shown.files_at, shown.files) == (4, 2)


def test_a_command_that_mends_says_so(root: Path) -> None:
    shown = preview(root, command("true", "--fix"), FILES[:1], fix=True)
    assert (shown.fix, shown.cache, shown.why) == (True, "off", "it writes")


@pytest.mark.parametrize(("fix", "function"), [(False, "finds_todo"), (True, "adds_a_line")])
def test_a_function_is_named(root: Path, fix: bool, function: str) -> None:
    shown = preview(root, batches.check("finds_todo", fixer="adds_a_line"), FILES[:3], fix=fix)
    assert (shown.command, shown.function, shown.files, shown.fix) == (None, f"sample_plugin:{function}", 3, fix)


def test_what_would_not_be_started_has_no_preview_and_its_command_as_it_is_declared(root: Path) -> None:
    component = command("no-such-program", "{files}")
    outcome = batches.run_one(NothingExecutor(), batches.assignment(batches.place(root), component, paths=FILES))
    assert (outcome.previews, outcome.command) == ((), ("no-such-program", "{files}"))
    assert outcome.reason == "would be skipped: no-such-program is not installed"
    assert outcome.remedy is not None


def test_where_a_fallback_would_act_it_is_named(root: Path) -> None:
    made = planned(
        command("no-such-program", name="lint", fallback="other"), command("true", name="other"), standby="other"
    )
    assert outcomes(made, root)["lint"].reason == "other would stand in: no-such-program is not installed"
    (shown,) = outcomes(made, root)["lint"].previews
    assert shown == Preview(("true",), None, None, False, "other", *OFF)
    in_python = batches.check("finds_todo", name="other")
    made = planned(command("no-such-program", name="lint", fallback="other"), in_python, standby="other")
    assert outcomes(made, root)["lint"].reason == "other would stand in: no-such-program is not installed"
    (shown,) = outcomes(made, root)["lint"].previews
    assert (shown.function, shown.files, shown.fallback) == ("sample_plugin:finds_todo", 1, "other")


def test_a_fallback_that_runs_in_any_case_is_not_shown_twice(root: Path) -> None:
    made = planned(command("no-such-program", name="lint", fallback="other"), command("true", name="other"))
    found = outcomes(made, root)
    assert found["lint"].reason == "other would stand in: no-such-program is not installed"
    assert [len(found[name].previews) for name in ("lint", "other")] == [0, 1]


def test_a_fallback_that_could_not_be_started_either_is_no_way_out(root: Path) -> None:
    made = planned(
        command("no-such", name="lint", fallback="other"), command("nor-this", name="other"), standby="other"
    )
    assert outcomes(made, root)["lint"].reason == (
        "would be skipped: no-such is not installed; for other, its fallback, nor-this is not installed"
    )


def test_who_needs_what_would_be_skipped_would_be_skipped_too(root: Path) -> None:
    made = planned(
        command("no-such-program", name="lint"),
        command("true", name="test", needs=(Need("lint"),)),
        command("true", name="apart"),
    )
    found = outcomes(made, root)
    assert (found["test"].reason, found["test"].previews) == ("would be skipped: lint would be skipped", ())
    assert (found["apart"].reason, len(found["apart"].previews)) == ("would run", 1)
