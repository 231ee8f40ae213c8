"""A component falls back on one that is there, and that can stand in for it."""

from collections.abc import Callable

import pytest

from omnibase.model.component import Command, Component
from omnibase.model.registry import PluginInfo, Registry
from omnibase.registry.resolving import LoadedPlugin

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]


def entries(*keys: str) -> str:
    """A registry of components a, b, c, ... with these keys, each in a line of its own."""
    named = zip("abcdef", keys, strict=False)
    return "components:\n" + "".join(f"- {{name: {name}, command: [x]{more}}}\n" for name, more in named)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            entries(", fallback: lang", "").replace("name: b", "name: lint"),
            "3:37: 'a' falls back on 'lang', and no component is called so\n-> declare 'lang', or remove the reference",
        ),
        (
            entries(", fallback: lnt", "").replace("name: b", "name: lint"),
            "3:37: 'a' falls back on 'lnt', and no component is called so\n-> did you mean 'lint'?",
        ),
        (
            entries(", fallback: b", ", lifecycle: archived"),
            "3:37: 'a' falls back on 'b', which is archived\n-> name another component, or remove `fallback`",
        ),
        (
            entries(", fallback: b", ", fixes: true"),
            "3:37: 'a' falls back on 'b', which changes files (`fixes: true`)\n-> name a component that only looks",
        ),
        (
            entries(", needs: [d], fallback: b", ", needs: [d, c]", "", ""),
            "3:49: 'a' falls back on 'b', which needs 'c', and 'a' itself does not\n"
            "-> add 'c' to the needs of 'a', or name another component",
        ),
        (
            entries(", fallback: a"),
            "3:37: the fallbacks go in a circle: a -> a\n  a falls back on a (registry.yaml:3:37)\n"
            "-> remove one of these references",
        ),
        (
            entries(", fallback: b", ", fallback: c", ", fallback: b"),
            "4:37: the fallbacks go in a circle: b -> c -> b\n  b falls back on c (registry.yaml:4:37)\n"
            "  c falls back on b (registry.yaml:5:37)\n-> remove one of these references",
        ),
    ],
)
def test_what_cannot_stand_in_is_told_with_its_place(told: Told, resolving: Resolving, content: str, said: str) -> None:
    assert told(lambda: resolving(content)) == (3, f"registry.yaml:{said}")


@pytest.mark.parametrize(
    "content",
    [
        entries(", fallback: b", ", fallback: c", ""),
        entries(", needs: [c, d], fallback: b", ", needs: [d]", "", ""),
        entries(", fallback: b", ", after: [a]"),
        entries(", fallback: b, lifecycle: archived", ", lifecycle: archived"),
    ],
)
def test_a_fallback_that_can_stand_in_is_taken(resolving: Resolving, content: str) -> None:
    assert resolving(content).components[0].fallback == "b"


def test_a_fallback_of_a_plugins_component_is_looked_at_too(told: Told, resolving: Resolving, plugin: Plugin) -> None:
    brought = plugin("p", Component("a", Command(("x",)), fallback="b"))
    said = "'a' falls back on 'b', and no component is called so\n-> declare 'b', or remove the reference"
    assert told(lambda: resolving("", [brought])) == (3, f"None: {said}")
    assert told(lambda: resolving("components: [{name: a, tags: [t]}]\n", [brought])) == (
        3,
        f"registry.yaml:2:14: {said}",
    )


def test_a_fallback_that_may_be_an_unloaded_plugins_is_left_out_with_a_notice(
    resolving: Resolving, plugin: Plugin
) -> None:
    waiting = plugin("", info=PluginInfo("./tools", "tools", path="/repository", loaded=False))
    registry = resolving(entries(", fallback: theirs"), [waiting])
    assert registry.components[0].fallback is None
    assert registry.notices == ("a refers to what is not known: ./tools is not loaded",)


def test_a_chain_of_five_thousand_fallbacks_needs_no_recursion(resolving: Resolving, told: Told) -> None:
    size = 5_000
    lines = [f"- {{name: c{number}, command: [x], fallback: c{number + 1}}}\n" for number in range(size)]
    chain = f"components:\n{''.join(lines)}- {{name: c{size}, command: [x]}}\n"
    assert len(resolving(chain).components) == size + 1
    circle = chain.replace(f"c{size}, command: [x]}}", f"c{size}, command: [x], fallback: c0}}")
    code, said = told(lambda: resolving(circle))
    assert code == 3
    assert said.split("\n")[0].endswith(f"c{size - 1} -> c{size} -> c0")
