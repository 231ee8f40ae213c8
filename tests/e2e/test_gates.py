"""Gates of a stage: what they let in, what they say of the rest, and in which words."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.driving import Repo, Run

Json = Any
NOW = datetime.now(UTC)


def day(ago: int) -> str:
    """The day so many days ago."""
    return (NOW - timedelta(days=ago)).strftime("%Y-%m-%d")


REGISTRY = f"""\
components:
  - {{name: young, lifecycle: canary, since: {day(10)}, owner: "@a", command: ["true"]}}
  - {{name: old, lifecycle: canary, since: {day(200)}, command: ["true"]}}
  - {{name: ageless, lifecycle: canary, since: 1.2.0, owner: "@b", command: ["true"]}}
  - {{name: gone, lifecycle: deprecated, since: {day(200)}, sunset: {day(2)}, owner: "@a", command: ["true"]}}
  - {{name: going, lifecycle: deprecated, since: {day(20)}, sunset: {day(-30)}, owner: "@a", command: ["true"]}}
  - name: build
    type: tool
    lifecycle: stable
    since: {day(5)}
    command: ["true"]
    capabilities: {{network: none, write: [build/]}}
"""
AGELESS = "its `since`, '1.2.0', is no day, so that its age is not known"
ALL = ("orch", "--stage", "ci", "--type", "*", "--format", "json")


@pytest.fixture
def gated(repo: Repo) -> Any:
    """A repository with the components above and these gates of stage ci."""

    def gated(*gates: str, rest: str = REGISTRY) -> Repo:
        lines = "".join(f"  - {{stage: ci, {gate}}}\n" for gate in gates)
        repo.registry(f"gates:\n{lines}{rest}")
        return repo

    return gated


def timeless(text: str) -> str:
    """The text whatever the day on which it was written: a test may begin before midnight and end after it."""
    return re.sub(r"for 20\d days", "for N days", text)


def decisions(run: Run) -> dict[str, list[tuple[str, str]]]:
    """Of each component what was decided, and why."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in run.json["gates"]:
        found.setdefault(one["name"], []).append((one["decision"], timeless(one["reason"])))
    return found


# What is let in


@pytest.mark.parametrize(
    ("gate", "blocked"),
    [
        ('deny: "lifecycle=canary,owner=@a"', {"young": "it matches 'lifecycle=canary,owner=@a'"}),
        ('require: "owner=?*"', {"old": "owner=?* does not hold", "build": "owner=?* does not hold"}),
        ('require: "owner=?*", only: "type=tool"', {"build": "owner=?* does not hold"}),
        (
            'limit: "lifecycle=canary", age: 90d',
            {
                "old": f"it has been there for N days, since {day(200)}",
                "ageless": AGELESS,
            },
        ),
        ('limit: "lifecycle=canary", age: 201', {"ageless": AGELESS}),
        ('limit: "lifecycle=canary", count: 2', {"ageless": "it is number 3 of them in the registry"}),
        ('limit: "lifecycle=deprecated", sunset: true', {"gone": f"its sunset, {day(2)}, has come"}),
        ('deny: "type=tool,capability=network"', {}),
        ('deny: "type=tool,capability=write"', {"build": "it matches 'type=tool,capability=write'"}),
        (
            'deny: "capability=undeclared,lifecycle=canary"',
            dict.fromkeys(["young", "old", "ageless"], "it matches 'capability=undeclared,lifecycle=canary'"),
        ),
    ],
)  # fmt: skip
def test_what_a_gate_blocks_does_not_run_and_the_report_says_why(
    gated: Any, gate: str, blocked: dict[str, str]
) -> None:
    run = gated(gate).run(*ALL)
    assert run.code == 0, run.err
    assert set(run.statuses) == {"young", "old", "ageless", "gone", "going", "build"} - set(blocked)
    assert decisions(run) == {name: [("blocked", reason)] for name, reason in blocked.items()}
    for choice in run.json["selection"]:
        assert choice["chosen"] is (choice["name"] not in blocked)
        assert (choice["gate"] is not None) is (choice["name"] in blocked)
    for one in run.json["gates"]:
        assert one["place"] == "registry.yaml:3:5"
        assert one["gate"].endswith(" at ci (block)")


@pytest.mark.parametrize(("enforce", "decision", "notices"), [("warn", "warned", 1), ("audit", "audited", 0)])
def test_a_gate_that_does_not_block_only_tells(gated: Any, enforce: str, decision: str, notices: int) -> None:
    run = gated(f'require: "owner=?*", only: "type=tool", enforce: {enforce}').run(*ALL)
    assert (run.code, run.statuses["build"]) == (0, "PASS")
    assert decisions(run) == {"build": [(decision, "owner=?* does not hold")]}
    told = ["build: the gate require 'owner=?*' of 'type=tool' at ci (warn) would leave it out: owner=?* does not hold"]
    assert run.json["notices"][-1:] * notices == told * notices
    assert all("the gate" not in notice for notice in run.json["notices"][: None if notices == 0 else -1])


