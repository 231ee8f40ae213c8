"""What cannot be resolved is told with its place, the nearest right name, and the right exit code."""

from collections.abc import Callable

import pytest

from omnibase.model.component import Command, Component, FileSet, Need, PythonCall
from omnibase.model.registry import PluginInfo, Registry
from omnibase.registry.resolving import LoadedPlugin

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]


@pytest.fixture
def plugins(plugin: Plugin) -> list[LoadedPlugin]:
    """Two plugins: `checks` with a Python check `tidy`, a command `lint` and `twice`; `more` with `twice`."""
    tidy = Component("tidy", PythonCall("m", "f", "file", "checks"), settings={"size": 1})
    lint = Component("lint", Command(("lint", "{files}")))
    twice = Component("twice", Command(("x",)))
    nightly = PluginInfo("checks", "checks", stages=("nightly",))
    return [plugin("checks", tidy, lint, twice, info=nightly), plugin("more")]


FAULTS = [
    # names
    (
        "components:\n- {name: a, command: [x]}\n- {name: b, command: [x]}\n- name: a\n  command: [y]\n",
        2,
        "5:9: components[2].name: the name 'a' is there already, in line 3\n"
        "-> give one of the two another name, or remove it",
    ),
    (
        "components: [{name: tiddy}]\n",
        3,
        "2:21: the component 'tiddy' has no command, and no plugin named here brings one of that name\n"
        "-> did you mean 'tidy'?",
    ),
    (
        "components: [{name: unheard-of}]\n",
        3,
        "2:21: the component 'unheard-of' has no command, and no plugin named here brings one of that name\n"
        "-> give it a `command:`, or name the plugin that brings it below `plugins:`",
    ),
    (
        "components: [{name: a, uses: cheks}]\n",
        3,
        "2:30: the plugin 'cheks' is not named below `plugins:`\n-> did you mean 'checks'?",
    ),
    (
        "components: [{name: a, uses: other/tidy}]\n",
        3,
        "2:30: the plugin 'other' is not named below `plugins:`\n-> write plugins: [checks, more, other]",
    ),
    (
        "components: [{name: a, uses: ./checks}]\n",
        3,
        "2:30: the plugin './checks' is not named below `plugins:`\n-> did you mean 'checks'?",
    ),
    (
        "components: [{name: a, uses: checks/tiddy}]\n",
        3,
        "2:30: the plugin 'checks' brings no component 'tiddy'\n-> did you mean 'tidy'?",
    ),
    (
        "components: [{name: unheard-of, uses: checks}]\n",
        3,
        "2:39: the plugin 'checks' brings no component 'unheard-of'\n-> it brings tidy, lint, twice",
    ),
    (
        "components: [{name: tidy, uses: more}]\n",
        3,
        "2:33: the plugin 'more' brings no component 'tidy'\n-> it brings none at all",
    ),
    # what does not go with a component
    (
        "components: [{name: tidy, command: [x], uses: checks}]\n",
        2,
        "2:27: components[0].command: 'tidy' is written in Python and has no `command`",
    ),
    (
        "components: [{name: tidy, args: [x]}]\n",
        2,
        "2:27: components[0].args: 'tidy' is written in Python and has no `args`",
    ),
    (
        "components: [{name: tidy, fix: [x]}]\n",
        2,
        "2:27: components[0].fix: 'tidy' is written in Python and has no `fix`",
    ),
    (
        "components: [{name: tidy, findings: ruff}]\n",
        2,
        "2:27: components[0].findings: 'tidy' is written in Python and has no `findings`",
    ),
    (
        "components: [{name: tidy, settings: {sise: 2}}]\n",
        2,
        "2:38: components[0].settings.sise: 'tidy' has no setting 'sise'\n-> did you mean 'size'?",
    ),
    (
        "components: [{name: tidy, settings: {colour: 2}}]\n",
        2,
        "2:38: components[0].settings.colour: 'tidy' has no setting 'colour'\n-> it takes size",
    ),
    (
        "components: [{name: lint, settings: {size: 2}}]\n",
        2,
        "2:37: components[0].settings: 'lint' is a command and takes no settings\n"
        "-> a command is given `args` or `env`",
    ),
    (
        "components: [{name: lint, args: ['{files}']}]\n",
        2,
        "2:33: components[0].args: {files} is there already\n-> keep one of the two",
    ),
    (
        "components: [{name: lint, shell: true}]\n",
        2,
        "2:27: components[0].shell: `shell` goes with a `command` beside it",
    ),
    (
        "components: [{name: a, command: [x y], shell: true, args: [z]}]\n",
        2,
        "2:59: components[0].args: with `shell: true` expected one text, found 2 arguments\n"
        "-> write the whole command line as one text, or leave out `shell`",
    ),
    # references
    (
        "components:\n- {name: alpha, command: [x]}\n- {name: b, command: [x], needs: [lint, alfa]}\n",
        3,
        "4:41: 'b' needs 'alfa', and no component is called so\n-> did you mean 'alpha'?",
    ),
    (
        "components: [{name: b, command: [x], needs: [{name: unheard-of}]}]\n",
        3,
        "2:46: 'b' needs 'unheard-of', and no component is called so\n-> declare 'unheard-of', or remove the reference",
    ),
    (
        "components: [{name: b, command: [x], after: [lnt]}]\n",
        3,
        "2:46: 'b' runs after 'lnt', and no component is called so\n-> did you mean 'lint'?",
    ),
    (
        "components: [{name: b, command: [x], replaced_by: lnt}]\n",
        3,
        "2:51: 'b' is replaced by 'lnt', and no component is called so\n-> did you mean 'lint'?",
    ),
    (
        "components:\n- {name: a, command: [x], version: 2.0.0}\n"
        "- {name: b, command: [x], needs: [{name: a, version: '>=1,<2'}]}\n",
        3,
        "4:35: 'b' needs 'a' >=1,<2, and it has the version 2.0.0\n-> change the range, or the version of 'a'",
    ),
    (
        "components: [{name: b, command: [x], findings: rufff}]\n",
        3,
        "2:48: there is no parser 'rufff' for the findings of 'b'\n-> did you mean 'ruff'?",
    ),
    (
        "components: [{name: b, command: [x], findings: zzz}]\n",
        3,
        "2:48: there is no parser 'zzz' for the findings of 'b'\n-> the parsers are mypy, regex, ruff, text",
    ),
    # circles
    (
        "components: [{name: a, command: [x], needs: [a]}]\n",
        3,
        "2:46: the order goes in a circle: a -> a\n  a needs a (registry.yaml:2:46)\n-> remove one of these references",
    ),
    (
        "components:\n- {name: a, command: [x], needs: [lint, b]}\n- {name: b, command: [x], after: [c]}\n"
        "- {name: c, command: [x], needs: [{name: a}]}\n",
        3,
        "3:41: the order goes in a circle: a -> b -> c -> a\n  a needs b (registry.yaml:3:41)\n"
        "  b runs after c (registry.yaml:4:35)\n  c needs a (registry.yaml:5:35)\n-> remove one of these references",
    ),
    # filters and stages
    (
        "suites: {fast: 'tgs=slow'}\n",
        2,
        "2:16: suites.fast: unknown key 'tgs'\ntgs=slow\n^\n-> did you mean 'tag'?",
    ),
    (
        "stages: {ci: {select: 'type=tool,lifecycle=stabel'}}\n",
        2,
        "2:23: stages.ci.select: no component has the lifecycle 'stabel'\n"
        "type=tool,lifecycle=stabel\n                    ^\n-> did you mean 'stable'?",
    ),
    (
        "gates: [{stage: ci, deny: ''}]\n",
        2,
        "2:27: gates[0].deny: the filter is empty\n\n^\n-> write key=value, or * for all components",
    ),
    ("stages: {pre-comit: {}}\n", 2, "2:10: there is no stage 'pre-comit'\n-> did you mean 'pre-commit'?"),
    (
        "gates: [{stage: production, deny: '*'}]\n",
        2,
        "2:17: there is no stage 'production'\n-> the stages are pre-commit, ci, test, pipeline, registry, nightly",
    ),
    # gates
    (
        "gates: [{stage: registry, deny: '*'}]\n",
        2,
        "2:17: gates[0].stage: no component runs at the stage 'registry'\n-> name another stage, or remove the gate",
    ),
    (
        "gates: [{stage: ci, require: 'tag=a', only: 'tpe=tool'}]\n",
        2,
        "2:45: gates[0].only: unknown key 'tpe'\ntpe=tool\n^\n-> did you mean 'type'?",
    ),
    (
        "gates: [{stage: ci, limit: 'capability=netwrok', age: 9}]\n",
        2,
        "2:28: gates[0].limit: no component has the capability 'netwrok'\ncapability=netwrok\n           ^\n"
        "-> did you mean 'network'?",
    ),
    (
        "gates: [{stage: ci, deny: 'name=lnit'}]\n",
        3,
        "2:27: the filter names 'lnit', and no component is called so\n-> did you mean 'lint'?",
    ),
    (
        "gates: [{stage: ci, deny: 'lifecycle=experimental,name!=lint|tiddy'}]\n",
        3,
        "2:27: the filter names 'tiddy', and no component is called so\n-> did you mean 'tidy'?",
    ),
    (
        "gates: [{stage: ci, require: 'owner=?*', only: 'name=unheard-of'}]\n",
        3,
        "2:48: the filter names 'unheard-of', and no component is called so\n"
        "-> declare 'unheard-of', or remove it from the filter",
    ),
    (
        "gates: [{stage: ci, deny: 'lifecycle=archived'}]\n",
        2,
        "2:27: gates[0].deny: 'lifecycle=archived' holds for nothing that can run: the gate is against nothing\n"
        "-> change the filter, or remove the gate",
    ),
    (
        "gates: [{stage: ci, require: 'type=tool,type=test'}]\n",
        2,
        "2:30: gates[0].require: 'type=tool,type=test' holds for nothing that can run: the gate is against everything\n"
        "-> change the filter, or deny what is meant",
    ),
    (
        "gates: [{stage: ci, require: 'owner=*'}]\n",
        2,
        "2:30: gates[0].require: 'owner=*' holds for everything that can run: the gate is against nothing\n"
        "-> write owner=?* for what has any owner at all",
    ),
    (
        "gates:\n- {stage: ci, require: 'owner=@a'}\n- {stage: test, require: 'owner=@c'}\n"
        "- {stage: ci, require: 'owner=@b', only: 'type=tool'}\n",
        2,
        "5:3: these gates contradict each other: nothing that matches 'type=tool' passes all of them at ci\n"
        "  require 'owner=@a' at ci (block) (registry.yaml:3:3)\n"
        "  require 'owner=@b' of 'type=tool' at ci (block) (registry.yaml:5:3)\n"
        "-> change one of them, or write `enforce: warn` in it",
    ),
    (
        "gates:\n- {stage: ci, require: 'tag=a'}\n- {stage: '*', deny: 'tag=a'}\n",
        2,
        "4:3: these gates contradict each other: nothing passes all of them at ci\n"
        "  require 'tag=a' at ci (block) (registry.yaml:3:3)\n"
        "  deny 'tag=a' at every stage (block) (registry.yaml:4:3)\n"
        "-> change one of them, or write `enforce: warn` in it",
    ),
    (
        "gates: [{stage: '*', require: 'tag=a'}, {stage: '*', deny: 'tag=a'}]\n",
        2,
        "2:41: these gates contradict each other: nothing passes all of them at any stage\n"
        "  require 'tag=a' at every stage (block) (registry.yaml:2:9)\n"
        "  deny 'tag=a' at every stage (block) (registry.yaml:2:41)\n"
        "-> change one of them, or write `enforce: warn` in it",
    ),
    # globs
    ("exclude: [a, '[z-a]']\n", 2, "2:14: exclude[1]: '[z-a]' is no pattern"),
    (
        "components: [{name: b, command: [x], files: {types: [text], include: ['a\\']}}]\n",
        2,
        "2:71: components[0].files.include[0]: 'a\\\\' is no pattern",
    ),
]


