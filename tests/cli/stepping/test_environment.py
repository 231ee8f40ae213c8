"""The environment of a task as it is shown, and what is said to change it."""

import pytest

from omnibase.cli.stepping.environment import Edit, declared, differing, edit_of, environment, hidden
from omnibase.model.component import Command, Component, PythonCall
from omnibase.model.ports import Assignment, Place, Share
from omnibase.orchestrators.stepping import edited

OUTER = {"HOME": "/home/me", "LANG": "C", "API_TOKEN": "of-the-person", "GIT_DIR": "/elsewhere"}
INNER = {name: value for name, value in OUTER.items() if name != "GIT_DIR"}


COMMAND = Command(("true",))


def batch(work: Command | PythonCall = COMMAND, **env: str) -> Assignment:
    component = Component("it", work, env=env, secrets=("PIN",))
    place = Place("/repo", {**INNER, "PATH": "/usr/bin"})
    return Assignment(0, (Share(0, component, ("a",)),), place, "run", "c" * 32, given={"GIVEN": "1", "LEVEL": "low"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", ("A", "b")),
        ("A=", ("A", "")),
        ("A= b = c", ("A", " b = c")),
        ("A='b c'", ("A", "'b c'")),
        ("-A", ("A", None)),
        ("- A", ("A", None)),
    ],
)
def test_a_variable_is_set_or_taken_away(text: str, expected: tuple[str, str | None]) -> None:
    assert edit_of(text) == Edit(*expected)


@pytest.mark.parametrize("text", ["A", "=b", " =b", "-", "two words=b", "-two words", "A=\0"])
def test_what_is_no_variable_is_told(text: str) -> None:
    assert edit_of(text).problem


def test_declared_variables_are_shown_in_their_order_and_secrets_hidden() -> None:
    made = batch(B="x y", A="\x1b[31m", MY_PASSWORD="s3cret", PIN="12", URL="https://me:longpassword@host/")
    assert declared(made) == [
        r"A=$'\x1b[31m'",
        "B='x y'",
        "MY_PASSWORD=***",
        "PIN=***",
        "URL='https://me:***@host/'",
    ]


def test_all_that_is_not_as_outside_is_shown() -> None:
    shown = differing(batch(LEVEL="high"), OUTER)
    assert [pair for pair in shown if not pair.startswith("PATH=")] == [
        "-GIT_DIR",
        "GIVEN=1",
        "LEVEL=high",
        "PWD=/repo",
    ]
    assert any(pair.startswith("PATH=") and pair.endswith(":/usr/bin") for pair in shown)


def test_a_secret_of_the_environment_is_hidden_in_a_command() -> None:
    assert hidden(batch(), "curl -H of-the-person") == "curl -H ***"


@pytest.mark.parametrize(
    "work",
    [COMMAND, PythonCall("m", "f", "context", "p"), PythonCall("m", "f", "file", "p")],
    ids=["command", "context", "file"],
)
def test_a_variable_that_is_edited_wins_over_all_others(work: Command | PythonCall) -> None:
    changes = {"LEVEL": "typed", "HOME": "typed", "GIVEN": "typed", "LANG": None, "PATH": "typed", "API_TOKEN": None}
    env = environment(edited(batch(work, LEVEL="high", LANG="de"), changes))
    assert {name: env.get(name) for name in changes} == changes
