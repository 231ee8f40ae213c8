"""Registries that cannot be used: the exit code of the contract, and one message that says what to do."""

import resource
from typing import NamedTuple

import pytest

from tests.e2e.driving import Repo

# Time and memory that a registry can make omnibase spend, with room for a busy machine (seconds, bytes).
SECONDS = 5.0
MEMORY = 150 << 20


class Bad(NamedTuple):
    """A registry, and what is said of it: the exit code, where, and words of the message and the remedy.

    Where a file that breaks off does so is for the YAML library to say (None).
    """

    content: str | bytes
    code: int
    place: str | None
    message: str
    remedy: str = ""


HEAD = 'schema_version: "1"\n'
A = "  - {name: a, command: [echo]}\n"

BAD = {
    "empty": Bad("", 2, "registry.yaml", "the registry is empty", 'schema_version: "1"'),
    "a list": Bad("- a\n- b\n", 2, "registry.yaml:1:1", "this is a list", 'schema_version: "1"'),
    "truncated": Bad(f"{HEAD}components: [{{name: a, comm", 2, None, "this is no YAML", "mend"),
    "latin-1": Bad(f"{HEAD}# caf\xe9\n".encode("latin-1"), 2, "registry.yaml:2:6", "0xe9 is not UTF-8", "as UTF-8"),
    "binary": Bad(b"\x7fELF\x02\x01\x00", 2, "registry.yaml:1:1", "U+007F cannot stand", "remove it"),
    "50 MB": Bad(b"# " + b"x" * (50 << 20), 2, "registry.yaml", "52,428,802 bytes, and at most", "remove"),
    "nested 10,000 deep": Bad(
        f"{HEAD}suites: " + "[" * 10_000, 2, "registry.yaml:2:40", "nested more than 32 deep", ""
    ),
    "full of aliases": Bad(
        f"{HEAD}suites: {{a: &a [x, x], b: &b [*a, *a], c: [*b, *b]}}\n",
        2,
        "registry.yaml:2:13",
        "the anchor &a is refused",
        "`defaults:` holds what components share",
    ),
    "a merge key": Bad(f"{HEAD}defaults: {{<<: {{}}}}\n", 2, "registry.yaml:2:12", "merge key << is refused", ""),
    "a tag that is a program": Bad(
        f"{HEAD}suites: !!python/object/apply:os.system [touch ran]\n", 2, "registry.yaml:2:9", "a tag is refused", ""
    ),
    "a duplicate key": Bad(
        f"{HEAD}suites: {{}}\nsuites: {{}}\n", 2, "registry.yaml:3:1", "'suites' is there already, in line 2", "remove"
    ),
    "a duplicate name": Bad(
        f"{HEAD}components:\n{A}{A}", 2, "registry.yaml:4:12", "'a' is there already, in line 3", "another name"
    ),
    "an unknown key": Bad(f"{HEAD}componets: []\n", 2, "registry.yaml:2:1", "componets", "did you mean 'components'?"),
    "an unknown key of a component": Bad(
        f"{HEAD}components:\n  - {{name: a, comand: [echo]}}\n", 2, "registry.yaml:3:15", "comand", "'command'"
    ),
    "a wrong type": Bad(
        f"{HEAD}components:\n  - {{name: a, command: echo}}\n", 2, "registry.yaml:3:24", "components[0].command", ""
    ),
    "no version of the format": Bad("components: []\n", 2, "registry.yaml:1:1", "schema_version", ""),
    "a filter with a mistake": Bad(
        f'{HEAD}suites: {{fast: "tagg=slow"}}\n', 2, "registry.yaml:2:16", "suites.fast: unknown key 'tagg'", "'tag'"
    ),
    "an unknown stage": Bad(
        f"{HEAD}stages: {{precommit: {{}}}}\n", 2, "registry.yaml:2:10", "precommit", "'pre-commit'"
    ),
    "a circle of needs": Bad(
        f"{HEAD}components:\n"
        "  - {name: a, command: [echo], needs: [c]}\n"
        "  - {name: b, command: [echo], needs: [a]}\n"
        "  - {name: c, command: [echo], needs: [b]}\n",
        3,
        "registry.yaml:3:40",
        "the order goes in a circle: a -> c -> b -> a",
        "remove one",
    ),
    "a need that does not exist": Bad(
        f"{HEAD}components:\n  - {{name: lint, command: [echo]}}\n  - {{name: b, command: [echo], needs: [lnit]}}\n",
        3,
        "registry.yaml:4:40",
        "'b' needs 'lnit'",
        "did you mean 'lint'?",
    ),
    "a need of another version": Bad(
        f"{HEAD}components:\n  - {{name: a, command: [echo], version: 1.0.0}}\n"
        "  - {name: b, command: [echo], needs: [{name: a, version: '>=2'}]}\n",
        3,
        "registry.yaml:4:40",
        "'b' needs 'a' >=2, and it has the version 1.0.0",
        "change the range",
    ),
    "a plugin that is not installed": Bad(
        f"{HEAD}plugins: [omnibase_file]\n", 3, "registry.yaml:2:11", "is not installed", "'omnibase_files'"
    ),
    "a later omnibase": Bad(
        f'{HEAD}requires_omnibase: ">=99"\n', 3, "registry.yaml:2:20", "requires omnibase >=99", ""
    ),
}