@pytest.mark.parametrize(("content", "code", "said"), FAULTS)
def test_a_fault_is_told_with_its_place(
    told: Told, resolving: Resolving, plugins: list[LoadedPlugin], content: str, code: int, said: str
) -> None:
    assert told(lambda: resolving(content, plugins)) == (code, f"registry.yaml:{said}")


def test_another_version_of_omnibase_is_asked_for(told: Told, resolving: Resolving) -> None:
    assert told(lambda: resolving("requires_omnibase: '>=0.2'\n")) == (
        3,
        "registry.yaml:2:20: this registry requires omnibase >=0.2, and this is 0.1.0\n"
        "-> install one that fits: pip install 'omnibase>=0.2'",
    )
    resolving("requires_omnibase: '>=0.2'\n", version="0.3.0.dev1")


def test_two_plugins_with_the_same_component_have_to_be_told_apart(
    told: Told, resolving: Resolving, plugin: Plugin
) -> None:
    tidy = Component("tidy", Command(("x",)))
    plugins = [plugin("one", tidy), plugin("two", tidy)]
    remedy = "-> say which is meant, below `components:`: - {name: tidy, uses: one}"
    said = f"the plugins 'one' and 'two' both bring a component called 'tidy'\n{remedy}"
    assert told(lambda: resolving("plugins: [one, two]\n", plugins)) == (3, f"registry.yaml:2:10: {said}")
    assert told(lambda: resolving("components: [{name: tidy, tags: [a]}]\n", plugins)) == (
        3,
        f"registry.yaml:2:21: {said}",
    )
    (component,) = resolving("components: [{name: tidy, uses: two}]\n", plugins).components
    assert component.plugin == "two"


