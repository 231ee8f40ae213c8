"""Which components a run has, and what of them counts: filters, suites, skips, stages, gates, lifecycles."""

import pytest

from tests.e2e.driving import Repo, Run

REGISTRY = """\
    suites: {fast: "tag!=slow", checks: "type=validator,lifecycle=*"}
    components:
      - {name: lint, version: 1.2.0, lifecycle: stable, tags: [pre-commit, python], owner: "@a", command: ["true"]}
      - {name: types, version: 2.0.0, lifecycle: canary, tags: [pre-commit, slow], command: ["true"]}
      - {name: new, lifecycle: experimental, tags: [pre-commit], command: ["true"]}
      - {name: old, lifecycle: deprecated, command: ["true"]}
      - {name: gone, lifecycle: archived, tags: [pre-commit], command: ["true"]}
      - {name: by-hand, lifecycle: stable, tags: [manual], command: ["true"]}
      - {name: unit, type: test, lifecycle: stable, tags: [integration, slow], command: ["true"]}
      - {name: build, type: tool, lifecycle: stable, command: ["true"]}
    """


def chosen(run: Run) -> list[str]:
    """What was selected; every component has a reason."""
    selection = run.json["selection"]
    assert all(choice["reason"] for choice in selection)
    return [choice["name"] for choice in selection if choice["chosen"]]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("pre-commit", "types"),
        ("pre-commit --lifecycle stable", "lint"),
        ("pre-commit --lifecycle canary,stable", "lint types"),
        ("pre-commit --lifecycle *", "lint types new"),
        ("pre-commit --hook pre-push", ""),
        ("ci", "lint types old unit"),
        ("ci --type test", "unit"),
        ("ci --type validator,tool", "lint types old build"),
        ("ci --tags manual", "by-hand"),
        ("ci --tags slow,python", "lint types unit"),
        ("ci --tags slow --tags integration", "unit"),
        ("ci --filter type=validator,lifecycle=canary|stable,tag!=slow", "lint by-hand"),
        ("ci --filter type=validator --filter tag=python", "lint"),
        ("ci --filter version>=1.2,version<2", "lint"),
        ("ci --filter name=*i*t*", "lint unit"),
        ("ci --filter owner=@a", "lint"),
        ("ci --name build,new", "new build"),
        ("ci --suite fast", "lint new old by-hand build"),
        ("ci --suite checks --tags slow", "types"),
        ("ci --skip lint --skip unit,old", "types"),
        ("ci --name lint --skip lint", ""),
        ("test", "unit"),
        ("test --tags python", ""),
        ("pipeline", "lint types old by-hand build"),
    ],
)
def test_a_selection_is_the_stage_s_default_with_the_user_s_terms_in_place_of_its(
    repo: Repo, arguments: str, names: str
) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--format", "json", "--stage", *arguments.split())
    assert (run.code, chosen(run)) == (0, names.split())


@pytest.mark.parametrize("variable", ["OMNIBASE_SKIP", "SKIP"])
def test_the_environment_skips_too_and_says_so(repo: Repo, variable: str) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--format", "json", env={variable: "lint,unit"})
    assert chosen(run) == ["types", "old"]
    assert (run.results["lint"]["cause"], run.results["lint"]["reason"]) == ("user-skip", "skipped on request")