def test_the_strictest_gate_decides_and_the_others_are_told_too(gated: Any) -> None:
    run = gated(
        'deny: "name=old", enforce: audit',
        'limit: "lifecycle=canary", age: 90d, enforce: warn',
        'require: "owner=?*", only: "lifecycle=canary"',
    ).run(*ALL)
    assert [one for one, _ in decisions(run)["old"]] == ["audited", "warned", "blocked"]
    (choice,) = [choice for choice in run.json["selection"] if choice["name"] == "old"]
    gate = "require 'owner=?*' of 'lifecycle=canary' at ci (block)"
    assert (choice["gate"], choice["reason"]) == (gate, f"blocked by the gate {gate}: owner=?* does not hold")
    assert not any(notice.startswith("old:") for notice in run.json["notices"])
    assert decisions(run)["ageless"] == [("warned", AGELESS)]


def test_a_gate_of_all_stages_is_one_of_each(repo: Repo) -> None:
    repo.registry(f'gates: [{{stage: "*", deny: "name=build"}}]\n{REGISTRY}')
    for stage in ("pre-commit", "ci", "test", "pipeline"):
        run = repo.run("orch", "--stage", stage, "--filter", "type=*,lifecycle=*,tag=*", "--format", "json")
        assert run.code == 0
        assert [one["gate"] for one in run.json["gates"]] == ["deny 'name=build' at every stage (block)"]