def test_a_plugin_with_the_same_component_twice_breaks_the_protocol(
    told: Told, resolving: Resolving, plugin: Plugin
) -> None:
    tidy = Component("tidy", Command(("x",)))
    assert told(lambda: resolving("plugins: [p]\n", [plugin("p", tidy, tidy)])) == (
        4,
        "registry.yaml:2:10: the plugin 'p' brings two components called 'tidy'",
    )


def test_a_plugins_own_faults_are_the_plugins(told: Told, resolving: Resolving, plugin: Plugin) -> None:
    globs = Component("tidy", Command(("x",)), files=FileSet(include=("[z-a]",)))
    assert told(lambda: resolving("", [plugin("p", globs)])) == (
        4,
        "None: 'tidy' of the plugin 'p': '[z-a]' is no pattern",
    )
    setting = Component("tidy", Command(("x",)), settings={"names": {1, 2}})
    assert told(lambda: resolving("", [plugin("p", setting)])) == (
        4,
        "None: 'tidy' of the plugin 'p' has a setting that JSON cannot hold: {1, 2}\n"
        "-> give its keyword-only parameters defaults of JSON's types",
    )


def test_a_plugins_reference_is_told_at_the_entry_that_adjusts_it(
    told: Told, resolving: Resolving, plugin: Plugin
) -> None:
    brought = plugin("p", Component("a", Command(("x",)), needs=(Need("b"),)))
    assert told(lambda: resolving("components: [{name: a, tags: [x]}]\n", [brought])) == (
        3,
        "registry.yaml:2:14: 'a' needs 'b', and no component is called so\n-> declare 'b', or remove the reference",
    )
    assert told(lambda: resolving("", [brought]))[1].startswith("None: 'a' needs 'b'")


