"""`hooks:` of a registry: what they come to, and what is said of those that are none."""

from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from omnibase.model.component import Command, Component
from omnibase.model.errors import Location
from omnibase.model.registry import Hook, PluginInfo, Registry
from omnibase.registry.document import parse
from omnibase.registry.resolving import LoadedPlugin
from omnibase.registry.schema import json_schema

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]


def test_hooks_are_resolved_in_their_order_with_all_that_they_say(resolving: Resolving) -> None:
    registry = resolving("""\
hooks:
  - {at: before_run, command: [./check-freeze.sh], veto: true, timeout: 5s}
  - at: after_task
    command: [./notify.py, "a b"]
    filter: "type=test,name=a*"
    stage: ci
    env: {CHANNEL: builds}
  - {at: after_stage, command: [x], veto: false}
components: [{name: it, command: [x]}]
""")
    assert registry.hooks == (
        Hook("before_run", ("./check-freeze.sh",), None, None, 5.0, True, {}, Location("registry.yaml", 3, 5)),
        Hook(
            "after_task",
            ("./notify.py", "a b"),
            "ci",
            "type=test,name=a*",
            10.0,
            False,
            {"CHANNEL": "builds"},
            Location("registry.yaml", 4, 5),
        ),
        Hook("after_stage", ("x",), place=Location("registry.yaml", 9, 5)),
    )


@pytest.mark.parametrize("at", ["before_run", "before_stage", "before_task", "after_task", "after_stage", "after_run"])
def test_a_hook_may_be_at_each_of_the_six_moments(resolving: Resolving, at: str) -> None:
    (hook,) = resolving(f"hooks: [{{at: {at}, command: [x]}}]\n").hooks
    assert hook.at == at


FAULTS = [
    (
        "{at: before_rum, command: [x]}",
        2,
        "2:14: hooks[0].at: expected before_run, after_run, before_stage, after_stage, before_task or after_task, "
        "found the text 'before_rum'\n-> did you mean 'before_run'?",
    ),
    ("{command: [x]}", 2, "2:9: hooks[0].at: this key is missing\n-> add it"),
    ("{at: before_run}", 2, "2:9: hooks[0].command: this key is missing\n-> add it"),
    (
        "{at: before_run, command: x}",
        2,
        "2:35: hooks[0].command: expected a list, found the text 'x'\n-> write [x]",
    ),
    (
        "{at: before_run, command: []}",
        2,
        "2:35: hooks[0].command: expected at least one item, found an empty list",
    ),
    (
        "{at: before_run, command: ['', x]}",
        2,
        "2:36: hooks[0].command[0]: expected a program, found ''\n-> write the program's name in front",
    ),
    (
        "{at: before_task, command: [x, '{files}']}",
        2,
        "2:40: hooks[0].command[1]: a hook's command has no {files}, found '{files}'\n"
        "-> leave it out: a hook reads what it is about as JSON on standard input",
    ),
    (
        "{at: before_task, command: [x, '--out={report}']}",
        2,
        "2:40: hooks[0].command[1]: a hook's command has no {report}, found '--out={report}'\n"
        "-> leave it out: a hook reads what it is about as JSON on standard input",
    ),
    (
        "{at: after_run, command: [x], veto: true}",
        2,
        "2:45: hooks[0].veto: after_run cannot veto: what it is about has ended\n"
        "-> leave it out, or write `at: before_run`",
    ),
    (
        "{at: after_task, command: [x], veto: true}",
        2,
        "2:46: hooks[0].veto: after_task cannot veto: what it is about has ended\n"
        "-> leave it out, or write `at: before_task`",
    ),
    (
        "{at: after_stage, command: [x], filter: 'type=test'}",
        2,
        "2:49: hooks[0].filter: after_stage is about all components, and takes no filter\n"
        "-> leave it out, or write `at: after_task`",
    ),
    (
        "{at: before_run, command: [x], filter: '*'}",
        2,
        "2:48: hooks[0].filter: before_run is about all components, and takes no filter\n"
        "-> leave it out, or write `at: before_task`",
    ),
    (
        "{at: after_task, command: [x], filter: 'type=tst'}",
        2,
        "2:48: hooks[0].filter: no component has the type 'tst'\ntype=tst\n     ^\n-> did you mean 'test'?",
    ),
    (
        "{at: after_task, command: [x], filter: 'name=a*|tidi'}",
        3,
        "2:48: the filter names 'tidi', and no component is called so\n-> did you mean 'tidy'?",
    ),
    (
        "{at: after_task, command: [x], filter: 'name!=unheard-of'}",
        3,
        "2:48: the filter names 'unheard-of', and no component is called so\n"
        "-> declare 'unheard-of', or remove it from the filter",
    ),
    (
        "{at: after_task, command: [x], stage: cii}",
        2,
        "2:47: there is no stage 'cii'\n-> did you mean 'ci'?",
    ),
    (
        "{at: before_run, command: [x], timeout: 0}",
        2,
        "2:49: hooks[0].timeout: expected a duration of more than 0 seconds and at most 8784h, found the number 0",
    ),
    ("{at: before_run, command: [x], vetoes: true}", 2, "2:40: hooks[0].vetoes: unknown key\n-> did you mean 'veto'?"),
    (
        "{at: before_run, command: [x], env: {A: 1}}",
        2,
        '2:49: hooks[0].env.A: expected a text, found the number 1\n-> write "1", in quotes',
    ),
]


@pytest.mark.parametrize(("hook", "code", "said"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_mistake_in_a_hook_is_told_with_its_place(
    told: Told, resolving: Resolving, hook: str, code: int, said: str
) -> None:
    content = f"hooks: [{hook}]\ncomponents: [{{name: tidy, command: [x]}}]\n"
    assert told(lambda: resolving(content)) == (code, f"registry.yaml:{said}")


@pytest.mark.parametrize("hook", [fault[0] for fault in FAULTS if fault[2].count("missing") or "found a" in fault[2]])
def test_the_schema_of_editors_refuses_what_it_can(hook: str) -> None:
    tree = parse(f'schema_version: "1"\nhooks: [{hook}]\n', "f")
    assert tree is not None
    assert not Draft202012Validator(json_schema()).is_valid(tree.data)


def test_a_filter_may_name_what_a_plugin_brings(resolving: Resolving, plugin: Plugin) -> None:
    brings = plugin("checks", Component("tidy", Command(("x",))))
    text = "plugins: [checks]\nhooks: [{at: after_task, command: [x], filter: name=tidy}]\n"
    (hook,) = resolving(text, [brings]).hooks
    assert hook.filter == "name=tidy"


def test_while_a_plugin_is_not_loaded_a_filter_or_stage_may_be_its_own(resolving: Resolving, plugin: Plugin) -> None:
    waiting = plugin("./checks", info=PluginInfo("./checks", "checks", path="/repository", loaded=False))
    text = "plugins: [./checks]\nhooks: [{at: after_task, command: [x], filter: name=theirs, stage: night}]\n"
    (hook,) = resolving(text, [waiting]).hooks
    assert (hook.filter, hook.stage) == ("name=theirs", "night")
