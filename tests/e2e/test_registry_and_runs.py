"""What is asked of the registry and of the history, as a stage and as commands of their own."""

import json
import re

import jsonschema
import pytest
import yaml

from tests.e2e.driving import Repo

REGISTRY = """\
    plugins: [omnibase_files]
    components:
      - {name: lint, version: 1.2.0, lifecycle: stable, tags: [py], description: Lint it, command: [echo, "{files}"]}
      - {name: trailing-whitespace, uses: omnibase_files, lifecycle: canary}
    """


@pytest.mark.parametrize("command", [("registry", "list"), ("orch", "--stage", "registry", "list")], ids=" ".join)
def test_list_shows_all_components_and_plugins(repo: Repo, command: tuple[str, ...]) -> None:
    repo.registry(REGISTRY)
    run = repo.run(*command)
    (result,) = run.json["results"]
    components = {component["name"]: component for component in result["value"]["components"]}
    assert components["lint"] == {
        "name": "lint",
        "version": "1.2.0",
        "type": "validator",
        "lifecycle": "stable",
        "tags": ["py"],
        "description": "Lint it",
        "plugin": None,
        "origin": "registry.yaml:4:5",
    }
    assert components["trailing-whitespace"]["lifecycle"] == "canary"
    assert "check-yaml" in components
    assert [(plugin["name"], plugin["loaded"]) for plugin in result["value"]["plugins"]] == [("omnibase_files", True)]


def test_list_is_a_table_for_people(repo: Repo) -> None:
    repo.registry(REGISTRY)
    lines = repo.run("registry", "list", "--format", "human").text.splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "LIFECYCLE", "VERSION", "DESCRIPTION"]
    assert lines[1].split(maxsplit=4) == ["lint", "validator", "stable", "1.2.0", "Lint it [py]"]


def test_inspect_shows_one_component_with_where_it_comes_from(repo: Repo) -> None:
    repo.registry(REGISTRY)
    value = repo.run("orch", "--format", "json", "--stage", "registry", "inspect", "lint").json["results"][0]["value"]
    assert (value["component"]["name"], value["component"]["origin"]) == ("lint", "registry.yaml:4:5")
    shown = repo.run("registry", "inspect", "lint", "--format", "human").text
    assert "echo '{files}'" in shown


def test_what_follows_the_action_is_taken_verbatim(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--format", "json", "--stage", "registry", "list", "--format", "human")
    assert (run.code, run.error["message"]) == (2, "'--format' is one argument too many")


def test_validate_says_what_it_came_to(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("registry", "validate", "--format", "human")
    assert run.code == 0
    assert re.fullmatch(rf"{re.escape(str(repo.root))}/registry.yaml: valid, \d+ components, 1 plugin\n", run.text)
    repo.write("registry.yaml", 'schema_version: "1"\ncomponents: [{name: a, command: []}]\n')
    run = repo.run("registry", "validate")
    assert (run.code, run.error["place"]) == (2, "registry.yaml:2:33")


def test_the_schema_holds_for_a_registry_that_is_valid_and_not_for_one_that_is_not(repo: Repo) -> None:
    run = repo.run("registry", "schema")  # it needs no registry, so that an editor can have it first
    schema = json.loads(run.text)
    jsonschema.Draft202012Validator.check_schema(schema)
    repo.registry(REGISTRY)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(yaml.safe_load((repo.root / "registry.yaml").read_bytes()))
    assert not validator.is_valid({"schema_version": "1", "componets": []})
    staged = repo.run("orch", "--stage", "registry", "schema")
    assert staged.json["results"][0]["value"]["schema"] == schema


def test_an_unknown_action_is_told_with_the_nearest_one(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--format", "json", "--stage", "registry", "lst")
    assert (run.code, run.error["remedy"]) == (2, "did you mean 'list'?")


# The history


def test_a_run_is_listed_and_shown_again_as_it_was(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: good, lifecycle: stable, command: ["true"]}
          - {name: bad, lifecycle: stable, shell: true, command: ['printf "caf\\\\351\\\\n"; exit 3']}
        """)
    assert repo.run("runs", "list") == (0, b"", b"")
    assert not (repo.root / ".git" / "omnibase").exists()
    first = repo.run("orch", "--stage", "ci", "--format", "json")
    second = repo.run("orch", "--stage", "ci", "--name", "good", "--format", "json")
    listed = repo.run("runs", "list").text.splitlines()
    assert [line.split()[0] for line in listed] == [second.json["run_id"], first.json["run_id"]]
    assert "FAIL    1" in listed[1]

    shown = repo.run("runs", "show", first.json["run_id"], "--format", "json")
    assert shown.code == first.code == 1
    assert shown.json == first.json
    last = repo.run("runs", "show", "last", "--format", "human")
    assert (last.code, last.text.splitlines()[-1].split(" in ")[0]) == (0, "1 passed")


def test_a_run_that_does_not_exist_is_told(repo: Repo) -> None:
    repo.registry("components: []")
    run = repo.run("runs", "show", "last", "--format", "json")
    assert (run.code, run.error["message"]) == (2, "there is no one run 'last'")


def test_a_run_that_did_not_happen_leaves_no_record(repo: Repo) -> None:
    repo.registry("components: []")
    assert repo.run("orch", "--stage", "ci", "--filter", "typ=x").code == 2
    assert not (repo.root / ".git" / "omnibase" / "runs").exists()