def _computed() -> float:
    """The processor time of all children so far, in seconds: how busy the machine is does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_registry_ends_the_run_with_one_message_that_says_what_to_do(repo: Repo, bad: Bad) -> None:
    repo.write("registry.yaml", bad.content)
    before = _computed()
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert _computed() - before < SECONDS
    assert run.code == bad.code, run.err
    assert run.error["code"] == bad.code
    assert bad.place in (run.error["place"], None)
    assert bad.message in run.error["message"]
    assert bad.remedy in (run.error["remedy"] or "")
    assert run.err.count("error:") == 1
    assert "Traceback" not in run.err
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize("bad", ["50 MB", "nested 10,000 deep", "full of aliases"])
def test_a_hostile_registry_takes_no_more_memory_than_any_other(repo: Repo, bad: str) -> None:
    repo.write("registry.yaml", BAD[bad].content)
    run, peak = repo.measure("registry", "validate")
    assert run.code == 2
    assert peak < MEMORY


def test_without_a_registry_a_run_says_where_to_write_one(repo: Repo) -> None:
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 2
    assert f"there is no registry.yaml in {repo.root}" in run.error["message"]
    assert f"or write {repo.root}/registry.yaml" in run.error["remedy"]
    assert "plugins: [omnibase_files]" in run.err


def test_a_registry_that_is_named_and_missing_is_a_mistake_of_the_command_line(repo: Repo) -> None:
    repo.registry("components: []")
    run = repo.run("orch", "--stage", "ci", "--registry", "other.yaml", "--format", "json")
    assert run.code == 2
    assert run.error["place"] == "other.yaml"


def test_a_registry_that_is_a_folder_is_no_registry(repo: Repo) -> None:
    (repo.root / "registry.yaml").mkdir()
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.error["message"]) == (2, "the registry cannot be read: it is a folder")


def test_a_registry_is_searched_upward_to_the_repository_s_root(repo: Repo) -> None:
    repo.registry("components: [{name: where, lifecycle: stable, command: [pwd]}]")
    below = repo.write("one/two/file", "x").parent
    repo.stage()
    run = repo.run("orch", "--stage", "ci", "--format", "json", cwd=below)
    assert run.results["where"]["output"]["text"] == str(repo.root)


def test_reading_a_registry_runs_nothing(repo: Repo) -> None:
    repo.registry("components: [{name: a, lifecycle: stable, command: [touch, ran]}]\nplugins: [./checks.py]")
    repo.write("checks.py", "open('imported', 'w')")
    for action in (["list"], ["inspect", "a"], ["validate"]):
        assert repo.run("registry", *action).json["status"] == "PASS"
    assert {path.name for path in repo.root.iterdir()} == {".git", "registry.yaml", "checks.py"}


@pytest.mark.parametrize(
    ("expression", "caret", "remedy"),
    [
        ("typ=validator", "typ=validator\n  ^", "did you mean 'type'?"),
        ("type=validator,tag!slow", "type=validator,tag!slow\n                    ^", ""),
        ("lifecycle=stabel", "lifecycle=stabel\n            ^", "did you mean 'stable'?"),
        ("", "", "write key=value"),
    ],
)
def test_a_filter_with_a_mistake_is_shown_with_a_caret_below_it(
    repo: Repo, expression: str, caret: str, remedy: str
) -> None:
    repo.registry("components: []")
    run = repo.run("orch", "--stage", "ci", "--filter", expression, "--format", "json")
    assert run.code == 2
    assert run.error["message"].startswith("--filter: ")
    assert caret in run.err
    assert remedy in run.error["remedy"]


def test_an_unknown_stage_is_told_with_the_nearest_one(repo: Repo) -> None:
    repo.registry("components: []")
    run = repo.run("orch", "--stage", "pre-comit", "--format", "json")
    assert (run.code, run.error["message"]) == (2, "there is no stage 'pre-comit'")
    assert run.error["remedy"] == "did you mean 'pre-commit'?"


@pytest.mark.parametrize(
    "arguments",
    [
        ("orch", "--stage", "ci", "--name", "rufff"),
        ("orch", "--stage", "ci", "--filter", "name=rufff"),
        ("run", "rufff"),
        ("orch", "--stage", "pipeline", "--from", "rufff"),
        ("registry", "inspect", "rufff"),
        ("orch", "--format=json", "--stage", "registry", "inspect", "rufff"),
    ],
    ids=" ".join,
)
def test_an_unknown_component_is_told_with_the_nearest_one(repo: Repo, arguments: tuple[str, ...]) -> None:
    repo.registry("components: [{name: ruff, lifecycle: stable, command: [echo]}]")
    run = repo.run(*arguments)
    assert (run.code, run.error["message"]) == (3, "no component is called 'rufff'")
    assert run.error["remedy"] == "did you mean 'ruff'?"


def test_selecting_nothing_is_no_failure(repo: Repo) -> None:
    repo.registry("components: [{name: ruff, lifecycle: stable, command: [echo]}]")
    run = repo.run("orch", "--stage", "ci", "--filter", "tag=nobody", "--format", "json")
    assert (run.code, run.json["status"]) == (0, "SKIP")
    assert "nothing was selected; -v shows why each component was left out" in run.json["notices"]
    assert run.json["selection"] == [
        {"name": "ruff", "chosen": False, "reason": "tag=nobody does not hold", "gate": None}
    ]
