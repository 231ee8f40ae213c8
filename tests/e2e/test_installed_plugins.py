"""An installed plugin that brings something of every kind, each seen at work."""

import os
from pathlib import Path

import pytest

from tests.e2e.driving import Repo

PLUGIN = Path(__file__).parent / "plugin" / "demo_plugin.py"


@pytest.fixture
def installed(repo: Repo, tmp_path: Path) -> Repo:
    """A repository, and the plugin `demo` installed."""
    repo.environment["NOTES"] = str(tmp_path / "notes")
    repo.install("demo", PLUGIN.read_text())
    return repo


def notes(repo: Repo) -> list[str]:
    """What the plugin has noted since the last look."""
    file = Path(repo.environment["NOTES"])
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def test_one_that_the_registry_does_not_name_is_not_used(installed: Repo) -> None:
    installed.only("command: ['true']")
    run = installed.run("orch", "--stage", "ci", "--format", "json")
    assert (run.code, list(run.statuses), notes(installed)) == (0, ["it"], [])
    assert installed.run("demo", "x").code == 2


def test_it_is_shown_with_its_version(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    (plugin,) = installed.run("registry", "list").json["results"][0]["value"]["plugins"]
    assert (plugin["name"], plugin["version"], plugin["loaded"]) == ("demo", "1.5.0", True)


def test_an_executor_that_cannot_be_closed_is_a_notice_and_the_report_stands(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: echoed, lifecycle: stable, executor: echo, command: ["true"]}
        """)
    installed.environment["CLOSING_FAILS"] = "it is stuck"
    run = installed.run("run", "echoed", "--format", "json")
    assert (run.code, run.statuses) == (0, {"echoed": "PASS"})
    assert run.json["notices"] == ["the executor 'echo' cannot be closed: RuntimeError: it is stuck"]


def test_its_component_its_parser_and_its_executor_work(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: loud, lifecycle: stable, shell: true, command: ['echo fine; echo NOT FINE'], findings: shouting}
          - {name: echoed, lifecycle: stable, executor: echo, command: [touch, ran, "{files}"]}
        """)
    installed.write("a.txt", "a\n")
    installed.stage()
    for _ in range(2):  # the second run reads the compiled form of the registry
        run = installed.run("orch", "--stage", "ci", "--format", "json")
        assert run.code == 1
        assert [finding["path"] for finding in run.results["demo-check"]["findings"]] == ["a.txt"]
        assert run.results["demo-check"]["component"]["version"] == "2.0.0"
        assert [finding["message"] for finding in run.results["loud"]["findings"]] == ["NOT FINE"]
        assert run.results["echoed"]["value"] == ["echoed", 2]
        assert "executor closed" in notes(installed)
    assert not (installed.root / "ran").exists()


def test_its_format_works_on_standard_output_and_in_files(installed: Repo) -> None:
    installed.registry("plugins: [demo]\ncomponents: [{name: it, lifecycle: stable, command: ['true']}]")
    run = installed.run("orch", "--stage", "ci", "--format", "tally", "--output", "tally=.git/tally")
    assert (run.code, run.text, run.err) == (0, "PASS=2\n", "")
    assert (installed.root / ".git/tally").read_text() == "PASS=2\n"


def test_its_stage_works(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: by-day, lifecycle: stable, command: ["true"]}
          - {name: by-night, lifecycle: stable, tags: [nightly], command: ["true"]}
        """)
    run = installed.run("orch", "--stage", "nightly", "--format", "json")
    assert (run.code, run.json["stage"], list(run.statuses)) == (0, "nightly", ["by-night"])
    wrong = installed.run("orch", "--stage", "nightlie", "--format", "json")
    assert (wrong.code, wrong.error["remedy"]) == (2, "did you mean 'nightly'?")


def test_its_observer_hears_every_event_and_its_hooks_are_called_around_the_run_and_each_task(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        components:
          - {name: good, lifecycle: stable, command: ["true"]}
          - {name: bad, lifecycle: stable, command: ["false"], after: [good]}
        """)
    for _ in range(2):
        run = installed.run("orch", "--stage", "ci", "--skip", "demo-check", "--mode", "sync", "--format", "json")
        assert (run.code, run.json["notices"]) == (1, [])
        heard = notes(installed)
        called = [line for line in heard if not line.startswith("observed")]
        assert called[0] == "before run ci sync good,bad,demo-check"
        assert called[-1] == 'after run {"bad": "FAIL", "demo-check": "SKIP", "good": "PASS"}'
        # Nothing waits for what is called after a task but the end of the run.
        assert [line for line in called if "good" in line][1:-1] == ["before task good None", "after task good PASS"]
        assert [line for line in called if "bad" in line][1:-1] == ["before task bad None", "after task bad FAIL"]
        assert len(called) == 6
        assert [heard[0], heard[-1]] == ["observed RunStarted", "observed RunEnded"]
        assert heard.count("observed TaskEnded") == 3


def test_its_store_keeps_the_history(installed: Repo) -> None:
    installed.registry("""\
        plugins: [demo]
        defaults: {store: file}
        components: [{name: it, lifecycle: stable, command: ["true"]}]
        """)
    ids = [installed.run("orch", "--stage", "ci", "--format", "json").json["run_id"] for _ in range(2)]
    listed = installed.run("runs", "list")
    assert [line.split()[0] for line in listed.text.splitlines()] == ids
    assert listed.text.count("stored, by-the-demo") == 2
    assert (installed.root / ".git/omnibase/history").read_text().split() == ids
    assert not (installed.root / ".git/omnibase/state.sqlite").exists()


def test_its_command_is_offered_and_works(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    assert installed.run("demo", "tick") == (0, b"ticktick\n", b"")
    shown = " ".join(installed.run("--help").text.split())
    assert "demo Say a word." in shown


def test_an_updated_plugin_counts_at_once(installed: Repo) -> None:
    installed.registry("plugins: [demo]")
    installed.run("orch", "--stage", "ci")
    module = Path(installed.environment["PYTHONPATH"], "demo_plugin.py")
    module.write_text(module.read_text().replace('name="demo-check"', 'name="demo-new"'))
    os.utime(module, ns=(module.stat().st_atime_ns, module.stat().st_mtime_ns + 1))
    assert list(installed.run("orch", "--stage", "ci", "--format", "json").statuses) == ["demo-new"]