def test_skipping_what_does_not_exist_is_told_and_fails_nothing(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--skip", "lnit", "--format", "json")
    assert (run.code, run.json["notices"]) == (0, ["nothing to skip: no component is called lnit"])


def test_what_depends_on_a_skipped_component_runs(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: a, lifecycle: stable, command: ["false"]}
          - {name: b, lifecycle: stable, command: ["true"], needs: [a]}
        """)
    run = repo.run("orch", "--stage", "ci", "--skip", "a", "--format", "json")
    assert (run.code, run.statuses) == (0, {"a": "SKIP", "b": "PASS"})


def test_a_need_is_pulled_in_from_outside_the_selection_and_runs_first(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: check, lifecycle: stable, command: [cat, made], needs: [make]}
          - {name: make, type: tool, lifecycle: stable, shell: true, command: ['echo it > made']}
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.results["check"]["output"]["text"]) == (0, "it")
    assert run.json["selection"][1]["reason"] == "needed by check"


def test_an_archived_component_is_never_selected(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--name", "gone", "--format", "json")
    assert (run.code, run.error["place"]) == (3, "registry.yaml:8:5")
    assert run.error["message"].startswith("'gone' is archived")


def test_an_unknown_suite_is_told_with_the_nearest_one(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--suite", "fats", "--format", "json")
    assert (run.code, run.error["remedy"]) == (2, "did you mean 'fast'?")


def test_the_registry_overrides_the_default_of_a_stage_and_the_user_the_registry(repo: Repo) -> None:
    stages = '    stages: {ci: {select: "tag=slow,lifecycle=stable", mode: sync, keep_going: never}}\n'
    repo.registry(stages + REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (chosen(run), run.json["mode"]) == (["unit"], "sync")
    assert run.json["environment"]["settings"]["keep_going"]["origin"] == "registry, stages.ci"
    run = repo.run("orch", "--stage", "ci", "--lifecycle", "canary", "--mode", "async", "--format", "json")
    assert (chosen(run), run.json["mode"]) == (["types"], "async")


def test_who_tagged_stable_components_for_a_commit_is_told_how_to_include_them(repo: Repo) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "pre-commit", "--format", "human")
    told = " ".join(run.text.split())
    assert "left out, because they are not canary: lint; `--lifecycle canary,stable` includes stable ones" in told


# Lifecycles


def test_what_an_experimental_component_finds_is_a_warning(repo: Repo) -> None:
    repo.registry("components: [{name: it, lifecycle: experimental, command: ['false']}]")
    run = repo.run("orch", "--stage", "ci", "--lifecycle", "experimental", "--format", "json")
    assert (run.code, run.json["status"], run.statuses) == (0, "WARN", {"it": "WARN"})
    assert run.results["it"]["cause"] == "experimental"
    assert run.results["it"]["reason"] == "experimental: would have failed (exit code 1)"


def test_a_deprecated_component_warns_with_its_replacement_and_its_end(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: old, lifecycle: deprecated, replaced_by: new, sunset: 2027-01-31, command: ["true"]}
          - {name: new, lifecycle: stable, command: ["true"]}
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"old": "WARN", "new": "PASS"})
    assert run.results["old"]["reason"] == "deprecated: use new instead (to be removed on 2027-01-31)"


# Gates


@pytest.mark.parametrize(
    ("enforce", "status", "notices"),
    [("block", None, 0), ("warn", "WARN", 1), ("audit", "WARN", 0)],
)
def test_a_gate_blocks_warns_or_is_noted(repo: Repo, enforce: str, status: str | None, notices: int) -> None:
    repo.registry(f"""\
        gates: [{{stage: ci, deny: "lifecycle=experimental", enforce: {enforce}}}]
        components:
          - {{name: other, lifecycle: stable, command: ["true"]}}
          - {{name: it, lifecycle: experimental, command: ["false"]}}
        """)
    run = repo.run("orch", "--stage", "ci", "--lifecycle", "*", "--format", "json")
    assert (run.code, run.statuses.get("it")) == (0, status)
    choice = run.json["selection"][1]
    assert choice["chosen"] is (status is not None)
    assert "lifecycle=experimental" in choice["gate"]
    assert len(run.json["notices"]) == notices
    assert all("it" in notice and "lifecycle=experimental" in notice for notice in run.json["notices"])


def test_the_strictest_of_several_gates_wins(repo: Repo) -> None:
    repo.registry("""\
        gates:
          - {stage: ci, deny: "name=it", enforce: audit}
          - {stage: ci, deny: "tag=x", enforce: block}
          - {stage: ci, deny: "type=validator", enforce: warn}
        components: [{name: it, lifecycle: stable, tags: [x], command: ["true"]}]
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, chosen(run)) == (0, [])
    assert "tag=x" in run.json["selection"][0]["gate"]


def test_a_gate_against_what_was_asked_for_by_name_is_a_violation(repo: Repo) -> None:
    repo.registry("""\
        gates: [{stage: ci, deny: "tag=x"}]
        components: [{name: it, lifecycle: stable, tags: [x], command: [touch, ran]}]
        """)
    run = repo.run("orch", "--stage", "ci", "--name", "it", "--format", "json")
    assert (run.code, run.error["family"], run.error["place"]) == (4, "protocol", "registry.yaml:2:9")
    assert not (repo.root / "ran").exists()


def test_a_gate_of_another_stage_says_nothing(repo: Repo) -> None:
    repo.registry("""\
        gates: [{stage: pipeline, deny: "*"}]
        components: [{name: it, lifecycle: stable, command: ["true"]}]
        """)
    assert repo.run("orch", "--stage", "ci", "--format", "json").statuses == {"it": "PASS"}
