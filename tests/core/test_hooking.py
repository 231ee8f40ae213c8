"""Which hooks a run has, and what it means how one ended."""

import pytest

from omnibase.core.hooking import hook_calls, judged, judged_plugins
from omnibase.model.component import Command, Component, ComponentType
from omnibase.model.errors import Location
from omnibase.model.events import Outcome
from omnibase.model.plan import HookCall, Moment, Task
from omnibase.model.registry import Hook, PluginInfo, Registry
from omnibase.model.result import Cause, Output, Status

PLACE = Location("registry.yaml", 4, 5)


def _task(name: str, type: ComponentType = ComponentType.VALIDATOR, *, fix: bool = False) -> Task:
    return Task(Component(name, Command(("x",)), type), fix=fix)


TASKS = (_task("style", fix=True), _task("style"), _task("unit", ComponentType.TEST))


# Which are called


def test_at_each_moment_plugins_come_first_and_then_commands_in_the_registrys_order() -> None:
    registry = Registry(
        plugins=(
            PluginInfo("one", "one", hooks=("omnibase_after_run", "omnibase_before_run")),
            PluginInfo("two", "two", hooks=("omnibase_before_run", "omnibase_parsers")),
        ),
        hooks=(
            Hook("after_run", ("b", "c d"), place=PLACE),
            Hook("before_run", ("a",), timeout=5.0, veto=True, env={"A": "1"}),
            Hook("after_run", ("a",)),
        ),
    )
    assert hook_calls(registry, "ci", TASKS) == (
        HookCall(Moment.BEFORE_RUN, "omnibase_before_run of one, two"),
        HookCall(Moment.BEFORE_RUN, "before_run a", ("a",), 5.0, True, None, {"A": "1"}),
        HookCall(Moment.AFTER_RUN, "omnibase_after_run of one"),
        HookCall(Moment.AFTER_RUN, "after_run b 'c d'", ("b", "c d"), place=PLACE),
        HookCall(Moment.AFTER_RUN, "after_run a", ("a",)),
    )


@pytest.mark.parametrize("moment", list(Moment))
def test_every_moment_has_hooks_of_plugins_and_commands(moment: Moment) -> None:
    plugin = PluginInfo("one", "one", hooks=(f"omnibase_{moment.value}",))
    registry = Registry(plugins=(plugin,), hooks=(Hook(moment.value, ("x",)),))
    names = [call.name for call in hook_calls(registry, "ci", TASKS)]
    assert names == [f"omnibase_{moment.value} of one", f"{moment.value} x"]


def test_hooks_stand_in_the_order_in_which_their_moments_come() -> None:
    registry = Registry(hooks=tuple(Hook(moment.value, ("x",)) for moment in sorted(Moment)))
    order = [call.moment.value for call in hook_calls(registry, "ci", TASKS)]
    assert order == ["before_run", "before_stage", "before_task", "after_task", "after_stage", "after_run"]


def test_a_hook_of_a_stage_is_called_at_that_stage_alone() -> None:
    registry = Registry(hooks=(Hook("before_run", ("x",), stage="ci"),))
    assert len(hook_calls(registry, "ci", TASKS)) == 1
    assert hook_calls(registry, "pre-commit", TASKS) == ()


@pytest.mark.parametrize(
    ("filter", "tasks"),
    [("type=test", (2,)), ("name=style", (0, 1)), ("*", (0, 1, 2)), ("type=validator,name=s*", (0, 1))],
)
def test_a_hook_with_a_filter_is_about_the_tasks_that_match_fixers_included(filter: str, tasks: tuple[int]) -> None:
    (call,) = hook_calls(Registry(hooks=(Hook("before_task", ("x",), filter=filter),)), "ci", TASKS)
    assert call.tasks == tasks


def test_a_hook_without_a_filter_is_about_all_tasks() -> None:
    (call,) = hook_calls(Registry(hooks=(Hook("after_task", ("x",)),)), "ci", TASKS)
    assert call.tasks is None


def test_a_hook_whose_filter_matches_nothing_is_none() -> None:
    assert hook_calls(Registry(hooks=(Hook("before_task", ("x",), filter="type=tool"),)), "ci", TASKS) == ()


def test_a_long_command_or_one_of_several_lines_has_a_name_of_one_line() -> None:
    registry = Registry(hooks=(Hook("before_run", ("sh", "-c", "echo 1\necho \x1b[31m" + "x" * 100)),))
    (call,) = hook_calls(registry, "ci", TASKS)
    assert call.name.startswith(r"before_run sh -c 'echo 1\necho \x1b[31mxxx")
    assert len(call.name) == len("before_run ") + 80
    assert call.name.isprintable()


# What their end means

