"""The log of a run, and the trace that it is part of: what has to be joined can be joined."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.driving import COMMAND, Repo

Json = Any

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TELLING = """\
    components:
      - {name: tells, lifecycle: stable, shell: true, command: ['echo "$TRACEPARENT $TRACESTATE"'], batch: {files: 1}}
    """


def records(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def of(path: Path, event: str) -> list[Json]:
    return [record for record in records(path) if record["event"] == event]


def output(repo: Repo, *arguments: str, env: dict[str, str] | None = None) -> str:
    run = repo.run("orch", "--stage", "ci", "--format", "json", *arguments, env=env)
    assert run.code == 0, run.err
    text: str = run.results["tells"]["output"]["text"]
    return text.strip("\n")


# The log


def test_a_log_tells_what_happened_in_its_order(repo: Repo, tmp_path: Path) -> None:
    repo.registry("""\
        components:
          - name: flaky
            lifecycle: stable
            idempotent: true
            shell: true
            command: ['test -e .git/again || { touch .git/again; exit 75; }']
            retry: {transient_exit_codes: [75], first_delay: 10ms}
          - {name: failing, lifecycle: stable, command: ["false"], needs: [flaky]}
        """)
    log = tmp_path / "run.log"
    run = repo.run("orch", "--stage", "ci", "--log-file", str(log), "--format", "json")
    assert (run.code, run.err.count("failing")) == (1, 2)
    assert [(one["event"], one.get("component"), one.get("attempt")) for one in records(log)] == [
        ("run.started", None, None),
        ("attempt.started", "flaky", 1),
        ("batch.started", None, 1),
        ("batch.ended", None, 1),
        ("attempt.failed", "flaky", 1),
        ("attempt.started", "flaky", 2),
        ("batch.started", None, 2),
        ("batch.ended", None, 2),
        ("task.ended", "flaky", 2),
        ("attempt.started", "failing", 1),
        ("batch.started", None, 1),
        ("batch.ended", None, 1),
        ("task.ended", "failing", 1),
        ("run.ended", None, None),
    ]
    last = records(log)[-1]
    assert (last["level"], last["status"], last["exit_code"]) == ("error", "FAIL", 1)
    assert {one["run_id"] for one in records(log)} == {run.json["run_id"]}
    assert {one["correlation_id"] for one in records(log)} == {run.json["correlation_id"]}


@pytest.mark.parametrize("command", [["orch", "--stage", "ci"], ["run", "tells"]])
def test_every_way_to_name_it_appends_to_it(repo: Repo, tmp_path: Path, command: list[str]) -> None:
    repo.registry(TELLING)
    (tmp_path / "config" / "omnibase").mkdir(parents=True)
    (tmp_path / "config" / "omnibase" / "config.toml").write_text(f'log_file = "{tmp_path}/run.log"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert repo.run(*command, env=env).code == 0
    assert repo.run(*command, env={"OMNIBASE_LOG_FILE": f"{tmp_path}/run.log"}).code == 0
    assert repo.run(*command, "--log-file", "../run.log", env={"OMNIBASE_LOG_FILE": "/no/where"}).code == 0
    assert len(of(tmp_path / "run.log", "run.started")) == len(of(tmp_path / "run.log", "run.ended")) == 3


@pytest.mark.parametrize("path", ["", "no/such/folder/run.log", "."])
def test_a_log_that_cannot_be_written_ends_the_run_before_it_begins(repo: Repo, path: str) -> None:
    repo.only("shell: true, command: ['touch .git/ran']")
    run = repo.run("orch", "--stage", "ci", f"--log-file={path}", "--format", "json")
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert not (repo.root / ".git" / "ran").exists()


def test_a_registry_cannot_have_a_log_written(repo: Repo) -> None:
    repo.registry("defaults: {log_file: run.log}\ncomponents: []\n")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert run.code == 2
    assert not (repo.root / "run.log").exists()


def test_a_run_that_could_not_happen_is_in_its_log(repo: Repo, tmp_path: Path) -> None:
    repo.registry(TELLING)
    log = tmp_path / "run.log"
    assert repo.run("orch", "--stage", "ci", "--suite", "none", "--log-file", str(log)).code == 2
    (record,) = records(log)
    assert (record["event"], record["exit_code"], record["level"]) == ("run.ended", 2, "error")
    assert "there is no suite 'none'" in record["message"]


def test_neither_secrets_nor_output_are_in_it(repo: Repo, tmp_path: Path) -> None:
    repo.only("shell: true, command: ['echo from-the-tool; exit 1'], env: {API_TOKEN: s3cr3t-t0k3n-value}")
    log = tmp_path / "run.log"
    repo.run("orch", "--stage", "ci", "--log-file", str(log))
    assert "from-the-tool" not in log.read_text()
    assert "s3cr3t" not in log.read_text()


def test_a_full_disk_is_a_notice_and_the_run_goes_on(repo: Repo) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    repo.registry(TELLING)
    run = repo.run("orch", "--stage", "ci", "--log-file", "/dev/full", "--format", "json")
    assert (run.code, run.statuses) == (0, {"tells": "PASS"})
    assert run.json["notices"] == ["from here on the log /dev/full is not written: No space left on device"]


# The trace


def test_each_batch_is_told_of_a_span_of_its_own_that_the_log_knows(repo: Repo, tmp_path: Path) -> None:
    repo.registry(TELLING)
    repo.write("a.txt", "")
    repo.stage()
    log = tmp_path / "run.log"
    env = {"TRACEPARENT": f"00-{TRACE}-{CALLER}-01", "TRACESTATE": "vendor=value"}
    told = output(repo, "--log-file", str(log), env=env).split()
    span = of(log, "batch.started")[0]["span_id"]
    assert told == [f"00-{TRACE}-{span}-01", "vendor=value"]
    started = of(log, "run.started")[0]
    assert (started["correlation_id"], started["parent_id"]) == (TRACE, CALLER)
    assert of(log, "batch.started")[0]["parent_id"] == started["span_id"] != CALLER


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(f"00-{TRACE}-{CALLER}-00", "00", id="nothing recorded"),
        pytest.param(f"cc-{TRACE}-{CALLER}-01-more", "01", id="a version to come"),
    ],
)
def test_a_trace_is_gone_on_with(repo: Repo, header: str, expected: str) -> None:
    repo.registry(TELLING)
    version, trace, span, flags = output(repo, env={"TRACEPARENT": header}).split("-")
    assert (version, trace, flags.strip()) == ("00", TRACE, expected)
    assert span != CALLER


def test_an_invalid_trace_begins_anew_and_its_state_is_not_passed_on(repo: Repo) -> None:
    repo.registry(TELLING)
    env = {"TRACEPARENT": f"00-{'0' * 32}-{CALLER}-01", "TRACESTATE": "vendor=value"}
    run = repo.run("orch", "--stage", "ci", "--format", "json", env=env)
    header, *state = run.results["tells"]["output"]["text"].split()
    assert header.split("-")[1] == run.json["correlation_id"] != "0" * 32
    assert state == []


def test_without_a_trace_there_is_one_and_no_state(repo: Repo) -> None:
    repo.only("command: [env]")
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    variables = dict(line.split("=", 1) for line in run.results["it"]["output"]["text"].splitlines() if "=" in line)
    assert variables["TRACEPARENT"].split("-")[1] == run.json["correlation_id"]
    assert "TRACESTATE" not in variables


def test_a_component_in_python_is_told_too(repo: Repo) -> None:
    repo.registry("plugins: [./checks.py]\n")
    repo.write(
        "checks.py",
        """\
        import os
        from omnibase.api import tool, Result, Status

        @tool(name="tells", version="1.0.0", lifecycle="stable")
        def tells(ctx):
            assert ctx.env["TRACEPARENT"] == os.environ["TRACEPARENT"]
            ctx.log(os.environ["TRACEPARENT"])
            return Result(Status.PASS)
        """,
    )
    repo.stage()
    told = output(repo, "--type", "*", env={"TRACEPARENT": f"00-{TRACE}-{CALLER}-01"})
    assert told.split("-")[1] == TRACE
    assert told.split("-")[2] != CALLER


def test_what_a_component_says_of_its_trace_stands(repo: Repo) -> None:
    repo.registry(TELLING.replace("batch: {files: 1}", "env: {TRACEPARENT: mine}"))
    assert output(repo).strip() == "mine"


def test_a_run_inside_a_run_is_in_its_trace_and_may_share_its_log(repo: Repo, tmp_path: Path) -> None:
    repo.write(
        "inner.yaml", 'schema_version: "1"\ncomponents: [{name: inside, lifecycle: stable, command: ["true"]}]\n'
    )
    inner = [str(COMMAND), "orch", "--stage", "ci", "--registry", "inner.yaml"]
    repo.registry(f"components: [{{name: outside, lifecycle: stable, command: {json.dumps(inner)}}}]\n")
    log = tmp_path / "run.log"
    env = {"OMNIBASE_LOG_FILE": str(log), "TRACEPARENT": f"00-{TRACE}-{CALLER}-01"}
    assert repo.run("orch", "--stage", "ci", env=env).code == 0
    outer, inside = of(log, "run.started")
    assert outer["run_id"] != inside["run_id"]
    assert outer["correlation_id"] == inside["correlation_id"] == TRACE
    (batch,) = (one for one in of(log, "batch.started") if one["components"] == ["outside"])
    assert inside["parent_id"] == batch["span_id"]
