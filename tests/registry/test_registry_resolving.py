"""A registry's entries and what plugins bring become components."""

from collections.abc import Callable
from typing import Any

import pytest

from omnibase.model.component import (
    Command,
    Component,
    ComponentType,
    FileSet,
    Lifecycle,
    Need,
    Parsing,
    PythonCall,
)
from omnibase.model.errors import Location
from omnibase.model.registry import Gate, PluginInfo, Registry, StageDefaults
from omnibase.registry.matching import matcher
from omnibase.registry.resolving import LoadedPlugin

Json = Any
Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]


def python(name: str, **fields: Any) -> Component:
    return Component(name, PythonCall("checks.text", name.replace("-", "_"), "file", "checks"))._replace(**fields)


def command(name: str, *argv: str, **fields: Any) -> Component:
    return Component(name, Command(argv))._replace(**fields)


def test_every_key_of_an_entry_reaches_its_component(resolving: Resolving) -> None:
    registry = resolving(
        """\
components:
  - name: generate
    version: 1.4.0
    command: [make]
  - {name: format, command: [make]}
  - name: ruff
    version: 1.0.0
    type: tool
    lifecycle: stable
    tags: [pre-commit, lint]
    description: Lint
    idempotent: true
    files: {include: ["src/"], exclude: ["gen/"], types: [python], types_or: [text], exclude_types: [symlink]}
    command: [ruff, check, "{files}"]
    fix: [ruff, --fix]
    fixes: true
    findings: {regex: "(?P<message>x)", severity: warning}
    args: [--select, E]
    after: [format]
    needs: [{name: generate, version: ">=1,<2"}]
    required: false
    always_run: true
    env: {A: b}
    cwd: src/
    timeout: 60s
    deadline: 2m
    batch: {files: 50}
    executor: cluster
    owner: "@platform"
    since: "1.0"
    sunset: 2027-01-31
    replaced_by: format
"""
    )
    files = FileSet(("src/",), ("gen/",), ("python",), ("text",), ("symlink",))
    assert registry.components[2] == Component(
        name="ruff",
        work=Command(("ruff", "check", "{files}", "--select", "E")),
        type=ComponentType.TOOL,
        version="1.0.0",
        lifecycle=Lifecycle.STABLE,
        tags=("pre-commit", "lint"),
        description="Lint",
        idempotent=True,
        files=files,
        matcher=matcher(files),
        findings=Parsing("regex", {"pattern": "(?P<message>x)", "severity": "warning"}),
        fix=("ruff", "--fix", "--select", "E"),
        fixes=True,
        after=("format",),
        needs=(Need("generate", ">=1,<2"),),
        required=False,
        always_run=True,
        env={"A": "b"},
        cwd="src",
        timeout=60.0,
        deadline=120.0,
        batch_files=50,
        executor="cluster",
        owner="@platform",
        since="1.0",
        sunset="2027-01-31",
        replaced_by="format",
        origin=Location("registry.yaml", 7, 5),
    )


def test_an_entry_that_says_little_has_the_defaults_of_a_component(resolving: Resolving) -> None:
    (component,) = resolving("components: [{name: a, command: [x]}]\n").components
    assert component == Component("a", Command(("x",)), origin=Location("registry.yaml", 2, 14))


def test_the_rest_of_the_file_reaches_the_registry(resolving: Resolving, plugin: Plugin) -> None:
    info = PluginInfo("p", "p_module", "1.2", stages=("nightly",))
    registry = resolving(
        """\
plugins: [p]
defaults: {mode: async, jobs: auto, fix: false, keep_going: always, store: postgres}
stages:
  ci: {select: "tag=x", timeout: 10m, jobs: 4}
  nightly: {mode: sync}
suites: {fast: "tag!=slow"}
gates: [{stage: nightly, deny: "*", enforce: audit}]
""",
        [plugin("p", info=info)],
    )
    assert registry == Registry(
        file=registry.file,
        plugins=(info,),
        stages={
            "ci": StageDefaults("tag=x", {"jobs": 4, "timeout": 600.0}),
            "nightly": StageDefaults(None, {"mode": "sync"}),
        },
        suites={"fast": "tag!=slow"},
        gates=(Gate("nightly", "*", enforce="audit", place=Location("registry.yaml", 8, 9)),),
        settings={"mode": "async", "jobs": "auto", "fix": False, "keep_going": "always", "store": "postgres"},
    )
    assert registry.file is not None
    assert registry.file.startswith("/")
    assert all(type(value) in (str, int, float, bool) for value in registry.settings.values())


def test_a_plugins_components_are_there_with_their_own_metadata(resolving: Resolving, plugin: Plugin) -> None:
    brought = python("tidy", version="2.0.0", lifecycle=Lifecycle.STABLE, tags=("t",), files=FileSet(types=("text",)))
    (component,) = resolving("plugins: [checks]\nexclude: [gen/]\n", [plugin("checks", brought)]).components
    assert component == brought._replace(matcher=matcher(brought.files, ["gen/"]), plugin="checks")


