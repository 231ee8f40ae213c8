"""What a component takes while it runs: slots, resources, make's tokens."""

from collections.abc import Callable

import pytest

from omnibase.model.component import Command, Component
from omnibase.model.registry import Registry
from omnibase.registry.resolving import LoadedPlugin

Told = Callable[[Callable[[], object]], tuple[int, str]]
Resolving = Callable[..., Registry]
Plugin = Callable[..., LoadedPlugin]


def entry(keys: str, resources: str = "{database: 1, gpu: 4}") -> str:
    return f"resources: {resources}\ncomponents:\n- {{name: a, command: [x], {keys}}}\n"


def test_a_component_says_what_it_takes(resolving: Resolving) -> None:
    made = resolving(entry("cost: 3, exclusive: true, jobserver: true, resources: {database: 1, gpu: 2}"))
    (component,) = made.components
    assert (component.cost, component.exclusive, component.jobserver) == (3, True, True)
    assert component.resources == {"database": 1, "gpu": 2}
    assert made.resources == {"database": 1, "gpu": 4}


def test_a_list_of_resources_wants_one_of_each(resolving: Resolving) -> None:
    assert resolving(entry("resources: [gpu, database]")).components[0].resources == {"gpu": 1, "database": 1}


def test_one_that_says_nothing_takes_a_slot(resolving: Resolving) -> None:
    component = resolving("components: [{name: a, command: [x]}]").components[0]
    assert (component.cost, component.exclusive, component.resources, component.jobserver) == (1, False, {}, False)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "resources: [databse]",
            "4:38: 'a' wants the resource 'databse', and no resource is called so\n-> did you mean 'database'?",
        ),
        (
            "resources: [printer]",
            "4:38: 'a' wants the resource 'printer', and no resource is called so\n"
            "-> declare it: `resources: {printer: 1}`",
        ),
        (
            "resources: {gpu: 5}",
            "4:38: 'a' wants 5 of the resource 'gpu', and there is 4\n"
            "-> it would wait for ever: let it want less, or say under `resources` that there is more",
        ),
    ],
)
def test_what_no_run_could_give_is_told_before_it(told: Told, resolving: Resolving, keys: str, said: str) -> None:
    assert told(lambda: resolving(entry(keys))) == (2, f"registry.yaml:{said}")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("resources: {gpu: 0}", "components[0].resources.gpu: expected a number of at least 1, found the number 0"),
        ("resources: gpu", "components[0].resources: expected a list of names, or a mapping of names to amounts"),
        ("cost: 0", "components[0].cost: expected a number of at least 1, found the number 0"),
        ("cost: 100000", "components[0].cost: expected a number of at most 1,024, found the number 100000"),
        ("exclusive: 1", "components[0].exclusive: expected true or false, found the number 1"),
    ],
)
def test_amounts_that_are_none_are_refused(told: Told, resolving: Resolving, keys: str, said: str) -> None:
    code, words = told(lambda: resolving(entry(keys)))
    assert code == 2
    assert said in words


def test_a_resource_of_which_there_is_none_is_refused(told: Told, resolving: Resolving) -> None:
    code, words = told(lambda: resolving(entry("cost: 1", "{database: 0}")))
    assert code == 2
    assert "resources.database: expected a number of at least 1, found the number 0" in words


def test_of_what_a_plugin_names_itself_there_is_one(told: Told, resolving: Resolving, plugin: Plugin) -> None:
    one = Component("a", Command(("x",)), resources={"port": 1})
    assert resolving("plugins: [p]", [plugin("p", one)]).components[0].resources == {"port": 1}
    two = one._replace(resources={"port": 2})
    code, words = told(lambda: resolving("plugins: [p]", [plugin("p", two)]))
    assert (code, "wants 2 of the resource 'port', and there is 1" in words) == (2, True)
    assert resolving("plugins: [p]\nresources: {port: 2}", [plugin("p", two)]).components[0].resources == {"port": 2}
