"""What a person does first: a registry of a few lines, checks at commit and over everything, one component by name."""

import pytest

from tests.e2e.driving import Repo

REGISTRY = """\
    plugins: [omnibase_files]
    stages:
      pre-commit: {select: "tag=pre-commit,lifecycle=canary|stable"}
    components:
      - name: no-todo
        lifecycle: stable
        tags: [pre-commit]
        files: {types: [python]}
        shell: true
        command: ['! grep -n TODO "$@"', "{files}"]
        findings: {regex: '^(?P<line>\\d+):(?P<message>.*)$'}
    """


def test_at_commit_the_staged_files_are_checked_and_findings_are_shown_where_they_are(repo: Repo) -> None:
    repo.registry(REGISTRY)
    repo.commit()
    repo.write("staged.txt", "fine\nnot fine  \n")
    repo.stage()
    repo.write("not-staged.txt", "not fine either  \n")
    run = repo.run("orch", "--stage", "pre-commit", "--format", "human")
    assert run.code == 1
    assert "staged.txt:2:9: trailing-whitespace whitespace at the end of the line\n" in run.text
    assert "run again: omnibase run trailing-whitespace\n" in run.text
    assert "not-staged.txt" not in run.text
    assert run.text.splitlines()[-1].startswith("1 failed, ")

    repo.write("staged.txt", "fine\nnow fine\n")
    repo.git("add", "staged.txt")
    run = repo.run("orch", "--stage", "pre-commit", "--format", "human")
    assert run.code == 0, run.text
    assert " passed" in run.text.splitlines()[-1]


def test_in_ci_all_files_are_checked(repo: Repo) -> None:
    repo.registry(REGISTRY)
    repo.write("src/good.py", "x = 1\n")
    repo.write("src/bad.py", "x = (\n")
    repo.write("src/later.py", "x = 1  # TODO\n")
    repo.write("data.json", '{"a": 1,}\n')
    repo.commit()
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 1
    failed = {name: result for name, result in run.results.items() if result["status"] == "FAIL"}
    assert sorted(failed) == ["check-ast", "check-json", "no-todo"]
    assert [finding["path"] for finding in failed["check-ast"]["findings"]] == ["src/bad.py"]
    assert [finding["path"] for finding in failed["check-json"]["findings"]] == ["data.json"]
    assert failed["check-ast"]["files"] == 3


def test_the_stage_left_out_is_ci_under_a_ci_and_else_pre_commit(repo: Repo) -> None:
    repo.registry("components: []")
    assert repo.run("orch", "--format", "json").json["stage"] == "pre-commit"
    assert repo.run("orch", "--format", "json", env={"CI": "true"}).json["stage"] == "ci"


def test_one_component_runs_by_name_over_a_folder(repo: Repo) -> None:
    repo.registry(REGISTRY)
    repo.write("src/a.txt", "x  \n")
    repo.write("docs/b.txt", "x  \n")
    repo.stage()
    run = repo.run("run", "trailing-whitespace", "src/", "--format", "json")
    assert (run.code, run.statuses) == (1, {"trailing-whitespace": "FAIL"})
    assert [finding["path"] for finding in run.results["trailing-whitespace"]["findings"]] == ["src/a.txt"]


def test_a_run_that_is_asked_for_again_comes_to_the_same(repo: Repo) -> None:
    """The second one reads the compiled form of the registry."""
    repo.registry(REGISTRY)
    repo.write("a.txt", "x  \n")
    repo.stage()
    first, second = (repo.run("orch", "--stage", "ci", "--format", "json") for _ in range(2))
    assert first.code == second.code == 1
    for key in ("selection", "summary", "plan", "notices"):
        assert _without_times(first.json[key]) == _without_times(second.json[key])
    assert first.statuses == second.statuses
    findings = [[result["findings"] for result in run.json["results"]] for run in (first, second)]
    assert findings[0] == findings[1]


def test_a_change_of_the_registry_counts_at_once(repo: Repo) -> None:
    for word in ("one", "two", "six"):  # of equal length, and within one tick of a coarse clock
        repo.only(f"command: [echo, {word}]")
        assert repo.run("orch", "--stage", "ci", "--format", "json").results["it"]["output"]["text"] == word


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["--name", "fine"]),
        (0, ["--name", "warns"]),
        (1, ["--name", "fails"]),
        (1, ["--name", "hangs"]),
        (2, ["--nam", "fine"]),
        (2, ["--filter", "name"]),
        (2, ["--format", "jsn"]),
        (3, ["--name", "unknown"]),
        (4, ["--name", "gated"]),
        (4, ["--name", "returns-nothing"]),
        (4, ["--name", "returns-nothing,fails,hangs"]),
    ],
    ids=lambda value: value if isinstance(value, int) else " ".join(value),
)
def test_the_exit_code_is_that_of_the_contract(repo: Repo, code: int, arguments: list[str]) -> None:
    repo.registry("""\
        plugins: [./checks.py]
        gates: [{stage: ci, deny: "name=gated"}]
        components:
          - {name: fine, lifecycle: stable, command: ["true"]}
          - {name: warns, lifecycle: experimental, command: ["false"]}
          - {name: fails, lifecycle: stable, command: ["false"]}
          - {name: hangs, lifecycle: stable, command: [sleep, "60"], timeout: 200ms}
          - {name: gated, lifecycle: stable, command: ["true"]}
        """)
    repo.write(
        "checks.py",
        """\
        from omnibase.api import tool

        @tool(name="returns-nothing", version="1.0.0", lifecycle="stable")
        def returns_nothing(ctx): ...
        """,
    )
    run = repo.run("orch", "--stage", "ci", "--keep-going", "always", "--format", "json", *arguments)
    assert run.code == code, run.err
    if arguments[0] != "--format":
        assert run.json["exit_code"] == code


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        times = ("duration_ms", "estimated_ms", "estimated_speedup", "speedup", "slowest", "critical_path")
        return {key: _without_times(item) for key, item in value.items() if key not in times}
    return value