def test_the_files_own_order_comes_first_and_then_the_plugins(resolving: Resolving, plugin: Plugin) -> None:
    registry = resolving(
        "components:\n- {name: z, command: [x]}\n- {name: c, tags: [t]}\n- {name: b, uses: two}\n",
        [plugin("one", python("a"), python("b"), python("c")), plugin("two", python("b"), python("d"))],
    )
    assert [(one.name, one.plugin) for one in registry.components] == [
        ("z", None),
        ("c", "one"),
        ("b", "two"),
        ("a", "one"),
        ("d", "two"),
    ]


@pytest.mark.parametrize("uses", ["", "uses: checks, ", "uses: checks/tidy, "])
def test_an_entry_over_a_plugins_component_changes_what_it_names_and_nothing_else(
    resolving: Resolving, plugin: Plugin, uses: str
) -> None:
    brought = python(
        "tidy",
        version="2.0.0",
        description="Tidy",
        idempotent=True,
        tags=("a",),
        timeout=5.0,
        files=FileSet(types=("text",), exclude=("x/",)),
        settings={"size": 1, "name": "n"},
    )
    (component,) = resolving(
        f"plugins: [checks]\ncomponents: [{{name: tidy, {uses}tags: [b], files: {{exclude: [y/]}}, "
        "settings: {size: 2}, lifecycle: stable}]\n",
        [plugin("checks", brought)],
    ).components
    files = FileSet(types=("text",), exclude=("y/",))
    assert component == brought._replace(
        tags=("b",),
        files=files,
        matcher=matcher(files),
        settings={"size": 2, "name": "n"},
        lifecycle=Lifecycle.STABLE,
        plugin="checks",
        origin=Location("registry.yaml", 3, 14),
    )


def test_a_plugins_component_under_another_name_is_a_further_one(resolving: Resolving, plugin: Plugin) -> None:
    registry = resolving(
        "components: [{name: strict, uses: checks/tidy, settings: {size: 9}}]\n",
        [plugin("checks", python("tidy", settings={"size": 1}))],
    )
    assert [(one.name, one.settings) for one in registry.components] == [("strict", {"size": 9}), ("tidy", {"size": 1})]


def test_an_entry_with_a_command_takes_the_place_of_a_plugins_component(resolving: Resolving, plugin: Plugin) -> None:
    (component,) = resolving(
        "components: [{name: tidy, command: [mine]}]\n", [plugin("checks", python("tidy", tags=("t",)))]
    ).components
    assert (component.work, component.tags, component.plugin) == (Command(("mine",)), (), None)


def test_arguments_are_added_to_a_plugins_command_and_to_a_fix_by_the_same_program(
    resolving: Resolving, plugin: Plugin
) -> None:
    lint = command("lint", "lint", "{files}", fix=("lint", "--fix", "{files}"))
    form = command("form", "form", "--check", fix=("other", "{files}"))
    first, second = resolving(
        "components: [{name: lint, args: [-x]}, {name: form, args: [-y]}]\n", [plugin("p", lint, form)]
    ).components
    assert first.work == Command(("lint", "{files}", "-x"))
    assert first.fix == ("lint", "--fix", "{files}", "-x")
    assert second.work == Command(("form", "--check", "-y"))
    assert second.fix == ("other", "{files}")


def test_a_plugins_command_can_be_given_another(resolving: Resolving, plugin: Plugin) -> None:
    (component,) = resolving(
        "components: [{name: lint, uses: p, command: ['lint \"$@\"', '{files}'], shell: true}]\n",
        [plugin("p", command("lint", "lint", tags=("t",)))],
    ).components
    assert component.work == Command(('lint "$@"', "{files}"), shell=True)
    assert component.tags == ("t",)


def test_defaults_are_for_components_that_say_nothing(resolving: Resolving, plugin: Plugin) -> None:
    registry = resolving(
        "defaults: {timeout: 7, deadline: 9}\ncomponents:\n"
        "- {name: a, command: [x]}\n- {name: b, command: [x], timeout: 1}\n- {name: c}\n",
        [plugin("p", python("c"), python("d", timeout=3.0, deadline=4.0), python("e"))],
    )
    assert {one.name: (one.timeout, one.deadline) for one in registry.components} == {
        "a": (7, 9),
        "b": (1, 9),
        "c": (7, 9),
        "d": (3, 4),
        "e": (7, 9),
    }


def test_what_is_not_enforced_is_kept_as_written_and_told_once_for_each_key(
    resolving: Resolving, plugin: Plugin
) -> None:
    registry = resolving(
        """\
components:
- {name: a, command: [x], capabilities: {network: none}}
- {name: b, command: [x], cache: {env: [A]}}
- {name: c, capabilities: {write: [build/]}}
""",
        [plugin("p", python("c", declared={"cache": {"env": ["B"]}}), python("d"))],
    )
    assert {one.name: one.declared for one in registry.components} == {
        "a": {"capabilities": {"network": "none"}},
        "b": {"cache": {"env": ["A"]}},
        "c": {"cache": {"env": ["B"]}, "capabilities": {"write": ["build/"]}},
        "d": {},
    }
    assert registry.notices == (
        "`cache` is accepted and shown, and not enforced by this version: b, c",
        "`capabilities` is accepted and shown, and not enforced by this version: a, c",
    )


