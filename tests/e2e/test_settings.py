"""Where settings come from: the command line, the environment, the user's file, the registry, what is built in."""

from pathlib import Path

import pytest

from tests.e2e.driving import Repo

REGISTRY = """\
    defaults: {jobs: 5, keep_going: never}
    stages: {ci: {jobs: 4}}
    components: [{name: it, lifecycle: stable, command: ["true"]}]
    """


def test_the_first_that_has_a_setting_decides_and_the_report_says_which(repo: Repo) -> None:
    """One origin after another is taken away."""
    repo.registry(REGISTRY)
    config = Path(repo.environment["XDG_CONFIG_HOME"], "omnibase/config.toml")
    config.parent.mkdir(parents=True)
    config.write_text("jobs = 3\n")

    def jobs(*options: str, env: str | None = None) -> tuple[int | str, str]:
        run = repo.run("orch", "--stage", "ci", "--format", "json", *options, env={"OMNIBASE_JOBS": env})
        setting = run.json["environment"]["settings"]["jobs"]
        return setting["value"], setting["origin"]

    assert jobs("--jobs", "1", env="2") == (1, "command line")
    assert jobs(env="2") == (2, "environment")
    assert jobs() == (3, str(config))
    config.unlink()
    assert jobs() == (4, "registry, stages.ci")
    repo.registry(REGISTRY.replace("ci: {jobs: 4}", ""))
    assert jobs() == (5, "registry, defaults")
    repo.registry(REGISTRY.replace("ci: {jobs: 4}", "").replace("jobs: 5, ", ""))
    assert jobs() == ("auto", "default")


def test_every_setting_of_the_environment_counts(repo: Repo) -> None:
    repo.registry("components: [{name: it, lifecycle: stable, command: [sleep, '60']}]")
    env = {
        "OMNIBASE_MODE": "sync",
        "OMNIBASE_FORMAT": "json",
        "OMNIBASE_KEEP_GOING": "never",
        "OMNIBASE_FIX": "yes",
        "OMNIBASE_TIMEOUT": "200ms",
    }
    run = repo.run("orch", "--stage", "ci", env=env)
    assert (run.code, run.json["mode"], run.statuses) == (1, "sync", {"it": "TIME"})
    settings = run.json["environment"]["settings"]
    assert {name: settings[name]["value"] for name in ("fix", "keep_going", "timeout")} == {
        "fix": True,
        "keep_going": "never",
        "timeout": 0.2,
    }


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("jobz = 3\n", "there is no setting 'jobz'", "did you mean 'jobs'?"),
        ("jobs = 'many'\n", "jobs = 'many'", "use a number from 1 to 10000, or auto"),
        ("jobs = \n", "this is no TOML", "mend the file"),
        ("mode = ['sync']\n", "mode = ['sync']", "use sync, async, dry-run or profile"),
    ],
)
def test_a_mistake_in_the_user_s_file_is_told_with_its_place(repo: Repo, text: str, message: str, remedy: str) -> None:
    repo.registry(REGISTRY)
    config = Path(repo.environment["XDG_CONFIG_HOME"], "omnibase/config.toml")
    config.parent.mkdir(parents=True)
    config.write_text(text)
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, run.error["place"], run.error["remedy"]) == (2, str(config), remedy)
    assert run.error["message"].startswith(message)


@pytest.mark.parametrize(
    ("name", "value"), [("OMNIBASE_JOBS", "0"), ("OMNIBASE_MODE", "asynch"), ("OMNIBASE_TIMEOUT", "-1s")]
)
def test_a_mistake_in_the_environment_is_told_with_the_variable(repo: Repo, name: str, value: str) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--format", "json", env={name: value})
    assert run.code == 2
    assert name in (run.error["place"] or run.error["message"])


@pytest.mark.parametrize("option", ["--jobs=0", "--jobs=many", "--jobs=100000", "--timeout=0", "--mode=replay"])
def test_a_value_that_an_option_cannot_have_is_told(repo: Repo, option: str) -> None:
    repo.registry(REGISTRY)
    run = repo.run("orch", "--stage", "ci", "--format", "json", option)
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert option.partition("=")[0] in run.error["message"]


def test_what_is_declared_and_not_enforced_yet_is_told(repo: Repo) -> None:
    repo.only('command: ["true"], capabilities: {network: none, write: []}')
    run = repo.run("orch", "--stage", "ci", "--format", "json")
    assert len(run.json["notices"]) == 1
    assert "`capabilities`" in run.json["notices"][0]
    assert "it" in run.json["notices"][0].split(": ")[-1]


def test_a_trace_s_id_is_taken_from_the_environment(repo: Repo) -> None:
    repo.registry(REGISTRY)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    env = {"TRACEPARENT": f"00-{trace}-00f067aa0ba902b7-01"}
    assert repo.run("orch", "--stage", "ci", "--format", "json", env=env).json["correlation_id"] == trace


@pytest.mark.parametrize("timeout", ["8785h", "9" * 400, "0s"])
def test_a_time_that_is_no_bound_is_refused(repo: Repo, timeout: str) -> None:
    repo.registry("components: [{name: a, lifecycle: stable, command: ['true']}]")
    run = repo.run("orch", "--stage", "ci", "--timeout", timeout, "--format", "json")
    assert (run.code, run.error["family"]) == (2, "configuration")
    assert repo.run("orch", "--stage", "ci", "--timeout", "8784h", "--progress", "off").code == 0