def test_what_waits_for_something_blocked_is_skipped_and_the_run_does_not_fail(repo: Repo) -> None:
    repo.registry("""\
        gates: [{stage: ci, deny: "type=tool"}]
        components:
          - {name: make, type: tool, lifecycle: stable, command: [touch, made]}
          - {name: check, lifecycle: stable, command: [touch, checked], needs: [make]}
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (0, {"make": "SKIP", "check": "SKIP"})
    assert (run.results["make"]["cause"], run.results["make"]["reason"]) == (
        "gated",
        "blocked by the gate deny 'type=tool' at ci (block)",
    )
    assert not (repo.root / "made").exists()
    assert not (repo.root / "checked").exists()


def test_a_fallback_that_is_blocked_stands_in_for_nobody(repo: Repo) -> None:
    repo.registry("""\
        gates: [{stage: ci, deny: "tag=copy"}]
        components:
          - {name: it, lifecycle: stable, command: [./not-there], fallback: other}
          - {name: other, lifecycle: experimental, tags: [copy, manual], command: ["true"]}
        """)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.statuses) == (1, {"it": "SKIP"})
    assert decisions(run) == {"other": [("blocked", "it matches 'tag=copy'")]}


# What was asked for by name


@pytest.mark.parametrize(
    "arguments",
    [
        ("orch", "--stage", "ci", "--name", "old"),
        ("orch", "--stage", "ci", "--filter", "name=old|young"),
        ("orch", "--stage", "ci", "--name", "old", "--dry-run"),
        ("run", "old"),
        ("run", "old", "--dry-run"),
    ],
    ids=" ".join,
)
def test_blocking_what_was_asked_for_by_name_is_a_violation(gated: Any, arguments: tuple[str, ...]) -> None:
    repo = gated('deny: "type=tool"', 'limit: "lifecycle=canary", age: 90d')
    run = repo.run(*arguments, "--format", "json")
    assert run.code == 4
    assert run.error | {"message": timeless(run.error["message"])} == {
        "family": "protocol",
        "code": 4,
        "message": "'old' was asked for by name, and is blocked by the gate limit 'lifecycle=canary' to 90 days at ci "
        f"(block): it has been there for N days, since {day(200)}",
        "place": "registry.yaml:4:5",
        "remedy": "change the gate in the registry, or leave the component out",
    }


@pytest.mark.parametrize(
    "arguments", [("--name", "build"), ("--filter", "name=b*"), ("--name", "young", "--skip", "old")]
)
def test_what_was_not_asked_for_by_name_is_left_out_quietly(gated: Any, arguments: tuple[str, ...]) -> None:
    run = gated('deny: "name=old"').run("orch", "--stage", "ci", *arguments, "--format", "json")
    assert (run.code, run.json["gates"]) == (0, [])


def test_a_step_of_a_pipeline_was_asked_for_by_name(repo: Repo) -> None:
    repo.registry(f'gates: [{{stage: pipeline, deny: "name=young"}}]\n{REGISTRY}')
    run = repo.run("orch", "--stage", "pipeline", "--from", "old", "--to", "young", "--format", "json")
    assert (run.code, run.error["place"]) == (4, "registry.yaml:2:9")


def test_a_dry_run_decides_as_a_run_does(gated: Any) -> None:
    repo = gated('limit: "*", age: 90d', 'require: "owner=?*", enforce: warn')
    real, dry = (repo.run(*ALL, *more) for more in ((), ("--dry-run",)))
    assert dry.json["gates"] == real.json["gates"]
    assert dry.json["selection"] == real.json["selection"]
    assert decisions(real).keys() == {"old", "ageless", "gone", "build"}


# In other words


def test_people_read_what_was_blocked_where_they_ask_for_it_and_warnings_always(gated: Any) -> None:
    repo = gated('deny: "name=old"', 'require: "owner=?*", only: "type=tool", enforce: warn')
    plain = " ".join(repo.run(*ALL[:-1], "human").text.split())
    assert "name=old" not in plain
    assert (
        "notice: build: the gate require 'owner=?*' of 'type=tool' at ci (warn) would leave it out: "
        "owner=?* does not hold" in plain
    )
    told = repo.run(*ALL[:-1], "human", "-v").text
    assert all(len(line) <= 100 for line in told.splitlines())
    assert "old: blocked by the gate deny 'name=old' at ci (block)\n" in told
    assert (
        "gates: old: blocked by deny 'name=old' at ci (block): it matches 'name=old' (registry.yaml:3:5)"
        in " ".join(told.split())
    )
    assert (
        "build: warned by require 'owner=?*' of 'type=tool' at ci (warn): owner=?* does not hold (registry.yaml:4:5)"
        in " ".join(told.split())
    )


def test_the_error_of_a_gate_is_read_by_people_with_its_place_and_remedy(gated: Any) -> None:
    run = gated('deny: "name=old"').run("run", "old", "--format", "human")
    assert run.code == 4
    told = " ".join((run.text + run.err).split())
    assert "'old' was asked for by name, and is blocked by the gate deny 'name=old' at ci (block)" in told
    assert "registry.yaml:3:5" in told
    assert "change the gate in the registry, or leave the component out" in told


def test_yaml_has_the_decisions_too(gated: Any) -> None:
    text = gated('deny: "name=old"').run(*ALL[:-1], "yaml").text
    assert "\ngates:\n- decision: blocked\n" in text


def test_a_recorded_run_shows_its_decisions_again(gated: Any) -> None:
    repo = gated('deny: "name=old"')
    decided = repo.run(*ALL).json["gates"]
    assert repo.run("runs", "show", "last", "--format", "json").json["gates"] == decided != []


def test_inspect_shows_what_the_gates_of_all_stages_have_against_a_component(repo: Repo) -> None:
    repo.registry(f"""\
gates:
  - {{stage: ci, deny: "name=build", enforce: audit}}
  - {{stage: pipeline, limit: "lifecycle=canary", age: 90d}}
  - {{stage: "*", require: "owner=?*"}}
{REGISTRY}""")
    value = repo.run("registry", "inspect", "old", "--format", "json").json["results"][0]["value"]
    assert [(one["gate"], one["decision"]) for one in value["gates"]] == [
        ("limit 'lifecycle=canary' to 90 days at pipeline (block)", "blocked"),
        ("require 'owner=?*' at every stage (block)", "blocked"),
    ]
    shown = " ".join(repo.run("registry", "inspect", "old", "--format", "human").text.split())
    assert (
        "gates: blocked by limit 'lifecycle=canary' to 90 days at pipeline (block): "
        f"it has been there for N days, since {day(200)} (registry.yaml:4:5)" in timeless(shown)
    )
    assert "gates:" not in repo.run("registry", "inspect", "young", "--format", "human").text


# Gates that cannot be meant


@pytest.mark.parametrize(
    ("gates", "code", "message", "place"),
    [
        (['limit: "*"'], 2, "gates[0]: a limit has at least one bound", "registry.yaml:3:5"),
        (['deny: "name=yuong"'], 3, "the filter names 'yuong', and no component is called so", "registry.yaml:3:23"),
        (
            ['require: "owner=*"'],
            2,
            "gates[0].require: 'owner=*' holds for everything that can run: the gate is against nothing",
            "registry.yaml:3:26",
        ),
        (
            ['require: "owner=@a"', 'deny: "owner=@*"'],
            2,
            "these gates contradict each other: nothing passes all of them at ci\n"
            "  require 'owner=@a' at ci (block) (registry.yaml:3:5)\n"
            "  deny 'owner=@*' at ci (block) (registry.yaml:4:5)",
            "registry.yaml:4:5",
        ),
    ],
)
def test_gates_that_cannot_be_meant_end_every_command(
    gated: Any, gates: list[str], code: int, message: str, place: str
) -> None:
    repo = gated(*gates)
    for arguments in (ALL, ("run", "young", "--format", "json"), ("registry", "validate", "--format", "json")):
        run = repo.run(*arguments)
        assert (run.code, run.error["message"], run.error["place"]) == (code, message, place)
        assert run.error["remedy"]


def test_a_changed_gate_is_read_anew_although_the_registry_was_known(gated: Any) -> None:
    assert set(gated('deny: "name=old"').run(*ALL).statuses) == {"young", "ageless", "gone", "going", "build"}
    assert set(gated('deny: "name=young"').run(*ALL).statuses) == {"old", "ageless", "gone", "going", "build"}
