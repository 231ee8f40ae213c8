"""Pipelines: the named steps in their order, with what the declared graph puts between them."""

import pytest

from tests.e2e.driving import Repo

STEPS = ("fetch", "generate", "compile", "build", "publish", "notify")


def pipeline(repo: Repo) -> None:
    """fetch <- generate <- compile <- build; publish and notify stand alone; each step adds its name to a file."""
    needs = {"generate": "fetch", "compile": "generate", "build": "compile"}
    lines = [
        f"  - {{name: {name}, type: tool, lifecycle: stable, needs: [{needs.get(name, '')}],"
        f" shell: true, command: ['echo {name} >> order']}}"
        for name in reversed(STEPS)
    ]
    repo.registry("components:\n" + "\n".join(lines))


def order(repo: Repo) -> list[str]:
    file = repo.root / "order"
    return file.read_text().split() if file.exists() else []


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("--from generate --to build", "generate compile build"),
        ("--from fetch --to build --to publish", "fetch generate compile build publish"),
        ("--from publish --to notify", "publish notify"),
        ("--from notify --to publish --to compile", "notify publish fetch generate compile"),
        ("--to compile", "fetch generate compile"),
        ("--from compile", "compile build"),
    ],
)
def test_steps_run_one_after_another_with_what_stands_between(repo: Repo, arguments: str, names: str) -> None:
    pipeline(repo)
    run = repo.run("orch", "--stage", "pipeline", "--jobs", "4", "--format", "json", *arguments.split())
    assert (run.code, run.json["stage"]) == (0, "pipeline")
    assert sorted(run.statuses) == sorted(names.split())
    ran = order(repo)
    named = [word for word in arguments.split() if not word.startswith("-")]
    assert sorted(ran) == sorted(names.split())
    assert [name for name in ran if name in named] == named
    assert [name for name in ran if name in STEPS[:4]] == [name for name in STEPS[:4] if name in ran]


def test_an_order_against_the_declared_one_is_a_resolution_failure(repo: Repo) -> None:
    pipeline(repo)
    run = repo.run("orch", "--stage", "pipeline", "--from", "build", "--to", "generate", "--format", "json")
    assert (run.code, run.error["family"]) == (3, "registry")
    assert run.error["message"].startswith("'generate' cannot come after 'build': 'build' needs it")
    assert run.error["remedy"] == "name 'generate' before 'build'"
    assert order(repo) == []


def test_a_step_named_twice_is_a_resolution_failure(repo: Repo) -> None:
    pipeline(repo)
    run = repo.run("orch", "--stage", "pipeline", "--from", "build", "--to", "build", "--format", "json")
    assert (run.code, run.error["remedy"]) == (3, "name each step once")


def test_the_steps_that_a_filter_leaves_keep_their_order(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: c, type: tool, lifecycle: stable, tags: [x], shell: true, command: ['echo c >> order']}
          - {name: b, type: tool, lifecycle: stable, shell: true, command: ['echo b >> order']}
          - {name: a, type: tool, lifecycle: stable, tags: [x], shell: true, command: ['echo a >> order']}
        """)
    steps = ("--from", "a", "--to", "b", "--to", "c")
    run = repo.run("orch", "--stage", "pipeline", *steps, "--tags", "x", "--format", "json")
    assert (run.code, order(repo)) == (0, ["a", "c"])


def test_a_step_that_fails_keeps_the_later_ones_from_running(repo: Repo) -> None:
    repo.registry("""\
        components:
          - {name: a, type: tool, lifecycle: stable, command: ["false"]}
          - {name: b, type: tool, lifecycle: stable, command: [touch, order]}
        """)
    run = repo.run("orch", "--stage", "pipeline", "--from", "a", "--to", "b", "--format", "json")
    assert (run.code, run.statuses, run.results["b"]["reason"]) == (1, {"a": "FAIL", "b": "SKIP"}, "a failed")
    assert order(repo) == []


def test_a_step_hands_its_value_to_the_one_that_needs_it(repo: Repo) -> None:
    repo.registry("plugins: [./steps.py]")
    repo.write(
        "steps.py",
        """\
        from omnibase.api import Result, Status, tool

        @tool(name="make", version="1.0.0", lifecycle="stable")
        async def make(ctx):
            return Result(Status.PASS, value={"made": [1, 2, 3]})

        @tool(name="use", version="1.0.0", lifecycle="stable", needs=["make"])
        def use(ctx):
            return Result(Status.PASS, value=sum(ctx.values["make"]["made"]))
        """,
    )
    run = repo.run("orch", "--stage", "pipeline", "--from", "make", "--to", "use", "--format", "json")
    assert (run.code, run.results["use"]["value"]) == (0, 6)