CALL = HookCall(Moment.BEFORE_TASK, "before_task ./ask.sh", ("./ask.sh",), 5.0, place=PLACE)
VETO = CALL._replace(veto=True)
OUTPUT = Output("one\n\n  two\nthree\nfour\n", 20)
MISSING = Outcome(3, cause=Cause.NOT_INSTALLED, reason="./ask.sh is not installed", remedy="install it there")
KILLED = Outcome(3, signal=9, cause=Cause.SIGNAL, reason="ended by SIGKILL")
LATE = Outcome(3, cause=Cause.TIMEOUT, reason="no verdict after 5 s", output=OUTPUT)
MORE_TIME = "give it a longer `timeout`, or see to what it waits for"
ENDS = [
    (Outcome(3, exit_code=2), "exit code 2", "", "mend it, or leave it out"),
    (Outcome(3, exit_code=2, output=OUTPUT), "exit code 2", "two | three | four", "mend it, or leave it out"),
    (KILLED, "ended by SIGKILL", "", "mend it, or leave it out"),
    (MISSING, "./ask.sh is not installed", "", "install it there"),
    (LATE, "did not come to an end in 5 s", "two | three | four", MORE_TIME),
]


@pytest.mark.parametrize("call", [CALL, VETO])
def test_a_hook_that_ends_with_0_has_nothing_to_say_whatever_it_printed(call: HookCall) -> None:
    outcome = Outcome(3, exit_code=0, output=OUTPUT)
    assert judged(call, outcome, "unit", hurried=False) == Outcome(3, status=Status.PASS)


@pytest.mark.parametrize(("outcome", "problem", "words", "remedy"), ENDS)
def test_a_hook_that_fails_is_a_notice_that_names_it_and_says_what_to_do(
    outcome: Outcome, problem: str, words: str, remedy: str
) -> None:
    said = f": {words}" if words else ""
    for about, whom in ((None, ""), ("unit", " for unit")):
        notice = f"the hook before_task ./ask.sh failed{whom}: {problem}{said} (registry.yaml:4:5; {remedy})"
        assert judged(CALL, outcome, about, hurried=False) == Outcome(3, status=Status.FAIL, reason=notice)


@pytest.mark.parametrize(("outcome", "problem", "words", "remedy"), ENDS)
def test_a_hook_that_may_veto_does_so_however_it_fails(outcome: Outcome, problem: str, words: str, remedy: str) -> None:
    last = f": {words.rpartition('| ')[2]}" if words else ""
    hint = "" if remedy == "mend it, or leave it out" else f" ({remedy})"
    veto = f"before_task ./ask.sh: {problem}{last}{hint}"
    found = judged(VETO, outcome, "unit", hurried=False)
    assert found == Outcome(3, status=Status.PASS, value={"veto": veto})


@pytest.mark.parametrize("call", [CALL, VETO])
@pytest.mark.parametrize("cause", [Cause.INTERRUPTED, Cause.RUN_TIMEOUT])
def test_a_hook_that_is_ended_with_the_run_vetoes_nothing(call: HookCall, cause: Cause) -> None:
    found = judged(call, Outcome(3, cause=cause), None, hurried=False)
    assert (found.status, found.value) == (Status.FAIL, None)
    assert found.reason is not None
    assert found.reason.startswith("the hook before_task ./ask.sh failed: it was ended with the run")


def test_a_hook_of_a_run_that_is_being_ended_is_not_told_to_have_had_all_its_time() -> None:
    reason = judged(CALL, LATE._replace(output=None), None, hurried=True).reason
    assert reason is not None
    assert "did not come to an end before the run did" in reason


def test_long_lines_of_output_are_cut_in_a_notice() -> None:
    output = Output("x" * 1000, 1000)
    reason = judged(CALL, Outcome(3, exit_code=1, output=output), None, hurried=False).reason
    assert reason is not None
    assert f": {'x' * 199}… (" in reason


def test_what_a_plugin_says_at_length_is_cut() -> None:
    reason = judged_plugins(0, ["x" * 10_000], [], None).reason
    assert reason is not None
    assert len(reason) < 1100
    assert len(judged_plugins(0, [], ["x" * 10_000], None).value["veto"]) == 1000


def test_plugins_veto_or_are_a_notice_each_for_itself() -> None:
    remedy = "; mend the plugin, or take it out of the registry"
    assert judged_plugins(3, [], [], "unit") == Outcome(3, status=Status.PASS)
    vetoed = Outcome(3, status=Status.PASS, value={"veto": "a: no; b: never"})
    assert judged_plugins(3, [], ["a: no", "b: never"], "unit") == vetoed
    failed = Outcome(3, status=Status.FAIL, reason=f"a raised; b raised (unit){remedy}")
    assert judged_plugins(3, ["a raised", "b raised"], [], "unit") == failed
    assert judged_plugins(3, ["a raised"], [], None).reason == f"a raised{remedy}"
    both = judged_plugins(3, ["a raised"], ["b: no"], None)
    assert (both.status, both.value) == (Status.FAIL, {"veto": "b: no"})
