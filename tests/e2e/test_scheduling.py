"""What runs when: slots, resources, who is alone, an order by chance, and what a history says."""

import resource

import pytest

from tests.e2e.driving import Repo, Run

# Is told when another one is in the same room at the same time.
LOCKED = """\
import os, sys, time
lock = f".git/{sys.argv[1]}"
os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
time.sleep(0.02)
os.unlink(lock)
"""


def alone(repo: Repo, keys: str, *others: str, head: str = "") -> Run:
    """Six components with these keys, of which no two may be in a room at once."""
    repo.script(".git/locked", LOCKED)
    named = [f"  - {{name: c{n}, lifecycle: stable, command: [.git/locked, room], {keys}}}" for n in range(6)]
    repo.registry(f"{head}components:\n" + "\n".join([*named, *others]) + "\n")
    return repo.run("orch", "--stage", "ci", "--jobs", "6", "--format", "json")


@pytest.mark.parametrize("keys", ["resources: [database]", "exclusive: true", "cost: 6", "cost: 100"])
def test_what_shares_a_resource_or_takes_all_slots_never_runs_at_once(repo: Repo, keys: str) -> None:
    run = alone(repo, keys, head="resources: {database: 1}\n")
    assert (run.code, set(run.statuses.values()), len(run.statuses)) == (0, {"PASS"}, 6)


def test_as_many_as_there_is_of_a_resource_run_at_once(repo: Repo) -> None:
    here, there = repo.channel("here").path, repo.channel("there").path
    repo.registry(f"""\
        resources: {{database: 2}}
        defaults: {{timeout: 20s}}
        components:
          - name: a
            lifecycle: stable
            resources: [database]
            command: [sh, -c, 'echo x > "{here}"; head -n1 "{there}"']
          - name: b
            lifecycle: stable
            resources: [database]
            command: [sh, -c, 'head -n1 "{here}"; echo x > "{there}"']
        """)
    run = repo.run("orch", "--stage", "ci", "--jobs", "2", "--format", "json")
    assert (run.code, run.statuses) == (0, {"a": "PASS", "b": "PASS"})


def order(repo: Repo, *options: str) -> list[str]:
    """The components in the order in which they ran."""
    log = repo.root / ".git" / "order"
    log.write_text("")
    run = repo.run("orch", "--stage", "ci", "--jobs", "1", "--format", "json", *options)
    assert run.code == 0, run.err
    return log.read_text().split()


@pytest.fixture
def many(repo: Repo) -> Repo:
    """Ten components that write down that they ran; the last one needs the first."""
    lines = [
        f"  - {{name: c{n}, lifecycle: stable, shell: true, command: ['echo c{n} >> .git/order']}}" for n in range(9)
    ]
    lines.append("  - {name: c9, lifecycle: stable, shell: true, command: ['echo c9 >> .git/order'], needs: [c0]}")
    repo.registry("components:\n" + "\n".join(lines) + "\n")
    return repo


def test_an_order_by_chance_is_the_same_for_the_same_seed_and_keeps_what_is_declared(many: Repo) -> None:
    orders = {seed: order(many, "--shuffle", seed) for seed in ("1", "2", "3", "a word")}
    assert order(many, "--shuffle", "2") == orders["2"]
    assert len({tuple(one) for one in orders.values()}) == 4
    for one in orders.values():
        assert sorted(one) == [f"c{n}" for n in range(10)]
        assert one.index("c0") < one.index("c9")


def test_a_seed_that_was_drawn_is_told_so_that_it_can_be_had_again(many: Repo) -> None:
    run = many.run("orch", "--stage", "ci", "--shuffle", "random", "--format", "json")
    setting = run.json["environment"]["settings"]["shuffle"]
    assert setting["origin"] == "command line"
    assert any(f"--shuffle {setting['value']}" in notice for notice in run.json["notices"])


def test_without_a_seed_the_order_is_that_of_the_registry(many: Repo) -> None:
    assert order(many) == [f"c{n}" for n in range(10)]


@pytest.mark.parametrize("seed", ["", "x" * 101, "a\nb"])
def test_what_is_no_seed_is_refused(many: Repo, seed: str) -> None:
    run = many.run("orch", "--stage", "ci", "--shuffle", seed, "--format", "json")
    assert (run.code, "shuffle" in run.error["message"]) == (2, True)


@pytest.mark.parametrize("jobs", ["0", "-1", "1.5", "10001", "many", ""])
def test_a_number_of_jobs_that_is_none_is_refused(many: Repo, jobs: str) -> None:
    run = many.run("orch", "--stage", "ci", "--jobs", jobs, "--format", "json")
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert run.error["remedy"] == "use a number from 1 to 10000, or auto"


def test_more_jobs_than_files_can_be_open_are_as_many_as_can(repo: Repo) -> None:
    lines = "\n".join(f"  - {{name: c{n}, lifecycle: stable, command: [sleep, '0.3']}}" for n in range(120))
    repo.registry(f"components:\n{lines}\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        run = repo.run("orch", "--stage", "ci", "--jobs", "10000", "--format", "json")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (run.code, set(run.statuses.values())) == (0, {"PASS"})
    assert run.json["notices"] == ["--jobs 10000: 26 run at once, as the limit of open files allows no more"]


def test_the_report_has_the_shape_of_the_plan_and_how_much_faster_it_was(many: Repo) -> None:
    plan = many.run("orch", "--stage", "ci", "--jobs", "2", "--format", "json").json["plan"]
    assert plan["strategy"] == "dependency_chains"
    assert (plan["estimated_ms"], plan["estimated_speedup"]) == (None, None)  # nothing is known yet
    assert plan["speedup"] > 0
    many.run("runs", "list")  # folds what was recorded
    plan = many.run("orch", "--stage", "ci", "--jobs", "2", "--format", "json").json["plan"]
    assert 1.0 <= plan["estimated_speedup"] <= 2.0
    alone = many.run("orch", "--stage", "ci", "--mode", "sync", "--format", "json").json["plan"]
    assert alone["estimated_speedup"] == 1.0