def test_a_notice_names_ten_components_and_counts_the_others(resolving: Resolving) -> None:
    entries = "".join(f"- {{name: c{number}, command: [x], cache: {{}}}}\n" for number in range(11))
    (notice,) = resolving(f"components:\n{entries}").notices
    assert notice.endswith("c8, c9 and 1 more")


def test_only_what_comes_with_omnibase_is_marked_so(resolving: Resolving, plugin: Plugin) -> None:
    def shipped(info: PluginInfo) -> bool:
        claimed = python("tidy")._replace(work=PythonCall("m", "f", "file", "p", shipped=True))
        (component,) = resolving("", [plugin("", claimed, info=info)]).components
        assert isinstance(component.work, PythonCall)
        assert component.work.path == info.path
        return component.work.shipped

    assert shipped(PluginInfo("omnibase_files", "omnibase_files"))
    assert not shipped(PluginInfo("checks", "checks"))
    assert not shipped(PluginInfo("omnibase_files", "omnibase_files", path="/repository"))
    assert not shipped(PluginInfo("./omnibase_files", "omnibase_files", path="/repository"))


def test_settings_are_the_same_before_and_after_they_were_kept_as_json(resolving: Resolving, plugin: Plugin) -> None:
    (component,) = resolving(
        "", [plugin("p", python("a", settings={"names": ("x", ["y"]), "of": {"z": (1,)}}))]
    ).components
    assert component.settings == {"names": ["x", ["y"]], "of": {"z": [1]}}


@pytest.mark.parametrize(
    ("default", "good", "bad", "kinds"),
    [
        (True, "false", "1", ("true or false", "the number 1")),
        (1, "2", "true", ("a whole number", "true")),
        (1, "-3", "1.5", ("a whole number", "the number 1.5")),
        (1.5, "2", "'2'", ("a number", "the text '2'")),
        (1.5, "2.5", "true", ("a number", "true")),
        ("a", "b", "3", ("a text", "the number 3")),
        (["a"], "[b, 1]", "b", ("a list", "the text 'b'")),
        ((), "[b]", "{}", ("a list", "an empty mapping")),
        ({}, "{a: 1}", "[]", ("a mapping", "an empty list")),
        ({}, "{a: 1}", "~", ("a mapping", "nothing")),
        (None, "[1, {a: ~}]", None, None),
    ],
)
def test_a_setting_is_of_the_type_of_its_default(
    resolving: Resolving,
    plugin: Plugin,
    told: Told,
    default: Json,
    good: str,
    bad: str | None,
    kinds: tuple[str, str] | None,
) -> None:
    brought = plugin("p", python("a", settings={"key": default}))
    resolving(f"components: [{{name: a, settings: {{key: {good}}}}}]\n", [brought])
    if bad is not None and kinds is not None:
        shown = list(default) if isinstance(default, tuple) else default
        assert told(lambda: resolving(f"components: [{{name: a, settings: {{key: {bad}}}}}]\n", [brought])) == (
            2,
            f"registry.yaml:2:40: components[0].settings.key: expected {kinds[0]}, found {kinds[1]}\n"
            f"-> its default is {shown!r}",
        )


def test_a_plugin_that_is_not_loaded_leaves_its_components_out_with_a_notice(
    resolving: Resolving, plugin: Plugin
) -> None:
    waiting = plugin("./tools", info=PluginInfo("./tools", "tools", path="/repository", loaded=False))
    registry = resolving(
        """\
plugins: [./tools]
stages: {theirs: {}}
gates: [{stage: theirs, deny: "*"}]
components:
- {name: a, uses: ./tools/a}
- {name: b, tags: [x]}
- {name: c, command: [x], needs: [a, d], after: [b, d], findings: theirs, replaced_by: b}
- {name: d, command: [x]}
""",
        [waiting],
    )
    assert [one.name for one in registry.components] == ["c", "d"]
    component = registry.components[0]
    assert (component.needs, component.after, component.replaced_by) == ((Need("d"),), ("d",), None)
    assert registry.notices == (
        "a is left out: ./tools is not loaded",
        "b is left out: ./tools is not loaded",
        "c refers to what is not known: ./tools is not loaded",
    )


def test_a_plugin_inside_the_repository_is_used_by_its_path(resolving: Resolving, plugin: Plugin) -> None:
    info = PluginInfo("./tools/checks", "checks", path="/repository/tools")
    registry = resolving(
        "plugins: [./tools/checks/]\ncomponents:\n- {name: a, uses: ./tools/checks}\n"
        "- {name: z, uses: ./tools/checks/b}\n",
        [plugin("", python("a"), python("b"), info=info)],
    )
    assert [one.name for one in registry.components] == ["a", "z", "b"]
    assert {one.plugin for one in registry.components} == {"./tools/checks"}