def test_a_version_that_cannot_be_compared_does_not_satisfy_a_range(
    told: Told, resolving: Resolving, plugin: Plugin
) -> None:
    odd = plugin("p", Component("odd", Command(("x",)), version="nightly"))
    content = "components: [{name: b, command: [x], needs: [{name: odd, version: '>=1'}]}]\n"
    assert told(lambda: resolving(content, [odd])) == (
        3,
        "registry.yaml:2:46: 'b' needs 'odd' >=1, and what it has cannot be compared: "
        """'nightly' is no version: a version has three numbers, such as "1.4.0"\n"""
        "-> change the range, or the version of 'odd'",
    )
    wrong = plugin("p", Component("a", Command(("x",)), needs=(Need("a2", "1"),)), Component("a2", Command(("x",))))
    assert "which is no range: '1' does not start with" in told(lambda: resolving("", [wrong]))[1]


def test_a_chain_of_ten_thousand_needs_neither_recursion_nor_long(resolving: Resolving, told: Told) -> None:
    size = 5_000
    lines = [f"- {{name: c{number}, command: [x], needs: [c{number + 1}]}}\n" for number in range(size)]
    chain = f"components:\n{''.join(lines)}- {{name: c{size}, command: [x]}}\n"
    assert len(resolving(chain).components) == size + 1
    circle = chain.replace(f"{{name: c{size}, command: [x]}}", f"{{name: c{size}, command: [x], after: [c0]}}")
    code, said = told(lambda: resolving(circle))
    assert code == 3
    assert said.split("\n")[0].endswith(f"c{size - 1} -> c{size} -> c0")
