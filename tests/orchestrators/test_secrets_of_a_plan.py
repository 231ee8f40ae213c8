"""Which values are to be in no record of a run."""

from omnibase.core.secrets import concealed
from omnibase.model.component import Command, Component
from omnibase.model.events import RunStarted
from omnibase.model.plan import HookCall, Moment, Plan, Task
from omnibase.model.report import RepositoryState, RunHeader
from omnibase.orchestrators.equipping import secrets_of

WORK = Command(("x",))


def _plan(*components: Component, hooks: tuple[HookCall, ...] = ()) -> Plan:
    return Plan(tuple(Task(component) for component in components), hooks=hooks)


def test_they_are_of_the_run_and_of_all_that_components_and_hooks_declare() -> None:
    hook = HookCall(Moment.BEFORE_RUN, "it", ("x",), env={"HOOK_TOKEN": "of-the-hook-1", "LOGIN": "some-login"})
    plan = _plan(
        Component("a", WORK, env={"MY_TOKEN": "of-the-first-1"}),
        Component("b", WORK, env={"MY_TOKEN": "of-the-second-1"}, secrets=("LOGIN",)),
        hooks=(hook,),
    )
    secrets = secrets_of(plan, {"API_TOKEN": "of-the-run-1", "PLAIN": "plain-value-1"})
    text = "of-the-run-1 of-the-first-1 of-the-second-1 of-the-hook-1 some-login plain-value-1"
    assert secrets.text(text) == "*** *** *** *** *** plain-value-1"


def test_what_a_hook_declares_is_recorded_without_them() -> None:
    argv, env = ("notify", "--key=very-secret-1"), {"HOOK_TOKEN": "very-secret-1"}
    plan = _plan(hooks=(HookCall(Moment.AFTER_RUN, "after_run notify --key=very-secret-1", argv, env=env),))
    header = RunHeader("r", "c" * 32, "ci", "sync", 0.0, RepositoryState("/r"))
    recorded = concealed(secrets_of(plan, {}), RunStarted(0.0, header, plan))
    assert isinstance(recorded, RunStarted)
    assert "very-secret-1" not in repr(recorded)
    assert recorded.plan.hooks[0].argv == ("notify", "--key=***")
