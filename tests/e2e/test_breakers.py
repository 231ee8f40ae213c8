"""Circuit breakers from the command line: listed, shown, opened, closed and reset."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnibase.storage.breakers import MARKER, SqliteBreakers
from omnibase.storage.database import NAME
from tests.e2e.driving import Repo, Run
from tests.faults.filling import can_mount
from tests.storage.guarding import RULE

Json = Any

REGISTRY = """\
    components:
      - {name: lint, lifecycle: stable, command: ["true"]}
      - {name: deploy, lifecycle: stable, command: ["true"]}
    """


@pytest.fixture
def declared(repo: Repo) -> Repo:
    repo.registry(REGISTRY)
    return repo


def failed(folder: Path, name: str, times: int = RULE.failures) -> None:
    """What so many attempts leave behind that failed in passing."""
    breakers = SqliteBreakers(str(folder), wait=60.0)
    for _ in range(times):
        breakers.failed(name, RULE)
    breakers.close()


def state(repo: Repo) -> Path:
    return repo.root / ".git" / "omnibase"


def listed(repo: Repo) -> dict[str, Json]:
    """What `list` says, by name."""
    run = repo.run("breaker", "list", "--format", "json")
    assert (run.code, run.err) == (0, "")
    return {one["name"]: one for one in json.loads(run.text)["breakers"]}


def lines(run: Run) -> list[str]:
    assert (run.code, run.err) == (0, "")
    return run.text.splitlines()


def test_where_nothing_has_failed_there_is_nothing_to_list_and_nothing_is_made(declared: Repo) -> None:
    shown = lines(declared.run("breaker", "list", "--format", "human"))
    assert shown == ["all breakers are closed, and no failures are counted"]
    assert listed(declared) == {}
    assert lines(declared.run("breaker", "reset")) == ["0 breakers reset"]
    assert lines(declared.run("breaker", "close", "lint")) == ["lint: closed"]
    assert not state(declared).exists()


def test_what_is_open_is_listed_with_since_when_and_when_it_is_tried_again(declared: Repo) -> None:
    failed(state(declared), "lint")
    failed(state(declared), "deploy", 2)
    found = listed(declared)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["lint"].pop("since"))
    assert 0.0 <= found["lint"].pop("again_s") <= 60.0
    rule = {"failures": 5, "reset_s": 60.0, "probes": 3}
    assert found == {
        "deploy": {
            "name": "deploy",
            "state": "CLOSED",
            "failures": 2,
            "held": False,
            "since": None,
            "again_s": None,
            "rule": rule,
        },
        "lint": {"name": "lint", "state": "OPEN", "failures": 3, "held": False, "rule": rule},
    }
    head, *rows = lines(declared.run("breaker", "list", "--format", "human"))
    assert head == "NAME    STATE   FAILURES  SINCE                TRIED AGAIN"
    assert rows[0] == "deploy  CLOSED  2         -                    -"
    assert re.fullmatch(r"lint    OPEN    3         \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (in .*s|now)", rows[1])


def test_one_is_shown_with_its_rule(declared: Repo) -> None:
    assert lines(declared.run("breaker", "show", "lint", "--format", "human")) == [
        "name: lint",
        "state: CLOSED",
        "failures: 0",
        "since: -",
        "tried again: -",
        "rule: opens after 5 failures in a row, for 1m 00s; then up to 3 attempts as probes",
    ]
    failed(state(declared), "lint")
    shown = json.loads(declared.run("breaker", "show", "lint", "--format", "json").text)["breaker"]
    assert (shown["state"], shown["failures"], shown["held"]) == ("OPEN", 3, False)


def test_opened_by_hand_it_stays_open_until_it_is_closed_by_hand(declared: Repo) -> None:
    assert lines(declared.run("breaker", "open", "lint", "deploy")) == [
        "lint: open, and stays so until `omnibase breaker close lint`",
        "deploy: open, and stays so until `omnibase breaker close deploy`",
    ]
    found = listed(declared)
    assert [(one["state"], one["held"], one["again_s"]) for one in found.values()] == [("OPEN", True, None)] * 2
    shown = lines(declared.run("breaker", "show", "lint", "--format", "human"))
    assert "tried again: when it is closed by hand" in shown
    assert lines(declared.run("breaker", "close", "lint")) == ["lint: closed"]
    assert list(listed(declared)) == ["deploy"]


def test_reset_makes_all_as_new_or_the_named(declared: Repo) -> None:
    declared.run("breaker", "open", "lint", "deploy")
    assert lines(declared.run("breaker", "reset", "lint")) == ["1 breaker reset"]
    declared.run("breaker", "open", "lint")
    assert lines(declared.run("breaker", "reset")) == ["2 breakers reset"]
    assert listed(declared) == {}
    assert not (state(declared) / MARKER).exists()


@pytest.mark.parametrize("action", ["show", "open", "close", "reset"])
def test_an_unknown_name_is_told_with_the_nearest_right_one(declared: Repo, action: str) -> None:
    run = declared.run("breaker", action, "lnt")
    assert run.code == 3
    assert "no component is called 'lnt'" in run.err
    assert "did you mean 'lint'?" in run.err
    assert not state(declared).exists()


def test_of_several_names_one_of_which_is_unknown_none_is_opened(declared: Repo) -> None:
    assert declared.run("breaker", "open", "lint", "nothing-like-it").code == 3
    assert listed(declared) == {}


def test_a_breaker_of_what_is_no_component_any_more_is_shown_and_can_be_closed(declared: Repo) -> None:
    failed(state(declared), "gone")
    assert list(listed(declared)) == ["gone"]
    assert lines(declared.run("breaker", "show", "gone", "--format", "human"))[1] == "state: OPEN"
    assert lines(declared.run("breaker", "close", "gone")) == ["gone: closed"]
    assert declared.run("breaker", "close", "gone").code == 3


@pytest.mark.parametrize(
    "command",
    ["breaker list", "breaker show", "breaker open", "breaker close", "breaker reset", "runs list", "runs show"],
)
def test_the_help_of_a_command_shows_an_example(repo: Repo, command: str) -> None:
    run = repo.run(*command.split(), "--help")
    assert run.code == 0
    assert re.search(rf"^  Examples?:\n    omnibase {command}\b", run.text, re.MULTILINE)


def test_names_are_required_where_all_would_be_too_many(declared: Repo) -> None:
    for action in ("open", "close", "show"):
        assert declared.run("breaker", action).code == 2


def test_it_works_outside_git(folder: Repo) -> None:
    folder.registry(REGISTRY)
    folder.run("breaker", "open", "lint")
    assert list(listed(folder)) == ["lint"]
    assert (folder.root / ".omnibase" / NAME).exists()
    assert lines(folder.run("breaker", "reset")) == ["1 breaker reset"]


def test_without_a_registry_it_says_how_to_have_one(repo: Repo) -> None:
    run = repo.run("breaker", "list")
    assert run.code == 2
    assert "omnibase init" in run.err


def test_where_no_state_can_be_kept_the_path_is_named(declared: Repo) -> None:
    """A file in its place, because nothing is forbidden to root."""
    declared.write(".git/omnibase", "a file in the place of the folder")
    run = declared.run("breaker", "open", "lint")
    assert run.code == 1
    assert f"the circuit breakers cannot be used: {state(declared)}: File exists" in run.err
    assert "Traceback" not in run.err
    assert lines(declared.run("breaker", "list", "--format", "human"))


@pytest.fixture
def read_only(declared: Repo) -> Iterator[Repo]:
    """A repository with a breaker that is open, on a disk of which nothing but reading is allowed."""
    place = declared.root / ".git" / "omnibase"
    place.mkdir()
    if not can_mount(declared.root.parent):
        pytest.skip("disks can be mounted by root only")
    subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    try:
        failed(place, "lint")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        yield declared
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_on_a_disk_that_is_read_only_breakers_are_shown_and_to_move_one_is_an_error(read_only: Repo) -> None:
    assert listed(read_only)["lint"]["state"] == "OPEN"
    for arguments in (("open", "deploy"), ("close", "lint"), ("reset",)):
        run = read_only.run("breaker", *arguments)
        assert run.code == 1
        assert f"{state(read_only)}/{NAME}: attempt to write a readonly database" in run.err
        assert "Traceback" not in run.err
    assert listed(read_only)["lint"]["state"] == "OPEN"


def test_a_database_that_cannot_be_opened_is_told_with_its_path(declared: Repo) -> None:
    (state(declared) / NAME).mkdir(parents=True)
    (state(declared) / MARKER).touch()
    for arguments in (("list",), ("open", "lint"), ("reset",)):
        run = declared.run("breaker", *arguments)
        assert run.code == 1
        assert f"{state(declared)}/{NAME}: unable to open database file" in run.err
        assert "Traceback" not in run.err


def test_a_damaged_database_is_moved_aside_and_told(declared: Repo) -> None:
    failed(state(declared), "lint")
    (state(declared) / NAME).write_bytes(b"no database" * 1000)
    run = declared.run("breaker", "list", "--format", "human")
    assert run.code == 0
    assert "was moved to" in run.err
    assert declared.run("breaker", "open", "lint").code == 0
    assert list(listed(declared)) == ["lint"]


def test_a_shell_completes_the_names(declared: Repo) -> None:
    failed(state(declared), "gone")
    words = {"_OMNIBASE_COMPLETE": "bash_complete", "COMP_WORDS": "omnibase breaker close ", "COMP_CWORD": "3"}
    run = declared.run(env=words)
    assert run.text.split() == ["plain,deploy", "plain,gone", "plain,lint"]
