"""Breakers whose rule the command does not know: those in a component's code, and of what is no component any more."""

import json
from typing import Any

import pytest

from tests.e2e.driving import Repo
from tests.e2e.test_breakers import failed, lines, listed, state

Json = Any

RULE = "as its component's code says"

CHECKS = """\
    import os

    from omnibase.api import Result, Status, breaker, tool


    @tool(name="asks", version="1.0.0", lifecycle="stable")
    def asks(ctx):
        with breaker("inner", failures=2, reset=2, probes=1):
            if "DOWN" in os.environ:
                raise TimeoutError("no answer")
        return Result(Status.PASS)
    """
REGISTRY = """\
    plugins: [./checks.py]
    components:
      - {name: lint, lifecycle: stable, command: ["true"]}
    """


@pytest.fixture
def unloaded(repo: Repo) -> Repo:
    """A repository with a plugin of its own that no run has looked at yet."""
    repo.write("checks.py", CHECKS)
    repo.registry(REGISTRY)
    return repo


@pytest.fixture
def coded(unloaded: Repo) -> Repo:
    """The same after a run in which nothing failed."""
    assert unloaded.run("run", "asks").code == 0
    return unloaded


def shown(repo: Repo, name: str) -> tuple[dict[str, str], Json]:
    """What `show` says of one, for people by title, and as a document."""
    human = dict(line.split(": ", 1) for line in lines(repo.run("breaker", "show", name, "--format", "human")))
    return human, json.loads(repo.run("breaker", "show", name, "--format", "json").text)["breaker"]


def test_no_rule_and_no_time_are_invented_for_one_in_a_component_s_code(coded: Repo) -> None:
    for _ in range(2):
        assert coded.run("run", "asks", env={"DOWN": "1"}).code == 1
    human, document = shown(coded, "asks/inner")
    assert (human["state"], human["tried again"], human["rule"]) == (
        "OPEN",
        "not known",
        "as its component's code says",
    )
    assert (document["state"], document["failures"]) == ("OPEN", 2)
    assert (document["rule"], document["again_s"], document["held"]) == (None, None, False)
    found = listed(coded)
    assert (found["asks/inner"]["rule"], found["asks/inner"]["again_s"]) == (None, None)
    assert found["asks"]["rule"] == {"failures": 5, "reset_s": 60.0, "probes": 3}
    row = lines(coded.run("breaker", "list", "--format", "human"))[2]
    assert row.startswith("asks/inner  OPEN    2 ")
    assert row.endswith("  not known")


def test_one_in_code_can_be_moved_by_hand_before_it_has_ever_failed(coded: Repo) -> None:
    human, document = shown(coded, "asks/inner")
    assert (human["state"], human["tried again"], human["rule"]) == ("CLOSED", "-", RULE)
    assert (document["rule"], document["again_s"]) == (None, None)
    assert lines(coded.run("breaker", "close", "asks/inner")) == ["asks/inner: closed"]
    assert lines(coded.run("breaker", "reset", "asks/inner")) == ["0 breakers reset"]
    assert lines(coded.run("breaker", "open", "asks/inner")) == [
        "asks/inner: open, and stays so until `omnibase breaker close asks/inner`"
    ]
    assert shown(coded, "asks/inner")[0]["tried again"] == "when it is closed by hand"
    run = coded.run("run", "asks")
    assert run.code == 1
    assert "the circuit breaker asks/inner is open" in run.text
    assert lines(coded.run("breaker", "close", "asks/inner")) == ["asks/inner: closed"]
    coded.run("breaker", "reset")
    assert coded.run("run", "asks").code == 0


@pytest.mark.parametrize("action", ["show", "open", "close", "reset"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("aks/inner", "no component is called 'aks' did you mean 'asks/inner'?"),
        ("asks/", "there is no breaker 'asks/' did you mean 'asks'?"),
        ("asks/a/b", "there is no breaker 'asks/a/b' did you mean 'asks'?"),
        ("lint/inner", "there is no breaker 'lint/inner' did you mean 'lint'?"),
        ("lnt/inner", "no component is called 'lnt' `omnibase registry list` shows all components"),
    ],
)
def test_what_no_code_can_have_is_refused_with_the_nearest_name(coded: Repo, action: str, name: str, told: str) -> None:
    run = coded.run("breaker", action, name)
    assert run.code == 3
    assert " ".join(run.err.split()) == f"error: {told}"


def test_what_is_said_of_a_plugin_that_no_run_has_looked_at_can_be_known_after_one(unloaded: Repo) -> None:
    run = unloaded.run("breaker", "open", "asks/inner")
    assert run.code == 3
    assert "what ./checks.py brings is known after a run" in " ".join(run.err.split())
    failed(state(unloaded), "asks")
    assert shown(unloaded, "asks")[0]["rule"] == "not known before a run has looked at ./checks.py"


def test_a_name_with_blanks_is_told_as_one_may_type_it(coded: Repo) -> None:
    assert lines(coded.run("breaker", "open", "asks/the mirror")) == [
        "asks/the mirror: open, and stays so until `omnibase breaker close 'asks/the mirror'`"
    ]


def test_of_what_is_no_component_any_more_neither_rule_nor_time_is_known(coded: Repo) -> None:
    failed(state(coded), "gone")
    failed(state(coded), "gone/inner")
    human, document = shown(coded, "gone")
    assert human["tried again"] == "not known"
    assert human["rule"] == "not known, as the registry has no such component"
    assert (document["rule"], document["again_s"]) == (None, None)
    human, document = shown(coded, "gone/inner")
    assert (human["tried again"], human["rule"]) == ("not known", RULE)
    assert (document["rule"], document["again_s"]) == (None, None)
    assert {(one["rule"], one["again_s"]) for one in listed(coded).values()} == {(None, None)}


def test_a_component_whose_breaker_was_turned_off_is_tried_now(coded: Repo) -> None:
    failed(state(coded), "lint")
    assert lines(coded.run("breaker", "open", "asks")) != []
    coded.registry(REGISTRY.replace("lifecycle", "breaker: false, lifecycle"))
    human, document = shown(coded, "lint")
    assert (human["state"], human["tried again"]) == ("OPEN", "now")
    assert human["rule"] == "it has no breaker, the registry says `breaker: false`"
    assert (document["rule"], document["again_s"]) == (None, 0.0)
    assert coded.run("run", "lint").code == 0
